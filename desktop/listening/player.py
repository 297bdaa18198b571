"""Plays the sounds of a blind test: one gives way to the other at the place where it is."""

from __future__ import annotations

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from desktop.listening.sounds import ComparedSound
from desktop.services.interfaces import AudioOut

_LOOK_MS = 33


class BlindPlayer(QObject):
    """See the module's first line.

    Args:
        audio: plays.
        parent: its owner.

    Attributes:
        moved: where it is, seconds; 0 when nothing plays.
        playing_changed: whether a sound plays now.
        problem: why nothing can be heard, in words; empty when it can again.
    """

    moved = pyqtSignal(float)
    playing_changed = pyqtSignal(bool)
    problem = pyqtSignal(str)

    def __init__(self, audio: AudioOut, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._audio = audio
        self._is_playing = False
        self._number = 0  # of what was begun here: others play through the device too
        self._problem = ""
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)

    @property
    def is_playing(self) -> bool:
        """Whether a sound of the test plays."""
        is_ours = self._audio.sound_number == self._number
        return self._is_playing and is_ours and self._audio.is_playing

    def hear(self, sound: ComparedSound) -> None:
        """Go on with a sound where the other one is; begin it if none plays.

        The same sound again is replaced as any other, so that nothing tells them apart.
        """
        if self.is_playing:
            self._audio.replace(sound.audio, sound.sample_rate)
        else:
            self._number = self._audio.play(sound.audio, sound.sample_rate)
            self._is_playing = True
            self.playing_changed.emit(True)
        self._timer.start()

    def stop(self) -> None:
        """Be silent."""
        if self._is_playing:
            if self._audio.sound_number == self._number:
                self._audio.stop()
            self._show_silence()

    def look(self) -> None:
        """See how it stands; called often while a sound plays."""
        if self._audio.problem != self._problem:
            self._problem = self._audio.problem
            self.problem.emit(self._problem)
        if self.is_playing:
            self.moved.emit(self._audio.position_s)
            return
        if self._is_playing:
            self._show_silence()

    def _show_silence(self) -> None:
        # Not asked of the sound, which stops on a thread of its own a little later.
        self._timer.stop()
        self._is_playing = False
        self.moved.emit(0.0)
        self.playing_changed.emit(False)
