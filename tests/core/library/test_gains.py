"""Gains of presets: kept by version and model, and those that ship with the factory bank."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import Synthesizer
from core.library import Library, factory
from core.library.gains import factory_gains
from core.models import DEFAULT_BUNDLE
from core.models.registry import Registry
from core.settings import RenderSettings
from core.timbre import TextTimbre
from core.training import factory_gains as script

PLAIN = RenderSettings()
WORDS = TextTimbre("warm bass")


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library.open(tmp_path_factory.mktemp("new") / "l.sqlite") as opened:
        yield opened


def test_a_gain_belongs_to_a_version_and_a_model(library: Library) -> None:
    first = library.add("Bass", WORDS)
    assert library.with_gain(first, "a", PLAIN) == PLAIN
    library.keep_gain(first, "a", -3.25)
    library.keep_gain(first, "b", 2.0)
    assert library.with_gain(first, "a", PLAIN) == RenderSettings(gain=-3.25)
    assert library.with_gain(first, "b", PLAIN) == RenderSettings(gain=2.0)
    second = library.edit("Bass", timbre=TextTimbre("cold bass"))
    assert library.with_gain(second, "a", PLAIN) == PLAIN
    library.keep_gain(second, "a", 1.0)
    assert library.with_gain(first, "a", PLAIN) == RenderSettings(gain=-3.25)
    library.keep_gain(first, "a", -3.5)  # measured again
    assert library.with_gain(first, "a", PLAIN) == RenderSettings(gain=-3.5)


def test_a_gain_that_is_asked_for_stays(library: Library) -> None:
    preset = library.add("Bass", WORDS)
    library.keep_gain(preset, "a", -3.25)
    for asked in (RenderSettings(gain=0.0), RenderSettings(gain=5.0, top_k=3)):
        assert library.with_gain(preset, "a", asked) == asked
    own = library.add("Quiet", WORDS, RenderSettings(gain=-12.0))
    assert library.with_gain(own, "a", own.settings) == RenderSettings(gain=-12.0)
    library.keep_gain(own, "a", -12.0)  # as `preset play` and `render --preset` do
    assert library.with_gain(own, "a", PLAIN) == PLAIN


def test_a_gain_holds_for_the_presets_own_settings(library: Library) -> None:
    own = RenderSettings(temperature=0.5)
    preset = library.add("Bass", WORDS, own)
    library.keep_gain(preset, "a", -3.25)
    assert library.with_gain(preset, "a", own)["gain"] == -3.25
    assert "gain" not in library.with_gain(preset, "a", RenderSettings(temperature=0.9))


@pytest.mark.parametrize("gain_db", [0.0, 24.0, -24.0])
def test_what_could_not_be_levelled_is_not_kept(library: Library, gain_db: float) -> None:
    preset = library.add("Bass", WORDS)
    library.keep_gain(preset, "a", gain_db)
    assert library.with_gain(preset, "a", PLAIN) == PLAIN


def test_gains_go_with_their_preset(library: Library) -> None:
    preset = library.add("Bass", WORDS)
    library.keep_gain(preset, "a", 3.0)
    library.remove("Bass")
    library.keep_gain(preset, "a", 3.0)
    assert library.with_gain(preset, "a", PLAIN) == PLAIN


def test_a_library_that_can_be_read_only_has_its_gains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "library.sqlite"
    with Library.open(path, with_factory_bank=False) as library:
        preset = library.add("Bass", WORDS)
        library.keep_gain(preset, "a", 3.0)
    monkeypatch.setattr("core.sqlite._is_writable", lambda _path: False)
    with Library.open(path) as library:
        assert library.with_gain(preset, "a", PLAIN) == RenderSettings(gain=3.0)
        library.keep_gain(preset, "a", 4.0)


def test_every_factory_preset_has_a_gain_for_the_model_that_ships(shipped: Library) -> None:
    sha256 = Registry().resolve(DEFAULT_BUNDLE).sha256
    for preset in shipped.list(limit=1000).presets:
        assert "gain" in shipped.with_gain(preset, sha256, PLAIN), preset.name
        assert shipped.with_gain(preset, "other weights", PLAIN) == PLAIN
    assert len(factory_gains(sha256)) == len(factory.load()[0])


def test_factory_presets_are_equally_loud() -> None:
    """A draw; ``python -m core.training.factory_gains --check`` is for all of them."""
    synth = Synthesizer.load(DEFAULT_BUNDLE, device="cpu")
    drawn = random.Random(16).sample(sorted(script.digests()), 12)
    levels = script.levels(synth, script.phrases(synth, drawn))
    assert max(levels.values()) - min(levels.values()) <= script.MOST_APART_LU, levels


def test_a_library_that_another_program_holds_does_without(tmp_path: Path) -> None:
    file = tmp_path / "l.sqlite"
    with (
        Library.open(file, with_factory_bank=False, model=None, busy_timeout_s=0.1) as library,
        contextlib.closing(sqlite3.connect(file)) as other,
    ):
        preset = library.add("Bass", WORDS)
        other.execute("BEGIN IMMEDIATE")
        library.keep_gain(preset, "a", -3.25)
        other.rollback()
        assert library.with_gain(preset, "a", PLAIN) == PLAIN
        library.keep_gain(preset, "a", -3.25)
        assert library.with_gain(preset, "a", PLAIN) == RenderSettings(gain=-3.25)
