"""The list of presets that a query finds: its pages are fetched when they are looked at.

The model owns the query; views know rows. Of queries that follow each other fast only the
last is waited for, and the list before stays until the new one is there.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PyQt6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, pyqtSignal

from core.library.presets import Preset, PresetPage
from desktop.pages.browse.measuring import PresetMeasuring
from desktop.pages.browse.pictures import PresetPictures
from desktop.services.interfaces import MOST_LIKE, PresetQuery, PresetService
from desktop.tasks import Lane, LaneTask, TaskControl, Tasks
from desktop.widgets.adjective_bar import words_of

PAGE = 200
"""Presets fetched at a time."""

MOST_FOUND = 1000
"""A search that finds more shows so many."""

_MOST_PAGES = 60
_MOST_WAITING = 3
"""Pages under way; of a list that is scrolled fast, the oldest wishes are dropped."""

PRESET_ROLE = Qt.ItemDataRole.UserRole + 1
PICTURE_ROLE = Qt.ItemDataRole.UserRole + 2
MEASURES_ROLE = Qt.ItemDataRole.UserRole + 3

SelectedPresets = Callable[[], list[Preset]]
"""Presets of rows; slow, as some may have to be fetched."""


class PresetModel(QAbstractListModel):
    """See the module's first lines.

    Attributes:
        loaded: another list is shown.
        failed: the error that kept it from being shown.
        staged: what is being done for it, in words.
        rename_wanted: a preset and the name that was typed.
        measuring: what the presets in it measure.
    """

    loaded = pyqtSignal()
    failed = pyqtSignal(object)
    staged = pyqtSignal(str)
    rename_wanted = pyqtSignal(object, str)

    def __init__(
        self,
        presets: PresetService,
        tasks: Tasks,
        pictures: PresetPictures,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._presets, self._tasks, self._pictures = presets, tasks, pictures
        self._query = PresetQuery()
        self._total = 0
        self._pages: OrderedDict[int, tuple[Preset, ...]] = OrderedDict()
        self._waiting: OrderedDict[int, LaneTask[PresetPage]] = OrderedDict()
        self._rows: dict[str, int] = {}
        pictures.arrived.connect(partial(self._arrived, PICTURE_ROLE))
        self.measuring = PresetMeasuring(presets, tasks)
        self.measuring.arrived.connect(partial(self._arrived, MEASURES_ROLE))

    @property
    def query(self) -> PresetQuery:
        """What the list that is shown answers."""
        return self._query

    @property
    def total(self) -> int:
        """Presets in the list."""
        return self._total

    def show(self, query: PresetQuery, around: int = 0) -> None:
        """Show what a query finds, once it is there.

        Args:
            query: what to look for.
            around: the row that will be looked at.
        """
        name = f"list of presets {id(self):x}"
        task = self._tasks.run(
            lambda control: self._first(query, around, control),
            then=partial(self._show, query),
            failed=self.failed.emit,
            lane=Lane.FILES if query.like else Lane.LIBRARY,  # listening may take long
            owner=self,
            replaces=name,
        )
        # Not in one line: once the window is closing nobody else holds the task.
        task.staged.connect(self.staged)

    def preset(self, row: int) -> Preset | None:
        """The preset of a row, if it was fetched."""
        number, place = divmod(row, PAGE)
        page = self._pages.get(number, ())
        return page[place] if 0 <= place < len(page) else None

    def row_of(self, preset_id: str) -> int | None:
        """The row of a preset, if it was fetched."""
        return self._rows.get(preset_id)

    def replace(self, presets: Sequence[Preset]) -> None:
        """Show presets as they are by now, where they stand."""
        for preset in presets:
            row = self._rows.get(preset.id)
            if row is None:
                continue
            number, place = divmod(row, PAGE)
            page = list(self._pages[number])
            page[place] = preset
            self._pages[number] = tuple(page)
            self.dataChanged.emit(self.index(row), self.index(row))

    def presets_of(self, rows: Sequence[int]) -> SelectedPresets:
        """What gives the presets of rows, those included that were not fetched yet.

        Args:
            rows: sorted; the answer is in their order.
        """
        known = {row: self.preset(row) for row in rows}
        query, presets = self._query, self._presets

        def fetch() -> list[Preset]:
            pages: dict[int, tuple[Preset, ...]] = {}
            found = []
            for row, preset in known.items():
                number, place = divmod(row, PAGE)
                if preset is None and number not in pages:
                    pages[number] = presets.page(query, number * PAGE, PAGE).presets
                if preset is None and place < len(pages[number]):
                    preset = pages[number][place]
                if preset is not None:
                    found.append(preset)
            return found

        return fetch

    # What Qt asks of a model.

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: N802, B008
        """See :class:`QAbstractListModel`, as all that follow."""
        return 0 if parent.isValid() else self._total

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        roles = Qt.ItemDataRole
        known = (
            roles.DisplayRole, roles.EditRole, roles.AccessibleTextRole, roles.ToolTipRole,
            PRESET_ROLE, PICTURE_ROLE, MEASURES_ROLE,
        )  # fmt: skip
        if role not in known or not index.isValid():
            return None
        preset = self.preset(index.row())
        if preset is None:
            self._fetch(index.row() // PAGE)
            return "…" if role == roles.DisplayRole else None
        if role == PRESET_ROLE:
            return preset
        if role == PICTURE_ROLE:
            return self._pictures.image(preset)
        if role == MEASURES_ROLE:
            return self.measuring.measures(preset)
        if role == roles.AccessibleTextRole:
            return self._spoken(preset)
        if role == roles.ToolTipRole:
            sound = ", ".join(self._sound_words(preset))
            return "\n".join(filter(None, (preset.name, preset.summary, sound)))
        return preset.name

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        flags = super().flags(index)
        if self.preset(index.row()) is not None:
            flags |= Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDragEnabled
        return flags

    def setData(  # noqa: N802
        self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole
    ) -> bool:
        preset = self.preset(index.row())
        if preset is None or role != Qt.ItemDataRole.EditRole or value == preset.name:
            return False
        self.rename_wanted.emit(preset, str(value))
        return True

    def _spoken(self, preset: Preset) -> str:
        kinds = {
            "audio": self.tr("recording"), "text": self.tr("words"), "blend": self.tr("blend"),
            "morph": self.tr("moves from sound to sound"),
        }  # fmt: skip
        parts = [preset.name, kinds.get(preset.kind, preset.kind)]
        if preset.favourite:
            parts.append(self.tr("favourite"))
        if preset.rating:
            parts.append(self.tr("{} of 5 stars").format(preset.rating))
        return ", ".join([*parts, *preset.tags, *self._sound_words(preset)])

    def _sound_words(self, preset: Preset) -> list[str]:
        measures = self.measuring.measures(preset)
        return [] if measures is None else words_of(measures.places)

    def _first(
        self, query: PresetQuery, around: int, control: TaskControl
    ) -> tuple[int, PresetPage]:
        """The page that will be looked at; the last one if the list is shorter by now."""
        if query.like:
            near = self._presets.alike(query, MOST_LIKE, control)
            return 0, PresetPage(tuple(neighbour.preset for neighbour in near), len(near))
        number = max(0, around) // PAGE
        page = self._presets.page(query, number * PAGE, PAGE)
        if not page.presets and page.total:
            number = (page.total - 1) // PAGE
            page = self._presets.page(query, number * PAGE, PAGE)
        return number, page

    def _show(self, query: PresetQuery, found: tuple[int, PresetPage]) -> None:
        number, page = found
        for task in self._waiting.values():
            task.cancel()
        self._waiting.clear()
        self.beginResetModel()
        self._query, self._total = query, page.total
        self._pages.clear()
        self._rows.clear()
        self._take(number, page.presets)
        self.endResetModel()
        self.loaded.emit()

    def _fetch(self, number: int) -> None:
        # A page that came shorter than was said is not asked for again and again.
        if number in self._waiting or number in self._pages or self._query.like:
            return
        query = self._query
        self._waiting[number] = self._tasks.run(
            lambda _control: self._presets.page(query, number * PAGE, PAGE),
            then=partial(self._fetched, number),
            failed=partial(self._not_fetched, number),
            owner=self,
        )
        if len(self._waiting) > _MOST_WAITING:
            _, oldest = self._waiting.popitem(last=False)
            oldest.cancel()

    def _fetched(self, number: int, page: PresetPage) -> None:
        self._waiting.pop(number, None)
        if page.total != self._total:  # somebody else changed the library: begin anew
            self.show(self._query, number * PAGE)
            return
        self._take(number, page.presets)
        last = min((number + 1) * PAGE, self._total) - 1
        self.dataChanged.emit(self.index(number * PAGE), self.index(last))

    def _not_fetched(self, number: int, error: Exception) -> None:
        self._waiting.pop(number, None)
        self.failed.emit(error)

    def _take(self, number: int, presets: tuple[Preset, ...]) -> None:
        self._pages[number] = presets
        self._rows.update({p.id: number * PAGE + place for place, p in enumerate(presets)})
        if len(self._pages) > _MOST_PAGES:
            _, dropped = self._pages.popitem(last=False)
            for preset in dropped:
                self._rows.pop(preset.id, None)

    def _arrived(self, role: int, preset_id: str) -> None:
        row = self._rows.get(preset_id)
        if row is not None:
            index = self.index(row)
            self.dataChanged.emit(index, index, [role])
