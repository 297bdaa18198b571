"""The factory bank: what is in it, that a new library has it, and that it comes back."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from core.audio import read_reference
from core.library import Library, factory
from core.timbre import AudioTimbre, TextTimbre
from core.training import factory_presets


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library.open(tmp_path_factory.mktemp("new") / "l.sqlite") as opened:
        yield opened


def test_a_new_library_has_the_whole_bank(pristine: Library) -> None:
    presets = pristine.list(limit=1000).presets
    assert len(presets) >= 48
    assert all(preset.tags and preset.factory for preset in presets)
    kinds = Counter(preset.kind for preset in presets)
    assert min(kinds["audio"], kinds["text"], kinds["blend"]) >= 10
    for preset in presets:
        pristine.recipe(preset)


def test_the_recordings_are_small_and_what_the_bank_says() -> None:
    entries, files = factory.load()
    assert sum(path.stat().st_size for path in files.values()) <= 1_500_000
    assert {path.name for path in files.values()} == {
        path.name for path in factory.RECORDINGS.iterdir()
    }
    for sha256, path in files.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
        info = soundfile.info(path)
        assert (info.channels, info.samplerate, info.subtype) == (1, 44_100, "PCM_16")
        assert info.duration <= 1.5
        audio, _ = read_reference(path)
        assert 0.5 < abs(audio).max() < 1.0
    assert len({entry.key for entry in entries}) == len(entries)


def test_the_script_makes_the_bank(tmp_path: Path) -> None:
    """Sound by sound: how FLAC packs them is libsndfile's matter."""
    factory_presets.make(tmp_path / "bank.json", tmp_path / "recordings")
    for path in (tmp_path / "recordings").iterdir():
        made, _ = soundfile.read(path, dtype="int16")
        committed, _ = soundfile.read(factory.RECORDINGS / path.name, dtype="int16")
        # Another machine's sin() may round another way.
        assert abs(made.astype(int) - committed).max() <= 2


def test_restoring_brings_back_what_was_removed_or_changed(tmp_path: Path) -> None:
    with Library.open(tmp_path / "l.sqlite", model=None) as library:
        total = library.list().total
        blend = library.recipe("Evening Ensemble")
        library.remove("Pure Pipe")
        library.remove("Evening Ensemble")
        library.edit("Felt Piano", timbre=TextTimbre("mine"), rating=5, name="My Felt")
        library.add("Pure Pipe", TextTimbre("a user's own"))
        library.restore_factory()
        assert library.list().total == total + 1
        assert library.recipe("Pure Pipe") == TextTimbre("a user's own")
        assert isinstance(library.recipe("Pure Pipe (2)"), AudioTimbre)
        assert library.recipe("Evening Ensemble") == blend
        mine = library.get("My Felt")
        assert (mine.version, mine.rating) == (3, 5)
        assert library.recipe(mine, version=2) == TextTimbre("mine")
        assert "felt piano" in str(library.recipe(mine))
        before = library.list(limit=1000)
        library.restore_factory()
        assert library.list(limit=1000) == before


def test_the_bank_is_given_once(tmp_path: Path) -> None:
    with Library.open(tmp_path / "l.sqlite", model=None) as library:
        library.remove("Felt Piano")
        total = library.list().total
    with Library.open(tmp_path / "l.sqlite", model=None) as library:
        assert library.list().total == total


def test_a_library_that_was_broken_off_while_new_gets_its_bank(tmp_path: Path) -> None:
    Library.open(tmp_path / "l.sqlite", with_factory_bank=False, model=None).close()
    with Library.open(tmp_path / "l.sqlite", model=None) as library:
        assert library.list().total >= 48
