"""Sound to notes with basic-pitch's published model, run by ONNX Runtime alone.

The model (Bittner et al., "A lightweight instrument-agnostic model for polyphonic note
transcription and multipitch estimation", ICASSP 2022) comes in the wheel of the package
``basic-pitch``; its Python is not imported, which saves five seconds and its notices about
frameworks that are not there. Windows and note creation follow that package, and tests hold
this module to the notes it gives. It differs in two things: windows are decoded in batches,
and note creation visits each cell of the activation once, so that an hour stays quick.

Scoring the notes is :mod:`evaluation.metrics.transcription`'s task.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.audio.conform import is_silent, mono
from core.clip import Note
from core.errors import ModelMissing
from core.types import Float64Array, FloatArray

MODEL_ID = "basic-pitch-icassp-2022"
SAMPLE_RATE = 22_050
HOP = 256
WINDOW_FRAMES = 2 * SAMPLE_RATE - HOP
WINDOW_STEPS = 172
OVERLAP_STEPS = 30
LOWEST_PITCH = 21
KEYS = 88

_STEP_FRAMES = WINDOW_FRAMES - OVERLAP_STEPS * HOP
_STEPS_PER_S = SAMPLE_RATE // HOP
_BATCH = 16
_GAP_STEPS = 11
"""A note ends when its key has been below the frame threshold for this many steps (0.13 s)."""
_WINDOW_SHIFT_S = HOP / SAMPLE_RATE * (WINDOW_STEPS - WINDOW_FRAMES / HOP) + 0.0018
"""Drift of step times per window; the last term is the published code's own correction."""

Activation = FloatArray


@dataclass(frozen=True, slots=True)
class TranscriptionSettings:
    """How activations become notes; the defaults are basic-pitch's own.

    Attributes:
        onset_threshold: 0–1; least onset activation that starts a note.
        frame_threshold: 0–1; least activation that keeps a note on.
        shortest_note_s: notes not longer than this are dropped.
    """

    onset_threshold: float = 0.5
    frame_threshold: float = 0.3
    shortest_note_s: float = 0.1277

    @property
    def shortest_steps(self) -> int:
        """:attr:`shortest_note_s` in model steps."""
        return round(self.shortest_note_s * SAMPLE_RATE / HOP)


def model_path() -> Path:
    """The ONNX file inside the installed package.

    Raises:
        ModelMissing: if the package or the file is not there.
    """
    spec = importlib.util.find_spec("basic_pitch")  # finds, does not import
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "saved_models" / "icassp_2022" / "nmp.onnx"
        if path.exists():
            return path
    raise ModelMissing("basic-pitch's model is not installed; run: pip install basic-pitch")


@functools.cache
def model_sha256() -> str:
    """Hex digest of the model file; stands beside every figure made with it."""
    return hashlib.sha256(model_path().read_bytes()).hexdigest()


@functools.cache
def _session(threads: int) -> Any:
    """The loaded model; kept for the life of the process."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        str(model_path()), options, providers=["CPUExecutionProvider"]
    )


def transcribe(
    audio: FloatArray,
    sample_rate: int,
    settings: TranscriptionSettings | None = None,
    threads: int = 1,
) -> tuple[Note, ...]:
    """The notes of a sound.

    Args:
        audio: [frames] or [channels, frames], any length and rate.
        sample_rate: Hz.
        settings: thresholds; None means basic-pitch's own.
        threads: for the network; 0 takes every core. The notes do not depend on it.

    Returns:
        Notes sorted by start. Velocities are 127 × mean activation, which is loudness only
        roughly. A silent sound, or one shorter than a model step, has none.

    Raises:
        AudioError: if the sound is empty or holds NaN.
        ModelMissing: if basic-pitch is not installed.
    """
    sound = mono(audio, sample_rate, SAMPLE_RATE)
    if is_silent(sound) or len(sound) < SAMPLE_RATE // _STEPS_PER_S + 1:
        return ()
    frames, onsets = activations(sound, threads)
    return activations_to_notes(frames, onsets, settings or TranscriptionSettings())


def activations(sound: FloatArray, threads: int = 1) -> tuple[Activation, Activation]:
    """Run the network.

    Args:
        sound: float32 [frames] at :data:`SAMPLE_RATE`.
        threads: as in :func:`transcribe`.

    Returns:
        Frame and onset activations in 0–1, float32 [steps, 88] each, lowest key A0.
    """
    padded = np.concatenate([np.zeros(OVERLAP_STEPS * HOP // 2, np.float32), sound])
    starts = range(0, len(padded), _STEP_FRAMES)
    windows = np.zeros((len(starts), WINDOW_FRAMES, 1), np.float32)
    for row, start in enumerate(starts):
        piece = padded[start : start + WINDOW_FRAMES]
        windows[row, : len(piece), 0] = piece
    session = _session(threads)
    half = OVERLAP_STEPS // 2
    parts: list[tuple[Activation, Activation]] = []
    for first in range(0, len(windows), _BATCH):
        frames, onsets = session.run(
            ["StatefulPartitionedCall:1", "StatefulPartitionedCall:2"],
            {"serving_default_input_2:0": windows[first : first + _BATCH]},
        )
        parts.append((frames[:, half:-half], onsets[:, half:-half]))
    steps = int(len(sound) * (_STEPS_PER_S / SAMPLE_RATE))
    frames, onsets = (
        np.concatenate([part[which] for part in parts]).reshape(-1, KEYS)[:steps]
        for which in (0, 1)
    )
    return frames, onsets


def activations_to_notes(
    frames: Activation, onsets: Activation, settings: TranscriptionSettings
) -> tuple[Note, ...]:
    """Decode activations as basic-pitch does: onsets first, then leftovers.

    Args:
        frames: float32 [steps, 88] in 0–1, whether a key sounds.
        onsets: float32 [steps, 88] in 0–1, whether it begins.
        settings: the thresholds.

    Returns:
        Notes sorted by start.
    """
    if len(frames) < 2:
        return ()
    tracker = _Tracker(frames, settings)
    for step, key in _onset_peaks(_with_inferred_onsets(onsets, frames), settings):
        tracker.follow_onset(step, key)
    tracker.follow_leftovers()
    times_s = step_times_s(len(frames))
    notes = []
    for start, end, key in tracker.spans:
        strength = float(frames[start:end, key].mean())
        velocity = min(127, max(1, round(127 * strength)))
        start_s = float(times_s[start])
        notes.append(Note(start_s, LOWEST_PITCH + key, velocity, float(times_s[end]) - start_s))
    return tuple(sorted(notes))


def step_times_s(steps: int) -> Float64Array:
    """Time of each model step, seconds [steps]."""
    index = np.arange(steps)
    times: Float64Array = index * (HOP / SAMPLE_RATE) - (index // WINDOW_STEPS) * _WINDOW_SHIFT_S
    return times


def _with_inferred_onsets(onsets: Activation, frames: Activation) -> Float64Array:
    """Onsets, or jumps of the frame activation over one and two steps, whichever is more."""
    before = np.concatenate([np.zeros((2, KEYS)), frames])
    jump = np.minimum(before[2:] - before[1:-1], before[2:] - before[:-2])
    jump[jump < 0] = 0
    jump[:2] = 0
    highest = jump.max()
    if highest <= 0:
        return onsets.astype(np.float64)
    scaled: Float64Array = np.maximum(onsets, onsets.max() * jump / highest)
    return scaled


def _onset_peaks(onsets: Float64Array, settings: TranscriptionSettings) -> list[tuple[int, int]]:
    """(step, key) of strict local maxima in time, latest first."""
    middle = onsets[1:-1]
    is_peak = (middle > onsets[:-2]) & (middle > onsets[2:]) & (middle >= settings.onset_threshold)
    steps, keys = np.nonzero(is_peak)
    return [(int(step) + 1, int(key)) for step, key in zip(steps[::-1], keys[::-1], strict=True)]


class _Tracker:
    """Claims activation for notes; what is claimed is gone for every later note."""

    def __init__(self, frames: Activation, settings: TranscriptionSettings) -> None:
        self.spans: list[tuple[int, int, int]] = []  # start step, end step, key
        self._energy = frames.astype(np.float64)
        self._threshold = settings.frame_threshold
        self._shortest = settings.shortest_steps
        self._last = len(frames) - 1

    def follow_onset(self, start: int, key: int) -> None:
        """A note from a known onset to where its key falls silent."""
        if start >= self._last:
            return
        stop, quiet = self._run(key, start + 1, self._last, 1)
        end = stop - quiet
        if end - start <= self._shortest:
            return
        self._claim(start, end, key)
        self.spans.append((start, end, key))

    def follow_leftovers(self) -> None:
        """Notes without an onset, grown both ways from the strongest cell left."""
        steps, keys = np.nonzero(self._energy > self._threshold)
        # Strongest first, the earliest of equals. Energy only ever falls to 0, so one
        # sorted pass finds the maxima that a search after every note would.
        order = np.argsort(-self._energy[steps, keys], kind="stable")
        for cell in order:
            middle, key = int(steps[cell]), int(keys[cell])
            if self._energy[middle, key] <= 0:
                continue
            self._energy[middle, key] = 0
            stop, quiet = self._run(key, middle + 1, self._last, 1)
            self._claim(middle + 1, stop, key)
            end = stop - 1 - quiet
            stop, quiet = self._run(key, middle - 1, 0, -1)
            self._claim(stop + 1, middle, key)
            start = stop + 1 + quiet
            if end - start > self._shortest:
                self.spans.append((start, end, key))

    def _run(self, key: int, first: int, limit: int, direction: int) -> tuple[int, int]:
        """Walk until the key was quiet for long enough, or to the limit.

        Returns the first step not visited, and how many steps were quiet at the end.
        """
        column, step, quiet = self._energy[:, key], first, 0
        while (limit - step) * direction > 0 and quiet < _GAP_STEPS:
            quiet = quiet + 1 if column[step] < self._threshold else 0
            step += direction
        return step, quiet

    def _claim(self, start: int, end: int, key: int) -> None:
        """Silence a stretch of the key and its neighbours."""
        if end > start:
            self._energy[start:end, max(0, key - 1) : key + 2] = 0
