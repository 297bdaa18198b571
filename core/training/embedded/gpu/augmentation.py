"""Augmentation of a packed data set's instruments, in ways a sound designer would change them.

Everything happens to levels at moments, so a batch of new instruments costs a GPU milliseconds.
Formants move, a second instrument is layered, envelopes, brightness by velocity, the pattern of
partials, noise, vibrato, stiffness and tuning change.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from core.engines.embedded.controls import (
    FLOOR_DB,
    MAX_DETUNE_CENTS,
    MAX_INHARMONICITY,
    MAX_PARTIAL_HZ,
    N_PARTIALS,
)
from core.engines.embedded.modulation import (
    MAX_DELAY_S,
    MAX_SHIMMER_DB,
    MAX_TREMOLO_DB,
    MAX_VIBRATO_CENTS,
    RATE_RANGE_HZ,
    SHIMMER_RANGE_HZ,
)
from core.training.embedded.bands import NOISE_CENTRES_HZ
from core.training.embedded.gpu.note_levels import NoteLevels, partials_hz, select_instruments
from core.training.embedded.gpu.packed_dataset import N_DOWN, PackedDataset

LEVEL_DB = -20.0
"""Root mean square of an instrument's loudest note at its loudest, as in prepared data."""

LOWEST_KEY, HIGHEST_KEY = 24, 104
_DB = math.log(10.0) / 10.0
_SILENCE_DB = -300.0


def _sampling_weight(instrument_id: str) -> float:
    """How often an instrument is drawn: recorded ones more often than computed ones."""
    return {"procedural": 0.4, "derived": 0.4, "opl3": 0.5}.get(instrument_id.split(":")[0], 1.0)


class Augmenter:
    """Draws instruments from a data set and changes them.

    Args:
        dataset: where to begin.
        generator: on the dataset's device.
        unmodified_share: how many stay as they are, but for their level.
    """

    def __init__(
        self, dataset: PackedDataset, generator: torch.Generator, unmodified_share: float = 0.2
    ) -> None:
        self._dataset, self._generator, self._unmodified_share = (
            dataset,
            generator,
            unmodified_share,
        )
        self._device = dataset.levels.device
        shares = torch.tensor([_sampling_weight(name) for name in dataset.ids], device=self._device)
        self._weights = shares / shares.sum()

    def draw(self, count: int) -> NoteLevels:
        """This many instruments."""
        chosen, other = torch.multinomial(
            self._weights, 2 * count, replacement=True, generator=self._generator
        ).view(2, count)
        instruments = _lower_silence(select_instruments(self._dataset, chosen))
        changed = ~self._chance(self._unmodified_share, count)
        layered = changed & self._chance(0.35, count)
        level_db = torch.where(
            layered[:, None, None, None], self._layer(instruments, other), instruments.level_db
        )
        pitch, level_db = self._shift_formants(
            instruments, level_db, changed & self._chance(0.5, count)
        )
        times_s, held_s = self._stretch(instruments, changed & self._chance(0.3, count))
        detune, stiffness = self._detune(instruments, changed)
        hz = partials_hz(pitch, detune, stiffness).float()
        off_s = (times_s - held_s[..., None]).clamp_min(0.0)
        gain = self._partial_decay(times_s, hz, changed) + self._partial_pattern(count, changed)
        gain = gain + self._velocity_gain(instruments.velocity, hz, changed)[:, :, None]
        noise_gain = self._noise_gain(times_s, changed)
        level_db = level_db + torch.cat([gain, noise_gain], dim=-1)
        level_db = level_db + self._envelope(times_s, off_s, changed)[..., None]
        level_db[..., :N_PARTIALS].masked_fill_(hz[:, :, None] >= MAX_PARTIAL_HZ, FLOOR_DB)
        level_db = _normalize(level_db).clamp_min(FLOOR_DB)
        return NoteLevels(
            chosen, level_db, times_s, pitch, instruments.velocity, held_s, detune, stiffness,
            self._modulate(instruments.modulation, changed & self._chance(0.35, count)),
        )  # fmt: skip

    def _random(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self._generator, device=self._device)

    def _between(self, low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * self._random(*shape)

    def _log_between(self, low: float, high: float, *shape: int) -> Tensor:
        return torch.exp(self._between(math.log(low), math.log(high), *shape))

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self._generator, device=self._device)

    def _chance(self, share: float, count: int) -> Tensor:
        return self._random(count) < share

    def _integers(self, below: int, shape: tuple[int, ...]) -> Tensor:
        return torch.randint(below, shape, generator=self._generator, device=self._device)

    def _layer(self, instruments: NoteLevels, other: Tensor) -> Tensor:
        """Levels with a second instrument's nearest notes added, moment by moment."""
        second = _lower_silence(select_instruments(self._dataset, other))
        apart = (
            (instruments.pitch[:, :, None] - second.pitch[:, None]).abs()
            + 6.0 * (torch.log2(instruments.held_s[:, :, None] / second.held_s[:, None])).abs()
            + (instruments.velocity[:, :, None] - second.velocity[:, None]).abs() / 15.0
        )
        nearest = apart.argmin(dim=-1)[:, :, None, None].expand(-1, -1, *second.level_db.shape[2:])
        added = second.level_db.gather(1, nearest)
        added = added + self._between(-14.0, 6.0, len(other))[:, None, None, None]
        return torch.logaddexp(instruments.level_db * _DB, added * _DB) / _DB

    def _shift_formants(
        self, instruments: NoteLevels, level_db: Tensor, which: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Keys and levels with formants moved: a partial keeps its level wherever it goes."""
        semitones = (self._integers(15, (len(which),)) - 7) * which
        low, high = instruments.pitch.amin(dim=1), instruments.pitch.amax(dim=1)
        semitones = torch.minimum(torch.maximum(semitones, LOWEST_KEY - low), HIGHEST_KEY - high)
        semitones = semitones * which
        noise = level_db[..., N_PARTIALS:]
        bands = noise.shape[-1]
        edges = torch.from_numpy(NOISE_CENTRES_HZ).log2().to(self._device)
        step = float(edges[-1] - edges[1]) / (bands - 2)
        place = torch.arange(bands, device=self._device) - semitones[:, None] / 12.0 / step
        place = place.clamp(0.0, bands - 1.001)
        index, part = place.long()[:, None, None], (place % 1.0)[:, None, None]
        index = index.expand(-1, *noise.shape[1:3], -1)
        moved = torch.lerp(
            noise.gather(-1, index), noise.gather(-1, index + 1), part.expand_as(noise).float()
        )
        return instruments.pitch + semitones[:, None], torch.cat(
            [level_db[..., :N_PARTIALS], moved], dim=-1
        )

    def _stretch(self, instruments: NoteLevels, which: Tensor) -> tuple[Tensor, Tensor]:
        """Times run slower or faster, releases by themselves."""
        held = torch.where(which, self._log_between(0.4, 1.4, len(which)), 1.0)[:, None]
        longest_s = 3.6
        held = torch.minimum(held, longest_s / instruments.held_s).clamp_min(0.2)
        after = torch.where(which, self._log_between(0.5, 1.0, len(which)), 1.0)[:, None, None]
        off_s = (instruments.times_s - instruments.held_s[..., None]).clamp_min(0.0)
        down_s = instruments.times_s - off_s
        return down_s * held[..., None] + off_s * after, instruments.held_s * held

    def _detune(self, instruments: NoteLevels, changed: Tensor) -> tuple[Tensor, Tensor]:
        count = len(changed)
        detuned = (changed & self._chance(0.3, count))[:, None]
        detune = instruments.detune_cents + detuned * 4.0 * self._normal(count, 1)
        stiffer = (changed & self._chance(0.15, count))[:, None]
        stiffness = torch.where(
            stiffer, self._log_between(1e-5, 2e-3, count, 1), instruments.inharmonicity
        )
        return (
            detune.clamp(-0.95 * MAX_DETUNE_CENTS, 0.95 * MAX_DETUNE_CENTS),
            stiffness.clamp_max(0.9 * MAX_INHARMONICITY),
        )

    def _envelope(self, on_s: Tensor, off_s: Tensor, changed: Tensor) -> Tensor:
        """Gain of everything, dB [B, N, T]: attack, decay and release laid over the sound."""
        count = len(changed)

        def maybe(share: float, low: float, high: float) -> Tensor:
            drawn = self._log_between(low, high, count)
            return torch.where(changed & self._chance(share, count), drawn, math.inf)[:, None, None]

        attack_s, decay_s = maybe(0.25, 0.01, 0.5), maybe(0.25, 0.1, 3.0)
        release_s = maybe(0.35, 0.02, 0.4)
        rise = 1.0 - torch.exp(-3.0 * (on_s + 0.002) / attack_s)
        rise = torch.where(attack_s.isinf(), 1.0, rise)
        fall = 20.0 / math.log(10.0) * (on_s / decay_s + off_s / release_s)
        return 20.0 * torch.log10(rise.clamp_min(1e-3)) - fall

    def _partial_decay(self, on_s: Tensor, hz: Tensor, changed: Tensor) -> Tensor:
        """Gain of partials, dB [B, N, T, 128]: high ones die sooner, or come in later."""
        count = len(changed)
        octaves = torch.log2(hz[:, :, None] / 300.0).clamp(-3.0, 7.0)
        dull = changed & self._chance(0.25, count)
        sooner = (dull * self._between(0.0, 1.0, count))[:, None, None, None]
        per_s = (dull * self._log_between(1.0, 12.0, count))[:, None, None, None]
        late = (changed & self._chance(0.2, count)) * self._log_between(0.01, 0.25, count)
        late_s = late[:, None, None, None] * (1.0 + octaves).clamp_min(0.0) / 4.0
        opening = 1.0 - torch.exp(-(on_s[..., None] + 0.002) / late_s.clamp_min(1e-4))
        opening = torch.where(late_s > 0, 20.0 * torch.log10(opening.clamp_min(1e-3)), 0.0)
        return opening - per_s * on_s[..., None] * (1.0 + sooner * octaves).clamp_min(0.0)

    def _noise_gain(self, on_s: Tensor, changed: Tensor) -> Tensor:
        """Gain of noise bands, dB [B, N, T, 32]: louder or softer, tilted, in bursts."""
        count = len(changed)
        louder = (changed & self._chance(0.4, count)) * self._between(-15.0, 10.0, count)
        puff = (changed & self._chance(0.2, count)) * self._between(3.0, 20.0, count)
        puff_s = self._log_between(0.006, 0.08, count)[:, None, None]
        burst = puff[:, None, None] * torch.exp(-on_s / puff_s)
        tilt = (changed & self._chance(0.3, count)) * 3.0 * self._normal(count)
        octaves = torch.from_numpy(NOISE_CENTRES_HZ / 1500.0).log2().float().to(self._device)
        return (louder[:, None, None] + burst)[..., None] + (tilt[:, None] * octaves)[:, None, None]

    def _velocity_gain(self, velocity: Tensor, hz: Tensor, changed: Tensor) -> Tensor:
        """Gain of partials, dB [B, N, 128]: soft notes lose highs, or loudness."""
        count = len(changed)
        opens = (changed & self._chance(0.45, count)) * self._between(2.0, 18.0, count)
        octaves = torch.log2(hz / 300.0).clamp_min(0.0)
        softer = (changed & self._chance(0.3, count)) * self._between(-10.0, 25.0, count)
        soft = (1.0 - velocity / 127.0)[..., None]
        return -soft * (opens[:, None, None] * octaves + softer[:, None, None])

    def _partial_pattern(self, count: int, changed: Tensor) -> Tensor:
        """Gain by partial's number, dB [B, 1, 1, 128]: even ones, a comb, a random ripple."""
        k = torch.arange(1, N_PARTIALS + 1, device=self._device)
        even = (changed & self._chance(0.2, count)) * self._between(-25.0, 5.0, count)
        ripple = (changed & self._chance(0.4, count)) * self._between(0.0, 5.0, count)
        plucked = changed & self._chance(0.12, count)
        comb = torch.sin(math.pi * k * self._between(0.06, 0.5, count)[:, None]).abs()
        gain_db = (
            even[:, None] * (k % 2 == 0)
            + ripple[:, None] * self._normal(count, N_PARTIALS)
            + plucked[:, None] * 20.0 * torch.log10(comb + 0.03)
        )
        return gain_db[:, None, None]

    def _modulate(self, modulation: Tensor, which: Tensor) -> Tensor:
        """Vibrato, tremolo and shimmer of another player."""
        count = len(which)
        rate = self._between(*RATE_RANGE_HZ, 2, count)
        new = torch.stack(
            [
                self._chance(0.5, count) * self._log_between(2.0, 50.0, count),
                rate[0],
                self._between(0.0, 0.8, count),
                self._chance(0.3, count) * self._log_between(0.5, 6.0, count),
                rate[1],
                self._chance(0.5, count) * self._between(0.1, 4.0, count),
                self._log_between(1.0, 9.0, count),
            ],
            dim=-1,
        )[:, None]
        new = torch.where(modulation.isnan(), modulation, new)
        modulation = torch.where(which[:, None, None], new, modulation)
        highest = modulation.new_tensor(
            [
                0.95 * MAX_VIBRATO_CENTS, RATE_RANGE_HZ[1], MAX_DELAY_S, 0.95 * MAX_TREMOLO_DB,
                RATE_RANGE_HZ[1], 0.95 * MAX_SHIMMER_DB, SHIMMER_RANGE_HZ[1],
            ]
        )  # fmt: skip
        return torch.minimum(modulation, highest)


def _lower_silence(instruments: NoteLevels) -> NoteLevels:
    """With what lies on the floor as far under it as no gain reaches."""
    on_floor = instruments.level_db <= FLOOR_DB
    return replace(instruments, level_db=instruments.level_db.masked_fill(on_floor, _SILENCE_DB))


def _normalize(level_db: Tensor) -> Tensor:
    """Levels [B, N, T, 160] with the loudest note of each instrument at :data:`LEVEL_DB`."""
    power = torch.exp(level_db * _DB)
    total = 0.5 * power[..., :N_PARTIALS].sum(dim=-1) + power[..., N_PARTIALS:].sum(dim=-1)
    loudest_db = torch.log(total[:, :, 2:N_DOWN].amax(dim=(1, 2)) + 1e-12) / _DB
    return level_db + (LEVEL_DB - loudest_db)[:, None, None, None]
