"""How many voices a live stream holds: ``python -m benchmarks.voices [--threads 1 2]``.

A stream of the shipped network's sizes with random weights, whose notes all have vibrato,
tremolo and shimmer, is kept at a number of voices: keys 36–83, each held for a second, one
beginning as soon as one ends. A number is held if 99 of 100 blocks take less time to make
than to play. The numbers are those of this machine in the state it is in.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch

from core.engines.embedded.decoder import DecoderConfig
from core.engines.embedded.streaming import Stream
from tests.helpers.decoders import lively_decoder, timbre

RATE = 44_100
BLOCKS = (128, 256, 512, 1024)
_HELD_S, _TAIL_S = 1.0, 1.2
_MOST = 1024

Clock = Callable[[], float]


def block_times_s(
    voices: int,
    block: int,
    seconds: float,
    moves: bool,
    chord: int = 1,
    clock: Clock = time.perf_counter,
) -> npt.NDArray[np.float64]:
    """Times taken by the blocks of a stream with so many voices.

    Args:
        voices: sounding at once, tails included.
        block: samples.
        seconds: of sound to measure.
        moves: with vibrato, tremolo and shimmer.
        chord: notes that begin at the same sample.
        clock: seconds, increasing.
    """
    decoder = lively_decoder(config=DecoderConfig(), moves=moves)
    stream = Stream(decoder, timbre(1), max_voices=voices)
    rng = np.random.default_rng(0)
    lives = int((_HELD_S + _TAIL_S) * RATE)
    every = max(1, lives * chord // voices)
    offs: list[tuple[int, int]] = []
    played, next_on, times_s = 0, 0, []
    while played < lives + seconds * RATE:
        while next_on < played + block:
            for pitch in rng.integers(36, 84, chord).tolist():
                note = stream.note_on(pitch, 90, next_on - played)
                offs.append((next_on + int(_HELD_S * RATE), note))
            next_on += every
        while offs and offs[0][0] < played + block:
            at, note = offs.pop(0)
            stream.release(note, at - played)
        began = clock()
        stream.process(block)
        if played >= lives:
            times_s.append(clock() - began)
        played += block
    return np.array(times_s)


def voices_held(block: int, seconds: float, moves: bool, clock: Clock) -> int:
    """The largest number of voices held, to within a sixteenth.

    Args:
        block: samples.
        seconds: of sound to measure.
        moves: with vibrato, tremolo and shimmer.
        clock: seconds, increasing.
    """

    def held(voices: int) -> bool:
        times_s = block_times_s(voices, block, seconds, moves, clock=clock)
        return bool(np.quantile(times_s, 0.99) < block / RATE)

    good, bad = 0, 8
    while bad <= _MOST and held(bad):
        good, bad = bad, 2 * bad
    while bad - good > max(1, bad // 16):
        middle = (good + bad) // 2
        good, bad = (middle, bad) if held(middle) else (good, middle)
    return good


def first_audio_ms(block: int, clock: Clock) -> float:
    """From a key to its sound at the output, ms: one block, the latency, and the making.

    Args:
        block: samples.
        clock: seconds, increasing.
    """
    decoder = lively_decoder(config=DecoderConfig())
    stream = Stream(decoder, timbre(1))
    times_s = []
    for pitch in range(40, 80):
        stream.note_on(pitch, 90)
        began = clock()
        stream.process(block)
        times_s.append(clock() - began)
        stream.all_notes_off()
        stream.process(RATE + RATE // 2)
    return 1000 * ((block + stream.latency) / RATE + float(np.median(times_s)))


def main() -> None:
    """Print one line of figures for each block size and number of threads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--blocks", type=int, nargs="+", default=BLOCKS)
    parser.add_argument("--seconds", type=float, default=2.0, help="of sound, for each trial")
    parser.add_argument(
        "--cpu-time", action="store_true",
        help="count what this process computes, not what a busy machine makes it wait; "
        "with one thread the two are the same on an idle one",
    )  # fmt: skip
    arguments = parser.parse_args()
    clock = time.process_time if arguments.cpu_time else time.perf_counter
    for threads in arguments.threads:
        torch.set_num_threads(threads)
        for block in arguments.blocks:
            moving = voices_held(block, arguments.seconds, moves=True, clock=clock)
            steady = voices_held(block, arguments.seconds, moves=False, clock=clock)
            times_ms = 1000 * block_times_s(
                16, block, arguments.seconds, moves=True, chord=8, clock=clock
            )
            print(
                f"{threads} threads, blocks of {block} ({1000 * block / RATE:.1f} ms): holds "
                f"{moving} voices with vibrato and shimmer, {steady} without; 16 voices in chords "
                f"of 8: median {np.median(times_ms):.2f}, 99 % {np.quantile(times_ms, 0.99):.2f}, "
                f"worst {times_ms.max():.2f} ms; first audio {first_audio_ms(block, clock):.1f} ms",
                flush=True,
            )
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)


if __name__ == "__main__":
    main()
