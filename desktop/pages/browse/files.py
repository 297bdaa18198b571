"""Presets that come from files and go into files: by menu, and by drag and drop."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PyQt6.QtCore import QMimeData, QObject, Qt, QUrl, pyqtSignal
from PyQt6.QtGui import QDrag, QGuiApplication
from PyQt6.QtWidgets import QWidget

from core.errors import Cancelled, TimbreError
from core.library.presets import Preset
from desktop.faults import fault_of, words_of
from desktop.pages.browse.model import SelectedPresets
from desktop.services.interfaces import PresetService
from desktop.tasks import Lane, LaneTask, TaskControl, Tasks
from desktop.translations.words import translate

PRESETS_MIME = "application/x-timbre-presets"
"""Ids of presets, a line each, for widgets of ours that take them."""

MOST_DRAGGED = 50
"""Presets in one drag: their files are written before it begins."""

_CLIPS = (".mid", ".midi")

MOST_DROPPED = 10_000


@dataclass(frozen=True)
class ImportReport:
    """What became of files.

    Attributes:
        presets: that they became.
        added: those that were not there before.
        problems: a line for each file that became none.
        count: of the files that were looked at.
    """

    presets: tuple[Preset, ...]
    added: tuple[Preset, ...]
    problems: tuple[str, ...]
    count: int


@dataclass
class _Imported:
    """What came of an import up to now."""

    presets: list[Preset] = field(default_factory=list)
    added: list[Preset] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.presets) + len(self.problems)

    def report(self) -> ImportReport:
        return ImportReport(
            tuple(self.presets), tuple(self.added), tuple(self.problems), self.count
        )


class PresetFiles(QObject):
    """See the module's first lines.

    Attributes:
        imported: an :class:`ImportReport`.
        status: what is being done or was done.
        failed: what could not be done and why, in words.
    """

    imported = pyqtSignal(object)
    status = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self, presets: PresetService, tasks: Tasks, parent: QWidget) -> None:
        super().__init__(parent)
        self._presets, self._tasks, self._widget = presets, tasks, parent
        self._importing: dict[LaneTask[None], _Imported] = {}

    @property
    def is_importing(self) -> bool:
        """Whether files are being taken in."""
        return bool(self._importing)

    def import_(self, files: Sequence[Path]) -> None:
        """Take files in, one after the other; one that cannot be used does not stop the others.

        Args:
            files: presets and recordings; of a folder, those in it.
        """
        came = _Imported()
        task = self._tasks.run(
            lambda control: self._import(files, control, came),
            failed=self._tell,
            lane=Lane.FILES,
            owner=self,
            staged=self.status.emit,
        )
        self._importing[task] = came
        task.finished.connect(self._import_over)

    def stop(self) -> None:
        """Take no more files in; those that are there stay."""
        for task in self._importing:
            task.cancel()
        if self._importing:
            self.status.emit(self.tr("Stopped importing; what was imported is there"))

    def export(self, chosen: SelectedPresets, folder: Path) -> None:
        """Write presets into a folder, a file each.

        Args:
            chosen: which.
            folder: where to.
        """

        def work(control: TaskControl) -> list[Path]:
            return [self._presets.export_file(one.id, folder) for one in chosen()]

        self._tasks.run(
            work,
            then=lambda files: self.status.emit(
                self.tr("{} written to {}").format(_count(len(files)), folder)
            ),
            failed=self._tell,
            lane=Lane.FILES,
            owner=self,
        )

    def drag(self, chosen: SelectedPresets, count: int) -> None:
        """Write presets into files and begin to drag them, if the button is down by then still.

        Args:
            chosen: which.
            count: how many they are.
        """
        if count > MOST_DRAGGED:
            self.failed.emit(
                self.tr("{} presets are too many to drag; use Export").format(f"{count:,}")
            )
            return

        def work(_control: TaskControl) -> tuple[list[Preset], list[Path]]:
            # In the system's folder for such things: whoever takes the drop may copy it later.
            folder = Path(tempfile.mkdtemp(prefix="timbre-drag-"))
            presets = chosen()
            return presets, [self._presets.export_file(one.id, folder) for one in presets]

        self._tasks.run(work, then=self._begin, failed=self._tell, lane=Lane.FILES, owner=self)

    def _begin(self, made: tuple[list[Preset], list[Path]]) -> None:
        if not QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton:
            return
        drag = QDrag(self._widget)
        drag.setMimeData(mime_of(*made))
        drag.exec(Qt.DropAction.CopyAction)

    def _import_over(self) -> None:
        """Say what came of it, be it done, stopped or broken off."""
        task = self.sender()
        came = self._importing.pop(task) if isinstance(task, LaneTask) else _Imported()
        if came.count:
            self.imported.emit(came.report())

    def _import(self, files: Sequence[Path], control: TaskControl, came: _Imported) -> None:
        found = list(_flat(files))
        for number, file in enumerate(found, 1):
            if control.is_cancelled:
                break
            control.stage(self.tr("importing {} of {}: {}").format(number, len(found), file.name))
            if file.suffix.lower() in _CLIPS:
                words = self.tr("{} is a MIDI clip; drop it on Takes, or on the line below to play")
                came.problems.append(words.format(file.name))
                continue
            try:
                imported = self._presets.import_file(file, control)
                came.presets.append(imported.preset)
                came.added += imported.added
            except Cancelled:
                break
            except (TimbreError, OSError) as error:
                came.problems.append(fault_of(error).message)

    def _tell(self, error: Exception) -> None:
        if isinstance(error, TimbreError):
            self.failed.emit(words_of(error))
        else:
            self._tasks.failed.emit(error)


def mime_of(presets: Sequence[Preset], files: Sequence[Path]) -> QMimeData:
    """What is dragged.

    Args:
        presets: for widgets of ours.
        files: theirs, for other programs.
    """
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    mime.setData(PRESETS_MIME, "\n".join(preset.id for preset in presets).encode())
    return mime


def files_in(mime: QMimeData | None) -> list[Path]:
    """Files that were dropped; none if they are presets of our own."""
    if mime is None or mime.hasFormat(PRESETS_MIME):
        return []
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]


def _flat(files: Iterable[Path]) -> Iterable[Path]:
    """Files, and those in folders, :data:`MOST_DROPPED` at most."""
    left = MOST_DROPPED
    for file in files:
        inside = sorted(file.rglob("*")) if file.is_dir() else [file]
        for path in inside:
            if path.is_dir() or (path != file and path.name.startswith(".")):
                continue
            if left == 0:
                return
            left -= 1
            yield path


def _count(count: int) -> str:
    return (
        translate("Browse", "1 preset")
        if count == 1
        else translate("Browse", "{count:,} presets").format(count=count)
    )
