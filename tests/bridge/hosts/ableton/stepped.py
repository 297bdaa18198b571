"""AbletonOSC and who asks it, in one thread, by a clock that is stepped and not waited for."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from bridge.hosts.ableton import live as live_module
from bridge.hosts.ableton import notes as notes_module
from bridge.hosts.ableton.live import Live
from tests.bridge.hosts.ableton import live_stand_in
from tests.bridge.hosts.ableton.live_stand_in import AbletonOsc, LiveClip, Song, free_port

TICK_S = 0.1
"""Live's."""


class SteppedClock:
    """Stands in for the module ``time``."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


class SteppedSocket:
    """A UDP socket; while something is waited for, AbletonOSC ticks.

    Args:
        real: what it sends and receives by.
        osc: at the other end.
        clock: goes on with every tick.
        stall: AbletonOSC does nothing between these times, in seconds.
    """

    def __init__(
        self,
        real: socket.socket,
        osc: AbletonOsc,
        clock: SteppedClock,
        stall: tuple[float, float],
    ) -> None:
        real.setblocking(False)
        self._real, self._osc, self._clock, self._stall = real, osc, clock, stall
        self._until = 0.0

    def settimeout(self, seconds: float) -> None:
        self._until = self._clock.now + seconds

    def recv(self, size: int) -> bytes:
        while True:
            with contextlib.suppress(BlockingIOError):
                return self._real.recv(size)
            if self._clock.now >= self._until:
                raise TimeoutError
            self._clock.now += TICK_S
            begin, end = self._stall
            if not begin <= self._clock.now < end:
                self._osc.tick()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@contextlib.contextmanager
def stepped(
    clip: LiveClip, seed: int = 0, stall: tuple[float, float] = (0.0, 0.0)
) -> Iterator[tuple[Live, AbletonOsc, SteppedClock]]:
    """A Live with a selected clip on its only track, and who asks it; no time goes by itself.

    Args:
        clip: in the first scene.
        seed: of the answers' luck.
        stall: as :class:`SteppedSocket` has it.
    """
    clock = SteppedClock()
    song = Song()
    song.add_track("Keys").clip_slots[0].clip = clip
    osc = AbletonOsc(song, 0, free_port(), seed)
    asker = Live(osc.port, osc.reply_port)
    asker._socket = SteppedSocket(asker._socket, osc, clock, stall)  # type: ignore[assignment]
    with pytest.MonkeyPatch.context() as patch:
        for module in (live_module, notes_module, live_stand_in):
            patch.setattr(module, "time", clock)
        try:
            yield asker, osc, clock
        finally:
            asker.close()
            osc.close()
