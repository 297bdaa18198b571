"""What a fit makes small: how far a recording's levels in bands are from an embedding's.

Sizes: M notes, J breakpoints of one note or of all, K = 144 partials, F frames, B = 72 bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.clip import Note, pitch_hz
from core.encoders.embedded.band_levels import (
    HOP,
    band_power,
    breakpoints_to_frames,
    noise_to_bands,
    partials_to_bands,
)
from core.encoders.embedded.features import SAMPLE_RATE
from core.engines.embedded.controls import knot_times, partial_hz
from core.engines.embedded.decoder import Decoder, envelope_weights, tone_levels
from core.engines.embedded.leakage import without_leakage
from core.types import FloatArray

_RANGE_DB = 70.0  # under a recording's loudest band; what is softer is not compared
_KNEE_DB = 4.0
_SHOWN_DB = 50.0  # frames softer than this under the loudest count for nothing
_TAIL_S = 0.6  # of a note after its release, as far as recordings show it
_EARLY_S = 0.03  # by which a transcribed onset may be late
_LEAST_PAUSE = 8  # frames
_DB = float(np.log2(10.0) / 10.0)  # dB to the exponent of a power of two, which torch is quick at

_ONSET_S = (-0.04, 0.02)
_ONSET_WEIGHT = 0.15
"""When a note begins is known to some 20 ms only: what sounds too early would be explained by
an attack that is too hard, so that frames about an onset count little."""

_STARTS_S = (-0.1, -0.06, -0.03, -0.015, -0.007, 0.007, 0.015, 0.03)
_LENGTHS = (0.4, 0.55, 0.7, 0.85, 1.15)
_SHORTEST_S = 0.05


class _NoteBands:
    """One note's breakpoints, and what they count in each frame and band.

    Args:
        note: what is played.
        count: F, frames of the recording.
    """

    def __init__(self, note: Note, count: int) -> None:
        times_s = knot_times(note.duration_s, _TAIL_S)
        hz = partial_hz(pitch_hz(note.pitch), 0.0)
        index, fraction = envelope_weights(hz)
        shape = (len(times_s), len(hz))
        self.note = note
        self.on_s = torch.from_numpy(times_s.astype(np.float32))  # [J]
        self.off_s = (self.on_s - note.duration_s).clamp_min(0.0)  # [J]
        self.index = torch.from_numpy(index).expand(shape)  # [J, 128]
        self.fraction = torch.from_numpy(fraction).expand(shape)  # [J, 128]
        self.spread = torch.from_numpy(partials_to_bands(float(note.pitch)))  # [K, B]
        seen = breakpoints_to_frames(note.start_s + times_s, count)
        self.frames = torch.from_numpy(seen)  # [F, J]


class FitObjective:
    """A recording's levels in bands, beside those that an embedding would give it.

    Args:
        mono: float32 [frames] at 44.1 kHz, not silent.
        notes: what is played, at least one.

    Attributes:
        target: [F, B], dB relative to the loudest.
        shown: [F], what a frame counts; 0 where there is nothing to explain.
    """

    def __init__(self, mono: FloatArray, notes: Sequence[Note]) -> None:
        power = band_power(mono)
        level = 10.0 * np.log10(power + 1e-12)
        loudest_db = float(level.max())
        self.target = torch.from_numpy(
            np.maximum(level - loudest_db, -_RANGE_DB).astype(np.float32)
        )
        self._parts = [_NoteBands(note, len(power)) for note in notes]
        frames_s = np.arange(len(power)) * HOP / SAMPLE_RATE
        played = np.zeros(len(power), bool)
        for note in notes:
            played |= (frames_s > note.start_s - _EARLY_S) & (frames_s < note.end_s + _TAIL_S)
        # What sounds while nothing is played is the recording's own noise.
        floor = np.zeros(power.shape[1])
        if (~played).sum() >= _LEAST_PAUSE:
            floor = np.median(power[~played], axis=0)
        self._floor = torch.from_numpy((floor / 10 ** (loudest_db / 10)).astype(np.float32))
        shown = (played & (level.max(axis=1) > loudest_db - _SHOWN_DB)).astype(np.float32)
        before_s, after_s = _ONSET_S
        for note in notes:
            since_s = frames_s - note.start_s
            shown[(since_s > before_s) & (since_s < after_s) & (shown > 0)] = _ONSET_WEIGHT
        self.shown = torch.from_numpy(shown)
        self._factor: float | None = None

    @property
    def notes(self) -> tuple[Note, ...]:
        """What is played, where it is taken to be by now."""
        return tuple(part.note for part in self._parts)

    def predicted(self, decoder: Decoder, embedding: Tensor, gains_db: Tensor) -> Tensor:
        """What the recording's power in bands would be, but for one factor.

        Args:
            decoder: renders embeddings.
            embedding: [1, 512], unit norm.
            gains_db: [M], of each note.

        Returns:
            [F, B].
        """
        bands = self._bands(decoder, embedding, self._parts, gains_db)
        frames = torch.cat([part.frames for part in self._parts], dim=1)
        return frames @ torch.cat(bands)  # [F, J] @ [J, B], J of all notes

    def error(self, decoder: Decoder, embedding: Tensor, gains_db: Tensor) -> Tensor:
        """Mean absolute difference, dB, of what is shown; arguments of :meth:`predicted`."""
        return self._difference(self.predicted(decoder, embedding, gains_db))

    def alone(self, decoder: Decoder, embedding: Tensor) -> float:
        """The error of an embedding at the level that suits it, dB; see :meth:`predicted`."""
        power = self.predicted(decoder, embedding, torch.zeros(len(self._parts)))
        return float(self._difference(power, self._ratio(power)))

    @torch.no_grad()
    def align(self, decoder: Decoder, embedding: Tensor, gains_db: Tensor) -> None:
        """Move the notes' onsets and releases, one note at a time, to where they fit best.

        Arguments are those of :meth:`predicted`.
        """
        bands = self._bands(decoder, embedding, self._parts, gains_db)
        # Each note's [F, J] @ [J, B]. Power adds up, so that one can be exchanged for another.
        pieces = [part.frames @ own for part, own in zip(self._parts, bands, strict=True)]
        total = torch.stack(pieces).sum(dim=0)  # [F, B]
        best = float(self._difference(total))
        for place in np.argsort([part.note.start_s for part in self._parts]):
            for tried in (self._shifted(place), self._resized(place)):
                others = total - pieces[place]
                gains = gains_db[place : place + 1].expand(len(tried))
                changed = self._bands(decoder, embedding, tried, gains)
                for part, own in zip(tried, changed, strict=True):
                    piece = part.frames @ own
                    error = float(self._difference((others + piece).clamp_min(0.0)))
                    if error < best - 1e-4:
                        best, self._parts[place], pieces[place] = error, part, piece
                total = others + pieces[place]

    def _shifted(self, place: int) -> list[_NoteBands]:
        note = self._parts[place].note
        starts_s = {max(0.0, note.start_s + shift_s) for shift_s in _STARTS_S}
        return [_NoteBands(replace(note, start_s=s), len(self.target)) for s in sorted(starts_s)]

    def _resized(self, place: int) -> list[_NoteBands]:
        note = self._parts[place].note
        lengths_s = {max(_SHORTEST_S, note.duration_s * share) for share in _LENGTHS}
        return [
            _NoteBands(replace(note, duration_s=s), len(self.target)) for s in sorted(lengths_s)
        ]

    def _bands(
        self, decoder: Decoder, embedding: Tensor, parts: Sequence[_NoteBands], gains_db: Tensor
    ) -> list[Tensor]:
        """Each note's power in bands at its breakpoints.

        All notes go through the decoder together: J breakpoints of M notes.

        Args:
            decoder: renders embeddings.
            embedding: [1, 512], unit norm.
            parts: M notes.
            gains_db: [M].

        Returns:
            M tensors, each [J of the note, B].
        """
        pitch = torch.tensor([float(part.note.pitch) for part in parts])
        velocity = torch.tensor([float(part.note.velocity) for part in parts])
        state = decoder.note_state(embedding.expand(len(parts), -1), pitch, velocity)
        counts = [len(part.on_s) for part in parts]
        which = torch.arange(len(parts)).repeat_interleave(torch.tensor(counts))  # [J]
        on_s = torch.cat([part.on_s for part in parts])  # [J]
        off_s = torch.cat([part.off_s for part in parts])  # [J]
        controls = decoder(state, which, on_s, off_s)
        index = torch.cat([part.index for part in parts])  # [J, 128]
        fraction = torch.cat([part.fraction for part in parts])  # [J, 128]
        partial_db = tone_levels(controls, index, fraction)  # [J, K]
        keys = np.repeat(np.array([part.note.pitch for part in parts]), counts)
        noise_db = without_leakage(partial_db, controls.noise_db, keys)  # [J, 32]
        # A sinusoid of amplitude a has the power a²/2; noise levels are powers already.
        partials = 0.5 * torch.exp2(partial_db * _DB)  # [J, K]
        noise = torch.exp2(noise_db * _DB) @ noise_to_bands()  # [J, 32] @ [32, B]
        gains = torch.exp2(gains_db * _DB)  # [M]
        own = zip(
            parts, torch.split(partials, counts), torch.split(noise, counts), gains, strict=True
        )
        # Of each note [J, K] @ [K, B] + [J, B].
        return [gain * (tones @ part.spread + hiss) for part, tones, hiss, gain in own]

    def _ratio(self, power: Tensor) -> float:
        """The recording's power to that which is predicted [F, B], over the shown frames."""
        recorded = torch.exp2(self.target * _DB)  # [F, B]
        # [B, F] @ [F] of each.
        return float((recorded.T @ self.shown).sum() / (power.detach().T @ self.shown).sum())

    def _difference(self, power: Tensor, factor: float | None = None) -> Tensor:
        """How far a power in bands [F, B] is from the recording's, dB.

        Without a factor it takes the one that suited the first power compared so: from there
        on the level is the fit's to move.
        """
        if factor is None:
            if self._factor is None:
                self._factor = self._ratio(power)
            factor = self._factor
        level = 10.0 * torch.log10(power * factor + self._floor + 1e-9)
        apart = (_kneed(level) - _kneed(self.target)).abs().mean(dim=1)  # [F, B] to [F]
        return (apart * self.shown).sum() / self.shown.sum().clamp_min(1.0)


def _kneed(level_db: Tensor) -> Tensor:
    """Levels with all that is under the range squeezed onto its lower end, smoothly."""
    above = functional.softplus((level_db + _RANGE_DB) / _KNEE_DB)
    return -_RANGE_DB + _KNEE_DB * above
