"""What a fit makes small: how far a recording's levels in bands are from an embedding's.

Sizes: M notes, J breakpoints of one note or of all, K = 144 partials, F frames, B = 72 bands.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
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
from core.encoders.embedded.decoder_rows import DecoderRows, between_rows, rows_of
from core.encoders.embedded.features import SAMPLE_RATE
from core.engines.embedded.controls import knot_times, partial_hz
from core.engines.embedded.decoder import (
    DecodedLevels,
    Decoder,
    envelope_weights,
    tone_levels,
)
from core.engines.embedded.leakage import without_leakage
from core.types import Float64Array, FloatArray

_RANGE_DB = 70.0  # under a recording's loudest band; what is softer is not compared
_KNEE_DB = 4.0
_SHOWN_DB = 50.0  # frames softer than this under the loudest count for nothing
_TAIL_S = 0.6  # of a note after its release, as far as recordings show it
_EARLY_S = 0.03  # by which a transcribed onset may be late
_LEAST_PAUSE = 8  # frames
_DB = float(np.log2(10.0) / 10.0)  # dB to the exponent of a power of two, which torch is quick at

_ONSET_S = (-0.04, 0.02)
_ONSET_WEIGHT = 0.5
"""When a note begins is known to some 20 ms only: what sounds too early would be explained by
an attack that is too hard, so that frames about an onset count half."""

_STARTS_S = (-0.1, -0.06, -0.03, -0.015, -0.007, 0.007, 0.015, 0.03)
_LENGTHS = (0.4, 0.55, 0.7, 0.85, 1.15)
_SHORTEST_S = 0.05

_LEAST_STEP_S = 0.03  # between breakpoints that are decoded,
_GROWTH = 1.0  # and as a share of the time since an onset or a release

_TOGETHER = 8  # embeddings in one pass: more do not fit into a core's cache


class _Sampled:
    """The breakpoints of a note that are decoded, and how all lie between them.

    Args:
        note: what is played.
        times_s: of all breakpoints, seconds from the onset [J].
    """

    def __init__(self, note: Note, times_s: Float64Array) -> None:
        decoded = decoded_times(times_s, note.duration_s)
        on_s = torch.from_numpy(times_s[decoded].astype(np.float32))  # [D]
        self.rows = DecoderRows(
            torch.tensor([float(note.pitch)]),
            torch.tensor([float(note.velocity)]),
            torch.zeros(len(decoded), dtype=torch.long),
            on_s,
            (on_s - note.duration_s).clamp_min(0.0),
        )
        right = np.searchsorted(decoded, np.arange(len(times_s))).clip(1)  # [J]
        before_s, after_s = times_s[decoded[right - 1]], times_s[decoded[right]]
        self.left = torch.from_numpy(right - 1)  # [J], into the rows
        self.between = torch.from_numpy(
            ((times_s - before_s) / (after_s - before_s)).astype(np.float32)
        )


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
        self.sampled = _Sampled(note, times_s)
        self.index = torch.from_numpy(index).expand(shape)  # [J, 128]
        self.fraction = torch.from_numpy(fraction).expand(shape)  # [J, 128]
        self.spread = torch.from_numpy(partials_to_bands(float(note.pitch)))  # [K, B]
        self._times_s = times_s
        seen = breakpoints_to_frames(note.start_s + times_s, count)
        self.frames = torch.from_numpy(seen)  # [F, J]

    def moved(self, start_s: float, count: int) -> _NoteBands:
        """The same note, beginning at another time; ``count`` as above."""
        moved = copy.copy(self)
        moved.note = replace(self.note, start_s=start_s)
        seen = breakpoints_to_frames(start_s + self._times_s, count)
        moved.frames = torch.from_numpy(seen)
        return moved


def decoded_times(times_s: Float64Array, held_s: float) -> npt.NDArray[np.int64]:
    """Which of a note's breakpoints the decoder is asked for.

    A frame sees 46 ms, and levels in dB between an onset and a release bend little: a fifth of
    the breakpoints say it as well as all, and the fit's time goes into the decoder.

    Args:
        times_s: of the breakpoints, seconds from the onset [J].
        held_s: when the key is let go; one of them.

    Returns:
        int64 [D], increasing; the first, the last and the release are among them.
    """
    kept = [0]
    for index in range(1, len(times_s)):
        last_s = times_s[kept[-1]]
        since_s = last_s if times_s[index] <= held_s else last_s - held_s
        is_far = times_s[index] - last_s >= max(_LEAST_STEP_S, _GROWTH * since_s)
        is_edge = index == len(times_s) - 1 or abs(times_s[index] - held_s) < 1e-9
        if is_far or is_edge:
            kept.append(index)
    return np.array(kept, np.int64)


class _BandLayout:
    """What stays as it is while an objective's notes do: their rows and indices put together."""

    def __init__(self, parts: Sequence[_NoteBands]) -> None:
        sampled = [part.sampled for part in parts]
        self.parts = parts
        self.rows = DecoderRows.joined([own.rows for own in sampled])
        self.counts = [len(own.left) for own in sampled]
        first = np.cumsum([0, *(len(own.rows.note) for own in sampled[:-1])])
        self.left = torch.cat([own.left + int(f) for own, f in zip(sampled, first, strict=True)])
        self.between = torch.cat([own.between for own in sampled])  # [J]
        self.index = torch.cat([part.index for part in parts])  # [J, 128]
        self.fraction = torch.cat([part.fraction for part in parts])  # [J, 128]
        self.keys = np.repeat(np.array([part.note.pitch for part in parts]), self.counts)

    def bands(self, controls: DecodedLevels, gains_db: Tensor) -> list[Tensor]:
        """Each note's power in bands at its breakpoints.

        Args:
            controls: at :attr:`rows`.
            gains_db: [M].

        Returns:
            M tensors, each [J of the note, B].
        """
        controls = between_rows(controls, self.left, self.left + 1, self.between)
        partial_db = tone_levels(controls, self.index, self.fraction)  # [J, K]
        noise_db = without_leakage(partial_db, controls.noise_db, self.keys)  # [J, 32]
        # A sinusoid of amplitude a has the power a²/2; noise levels are powers already.
        partials = 0.5 * torch.exp2(partial_db * _DB)  # [J, K]
        noise = torch.exp2(noise_db * _DB) @ noise_to_bands()  # [J, 32] @ [32, B]
        gains = torch.exp2(gains_db * _DB)  # [M]
        own = zip(
            self.parts,
            torch.split(partials, self.counts),
            torch.split(noise, self.counts),
            gains,
            strict=True,
        )
        # Of each note [J, K] @ [K, B] + [J, B].
        return [gain * (tones @ part.spread + hiss) for part, tones, hiss, gain in own]


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
        self._set_parts([_NoteBands(note, len(power)) for note in notes])
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

    @property
    def rows(self) -> DecoderRows:
        """What the decoder must be asked for, with the notes where they are by now."""
        return self._layout.rows

    def predicted_at(self, controls: DecodedLevels, gains_db: Tensor) -> Tensor:
        """What the recording's power in bands would be, but for one factor.

        Args:
            controls: at :attr:`rows`.
            gains_db: [M], of each note.

        Returns:
            [F, B].
        """
        bands = self._layout.bands(controls, gains_db)
        return self._frames @ torch.cat(bands)  # [F, J] @ [J, B], J of all notes

    def predicted(self, decoder: Decoder, embedding: Tensor, gains_db: Tensor) -> Tensor:
        """As :meth:`predicted_at`, of an embedding.

        Args:
            decoder: renders embeddings.
            embedding: [1, 512], unit norm.
            gains_db: [M], of each note.

        Returns:
            [F, B].
        """
        return self.predicted_at(self.rows.decode(decoder, embedding), gains_db)

    def error_at(self, controls: DecodedLevels, gains_db: Tensor) -> Tensor:
        """Mean absolute difference, dB, of what is shown; arguments of :meth:`predicted_at`."""
        return self._difference(self.predicted_at(controls, gains_db))

    def error(self, decoder: Decoder, embedding: Tensor, gains_db: Tensor) -> Tensor:
        """Mean absolute difference, dB, of what is shown; arguments of :meth:`predicted`."""
        return self._difference(self.predicted(decoder, embedding, gains_db))

    @torch.no_grad()
    def alone(self, decoder: Decoder, embeddings: Tensor) -> list[float]:
        """The error of each of several embeddings at the level that suits it, dB.

        Args:
            decoder: renders embeddings.
            embeddings: [I, 512], unit norm.
        """
        count, silent = len(self.rows.note), torch.zeros(len(self._parts))
        errors = []
        for few in torch.split(embeddings, _TOGETHER):
            controls = self.rows.decode_each(decoder, few)
            for index in range(len(few)):
                own = rows_of(controls, index * count, (index + 1) * count)
                power = self.predicted_at(own, silent)
                errors.append(float(self._difference(power, self._ratio(power))))
        return errors

    @torch.no_grad()
    def align(self, decoder: Decoder, embedding: Tensor, gains_db: Tensor) -> None:
        """Move the notes' onsets and releases, one note at a time, to where they fit best.

        Arguments are those of :meth:`predicted`.
        """
        own_bands = self._layout.bands(self.rows.decode(decoder, embedding), gains_db)
        # What a note of another length would be, all notes' at once: it does not depend on when
        # the note begins.
        resized = [self._resized(note) for note in self.notes]
        counts = [len(parts) for parts in resized]
        layout = _BandLayout([part for parts in resized for part in parts])
        gains = gains_db.repeat_interleave(torch.tensor(counts))
        all_bands = iter(layout.bands(layout.rows.decode(decoder, embedding), gains))
        resized_bands = [[next(all_bands) for _ in parts] for parts in resized]
        # Each note's [F, J] @ [J, B]. Power adds up, so that one can be exchanged for another.
        pieces = [part.frames @ own for part, own in zip(self._parts, own_bands, strict=True)]
        total = torch.stack(pieces).sum(dim=0)  # [F, B]
        best = float(self._difference(total))
        for place in np.argsort([note.start_s for note in self.notes]):
            others = total - pieces[place]
            # Either another beginning or another length, whichever explains more.
            tried = [(part, own_bands[place]) for part in self._shifted(place)]
            tried += zip(resized[place], resized_bands[place], strict=True)
            for part, own in tried:
                piece = part.frames @ own
                error = float(self._difference((others + piece).clamp_min(0.0)))
                if error < best - 1e-4:
                    best, self._parts[place], pieces[place] = error, part, piece
            total = others + pieces[place]
        self._set_parts(self._parts)

    def _set_parts(self, parts: list[_NoteBands]) -> None:
        self._parts = parts
        self._layout = _BandLayout(parts)
        self._frames = torch.cat([part.frames for part in parts], dim=1)  # [F, J]

    def _shifted(self, place: int) -> list[_NoteBands]:
        part = self._parts[place]
        starts_s = {max(0.0, part.note.start_s + shift_s) for shift_s in _STARTS_S}
        return [part.moved(start_s, len(self.target)) for start_s in sorted(starts_s)]

    def _resized(self, note: Note) -> list[_NoteBands]:
        lengths_s = {max(_SHORTEST_S, note.duration_s * share) for share in _LENGTHS}
        return [
            _NoteBands(replace(note, duration_s=s), len(self.target)) for s in sorted(lengths_s)
        ]

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
