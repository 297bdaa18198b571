"""When the keys of heard notes were let go, by a small network.

A transcriber hears a note for as long as it sounds, its release included, and not for as long as
its key is held. A timbre fitted to such notes mistakes releases for decays. What tells the
two apart is how the note's partials move, and the other notes about it; what the network says of
each hundredth of a second after the onset is how likely the key was let go then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.clip import Note, pitch_hz
from core.encoders.embedded.features import SAMPLE_RATE
from core.types import FloatArray

STEP_S = 0.01
BEFORE, AFTER = 10, 300
N_STEPS = BEFORE + AFTER
N_PARTIALS, N_BANDS = 8, 12
N_FEATURES = N_PARTIALS + N_BANDS + 6
SHORTEST_STEPS = 3

N_FFT = 2048
_HOP = round(STEP_S * SAMPLE_RATE)
_BAND_EDGES_HZ = np.geomspace(60.0, 16_000.0, N_BANDS + 1)
_HIGHEST_HZ = 18_000.0
_RANGE_DB = 70.0
_NEW_S = 0.03
_SHORTEST_S = 0.05
_WIDTH = 48
_DILATIONS = (1, 2, 4, 8, 16, 1)


class NoteOffsets(nn.Module):
    """Dilated convolutions over time around one note, see :func:`offset_features`."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(N_FEATURES, _WIDTH, 5, padding=2)
        self.blocks = nn.ModuleList(
            nn.Conv1d(_WIDTH, _WIDTH, 5, padding=2 * dilation, dilation=dilation)
            for dilation in _DILATIONS
        )
        self.norms = nn.ModuleList(nn.GroupNorm(1, _WIDTH) for _ in _DILATIONS)
        self.drop = nn.Dropout(0.1)
        self.last = nn.Conv1d(_WIDTH, 1, 5, padding=2)

    def forward(self, features: Tensor, inside: Tensor) -> Tensor:
        """Log-probability that the key is let go at each step.

        Args:
            features: [M, 310, 26] from :func:`offset_features`.
            inside: bool [M, 310], which steps are part of the recording.

        Returns:
            [M, 310]. A key that is held to the recording's end is let go at its last step.
        """
        x = functional.gelu(self.first(features.transpose(1, 2)))
        for block, norm in zip(self.blocks, self.norms, strict=True):
            x = x + self.drop(functional.gelu(block(norm(x))))
        possible = inside.clone()
        possible[:, : BEFORE + SHORTEST_STEPS] = False
        score = self.last(x)[:, 0].masked_fill(~possible, -1e4)
        return torch.log_softmax(score, dim=1)


def step_power(mono: FloatArray) -> FloatArray:
    """Power spectrum at each step of a recording [F, 1025], steps of 10 ms.

    Args:
        mono: float32 [frames] at 44.1 kHz.
    """
    padded = np.pad(mono.astype(np.float32), (N_FFT // 2, N_FFT))
    starts = np.arange(len(mono) // _HOP + 1) * _HOP
    window = np.hanning(N_FFT + 1)[:-1].astype(np.float32)
    frames = padded[starts[:, None] + np.arange(N_FFT)] * window
    return np.asarray(np.abs(np.fft.rfft(frames)).astype(np.float32) ** 2)


def offset_features(
    power: FloatArray, notes: Sequence[Note], which: int
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """What the network is shown of a note, from 0.1 s before its onset to 3 s after.

    Args:
        power: of the recording, see :func:`step_power`.
        notes: all that were transcribed.
        which: the note in question.

    Returns:
        Features [310, 26] (levels of its partials and of bands, relative to its loudest; when it
        sounds, as transcribed; when others begin), and which steps are part of the recording
        [310].
    """
    note = notes[which]
    steps = round(note.start_s / STEP_S) - BEFORE + np.arange(N_STEPS)
    inside = (steps >= 0) & (steps < len(power))
    seen = power[np.clip(steps, 0, len(power) - 1)]  # [310, 1025]
    hz = pitch_hz(note.pitch) * np.arange(1, N_PARTIALS + 1)
    bins = np.clip(np.round(hz * N_FFT / SAMPLE_RATE).astype(int), 1, N_FFT // 2 - 1)
    # The strongest of three bins: an inharmonic or detuned partial lies beside its own.
    partials = np.max([seen[:, bins + offset] for offset in (-1, 0, 1)], axis=0)  # [310, 8]
    partials = partials * (hz < _HIGHEST_HZ)
    edges = np.round(_BAND_EDGES_HZ * N_FFT / SAMPLE_RATE).astype(int)
    bands = np.add.reduceat(seen[:, : edges[-1]], edges[:-1], axis=1)  # [310, 12]
    strike = slice(BEFORE, BEFORE + 30)
    levels = [
        10.0 * np.log10(x / (loudest + 1e-9) + 10.0 ** (-_RANGE_DB / 10))
        for x, loudest in (
            (partials, partials[strike].max()),
            (bands, bands[strike].sum(axis=1).max()),
        )
    ]
    since_s = (np.arange(N_STEPS) - BEFORE) * STEP_S
    begins, again = np.zeros(N_STEPS), np.zeros(N_STEPS)
    for other in notes:
        step = round((other.start_s - note.start_s) / STEP_S) + BEFORE
        if 0 <= step < N_STEPS and abs(other.start_s - note.start_s) > _NEW_S:
            begins[step] = 1.0
            again[step] = max(again[step], other.pitch == note.pitch)
    about = (
        (since_s >= 0) & (since_s < note.duration_s),
        np.clip(since_s - note.duration_s, -1.0, 1.0),
        begins,
        again,
        inside,
        np.sqrt(np.maximum(since_s, 0.0)),
    )
    columns = [*(level / 20.0 + 1.5 for level in levels), np.stack(about, axis=1)]
    return (np.concatenate(columns, axis=1) * inside[:, None]).astype(np.float32), inside


@torch.inference_mode()
def with_offsets(network: NoteOffsets, mono: FloatArray, notes: Sequence[Note]) -> tuple[Note, ...]:
    """The same notes, as long as their keys were held: the median of what the network says.

    A key must be let go before it is struck again, whatever else the network would say.

    Args:
        network: trained.
        mono: float32 [frames] at 44.1 kHz.
        notes: as transcribed from it.
    """
    if not notes:
        return ()
    power = step_power(mono)
    shown = [offset_features(power, notes, which) for which in range(len(notes))]
    features, inside = (torch.from_numpy(np.stack(column)) for column in zip(*shown, strict=True))
    possible = torch.from_numpy(np.stack([_until_struck_again(notes, note) for note in notes]))
    likely = network(features, inside & possible).exp()
    steps = (likely.cumsum(dim=1) < 0.5).sum(dim=1) - BEFORE
    return tuple(
        replace(note, duration_s=max(_SHORTEST_S, int(step) * STEP_S))
        for note, step in zip(notes, steps, strict=True)
    )


def _until_struck_again(notes: Sequence[Note], note: Note) -> npt.NDArray[np.bool_]:
    """At which steps a note may end: bool [310], some in any case."""
    again_s = [
        other.start_s - note.start_s
        for other in notes
        if other.pitch == note.pitch and other.start_s > note.start_s + _NEW_S
    ]
    last = N_STEPS if not again_s else BEFORE + round(min(again_s) / STEP_S)
    return np.arange(N_STEPS) <= max(last, BEFORE + SHORTEST_STEPS)
