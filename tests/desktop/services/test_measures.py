"""Measures of a real library for the window, played by the real engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clip import Clip
from core.descriptors.adjectives import MeasuredRange
from core.descriptors.phrase import MEASURING_PHRASE
from core.errors import Cancelled, SettingsError
from core.library.embeddings.kept import KeptEmbeddings
from core.synthesizer import Synthesizer
from core.timbre import TextTimbre
from desktop.services.interfaces import PresetQuery
from desktop.services.presets import LibraryPresets
from desktop.tasks import TaskControl
from tests.desktop.services.conftest import control


class PhrasePlayer:
    """Plays presets in this process; what it was asked for is in ``played``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.played: list[str] = []
        self.files: list[Path] = []
        self.presets: LibraryPresets | None = None
        self._synth = Synthesizer.load("embedded", device="cpu")
        self._synth.look_up = KeptEmbeddings().look_up

    def render(self, preset_id: str, clip: Clip | str, _control: TaskControl) -> Path:
        assert isinstance(clip, Clip)
        assert self.presets is not None
        assert clip == MEASURING_PHRASE
        preset = self.presets.library.get(preset_id)
        self.played.append(preset.name)
        file = self.folder / f"{len(self.files)}.wav"
        self.files.append(file)
        self._synth.render(clip, self.presets.library.recipe(preset)).write(file)
        return file


@pytest.fixture
def player(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PhrasePlayer:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path / "home"))
    return PhrasePlayer(tmp_path)


@pytest.fixture
def presets(tmp_path: Path, player: PhrasePlayer) -> Iterator[LibraryPresets]:
    opened = LibraryPresets(tmp_path / "library.sqlite", render=player.render)
    player.presets = opened
    yield opened
    opened.close()


def test_a_new_preset_is_measured_once_and_its_sound_not_kept(
    presets: LibraryPresets, player: PhrasePlayer
) -> None:
    mine = presets.add("Mine", TextTimbre("dark soft pad"), control())
    assert presets.not_measured() == 1
    assert not presets.measures([mine.id])[mine.id].is_measured
    found = presets.measure(mine.id, control())
    assert presets.measure(mine.id, control()) == found == presets.measures([mine.id])[mine.id]
    assert player.played == ["Mine"]
    assert not player.files[0].exists()
    assert presets.not_measured() == 0
    edited = presets.edit_measure(mine.id, "noise", 0.875)
    assert edited.places["noise"] == 0.875
    ranges = (MeasuredRange("noise", 0.87, 0.88),)
    names = [one.name for one in presets.page(PresetQuery(ranges=ranges), 0, 10).presets]
    assert "Mine" in names
    assert presets.edit_measure(mine.id, "noise", None) == found


@pytest.mark.parametrize(("is_higher", "word"), [(True, "brighter"), (False, "darker")])
def test_a_variation_is_really_further_and_its_lineage_is_read(
    presets: LibraryPresets, is_higher: bool, word: str
) -> None:
    bell = presets.library.get("Tight Bell" if is_higher else "Saw Brass")
    before = presets.measures([bell.id])[bell.id].places["brightness"]
    made = presets.vary(bell.id, "brightness", is_higher, control())
    assert made.name == f"{bell.name}, {word}"
    after = presets.measure(made.id, control()).places["brightness"]
    assert (after > before) is is_higher
    details = presets.details(made.id)
    assert details.parts[0] == bell.name
    assert len(details.parts) == 3
    assert presets.vary(bell.id, "brightness", is_higher, control()).name == f"{made.name} (2)"
    assert presets.vary(bell.id, "", False, control()).name == f"{bell.name}, near"


def test_a_variation_that_was_only_tried_is_not_left_behind(
    presets: LibraryPresets, player: PhrasePlayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancelled(*_: object) -> Path:
        raise Cancelled("cancelled")

    bell, before = presets.library.get("Tight Bell"), presets.library.list().total
    monkeypatch.setattr(presets, "_render", cancelled)
    with pytest.raises(Cancelled):
        presets.vary(bell.id, "brightness", True, control())
    assert presets.library.list().total == before


def test_what_is_at_the_end_already_says_so(presets: LibraryPresets) -> None:
    darkest = presets.page(PresetQuery(order="dark"), 0, 1).presets[0]
    with pytest.raises(SettingsError, match=f"nothing like {darkest.name} .* makes it darker"):
        presets.vary(darkest.id, "brightness", False, control())
    alone = LibraryPresets(presets.library.path, render=None)
    mine = presets.add("Mine", TextTimbre("glass"), control())
    with pytest.raises(SettingsError, match="nothing here plays presets"):
        alone.measure(mine.id, control())
    alone.close()


def test_what_sounds_alike_is_narrowed_too(presets: LibraryPresets) -> None:
    bell = presets.library.get("Small Bell")
    ranges = (MeasuredRange("length", 0.6, 1.0),)
    near = presets.alike(PresetQuery(like=bell.id, ranges=ranges), 5, control())
    places = presets.measures([one.preset.id for one in near])
    assert len(near) == 5
    assert all(found.places["length"] >= 0.6 for found in places.values())
