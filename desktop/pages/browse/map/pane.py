"""The map with its tools: it shows what the list shows, and selects what the list selects."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PyQt6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPoint,
    QRectF,
    Qt,
    pyqtSignal,
)
from PyQt6.QtGui import QAction, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from core.library.timbre_map.points import NO_POINTS, MapPoints
from desktop.faults import words_of
from desktop.pages.browse.map.legend import MapLegend
from desktop.pages.browse.map.tools import MapTools
from desktop.pages.browse.map.view import MapView
from desktop.pages.browse.map.walk import WalkDirection
from desktop.pages.browse.model import PresetModel
from desktop.services.interfaces import PresetService
from desktop.tasks import Lane, Tasks
from desktop.theme.style_sheet import GRID
from desktop.widgets.elided_label import ElidedLabel

_ARROWS: tuple[tuple[WalkDirection, str], ...] = (
    ("left", "←"), ("right", "→"), ("up", "↑"), ("down", "↓"),
)  # fmt: skip
MOST_SURROUNDED = 10_000
"""Presets that a lasso selects; Qt's selection of more, far apart, holds the window up."""

_LEGEND_FROM = 60 * GRID
"""Width of the pane, pixels, below which the legend would cover too much, and tools are fewer."""


class MapPane(QWidget):
    """See the module's first lines.

    Args:
        presets: where points come from.
        tasks: the door to other threads.
        model: the list; points have the numbers of its rows.
        selection: of the list.
        parent: its widget.

    Attributes:
        stepped: the row and id of a preset that the user went to.
        rested: the id of a preset on which the pointer came to rest.
        typed: a character that is to begin a search.
        menu_wanted: where, on the screen.
        status, failed: what is done, and what could not be, in words.
    """

    stepped = pyqtSignal(int, str)
    rested = pyqtSignal(str)
    typed = pyqtSignal(str)
    menu_wanted = pyqtSignal(QPoint)
    status = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(
        self,
        presets: PresetService,
        tasks: Tasks,
        model: PresetModel,
        selection: QItemSelectionModel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._presets, self._tasks = presets, tasks
        self._model, self._selection = model, selection
        self._is_in_step = False  # whether points and rows have the same numbers
        self._asked_again = False
        self.view = MapView(self)
        self.legend = MapLegend(self.view)
        self.legend.move(GRID, GRID)
        self.says = ElidedLabel("", self)
        self.unheard = QPushButton(self)
        self.unheard.setToolTip(self.tr("Listen to these presets now: seconds for each recording"))
        self.unheard.clicked.connect(self.listen)
        self.unheard.hide()
        self.unheard.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.says.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.message = QLabel(self.view)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.message.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.message.setProperty("role", "quiet")
        self.tools = MapTools(self)
        bar = QHBoxLayout()
        bar.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        bar.setSpacing(GRID)
        bar.addWidget(self.tools)
        bar.addWidget(self.says, 1)
        bar.addWidget(self.unheard)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.view, 1)
        column.addLayout(bar)
        self.setFocusProxy(self.view)
        self._connect()

    def set_actions(self, tag: QAction, others: list[QAction]) -> None:
        """Take the page's actions.

        Args:
            tag: gives tags to what is selected; it has a button here.
            others: whose keys work on the map as in the list.
        """
        self.tools.tag.setDefaultAction(tag)
        for action in others:
            self.view.addAction(action)

    def load(self) -> None:
        """Fetch the points of what the list shows."""
        query = self._model.query
        self._tasks.run(
            lambda control: self._presets.map_points(query, control),
            then=self._show,
            failed=self._show_failure,
            lane=Lane.FILES if query.like else Lane.LIBRARY,
            owner=self,
            replaces=f"map {id(self):x}",
        )

    def listen(self) -> None:
        """Listen to the presets that were not heard yet, and put them on the map."""
        self.unheard.setEnabled(False)
        task = self._tasks.run(
            self._presets.listen,
            then=lambda _count: self.load(),
            failed=self._show_failure,
            lane=Lane.FILES,
            owner=self,
            replaces=f"listen {id(self):x}",
        )
        task.staged.connect(self.status)
        task.finished.connect(lambda: self.unheard.setEnabled(True))

    # What the list does, here too.

    def _connect(self) -> None:
        view, selection = self.view, self._selection
        view.stepped.connect(self._step)
        view.toggled.connect(
            lambda row: self._choose(row, QItemSelectionModel.SelectionFlag.Toggle)
        )
        view.surrounded.connect(self._surround)
        view.rested.connect(self._rested)
        view.typed.connect(self.typed)
        view.menu_wanted.connect(self.menu_wanted)
        tools = self.tools
        tools.zoom_wanted.connect(view.zoom)
        tools.fit_wanted.connect(view.fit)
        tools.lasso.toggled.connect(lambda on: setattr(view, "is_lasso_tool", on))
        selection.currentChanged.connect(self._show_current)
        selection.selectionChanged.connect(self._show_selection)
        self._model.modelReset.connect(self._out_of_step)
        self._model.dataChanged.connect(self._take_names)
        self._model.loaded.connect(self._reload)

    def _reload(self) -> None:
        if self.isVisible():
            self.load()

    def showEvent(self, event: object) -> None:  # noqa: N802
        """See :class:`QWidget`, as all that follow."""
        super().showEvent(event)  # type: ignore[arg-type]
        if not self._is_in_step:
            self.load()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._place()

    def _take_names(self, first: QModelIndex, last: QModelIndex, roles: list[int]) -> None:
        if roles or not self._is_in_step:
            return
        for row in range(first.row(), last.row() + 1):
            preset = self._model.preset(row)
            if preset is not None:
                self.view.rename(row, preset.name)
        self._show_current()

    def _out_of_step(self) -> None:
        self._is_in_step = False

    def _show(self, points: MapPoints | None) -> None:
        if points is None:
            self.view.set_points(NO_POINTS)
            self._say_in_the_middle(
                self.tr("There is no map for this model.\nThe list and the grid show your presets.")
            )
            return
        self._is_in_step = len(points.ids) == self._model.total
        if not self._is_in_step and not self._asked_again:
            self._asked_again = True  # the library changed between two questions
            self._model.show(self._model.query)
            return
        self._asked_again = False
        self.view.set_points(points)
        families = np.unique(points.families)
        self.legend.set_families(int(family) for family in families if family >= 0)
        self._say_unheard(points)
        self._place()
        self._show_selection()
        self._show_current()

    def _say_unheard(self, points: MapPoints) -> None:
        count, all_ = points.unplaced, len(points.ids)
        self.unheard.setText(
            self.tr("1 not heard yet") if count == 1
            else self.tr("{} not heard yet").format(f"{count:,}")
        )  # fmt: skip
        self.unheard.setVisible(bool(count))
        self.unheard.setFixedWidth(self.unheard.sizeHint().width())
        self._say_in_the_middle(
            self.tr("None of these presets was heard yet.\n"
                    "Press “{}” below to put them on the map.").format(self.unheard.text())
            if count and count == all_ else ""
        )  # fmt: skip

    def _show_failure(self, error: Exception) -> None:
        self._say_in_the_middle(self.tr("The map cannot be shown: {}").format(error))
        self.failed.emit(words_of(error))

    def _say_in_the_middle(self, words: str) -> None:
        self.message.setText(words)
        self.message.setVisible(bool(words))
        self.view.setAccessibleDescription(words)

    def _place(self) -> None:
        self.tools.set_narrow(self.width() < _LEGEND_FROM)
        is_wide = self.width() >= _LEGEND_FROM and self.legend.height() < self.view.height() // 2
        self.legend.setVisible(is_wide and bool(self.legend.families))
        corner = QRectF(self.legend.geometry()) if self.legend.isVisibleTo(self) else QRectF()
        self.view.keep_free(corner)
        room = self.view.rect().adjusted(4 * GRID, 0, -4 * GRID, 0)
        self.message.setGeometry(room)

    # What the map does, in the list too.

    def _step(self, row: int, adds: bool) -> None:
        flags = QItemSelectionModel.SelectionFlag
        if self._choose(row, flags.Select if adds else flags.ClearAndSelect):
            self.stepped.emit(row, self.view.points.ids[row])

    def _choose(self, row: int, flag: QItemSelectionModel.SelectionFlag) -> bool:
        if self._is_in_step:
            self._selection.setCurrentIndex(self._model.index(row), flag)
        return self._is_in_step

    def _surround(self, rows: npt.NDArray[np.intp], adds: bool) -> None:
        if not self._is_in_step:
            return
        found, rows = len(rows), rows[:MOST_SURROUNDED]
        is_apart = np.diff(rows) > 1
        index, chosen = self._model.index, QItemSelection()
        for first, last in zip(
            rows[np.append(True, is_apart)[: len(rows)]].tolist(),
            rows[np.append(is_apart, True)[: len(rows)]].tolist(),
            strict=True,
        ):
            chosen.append(QItemSelectionRange(index(first), index(last)))
        flags = QItemSelectionModel.SelectionFlag
        if not adds:  # first: Qt compares every stretch before with every stretch after
            self._selection.clearSelection()
        self._selection.select(chosen, flags.Select)
        if len(rows) and not self._selection.isSelected(self._selection.currentIndex()):
            self._selection.setCurrentIndex(self._model.index(int(rows[0])), flags.NoUpdate)
        words = self.tr("1 preset selected") if found == 1 else self.tr("{} presets selected")
        if found > len(rows):
            words = self.tr("the first {} of {} presets selected; draw around fewer for the others")
        self.status.emit(words.format(f"{len(rows):,}", f"{found:,}"))

    def _rested(self, row: int) -> None:
        if self.tools.hears.isChecked():
            self.rested.emit(self.view.points.ids[row])

    def _show_selection(self, *_changes: object) -> None:
        if not self._is_in_step:
            return
        is_selected = np.zeros(len(self.view.points.ids), bool)
        chosen = self._selection.selection()
        for number in range(chosen.count()):
            part = chosen[number]
            is_selected[part.top() : part.bottom() + 1] = True
        self.view.set_selected(is_selected)

    def _show_current(self, *_indexes: object) -> None:
        if not self._is_in_step:
            return
        row = self._selection.currentIndex().row()
        self.view.set_current(row if row >= 0 else None)
        words = self._words_on(row) if row >= 0 else ""
        self.says.setText(words)
        if not self.message.text():
            self.view.setAccessibleDescription(words)

    def _words_on(self, row: int) -> str:
        """The preset at hand, and where the arrow keys lead."""
        points = self.view.points
        if np.isnan(points.x[row]):
            return self.tr("{}: not heard yet, so not on the map").format(points.names[row])
        nearby = [
            f"{arrow} {points.names[number]}"
            for direction, arrow in _ARROWS
            if (number := self.view.neighbour(row, direction)) is not None
        ]
        return " · ".join([points.names[row], *nearby])
