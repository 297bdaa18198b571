"""What all of an instrument's analysed notes say together, as one vector: its timbre descriptor.

Training knows an instrument's notes, a user shows only a recording. What an embedding *means* is
therefore fixed by measurement and not learned: it is the descriptor's principal components, laid
on the sphere. The decoder learns to play what is described, the encoders learn to describe what
they are given; neither waits for the other, and neither descriptor nor projection is needed
afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from core.clip import pitch_hz
from core.engines.embedded.controls import (
    FLOOR_DB,
    MAX_PARTIAL_HZ,
    N_NOISE,
    N_SUBHARMONICS,
    partial_hz,
)
from core.engines.embedded.decoder import on_sphere
from core.engines.embedded.modulation import N_MODULATION
from core.engines.embedded.subharmonics import LEAST_DB, to_coordinates
from core.training.embedded.bands import N_BANDS, NOISE_CENTRES_HZ, band_position, filter_gain_db
from core.types import Float64Array, FloatArray

SEEN_DOWN_S = (0.006, 0.02, 0.05, 0.12, 0.3, 0.8, 1.8)
SEEN_RELEASED_S = (0.04, 0.12, 0.35)
_N_TIMES = len(SEEN_DOWN_S) + len(SEEN_RELEASED_S)
SEEN_PARTIALS = 20
REGIONS = np.array([40.0, 58.0, 76.0])  # MIDI keys
REGION_WIDTH = 9.0
SOFT, LOUD = 60, 100  # velocities
QUIETEST_DB = -84.0
MODULATION_SCALE = np.array([20.0, 5.0, 1.0, 3.0, 5.0, 4.0, 5.0])
N_MEASURED = (
    len(REGIONS) * (_N_TIMES * (SEEN_PARTIALS + N_BANDS) + 1)
    + _N_TIMES * N_NOISE
    + N_BANDS
    + N_NOISE
    + 1
    + N_MODULATION
)
N_DESCRIPTOR = N_MEASURED + N_SUBHARMONICS
"""What is measured and projected, then what is stated as it is: the half partials' coordinates."""


@lru_cache(maxsize=256)
def _bands_of(pitch: float) -> FloatArray:
    """[128, 40]: the bands that a key's partials fall into, half their squared amplitude each."""
    hz = partial_hz(pitch_hz(pitch), 0.0)
    index, fraction = band_position(hz)
    shares = np.zeros((len(hz), N_BANDS), np.float32)
    row = np.arange(len(hz))
    shares[row, index], shares[row, index + 1] = 0.5 * (1 - fraction), 0.5 * fraction
    return shares * (hz < MAX_PARTIAL_HZ)[:, None]


class InstrumentLevels:
    """One instrument's notes at a few moments each, ready to be described through any filter.

    Args:
        arrays: as written by :mod:`core.training.embedded.prepare`, with ``first_knot``.
    """

    def __init__(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        pitches, held_s = arrays["pitch"].astype(float), arrays["held_s"].astype(float)
        rows = np.zeros((len(pitches), _N_TIMES), np.int64)
        self._shown = np.zeros(rows.shape, np.float32)
        for note, (first, count) in enumerate(
            zip(arrays["first_knot"].astype(int), arrays["knots"].astype(int), strict=True)
        ):
            times_s = arrays["times_s"][first : first + count].astype(float)
            wanted_s = np.array([*SEEN_DOWN_S, *(held_s[note] + late for late in SEEN_RELEASED_S)])
            rows[note] = first + np.abs(times_s[:, None] - wanted_s).argmin(axis=0)
            self._shown[note, : len(SEEN_DOWN_S)] = wanted_s[: len(SEEN_DOWN_S)] <= held_s[note]
            self._shown[note, len(SEEN_DOWN_S) :] = 1.0
        self._shown[:, 0] = 1.0
        self._partial_db = arrays["partial_db"][rows].astype(np.float16)
        self._noise_db = arrays["noise_db"][rows].astype(np.float16)
        self._hz = np.stack([partial_hz(pitch_hz(key), 0.0) for key in pitches])
        self._pitches = pitches
        near = np.exp(-(((pitches - REGIONS[:, None]) / REGION_WIDTH) ** 2)) + 1e-4
        self._region = near.astype(np.float32)  # [3, notes]
        velocity = arrays["velocity"].astype(int)
        self._soft, self._loud = velocity <= SOFT, velocity >= LOUD
        measured = ~np.isnan(arrays["modulation"][:, 0].astype(float))
        modulation = arrays["modulation"][measured].astype(float)
        mean = modulation.mean(axis=0) if len(modulation) else np.zeros(N_MODULATION)
        stiffness = np.log10(arrays["inharmonicity"].astype(float) + 1e-5) + 5.0
        by_region = self._region / self._region.sum(axis=1, keepdims=True)
        self._lasting = np.concatenate(
            [
                mean / MODULATION_SCALE,
                by_region @ stiffness / 1.5,
                [arrays["detune_cents"].astype(float).mean() / 10.0],
            ]
        ).astype(np.float32)
        half_db = np.asarray(arrays.get("half_db", np.full(N_SUBHARMONICS, LEAST_DB)), np.float32)
        self._subharmonics = to_coordinates(torch.from_numpy(half_db)).numpy()

    def descriptor(self, filter_db: Float64Array | None) -> FloatArray:
        """float32 [:data:`N_DESCRIPTOR`], through the filter given."""
        partial_db = self._partial_db.astype(np.float32)
        noise_db = self._noise_db.astype(np.float32)
        if filter_db is not None:
            partial_db += filter_gain_db(filter_db, self._hz).astype(np.float32)[:, None]
            noise_db += filter_gain_db(filter_db, NOISE_CENTRES_HZ).astype(np.float32)
            np.maximum(partial_db, FLOOR_DB, out=partial_db)
        power = np.exp(partial_db * np.float32(np.log(10.0) / 10.0))
        bands_of_notes = np.stack([_bands_of(pitch) for pitch in self._pitches])
        bands = _scaled(10.0 * np.log10(power @ bands_of_notes + 1e-12))
        partials, noise = 0.7 * _scaled(partial_db[..., :SEEN_PARTIALS]), _scaled(noise_db)
        levels = np.concatenate([partials, bands], axis=-1)
        weight = self._region[:, :, None] * self._shown  # [3, notes, times]
        weight /= weight.sum(axis=1, keepdims=True) + 1e-9
        everywhere = self._shown / (self._shown.sum(axis=0) + 1e-9)
        parts = [
            np.einsum("rnt,ntk->rtk", weight, levels).ravel(),
            np.einsum("nt,ntk->tk", everywhere, noise).ravel(),
            self._by_velocity(bands[:, 2]),
            self._by_velocity(noise[:, 2]),
            self._lasting,
            self._subharmonics,
        ]
        return np.concatenate(parts).astype(np.float32)

    def _by_velocity(self, levels: FloatArray) -> FloatArray:
        """How much higher a level [notes, n] is in loud notes than in soft ones [n]."""
        if not (self._soft.any() and self._loud.any()):
            return np.zeros(levels.shape[1], np.float32)
        difference: FloatArray = levels[self._loud].mean(axis=0) - levels[self._soft].mean(axis=0)
        return difference


def _scaled(level_db: FloatArray) -> FloatArray:
    """FloatArray about 0, of order 1; what is too soft to matter is all the same."""
    return (np.maximum(level_db, np.float32(QUIETEST_DB)) + np.float32(60.0)) / np.float32(25.0)


_SPREAD = 1.2
"""Root mean square distance of timbres from their mean, in units of the anchor."""


class DescriptorProjection(nn.Module):
    """Descriptors to the timbre sphere: a projection that :meth:`fit` fixes and nobody trains.

    Components are divided by the square root of their deviation: halfway from natural scale,
    where a few directions drown all others, to white, where noise counts as much as signal.

    Args:
        embedding_dim: of the sphere.
    """

    mean: Tensor
    projection: Tensor

    def __init__(self, embedding_dim: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(N_MEASURED))
        self.register_buffer("projection", torch.zeros(N_MEASURED, embedding_dim - 1))

    @torch.no_grad()
    def fit(self, descriptors: Tensor) -> None:
        """Fix the projection by descriptors [n, :data:`N_DESCRIPTOR`]."""
        measured = descriptors[:, :N_MEASURED]
        self.mean.copy_(measured.mean(dim=0))
        _, deviation, axes = torch.linalg.svd(measured - self.mean, full_matrices=False)
        kept = min(len(deviation), self.projection.shape[1] - N_SUBHARMONICS)
        scale = deviation[:kept].clamp_min(1e-4 * float(deviation[0])).rsqrt()
        self.projection.zero_()
        self.projection[:, :kept] = axes[:kept].T * scale
        spread = ((measured - self.mean) @ self.projection).square().sum(dim=1).mean().sqrt()
        self.projection.mul_(_SPREAD / spread)

    def forward(self, descriptor: Tensor) -> Tensor:
        """[B, :data:`N_DESCRIPTOR`] to [B, 512], unit norm."""
        measured, stated = descriptor[:, :N_MEASURED], descriptor[:, N_MEASURED:]
        place = (measured - self.mean) @ self.projection
        return on_sphere(torch.cat([place[:, :-N_SUBHARMONICS], stated], dim=-1))


def stack_descriptors(descriptors: Sequence[FloatArray]) -> Tensor:
    """One row a descriptor, float32 [n, :data:`N_DESCRIPTOR`]."""
    return torch.from_numpy(np.stack(descriptors))
