"""How fast is it? Real-time factor and first-audio latency.

Task: time a renderer.

Conventions: the real-time factor is seconds of computing per second of sound made; below 1 is
faster than real time (some papers print its inverse). First-audio latency is the time from the
request to the first sample a listener could hear. The engines here hand over a clip whole, so it
is the time of rendering a clip; measure it on a short one. Wall-clock, after ``warmup`` calls that
are not counted (the first call loads and compiles); the median of ``repeats``, as the machine's
other work only ever adds. Figures belong to a machine and are left out whenever runs are compared
for equality.

How it differs from other scorers: loading a model is not in it (papers' factors rarely say), and
nothing is averaged.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from core.coercion.type_errors import check_type, real_number, whole_number
from core.errors import SettingsError
from evaluation.metrics import Figures


def validate(seconds: float, audio_s: float) -> None:
    """Raises SettingsError unless both times are finite, and the sound's is above 0.

    Args:
        seconds: of computing.
        audio_s: seconds of sound made.
    """
    if not (np.isfinite(seconds) and seconds >= 0):
        raise SettingsError(f"computing time {seconds} s is not a time")
    if not (np.isfinite(audio_s) and audio_s > 0):
        raise SettingsError(f"a real-time factor needs sound longer than 0 s, got {audio_s} s")


def real_time_factor(seconds: float, audio_s: float) -> float:
    """Seconds of computing per second of sound, ≥ 0.

    Args:
        seconds: of computing, ≥ 0.
        audio_s: seconds of sound made, > 0.

    Raises:
        SettingsError: if a time is none.
    """
    validate(seconds, audio_s)
    return seconds / audio_s


def evaluate(
    render: Callable[[], float],
    render_short: Callable[[], float] | None = None,
    repeats: int = 3,
    warmup: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> Figures:
    """Time a renderer.

    Args:
        render: renders once and returns the seconds of sound it made.
        render_short: the same for one short note; None: no latency is measured.
        repeats: calls counted, ≥ 1.
        warmup: calls made before, not counted, ≥ 0.
        clock: seconds, increasing.

    Returns:
        ``rtf``, and ``first_audio_s`` (None without ``render_short``).

    Raises:
        SettingsError: if ``repeats`` is below 1 or no sound is made.
        TypeError: if ``render`` is no function, or does not return a number.
    """
    check_type("render", render, Callable, "a function that returns seconds of sound")  # type: ignore[arg-type]
    repeats, warmup = whole_number("repeats", repeats), whole_number("warmup", warmup)
    if repeats < 1:
        raise SettingsError(f"repeats must be at least 1, got {repeats}")
    seconds, audio_s = _timed(render, repeats, warmup, clock)
    latency_s = None
    if render_short is not None:
        latency_s, _ = _timed(render_short, repeats, warmup, clock)
    return {"rtf": real_time_factor(seconds, audio_s), "first_audio_s": latency_s}


def _timed(
    render: Callable[[], float], repeats: int, warmup: int, clock: Callable[[], float]
) -> tuple[float, float]:
    """Median seconds of a call, and the seconds of sound it makes."""
    for _ in range(warmup):
        render()
    times = []
    audio_s = 0.0
    for _ in range(repeats):
        start = clock()
        audio_s = render()
        times.append(clock() - start)
        audio_s = real_number("what render returned", audio_s, "the seconds of sound it made")
    return float(np.median(times)), audio_s
