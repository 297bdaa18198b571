"""The Takes page: clips on the left, the one that is chosen as a piano roll, its takes below.

It knows services by their interfaces alone. Whatever takes time runs in the tasks' lanes, and
what comes from there is shown if it is still wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from PyQt6.QtCore import QT_TRANSLATE_NOOP, Qt, QTimer, QUrl, pyqtSignal
from PyQt6.QtGui import (
    QDesktopServices,
    QGuiApplication,
)
from PyQt6.QtWidgets import (
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from desktop.faults import words_of
from desktop.pages.takes.clip_panel import ClipPanel
from desktop.pages.takes.drops import take_in
from desktop.pages.takes.hints import hint_label
from desktop.pages.takes.listening import TakeListening
from desktop.pages.takes.render_bar import RenderBar
from desktop.pages.takes.take_actions import TakeActions, can_retry, finished_files
from desktop.pages.takes.take_model import TakeModel, take_words
from desktop.pages.takes.take_table import TakeTable
from desktop.services.bridge_interface import BridgeControl
from desktop.services.checks.interface import CheckService
from desktop.services.interfaces import AudioOut
from desktop.services.jobs_interface import ClipItem, JobService, PresetChoice, TakeItem
from desktop.tasks import Lane, LaneTask, TaskControl, Tasks
from desktop.widgets.file_drop import FileDropWidget
from desktop.widgets.roll.piano_roll import PianoRoll
from desktop.widgets.roll.roll_notes import RollNotes

_Result = TypeVar("_Result")

_NO_CLIP = QT_TRANSLATE_NOOP("Takes", "Drop MIDI files here, or send a clip from your DAW")
_NO_TAKES = QT_TRANSLATE_NOOP(
    "Takes", "No takes of this clip yet: choose a preset above and press Render."
)
_QUICK_NOTES = 5000
"""A roll of more is made ready on another thread."""

_QUEUE_LOOK_MS = 500


class TakesPage(FileDropWidget):
    """See the module's first lines.

    Args:
        jobs: clips and renders.
        tasks: the door to threads.
        bridge: its switch; None shows none.
        audio: plays takes; None leaves that to whom :attr:`play_wanted` tells.
        checks: measures takes; None measures none.
        parent: its widget.

    Attributes:
        play_wanted: a finished file is heard from now on.
        clip_changed: another :class:`core.clip.Clip` is chosen.
        batch_wanted: several clips are to be rendered in presets: :class:`ClipItem` and
            :class:`PresetChoice` in lists, and how many takes of each.
        blind_wanted: finished files that are to be compared blind.
        status: one line on what is going on.
        failed: one line on what went wrong, and what to do.
    """

    play_wanted = pyqtSignal(Path)
    clip_changed = pyqtSignal(object)
    batch_wanted = pyqtSignal(list, list, int)
    blind_wanted = pyqtSignal(list)
    status = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(
        self,
        jobs: JobService,
        tasks: Tasks,
        bridge: BridgeControl | None = None,
        audio: AudioOut | None = None,
        checks: CheckService | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs, self._tasks = jobs, tasks
        self.clip_panel = ClipPanel(tasks, bridge)
        self.clips, self.clip_list = self.clip_panel.clips, self.clip_panel.clip_list
        self.takes, self.roll = TakeModel(self), PianoRoll(self.tr(_NO_CLIP))
        self.render_bar, self.take_actions = RenderBar(jobs, tasks), TakeActions()
        self.table = TakeTable(self.takes)
        self.listening = TakeListening(
            self.roll, self.takes, self.table, tasks, audio, checks, self._is_quiet, self
        )
        self._no_takes = hint_label(self.tr(_NO_TAKES))
        self._told = 0  # id of the running take that the status line is about
        self._positions = QTimer(self)
        self._positions.setSingleShot(True)
        self._positions.setInterval(_QUEUE_LOOK_MS)
        self._positions.timeout.connect(self._load_takes)
        self._lay_out()
        self._connect()
        self._show_emptiness()
        self._run(lambda _control: self._jobs.clips(), self.clip_panel.show_clips)

    # What others ask

    @property
    def current_clip(self) -> ClipItem | None:
        """The clip that is chosen."""
        return self.clip_panel.current

    def open_files(self, files: Sequence[Path]) -> None:
        """Take dropped files: clips, and sound files of ours to render again."""
        given = list(files)

        def work(control: TaskControl) -> tuple[list[ClipItem | TakeItem], str]:
            # Not the task's own signal: it may have begun before anybody could connect to it.
            return take_in(self._jobs, given, control, self.status.emit)

        self._run(work, self._show_taken_in, lane=Lane.FILES)

    def render_presets(self, presets: Sequence[str], takes: int = 1) -> None:
        """Render the chosen clip.

        Args:
            presets: ids or names.
            takes: of each.
        """
        clip = self.current_clip
        if clip is None:
            self.failed.emit(self.tr("there is no clip to render; drop a MIDI file, or send one"))
            return
        listed = list(presets)
        seed = (
            self.takes.next_seed(self.render_bar.preset.text().strip()) if len(listed) == 1 else 0
        )

        def work(_control: TaskControl) -> Sequence[TakeItem]:
            return self._jobs.submit(clip.id, listed, seed=seed, takes=takes)

        self._run(work, self._show_submitted)

    def set_playhead(self, seconds: float | None) -> None:
        """Where a take is being heard, seconds from the clip's start; None if nowhere."""
        self.listening.panel.set_playhead(seconds)

    # Making

    def _lay_out(self) -> None:
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(8, 0, 8, 0)
        column.setSpacing(0)
        column.addWidget(self.render_bar)
        column.addWidget(self._no_takes, 1)
        column.addWidget(self.table, 1)
        column.addWidget(self.take_actions)
        middle = QSplitter(Qt.Orientation.Vertical)
        middle.addWidget(self.roll)
        middle.addWidget(self.listening.panel)
        middle.addWidget(below)
        for part, stretch in enumerate((4, 3, 4)):
            middle.setStretchFactor(part, stretch)
        middle.setSizes([220, 170, 260])
        middle.setChildrenCollapsible(False)
        whole = QSplitter(Qt.Orientation.Horizontal)
        whole.addWidget(self.clip_panel)
        whole.addWidget(middle)
        whole.setStretchFactor(1, 1)
        whole.setSizes([240, 720])
        whole.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(whole)

    def _connect(self) -> None:
        events = self._jobs.events
        events.clip_came.connect(self.clip_panel.add_clip)
        events.take_changed.connect(self._on_take)
        events.said.connect(self.status)
        self.clip_panel.chosen.connect(self._choose)
        self.clip_panel.files_wanted.connect(self.open_files)
        self.clip_panel.selection_changed.connect(
            lambda: self.render_bar.set_clip_count(len(self.clip_panel.selected))
        )
        rows = self.table.selectionModel()
        assert rows is not None
        rows.selectionChanged.connect(self._show_actions)
        self.takes.dataChanged.connect(self._show_actions)
        self.takes.modelReset.connect(self._show_actions)
        listening = self.listening
        listening.play_wanted.connect(self.play_wanted)
        listening.status.connect(self.status)
        listening.failed.connect(self._fail)
        if listening.player is not None:
            listening.player.playing_changed.connect(self.take_actions.show_playing)
        self.table.cancel_asked.connect(self._cancel)
        self.render_bar.render_wanted.connect(self._render)
        self.take_actions.asked.connect(self._act)
        self.dropped.connect(self.open_files)
        self.drop_refused.connect(self.failed)
        self.refuse_drops_from(self.table)
        self.takes.modelReset.connect(self._show_emptiness)
        self.takes.rowsInserted.connect(self._show_emptiness)

    # Clips

    def _choose(self, clip: ClipItem) -> None:
        self.listening.use_clip(clip)
        self._show_roll(clip)
        self.takes.set_takes(clip.id, [])
        self.render_bar.set_ready(True)
        self.render_bar.say_limits("; ".join(clip.remarks))
        self._load_takes()
        self._load_limits()
        self.clip_changed.emit(clip.clip)

    def _show_roll(self, clip: ClipItem) -> None:
        if len(clip.clip.notes) <= _QUICK_NOTES:
            self.roll.set_clip(clip.clip)
            return
        self.roll.set_clip(None)

        def show(notes: RollNotes) -> None:
            if self.current_clip is clip:
                self.roll.set_notes(notes)

        self._run(lambda _control: RollNotes(clip.clip), show, replaces="takes: roll")

    def _load_limits(self) -> None:
        clip = self.current_clip
        if clip is None:
            return

        def show(limits: Sequence[str]) -> None:
            if self.current_clip is clip:
                self.render_bar.show_limits((*clip.remarks, *limits))

        def fail(error: Exception) -> None:
            if self.current_clip is clip:
                self.render_bar.say_limits(
                    self.tr("What the model cannot play is not known: {error}").format(error=error)
                )

        self._tasks.run(
            lambda control: self._jobs.limits(clip.id, control),
            show,
            failed=fail,
            lane=Lane.FILES,
            owner=self,
            replaces="takes: limits",
        )

    # Takes

    def _load_takes(self) -> None:
        clip = self.current_clip
        if clip is None:
            return

        def show(takes: Sequence[TakeItem]) -> None:
            if self.current_clip is clip:
                self.takes.set_takes(clip.id, takes)
                self._show_emptiness()

        self._run(lambda _control: self._jobs.takes(clip.id), show, replaces="takes: of a clip")

    def _on_take(self, take: TakeItem) -> None:
        is_shown = self.takes.put(take)
        self._tell(take)
        if is_shown and any(other.state == "queued" for other in self.takes.takes):
            self._positions.start()  # how many are before them has changed

    def _tell(self, take: TakeItem) -> None:
        """Say how a take stands; of several that are rendered together, one at a time."""
        if take.state == "running":
            self._told = self._told or take.id
            if self._told == take.id:
                self.status.emit(
                    self.tr("{clip} in {preset}: {stage}").format(
                        clip=self.clip_panel.name_of(take.clip_id),
                        preset=take.preset,
                        stage=take.stage,
                    )
                )
            return
        if self._told == take.id:
            self._told = 0
        if take.state == "failed":
            self.failed.emit(f"{take.preset}: {take.error}; {take.way_out}")
        elif take.state == "done" and take.files:
            self.status.emit(
                self.tr("{file} is ready; drag it into your DAW").format(file=take.files[0].name)
            )

    def _show_submitted(self, takes: Sequence[TakeItem]) -> None:
        for take in reversed(takes):
            self.takes.put(take)
        self._show_emptiness()
        if takes and (row := self.takes.row_of(takes[-1].id)) >= 0:
            self.table.selectRow(row)

    def _render(self, preset: str, takes: int) -> None:
        clips = self.clip_panel.selected
        if len(clips) > 1:
            choice = PresetChoice(preset, self.render_bar.preset.text().strip())
            self.batch_wanted.emit(clips, [choice], takes)
            return
        self.render_presets([preset], takes)

    def _cancel(self) -> None:
        ids = [take.id for take in self.table.selected_takes() if not take.is_over]

        def work(_control: TaskControl) -> None:
            for take_id in ids:
                self._jobs.cancel(take_id)

        if ids:
            self._run(work)

    def _act(self, name: str) -> None:
        takes = self.table.selected_takes()
        if not takes:
            return
        first = takes[0]
        if name == "play":
            self.listening.toggle(self.takes.row_of(first.id))
        elif name == "best":
            self.table.sort_best_first()
        elif name == "cancel":
            self._cancel()
        elif name == "retry":
            ids = [take.id for take in takes if can_retry(take)]
            self._run(lambda _control: [self._jobs.retry(i) for i in ids], self._show_submitted)
        elif name == "blind":
            self.blind_wanted.emit(finished_files(takes))
        elif name == "first":
            self._run(lambda _control: self._jobs.put_first(first.id))
        elif name == "folder":
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(first.files[0].parent)))
        elif name == "copy" and (clipboard := QGuiApplication.clipboard()) is not None:
            clipboard.setText("\n\n".join(take_words(take) for take in takes))
            self.status.emit("copied")

    def _show_actions(self, *_changed: object) -> None:
        self.take_actions.show_takes(self.table.selected_takes())
        self.listening.show_selected()

    def _is_quiet(self) -> bool:
        """Whether nothing runs that somebody waits for, so that takes may be measured."""
        waited_for = self._tasks.under_way_in(Lane.AUDITION, Lane.FILES)
        return self.isVisible() and not waited_for and not self._jobs.under_way

    def _show_emptiness(self, *_changed: object) -> None:
        has_takes = bool(self.takes.rowCount())
        self.table.setVisible(has_takes)
        self.take_actions.setVisible(has_takes)
        self._no_takes.setVisible(not has_takes)
        self._no_takes.setText(self.tr(_NO_TAKES) if self.current_clip is not None else "")

    # Drops

    def _show_taken_in(self, result: tuple[list[ClipItem | TakeItem], str]) -> None:
        taken, refused = result
        if refused:
            self.failed.emit(refused)
        if not taken:
            return
        last = taken[-1]
        clip_id = last.id if isinstance(last, ClipItem) else last.clip_id
        clips = [item for item in taken if isinstance(item, ClipItem)]
        for clip in clips:
            if self.clips.row_of(clip.id) < 0:
                self.clips.put(clip)
        row, before = self.clips.row_of(clip_id), self.current_clip
        if row >= 0:
            self.clip_panel.select(row)
        if before is not None and before.id == clip_id:
            self.clip_changed.emit(before.clip)  # opened again, so it is heard again
        for item in taken:
            if isinstance(item, TakeItem):
                self.takes.put(item)
        if len(taken) > 1:
            self.status.emit(self.tr("{taken} files taken").format(taken=len(taken)))

    # The door

    def _run(
        self,
        work: Callable[[TaskControl], _Result],
        then: Callable[[_Result], object] | None = None,
        *,
        lane: Lane = Lane.LIBRARY,
        replaces: str = "",
    ) -> LaneTask[_Result]:
        return self._tasks.run(
            work, then, failed=self._fail, lane=lane, owner=self, replaces=replaces
        )

    def _fail(self, error: Exception) -> None:
        self.failed.emit(words_of(error))
