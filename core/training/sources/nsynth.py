"""Instruments out of NSynth's published folder layout, when a user has it.

``examples.json`` and ``audio/NOTE.wav``: four seconds at 16 kHz of one note each, held for
three (Engel et al., *Neural Audio Synthesis of Musical Notes with WaveNet Autoencoders*, 2017;
CC BY 4.0). What the recordings do not hold, above 7.6 kHz, is not learned from them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from core.audio import read_audio, resample
from core.errors import UserInputError
from core.training.sources.instruments import SAMPLE_RATE, Instrument, PlayedNote

HELD_S = 3.0
MAX_HZ = 7_600.0
"""Just under half of the recordings' rate, where their filter begins."""

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

Choose = Callable[[int], list[PlayedNote]]
"""At most so many notes of an instrument, spread over its pitches."""


def iter_instruments(folder: Path) -> Iterator[tuple[Instrument, Choose]]:
    """Every instrument of one split of NSynth that has enough notes; read when chosen.

    Raises:
        UserInputError: if ``examples.json`` is missing or not NSynth's.
    """
    listing = folder / "examples.json"
    try:
        examples: dict[str, dict[str, Any]] = json.loads(listing.read_text("utf-8"))
        by_instrument: dict[str, list[str]] = defaultdict(list)
        for name, example in examples.items():
            by_instrument[str(example["instrument_str"])].append(name)
            int(example["pitch"]), int(example["velocity"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserInputError(f"{listing} cannot be read as NSynth's listing: {error}") from error
    for number, (id_, names) in enumerate(sorted(by_instrument.items())):
        if len(names) < _FEWEST_NOTES:
            continue
        ordered = sorted(names, key=lambda name: (int(examples[name]["pitch"]), name))
        pitches = [int(examples[name]["pitch"]) for name in ordered]
        family = str(examples[ordered[0]].get("instrument_family_str", ""))
        source = str(examples[ordered[0]].get("instrument_source_str", ""))
        qualities = {str(q) for name in ordered for q in examples[name].get("qualities_str", [])}
        instrument = Instrument(
            id=f"nsynth:{id_}",
            name=f"{source} {family}".replace("_", " ").strip(),
            family=_FAMILIES.get(family, ""),
            program=None,
            traits=tuple(sorted(quality.replace("_", " ") for quality in qualities)),
            split="valid" if number % _VALID_EVERY == 7 else "train",
            low=pitches[0],
            high=pitches[-1],
        )

        def choose(count: int, ordered: list[str] = ordered) -> list[PlayedNote]:
            picks = np.unique(np.linspace(0, len(ordered) - 1, count).round().astype(int))
            return [_read(folder, ordered[pick], examples[ordered[pick]]) for pick in picks]

        yield instrument, choose


def _read(folder: Path, name: str, example: dict[str, Any]) -> PlayedNote:
    audio, rate = read_audio(folder / "audio" / f"{name}.wav")
    mono = resample(audio.mean(axis=0, keepdims=True), rate, SAMPLE_RATE)[0]
    return PlayedNote(int(example["pitch"]), int(example["velocity"]), HELD_S, mono)
