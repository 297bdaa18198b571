"""What presets measure: kept, edited, searched by, and shipped for the factory bank."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select, update

from benchmarks.measured_search import fill
from core.descriptors.adjectives import ADJECTIVES, MeasuredRange
from core.errors import SettingsError
from core.library import Library, Preset, PresetBlend
from core.library.embeddings.kept import KeptEmbeddings
from core.library.measures.yardstick import factory_measures, place_basis, places_of
from core.library.presets import PresetOrder
from core.library.schema import TRASH
from core.models import DEFAULT_BUNDLE
from core.models.registry import Registry
from core.settings import RenderSettings
from core.synthesizer import Synthesizer
from core.timbre import TextTimbre
from core.training import factory_measures as script
from core.training.factory_gains import digests
from tests.helpers.library import SeedEncoder

MIDDLE = {
    "brightness": 9.5,
    "attack": 1.9,
    "length": 0.05,
    "noise": -45.0,
    "fullness": 4.5,
    "vibrato": 5.0,
}
DARK = MIDDLE | {"brightness": 8.0}
BRIGHT = MIDDLE | {"brightness": 12.0}


def names(presets: tuple[Preset, ...]) -> list[str]:
    return [preset.name for preset in presets]


def three(library: Library) -> list[Preset]:
    """A dark, a middling and a bright preset, measured; and one that was not."""
    presets = [library.add(name, TextTimbre(name)) for name in ("Dusk", "Noon", "Glare", "Fog")]
    for preset, values in zip(presets, (DARK, MIDDLE, BRIGHT), strict=False):
        library.keep_measures(preset, values)
    return presets


def test_measures_belong_to_a_version(library: Library) -> None:
    preset = library.add("Bell", TextTimbre("bell"))
    assert not library.measures([preset.id])[preset.id].is_measured
    kept = library.keep_measures(preset, DARK)
    assert kept.values == DARK
    assert kept.places == places_of(DARK)
    assert library.measures([preset.id]) == {preset.id: kept}
    library.edit("Bell", timbre=TextTimbre("gong"))
    assert not library.measures([preset.id])[preset.id].is_measured
    assert library.list(ranges=[MeasuredRange("brightness", 0.0, 0.5)]).total == 0
    library.keep_measures(library.get("Bell"), BRIGHT)
    assert library.measures([preset.id])[preset.id].values == BRIGHT
    library.keep_measures(preset, MIDDLE)  # of the version before: no matter any more
    assert library.measures([preset.id])[preset.id].values == BRIGHT


def test_the_users_word_wins_and_can_be_taken_back(library: Library) -> None:
    three(library)
    dark = MeasuredRange("brightness", 0.0, 0.3)
    assert names(library.list(ranges=[dark]).presets) == ["Dusk"]
    edited = library.edit_place("Dusk", "brightness", 0.9)
    assert edited.places["brightness"] == 0.9
    assert edited.edited == {"brightness": 0.9}
    assert edited.measured == places_of(DARK)
    assert library.list(ranges=[dark]).total == 0
    assert names(library.list(ranges=[MeasuredRange("brightness", 0.85, 0.95)]).presets) == ["Dusk"]
    assert library.edit_place("Dusk", "brightness", None).edited == {}
    assert names(library.list(ranges=[dark]).presets) == ["Dusk"]
    library.edit_place("Fog", "noise", 1.0)  # not measured, and none the less found by it
    assert names(library.list(ranges=[MeasuredRange("noise", 0.9, 1.0)]).presets) == ["Fog"]
    assert not library.measures([library.get("Fog").id])[library.get("Fog").id].is_measured
    for place in (1.5, float("nan")):
        with pytest.raises(SettingsError, match="0…1"):
            library.edit_place("Dusk", "brightness", place)
    with pytest.raises(SettingsError, match="not measured by 'warmth'"):
        library.edit_place("Dusk", "warmth", 0.5)


@pytest.mark.parametrize(
    ("order", "expected"),
    [("dark", ["Dusk", "Noon", "Glare", "Fog"]), ("bright", ["Glare", "Noon", "Dusk", "Fog"])],
)
def test_lists_in_the_order_of_an_adjective_leave_nothing_out(
    library: Library, order: PresetOrder, expected: list[str]
) -> None:
    three(library)
    assert names(library.list(order=order).presets) == expected
    for offset in range(5):
        page = library.list(offset, 2, order=order)
        assert (names(page.presets), page.total) == (expected[offset : offset + 2], 4)
    ranges = [MeasuredRange("length", 0.0, 0.99)]
    assert names(library.list(order=order, ranges=ranges).presets) == expected[:3]
    library.edit("Glare", favourite=True)
    assert names(library.list(order=order, favourites=True).presets) == ["Glare"]
    with pytest.raises(SettingsError, match=r"'warm' is not one of name, .*dark"):
        library.list(order="warm")  # type: ignore[arg-type]


def test_ranges_narrow_searches_and_what_sounds_alike(
    library: Library, encoder: SeedEncoder
) -> None:
    three(library)
    dark = [MeasuredRange("brightness", 0.0, 0.3)]
    assert names(library.search("g", ranges=dark).presets) == []
    assert names(library.search("d", ranges=dark).presets) == ["Dusk"]
    assert library.search("", ranges=dark).total == 1
    library.edit("Dusk", tags=["evening"])
    for tag, total in (("evening", 1), ("night", 0)):
        assert library.list(tag=tag, ranges=dark).total == total
    assert library.list(mine=False, ranges=dark).total == 0
    near = library.similar("Glare", encoder, ranges=dark)
    assert [one.preset.name for one in near] == ["Dusk"]
    whole = [MeasuredRange("brightness")]
    assert library.list(ranges=whole).total == 4  # asks nothing: what was not measured stays in


def test_measures_come_and_go_with_their_preset(library: Library) -> None:
    dusk, *_ = three(library)
    library.edit_place("Dusk", "noise", 1.0)
    before = library.measures([dusk.id])
    noisy = [MeasuredRange("noise", 1.0, 1.0)]
    library.discard("Dusk")
    assert library.measures([dusk.id]) == {}
    assert library.list(ranges=noisy).total == 0
    library.put_back(dusk.id)
    assert library.measures([dusk.id]) == before
    assert library.list(ranges=noisy).total == 1
    library.remove("Dusk")
    library.keep_measures(dusk, DARK)
    assert library.measures([dusk.id]) == {}
    assert library.list(ranges=noisy).total == 0


def test_what_an_older_program_put_into_the_trash_comes_back(library: Library) -> None:
    dusk, *_ = three(library)
    library.discard("Dusk")
    with library._database.write() as connection:
        (kept,) = connection.execute(select(TRASH.c.rows)).scalars()
        older = {key: rows for key, rows in json.loads(kept).items() if rows or key == "user"}
        for key in ("measure", "place", "place_edit"):
            older.pop(key, None)
        older = {"gain": [], "tag": [], "recording": [], **older}
        connection.execute(update(TRASH).values(rows=json.dumps(older)))
    assert library.put_back(dusk.id) == dusk
    assert not library.measures([dusk.id])[dusk.id].is_measured


def test_a_library_that_can_be_read_only_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "library.sqlite"
    with Library.open(path, with_factory_bank=False, model=None) as library:
        dusk, *_ = three(library)
        library.list(order="dark")
    monkeypatch.setattr("core.sqlite._is_writable", lambda _path: False)
    with Library.open(path, model=None) as library:
        assert names(library.list(order="dark").presets)[0] == "Dusk"
        assert library.keep_measures(dusk, BRIGHT).values == DARK
        fog = library.get("Fog")
        assert library.keep_measures(fog, BRIGHT).places == places_of(BRIGHT)


def test_factory_presets_are_measured_already(tmp_path: Path) -> None:
    with Library.open(tmp_path / "l.sqlite", model=None) as library:
        presets = library.list(limit=1000).presets
        found = library.measures([preset.id for preset in presets])
        assert all(found[preset.id].is_measured for preset in presets)
        dark = [MeasuredRange("brightness", 0.0, 0.25)]
        assert library.list(ranges=dark).total == pytest.approx(len(presets) / 4, abs=2)
        bell = library.get("Small Bell")
        other = library.edit("Small Bell", settings=RenderSettings(gain=-3.0))
        assert library.measures([bell.id])[bell.id].is_measured  # the same sound, softer
        assert other.version == bell.version + 1
        gone = library.remove("Round Triangle Pad")
        library.restore_factory()
        assert names(library.list(order="dark", limit=1).presets) == [gone.name]
        blend = library.add("Both", PresetBlend([("Small Bell", 0.5), ("Saw Brass", 0.5)]))
        assert not library.measures([blend.id])[blend.id].is_measured


def test_the_factorys_measures_hold_for_the_model_that_ships() -> None:
    """A draw; ``python -m core.training.factory_measures`` measures all of them."""
    synth = Synthesizer.load(DEFAULT_BUNDLE, device="cpu")
    synth.look_up = KeptEmbeddings().look_up
    shipped = factory_measures(synth.bundle.sha256)
    by_key = digests()
    assert set(shipped) == set(by_key.values())
    assert factory_measures("other weights") == {}
    for key, measured in script.measure(synth, ["small-bell", "saw-brass", "airy-pipe"]).items():
        assert places_of(measured) == pytest.approx(places_of(shipped[by_key[key]]), abs=0.03)


def test_places_are_ranks_in_the_bank_and_go_beyond_it() -> None:
    shipped = factory_measures(Registry().resolve(DEFAULT_BUNDLE).sha256).values()
    for adjective in ADJECTIVES:
        places = sorted(places_of(values)[adjective.name] for values in shipped)
        assert np.mean(places) == pytest.approx(0.5, abs=0.01)
        assert 0.0 < places[0] < 0.1
        assert 0.9 < places[-1] < 1.0
    assert places_of(DARK | {"brightness": 0.0})["brightness"] == 0.0
    assert places_of(DARK | {"brightness": 99.0})["brightness"] == 1.0
    assert place_basis("a") != place_basis("b")


@pytest.mark.parametrize("order", ["name", "bright"])
def test_a_search_by_ranges_is_exact_among_many(library: Library, order: PresetOrder) -> None:
    """How long it takes is :mod:`benchmarks.measured_search`'s matter."""
    places = fill(library, 6000)
    for low, high in ((0.2, 0.8), (0.5, 0.55), (0.5, 0.5)):  # walked, and sorted
        ranges = [MeasuredRange("brightness", low, high), MeasuredRange("length", 0.5, 1.0)]
        expected = {
            f"p{number}"
            for number, row in enumerate(places, 1)
            if 1000 * low <= row[0] <= 1000 * high and row[2] >= 500
        }
        page = library.list(limit=1000, order=order, ranges=ranges)
        assert page.total == len(expected)
        assert len(page.presets) == min(1000, len(expected))
        assert set(names(page.presets)) <= expected
        if order == "bright":
            found = [places[int(preset.name[1:]) - 1][0] for preset in page.presets]
            assert found == sorted(found, reverse=True)


def found(library: Library) -> set[str]:
    """Names of all that a range finds, as wide as one can be that asks anything."""
    ranges = [MeasuredRange("brightness", 0.0, 0.999)]
    return set(names(library.list(limit=1000, ranges=ranges).presets))


@pytest.mark.parametrize("are_made", [True, False])
def test_what_is_shown_of_a_preset_is_what_it_is_found_by(tmp_path: Path, are_made: bool) -> None:
    with Library.open(tmp_path / "stocked.sqlite", model=None) as library:
        _change_what_is_there(library, tmp_path, are_made)


def _change_what_is_there(library: Library, tmp_path: Path, are_made: bool) -> None:
    if are_made:
        assert found(library)
    bell = library.get("Small Bell")
    copy = library.duplicate(bell.id)
    same = library.add("Same recipe", library.recipe(bell))
    assert library.measures([copy.id])[copy.id].is_measured
    assert found(library) >= {bell.name, copy.name, same.name}
    library.edit(bell.id, timbre=TextTimbre("gong"))
    assert bell.name not in found(library)
    library.restore_version(bell.id, bell.version)
    assert bell.name in found(library)
    mine = library.add("Mine", TextTimbre("mine"))
    library.edit_place(mine.id, "brightness", 0.5)
    library.edit(mine.id, settings=RenderSettings(gain=-3.0))
    assert library.measures([mine.id])[mine.id].places == {"brightness": 0.5}
    assert mine.name in found(library)
    library.discard(mine.id)
    assert mine.name not in found(library)
    library.put_back(mine.id)
    assert mine.name in found(library)
    file = library.export(copy.id, tmp_path)
    library.remove(copy.id)
    assert library.import_(file).name in found(library)


@pytest.mark.parametrize("order", ["name", "bright", "dark"])
def test_a_list_is_the_same_whatever_stretch_of_it_is_asked_for(
    library: Library, order: PresetOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.library.search._COMMON", 20)  # so few are many
    fill(library, 300)
    for number in range(4):
        library.add(f"not measured {number}", TextTimbre("x"), favourite=True)
    ranges = [MeasuredRange("noise", 0.1, 0.9)]
    for options in ({}, {"favourites": True}, {"favourites": True, "ranges": ranges}):
        whole = library.list(limit=1000, order=order, **options)
        assert len(whole.presets) == whole.total
        parts = [
            preset.id
            for offset in range(0, whole.total + 7, 7)
            for preset in library.list(offset, 7, order=order, **options).presets
        ]
        assert parts == [preset.id for preset in whole.presets]
