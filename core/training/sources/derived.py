"""New instruments out of others: moved formants, layers, other envelopes, livelier keys.

A few soundfonts hold some hundred instruments, and an encoder that has met only those learns
them by heart. Each derived instrument takes one or two of them through what a sound designer
does in a sampler: resampling (formants and attack move, pitch is played back into place),
layering, a new amplitude envelope, and a filter that opens with velocity.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import soxr

from core.training.sources.instruments import SAMPLE_RATE, Instrument, NotePlayer
from core.training.sources.procedural import make_instrument
from core.training.sources.soundfonts import FONTS, SoundfontPlayer, list_instruments
from core.types import FloatArray

_PROCEDURAL_SHARE = 0.3
_FIRST_PROCEDURAL, _LAST_PROCEDURAL = 0, 480


@dataclass(frozen=True)
class SoundfontPreset:
    """One preset of a soundfont whose player others may be using as well.

    Attributes:
        player: of the font.
        bank, program: of the preset.
    """

    player: SoundfontPlayer
    bank: int
    program: int

    def play(self, pitch: int, velocity: int, held_s: float, tail_s: float) -> FloatArray:
        """See :class:`core.training.sources.instruments.NotePlayer`."""
        self.player.select(self.bank, self.program)
        return self.player.play(pitch, velocity, held_s, tail_s)


@dataclass(frozen=True)
class Design:
    """What is done to an instrument; each field's default leaves it as it is.

    Attributes:
        semitones: by how much formants move up.
        layer_db: level of the second instrument; None without one.
        attack_s, decay_s, release_s: of an envelope laid over the sound.
        opening: slope in dB an octave over 300 Hz that a note at no velocity would lose.
    """

    semitones: int = 0
    layer_db: float | None = None
    attack_s: float | None = None
    decay_s: float | None = None
    release_s: float | None = None
    opening: float = 0.0


def random_design(rng: np.random.Generator) -> Design:
    """At least one thing is done."""

    def maybe(share: float, low: float, high: float) -> float | None:
        drawn = float(np.exp(rng.uniform(np.log(low), np.log(high))))
        return drawn if rng.random() < share else None

    while True:
        design = Design(
            semitones=int(rng.integers(-7, 8)) if rng.random() < 0.6 else 0,
            layer_db=float(rng.uniform(-12, 6)) if rng.random() < 0.4 else None,
            attack_s=maybe(0.25, 0.01, 0.4),
            decay_s=maybe(0.25, 0.1, 3.0),
            release_s=maybe(0.3, 0.02, 0.4),
            opening=float(rng.uniform(3, 18)) if rng.random() < 0.4 else 0.0,
        )
        if design != Design():
            return design


@dataclass(frozen=True)
class DerivedPlayer:
    """Plays an instrument changed by a design.

    Attributes:
        first: the instrument.
        second: what a layer is made of.
        design: what is done.
    """

    first: NotePlayer
    second: NotePlayer
    design: Design

    def play(self, pitch: int, velocity: int, held_s: float, tail_s: float) -> FloatArray:
        """See :class:`core.training.sources.instruments.NotePlayer`."""
        design = self.design
        audio = self._shift_formants(self.first, pitch, velocity, held_s, tail_s)
        if design.layer_db is not None:
            other = self.second.play(pitch, velocity, held_s, tail_s)
            length = min(len(audio), len(other))
            audio = audio[:length] + other[:length] * 10 ** (design.layer_db / 20)
        return self._apply_velocity_filter(self._apply_envelope(audio, held_s), velocity).astype(
            np.float32
        )

    def _shift_formants(
        self, player: NotePlayer, pitch: int, velocity: int, held_s: float, tail_s: float
    ) -> FloatArray:
        shift = self.design.semitones
        if not shift or not 0 <= pitch - shift <= 127:
            return player.play(pitch, velocity, held_s, tail_s)
        ratio = 2.0 ** (shift / 12)
        slow = player.play(pitch - shift, velocity, held_s * ratio, tail_s * ratio)
        quick: FloatArray = soxr.resample(slow, SAMPLE_RATE * ratio, SAMPLE_RATE)
        return quick[: round((held_s + tail_s) * SAMPLE_RATE)]

    def _apply_envelope(self, audio: FloatArray, held_s: float) -> FloatArray:
        design, on_s = self.design, np.arange(len(audio)) / SAMPLE_RATE
        envelope = np.ones(len(audio))
        if design.attack_s is not None:
            envelope *= 1.0 - np.exp(-3.0 * on_s / design.attack_s)
        if design.decay_s is not None:
            envelope *= np.exp(-on_s / design.decay_s)
        if design.release_s is not None:
            envelope *= np.exp(-np.maximum(on_s - held_s, 0.0) / design.release_s)
        return (audio * envelope).astype(np.float32)

    def _apply_velocity_filter(self, audio: FloatArray, velocity: int) -> FloatArray:
        if not self.design.opening:
            return audio
        octaves = np.log2(np.maximum(np.fft.rfftfreq(len(audio), 1 / SAMPLE_RATE), 300.0) / 300.0)
        lost_db = self.design.opening * (1.0 - velocity / 127.0) * octaves
        darker = np.fft.irfft(np.fft.rfft(audio) * 10 ** (-lost_db / 20), len(audio))
        return darker.astype(np.float32)


class DerivedInstruments:
    """Makes derived instruments out of the training split's presets and procedural voices."""

    def __init__(self) -> None:
        self._presets = [
            (font, *preset)
            for font in FONTS
            for preset in list_instruments(font)
            if preset[0].split == "train"
        ]
        self._players: dict[str, SoundfontPlayer] = {}

    def make(self, index: int) -> tuple[Instrument, DerivedPlayer]:
        """The instrument of this number; the same number gives the same instrument."""
        rng = np.random.default_rng([97, index])
        design = random_design(rng)
        instrument, first = self._draw(rng)
        other, second = self._draw(rng)
        name, family = instrument.name, instrument.family
        if design.layer_db is not None:
            name = f"{name} and {other.name}"
            family = family if design.layer_db < 0 else other.family
        traits = ("slow attack",) if (design.attack_s or 0) > 0.15 else ()
        derived = replace(
            instrument,
            id=f"derived:{index}",
            name=name,
            family=family,
            program=instrument.program if design.layer_db is None else None,
            traits=(*instrument.traits, *traits),
        )
        return derived, DerivedPlayer(first, second, design)

    def _draw(self, rng: np.random.Generator) -> tuple[Instrument, NotePlayer]:
        if rng.random() < _PROCEDURAL_SHARE:
            while True:
                index = int(rng.integers(_FIRST_PROCEDURAL, _LAST_PROCEDURAL))
                instrument, player = make_instrument(index)
                if instrument.split == "train":
                    return instrument, player
        font, instrument, bank, program = self._presets[int(rng.integers(len(self._presets)))]
        if font not in self._players:
            self._players[font] = SoundfontPlayer(font)
        return instrument, SoundfontPreset(self._players[font], bank, program)

    def close(self) -> None:
        """Free the synthesizers."""
        for player in self._players.values():
            player.close()
