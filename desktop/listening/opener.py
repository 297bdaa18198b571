"""Opens blind tests: of takes that are there, or of presets that play a clip for it first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import QWidget

from core.clip import Clip
from desktop.listening.dialog import BlindDialog, LoadSounds
from desktop.listening.sounds import ComparedSound, load_sounds
from desktop.listening.votes import VoteService
from desktop.listening.votes_dialog import VotesDialog
from desktop.services.interfaces import AudioOut, AuditionService, PresetService
from desktop.tasks import TaskControl, Tasks

MOST_SOUNDS = 8
"""Of one test: ears, and memory, have an end."""


class BlindTests(QObject):
    """See the module's first line.

    Args:
        votes: keeps them.
        audio: plays.
        auditions: renders presets.
        presets: know their names.
        tasks: the door to threads.
        window: over which dialogs open.

    Attributes:
        failed: why there is nothing to compare.
    """

    failed = pyqtSignal(str)

    def __init__(
        self,
        votes: VoteService,
        audio: AudioOut,
        auditions: AuditionService,
        presets: PresetService,
        tasks: Tasks,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._votes, self._audio, self._auditions = votes, audio, auditions
        self._presets, self._tasks, self._window = presets, tasks, window
        self.dialog: BlindDialog | None = None

    def compare_files(self, files: Sequence[Path]) -> None:
        """Compare finished takes of one clip."""
        listed = list(dict.fromkeys(files))
        if self._refuses(len(listed), self.tr("finished takes")):
            return

        def load(control: TaskControl) -> Sequence[ComparedSound]:
            control.stage(self.tr("reading the takes"))
            return load_sounds(listed, control.progress)

        self._open([file.stem for file in listed], load)

    def compare_presets(self, preset_ids: Sequence[str], clip: Clip | str) -> None:
        """Have presets play a clip, and compare that.

        Args:
            preset_ids: two or more.
            clip: or a phrase by its name.
        """
        listed = list(dict.fromkeys(preset_ids))
        if self._refuses(len(listed), self.tr("presets")):
            return

        def load(control: TaskControl) -> Sequence[ComparedSound]:
            files = []
            for number, preset_id in enumerate(listed):
                control.stage(self.tr("rendering {} of {}").format(number + 1, len(listed)))
                files.append(self._auditions.render(preset_id, clip, _QuietControl(control)))
                control.progress((number + 1) / (len(listed) + 1))
            return load_sounds(files, lambda _fraction: not control.is_cancelled)

        self._tasks.run(
            lambda _control: [self._presets.details(each).preset.name for each in listed],
            lambda names: self._open(names, load),
            owner=self,
        )

    def show_votes(self) -> None:
        """Show what all blind tests say."""
        dialog = VotesDialog(self._votes, self._tasks, self.dialog or self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _refuses(self, count: int, what: str) -> bool:
        if count < 2:
            self.failed.emit(self.tr("select two or more {} to compare them blind").format(what))
        elif count > MOST_SOUNDS:
            self.failed.emit(
                self.tr("{} are too many to compare blind; select {} at most").format(
                    count, MOST_SOUNDS
                )
            )
        return not 2 <= count <= MOST_SOUNDS

    def _open(self, names: Sequence[str], load: LoadSounds) -> None:
        if self.dialog is not None:  # one at a time: it is over the window
            return
        dialog = BlindDialog(names, load, self._audio, self._votes, self._tasks, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.votes_wanted.connect(self.show_votes)
        dialog.finished.connect(self._forget)
        self._audio.stop()
        self.dialog = dialog
        dialog.open()

    def _forget(self) -> None:
        self.dialog = None


class _QuietControl(TaskControl):
    """The control of one of several renders: it stops with them, and tells nothing itself."""

    def __init__(self, whole: TaskControl) -> None:
        self._whole = whole

    @property
    def is_cancelled(self) -> bool:
        return self._whole.is_cancelled

    def progress(self, fraction: float) -> bool:
        return not self._whole.is_cancelled

    def stage(self, words: str) -> None:
        pass
