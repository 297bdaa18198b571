"""Notes whose offsets are known, as the network for note offsets is shown them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.encoders.embedded.note_offsets import (
    BEFORE,
    SHORTEST_STEPS,
    STEP_S,
    offset_features,
    step_power,
)
from core.training.embedded.offsets.dataset import LabelledPerformance

# The files' names for the fields.
_STORED = {"features": "features", "inside": "inside", "offset": "end", "transcribed": "heard"}


@dataclass(frozen=True)
class OffsetExamples:
    """M notes.

    Attributes:
        features: float16 [M, 310, 26], see
            :func:`core.encoders.embedded.note_offsets.offset_features`.
        inside: bool [M, 310], which steps are part of the recording.
        offset: [M], when the key was let go, in steps of 10 ms.
        transcribed: [M], when the transcriber says it was.
    """

    features: Tensor
    inside: Tensor
    offset: Tensor
    transcribed: Tensor


def examples_of(performances: Sequence[LabelledPerformance]) -> OffsetExamples:
    """All notes of some performances whose offsets are known."""
    features, inside, offset, transcribed = [], [], [], []
    for performance in performances:
        power = step_power(performance.mono)
        for number, end_s in performance.match_offsets():
            note = performance.transcribed[number]
            own, within = offset_features(power, performance.transcribed, number)
            last = float(np.flatnonzero(within)[-1])
            features.append(own.astype(np.float16))
            inside.append(within)
            steps = (end_s - note.start_s) / STEP_S + BEFORE
            offset.append(float(np.clip(steps, BEFORE + SHORTEST_STEPS, last)))
            transcribed.append(min(note.duration_s / STEP_S + BEFORE, last))
    return OffsetExamples(
        torch.from_numpy(np.stack(features)),
        torch.from_numpy(np.stack(inside)),
        torch.tensor(offset),
        torch.tensor(transcribed),
    )


def write_examples(examples: OffsetExamples, path: Path) -> None:
    """Write a file that :func:`read_examples` reads.

    Args:
        examples: M notes.
        path: of the file.
    """
    partial = path.with_suffix(".partial")
    torch.save({name: getattr(examples, own) for own, name in _STORED.items()}, partial)
    partial.replace(path)


def read_examples(paths: Sequence[Path]) -> OffsetExamples:
    """The notes of some files, in their order."""
    parts = [torch.load(path, weights_only=True) for path in paths]
    return OffsetExamples(
        **{own: torch.cat([part[name] for part in parts]) for own, name in _STORED.items()}
    )
