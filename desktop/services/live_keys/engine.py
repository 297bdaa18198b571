"""Notes in from any thread, blocks of sound out to a device's callback. No device is known here."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

import numpy as np

from core.engines.base import LiveStream
from core.types import Embedding, FloatArray

BEND_RANGE_SEMITONES = 2.0
"""What a wheel turned all the way bends, as keyboards expect where nobody says otherwise."""

TIMBRE_EVERY_S = 0.03
"""A timbre that moves is decoded no more often: it costs a callback as much as a note does."""


class LiveEngine:
    """A stream, with what is asked of it on other threads.

    Args:
        stream: of :meth:`core.synthesizer.Synthesizer.stream`.
    """

    def __init__(self, stream: LiveStream) -> None:
        self._stream = stream
        self._events: deque[tuple[float | None, Callable[[], object]]] = deque()
        self._held_by_pedal: set[int] = set()
        self._is_pedal_down = False
        self.level_db = -math.inf
        self.key_to_sound_s: float | None = None
        """Of the last key: from its press to its sound at the device's output."""
        self.move_to_sound_s: float | None = None
        """Of the last move of a blend: from the window to its first sound at the output."""
        self._timbres: deque[tuple[float | None, Embedding]] = deque(maxlen=1)  # the newest counts
        self._until_timbre = 0
        self.output_s = 0.0
        """From a block's being asked for to its being heard; the device's matter."""

    @property
    def sample_rate(self) -> int:
        """Of the blocks, Hz."""
        return self._stream.sample_rate

    def note_on(self, pitch: int, velocity: int, pressed_at: float) -> None:
        """Begin a note with the next block.

        Args:
            pitch: MIDI key, 0–127.
            velocity: 1–127.
            pressed_at: when its key was, by ``time.perf_counter``, which all processes share.
        """
        self._events.append((pressed_at, lambda: self._on(pitch, velocity)))

    def note_off(self, pitch: int) -> None:
        """Release a key."""
        self._events.append((None, lambda: self._off(pitch)))

    def all_notes_off(self) -> None:
        """Release every key, and the pedal."""
        self._events.append((None, self._all_off))

    def pedal(self, is_down: bool) -> None:
        """Press or release the sustain pedal."""
        self._events.append((None, lambda: self._pedal(is_down)))

    def wheel(self, position: float) -> None:
        """Turn the pitch wheel, −1…1."""
        self._events.append((None, lambda: self._stream.bend(BEND_RANGE_SEMITONES * position)))

    def set_timbre(self, embedding: Embedding, moved_at: float | None = None) -> None:
        """Play on in another timbre, whose gain is known already.

        Args:
            embedding: of the timbre; it takes the place of one that waits still.
            moved_at: when a blend was moved there, as in :meth:`note_on`.
        """
        self._timbres.append((moved_at, embedding))

    def block(self, samples: int) -> FloatArray:
        """The next block: float32 [samples] within ±1."""
        now = time.perf_counter()
        late_s = self._stream.latency / self._stream.sample_rate + self.output_s
        if self._timbres and self._until_timbre <= 0:
            moved_at, embedding = self._timbres.popleft()
            self._stream.set_timbre(embedding)
            self._until_timbre = round(TIMBRE_EVERY_S * self._stream.sample_rate)
            if moved_at is not None:
                self.move_to_sound_s = now - moved_at + late_s
        self._until_timbre -= samples
        while self._events:
            pressed_at, event = self._events.popleft()
            event()
            if pressed_at is not None:
                self.key_to_sound_s = now - pressed_at + late_s
        out = np.clip(self._stream.process(samples), -1.0, 1.0)
        peak = float(np.abs(out).max(initial=0.0))
        self.level_db = 20.0 * math.log10(peak) if peak > 1e-5 else -math.inf
        return out

    def _on(self, pitch: int, velocity: int) -> None:
        if pitch in self._held_by_pedal:
            self._held_by_pedal.discard(pitch)
            self._stream.note_off(pitch)
        self._stream.note_on(pitch, velocity)

    def _off(self, pitch: int) -> None:
        if self._is_pedal_down:
            self._held_by_pedal.add(pitch)
        else:
            self._stream.note_off(pitch)

    def _pedal(self, is_down: bool) -> None:
        self._is_pedal_down = is_down
        if not is_down:
            for pitch in self._held_by_pedal:
                self._stream.note_off(pitch)
            self._held_by_pedal.clear()

    def _all_off(self) -> None:
        self._is_pedal_down = False
        self._held_by_pedal.clear()
        self._stream.all_notes_off()
