"""Short performances, the notes that were played in them, and those a transcriber finds there.

What :mod:`core.training.embedded.offsets.train` learns from: a training instrument plays a melody,
chords or one note, staccato to overlapping, half of it in a room or with noise. It is transcribed
as a user's recording is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.clip import Note
from core.encoders.embedded.encoder import without_silence
from core.encoders.embedded.transcription import transcribe_notes
from core.training.sources import effects
from core.training.sources.derived import DerivedInstruments
from core.training.sources.instruments import SAMPLE_RATE, Instrument, NotePlayer, Split
from core.training.sources.procedural import FIRST_LATER, make_instrument
from core.training.sources.soundfonts import FONTS, SoundfontPlayer, list_instruments
from core.types import FloatArray

_DERIVED, _PROCEDURAL, _LATER = 1500, 480, 320
_CHORD = np.array([0, 3, 4, 5, 7, 8, 9, 12, -12, -5])
_TAIL_S = 1.2
_INAUDIBLE = 1e-4
_MATCH_S = 0.12


@dataclass(frozen=True)
class LabelledPerformance:
    """One performance.

    Attributes:
        instrument: its id.
        mono: float32 [frames], peak 1.
        played: the notes that were played.
        transcribed: the notes that the transcriber finds.
    """

    instrument: str
    mono: FloatArray
    played: tuple[Note, ...]
    transcribed: tuple[Note, ...]

    def match_offsets(self) -> list[tuple[int, float]]:
        """Transcribed notes that were played, by number, and when their keys were let go, s."""
        matches = []
        for number, note in enumerate(self.transcribed):
            ends = [
                (abs(true.start_s - note.start_s), true.end_s)
                for true in self.played
                if true.pitch == note.pitch and abs(true.start_s - note.start_s) < _MATCH_S
            ]
            if ends:
                matches.append((number, min(ends)[1]))
        return matches


class PerformanceMaker:
    """Draws instruments of one split and has them play.

    Args:
        split: ``train`` or ``valid``.
        seed: the same seed gives the same performances.
    """

    def __init__(self, split: Split, seed: int) -> None:
        self._split = split
        self._rng = np.random.default_rng([41, seed])
        self._presets = [
            (font, *preset)
            for font in FONTS
            for preset in list_instruments(font)
            if preset[0].split == split
        ]
        self._players: dict[str, SoundfontPlayer] = {}
        self._derived = DerivedInstruments()

    def make(self) -> LabelledPerformance:
        """The next performance."""
        while True:
            instrument, player = self._draw()
            mono, played = self._perform(instrument, player)
            if np.abs(mono).max() < _INAUDIBLE:
                continue
            if self._rng.random() < 0.3:
                mono = effects.room(mono, self._rng)
            if self._rng.random() < 0.4:
                mono = effects.background(mono, self._rng)
            return _label(instrument.id, (mono / np.abs(mono).max()).astype(np.float32), played)

    def close(self) -> None:
        """Free the synthesizers."""
        self._derived.close()
        for player in self._players.values():
            player.close()

    def _draw(self) -> tuple[Instrument, NotePlayer]:
        kind = self._rng.random()
        if kind < 0.45:
            font, instrument, bank, program = self._presets[
                int(self._rng.integers(len(self._presets)))
            ]
            if font not in self._players:
                self._players[font] = SoundfontPlayer(font)
            self._players[font].select(bank, program)
            return instrument, self._players[font]
        if kind < 0.7 or self._split != "train":
            while True:
                later = self._rng.random() < 0.4
                index = int(self._rng.integers(_LATER if later else _PROCEDURAL))
                voice, voice_player = make_instrument(index + FIRST_LATER * later)
                if voice.split == self._split:
                    return voice, voice_player
        return self._derived.make(int(self._rng.integers(_DERIVED)))

    def _perform(self, instrument: Instrument, player: NotePlayer) -> tuple[FloatArray, list[Note]]:
        rng = self._rng
        seconds = float(rng.uniform(1.5, 5.0))
        mono = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
        style = rng.choice(["single", "melody", "chords"], p=[0.15, 0.55, 0.3])
        step_s = float(np.exp(rng.uniform(np.log(0.12), 0.0)))
        share, uneven = float(rng.uniform(0.2, 1.1)), float(rng.uniform(0.0, 0.4))
        centre = int(rng.integers(instrument.low, instrument.high + 1))
        lowest, highest = max(instrument.low, centre - 14), min(instrument.high, centre + 14)
        pitch, at_s, played = centre, float(rng.uniform(0.0, 0.1)), []
        while at_s < seconds - 0.1:
            gap_s = step_s * float(rng.choice([1, 1, 1, 2]))
            held_s = max(0.05, gap_s * share * float(np.exp(rng.uniform(-uneven, uneven))))
            if style == "single":
                gap_s, held_s = seconds, float(rng.uniform(0.2, 0.9) * seconds)
            pitches = {pitch}
            if style == "chords":
                above = rng.choice(_CHORD, int(rng.integers(2, 5)), replace=False)
                pitches = {int(np.clip(pitch + interval, 21, 108)) for interval in above}
            for key in sorted(pitches):
                own_s = held_s * float(rng.uniform(0.9, 1.1)) if rng.random() < 0.3 else held_s
                note = Note(at_s, key, int(rng.integers(40, 120)), own_s)
                audio = player.play(key, note.velocity, own_s, _TAIL_S)
                start = round(at_s * SAMPLE_RATE)
                length = min(len(audio), len(mono) - start)
                mono[start : start + length] += audio[:length]
                played.append(note)
            pitch = int(np.clip(pitch + rng.integers(-5, 6), lowest, highest))
            at_s += gap_s
        return mono, played


def _label(instrument: str, mono: FloatArray, played: list[Note]) -> LabelledPerformance:
    """Cut and transcribed as the encoder does it: from the first sound on."""
    cut_s = float(np.flatnonzero(np.abs(mono) > 1e-3)[0]) / SAMPLE_RATE
    mono = without_silence(mono)
    moved = []
    for note in played:
        start_s = max(0.0, note.start_s - cut_s)
        if note.end_s - cut_s > start_s:
            duration_s = note.end_s - cut_s - start_s
            moved.append(replace(note, start_s=start_s, duration_s=duration_s))
    return LabelledPerformance(instrument, mono, tuple(moved), transcribe_notes(mono))
