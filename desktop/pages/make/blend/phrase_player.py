"""Notes that sound by themselves, so that the mouse hand is free: held, or a phrase in a loop."""

from __future__ import annotations

import time
from collections.abc import Callable

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from core.audition.phrases import PHRASES
from core.clip import Clip
from desktop.services.interfaces import LiveService

HELD = ("note", "chord")
"""Phrases whose notes are held until they are stopped."""

HELD_S = 4.0
"""How long a path takes while notes are held."""

_TICK_MS = 8
_REST_S = 0.2


class PhrasePlayer(QObject):
    """Plays a phrase through the live stream.

    Args:
        live: plays.
        parent: as of any QObject.
        clock: seconds; a test has its own.

    Attributes:
        progressed: the fraction of the phrase that has passed, 0…1.
        began: the phrase begins, again and again.
        running_changed: whether it plays.
    """

    progressed = pyqtSignal(float)
    began = pyqtSignal()
    running_changed = pyqtSignal(bool)

    def __init__(
        self,
        live: LiveService,
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._live, self._clock = live, clock
        self._name = HELD[1]
        self._is_running = False
        self._began_at = 0.0
        self._events: list[tuple[float, int, int]] = []  # time, pitch, velocity: 0 releases
        self._next = 0
        self._down: list[int] = []
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self.tick)

    @property
    def phrase(self) -> str:
        """The name of what is played."""
        return self._name

    @property
    def is_running(self) -> bool:
        """Whether it plays."""
        return self._is_running

    @property
    def length_s(self) -> float:
        """From one beginning to the next."""
        return HELD_S if self._name in HELD else _end_s(PHRASES[self._name]) + _REST_S

    def choose(self, name: str) -> None:
        """Play another phrase, from its beginning, if one plays."""
        if name == self._name:
            return
        self._release()
        self._name = name
        if self.is_running:
            self._begin()

    def start(self) -> None:
        """Play from the beginning."""
        was_running, self._is_running = self._is_running, True
        self._timer.start()
        self._begin()
        if not was_running:
            self.running_changed.emit(True)

    def stop(self) -> None:
        """Play no more; what sounds is released."""
        if self.is_running:
            self._is_running = False
            self._timer.stop()
            self._release()
            self.running_changed.emit(False)

    def tick(self) -> None:
        """Play what is due."""
        passed_s = self._clock() - self._began_at
        if passed_s >= self.length_s:
            if self._name not in HELD:
                self._release()
            self._begin(passed_s % self.length_s)
            passed_s %= self.length_s
        while self._next < len(self._events) and self._events[self._next][0] <= passed_s:
            _, pitch, velocity = self._events[self._next]
            self._next += 1
            self._play(pitch, velocity)
        self.progressed.emit(passed_s / self.length_s)

    def _begin(self, passed_s: float = 0.0) -> None:
        self._began_at = self._clock() - passed_s
        notes = PHRASES[self._name].notes
        self._next = 0
        if self._name in HELD:
            self._events = [] if self._down else [(0.0, n.pitch, n.velocity) for n in notes]
        else:
            ons = [(note.start_s, note.pitch, note.velocity) for note in notes]
            offs = [(note.start_s + note.duration_s, note.pitch, 0) for note in notes]
            self._events = sorted([*ons, *offs], key=lambda event: (event[0], event[2]))
        self.began.emit()

    def _play(self, pitch: int, velocity: int) -> None:
        if velocity:
            self._live.note_on(pitch, velocity)
            self._down.append(pitch)
        elif pitch in self._down:
            self._live.note_off(pitch)
            self._down.remove(pitch)

    def _release(self) -> None:
        for pitch in self._down:
            self._live.note_off(pitch)
        self._down.clear()


def _end_s(clip: Clip) -> float:
    return max(note.start_s + note.duration_s for note in clip.notes)
