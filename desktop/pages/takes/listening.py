"""What ties takes to their sound: which one is seen and played, and what is measured of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from desktop.pages.takes.measured.checker import TakeChecker
from desktop.pages.takes.sound.panel import SoundPanel
from desktop.pages.takes.sound.player import TakePlayer
from desktop.pages.takes.sound.take_sound import TakeSounds
from desktop.pages.takes.take_model import TakeModel
from desktop.pages.takes.take_table import TakeTable
from desktop.services.checks.interface import CheckService
from desktop.services.interfaces import AudioOut
from desktop.services.jobs_interface import ClipItem, TakeItem
from desktop.tasks import Tasks
from desktop.widgets.roll.piano_roll import PianoRoll

_MOST_NOTES, _LONGEST_S = 5000, 600.0
"""Of larger clips, takes are measured only when somebody asks: it takes minutes."""


class TakeListening(QObject):
    """See the module's first lines.

    Args:
        roll: of the clip.
        takes: of the clip.
        table: shows them.
        tasks: the door to threads.
        audio: plays takes; None leaves that to whom :attr:`play_wanted` tells.
        checks: measures takes; None measures none.
        is_quiet: whether a take may be measured that nobody asked for.
        parent: its owner.

    Attributes:
        panel: the sound of the selected take.
        player: plays; None without audio.
        checker: has takes measured; None without.
        play_wanted: a file is heard from now on.
        status: one line on what is going on.
        failed: an error.
    """

    play_wanted = pyqtSignal(Path)
    status = pyqtSignal(str)
    failed = pyqtSignal(object)

    def __init__(
        self,
        roll: PianoRoll,
        takes: TakeModel,
        table: TakeTable,
        tasks: Tasks,
        audio: AudioOut | None,
        checks: CheckService | None,
        is_quiet: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._takes, self._table = takes, table
        self._clip: ClipItem | None = None
        sounds = TakeSounds()
        self.player = None if audio is None else TakePlayer(audio, sounds, tasks, self)
        self.panel = SoundPanel(roll, self.player, sounds, tasks)
        self.panel.failed.connect(self.failed)
        if self.player is not None:
            self.player.failed.connect(self.failed)
        table.play_asked.connect(self.play)
        table.toggle_asked.connect(self.toggle)
        self.checker = None if checks is None else TakeChecker(checks, tasks, is_quiet, self)
        self.panel.check_button.setVisible(self.checker is not None)
        if self.checker is not None:
            self.checker.changed.connect(takes.set_check)
            self.panel.check_wanted.connect(self.check)
            for changed in (takes.dataChanged, takes.modelReset, takes.rowsInserted):
                changed.connect(self._find_checks)

    def use_clip(self, clip: ClipItem) -> None:
        """Another clip is looked at: begin at its beginning."""
        self._clip = clip
        if self.player is not None:
            self.player.forget_place()

    def play(self, row: int) -> None:
        """Play the take of a row."""
        take = self._takes.take(row)
        if take is not None and take.files:
            if self.player is not None:
                self.player.play(take.files[0])
            self.play_wanted.emit(take.files[0])
        elif take is not None:
            if self.player is not None:
                self.player.stop()
            self.status.emit(
                self.tr("{preset}: {stage}; there is nothing to hear yet").format(
                    preset=take.preset, stage=take.stage
                )
            )

    def toggle(self, row: int) -> None:
        """Play the take of a row, or stop it if it plays."""
        take, player = self._takes.take(row), self.player
        if player is not None and take is not None and player.playing in take.files:
            player.stop()
        else:
            self.play(row)

    def check(self) -> None:
        """Measure the selected take next."""
        take = self._shown()
        if take is not None and self.checker is not None:
            self.checker.check(take)

    def show_selected(self) -> None:
        """Show the sound of the selected take, and what was heard of it."""
        take = self._shown()
        self.panel.show_take(None if take is None else take.files[0])
        if take is None or self.checker is None:
            self.panel.show_check(None, "")
        else:
            words = self._takes.check_words_of(take.id)
            self.panel.show_check(self._takes.check_of(take.id), words)

    def _shown(self) -> TakeItem | None:
        takes = self._table.selected_takes()
        return takes[0] if len(takes) == 1 and takes[0].files else None

    def _find_checks(self, *_changed: object) -> None:
        clip = self._clip
        if self.checker is None or clip is None:
            return
        is_large = len(clip.clip.notes) > _MOST_NOTES or clip.clip.length_s > _LONGEST_S
        self.checker.show_takes(self._takes.takes, is_measured=not is_large)
