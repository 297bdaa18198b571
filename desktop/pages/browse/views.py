"""The three ways to look at the same presets: a list, a grid of pictures, a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from PyQt6.QtCore import QPoint, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QStackedWidget, QWidget

from desktop.pages.browse.delegates import GridDelegate, RowDelegate
from desktop.pages.browse.empty import EmptyState
from desktop.pages.browse.model import PresetModel
from desktop.services.interfaces import PresetService
from desktop.tasks import Tasks
from desktop.widgets.cell_view import CellView

if TYPE_CHECKING:
    from desktop.pages.browse.map.pane import MapPane

PresetViewName = Literal["list", "grid", "map"]
VIEWS: tuple[PresetViewName, ...] = ("list", "grid", "map")

_NOT_ON_MAP = "browse.rate_0"
"""Its key shows the whole map there."""


class PresetViews(QStackedWidget):
    """One of the views, or what stands in place of an empty list.

    Selection and the preset at hand are the list's in all of them. The map is made when it is
    first looked at: it needs numpy.

    Args:
        view: list and grid.
        model: of all views.
        presets: where the map's points come from.
        tasks: the door to other threads.
        parent: its widget.

    Attributes:
        empty: what stands in place of an empty list.
        switched: another view is shown.
        map_stepped: the row and id of a preset that the user went to on the map.
        rested: the id of a preset on which the pointer came to rest on the map.
        typed: a character typed on the map.
        menu_wanted: where on the screen, on the map.
        status, failed: of the map, in words.
    """

    switched = pyqtSignal()
    map_stepped = pyqtSignal(int, str)
    rested = pyqtSignal(str)
    typed = pyqtSignal(str)
    menu_wanted = pyqtSignal(QPoint)
    status = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(
        self,
        view: CellView,
        model: PresetModel,
        presets: PresetService,
        tasks: Tasks,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._view, self._model = view, model
        self._presets, self._tasks = presets, tasks
        self._delegates = {"list": RowDelegate(self), "grid": GridDelegate(self)}
        self._map: MapPane | None = None
        self._actions: Sequence[QAction] = ()
        self._name: PresetViewName = "list"
        self._has_presets = True
        self.empty = EmptyState(self)
        self.addWidget(view)
        self.addWidget(self.empty)

    def set_actions(self, actions: Sequence[QAction]) -> None:
        """Take what is done with the presets that are selected; its keys work in each view."""
        self._actions = actions

    @property
    def name(self) -> PresetViewName:
        """Of the view that is shown, or will be when there is something to show."""
        return self._name

    @property
    def map(self) -> MapPane:
        """The map."""
        if self._map is None:
            from desktop.pages.browse.map.pane import MapPane

            selection = self._view.selectionModel()
            assert selection is not None  # the view has a model
            pane = MapPane(self._presets, self._tasks, self._model, selection, self)
            tag = next(each for each in self._actions if each.objectName() == "browse.tag")
            pane.set_actions(tag, [a for a in self._actions if a.objectName() != _NOT_ON_MAP])
            pane.stepped.connect(self.map_stepped)
            pane.rested.connect(self.rested)
            pane.typed.connect(self.typed)
            pane.menu_wanted.connect(self.menu_wanted)
            pane.status.connect(self.status)
            pane.failed.connect(self.failed)
            self.addWidget(pane)
            self._map = pane
        return self._map

    def show_view(self, name: PresetViewName) -> None:
        """Show another view of the same presets."""
        had_focus = self.is_focused
        self._name = name
        if name != "map":
            delegate = self._delegates[name]
            self._view.setItemDelegate(delegate)
            self._view.set_cell(delegate.cell_size(self._view.fontMetrics()))
        self._show()
        if had_focus:
            self.take_focus()
        self.switched.emit()

    def show_next(self) -> None:
        """Show the view after this one."""
        self.show_view(VIEWS[(VIEWS.index(self._name) + 1) % len(VIEWS)])

    def show_presets(self, has_presets: bool) -> None:
        """Show the view, or, without presets, what stands in its place."""
        self._has_presets = has_presets
        self._show()

    @property
    def is_focused(self) -> bool:
        """Whether keys go to one of the views."""
        return self._view.hasFocus() or (self._map is not None and self._map.view.hasFocus())

    def take_focus(self) -> None:
        """Let keys go to the view that is shown."""
        (self.map if self._name == "map" else self._view).setFocus()

    def _show(self) -> None:
        if not self._has_presets:
            self.setCurrentWidget(self.empty)
        else:
            self.setCurrentWidget(self.map if self._name == "map" else self._view)
