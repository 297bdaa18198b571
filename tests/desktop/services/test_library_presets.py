"""The window's presets over a real library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.audio import write_wav
from core.clip import Clip
from core.errors import TimbreError
from core.library import PresetBlend
from core.library.presets import ImportedPresets
from core.library.timbre_map.families import FAMILIES
from core.timbre import AudioTimbre, Blend, TextTimbre
from desktop.services.interfaces import PresetQuery, PresetService
from desktop.services.presets import LibraryPresets
from desktop.services.spectral_picture import BANDS, TIMES, spectral_picture
from desktop.tasks import LaneTask, TaskControl

CONTROL = TaskControl(LaneTask(lambda _control: None, None, None, None))


@pytest.fixture
def presets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LibraryPresets]:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path / "home"))
    opened = LibraryPresets(tmp_path / "library.sqlite", model=None)
    yield opened
    opened.close()


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    times_s = np.arange(22_050) / 44_100
    path = tmp_path / "My tone.wav"
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * 440 * times_s), 44_100)
    return path


def test_it_is_what_pages_know(presets: LibraryPresets) -> None:
    service: PresetService = presets
    page = service.page(PresetQuery(), 0, 10)
    assert len(page.presets) == 10
    assert page.total == 60
    assert service.tags()[0][1] > 1


def test_queries_find_with_words_and_filters(presets: LibraryPresets) -> None:
    presets.add("Warm own", TextTimbre("warm"), CONTROL)
    assert presets.page(PresetQuery(text="warm", mine=True), 0, 10).total == 1
    assert presets.page(PresetQuery(mine=True, kind="text"), 0, 10).total == 1
    assert presets.page(PresetQuery(favourites=True), 0, 10).total == 0
    presets.note_heard(presets.page(PresetQuery(mine=True), 0, 1).presets[0].id)
    assert presets.page(PresetQuery(order="recent"), 0, 1).presets[0].name == "Warm own"


def test_what_is_removed_is_put_back_with_its_id(presets: LibraryPresets) -> None:
    preset = presets.page(PresetQuery(), 5, 1).presets[0]
    put_back = presets.remove(preset.id)
    assert presets.page(PresetQuery(), 0, 1).total == 59
    assert put_back() == preset
    assert presets.page(PresetQuery(), 5, 1).presets[0] == preset


def test_details_of_a_blend_name_its_parts_that_are_there(presets: LibraryPresets) -> None:
    presets.add("A", TextTimbre("a"), CONTROL)
    b = presets.add("B", TextTimbre("b"), CONTROL)
    blend = presets.add("Mix", PresetBlend([("A", 1.0), ("B", 3.0)]), CONTROL)
    details = presets.details(blend.id)
    assert details.recipe == ("75 % B", "25 % A")
    assert details.parts == ("A", "B")
    presets.remove(b.id)
    details = presets.details(blend.id)
    assert details.recipe == ('75 % "b"', "25 % A")
    assert details.parts == ("A",)
    assert [one.number for one in details.versions] == [1]


def test_gains_that_factory_presets_bring_are_told(presets: LibraryPresets) -> None:
    factory = presets.page(PresetQuery(mine=False), 0, 1).presets[0]
    assert presets.details(factory.id).gain_db is not None
    own = presets.add("Own", TextTimbre("a"), CONTROL)
    assert presets.details(own.id).gain_db is None


def test_a_recording_becomes_a_preset_of_its_name(presets: LibraryPresets, tone: Path) -> None:
    first, second = (presets.import_file(tone, CONTROL).preset for _ in range(2))
    assert (first.name, second.name) == ("My tone", "My tone (2)")
    exported = presets.export_file(first.id, tone.parent)
    assert presets.import_file(exported, CONTROL) == ImportedPresets(first, ())
    with pytest.raises(TimbreError):
        presets.import_file(tone.parent / "gone.wav", CONTROL)


def test_pictures_are_drawn_once_and_kept(
    presets: LibraryPresets, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preset = presets.import_file(tone, CONTROL).preset
    picture = presets.picture(preset.id, CONTROL)
    assert picture is not None
    assert picture.shape == (BANDS, TIMES)
    assert picture.dtype == np.float32
    (file,) = presets._pictures.iterdir()
    file.write_bytes(b"")  # the disk was full just then
    assert presets.picture(preset.id, CONTROL) is not None
    recipe = presets.library.recipe(preset)
    assert isinstance(recipe, AudioTimbre)
    recipe.path.unlink()
    kept = presets.picture(preset.id, CONTROL)
    assert kept is not None
    assert np.abs(kept - picture).max() <= 0.5 / 255 + 1e-6


def test_words_are_drawn_as_they_are_rendered(tmp_path: Path, presets: LibraryPresets) -> None:
    preset = presets.add("Words", TextTimbre("a"), CONTROL)
    assert presets.picture(preset.id, CONTROL) is None
    file = tmp_path / "a.wav"
    write_wav(file, np.ones((1, 4410), np.float32) * 0.1, 44_100)
    asked: list[Clip | str] = []

    def render(preset_id: str, phrase: Clip | str, control: TaskControl) -> Path:
        asked.append(phrase)
        return file

    rendering = LibraryPresets(tmp_path / "library.sqlite", model=None, render=render)
    assert rendering.picture(preset.id, CONTROL) is not None
    assert asked == ["note"]
    rendering.close()


@pytest.mark.parametrize("hz", [110.0, 880.0, 7040.0])
def test_a_tone_is_bright_in_its_band_only(hz: float) -> None:
    times_s = np.arange(44_100) / 44_100
    picture = spectral_picture(np.sin(2 * np.pi * hz * times_s).astype(np.float32), 44_100)
    assert picture is not None
    middle = picture[:, TIMES // 4]
    band = np.log(hz / 50.0) / np.log(12_000 / 50.0) * BANDS
    assert abs(int(middle.argmax()) - band) <= 1.5
    assert (middle > 0.7).sum() <= (6 if hz < 200 else 3)


def test_silence_has_no_picture_and_noise_is_everywhere() -> None:
    assert spectral_picture(np.zeros((2, 4410), np.float32), 44_100) is None
    noise = np.random.default_rng(0).standard_normal((2, 44_100)).astype(np.float32)
    picture = spectral_picture(noise, 8_000)
    assert picture is not None
    assert (picture[:, TIMES // 4] > 0.3).mean() > 0.9


def test_a_blend_is_taken_apart_and_made_anew_as_its_next_version(
    presets: LibraryPresets,
) -> None:
    warm = presets.add("Warm own", TextTimbre("warm"), CONTROL)
    dark = presets.add("Dark own", TextTimbre("dark"), CONTROL)
    blend = presets.add("Both", PresetBlend([("Warm own", 1), (dark.id, 3)], "linear"), CONTROL)
    recipe = presets.blend_recipe(blend.id)
    assert [(part.preset_id, part.name, part.weight) for part in recipe.parts] == [
        (warm.id, "Warm own", 1.0), (dark.id, "Dark own", 3.0),
    ]  # fmt: skip
    assert (recipe.preset.name, recipe.mode, recipe.remarks) == ("Both", "linear", ())
    presets.change_timbre(warm.id, TextTimbre("warmer"), CONTROL)
    (remark,) = presets.blend_recipe(blend.id).remarks
    assert "Warm own has changed since (version 1 then, 2 now)" in remark
    again = presets.change_timbre(blend.id, PresetBlend([(warm.id, 1), (dark.id, 1)]), CONTROL)
    assert (again.id, again.version) == (blend.id, 2)
    assert presets.blend_recipe(blend.id).remarks == ()


def test_what_cannot_be_taken_apart_is_said(presets: LibraryPresets) -> None:
    warm = presets.add("Warm own", TextTimbre("warm"), CONTROL)
    blend = presets.add("One", PresetBlend([("Warm own", 1)]), CONTROL)
    words = presets.add("Words", Blend({"warm": 1, "dark": 1}), CONTROL)
    presets.remove(warm.id)
    for preset_id, reason in (
        (blend.id, '"warm" in it is no preset, or none any more'),
        (words.id, "in it is no preset"),
        (presets.page(PresetQuery(kind="text"), 0, 1).presets[0].id, "is no blend"),
    ):
        with pytest.raises(TimbreError, match=reason):
            presets.blend_recipe(preset_id)


def test_presets_stand_on_the_map_in_the_order_of_their_list(presets: LibraryPresets) -> None:
    first = presets.page(PresetQuery(), 0, 1).presets[0]
    for query in (
        PresetQuery(),
        PresetQuery(order="newest", kind="text"),
        PresetQuery(text="pad", mine=False),
        PresetQuery(tag="warm"),
        PresetQuery(favourites=True),
    ):
        points = presets.map_points(query, CONTROL)
        listed = presets.page(query, 0, 1000).presets
        assert points is not None
        assert list(points.ids) == [preset.id for preset in listed]
        assert points.unplaced == 0
    near = presets.neighbours(first.id, 200, CONTROL)
    like = presets.map_points(PresetQuery(like=first.id), CONTROL)
    assert like is not None
    assert list(like.ids) == [neighbour.preset.id for neighbour in near]


def test_what_was_not_heard_yet_is_listened_to(presets: LibraryPresets) -> None:
    mine = presets.add("Mine", TextTimbre("a soft wooden flute"), CONTROL)
    before = presets.map_points(PresetQuery(mine=True), CONTROL)
    assert before is not None
    assert (list(before.ids), before.unplaced) == ([mine.id], 1)
    assert presets.listen(CONTROL) == 1
    after = presets.map_points(PresetQuery(mine=True), CONTROL)
    assert after is not None
    assert after.unplaced == 0
    assert FAMILIES[after.families[0]] == "wind"
    assert presets.listen(CONTROL) == 0
