"""NSynth's folder layout, made here in little: what is read, and what is not learned from it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from core.audio import resample, write_wav
from core.corpora.nsynth import HELD_S, MAX_HZ
from core.engines.embedded.controls import MAX_PARTIAL_HZ
from core.errors import UserInputError
from core.training.embedded import dataset as data
from core.training.embedded import instrument_file, prepare
from core.training.sources.nsynth import iter_instruments
from core.training.sources.procedural import make_instrument


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two instruments: one of nine notes, one of too few."""
    folder = tmp_path_factory.mktemp("nsynth-valid")
    (folder / "audio").mkdir()
    examples = {}
    for index, pitches in ((2, range(36, 81, 5)), (3, (60, 62))):
        _, player = make_instrument(index)
        for pitch in pitches:
            name = f"guitar_acoustic_{index:03}-{pitch:03}-100"
            audio = resample(player.play(pitch, 100, HELD_S, 1.0)[None], 44_100, 16_000)
            write_wav(folder / "audio" / f"{name}.wav", audio, 16_000)
            examples[name] = {
                "instrument_str": f"guitar_acoustic_{index:03}",
                "instrument_family_str": "guitar",
                "instrument_source_str": "acoustic",
                "qualities_str": ["bright", "fast_decay"],
                "pitch": pitch,
                "velocity": 100,
            }
    (folder / "examples.json").write_text(json.dumps(examples))
    return folder


def test_instruments_with_enough_notes_are_read(folder: Path) -> None:
    ((instrument, sample),) = iter_instruments(folder)
    assert instrument.id == "nsynth:guitar_acoustic_002"
    assert (instrument.name, instrument.family) == ("acoustic guitar", "guitar")
    assert instrument.traits == ("bright", "fast decay")
    assert (instrument.low, instrument.high) == (36, 76)
    notes = sample(5)
    assert [note.pitch for note in notes] == [36, 46, 56, 66, 76]
    assert len(sample(30)) == 9
    assert all(len(note.audio) == 4 * 44_100 for note in notes)


def test_what_was_not_recorded_is_not_learned(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instrument_file, "N_REFERENCES", 2)
    monkeypatch.setattr(data, "N_CAPTIONS", 2)
    assert prepare.build_nsynth(tmp_path, folder, 0, 1) >= 1
    assert prepare.build_nsynth(tmp_path, folder, 0, 1) == 0  # there already
    training = data.TrainingSet(tmp_path, "train")
    batch = training.batch_of(np.array([0]), np.random.default_rng(0), 30)
    assert batch.recorded.any()
    assert not batch.recorded[batch.audible == 0].any()
    assert MAX_PARTIAL_HZ > MAX_HZ
    assert (batch.recorded.sum(dim=1) < batch.audible.sum(dim=1)).all()
    assert torch.equal(batch.noise_recorded[0], batch.noise_recorded[-1])
    assert 20 < int(batch.noise_recorded[0].sum()) < 32


@pytest.mark.parametrize("content", [None, "{", '{"a": {"pitch": 3}}', "[1]"])
def test_a_folder_that_is_not_nsynths_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "examples.json").write_text(content)
    with pytest.raises(UserInputError, match=r"examples\.json"):
        next(iter_instruments(tmp_path))
