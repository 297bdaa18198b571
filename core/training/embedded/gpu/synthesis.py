"""Short performances by many instruments at once, from levels at moments to sound, on a GPU.

The engine's own sound (:mod:`core.engines.embedded.synthesis`), batched: what an encoder is shown
in training when instruments are made up faster than a sampler could play them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.engines.embedded.controls import (
    FLOOR_DB,
    MAX_PARTIAL_HZ,
    N_NOISE,
    N_PARTIALS,
    SAMPLE_RATE,
)
from core.engines.embedded.modulation import lags_s, shimmer_growth
from core.engines.embedded.noise import NOISE_FFT, NOISE_HOP, bands_to_bins
from core.training.embedded.gpu.note_levels import NoteLevels, interpolate, partials_hz
from core.training.embedded.gpu.packed_dataset import N_DOWN
from core.training.embedded.gpu.random_scores import SECONDS, RandomScores

SAMPLES = round(SECONDS * SAMPLE_RATE)
TAIL_S = 1.2
BLOCK = 128
_FRAMES = SAMPLES // NOISE_HOP + NOISE_FFT // NOISE_HOP + 1
_POWER = 0.25
"""Amplitudes move linearly in this power of theirs: attacks rise steeply, decays fall evenly."""

_SHIMMER_WAVES = 3
_AT_ONCE = 512  # notes


class PerformanceRenderer:
    """Renders scores by additive synthesis and filtered noise, many performances at once.

    Args:
        generator: on the device where the sound is made.
    """

    def __init__(self, generator: torch.Generator) -> None:
        self._generator, self._device = generator, generator.device
        self._to_bins = bands_to_bins().to(self._device)

    def render(self, instruments: NoteLevels, instrument: Tensor, scores: RandomScores) -> Tensor:
        """Render performances.

        Args:
            instruments: B of them.
            instrument: int64 [R], which of them plays each performance.
            scores: R performances.

        Returns:
            Sound [R, :data:`SAMPLES`].
        """
        performances = len(scores)
        out = torch.zeros(performances * 2 * SAMPLES, device=self._device)
        power = torch.zeros(performances * 2 * _FRAMES, N_NOISE, device=self._device)
        # Notes of like size go together: low ones have many partials, long ones many blocks.
        assigned = self._assign_notes(instruments, instrument, scores)
        size = torch.round(torch.log2(assigned.held_s + 0.3)) * 1000.0 + assigned.pitch
        for rows in torch.split(size.argsort(), _AT_ONCE):
            notes = _Notes.of(instruments, assigned.of(rows))
            self._add_partials(out, notes)
            self._add_noise(power, notes)
        out = out.view(performances, 2, SAMPLES)[:, 0]
        power = power.view(performances, 2, _FRAMES, N_NOISE)[:, 0]
        return out + self._filtered_noise(power)

    def _assign_notes(
        self, instruments: NoteLevels, instrument: Tensor, scores: RandomScores
    ) -> _Assignment:
        """Which of its instrument's notes plays each note: the nearest that is long enough."""
        keys, longest_s = instruments.pitch[instrument], instruments.held_s[instrument]  # [R, N]
        centre = torch.randint(
            keys.shape[1], (len(keys), 1), generator=self._generator, device=self._device
        )
        wanted = keys.gather(1, centre) + scores.key
        wanted = torch.minimum(wanted, keys.amax(dim=1, keepdim=True))
        wanted = torch.maximum(wanted, keys.amin(dim=1, keepdim=True))
        shape = (*wanted.shape, keys.shape[1])
        cost = (
            (keys[:, None] - wanted[..., None]).abs()
            + 20.0 * (longest_s[:, None] < scores.held_s[..., None])
            + 3.0 * torch.rand(shape, generator=self._generator, device=self._device)
        )
        note = cost.argmin(dim=-1)
        held_s = torch.minimum(scores.held_s, longest_s.gather(1, note))
        gain = torch.randn(note.shape, generator=self._generator, device=self._device)
        gain_db = gain * scores.louder_db[:, None]
        performance, event = (scores.held_s > 0).nonzero(as_tuple=True)
        picked = (
            column[performance, event] for column in (note, wanted, scores.start_s, held_s, gain_db)
        )
        return _Assignment(performance, instrument[performance], *picked)

    def _add_partials(self, out: Tensor, notes: _Notes) -> None:
        """Add notes' partials to their performances [2 R · SAMPLES]."""
        count = max(1, int((notes.partials_hz < MAX_PARTIAL_HZ).sum(dim=-1).max()))
        hz = notes.partials_hz[:, :count]
        edges = torch.arange(notes.blocks + 1, device=self._device)
        levels = notes.amplitudes(edges * (BLOCK / SAMPLE_RATE), slice(0, count))
        levels = levels * self._modulation_gains(notes, edges * (BLOCK / SAMPLE_RATE), count)
        levels = levels * (hz < MAX_PARTIAL_HZ)[:, None]
        levels[:, 0] = 0.0
        turns = hz / SAMPLE_RATE  # float64
        begin = torch.rand(hz.shape, generator=self._generator, device=self._device)
        phase = (edges[:-1, None] * BLOCK * turns[:, None]) % 1.0
        phase = 2 * math.pi * (phase.float() + begin[:, None])
        sine, cosine = torch.sin(phase), torch.cos(phase)
        here, there = levels[:, :-1], levels[:, 1:]
        n = torch.arange(BLOCK, device=self._device)
        angle = (2 * math.pi) * ((turns[..., None] * n) % 1.0).float()  # [M, K, BLOCK]
        pair = torch.cat([torch.cos(angle), torch.sin(angle)], dim=1)
        ramp = n / BLOCK
        basis = torch.cat([pair * (1 - ramp), pair * ramp], dim=1)
        # sin(a + b) = sin a cos b + cos a sin b: a block's sines, with levels that move linearly
        # through it, are one product of [M, blocks, 4 K] and [M, 4 K, BLOCK].
        mixed = torch.cat([here * sine, here * cosine, there * sine, there * cosine], dim=-1)
        sound = torch.bmm(mixed, basis).flatten(1)  # [M, blocks · BLOCK]
        self._add_at_onsets(out, notes, self._apply_vibrato(sound, notes), 2 * SAMPLES)

    def _apply_vibrato(self, sound: Tensor, notes: _Notes) -> Tensor:
        """With vibrato: each sample is read late by a moving number of samples."""
        which = (notes.modulation[:, 0] > 0.5).nonzero()[:, 0]
        if not len(which):
            return sound
        cents, hz, delay_s = notes.modulation[which, :3].double().T.cpu().numpy()[..., None]
        coarse_s = np.arange(sound.shape[1] // BLOCK + 2) * (BLOCK / SAMPLE_RATE)
        begin = torch.rand(len(which), 1, generator=self._generator, device=self._device)
        lag = lags_s(cents, hz, delay_s, begin.cpu().numpy().astype(float), coarse_s) * SAMPLE_RATE
        late = torch.from_numpy(lag).float().to(self._device)
        sample = torch.arange(sound.shape[1], device=self._device)
        block, part = sample // BLOCK, (sample % BLOCK) / BLOCK
        position = sample - torch.lerp(late[:, block], late[:, block + 1], part)
        whole = position.floor()
        x = position - whole
        own = functional.pad(sound[which], (2, 3))
        base = whole.long().clamp(-1, sound.shape[1] - 1) + 1
        taps = [own.gather(1, base + step) for step in range(4)]
        # Lagrange's cubic through four samples.
        weights = (
            -x * (x - 1) * (x - 2) / 6, (x + 1) * (x - 1) * (x - 2) / 2,
            -(x + 1) * x * (x - 2) / 2, (x + 1) * x * (x - 1) / 6,
        )  # fmt: skip
        delayed = sum((w * tap for w, tap in zip(weights, taps, strict=True)), torch.zeros(()))
        return sound.index_copy(0, which, delayed)

    def _modulation_gains(self, notes: _Notes, at_s: Tensor, count: int) -> Tensor:
        """Tremolo and shimmer, factors [M, n, K]."""
        tremolo_db, tremolo_hz, shimmer_db, shimmer_hz = notes.modulation[:, 3:, None].unbind(1)
        begin = torch.rand(len(tremolo_db), 1, generator=self._generator, device=self._device)
        wave = torch.sin(2 * math.pi * (tremolo_hz * at_s + begin))
        shape = (_SHIMMER_WAVES, len(tremolo_db), 1, count)
        rates = 0.4 + 1.2 * torch.rand(shape, generator=self._generator, device=self._device)
        rates = rates * torch.from_numpy(shimmer_growth(np.arange(1.0, count + 1))).float().to(
            self._device
        )
        begins = torch.rand(shape, generator=self._generator, device=self._device)
        own = torch.zeros(len(tremolo_db), len(at_s), count, device=self._device)
        for rate, start in zip(rates, begins, strict=True):
            own += torch.cos(2 * math.pi * (at_s[:, None] * shimmer_hz[..., None] * rate + start))
        own = own * (shimmer_db[..., None] * (2.0 / _SHIMMER_WAVES) ** 0.5)
        return torch.pow(10.0, (own + (tremolo_db * wave)[..., None]) / 20.0)

    def _add_noise(self, power: Tensor, notes: _Notes) -> None:
        """Add notes' noise to their performances' band powers [2 R · F, N]."""
        # Powers of notes that sound together add up, as their noises are independent: one white
        # noise a performance, filtered once, stands for all of them.
        hop_s = NOISE_HOP / SAMPLE_RATE
        frames = torch.arange(notes.blocks * BLOCK // NOISE_HOP, device=self._device)
        first = torch.ceil(notes.start / NOISE_HOP)
        # Frames lie on the performance's grid, not the note's: the first at or after the onset.
        at_s = (first[:, None] + frames) * hop_s - notes.start[:, None] / SAMPLE_RATE
        own = notes.amplitudes(at_s, slice(N_PARTIALS, None)).square()
        # Each performance has twice its frames' room, so that what rings on past its end does not
        # run into the next one.
        place = first.long()[:, None] + frames + (notes.performance * 2 * _FRAMES)[:, None]
        power.index_add_(0, place.flatten(), own.flatten(0, 1))

    def _filtered_noise(self, power: Tensor) -> Tensor:
        """White noise filtered by band powers [R, F, N]; see :mod:`core.engines.embedded.noise`."""
        shape = (len(power), (_FRAMES - 1) * NOISE_HOP + NOISE_FFT)
        white = torch.randn(shape, generator=self._generator, device=self._device)
        window = torch.hann_window(NOISE_FFT, device=self._device)
        shaped = torch.fft.rfft(white.unfold(1, NOISE_FFT, NOISE_HOP) * window)
        frames = torch.fft.irfft(shaped * (power @ self._to_bins).sqrt()) * window / 1.5
        out = functional.fold(
            frames.transpose(1, 2), (1, shape[1]), (1, NOISE_FFT), stride=(1, NOISE_HOP)
        ).flatten(1)
        return out[:, NOISE_FFT // 2 :][:, :SAMPLES]

    @staticmethod
    def _add_at_onsets(out: Tensor, notes: _Notes, sound: Tensor, width: int) -> None:
        sample = torch.arange(sound.shape[1], device=sound.device)
        begin = notes.performance * width + notes.start.long()
        out.index_add_(0, (begin[:, None] + sample).flatten(), sound.flatten())


@dataclass(frozen=True)
class _Assignment:
    """M notes and who plays them: [M] each; keys may lie between those recorded."""

    performance: Tensor
    instrument: Tensor
    note: Tensor
    pitch: Tensor
    start_s: Tensor
    held_s: Tensor
    gain_db: Tensor

    def of(self, rows: Tensor) -> _Assignment:
        return _Assignment(*(value[rows] for value in vars(self).values()))


@dataclass(frozen=True)
class _Notes:
    """M notes about to sound.

    Attributes:
        performance: int64 [M]; start: [M], samples; held_s: [M]; blocks: of the longest.
        partials_hz: float64 [M, 128]; modulation: [M, 7].
        roots: [M, T, 160], amplitudes to the power of a quarter; times_s: [M, T]; own_held_s: [M],
            when the recorded note was let go.
    """

    performance: Tensor
    start: Tensor
    held_s: Tensor
    blocks: int
    partials_hz: Tensor
    modulation: Tensor
    roots: Tensor
    times_s: Tensor
    own_held_s: Tensor

    @classmethod
    def of(cls, instruments: NoteLevels, assigned: _Assignment) -> _Notes:
        """Notes of these instruments."""
        which, note = assigned.instrument, assigned.note
        longest_s = float((assigned.held_s + TAIL_S).max())
        left_s = SECONDS - float(assigned.start_s.min())
        level_db = instruments.level_db[which, note]
        roots = torch.pow(10.0, (level_db + assigned.gain_db[:, None, None]) * (_POWER / 20.0))
        modulation = instruments.modulation[which]
        usual = modulation.nanmean(dim=1).nan_to_num(0.0)
        usual[:, [1, 4, 6]] = usual[:, [1, 4, 6]].clamp_min(0.5)
        own = modulation[torch.arange(len(note), device=note.device), note]
        return cls(
            performance=assigned.performance,
            start=(assigned.start_s * SAMPLE_RATE).round(),
            held_s=assigned.held_s,
            blocks=math.ceil(min(longest_s, left_s) * SAMPLE_RATE / BLOCK),
            partials_hz=partials_hz(
                assigned.pitch,
                instruments.detune_cents[which, note],
                instruments.inharmonicity[which, note],
            ),
            modulation=torch.where(own.isnan(), usual, own),
            roots=roots.masked_fill(level_db <= FLOOR_DB + 1.0, 0.0),
            times_s=instruments.times_s[which, note],
            own_held_s=instruments.held_s[which, note],
        )

    def amplitudes(self, at_s: Tensor, columns: slice) -> Tensor:
        """Of partials or bands, at times [n] or [M, n] since the onset: [M, n, columns].

        A key let go sooner than in the recording releases from where it is by then.
        """
        at_s = at_s.expand(len(self.start), -1)
        roots = self.roots[..., columns]
        down_s = torch.minimum(at_s, torch.minimum(self.held_s, self.own_held_s)[:, None])
        root = interpolate(roots, self.times_s, down_s)
        off_s = (at_s - self.held_s[:, None]).clamp_min(0.0)
        after = interpolate(
            roots[:, N_DOWN:], self.times_s[:, N_DOWN:], off_s + self.own_held_s[:, None]
        )
        at_release = roots[:, N_DOWN : N_DOWN + 1]
        share = (after / at_release.clamp_min(1e-6)).clamp_max(1.5)
        share = torch.where(at_release > 0, share, 0.0)
        root = torch.where((off_s > 0)[..., None], root * share, root)
        fade = ((TAIL_S - off_s) / (TAIL_S / 4)).clamp(0.0, 1.0)
        fade = fade * (at_s < SECONDS)
        return root.pow(1.0 / _POWER) * fade[..., None]
