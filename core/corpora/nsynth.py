"""NSynth's folder layout: ``examples.json`` and ``audio/NOTE.wav``, one folder a split.

Each file is one note of one instrument, four seconds at 16 kHz, its key held for three (Engel et
al., *Neural Audio Synthesis of Musical Notes with WaveNet Autoencoders*, ICML 2017; CC BY 4.0).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import UserInputError

HELD_S = 3.0
"""How long every key is held, seconds."""

MAX_HZ = 7_600.0
"""Just under half of the recordings' rate, where their filter begins."""

LISTING_NAME = "examples.json"


@dataclass(frozen=True)
class NSynthNote:
    """One recorded note.

    Attributes:
        name: unique in its split, such as ``guitar_acoustic_002-036-100``.
        instrument: such as ``guitar_acoustic_002``.
        family: such as ``guitar`` or ``synth_lead``; may be empty.
        source: ``acoustic``, ``electronic``, ``synthetic``; may be empty.
        qualities: such as ``fast_decay``, in the listing's order.
        pitch: MIDI key.
        velocity: MIDI velocity.
        audio: the recording. It is not opened, and may be missing.
    """

    name: str
    instrument: str
    family: str
    source: str
    qualities: tuple[str, ...]
    pitch: int
    velocity: int
    audio: Path


def read_instruments(folder: Path) -> dict[str, tuple[NSynthNote, ...]]:
    """Every instrument of a split and its notes.

    Returns:
        Instruments in the order of their names; notes by pitch, then by name.

    Raises:
        UserInputError: if ``examples.json`` is missing or not NSynth's.
    """
    listing = folder / LISTING_NAME
    by_instrument: dict[str, list[NSynthNote]] = defaultdict(list)
    try:
        examples: Mapping[str, Mapping[str, Any]] = json.loads(listing.read_text("utf-8"))
        for name, example in examples.items():
            note = _parse_note(name, example, folder / "audio")
            by_instrument[note.instrument].append(note)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserInputError(f"{listing} cannot be read as NSynth's listing: {error}") from error
    return {
        instrument: tuple(sorted(notes, key=lambda note: (note.pitch, note.name)))
        for instrument, notes in sorted(by_instrument.items())
    }


def _parse_note(name: str, example: Mapping[str, Any], audio: Path) -> NSynthNote:
    return NSynthNote(
        name=name,
        instrument=str(example["instrument_str"]),
        family=str(example.get("instrument_family_str", "")),
        source=str(example.get("instrument_source_str", "")),
        qualities=tuple(str(quality) for quality in example.get("qualities_str", ())),
        pitch=int(example["pitch"]),
        velocity=int(example["velocity"]),
        audio=audio / f"{name}.wav",
    )
