"""Morphs as presets: pinned, exported, found by their mean."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core import Morph, TextTimbre
from core.encoders.morphing import embedding_of
from core.errors import SettingsError
from core.library import Library, PresetBlend, PresetMorph, manifest, recipes
from core.library.errors import BlendCycle, PresetFileError, UnknownPreset
from core.timbre import AudioTimbre, Blend
from tests.helpers.library import MakeTone, SeedEncoder

WARM, COLD = TextTimbre("warm"), TextTimbre("cold")


@pytest.fixture
def filled(library: Library) -> Library:
    library.add("Warm", WARM)
    library.add("Cold", COLD)
    return library


def dawn(library: Library) -> PresetMorph:
    return PresetMorph({0: "warm", 0.5: PresetBlend({"Warm": 1, "Cold": 3}), 1: "Cold"})


def test_a_morph_of_presets_is_kept_as_one(filled: Library) -> None:
    kept = filled.add("Dawn", dawn(filled))
    assert kept.kind == "morph"
    assert kept.summary == "Warm at 0 % → (1 × Warm + 3 × Cold) at 50 % → Cold at 100 %"
    meant = Morph({0: WARM, 0.5: Blend({WARM: 1, COLD: 3}), 1: COLD})
    assert filled.recipe("Dawn") == meant
    assert filled.resolve_morph({0: "warm", 0.5: {"Warm": 1, "Cold": 3}, 1: "cold"}) == meant
    assert filled.stored_recipe(kept).lines() == [
        "at 0 %: Warm", "at 50 %: 1 × Warm + 3 × Cold", "at 100 %: Cold",
    ]  # fmt: skip
    assert [share for _, share in filled.stored_recipe(kept).children] == [0.25, 0.5, 0.25]
    assert [preset.name for preset in filled.list(kind="morph").presets] == ["Dawn"]
    assert [preset.name for preset in filled.search("dawn").presets] == ["Dawn"]
    assert filled.edit("Dawn", timbre=Morph({0: COLD, 1: WARM})).version == 2
    assert filled.recipe("Dawn", version=1) == meant


def test_a_morph_sounds_as_before_when_its_parts_change_or_go(filled: Library) -> None:
    filled.add("Dawn", dawn(filled))
    meant = filled.recipe("Dawn")
    filled.edit("Warm", timbre=TextTimbre("hot"))
    filled.remove("Cold")
    assert filled.recipe("Dawn") == meant


def test_a_morph_goes_out_and_comes_in_with_what_it_is_made_of(
    filled: Library, make_tone: MakeTone, tmp_path: Path
) -> None:
    filled.add("Tone", AudioTimbre(make_tone("tone.wav", 440.0)))
    filled.add("Dawn", PresetMorph({0: "Tone", 0.5: {"Warm": 1, "Tone": 3}, 1: "Cold"}))
    file = filled.export("Dawn", tmp_path / "dawn.timbre")
    with zipfile.ZipFile(file) as archive:
        assert json.loads(archive.read("presets.json"))["version"] == manifest.VERSION == 2
    with zipfile.ZipFile(filled.export("Warm", tmp_path / "warm.timbre")) as archive:
        assert json.loads(archive.read("presets.json"))["version"] == 1
    with Library.open(tmp_path / "other.sqlite", with_factory_bank=False, model=None) as other:
        taken = other.import_(file)
        assert {preset.name for preset in other.list().presets} == {"Tone", "Warm", "Cold", "Dawn"}
        before, after = (each.stored_recipe(each.get("Dawn")).summary() for each in (filled, other))
        assert before == after == taken.summary
        assert other.import_(file).id == taken.id
        moved = other.recipe("Dawn")
        assert isinstance(moved, Morph)
        assert [position for position, _ in moved.points] == [0.0, 0.5, 1.0]


def test_a_morph_is_found_by_its_mean(filled: Library, encoder: SeedEncoder) -> None:
    filled.add("Dawn", PresetMorph({0: "Warm", 1: "Cold"}))
    filled.add("Noon", TextTimbre("something else"))
    mean = embedding_of(Morph({0: WARM, 1: COLD}), encoder)
    nearest, *_ = filled.similar(mean, encoder)
    assert nearest.preset.name == "Dawn"
    assert nearest.similarity == pytest.approx(1.0, abs=1e-5)
    names = [each.preset.name for each in filled.similar("Dawn", encoder)]
    assert set(names[:2]) == {"Warm", "Cold"}


@pytest.mark.parametrize(
    ("timbre", "error", "words"),
    [
        (
            lambda: PresetMorph({0: "Dawn", 1: "Warm"}),
            SettingsError,
            "cannot be a point of a morph",
        ),
        (lambda: PresetBlend({"Dawn": 1, "Warm": 1}), SettingsError, "cannot be a part of a blend"),
        (lambda: PresetMorph({0: "Warn", 1: "Cold"}), UnknownPreset, "did you mean 'Warm'"),
        (lambda: PresetMorph({0: "Warm"}), SettingsError, "2–64 points"),
        (lambda: PresetMorph({0: "Warm", 1: {"Cold": -1}}), SettingsError, "weight -1"),
        (lambda: PresetMorph({1: "Warm", 0: "Cold"}), SettingsError, "positions have to rise"),
        (lambda: PresetMorph({0: "Warm", 1: 3}), TypeError, "the list of presets is 3"),
        (lambda: PresetMorph("0=Warm"), TypeError, "the list of points is '0=Warm'"),  # type: ignore[arg-type]
    ],
)
def test_bad_morphs_of_presets_are_refused(
    filled: Library, timbre: Callable[[], PresetMorph], error: type[Exception], words: str
) -> None:
    filled.add("Dawn", dawn(filled))
    with pytest.raises(error, match=words):
        filled.add("Bad", timbre())
    assert filled.list().total == 3
    with pytest.raises(BlendCycle):
        filled.edit("Warm", timbre=PresetMorph({0: "Warm", 1: "Cold"}))


def test_a_path_over_a_pad_is_not_too_wide(filled: Library) -> None:
    for name in "xyz":
        filled.add(name, TextTimbre(name))
    corners = {"x": 1.0, "y": 1.0, "z": 1.0, "Warm": 1.0}
    filled.add("Path", PresetMorph([(i / 63, corners) for i in range(64)]))
    filled.add("Long", PresetMorph([(i / 63, "Path" if i < 0 else "Cold") for i in range(64)]))
    filled.add("Wide", PresetMorph([(i / 63, {**corners, "Cold": 1.0}) for i in range(64)]))


def point(position: object) -> dict[str, object]:
    return {"position": position, "recipe": {"kind": "text", "words": "1"}}


@pytest.mark.parametrize(
    "points",
    [[], [point(0)], [point(0), point(0)], [point(0), point(float("nan"))], [point(0), point(2)],
     [point(0), point("1")], [point(0), 3], [point(0), point(10**400)],
     [point(i / 1000) for i in range(1000)]],
)  # fmt: skip
def test_stored_morphs_that_make_no_sense_are_refused(points: list[object]) -> None:
    with pytest.raises(SettingsError):
        recipes.from_data({"kind": "morph", "points": points})


def test_an_import_with_such_a_morph_is_refused_in_words(filled: Library, tmp_path: Path) -> None:
    filled.add("Dawn", Morph({0: WARM, 1: COLD}))
    file = filled.export("Dawn", tmp_path / "dawn.timbre")
    with zipfile.ZipFile(file) as archive:
        data = json.loads(archive.read("presets.json"))
    data["presets"][-1]["recipe"]["points"][1]["position"] = 0
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("presets.json", json.dumps(data))
    with pytest.raises(PresetFileError, match="positions have to rise"):
        filled.import_(file)


def test_the_same_morph_has_one_digest() -> None:
    assert np.all(
        [
            recipes.digest(recipes.from_data({"kind": "morph", "points": [point(0), point(at)]}))
            == recipes.digest(
                recipes.from_data({"kind": "morph", "points": [point(0.0), point(1)]})
            )
            for at in (1, 1.0)
        ]
    )


def test_a_path_of_many_points_over_blends_is_kept(library: Library) -> None:
    """Points of a path over the pad have the same few presets: they count once in each."""
    for corner in range(4):
        for part in range(3):
            library.add(f"{corner}{part}", TextTimbre(f"words {corner} {part}"))
        library.add(f"corner {corner}", PresetBlend({f"{corner}{part}": 1 for part in range(3)}))
    mixed = PresetBlend({f"corner {corner}": corner + 1 for corner in range(4)})
    kept = library.add("Path", PresetMorph([(number / 31, mixed) for number in range(32)]))
    timbre = library.recipe(kept)
    assert isinstance(timbre, Morph)
    assert len(timbre.points) == 32
    encoder = SeedEncoder()
    assert embedding_of(timbre, encoder).shape == (512,)
    wide = [library.add(f"w{n}", TextTimbre(f"w {n}")).id for n in range(60)]
    library.add("wide", PresetBlend(dict.fromkeys(wide, 1)))
    for number in range(5):
        library.add(f"wide {number}", PresetBlend({"wide": 1, "00": 1 + number}))
    with pytest.raises(SettingsError, match="more than 256 recordings and words"):
        library.add(
            "Too wide", PresetMorph({0: PresetBlend({f"wide {n}": 1 for n in range(5)}), 1: "00"})
        )
