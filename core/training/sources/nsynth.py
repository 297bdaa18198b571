"""Instruments out of NSynth, when a user has it; its layout is :mod:`core.corpora.nsynth`'s matter.

What the recordings do not hold, above 7.6 kHz, is not learned from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from core.audio import read_audio
from core.audio.conform import mono
from core.corpora.nsynth import HELD_S, NSynthNote, read_instruments
from core.training.sources.instruments import SAMPLE_RATE, Instrument, PlayedNote

_FAMILIES = {
    "bass": "bass",
    "brass": "brass",
    "flute": "pipe",
    "guitar": "guitar",
    "keyboard": "piano",
    "mallet": "chromatic percussion",
    "organ": "organ",
    "reed": "reed",
    "string": "strings",
    "synth_lead": "synth lead",
    "vocal": "ensemble",
}
_FEWEST_NOTES = 8
_VALID_EVERY = 23

NoteSampler = Callable[[int], list[PlayedNote]]
"""At most so many notes of an instrument, spread over its pitches."""


def iter_instruments(folder: Path) -> Iterator[tuple[Instrument, NoteSampler]]:
    """Every instrument of one split of NSynth that has enough notes; read when sampled.

    Raises:
        UserInputError: if ``examples.json`` is missing or not NSynth's.
    """
    for number, (id_, notes) in enumerate(read_instruments(folder).items()):
        if len(notes) < _FEWEST_NOTES:
            continue
        family, source = notes[0].family, notes[0].source
        qualities = {quality for note in notes for quality in note.qualities}
        instrument = Instrument(
            id=f"nsynth:{id_}",
            name=f"{source} {family}".replace("_", " ").strip(),
            family=_FAMILIES.get(family, ""),
            program=None,
            traits=tuple(sorted(quality.replace("_", " ") for quality in qualities)),
            split="valid" if number % _VALID_EVERY == 7 else "train",
            low=notes[0].pitch,
            high=notes[-1].pitch,
        )

        def sample(count: int, notes: tuple[NSynthNote, ...] = notes) -> list[PlayedNote]:
            picks = np.unique(np.linspace(0, len(notes) - 1, count).round().astype(int))
            return [_read(notes[pick]) for pick in picks]

        yield instrument, sample


def _read(note: NSynthNote) -> PlayedNote:
    audio, rate = read_audio(note.audio)
    return PlayedNote(note.pitch, note.velocity, HELD_S, mono(audio, rate, SAMPLE_RATE))
