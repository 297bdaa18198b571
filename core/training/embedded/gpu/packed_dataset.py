"""A prepared training set made small enough to travel, and laid out for a GPU.

Of every note the levels at 24 moments are kept, in whole decibels. That is enough to play the
note again (:mod:`core.training.embedded.gpu.synthesis`), to augment its instrument
(:mod:`core.training.embedded.gpu.augmentation`) and to learn from.
"""

from __future__ import annotations

import io
import json
import lzma
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.engines.embedded.controls import FLOOR_DB, N_NOISE, N_PARTIALS
from core.engines.embedded.modulation import N_MODULATION
from core.errors import UserInputError
from core.files import replacing
from core.types import Float64Array

N_NOTES = 30
DOWN_S = np.array(
    [0.0, 0.006, 0.013, 0.022, 0.035, 0.055, 0.085, 0.13, 0.2, 0.3, 0.45, 0.7, 1.1, 1.7, 2.5]
)
"""Moments while the key is down; each note's are moved at random by up to a quarter."""

RELEASED_S = np.array([0.012, 0.03, 0.06, 0.12, 0.22, 0.38, 0.65, 1.15])
N_DOWN = len(DOWN_S)
N_MOMENTS = N_DOWN + 1 + len(RELEASED_S)
"""The moment of the release stands between the others."""

N_LEVELS = N_PARTIALS + N_NOISE
_MOVED = 0.25
_QUIETEST_DB = -90.0
"""Levels below count as silence: they are inaudible, and noise does not compress."""

_COPIES = "+"


@dataclass(frozen=True)
class PackedDataset:
    """I instruments of 30 notes, each at 24 moments, on one device.

    Attributes:
        ids: of the instruments.
        levels: uint8 [I, 30, 24, 160], dB over ``FLOOR_DB``: partials, then noise bands.
        times_s: [I, 30, 24], from the onset, never decreasing.
        pitch, velocity, held_s, detune_cents, inharmonicity: [I, 30].
        modulation: [I, 30, 7], NaN where it was not measured.
    """

    ids: tuple[str, ...]
    levels: Tensor
    times_s: Tensor
    pitch: Tensor
    velocity: Tensor
    held_s: Tensor
    detune_cents: Tensor
    inharmonicity: Tensor
    modulation: Tensor

    def __len__(self) -> int:
        return len(self.ids)

    def of(self, chosen: Tensor) -> dict[str, Tensor]:
        """Every array's rows of these instruments, by name; levels in dB."""
        rows = {name: getattr(self, name)[chosen] for name in _ARRAYS if name != "levels"}
        return rows | {"level_db": self.levels[chosen].float() + FLOOR_DB}


_OF_NOTES = ("pitch", "velocity", "held_s", "detune_cents", "inharmonicity", "modulation")
_ARRAYS = ("levels", "times_s", *_OF_NOTES)


def moments_of(
    held_s: float, times_s: Float64Array, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Which of a note's knots are kept, int64 [24]; moments past the release are the release.

    Args:
        held_s: when its key was let go, s.
        times_s: [J], of its knots, s.
        rng: moves the moments.
    """
    wanted_s = DOWN_S * (1.0 + rng.uniform(-_MOVED, _MOVED, N_DOWN))
    wanted_s = np.concatenate([np.minimum(wanted_s, held_s), [held_s], held_s + RELEASED_S])
    return np.sort(np.abs(times_s[:, None] - wanted_s).argmin(axis=0))


def _read(path: Path) -> tuple[str, str, dict[str, npt.NDArray[np.generic]]]:
    with np.load(path) as stored:
        meta = json.loads(str(stored["meta"]))
        arrays = {name: stored[name] for name in stored.files if name not in ("meta", "references")}
    return meta["id"], meta["split"], arrays


def _packed(
    instrument_id: str, arrays: dict[str, npt.NDArray[np.generic]]
) -> dict[str, npt.NDArray[Any]]:
    """One instrument's rows of every array of a :class:`PackedDataset`."""
    rng = np.random.default_rng([61, *instrument_id.encode()])
    first = np.concatenate([[0], np.cumsum(arrays["knots"].astype(int))[:-1]])
    notes = np.resize(np.arange(len(first)), N_NOTES)
    levels = np.zeros((N_NOTES, N_MOMENTS, N_LEVELS), np.uint8)
    times = np.zeros((N_NOTES, N_MOMENTS), np.float32)
    for row, note in enumerate(notes):
        mine = slice(first[note], first[note] + int(arrays["knots"][note]))
        times_s = arrays["times_s"][mine].astype(float)
        kept = moments_of(float(arrays["held_s"][note]), times_s, rng)
        level_db = np.concatenate(
            [arrays[name][mine][kept].astype(np.float32) for name in ("partial_db", "noise_db")], 1
        )
        over = np.where(level_db < _QUIETEST_DB, 0.0, np.round(level_db - FLOOR_DB))
        levels[row], times[row] = np.clip(over, 0, 255), times_s[kept]
    rest = {name: arrays[name][notes].astype(np.float32) for name in _OF_NOTES}
    return {"levels": levels, "times_s": times, **rest}


def write_packed(folder: Path, out: Path, split: str, sources: Sequence[str] = ()) -> int:
    """Pack the prepared instruments of a split, without filtered copies; how many.

    Args:
        folder: what :mod:`core.training.embedded.prepare` wrote.
        out: where to.
        split: ``train`` or ``valid``.
        sources: beginnings of the ids wanted, such as ``fluid:``; none: all.

    Raises:
        UserInputError: if there are none.
        OutputError: if the file cannot be written.
    """
    ids, rows = [], []
    for path in sorted(folder.glob("*.npz")):
        if _COPIES in path.name or path.name.endswith(".partial.npz"):
            continue
        name, own_split, arrays = _read(path)
        if own_split == split and (not sources or name.startswith(tuple(sources))):
            ids.append(name)
            rows.append(_packed(name, arrays))
    if not ids:
        raise UserInputError(f"no prepared instruments of split {split!r} in {folder}")
    packed = {name: np.stack([row[name] for row in rows]) for name in _ARRAYS}
    # Levels change little from moment to moment: differences compress far better.
    levels = packed["levels"]
    packed["levels"] = np.concatenate([levels[:, :, :1], np.diff(levels, axis=2)], axis=2)
    packed["levels"] = np.ascontiguousarray(packed["levels"].transpose(2, 3, 0, 1))
    buffer = io.BytesIO()
    np.savez(buffer, ids=np.array(ids), **packed)
    with replacing(out) as stream:
        stream.write(lzma.compress(buffer.getvalue(), preset=3))
    return len(ids)


def read_packed(path: Path, device: torch.device) -> PackedDataset:
    """Read a data set that :func:`write_packed` wrote.

    Args:
        path: of the file.
        device: where it goes.

    Raises:
        UserInputError: if it cannot be read, or another version wrote it.
    """
    try:
        with np.load(io.BytesIO(lzma.decompress(path.read_bytes()))) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (OSError, EOFError, lzma.LZMAError, ValueError) as error:
        raise UserInputError(
            f"{path} cannot be read as a packed data set ({error}); write it with "
            "timbre train embedded pack"
        ) from error
    if set(arrays) != {"ids", *_ARRAYS} or arrays["modulation"].shape[-1] != N_MODULATION:
        raise UserInputError(f"{path} was written by another version; write it again")
    ids = tuple(str(name) for name in arrays.pop("ids"))
    arrays["levels"] = np.cumsum(arrays["levels"].transpose(2, 3, 0, 1), axis=2, dtype=np.uint8)
    tensors = {name: torch.from_numpy(array).to(device) for name, array in arrays.items()}
    return PackedDataset(ids, **tensors)
