"""What is discarded comes back as it was, and what is heard, copied or filtered is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import SettingsError
from core.library import Library, PresetBlend, rows, trash
from core.library.errors import UnknownPreset
from core.settings import RenderSettings
from core.timbre import AudioTimbre, TextTimbre
from tests.helpers.library import MakeTone, SeedEncoder


def test_a_discarded_preset_comes_back_with_all_it_had(
    library: Library, make_tone: MakeTone
) -> None:
    tone = make_tone("a.wav", 220.0)
    added = library.add("Cello", AudioTimbre(tone), tags=["bow"], rating=4, favourite=True)
    preset = library.edit("Cello", timbre=TextTimbre("warm cello"))
    library.keep_gain(preset, "m" * 64, 2.5)
    blend = library.add("Mix", PresetBlend([("Cello", 1.0)]))
    recipe = library.stored_recipe(blend)
    assert library.discard("Cello") == preset
    assert library.search("cello").presets == (blend,)
    assert library.recipe(blend) == library.recipe(blend.id)
    assert library.put_back(preset.id) == preset
    assert library.search("bow").presets == (preset,)
    assert library.recipe(preset, version=added.version).path.is_file()  # type: ignore[attr-defined]
    assert library.with_gain(preset, "m" * 64, preset.settings)["gain"] == 2.5
    assert library.stored_recipe(blend) == recipe
    with pytest.raises(UnknownPreset, match="not removed"):
        library.put_back(preset.id)


def test_a_blend_whose_part_went_meanwhile_comes_back_with_its_sound(library: Library) -> None:
    library.add("Part", TextTimbre("glass"))
    blend = library.add("Mix", PresetBlend([("Part", 1.0)]))
    sound = library.recipe(blend)
    library.discard("Mix")
    library.remove("Part")
    assert library.recipe(library.put_back(blend.id)) == sound


def test_a_name_that_was_taken_meanwhile_gets_a_number(library: Library) -> None:
    preset = library.add("Pad", TextTimbre("soft"))
    library.discard("Pad")
    library.add("pad", TextTimbre("hard"))
    assert library.put_back(preset.id) == replace(preset, name="Pad (2)")


def test_a_factory_preset_restored_meanwhile_stays_the_factorys(library: Library) -> None:
    presets = library.restore_factory()
    library.discard(presets[0].id)
    library.restore_factory()
    back = library.put_back(presets[0].id)
    assert (back.factory, back.id) == (False, presets[0].id)


def test_recordings_stay_while_their_preset_is_in_the_trash(
    library: Library, make_tone: MakeTone
) -> None:
    preset = library.add("Cello", AudioTimbre(make_tone("a.wav", 220.0)))
    file = library.recipe(preset).path  # type: ignore[attr-defined]
    library.discard("Cello")
    library.remove(library.add("Same", AudioTimbre(file)).id)
    assert file.is_file()
    with library._database.write() as connection:
        freed = trash.empty(connection, datetime.now(UTC) + timedelta(seconds=1))
        assert not any(rows.in_use(connection, recording) for recording in freed)
    library._remove_unused(freed)
    assert not file.exists()


def test_what_was_not_heard_before_it_went_is_heard_after_it_came_back(
    library: Library, encoder: SeedEncoder
) -> None:
    preset = library.add("Bell", TextTimbre("bell"))
    library.discard("Bell")
    library.add("Pad", TextTimbre("pad"))
    library.update_embeddings(encoder)
    library.put_back(preset.id)
    assert library.update_embeddings(encoder).computed == 1


def test_a_copy_has_another_name_and_the_same_sound(library: Library) -> None:
    preset = library.add(
        "Bell", TextTimbre("bell"), RenderSettings(top_p=0.8), ["mallet"], rating=3
    )
    copy = library.duplicate("Bell")
    assert copy.name == "Bell (2)"
    assert (copy.settings, copy.tags, copy.rating) == (preset.settings, preset.tags, 3)
    assert library.recipe(copy) == library.recipe(preset)


def test_an_earlier_version_becomes_the_newest(library: Library) -> None:
    library.add("Bell", TextTimbre("bell"))
    library.edit("Bell", timbre=TextTimbre("gong"))
    preset = library.restore_version("Bell", 1)
    assert (preset.version, library.recipe(preset)) == (3, TextTimbre("bell"))
    assert library.versions("Bell") == [1, 2, 3]
    with pytest.raises(UnknownPreset, match="no version 9"):
        library.restore_version("Bell", 9)


def test_the_last_heard_come_first(library: Library) -> None:
    for name in ("a", "b", "c"):
        library.add(name, TextTimbre(name))
    library.note_heard("a")
    library.note_heard("b")
    assert [preset.name for preset in library.list(order="recent").presets] == ["b", "a", "c"]


def test_words_and_filters_hold_together(library: Library) -> None:
    library.restore_factory()
    mine = library.add("Warm own", TextTimbre("warm"), tags=["pad"], favourite=True)
    library.add("Warm other", TextTimbre("warm"))
    found = library.search("warm", tag="pad", favourites=True, kind="text", mine=True)
    assert found.presets == (mine,)
    assert library.search("warm", mine=True).total == 2
    assert library.list(mine=True).total == 2
    assert library.list(mine=False).total == library.list().total - 2
    assert library.list(mine=True, tag="pad").total == 1
    assert dict(library.tags())["pad"] >= 1
    with pytest.raises(SettingsError, match="kind"):
        library.search("warm", kind="noise")
