"""How quickly and how cleanly a blend follows a point that moves.

    python -m benchmarks.moving_blend [SECONDS]

The live player's own process code plays a chord of four notes to a device that asks for 256 samples
as often as a sound card would, while weights of four factory presets move 60 times a second.
Prints the time from a move to where its sound begins (without a device's own delay), and of blocks
without and with moves how long they took, by the clock and of the processor, and how many were
late: on a machine that others use as well, only what moving adds means anything.
"""

from __future__ import annotations

import gc
import io
import json
import random
import sys
import threading
import time
from typing import Any

import numpy as np

from core.library.library import Library
from desktop.services.live_keys.engine import LiveEngine
from desktop.services.live_keys.worker import BLOCK, LivePlayer

RATE = 44_100
MOVES_PER_S = 60
CHORD = (48, 55, 60, 64)
PARTS = 4


class _Card:
    """A sound card: asks for a block whenever one has been played; has two in store."""

    def __init__(self, **options: Any) -> None:
        self._callback = options["callback"]
        self._is_running = True
        self.took_ms: list[float] = []
        self.cpu_ms: list[float] = []
        self.late = 0

    def forget(self) -> None:
        """Count anew."""
        self.took_ms, self.cpu_ms, self.late = [], [], 0

    def report(self, what: str) -> None:
        """Print how blocks were."""
        took, cpu = np.array(self.took_ms), np.array(self.cpu_ms)
        print(
            f"{what}: {len(took)} blocks of {BLOCK} ({1000 * BLOCK / RATE:.1f} ms), "
            f"{self.late} late; mean {took.mean():.2f} ms, 99 % {np.percentile(took, 99):.2f}; "
            f"of the processor mean {cpu.mean():.2f} ms, 99 % {np.percentile(cpu, 99):.2f}"
        )

    def start(self) -> None:
        threading.Thread(target=self._play, daemon=True).start()

    def close(self) -> None:
        self._is_running = False

    def _play(self) -> None:
        out = np.zeros((BLOCK, 2), np.float32)
        due = time.perf_counter()
        while self._is_running:
            began, cpu_s = time.perf_counter(), time.thread_time()
            self._callback(out, BLOCK, None, None)
            ended = time.perf_counter()
            self.took_ms.append(1000 * (ended - began))
            self.cpu_ms.append(1000 * (time.thread_time() - cpu_s))
            due += BLOCK / RATE
            if ended > due + BLOCK / RATE:  # the block in store has been played by then too
                self.late += 1
                due = ended
            time.sleep(max(0.0, due - time.perf_counter()))


class _Backend:
    """In place of the module sounddevice, with one card."""

    PortAudioError = RuntimeError
    default = type("Default", (), {"device": (-1, 0)})()

    def __init__(self) -> None:
        self.card: _Card | None = None

    def query_devices(self) -> list[dict[str, Any]]:
        return [{"name": "card", "max_output_channels": 2, "default_samplerate": float(RATE)}]

    def query_hostapis(self) -> list[dict[str, int]]:
        return [{"default_output_device": 0}]

    def check_output_settings(self, **_options: Any) -> None:
        """Any will do."""

    def OutputStream(self, **options: Any) -> _Card:  # noqa: N802
        self.card = _Card(**options)
        return self.card


def measure(seconds: float) -> None:
    """Play, move and print.

    Args:
        seconds: how long the weights move.
    """
    with Library.open(model=None) as library:
        parts = [(preset.id, 1.0) for preset in library.list(0, PARTS).presets]
    backend = _Backend()
    player = LivePlayer(io.StringIO(), lambda: backend)
    player.begin_blend(1, parts, "slerp", "")
    while player._blend is not None and player._blend[1]._unmeasured:
        player.measure_next_pair()
    engine: LiveEngine | None = player.engine
    card = backend.card
    assert engine is not None
    assert card is not None
    gc.collect()
    gc.freeze()  # as the player's process does
    player.read([json.dumps(["on", pitch, 90, time.perf_counter()]) for pitch in CHORD])
    drawn, moved_ms = random.Random(0), []
    time.sleep(1.0)
    card.forget()
    time.sleep(seconds)
    card.report("without moves")
    card.forget()
    for _ in range(round(seconds * MOVES_PER_S)):
        weights = [drawn.random() for _ in parts]
        player.read([json.dumps(["weights", 1, weights, time.perf_counter()])])
        time.sleep(1 / MOVES_PER_S)
        if engine.move_to_sound_s is not None:
            moved_ms.append(1000 * engine.move_to_sound_s)
    card.close()
    card.report(f"{MOVES_PER_S} moves a second")
    print(
        f"move to sound: median {np.median(moved_ms):.1f} ms, "
        f"99 % {np.percentile(moved_ms, 99):.1f}, most {max(moved_ms):.1f}; it is there 30 ms later"
    )


if __name__ == "__main__":
    measure(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
