"""A portrait of an instrument: what all of its analysed notes say together, as one vector.

Training knows an instrument's notes, a user shows only a recording. A small network from the
portrait to the timbre sphere teaches: the decoder learns from it at once what an embedding
means, and the encoders learn where on the sphere their recording or words belong. Neither
portrait nor teacher is needed once training is over.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.engines.embedded.controls import FLOOR_DB, N_NOISE, partial_hz
from core.engines.embedded.modulation import N_MODULATION
from core.score import pitch_hz
from core.training.bands import NOISE_CENTRES_HZ, colour_at

Array = npt.NDArray[np.float64]
Arrays = dict[str, npt.NDArray[np.generic]]

_DOWN_S = (0.012, 0.05, 0.2, 0.6, 1.5)
_RELEASED_S = (0.06, 0.25)
_N_TIMES = len(_DOWN_S) + len(_RELEASED_S)
_PARTIALS = 40
_REGIONS = np.array([40.0, 58.0, 76.0])  # MIDI keys
_REGION_WIDTH = 9.0
_SOFT, _LOUD = 60, 100  # velocities
N_PORTRAIT = len(_REGIONS) * _N_TIMES * _PARTIALS + _N_TIMES * N_NOISE + _PARTIALS + N_MODULATION
_MODULATION_SCALE = np.array([20.0, 5.0, 1.0, 3.0, 5.0, 4.0, 5.0])


class Sitter:
    """One instrument's notes at a few moments each, ready to be portrayed in any colour.

    Args:
        arrays: as written by :mod:`core.training.prepare`, with ``first_knot``.
    """

    def __init__(self, arrays: Arrays) -> None:
        pitches, held_s = arrays["pitch"].astype(float), arrays["held_s"].astype(float)
        rows = np.zeros((len(pitches), _N_TIMES), np.int64)
        self._shown = np.zeros(rows.shape, np.float32)
        for note, (first, count) in enumerate(
            zip(arrays["first_knot"].astype(int), arrays["knots"].astype(int), strict=True)
        ):
            times_s = arrays["times_s"][first : first + count].astype(float)
            wanted_s = np.array([*_DOWN_S, *(held_s[note] + late for late in _RELEASED_S)])
            rows[note] = first + np.abs(times_s[:, None] - wanted_s).argmin(axis=0)
            self._shown[note, : len(_DOWN_S)] = wanted_s[: len(_DOWN_S)] <= held_s[note]
            self._shown[note, len(_DOWN_S) :] = 1.0
        self._shown[:, 0] = 1.0
        self._partial_db = arrays["partial_db"][rows][..., :_PARTIALS].astype(np.float32)
        self._noise_db = arrays["noise_db"][rows].astype(np.float32)
        self._hz = np.stack([partial_hz(pitch_hz(key), 0.0)[:_PARTIALS] for key in pitches])
        near = np.exp(-(((pitches - _REGIONS[:, None]) / _REGION_WIDTH) ** 2)) + 1e-4
        self._region = near.astype(np.float32)  # [3, notes]
        velocity = arrays["velocity"].astype(int)
        self._soft, self._loud = velocity <= _SOFT, velocity >= _LOUD
        known = ~np.isnan(arrays["modulation"][:, 0].astype(float))
        modulation = arrays["modulation"][known].astype(float)
        mean = modulation.mean(axis=0) if len(modulation) else np.zeros(N_MODULATION)
        self._modulation = (mean / _MODULATION_SCALE).astype(np.float32)

    def portrait(self, colour: Array | None) -> npt.NDArray[np.float32]:
        """float32 [:data:`N_PORTRAIT`], in the colour given."""
        partial_db, noise_db = self._partial_db, self._noise_db
        if colour is not None:
            partial_db = partial_db + colour_at(colour, self._hz).astype(np.float32)[:, None]
            noise_db = noise_db + colour_at(colour, NOISE_CENTRES_HZ).astype(np.float32)
        partials = (np.maximum(partial_db, FLOOR_DB) + 60.0) / 25.0
        noise = (np.maximum(noise_db, FLOOR_DB) + 70.0) / 25.0
        weight = self._region[:, :, None] * self._shown  # [3, notes, times]
        weight /= weight.sum(axis=1, keepdims=True) + 1e-9
        by_region = np.einsum("rnt,ntk->rtk", weight, partials)
        everywhere = self._shown / (self._shown.sum(axis=0) + 1e-9)
        parts = [
            by_region.ravel(),
            np.einsum("nt,ntk->tk", everywhere, noise).ravel(),
            self._by_velocity(partials[:, 1]),
            self._modulation,
        ]
        return np.concatenate(parts).astype(np.float32)

    def _by_velocity(self, partials: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """How much louder each partial is in loud notes than in soft ones [40]."""
        if not (self._soft.any() and self._loud.any()):
            return np.zeros(_PARTIALS, np.float32)
        difference: npt.NDArray[np.float32] = partials[self._loud].mean(axis=0)
        return difference - partials[self._soft].mean(axis=0)


class Teacher(nn.Module):
    """Portraits to the timbre sphere."""

    def __init__(self, embedding_dim: int, hidden: int = 768) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(N_PORTRAIT, hidden),
            nn.LayerNorm(hidden),
            nn.GELU(),
            nn.Linear(hidden, hidden),
            nn.GELU(),
            nn.Linear(hidden, embedding_dim),
        )

    def forward(self, portrait: Tensor) -> Tensor:
        """[B, :data:`N_PORTRAIT`] to [B, 512], unit norm."""
        return functional.normalize(self.net(portrait), dim=-1)


def stack(portraits: list[npt.NDArray[np.float32]]) -> Tensor:
    """One row a portrait."""
    return torch.from_numpy(np.stack(portraits))
