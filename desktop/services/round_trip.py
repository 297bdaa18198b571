"""The way from a DAW to the bridge and back, gone by a client of our own over the same port."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path

from core.clip import Clip, Note
from core.errors import Cancelled, TimbreError
from desktop.services.bridge_interface import TripStep
from desktop.tasks import TaskControl

CLIENT = "timbre-test-trip"
"""Its name at the bridge."""

_HOST = "127.0.0.1"
_TIMEOUT_S = 5.0
_SILENT_DB = -60.0
_WORDS = "warm bass"
"""What is rendered where there is no preset."""

TRIP_CLIP = Clip.of(
    "test trip", [Note(0.25 * step, 60 + pitch, 90, 0.24) for step, pitch in enumerate((0, 4, 7))]
)
"""A short arpeggio."""


def round_trip(port: int, control: TaskControl) -> Sequence[TripStep]:
    """Say hello, send a clip, have it rendered, and look at the file.

    Args:
        port: where the bridge answers, UDP.
        control: told the stages.

    Returns:
        The steps that were gone; the last says what is wrong, if something is.

    Raises:
        Cancelled: if nobody waits any more.
    """
    from bridge.client import BridgeClient, BridgeRefused, BridgeUnreachable

    steps: list[TripStep] = []
    control.stage("saying hello")
    try:
        with BridgeClient(_HOST, port, name=CLIENT, timeout_s=_TIMEOUT_S) as daw:
            steps.append(TripStep(f"hello answered in {1000 * daw.ping():.0f} ms"))
            control.stage("asking for presets")
            presets = daw.presets()
            steps.append(TripStep(f"{len(presets):,} presets listed"))
            preset, words = (presets[0].id, "") if presets else ("", _WORDS)
            name = presets[0].name if presets else f"“{_WORDS}”"
            control.stage(f"rendering in {name}")
            began = time.perf_counter()
            (take, *_) = daw.render(TRIP_CLIP, preset, text=words, on_progress=control.progress)
            seconds = time.perf_counter() - began
            steps.append(
                TripStep(
                    f"a clip of {len(TRIP_CLIP.notes)} notes sent, rendered in {name} and "
                    f"answered in {seconds:.1f} s"
                )
            )
    except BridgeUnreachable as error:
        advice = "turn the bridge off and on; if it stays so, a firewall keeps programs apart"
        return [*steps, TripStep(str(error), False, advice)]
    except BridgeRefused as error:
        return [*steps, TripStep(str(error), False, "the log below says more")]
    except Cancelled:
        raise
    except TimbreError as error:
        return [*steps, TripStep(str(error), False, "the log below says more")]
    steps.append(look_at(Path(take.path)))
    return steps


def look_at(file: Path) -> TripStep:
    """Whether a file is there, can be read, and sounds."""
    import numpy as np

    from core.audio import read_audio

    try:
        sound, sample_rate = read_audio(file)
    except TimbreError as error:
        return TripStep(str(error), False, "look whether the disk is full")
    peak = float(np.abs(sound).max(initial=0.0))
    level_db = 20 * math.log10(peak) if peak > 0 else -math.inf
    if level_db < _SILENT_DB:
        return TripStep(f"{file.name} is silent", False, "render it again; then tell us")
    seconds = sound.shape[-1] / sample_rate
    return TripStep(
        f"{file.name} is there: {seconds:.1f} s at {sample_rate / 1000:g} kHz, loudest "
        f"{level_db:.0f} dB, in {file.parent}"
    )
