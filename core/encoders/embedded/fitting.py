"""Fit an embedding to a recording: render what was heard, compare, move, again.

A network hears a recording's timbre in one look, roughly. Given the notes that are played, the
decoder says what the recording's spectrum would be if the timbre were right. So the first look is
weighed against known instruments like it, by how well each explains the recording; then the
embedding follows the error down its gradient, while a prior keeps what the recording does not
show (other registers, softer notes) near where it began.
Analysis by synthesis; cf. Engel et al., *Self-supervised pitch detection by inverse audio
synthesis* (ICML workshop, 2020), where the synthesizer is given and the notes are sought.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.clip import Note, pitch_hz
from core.encoders.embedded.band_levels import (
    HOP,
    band_power,
    knots_to_frames,
    noise_to_bands,
    partials_to_bands,
)
from core.encoders.embedded.dynamics import VelocityResponse
from core.encoders.embedded.features import SAMPLE_RATE
from core.engines.embedded.controls import N_SUBHARMONICS, knot_times, partial_hz
from core.engines.embedded.decoder import (
    Decoder,
    coordinates,
    envelope_weights,
    on_sphere,
    tone_levels,
)
from core.engines.embedded.leakage import without_leakage
from core.types import FloatArray

_RANGE_DB = 70.0
_KNEE_DB = 4.0
_SHOWN_DB = 50.0
_TAIL_S = 0.6
_EARLY_S = 0.03
_LEAST_PAUSE = 8  # frames
_DB = float(np.log2(10.0) / 10.0)

_ONSET_S = (-0.04, 0.02)
_ONSET_WEIGHT = 0.15
"""When a note begins is known to some 20 ms only: what sounds too early would be explained by
an attack that is too hard, so that frames about an onset count little."""

_DYNAMICS_AT = (0.25, 0.5, 0.75)
"""Quantiles of the heard keys on which the timbre's dynamics are looked after."""

_STARTS_S = (-0.1, -0.06, -0.03, -0.015, -0.007, 0.007, 0.015, 0.03)
_LENGTHS = (0.4, 0.55, 0.7, 0.85, 1.15)
_SHORTEST_S = 0.05


@dataclass(frozen=True)
class FitSettings:
    """How hard to try.

    Attributes:
        known: how many known timbres are weighed against the first look.
        apart_db: how much better one must explain the recording to count e times as much.
        steps: of the optimiser.
        aligned: after which of them the notes' times are corrected.
        rate: its learning rate, in deviations of the prior.
        prior: what one squared deviation from the beginning costs, dB.
        gain_db: deviation of a note's level from what its velocity says.
        dynamics: what it costs, dB a dB, to change what playing louder does to the timbre.
        duller: what it costs, dB an octave, if playing louder makes it duller.
    """

    known: int = 32
    apart_db: float = 1.0
    steps: int = 60
    aligned: tuple[int, ...] = (0, 20)
    rate: float = 0.3
    prior: float = 0.004
    gain_db: float = 6.0
    dynamics: float = 0.05
    duller: float = 8.0


def fit(
    decoder: Decoder,
    first_guess: FloatArray,
    mono: FloatArray,
    notes: Sequence[Note],
    deviation: Tensor,
    known: Tensor,
    settings: FitSettings | None = None,
) -> FloatArray:
    """An embedding that explains a recording better than the first look at it.

    Args:
        decoder: renders embeddings.
        first_look: float32 [512], unit norm.
        mono: float32 [frames] at 44.1 kHz.
        notes: what is played, at least one.
        deviation: [511], how far each coordinate may be off; half partials are not looked for.
        known: [I, 512], timbres of known instruments; may be none.
        settings: see :class:`FitSettings`.

    Returns:
        float32 [512], unit norm.
    """
    settings = settings or FitSettings()
    heard = Heard(mono, notes)
    start = _beginning(decoder, heard, torch.from_numpy(first_guess), known, settings)
    pitches = [float(note.pitch) for note in notes]
    dynamics = VelocityResponse(
        decoder, [round(q) for q in np.quantile(pitches, _DYNAMICS_AT).tolist()]
    )
    with torch.no_grad():
        expected, _ = dynamics.of(on_sphere(start))
    place = torch.zeros_like(start, requires_grad=True)
    # Half partials come with known timbres or not at all: an organ's are heard as notes an octave
    # lower, and a fit that looked for them would find them anywhere.
    deviation = functional.pad(deviation[:-N_SUBHARMONICS], (0, N_SUBHARMONICS))
    # The recording's own level says nothing, that of one note beside another little.
    level = torch.zeros(1, requires_grad=True)
    gains = torch.zeros(len(notes), requires_grad=True)
    optimiser = torch.optim.Adam([place, level, gains], lr=settings.rate, betas=(0.8, 0.95))
    for step in range(settings.steps):
        for group in optimiser.param_groups:
            group["lr"] = settings.rate * (1.0 - step / settings.steps)
        embedding = on_sphere(start + place * deviation)
        gains_db = 10.0 * level + settings.gain_db * gains
        if step in settings.aligned:
            heard.align(decoder, embedding, gains_db)
        cost = heard.error(decoder, embedding, gains_db)
        cost = cost + settings.prior * (place.square().sum() + gains.square().sum())
        louder, fallen = dynamics.of(embedding)
        cost = cost + settings.dynamics * (louder - expected).abs().mean()
        cost = cost + settings.duller * fallen.mean()
        optimiser.zero_grad()
        cost.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    found: FloatArray = on_sphere(start + place * deviation)[0].detach().numpy()
    return found


@torch.no_grad()
def _beginning(
    decoder: Decoder, heard: Heard, first_guess: Tensor, known: Tensor, settings: FitSettings
) -> Tensor:
    """The first look and the known timbres nearest to it, by how well they explain [1, 511]."""
    nearest = (known @ first_guess).topk(min(settings.known, len(known))).indices
    tried = torch.cat([first_guess[None], functional.normalize(known[nearest], dim=-1)])
    errors = torch.tensor([heard.alone(decoder, one[None]) for one in tried])
    weight = torch.softmax(-errors / settings.apart_db, dim=0)
    return (weight[:, None] * coordinates(tried)).sum(dim=0, keepdim=True)


class _Part:
    """One note's knots, and what they count in each frame and band.

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
        self.on_s = torch.from_numpy(times_s.astype(np.float32))
        self.off_s = (self.on_s - note.duration_s).clamp_min(0.0)
        self.index = torch.from_numpy(index).expand(shape)
        self.fraction = torch.from_numpy(fraction).expand(shape)
        self.spread = torch.from_numpy(partials_to_bands(float(note.pitch)))  # [K, B]
        seen = knots_to_frames(note.start_s + times_s, count)
        self.frames = torch.from_numpy(seen)  # [F, J]


class Heard:
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
        self._parts = [_Part(note, len(power)) for note in notes]
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
        """Power in bands [F, B], but for one factor, of an embedding [1, 512] and gains [M]."""
        bands = self._bands(decoder, embedding, self._parts, gains_db)
        return torch.cat([part.frames for part in self._parts], dim=1) @ torch.cat(bands)

    def error(self, decoder: Decoder, embedding: Tensor, gains_db: Tensor) -> Tensor:
        """Mean absolute difference, dB, of what is shown."""
        return self._difference(self.predicted(decoder, embedding, gains_db))

    def alone(self, decoder: Decoder, embedding: Tensor) -> float:
        """The error of an embedding [1, 512] at the level that suits it."""
        power = self.predicted(decoder, embedding, torch.zeros(len(self._parts)))
        return float(self._difference(power, self._ratio(power)))

    @torch.no_grad()
    def align(self, decoder: Decoder, embedding: Tensor, gains_db: Tensor) -> None:
        """Move the notes' onsets and releases, one note at a time, to where they fit best."""
        bands = self._bands(decoder, embedding, self._parts, gains_db)
        pieces = [part.frames @ own for part, own in zip(self._parts, bands, strict=True)]
        total = torch.stack(pieces).sum(dim=0)
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

    def _shifted(self, place: int) -> list[_Part]:
        note = self._parts[place].note
        starts_s = {max(0.0, note.start_s + shift_s) for shift_s in _STARTS_S}
        return [_Part(replace(note, start_s=s), len(self.target)) for s in sorted(starts_s)]

    def _resized(self, place: int) -> list[_Part]:
        note = self._parts[place].note
        lengths_s = {max(_SHORTEST_S, note.duration_s * share) for share in _LENGTHS}
        return [_Part(replace(note, duration_s=s), len(self.target)) for s in sorted(lengths_s)]

    def _bands(
        self, decoder: Decoder, embedding: Tensor, parts: Sequence[_Part], gains_db: Tensor
    ) -> list[Tensor]:
        """Each note's power in bands at its knots [J, B]."""
        pitch = torch.tensor([float(part.note.pitch) for part in parts])
        velocity = torch.tensor([float(part.note.velocity) for part in parts])
        state = decoder.note_state(embedding.expand(len(parts), -1), pitch, velocity)
        counts = [len(part.on_s) for part in parts]
        which = torch.arange(len(parts)).repeat_interleave(torch.tensor(counts))
        on_s = torch.cat([part.on_s for part in parts])
        off_s = torch.cat([part.off_s for part in parts])
        controls = decoder(state, which, on_s, off_s)
        index = torch.cat([part.index for part in parts])
        fraction = torch.cat([part.fraction for part in parts])
        partial_db = tone_levels(controls, index, fraction)
        keys = np.repeat(np.array([part.note.pitch for part in parts]), counts)
        noise_db = without_leakage(partial_db, controls.noise_db, keys)
        partials = 0.5 * torch.exp2(partial_db * _DB)
        noise = torch.exp2(noise_db * _DB) @ noise_to_bands()
        gains = torch.exp2(gains_db * _DB)
        own = zip(
            parts, torch.split(partials, counts), torch.split(noise, counts), gains, strict=True
        )
        return [gain * (tones @ part.spread + hiss) for part, tones, hiss, gain in own]

    def _ratio(self, power: Tensor) -> float:
        """The recording's power to that which is predicted."""
        heard = torch.exp2(self.target * _DB)
        return float((heard.T @ self.shown).sum() / (power.detach().T @ self.shown).sum())

    def _difference(self, power: Tensor, factor: float | None = None) -> Tensor:
        if factor is None:
            if self._factor is None:
                self._factor = self._ratio(power)
            factor = self._factor
        level = 10.0 * torch.log10(power * factor + self._floor + 1e-9)
        apart = (_kneed(level) - _kneed(self.target)).abs().mean(dim=1)
        return (apart * self.shown).sum() / self.shown.sum().clamp_min(1.0)


def _kneed(level_db: Tensor) -> Tensor:
    """Levels with all that is under the range squeezed onto its lower end, smoothly."""
    above = functional.softplus((level_db + _RANGE_DB) / _KNEE_DB)
    return -_RANGE_DB + _KNEE_DB * above
