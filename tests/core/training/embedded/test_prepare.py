"""Copies of instruments through effects: which are made, and what they do to the notes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.training.embedded import prepare
from core.training.sources.instruments import SAMPLE_RATE, Instrument, PlayedNote, Split
from core.training.sources.procedural import make_instrument

INSTRUMENT, _ = make_instrument(27)


def named(number: int, split: Split = "train") -> Instrument:
    return replace(INSTRUMENT, id=f"test:{number}", split=split)


def test_a_seventh_gets_a_room_half_an_effect_and_held_out_ones_neither(tmp_path: Path) -> None:
    kinds = [prepare.missing_kinds(tmp_path, named(number)) for number in range(400)]
    assert all(made[-1] == "" for made in kinds)
    rooms, effects = (sum(kind in made for made in kinds) for kind in ("+room", "+fx"))
    assert 35 <= rooms <= 90
    assert 160 <= effects <= 240
    for number in range(400):
        assert prepare.missing_kinds(tmp_path, named(number, "heldout")) == [""]


def test_only_what_is_missing_is_made(tmp_path: Path) -> None:
    number = next(n for n in range(99) if len(prepare.missing_kinds(tmp_path, named(n))) == 3)
    prepare.instrument_path(tmp_path, f"test:{number}").touch()
    assert prepare.missing_kinds(tmp_path, named(number)) == ["+room", "+fx"]


def energy(audio: np.ndarray, first_s: float, last_s: float) -> float:
    return float((audio[int(first_s * SAMPLE_RATE) : int(last_s * SAMPLE_RATE)] ** 2).mean())


@pytest.mark.parametrize("number", range(4))
def test_a_room_rings_on_after_the_key_and_is_the_same_for_every_note(number: int) -> None:
    instrument = named(number)
    held_s = 0.3
    click = np.zeros(int(1.5 * SAMPLE_RATE), np.float32)
    click[: int(held_s * SAMPLE_RATE)] = 0.5 * np.sin(np.arange(int(held_s * SAMPLE_RATE)) * 0.05)
    notes = [PlayedNote(60, 90, held_s, click), PlayedNote(60, 90, held_s, click)]
    copy, wet = prepare.augmented_copy(instrument, "+room", notes)
    assert copy.id == f"test:{number}+room"
    assert len(wet[0].audio) == len(click)
    assert energy(wet[0].audio, 0.35, 0.5) > 1e-7
    assert energy(wet[0].audio, 0.35, 0.5) > energy(wet[0].audio, 1.2, 1.4)
    np.testing.assert_array_equal(wet[0].audio, wet[1].audio)
    assert set(copy.traits) - set(INSTRUMENT.traits) <= {
        "reverberant", "in a large hall", "in a room", "distorted",
    }  # fmt: skip
