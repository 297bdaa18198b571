"""What a list is narrowed by: words, chips, the order; and the buttons for list, grid and map."""

from __future__ import annotations

from dataclasses import replace

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QKeyEvent, QResizeEvent
from PyQt6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.descriptors.adjectives import MeasuredRange
from core.library.presets import Preset
from desktop.pages.browse.delegates import GRID
from desktop.pages.browse.order_field import OrderField
from desktop.pages.browse.sound_filter import RangeChips, SoundFilter, ranges_with
from desktop.pages.browse.tag_axes import TagAxes
from desktop.services.interfaces import PresetQuery
from desktop.theme.glyphs import glyph_icon
from desktop.widgets.chips import Chip, ChipChoice

_NARROW = 640
_TIGHT = 440
_SMALLEST = 300
"""Widths, pixels: where chips go into a menu; where the search has its row to itself; and below
which there is no room for anything."""


class SearchField(QLineEdit):
    """Where one types what one looks for.

    Attributes:
        step_wanted: +1 or −1: the arrow keys walk the list while one types.
        left: Enter or Escape: on to the list.
    """

    step_wanted = pyqtSignal(int)
    left = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(self.tr("Search: warm plucked …"))
        self.setAccessibleName(self.tr("Search presets"))
        self.setClearButtonEnabled(True)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """See :class:`QWidget`."""
        if event is None:
            return
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        if event.key() in steps:
            self.step_wanted.emit(steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
        elif event.key() == Qt.Key.Key_Escape:
            if self.text():
                self.clear()
            else:
                self.left.emit()
        else:
            super().keyPressEvent(event)


class FilterBar(QWidget):
    """Rows over the list.

    Attributes:
        changed: another query, see :attr:`query`.
        alike_wanted: what sounds like the preset at hand is to be listed.
        view_wanted: one of :data:`desktop.pages.browse.views.VIEWS`, by its number.
    """

    changed = pyqtSignal()
    alike_wanted = pyqtSignal()
    view_wanted = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._query = PresetQuery()
        self.search = SearchField(self)
        self.search.textChanged.connect(lambda text: self._change(text=text, like="", aspect=""))
        self._order = OrderField(self)
        self._order.chosen.connect(self._order_chosen)
        self._order.alike_wanted.connect(self.alike_wanted)
        self._views = self._view_buttons()
        top = QHBoxLayout()
        top.setSpacing(GRID)
        top.addWidget(self.search, 1)
        for button in self._views.buttons():
            top.addWidget(button)
        top.addWidget(self._order)

        self._like = Chip("", self)
        self._like.setChecked(True)
        self._like.hide()
        self._like.clicked.connect(lambda: self._change(like="", aspect=""))
        self._favourites = self._chip(self.tr("Favourites"))
        self._favourites.clicked.connect(lambda on: self._change(favourites=on))
        self._owners = {
            True: self._chip(self.tr("Mine")), False: self._chip(self.tr("Factory")),
        }  # fmt: skip
        for mine, chip in self._owners.items():
            chip.clicked.connect(lambda on, mine=mine: self._change(mine=mine if on else None))
        self._kinds = {
            "audio": self._chip(self.tr("Recordings")),
            "text": self._chip(self.tr("Words")),
            "blend": self._chip(self.tr("Blends")),
            "morph": self._chip(self.tr("Moving")),
        }
        for kind, chip in self._kinds.items():
            chip.clicked.connect(lambda on, kind=kind: self._change(kind=kind if on else ""))
        self.sound = SoundFilter(self)
        self.sound.range_chosen.connect(self.set_range)
        self._all = self._menu_button()
        self.axes = TagAxes(self)
        self.axes.family_chosen.connect(lambda family: self._change(family=family))
        self.axes.feature_chosen.connect(lambda feature: self._change(feature=feature))
        self.axes.tag_chosen.connect(lambda tag: self._change(tag=tag))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(GRID, GRID, GRID, GRID)
        rows.setSpacing(GRID)
        rows.addLayout(top)
        rows.addLayout(self._chip_row())
        rows.addWidget(self.axes)
        self.ranges = RangeChips(self)
        self.ranges.removed.connect(lambda name: self.set_range(MeasuredRange(name)))
        self._range_words: dict[MeasuredRange, str] = {}
        rows.addWidget(self.ranges)
        self.setMinimumWidth(_SMALLEST)
        self._show()

    def _chip_row(self) -> QHBoxLayout:
        chips = QHBoxLayout()
        chips.setSpacing(GRID)
        chips.addWidget(self._like)
        for group in ([self._favourites], self._owners.values(), self._kinds.values()):
            for chip in group:
                chips.addWidget(chip)
            chips.addSpacing(GRID)
        chips.addWidget(self.sound)
        chips.addStretch(1)
        chips.addWidget(self._all)
        return chips

    @property
    def tags(self) -> ChipChoice:
        """The user's own tags."""
        return self.axes.tags

    @property
    def query(self) -> PresetQuery:
        """What is asked for."""
        return self._query

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out of the list."""
        return replace(self._query, order=PresetQuery().order) != PresetQuery()

    def clear(self) -> None:
        """Show every preset."""
        self.set_query(PresetQuery(order=self._query.order))

    def set_query(self, query: PresetQuery, like_name: str = "") -> None:
        """Ask for something else.

        Args:
            query: what.
            like_name: of the preset that the list is to sound like, if it is.
        """
        if query == self._query:
            return
        self._query = query
        short = self.fontMetrics().elidedText(like_name, Qt.TextElideMode.ElideRight, 120)
        words = self.tr("Like {} ✕").format(short)
        if query.aspect:
            words = self.tr("Like {} in {} ✕").format(short, query.aspect)
        self._like.setText(words)
        self._like.setAccessibleName(
            self.tr("{}; press to show all").format(words.rstrip(" ✕").replace(short, like_name))
        )
        self._like.updateGeometry()
        self._show()
        self.changed.emit()

    def show_alike(self, preset: Preset, aspect: str = "") -> None:
        """Ask for what sounds like a preset, among what the other filters leave.

        Args:
            preset: which.
            aspect: the pair of adjectives by which it does; empty for the sound as a whole.
        """
        query = replace(self._query, text="", like=preset.id, aspect=aspect)
        self.set_query(query, preset.name)

    def set_range(self, one: MeasuredRange, words: str = "") -> None:
        """Narrow the list by how presets sound.

        Args:
            one: in place of another one of its pair; a whole one asks nothing.
            words: what its chip says.
        """
        if words:
            self._range_words = {one: words}
        self.set_ranges(ranges_with(self._query.ranges, one))

    def set_ranges(self, ranges: tuple[MeasuredRange, ...]) -> None:
        """Narrow the list by these ranges and no others."""
        self._change(ranges=ranges)

    def set_view(self, number: int) -> None:
        """Show which of the views is on."""
        button = self._views.button(number)
        if button is not None:
            button.setChecked(True)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        """See :class:`QWidget`, as all that follow: with little room, chips go into a menu."""
        super().resizeEvent(event)
        is_narrow = self.width() < _NARROW
        for chip in (*self._owners.values(), *self._kinds.values(), self.axes):
            chip.setVisible(not is_narrow)
        self._all.setVisible(is_narrow)
        for widget in (*self._views.buttons(), self._order):
            widget.setVisible(self.width() >= _TIGHT)

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._set_icons()

    def _change(self, **values: object) -> None:
        query = replace(self._query, **values)  # type: ignore[arg-type]
        if query != self._query:
            self._query = query
            self._show()
            self.changed.emit()

    def _show(self) -> None:
        query = self._query
        if self.search.text() != query.text:
            self.search.blockSignals(True)
            self.search.setText(query.text)
            self.search.blockSignals(False)
        self._like.setVisible(bool(query.like))
        self._like.setChecked(True)
        self._favourites.setChecked(query.favourites)
        for mine, chip in self._owners.items():
            chip.setChecked(query.mine is mine)
        for kind, chip in self._kinds.items():
            chip.setChecked(query.kind == kind)
        self.axes.show_query(query)
        self.sound.set_ranges(query.ranges)
        self.ranges.show_ranges(query.ranges, self._range_words)
        self._order.show_query(query)

    def _order_chosen(self, order: str) -> None:
        self._change(order=order, like="", aspect="")

    def _menu_button(self) -> QPushButton:
        """Every chip in a menu."""
        button = QPushButton(self.tr("Filters"), self)
        button.setFlat(True)
        menu = QMenu(button)
        button.setMenu(menu)

        def fill() -> None:
            menu.clear()
            for chip in (*self._owners.values(), *self._kinds.values()):
                action = QAction(chip.text(), menu)
                action.setCheckable(True)
                action.setChecked(chip.isChecked())
                action.triggered.connect(lambda _on, chip=chip: chip.click())
                menu.addAction(action)
            for choice in self.axes.choices:
                menu.addMenu(choice.menu)
            if self._order.isHidden():
                self._add_orders(menu)

        menu.aboutToShow.connect(fill)
        button.hide()
        return button

    def _add_orders(self, menu: QMenu) -> None:
        """How the list can be sorted, where there is no room for the field."""
        orders = menu.addMenu(self.tr("Sort by"))
        if orders is None:
            return
        for index in range(self._order.count()):
            if not self._order.itemText(index):
                orders.addSeparator()
                continue
            action = QAction(self._order.itemText(index), orders)
            action.setCheckable(True)
            action.setChecked(index == self._order.currentIndex())
            action.setEnabled(self._order.isEnabled())
            action.triggered.connect(lambda _on, index=index: self._order.choose(index))
            orders.addAction(action)

    def _chip(self, text: str) -> Chip:
        return Chip(text, self)

    def _view_buttons(self) -> QButtonGroup:
        group = QButtonGroup(self)
        for number, (name, text) in enumerate((
            ("list", self.tr("List")), ("grid", self.tr("Grid")), ("map", self.tr("Map")),
        )):  # fmt: skip
            button = QToolButton(self)
            button.setObjectName(name)
            button.setCheckable(True)
            button.setAutoRaise(True)
            button.setToolTip(text)
            button.setAccessibleName(text)
            group.addButton(button, number)
        group.idClicked.connect(self.view_wanted)
        first = group.button(0)
        if first is not None:
            first.setChecked(True)
        return group

    def _set_icons(self) -> None:
        color = self.palette().windowText().color()
        names = ("mdi6.view-list", "mdi6.view-grid", "mdi6.chart-scatter-plot")
        for number, name in enumerate(names):
            button = self._views.button(number)
            if button is not None:
                button.setIcon(glyph_icon(name, color))

    def showEvent(self, event: object) -> None:  # noqa: N802
        super().showEvent(event)  # type: ignore[arg-type]
        self._set_icons()
