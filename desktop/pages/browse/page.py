"""The browse page: puts search, list, details and what is done with presets together."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QModelIndex, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QAction, QDragEnterEvent, QDropEvent, QUndoStack
from PyQt6.QtWidgets import (
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from core.library.presets import Preset
from desktop.faults import Fault, WayOut, fault_of
from desktop.pages.browse.actions import LIST_ACTIONS, ActionRegistry, make_actions
from desktop.pages.browse.compare.opener import PresetComparing
from desktop.pages.browse.details import DetailPane
from desktop.pages.browse.edit_steps import EditOutcome
from desktop.pages.browse.edits import PresetEdits
from desktop.pages.browse.files import ImportReport, PresetFiles, files_in
from desktop.pages.browse.filters import FilterBar
from desktop.pages.browse.model import MOST_FOUND, PRESET_ROLE, PresetModel, SelectedPresets
from desktop.pages.browse.pictures import PresetPictures
from desktop.pages.browse.selection import PresetSelection
from desktop.pages.browse.sound import SoundControls, sound_actions
from desktop.pages.browse.views import VIEWS, PresetViews
from desktop.services.interfaces import PresetQuery, PresetService
from desktop.tasks import TaskControl, Tasks
from desktop.widgets.cell_view import CellView

_TYPING_MS = 15
"""A search begins when so long nothing was typed; one that is under way then is given up."""

_NARROW = 620
"""Below this width there is no room for details."""


class BrowsePage(QWidget):
    """Find presets, hear them, mark them, keep them in order.

    Args:
        presets: the library.
        tasks: the door to other threads.
        commands: takes the page's actions in.

    Attributes:
        current_changed: the id of the preset at hand, empty for none.
        play_wanted: a preset that is to be heard: the user stepped onto it or asked.
        timbre_wanted: a timbre that is no preset as it is now, and what to call it: to be heard.
        render_wanted: presets that the clip is to be rendered in.
        blend_wanted: presets that are to go into a blend.
        edit_blend_wanted: a blend that is to be changed.
        blind_wanted: presets that are to be compared blind.
        status: what is or was done, in words.
        failed: what could not be done and why: words, or a :class:`~desktop.faults.Fault`.
    """

    current_changed = pyqtSignal(str)
    play_wanted = pyqtSignal(str)
    timbre_wanted = pyqtSignal(object, str)
    render_wanted = pyqtSignal(list)
    blend_wanted = pyqtSignal(list)
    edit_blend_wanted = pyqtSignal(str)
    blind_wanted = pyqtSignal(list)
    status = pyqtSignal(str)
    failed = pyqtSignal(object)

    def __init__(
        self, presets: PresetService, tasks: Tasks, commands: ActionRegistry | None = None
    ) -> None:
        super().__init__()
        self._presets, self._tasks = presets, tasks
        self._pictures = PresetPictures(presets, tasks)
        self._model = PresetModel(presets, tasks, self._pictures, self)
        self._edits = PresetEdits(presets, tasks, self)
        self._files = PresetFiles(presets, tasks, self)
        self._filters = FilterBar(self)
        self._view = CellView(self)
        self._view.setModel(self._model)
        self._view.setAccessibleName(self.tr("Presets"))
        self._shown = PresetViews(self._view, self._model, presets, tasks, self)
        self._empty = self._shown.empty
        self._details = DetailPane(self)
        self._splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self._splitter.addWidget(self._shown)
        self._splitter.addWidget(self._details)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setSizes([720, 280])
        self._splitter.setCollapsible(0, False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._filters)
        column.addWidget(self._splitter, 1)
        self.setAcceptDrops(True)
        self.setFocusProxy(self._view)
        self._wants_details = True
        self._keep = ""
        self._told = ("", 0, "")
        self._row = 0
        self._is_unheard = False
        self._is_searching, self._wanted_step = False, 0
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self._search)
        self._selection = PresetSelection(self, self._view, self._model, self._edits, self._files)
        self._sound = SoundControls(
            presets, tasks, self._edits, self._model, self._filters, self._details
        )
        self._comparing = PresetComparing(presets, tasks, self._edits, self)
        self._actions = make_actions(self, self._view, self._what_is_done(), sound_actions())
        self._selection.set_actions(self._actions)
        self._shown.set_actions([self._actions[name] for name, _, _ in LIST_ACTIONS])
        self._connect()
        self._shown.show_view("list")
        self.refresh()
        if commands is not None:
            for action in self._actions.values():
                commands.add_action(action)

    @property
    def actions_by_name(self) -> dict[str, QAction]:
        """What can be done here, by name."""
        return dict(self._actions)

    @property
    def undo_stack(self) -> QUndoStack:
        """The stack of changes."""
        return self._edits.stack

    @property
    def current(self) -> Preset | None:
        """The preset at hand."""
        return self._selection.current

    @property
    def query(self) -> PresetQuery:
        """What the list is asked for."""
        return self._filters.query

    def set_query(self, query: PresetQuery) -> None:
        """List something else."""
        self._filters.set_query(query)

    @property
    def views(self) -> PresetViews:
        """List, grid and map."""
        return self._shown

    def refresh(self) -> None:
        """Fetch the list anew, staying where it is."""
        current = self.current
        self._keep = current.id if current is not None else self._keep
        self._row = max(0, self._view.currentIndex().row())
        self._model.show(self._filters.query, self._row)
        self._tasks.run(
            lambda _control: self._presets.tags(),
            then=self._filters.axes.set_tags,
            failed=self._show_failure,
            owner=self,
        )

    # Wiring.

    def _connect(self) -> None:
        self._filters.changed.connect(self._query_changed)
        self._filters.alike_wanted.connect(self._more_like_this)
        self._filters.view_wanted.connect(lambda number: self._shown.show_view(VIEWS[number]))
        self._connect_views(self._shown)
        self._filters.search.step_wanted.connect(self._step_from_search)
        self._filters.search.left.connect(self._to_list)
        self._view.typed.connect(self._type)
        self._view.stepped.connect(self._stepped)
        self._view.pressed_in_cell.connect(self._selection.pressed)
        self._view.drag_began.connect(self._selection.drag)
        self._view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._view.customContextMenuRequested.connect(self._selection.menu)
        selection = self._view.selectionModel()
        if selection is not None:
            selection.currentChanged.connect(self._show_current)
            selection.selectionChanged.connect(self._selection.enable)
        self._model.loaded.connect(self._loaded)
        self._model.failed.connect(self._show_failure)
        self._model.staged.connect(self.status)
        self._model.rename_wanted.connect(self._edits.rename)
        self._model.dataChanged.connect(self._data_changed)
        self._pictures.arrived.connect(self._picture_arrived)
        self._edits.done.connect(self._edited)
        self._edits.failed.connect(self.failed.emit)
        self._edits.added.connect(self.play_wanted)
        self._sound.status.connect(self.status)
        self._edits.stack.indexChanged.connect(self._selection.enable)
        self._files.imported.connect(self._imported)
        self._files.status.connect(self.status)
        self._files.failed.connect(self.failed.emit)
        self._empty.import_wanted.connect(self._selection.choose_imports)
        self._empty.clear_wanted.connect(self._filters.clear)
        self._empty.again_wanted.connect(self.refresh)
        self._connect_details(self._details)

    def _connect_views(self, views: PresetViews) -> None:
        views.switched.connect(lambda: self._filters.set_view(VIEWS.index(views.name)))
        views.map_stepped.connect(self._hear_row)
        views.rested.connect(self.play_wanted)
        views.typed.connect(self._type)
        views.menu_wanted.connect(self._selection.menu_at)
        views.status.connect(self.status)
        views.failed.connect(self.failed.emit)

    def _connect_details(self, details: DetailPane) -> None:
        details.rated.connect(lambda stars: self._edits.rate(self._shown_preset(), stars))
        details.favoured.connect(lambda on: self._edits.set_favourite(self._shown_preset(), on))
        details.tags_edited.connect(self._set_tags)
        details.compare_wanted.connect(self._comparing.compare_versions)
        self._comparing.preset_wanted.connect(self.play_wanted)
        self._comparing.timbre_wanted.connect(self.timbre_wanted)
        details.version_wanted.connect(self._restore_version)
        details.like_wanted.connect(self._more_like_this)
        details.part_wanted.connect(lambda name: self.set_query(PresetQuery(text=name)))
        details.play_wanted.connect(self._play)

    def _what_is_done(self) -> dict[str, Callable[[], object]]:
        return {
            **self._selection.does(),
            **self._sound.does(lambda: self.current),
            "browse.play": self._play,
            "browse.render": self._render,
            "browse.blend": lambda: self._ask_ids(self.blend_wanted.emit),
            "browse.edit_blend": self._edit_blend,
            "browse.blind": lambda: self._ask_ids(self.blind_wanted.emit),
            "browse.compare": lambda: self._comparing.compare_presets(self._selection.presets()),
            "browse.search": self._to_search,
            "browse.next": lambda: self._view.step(1),
            "browse.previous": lambda: self._view.step(-1),
            "browse.like": self._more_like_this,
            "browse.clear": self._filters.clear,
            "browse.grid": self._shown.show_next,
            "browse.map": lambda: self._shown.show_view("map"),
            "browse.details": self._toggle_details,
            "browse.refresh": self.refresh,
        }

    # The list and what is at hand.

    def _query_changed(self) -> None:
        self._is_searching = True
        self._typing.start()

    def _search(self) -> None:
        current = self.current
        self._keep, self._row = (current.id if current is not None else ""), 0
        self._model.show(self._filters.query)

    def _loaded(self) -> None:
        self._is_searching = False
        total = self._model.total
        self._shown.show_presets(bool(total))
        if not total:
            self._empty.show_nothing_found(self._filters.query, self._filters.is_narrowed)
        row = self._model.row_of(self._keep)
        if row is None:
            row = min(self._row, total - 1)
            self._is_unheard = True
        if row >= 0:
            self._view.setCurrentIndex(self._model.index(row))
        else:
            self._show_current()
        self._selection.enable()
        words = self.tr("1 preset") if total == 1 else self.tr("{} presets").format(f"{total:,}")
        if self._model.query.text and total == MOST_FOUND:
            words = self.tr("the first {}; more words find fewer").format(words)
        self.status.emit(words)
        step, self._wanted_step = self._wanted_step, 0
        if step and total:
            self._step_from_search(step)

    def _show_failure(self, error: Exception) -> None:
        self._is_searching, self._wanted_step = False, 0
        fault = fault_of(error, WayOut(self.tr("Try again"), self.refresh))
        self._empty.show_failure(fault.message)
        self._shown.show_presets(False)
        self.failed.emit(fault)

    def _show_current(self, *_rows: object) -> None:
        preset = self.current
        if preset is None:
            self._details.show_nothing()
            self._tell_current(("", 0, ""))
            return
        self._keep = preset.id
        self._details.show_preset(preset)
        self._show_picture(preset)
        self._sound.show(preset)
        self._ask_details(preset)
        self._tell_current((preset.id, preset.version, preset.name))

    def _tell_current(self, current: tuple[str, int, str]) -> None:
        """Of another preset, sound or name; not of another rating."""
        if current != self._told:
            self._told = current
            self.current_changed.emit(current[0])

    def _ask_details(self, preset: Preset) -> None:
        self._tasks.run(
            lambda _control: self._presets.details(preset.id),
            then=self._details.show_details,
            owner=self,
            replaces=f"details {id(self):x}",
        )

    def _show_picture(self, preset: Preset) -> None:
        image = self._pictures.image(preset)
        words = self._pictures.problem(preset) or self.tr("No picture of this sound yet.")
        if image is None and self._pictures.is_waiting(preset):
            words = self.tr("drawing …")
        self._details.show_picture(image, words)

    def _picture_arrived(self, preset_id: str) -> None:
        preset = self._details.preset
        if preset is not None and preset.id == preset_id:
            self._show_picture(preset)

    def _data_changed(self, first: QModelIndex, last: QModelIndex, roles: list[int]) -> None:
        if not roles and first.row() <= self._view.currentIndex().row() <= last.row():
            self._show_current()
            self._selection.enable()

    def _stepped(self, index: QModelIndex) -> None:
        preset = index.data(PRESET_ROLE)
        if isinstance(preset, Preset):
            self._hear(preset)

    def _hear_row(self, row: int, preset_id: str) -> None:
        # Far down a list that was not scrolled, the preset itself is still to be fetched.
        self.play_wanted.emit(preset_id)
        self._note_heard(self._model.presets_of([row]))

    def _step_from_search(self, by: int) -> None:
        """On into the list, where the keys that mark and rate count; nothing found is left out."""
        if self._is_searching:
            # What is at hand is of the list before: no key that marks may reach it.
            self._wanted_step = by
            self._to_list()
            self._view.setCurrentIndex(QModelIndex())
            return
        preset, is_unheard = self.current, self._is_unheard
        self._to_list()
        if by > 0 and is_unheard and preset is not None:
            self._hear(preset)
        else:
            self._view.step(by)

    def _hear(self, preset: Preset) -> None:
        self._is_unheard = False
        self.play_wanted.emit(preset.id)
        self._note_heard(lambda: [preset])

    def _note_heard(self, chosen: SelectedPresets) -> None:
        # Of what one walks through fast, the last is what was heard.
        def note(_control: TaskControl) -> None:
            for preset in chosen():
                self._presets.note_heard(preset.id)

        self._tasks.run(note, owner=self, replaces=f"heard {id(self):x}")

    def _play(self) -> None:
        preset = self.current
        if preset is not None:
            self._hear(preset)

    def _render(self) -> None:
        self._note_heard(self._ask_ids(self.render_wanted.emit))

    def _edit_blend(self) -> None:
        preset = self.current
        if preset is not None:
            self.edit_blend_wanted.emit(preset.id)

    def _ask_ids(self, then: Callable[[list[str]], object]) -> SelectedPresets:
        chosen = self._selection.presets()
        self._tasks.run(lambda _control: [preset.id for preset in chosen()], then=then, owner=self)
        return chosen

    def _shown_preset(self) -> SelectedPresets:
        preset = self._details.preset
        return lambda: [] if preset is None else [preset]

    # What is done.

    def _set_tags(self, tags: list[str]) -> None:
        preset = self._details.preset
        if preset is not None:
            self._edits.tag(lambda: [preset], tags, [t for t in preset.tags if t not in tags])

    def _restore_version(self, number: int) -> None:
        preset = self._details.preset
        if preset is not None:
            self._edits.restore_version(preset, number)

    def _more_like_this(self, aspect: str = "") -> None:
        preset = self.current
        if preset is not None:
            self._filters.show_alike(preset, aspect)

    def _edited(self, outcome: EditOutcome) -> None:
        self.status.emit(outcome.words)
        if outcome.is_list_changed:
            self.refresh()
            if outcome.presets:
                self._keep = outcome.presets[0].id
            return
        self._model.replace(outcome.presets)
        self._selection.enable()

    def _imported(self, report: ImportReport) -> None:
        count = len(report.presets)
        self._edits.take_in(report.added)
        if report.presets:
            self.status.emit(
                self.tr("imported {}").format(
                    report.presets[0].name
                    if count == 1
                    else self.tr("{count:,} presets").format(count=count)
                )
            )
            self.refresh()
            self._keep = report.presets[-1].id
        if report.problems:
            self.failed.emit(self._fault_of_import(report))

    def _fault_of_import(self, report: ImportReport) -> Fault:
        """One line for all files that could not be used; why not, each, is in its details."""
        first, more = report.problems[0], len(report.problems) - 1
        if not more:
            return Fault(first)
        words = self.tr("{} of {} files could not be used, as Details says of each; the first: {}")
        files = f"{more + 1:,}", f"{report.count:,}"
        return Fault(words.format(*files, first), "\n".join(report.problems))

    # Keys, menus, drops.

    def _type(self, character: str) -> None:
        self._to_search()
        self._filters.search.setText(character)

    def _to_search(self) -> None:
        self._filters.search.setFocus()
        self._filters.search.selectAll()

    def _to_list(self) -> None:
        self._shown.take_focus()

    def _toggle_details(self) -> None:
        self._wants_details = not self._wants_details
        self._place_details()

    def _place_details(self) -> None:
        self._details.setVisible(self._wants_details and self.width() >= _NARROW)

    def resizeEvent(self, event: object) -> None:  # noqa: N802
        """See :class:`QWidget`, as all that follow."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._place_details()

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802
        if event is not None and files_in(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802
        if event is None:
            return
        files = files_in(event.mimeData())
        if files:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._files.import_(files)
