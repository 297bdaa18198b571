"""Checks of the models, and how fast this machine computes with them: some seconds."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from bridge.doctor.findings import Finding
from core.clip import Clip, Note
from core.errors import ModelError, TimbreError
from core.models import DEFAULT_BUNDLE
from core.threads import computing
from core.timbre import TextTimbre

if TYPE_CHECKING:
    from core.synthesizer import Synthesizer

BLOCK = 256
"""Samples a live stream is asked for at a time."""

_CHORD_S, _VOICES = 4.0, 4
_MOST_VOICES = 64
_BLOCKS, _NOTE_S = 150, 2.2
_FEW_VOICES = 4

# The published network, fp32: what one step reads, how much longer it takes than reading that, and
# steps for a second of sound (measured on two cores: reading took 37 ms at 19 GB/s, a step 86 ms).
_STEP_BYTES, _STEP_FACTOR, _STEPS_PER_S = 0.7e9, 2.3, 86


def models() -> Iterator[Finding]:
    """Whether the models are here, and what they should be."""
    from core.models.registry import Registry

    registry = Registry()
    for listing in registry.listings():
        about = f"model {listing.id}"
        if listing.state == "not pulled":
            yield Finding("ok", about, f"not here; timbre models pull {listing.id} gets it")
            continue
        try:
            bundle = registry.verify(listing.id)
        except ModelError as error:
            advice = (
                "install Timbre Bridge again: it comes with the program"
                if registry.is_shipped(listing.id)
                else f"timbre models pull {listing.id}"
            )
            yield Finding("problem", about, str(error), advice, error.exit_code)
        else:
            yield Finding("ok", about, f"here and verified ({bundle.sha256[:12]})")
    if DEFAULT_BUNDLE not in registry.ids():
        yield Finding(
            "problem", f"model {DEFAULT_BUNDLE}", "not here", "install Timbre Bridge again", 3
        )


def processor() -> Iterator[Finding]:
    """What computes."""
    import torch

    from core.threads import VARIABLE, thread_count

    try:
        threads = thread_count(has_small_steps=True)
    except TimbreError as error:
        yield Finding("problem", "processor", str(error), f"set {VARIABLE} to a number, or not")
        return
    text = f"{os.cpu_count()} cores; PyTorch {torch.__version__}, {threads} thread(s) for "
    yield Finding("ok", "processor", f"{text}{DEFAULT_BUNDLE}, {torch.get_num_threads()} else")
    if hasattr(os, "getloadavg") and (load := os.getloadavg()[0]) > (os.cpu_count() or 1):
        yield Finding(
            "warning",
            "other programs",
            f"{load:.1f} want a core at a time, more than there are: what follows is of a busy "
            "machine",
            "close some, and look again",
        )
    card = graphics_card()
    yield Finding("ok", "graphics card", card or "none that PyTorch can use; none is needed")


def graphics_card() -> str:
    """What ``--device`` may name, in words; empty if nothing but the processor."""
    import torch

    if torch.cuda.is_available():
        return f"{torch.cuda.get_device_name()} (--device cuda)"
    if torch.backends.mps.is_available():
        return "Apple's (--device mps)"
    return ""


def speed() -> Iterator[Finding]:
    """How fast a clip is rendered, how many voices play live, and what TokenSynth would take."""
    try:
        yield from _embedded_speed()
    except TimbreError as error:
        yield Finding("problem", "speed", str(error), "see the lines about models", error.exit_code)
    yield tokensynth_speed()


def _embedded_speed() -> Iterator[Finding]:
    from core.synthesizer import Synthesizer

    began = time.perf_counter()
    synth = Synthesizer.load(DEFAULT_BUNDLE, "cpu")
    timbre = TextTimbre("warm electric piano")
    synth.embed(timbre)
    yield Finding("ok", "start", f"a model and a timbre in {time.perf_counter() - began:.1f} s")
    factor = realtime_factor(synth, timbre)
    text = f"{_VOICES} voices: {factor:.2f} s of computing for a second of sound"
    if factor > 1:
        yield Finding(
            "warning", "rendering", text, "close other programs; clips come back later than played"
        )
    else:
        yield Finding("ok", "rendering", text)
    with computing(has_small_steps=True):  # as a player has to: blocks are small
        voices = live_voices(synth, timbre)
    most = " or more" if voices == _MOST_VOICES else ""
    text = f"{voices}{most} voices in blocks of {BLOCK} samples"
    if voices < _FEW_VOICES:
        yield Finding("warning", "playing live", text, "take larger blocks, close other programs")
    else:
        yield Finding("ok", "playing live", text)


def realtime_factor(synth: Synthesizer, timbre: TextTimbre) -> float:
    """Seconds of computing for a second of a four-voice clip.

    Args:
        synth: with a model.
        timbre: to play in.
    """
    step_s = 0.5
    notes = [
        Note(step_s * beat, 48 + 5 * voice + beat, 90, 0.9 * step_s)
        for beat in range(round(_CHORD_S / step_s))
        for voice in range(_VOICES)
    ]
    synth.render(Clip.of("warm up", notes[:2]), timbre)
    began = time.perf_counter()
    take = synth.render(Clip.of("doctor", notes), timbre)
    return (time.perf_counter() - began) / take.seconds


def live_voices(synth: Synthesizer, timbre: TextTimbre) -> int:
    """How many voices a stream keeps up with, by doubling; each sounds for 2.2 s.

    Kept up with is what takes less than a block's length in 39 of 40 blocks.

    Args:
        synth: with a model that plays live.
        timbre: to play in.
    """
    held = 0
    voices = 1
    while voices <= _MOST_VOICES:
        stream = synth.stream(timbre, max_voices=voices)
        sounding = [stream.note_on(36 + number % 48, 90) for number in range(voices)]
        stream.process(BLOCK)
        every = max(1, round(_NOTE_S * stream.sample_rate / BLOCK / voices))  # blocks
        times_s = []
        for number in range(_BLOCKS):
            began = time.perf_counter()
            if number % every == every - 1:
                stream.release(sounding.pop(0))
                sounding.append(stream.note_on(60 + number % 24, 90))
            stream.process(BLOCK)
            times_s.append(time.perf_counter() - began)
        if np.quantile(times_s, 0.975) > BLOCK / stream.sample_rate:
            break
        held, voices = voices, 2 * voices
    return held


def tokensynth_speed() -> Finding:
    """What TokenSynth would take here: an estimate from how fast memory is read."""
    card = graphics_card()
    if card:
        return Finding("ok", "TokenSynth", f"for clips, on the graphics card: {card}")
    import torch

    with torch.inference_mode():
        weights, vector = torch.ones(4096, 4096), torch.ones(4096)
        weights @ vector
        times_s = []
        for _ in range(8):
            began = time.perf_counter()
            weights @ vector
            times_s.append(time.perf_counter() - began)
    read_s = min(times_s)
    bytes_per_s = weights.numel() * weights.element_size() / read_s
    factor = _STEP_BYTES / bytes_per_s * _STEP_FACTOR * _STEPS_PER_S
    return Finding(
        "ok",
        "TokenSynth",
        f"for clips only, not live: about {factor:.0f} s of computing for a second of sound, by "
        "the speed of memory (an estimate); a graphics card would do it",
    )
