"""Presets: adding, versions, blends of presets, removing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.audio import read_audio
from core.engines.registry import check_settings
from core.errors import AudioError, SettingsError
from core.library import Library, PresetBlend, recipes
from core.library.errors import BlendCycle, NameTaken, UnknownPreset
from core.library.presets import clean_name, name_key
from core.library.recipes import PinnedPreset, Recording, StoredBlend, Words
from core.library.recordings import MAX_COPIED_BYTES
from core.settings import RenderSettings
from core.timbre import AudioTimbre, Blend, TextTimbre, as_timbre
from tests.helpers.library import MakeTone, SeedEncoder

WARM, COLD = TextTimbre("warm bass"), TextTimbre("cold bell")


def test_a_preset_is_found_by_name_in_any_case_and_by_id(library: Library) -> None:
    settings = RenderSettings(temperature=0.8, top_k=10)
    added = library.add("Wärm  Bass ", WARM, settings, ["Bass", "soft", "bass"], rating=4)
    assert (added.name, added.version, added.kind) == ("Wärm Bass", 1, "text")
    assert (added.settings, added.tags, added.rating) == (settings, ("bass", "soft"), 4)
    assert library.get("wÄRM bass") == library.get(added.id) == added
    assert library.recipe("wärm bass") == WARM


def test_an_unknown_name_is_answered_with_a_close_one(library: Library) -> None:
    library.add("Felt Piano", WARM)
    with pytest.raises(UnknownPreset, match="did you mean 'Felt Piano'"):
        library.get("Felt Pinao")
    with pytest.raises(UnknownPreset, match="preset list"):
        library.get("")


def test_names_are_unique_and_clean(library: Library) -> None:
    library.add("Strasse", WARM)
    for taken in ("STRASSE", "straße", " strasse "):
        with pytest.raises(NameTaken):
            library.add(taken, COLD)
    for bad in ("", "  ", "a\0b", "x" * 121, "\ud800"):
        with pytest.raises(SettingsError):
            library.add(bad, COLD)
    assert library.list().total == 1


@given(st.text(max_size=40))
def test_a_cleaned_name_stays_as_it_is(name: str) -> None:
    try:
        cleaned = clean_name(name)
    except SettingsError:
        return
    assert clean_name(cleaned) == cleaned
    assert name_key(cleaned) == name_key(name)


def test_values_out_of_range_change_nothing(library: Library) -> None:
    preset = library.add("one", WARM)
    for change in ({"rating": 6}, {"rating": True}, {"tags": [""]}, {"tags": ["x" * 41]}):
        with pytest.raises(SettingsError):
            library.edit("one", name="other", **change)
    assert library.get("one") == preset


def test_a_version_stands_for_one_timbre_for_good(library: Library) -> None:
    preset = library.add("one", WARM)
    same = library.edit("one", name="two", tags=["a"], rating=3, favourite=True)
    assert (same.id, same.version, same.name) == (preset.id, 1, "two")
    assert (same.tags, same.rating, same.favourite) == (("a",), 3, True)
    assert library.edit("two", timbre=COLD).version == 2
    assert library.edit("two", settings=RenderSettings(guidance=2.0)).version == 3
    assert library.edit("two", settings=RenderSettings(guidance=2.0)).version == 3
    assert library.recipe("two", version=1) == WARM
    assert library.recipe("two") == library.recipe("two", version=2) == COLD
    assert library.recipe(preset) == WARM  # a preset that was fetched keeps its version
    with pytest.raises(UnknownPreset, match="no version 9"):
        library.recipe("two", version=9)


def test_a_recording_is_copied_in(library: Library, make_tone: MakeTone) -> None:
    source = make_tone("Räsp Tone.WAV", 220)
    before = source.read_bytes()
    preset = library.add("tone", AudioTimbre(source))
    source.unlink()
    held = library.recipe(preset)
    assert isinstance(held, AudioTimbre)
    path = Path(held.path)
    assert path.read_bytes() == before
    assert path.suffix == ".wav"
    assert path.is_relative_to(library.path.with_suffix(".recordings"))
    assert preset.summary == "Räsp Tone.WAV"


def test_a_recording_is_kept_once_and_until_nobody_needs_it(
    library: Library, make_tone: MakeTone
) -> None:
    source = make_tone("a.wav", 220)
    library.add("one", AudioTimbre(source))
    library.add("two", Blend(((AudioTimbre(source), 1.0), (WARM, 2.0))))
    folder = library.path.with_suffix(".recordings")
    held = [path for path in folder.rglob("*") if path.is_file()]
    assert len(held) == 1
    library.remove("one")
    assert held[0].exists()
    library.edit("two", timbre=WARM)
    library.remove("two")
    assert not held[0].exists()


def test_a_very_large_recording_is_cut_to_what_is_heard(
    library: Library, make_tone: MakeTone, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.audio import read_reference

    assert MAX_COPIED_BYTES > 2**20
    source = make_tone("a.wav", 220)
    monkeypatch.setattr("core.library.recordings.MAX_COPIED_BYTES", 100)
    held = library.recipe(library.add("big", AudioTimbre(source)))
    assert isinstance(held, AudioTimbre)
    assert np.array_equal(read_reference(held.path)[0], read_reference(source)[0])


def test_a_bad_recording_leaves_nothing_behind(library: Library, tmp_path: Path) -> None:
    (tmp_path / "noise.wav").write_bytes(b"RIFF nonsense")
    for path in (tmp_path / "noise.wav", tmp_path / "gone.wav", tmp_path):
        with pytest.raises(AudioError):
            library.add("bad", AudioTimbre(path))
    assert library.list().total == 0
    assert not list(tmp_path.rglob("*.part"))


def test_a_missing_recording_is_named(library: Library, make_tone: MakeTone) -> None:
    held = library.recipe(library.add("tone", AudioTimbre(make_tone("a.wav", 220))))
    assert isinstance(held, AudioTimbre)
    Path(held.path).unlink()
    with pytest.raises(AudioError, match=r"'a\.wav' is missing"):
        library.recipe("tone")


def test_a_blend_of_presets_keeps_the_versions_it_was_saved_with(library: Library) -> None:
    library.add("warm", WARM)
    library.add("cold", COLD)
    mix = library.add("mix", PresetBlend((("WARM", 0.6), ("cold", 0.4)), mode="linear"))
    wanted = Blend(((WARM, 0.6), (COLD, 0.4)), "linear")
    assert library.recipe(mix) == wanted
    assert mix.summary == "0.6 × warm + 0.4 × cold"
    library.edit("warm", timbre=TextTimbre("something else"))
    assert library.recipe("mix") == wanted


def test_removing_a_part_leaves_its_blends_sounding_as_before(
    library: Library, make_tone: MakeTone
) -> None:
    library.add("tone", AudioTimbre(make_tone("a.wav", 220)))
    library.add("inner", PresetBlend((("tone", 1.0), ("tone", 2.0))))
    library.add("outer", PresetBlend((("inner", 0.5), ("tone", 0.5))))
    wanted = library.recipe("outer")
    library.remove("inner")
    library.remove("tone")
    assert library.recipe("outer") == wanted
    assert [preset.name for preset in library.list().presets] == ["outer"]


def test_a_blend_cannot_contain_itself(library: Library) -> None:
    library.add("a", WARM)
    library.add("b", PresetBlend((("a", 1.0),)))
    library.add("c", PresetBlend((("b", 1.0), ("a", 1.0))))
    for name in ("a", "b", "c"):
        with pytest.raises(BlendCycle, match="contain 'a' itself"):
            library.edit("a", timbre=PresetBlend(((name, 1.0),)))
    assert library.get("a").version == 1


def test_blends_out_of_range_are_refused(library: Library) -> None:
    library.add("a", WARM)
    for parts in ((), (("a", 0.0),), (("a", -1.0),), (("a", float("nan")),)):
        with pytest.raises(SettingsError):
            library.add("bad", PresetBlend(parts))
    with pytest.raises(UnknownPreset):
        library.add("bad", PresetBlend((("nobody", 1.0),)))
    assert library.list().total == 1


def test_blends_of_blends_have_a_limit_in_depth_and_in_all(library: Library) -> None:
    library.add("0", WARM)
    for depth in range(1, 9):
        library.add(str(depth), PresetBlend(((str(depth - 1), 1.0),)))
    with pytest.raises(SettingsError, match="nested"):
        library.add("9", PresetBlend((("8", 1.0),)))
    # Each is 64 times the one before: a few rows that stand for millions of parts.
    library.add("wide", PresetBlend((("0", 1.0),) * 64))
    with pytest.raises(SettingsError, match="more than 256"):
        library.add("wider", PresetBlend((("wide", 1.0),) * 64))


def test_resolve_blend_saves_nothing(library: Library) -> None:
    library.add("warm", WARM)
    library.add("cold", COLD)
    wanted = Blend(((WARM, 2.0), (COLD, 1.0)))
    assert library.resolve_blend([("warm", 2.0), ("COLD", 1.0)]) == wanted
    assert library.list().total == 2


LEAVES = st.one_of(
    st.text("ab ", min_size=1).filter(str.strip).map(Words),
    st.builds(Recording, st.sampled_from(["a" * 64, "b" * 64]), st.just(".wav"), st.text("xy")),
    st.builds(PinnedPreset, st.text("12", min_size=1), st.integers(1, 9), st.text("xy")),
)
BLENDS = st.builds(
    StoredBlend,
    st.lists(
        st.tuples(
            st.recursive(
                LEAVES,
                lambda inner: st.builds(
                    StoredBlend,
                    st.lists(st.tuples(inner, st.floats(0, 9)), min_size=1, max_size=3).map(tuple),
                ),
                max_leaves=5,
            ),
            st.floats(0, 9),
        ),
        min_size=1,
        max_size=4,
    ).map(tuple),
    st.sampled_from(["slerp", "linear"]),
)


@given(BLENDS)
def test_any_recipe_survives_writing_and_reading(recipe: StoredBlend) -> None:
    try:
        again = recipes.from_data(recipe.to_data())
    except SettingsError as error:
        assert "nested" in str(error)  # noqa: PT017 - deeper than a blend may be
        return
    assert again == recipe


def test_the_digest_is_of_what_is_heard() -> None:
    a, b = Recording("a" * 64, ".wav", "x.wav"), Recording("a" * 64, ".wav", "y.wav")
    warm = Words("warm bass")
    assert recipes.digest(a) == recipes.digest(b)
    assert recipes.digest(a) != recipes.digest(Words("a" * 64))
    digests = {
        recipes.digest(StoredBlend(parts, mode))
        for parts in (((a, 1.0), (warm, 2.0)), ((warm, 1.0), (a, 2.0)), ((a, 1.0),))
        for mode in ("slerp", "linear")
    }
    assert len(digests) == 6
    # Embeddings kept by older versions are found by it.
    nested = StoredBlend(((Words("a"), 0.5), (StoredBlend(((a, 1.0),), "linear"), 2.0)))
    assert recipes.digest(nested).hex() == (
        "b7c4f16360aee4ce65f815f282aea054a48e9d2ec465ed84a6bd64f9095b2b8c"
    )


@pytest.mark.parametrize(
    "data",
    [
        {"top_k": 1.5}, {"top_k": float("inf")}, {"top_p": "0.5"}, {"colour": 1}, {"top_k": True},
        [], {"temperature": -1},
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(data: object) -> None:
    with pytest.raises(SettingsError):
        check_settings(data)


def test_timbres_are_taken_in_the_forms_that_programs_have(library: Library) -> None:
    sound = np.sin(np.arange(22_050) / 8).astype(np.float32) * 0.5
    library.add("words", "soft flute")
    library.add("samples", (sound, 22_050), tags=["mine"], rating=np.int64(3))  # type: ignore[arg-type]
    library.add("again", AudioTimbre(sound, 22_050))
    library.add("mix", {"soft flute": 1, "bell": 2})
    library.add("presets", PresetBlend({"words": 1, "samples": 2}))
    assert library.recipe("words") == TextTimbre("soft flute")
    kept = library.recipe("samples")
    assert isinstance(kept, AudioTimbre)
    assert kept == library.recipe("again")
    np.testing.assert_array_equal(read_audio(kept.path)[0], sound[None])
    assert library.resolve_blend({"words": 1, "samples": 2}) == library.recipe("presets")
    library.edit("words", timbre="hard flute")
    assert library.recipe("words") == TextTimbre("hard flute")


def test_a_string_is_a_preset_first_where_a_library_looks_for_what_is_similar(
    library: Library, encoder: SeedEncoder
) -> None:
    library.add("bell", "soft flute")
    library.add("other", "bell")
    by_name = library.similar("bell", encoder)
    assert [found.preset.name for found in by_name] == ["other"]  # itself is left out
    by_words = library.similar("soft flute", encoder)
    assert by_words[0].preset.name == "bell"
    assert by_words[0].similarity == pytest.approx(1.0)


def test_arguments_of_other_types_are_one_type_error(
    library: Library, encoder: SeedEncoder
) -> None:
    library.add("bell", "soft flute")
    wrong: list[tuple[Callable[..., object], tuple[Any, ...], dict[str, Any]]] = [
        (library.add, ("x", None), {}),
        (library.add, (TextTimbre("x"), "x"), {}),
        (library.add, (None, "x"), {}),
        (library.add, ("x", "x"), {"tags": "pad"}),
        (library.add, ("x", "x"), {"tags": [None]}),
        (library.edit, ("bell",), {"timbre": 3}),
        (library.get, (None,), {}),
        (library.recipe, (None,), {}),
        (library.remove, (library.get("bell"),), {}),
        (library.search, (None,), {}),
        (library.list, ("bell",), {}),
        (library.similar, (None, encoder), {}),
        (library.similar, (np.ones(3), encoder), {}),
        (library.similar, ("bell", "embedded"), {}),
        (library.resolve_blend, ("bell=1",), {}),
        (PresetBlend, (["bell"],), {}),
        (PresetBlend, ({"bell": "1"},), {}),
        (as_timbre, (library.get("bell"),), {}),
    ]
    for entry, arguments, named in wrong:
        with pytest.raises(TypeError, match=r" is .*; give ") as caught:
            entry(*arguments, **named)
        assert "\n" not in str(caught.value)
    assert [preset.name for preset in library.list().presets] == ["bell"]
