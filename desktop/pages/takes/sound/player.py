"""Takes played, and where they are played from: one place for all of them, to compare them at.

All takes are played equally loud, each by one gain for its whole length, unless that is turned
off. Reading a take's file is done by the tasks; the newest wish is the one that counts.
"""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from core.types import FloatArray
from desktop.pages.takes.sound.take_sound import TakeSound, TakeSounds
from desktop.services.interfaces import AudioOut
from desktop.tasks import Lane, Tasks

_LOOK_MS = 33


class TakePlayer(QObject):
    """See the module's first lines.

    Args:
        audio: plays.
        sounds: those that were read.
        tasks: the door to threads.
        parent: its owner.

    Attributes:
        playhead_moved: where the take is that sounds, or where one will be played from;
            seconds, or None for its beginning.
        playing_changed: whether a take sounds.
        failed: an error.
    """

    playhead_moved = pyqtSignal(object)
    playing_changed = pyqtSignal(bool)
    failed = pyqtSignal(object)

    def __init__(
        self, audio: AudioOut, sounds: TakeSounds, tasks: Tasks, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._audio, self._sounds, self._tasks = audio, sounds, tasks
        self._file: Path | None = None  # that plays, or is about to
        self._number = 0
        self._from_s = 0.0
        self._is_matched = True
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)

    @property
    def playing(self) -> Path | None:
        """The file that sounds, or is about to."""
        return self._file

    @property
    def from_s(self) -> float:
        """Where the next take is played from, seconds."""
        return self._from_s

    def match_loudness(self, is_matched: bool) -> None:
        """Whether takes are played equally loud; counts from the next one on."""
        self._is_matched = is_matched

    def play(self, file: Path) -> None:
        """Play a take, in place of the one that plays."""
        self._file, self._number = file, 0
        self._tasks.run(
            lambda _control: self._prepared(file),
            self._begin,
            failed=self._fail,
            lane=Lane.FILES,
            owner=self,
            replaces="takes: play",
        )

    def stop(self) -> None:
        """Be silent, if a take sounds."""
        if self._file is not None:
            if self._is_ours:
                self._audio.stop()
            self._end()

    def toggle(self, file: Path) -> None:
        """Play a take, or stop it if it plays."""
        if self._file == file:
            self.stop()
        else:
            self.play(file)

    def seek(self, position_s: float) -> None:
        """Go on, and play others, from a place in seconds."""
        self._from_s = max(position_s, 0.0)
        if self._is_ours:
            self._audio.seek(self._from_s)
        self.playhead_moved.emit(self._from_s)

    def forget_place(self) -> None:
        """Play from the beginning: another clip is looked at."""
        self.stop()
        self._from_s = 0.0
        self.playhead_moved.emit(None)

    def look(self) -> None:
        """Say where the take is; called thirty times a second while one sounds."""
        if not self._number:
            return
        if self._is_ours and self._audio.is_playing:
            self.playhead_moved.emit(self._audio.position_s)
        else:
            self._end()

    @property
    def _is_ours(self) -> bool:
        return bool(self._number) and self._audio.sound_number == self._number

    def _prepared(self, file: Path) -> tuple[Path, TakeSound, FloatArray]:
        from core.audio.loudness import amplified

        sound = self._sounds.get(file)
        audio = amplified(sound.audio, sound.gain_db) if self._is_matched else sound.audio
        return file, sound, audio

    def _begin(self, prepared: tuple[Path, TakeSound, FloatArray]) -> None:
        file, sound, audio = prepared
        if self._file != file:
            return  # stopped meanwhile
        start_s = self._from_s if self._from_s < sound.seconds else 0.0
        self._number = self._audio.play(audio, sound.sample_rate, start_s)
        self._timer.start()
        self.playing_changed.emit(True)

    def _end(self) -> None:
        self._file, self._number = None, 0
        self._timer.stop()
        self.playhead_moved.emit(self._from_s or None)
        self.playing_changed.emit(False)

    def _fail(self, error: Exception) -> None:
        self._end()
        self.failed.emit(error)
