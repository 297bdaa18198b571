"""The Batch page: what was begun together, how far it is, to be heard through and exported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QWidget

from core.errors import TimbreError
from desktop.faults import words_of
from desktop.pages.batch.export import export_files
from desktop.pages.batch.file_player import play_file
from desktop.pages.batch.group import RenderGroup
from desktop.pages.batch.kept import recall_groups, save_groups
from desktop.pages.batch.layout import BatchWidgets
from desktop.pages.batch.model import BatchModel
from desktop.pages.batch.pace import RenderPace
from desktop.pages.batch.plan import BatchPlan
from desktop.pages.batch.sheet import BatchSheet
from desktop.services.interfaces import AudioOut
from desktop.services.jobs_interface import ClipItem, JobService, PresetChoice, TakeItem
from desktop.tasks import Lane, TaskControl, Tasks

_SHOW_MS = 100
"""Of many changes at once the sums are shown so often."""


class BatchPage(QWidget):
    """See the module's first line.

    Args:
        jobs: renders.
        audio: plays.
        tasks: the door to threads.
        seconds_per_s: time that a second of sound took to render earlier; 0 if not known.
        kept: the file in which batches are kept; None keeps none.
        parent: its widget.

    Attributes:
        pace: how fast this machine renders.
        begun: a batch began; its title.
        status: what is or was done, in words.
        failed: what could not be done and why, in words.
    """

    begun = pyqtSignal(str)
    status = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(
        self,
        jobs: JobService,
        audio: AudioOut,
        tasks: Tasks,
        seconds_per_s: float = 0.0,
        kept: Path | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs, self._audio, self._tasks = jobs, audio, tasks
        self.pace = RenderPace(seconds_per_s)
        self._lengths_s: dict[str, float] = {}
        self._seen: dict[int, TakeItem] = {}
        self._groups: list[RenderGroup] = []  # the newest first
        self.sheet: BatchSheet | None = None
        self.model = BatchModel(self)
        self.widgets = BatchWidgets(self, self.model)
        self._sums = QTimer(self)
        self._sums.setSingleShot(True)
        self._sums.setInterval(_SHOW_MS)
        self._sums.timeout.connect(self._show_sums)
        self._connect()
        self.setFocusProxy(self.widgets.table)
        self._kept = kept
        self._show_groups()
        if kept is not None:
            tasks.run(
                lambda _: recall_groups(kept, jobs), self._recalled, failed=self._fail, owner=self
            )

    def _connect(self) -> None:
        widgets = self.widgets
        self._jobs.events.clip_came.connect(self._on_clip)
        self._jobs.events.take_changed.connect(self._on_take)
        widgets.groups.activated.connect(self._show_group)
        widgets.cancel.clicked.connect(self.cancel_all)
        widgets.retry.clicked.connect(self.retry_failed)
        widgets.export.clicked.connect(self.choose_folder)
        widgets.table.stepped.connect(self.play)

    @property
    def group(self) -> RenderGroup | None:
        """The batch that is shown."""
        return self.model.group

    @property
    def groups(self) -> Sequence[RenderGroup]:
        """All of them, the newest first."""
        return tuple(self._groups)

    # Beginning

    def plan(
        self, clips: Sequence[ClipItem], presets: Sequence[PresetChoice], takes: int = 1
    ) -> None:
        """Ask, with the cost and the limits in sight, whether to render clips in presets.

        Args:
            clips: one or more.
            presets: one or more.
            takes: of each.
        """
        if self.sheet is not None:  # one question at a time: it is over the window
            return
        plan = BatchPlan(tuple(clips), tuple(presets), takes)
        sheet = BatchSheet(plan, self._jobs, self.pace, self._tasks, self.window())
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.go_wanted.connect(lambda: self.begin(plan))
        sheet.finished.connect(self._forget_sheet)
        self.sheet = sheet
        sheet.open()

    def begin(self, plan: BatchPlan) -> None:
        """Render."""
        preset_ids = [preset.id for preset in plan.presets]

        def work(_control: TaskControl) -> tuple[list[TakeItem], list[TimbreError]]:
            queued: list[TakeItem] = []
            refused: list[TimbreError] = []
            for item in plan.clips:
                try:
                    queued += self._jobs.submit(item.id, preset_ids, takes=plan.takes)
                except TimbreError as error:  # keeps no other clip out
                    refused.append(error)
            return queued, refused

        def show(result: tuple[list[TakeItem], list[TimbreError]]) -> None:
            takes, refused = result
            if refused:
                more = (
                    self.tr(" ({refused} of {clips} clips)").format(
                        refused=len(refused), clips=len(plan.clips)
                    )
                    if len(refused) > 1
                    else ""
                )
                self.failed.emit(f"{' '.join(str(refused[0]).split())}{more}")
            if takes:
                self.add(plan, takes)
                self.status.emit(self.tr("{} renders are queued").format(len(takes)))

        self._tasks.run(work, show, failed=self._fail, lane=Lane.FILES, owner=self)

    def add(self, plan: BatchPlan, takes: Sequence[TakeItem]) -> None:
        """Show renders that are queued as a batch.

        Args:
            plan: what they are of.
            takes: they.
        """
        clips = {item.id: (item.clip.name, item.clip.length_s) for item in plan.clips}
        # What was said of them meanwhile is newer.
        group = RenderGroup(plan.title, clips, [self._seen.get(take.id, take) for take in takes])
        self._groups.insert(0, group)
        self._show_groups()
        self._keep()
        self.begun.emit(plan.title)

    def _recalled(self, groups: list[RenderGroup]) -> None:
        for group in groups:
            group.takes = [self._seen.get(take.id, take) for take in group.takes]
        are_begun = bool(self._groups)
        self._groups += groups
        self._show_groups()
        if are_begun:  # and kept already, without those of earlier
            self._keep()

    def _keep(self) -> None:
        """Have the batches kept as they are now."""
        path = self._kept
        if path is not None:
            groups = [replace(group, takes=list(group.takes)) for group in self._groups]
            self._tasks.run(
                lambda _: save_groups(groups, path), failed=self._fail, lane=Lane.LIBRARY
            )

    def _forget_sheet(self) -> None:
        self.sheet = None

    # What becomes of it

    def _on_clip(self, item: ClipItem) -> None:
        self._lengths_s[item.id] = item.clip.length_s

    def _on_take(self, take: TakeItem) -> None:
        self._seen[take.id] = take
        self.pace.observe(take, self._length_s(take))
        for group in self._groups:
            row = group.row_of(take.id)
            if row >= 0:
                group.takes[row] = take
                if group is self.group:
                    self.model.changed(row)
                    self._sums.start() if not self._sums.isActive() else None
                self._tell(group)
                return

    def _length_s(self, take: TakeItem) -> float:
        for group in self._groups:
            if take.clip_id in group.clips:
                return group.clips[take.clip_id][1]
        return self._lengths_s.get(take.clip_id, 0.0)

    def _tell(self, group: RenderGroup) -> None:
        if not group.left:
            self.status.emit(f"{group.title}: {group.words(None)}")

    # What is done

    def cancel_all(self) -> None:
        """Stop what waits or runs of the batch that is shown."""
        ids = [take.id for take in self.group.left] if self.group is not None else []

        def work(_control: TaskControl) -> None:
            for take_id in reversed(ids):  # the last first, so that none begins meanwhile
                self._jobs.cancel(take_id)

        if ids:
            self._tasks.run(work, failed=self._fail, owner=self)

    def retry_failed(self) -> None:
        """Render again what failed, was cancelled, or is gone, of the batch that is shown."""
        group = self.group
        ids = [take.id for take in group.failed] if group is not None else []

        def work(_control: TaskControl) -> tuple[dict[int, TakeItem], list[TimbreError]]:
            queued: dict[int, TakeItem] = {}
            refused: list[TimbreError] = []
            for take_id in ids:
                try:
                    queued[take_id] = self._jobs.retry(take_id)
                except TimbreError as error:  # the others are not to wait for it
                    refused.append(error)
            return queued, refused

        def show(done: tuple[dict[int, TakeItem], list[TimbreError]]) -> None:
            assert group is not None
            takes, refused = done
            if refused:
                self._fail(refused[0])
            for old, take in takes.items():
                row = group.row_of(old)
                if row >= 0:
                    group.takes[row] = self._seen.get(take.id, take)
                    if group is self.group:
                        self.model.changed(row)
            self._show_sums()
            self._keep()

        if ids:
            self._tasks.run(work, show, failed=self._fail, owner=self)

    def export(self, folder: Path) -> None:
        """Copy all finished files of the batch that is shown into a folder, replacing none."""
        files = self.group.files if self.group is not None else []
        if not files:
            self.status.emit(self.tr("nothing of this batch is finished yet"))
            return
        self._tasks.run(
            lambda control: export_files(files, folder, control.progress),
            lambda copies: self.status.emit(
                self.tr("1 file copied to {}").format(folder)
                if len(copies) == 1
                else self.tr("{} files copied to {}").format(len(copies), folder)
            ),
            failed=self._fail,
            lane=Lane.FILES,
            owner=self,
        )

    def play(self, row: int) -> None:
        """Hear the render of a row, if it is finished."""
        take = self.model.take(row)
        if take is None:
            return
        if not take.files:
            self._audio.stop()
            self.status.emit(
                self.tr("{preset}: {stage}; there is nothing to hear yet").format(
                    preset=take.preset, stage=take.stage
                )
            )
            return
        play_file(take.files[0], self._audio, self._tasks, self._fail, self)

    def choose_folder(self) -> None:
        """Ask for a folder and export into it."""
        folder = QFileDialog.getExistingDirectory(self, self.tr("Export into a folder"))
        if folder:
            self.export(Path(folder))

    # What it shows

    def _show_groups(self) -> None:
        self.widgets.show_titles([group.title for group in self._groups])
        self._show_group(0)

    def _show_group(self, number: int) -> None:
        group = self._groups[number] if number < len(self._groups) else None
        self.model.show_group(group)
        self._show_sums()

    def _show_sums(self) -> None:
        group = self.group
        if group is None:
            return
        self.widgets.show_sums(
            group.words(self.pace.seconds_per_s),
            group.fraction,
            can_cancel=bool(group.left),
            can_retry=bool(group.failed),
            can_export=bool(group.files),
        )

    def _fail(self, error: Exception) -> None:
        self.failed.emit(words_of(error))
