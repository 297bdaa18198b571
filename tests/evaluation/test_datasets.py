"""Manifests: what is read, what is refused, and where the fault is said to be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.audio import read_audio, write_wav
from core.errors import UserInputError
from core.midi import read_midi, write_midi
from core.training.sources.instruments import HELD_OUT_PROGRAMS
from evaluation import datasets, importers
from evaluation.sets import make_embedded_v1
from tests.evaluation import sounds


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_midi(sounds.melody(), tmp_path / "a.mid")
    for name in ("a.reference", "a.target"):
        write_wav(tmp_path / f"{name}.wav", sounds.tone(440)[None], sounds.RATE)
    return tmp_path


def manifest(folder: Path, *lines: Any) -> Path:
    path = folder / "m.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n")
    return path


GOOD = {"id": "a", "midi": "a.mid", "text": "warm bass"}


def test_the_built_in_set_is_whole_and_held_out() -> None:
    """Loading checks every hash."""
    found = datasets.load("embedded-v1")
    assert found.name == "embedded-v1"
    assert len(found.items) == len(HELD_OUT_PROGRAMS) == 24
    assert list(make_embedded_v1.INSTRUMENTS) == list(HELD_OUT_PROGRAMS)
    size = sum(path.stat().st_size for path in datasets.SETS.rglob("*") if path.is_file())
    assert size < 6_000_000
    for item in found.items:
        assert item.sha256.keys() == {"midi", "reference", "target"}
        clip = read_midi(item.midi).clip
        audio, rate = read_audio(item.target or "")
        assert rate == 44_100
        assert audio.shape[0] == 1
        assert max(note.start_s for note in clip.notes) < audio.shape[1] / rate


def test_every_instrument_of_the_set_has_another_melody_as_reference() -> None:
    for index, program in enumerate(HELD_OUT_PROGRAMS):
        planned = make_embedded_v1.plan(index, program)
        assert planned.target.name != planned.reference.name


def test_what_is_written_is_read_back(folder: Path) -> None:
    item = datasets.Item(
        "a", folder / "a.mid", folder / "a.reference.wav", "words", None, "flute", "valid"
    )
    datasets.write(folder / "m.jsonl", [item], {"set": "mine"})
    found = datasets.load(folder / "m.jsonl")
    assert found.name == "mine"
    (read,) = found.items
    assert (read.id, read.text, read.instrument, read.split) == ("a", "words", "flute", "valid")
    assert read.reference is not None
    assert read.reference.samefile(folder / "a.reference.wav")
    assert read.sha256["midi"] == datasets.file_sha256(folder / "a.mid")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{not json", "not JSON"),
        ("[1]", "not a JSON object"),
        ({"midi": "a.mid", "text": "x"}, "id is missing"),
        ({"id": "a", "text": "x"}, "midi is missing"),
        ({"id": "a/b", "midi": "a.mid", "text": "x"}, "letters, digits"),
        ({"id": "a", "midi": "a.mid"}, "give a timbre"),
        ({"id": "a", "midi": "a.mid", "text": "  "}, "text must be a string"),
        ({"id": "a", "midi": "a.mid", "text": "x", "velocity": 1}, "unknown field 'velocity'"),
        ({"id": "a", "midi": "b.mid", "text": "x"}, "does not exist"),
        ({**GOOD, "sha256": {"midi": "0" * 64}}, "differs from its sha256"),
        ({**GOOD, "sha256": {"colour": "0"}}, "sha256 must map"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_wrong_line_is_named_by_its_number(folder: Path, line: Any, words: str) -> None:
    path = manifest(folder, {"set": "s"}, {**GOOD, "id": "first"}, line)
    with pytest.raises(UserInputError, match=words) as error:
        datasets.load(path)
    assert "line 3" in str(error.value)
    assert "\n" not in str(error.value)


def test_an_id_given_twice_names_both_lines(folder: Path) -> None:
    with pytest.raises(UserInputError, match=r"line 2: id 'a' stands on line 1"):
        datasets.load(manifest(folder, GOOD, GOOD))


@pytest.mark.parametrize("lines", [[""], [{"set": "s"}], []])
def test_a_set_of_nothing_is_refused(folder: Path, lines: list[Any]) -> None:
    with pytest.raises(UserInputError, match="no items"):
        datasets.load(manifest(folder, *lines))


def test_a_missing_manifest_says_what_there_is() -> None:
    with pytest.raises(UserInputError, match="embedded-v1"):
        datasets.load("no-such-set")


def test_a_split_is_kept_alone(folder: Path) -> None:
    path = manifest(folder, GOOD, {**GOOD, "id": "b", "split": "valid"})
    assert [item.id for item in datasets.load(path, "valid").items] == ["b"]
    with pytest.raises(UserInputError, match="split 'train'"):
        datasets.load(path, "train")


def test_a_plain_folder_becomes_items(folder: Path) -> None:
    (folder / "a.txt").write_text("soft flute\n")
    (item,) = importers.read("folder", folder, folder)
    assert item.text == "soft flute"
    assert item.reference == folder / "a.reference.wav"
    assert item.target == folder / "a.target.wav"
    (folder / "a.txt").unlink()
    (folder / "a.reference.wav").unlink()
    with pytest.raises(UserInputError, match="no timbre"):
        importers.read("folder", folder, folder)


def test_nsynth_becomes_pairs_of_notes_of_one_instrument(tmp_path: Path) -> None:
    source, out = tmp_path / "nsynth-test", tmp_path / "out"
    (source / "audio").mkdir(parents=True)
    out.mkdir()
    examples = {}
    for instrument, pitches in (
        ("bass_synthetic_000", (40, 45, 50)),
        ("flute_acoustic_001", (70,)),
    ):
        for pitch in pitches:
            name = f"{instrument}-{pitch:03d}-100"
            examples[name] = {
                "instrument_str": instrument,
                "pitch": pitch,
                "velocity": 100,
                "qualities_str": ["dark", "long_release"],
                "instrument_family_str": "bass",
                "instrument_source_str": "synthetic",
            }
            write_wav(source / "audio" / f"{name}.wav", sounds.tone(220)[None], 16_000)
    (source / "examples.json").write_text(json.dumps(examples))
    (item,) = importers.read("nsynth", source, out, seed=1)  # the flute has one note only
    assert item.instrument == "bass_synthetic_000"
    assert item.reference != item.target
    assert item.text == "dark long release synthetic bass"
    (note,) = read_midi(item.midi).clip.notes
    assert f"-{note.pitch:03d}-" in str(item.target)
    datasets.write(out / "manifest.jsonl", [item])
    assert len(datasets.load(out).items) == 1
    (source / "examples.json").write_text("[]")
    with pytest.raises(UserInputError, match="NSynth"):
        importers.read("nsynth", source, out)


def test_lakh_becomes_excerpts_in_words_and_damaged_files_are_passed_over(tmp_path: Path) -> None:
    source, out = tmp_path / "lmd_full", tmp_path / "out"
    (source / "a").mkdir(parents=True)
    out.mkdir()
    write_midi(sounds.melody(), source / "a" / "aa11.mid")
    (source / "a" / "bad.mid").write_bytes(b"MThd\0\0")
    items = importers.read("lakh", source, out, seed=3)
    assert [item.id for item in items] == ["a-aa11"]
    clip = read_midi(items[0].midi).clip
    assert len(clip.notes) == 8
    assert clip.notes[0].start_s == 0
    with pytest.raises(UserInputError, match="nothing"):
        importers.read("lakh", out / "scores" / "..", out, limit=0)


def test_unknown_layouts_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match="not one of"):
        importers.read("maestro", tmp_path, tmp_path)
    with pytest.raises(UserInputError, match="no such folder"):
        importers.read("lakh", tmp_path / "x", tmp_path)
