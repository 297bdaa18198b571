"""Lists by what presets are and by how they sound; the user's own first; alike in one thing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.descriptors.features import FEATURES, feature_named, features_in
from core.errors import SettingsError
from core.library import Library
from core.library.measures.yardstick import features_of, ranges_of
from core.timbre import TextTimbre
from tests.helpers.library import SeedEncoder

ENCODER = SeedEncoder()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library.db", model=None) as opened:
        opened.add("Zeta", TextTimbre("z"), tags=("choir",))
        opened.add("Yota", TextTimbre("y"), tags=("soft attack",), favourite=True)
        yield opened


def names(library: Library, **wanted: object) -> list[str]:
    return [one.name for one in library.list(0, 1000, **wanted).presets]  # type: ignore[arg-type]


def test_the_users_own_come_first_page_by_page(library: Library) -> None:
    by_name = names(library)
    expected = ["Yota", "Zeta", *(name for name in by_name if name not in ("Yota", "Zeta"))]
    assert names(library, order="mine") == expected
    pages = [library.list(at, 7, order="mine").presets for at in range(0, len(expected), 7)]
    assert [one.name for page in pages for one in page] == expected
    for number in range(9):
        library.add(f"More {number}", TextTimbre(str(number)))
    own = names(library, mine=True)
    for at in range(len(own)):
        page = library.list(at, 4, order="mine").presets
        assert [one.name for one in page][: len(own) - at] == own[at : at + 4]
    for number in range(9):
        library.remove(f"More {number}")
    assert names(library, order="mine", favourites=True) == ["Yota"]
    assert names(library, order="mine", mine=False) == expected[2:]
    assert names(library, order="mine", tag="choir")[0] == "Zeta"


def test_a_family_is_named_by_any_of_its_tags(library: Library) -> None:
    assert "Zeta" in names(library, family="voice")
    assert set(names(library, family="voice", mine=True)) == {"Zeta"}
    assert names(library, family="voice", tag="soft attack") == []
    with pytest.raises(SettingsError, match="the family 'kazoo' is not one of keys"):
        names(library, family="kazoo")


def test_features_are_what_was_measured(library: Library) -> None:
    for feature in FEATURES:
        found = library.list(0, 1000, ranges=ranges_of(feature)).presets
        # No factory preset has vibrato: see below.
        assert 3 < len(found) < 45 if feature.name != "vibrato" else not found
        measures = library.measures([one.id for one in found])
        for one in measures.values():
            assert feature.name in features_of(one.places)
            assert one.values is not None
            for name, (low, high) in feature.limits.items():
                assert low - 1e-3 <= one.values[name] <= high + 1e-3
    percussive = names(library, ranges=ranges_of(feature_named("percussive")))
    assert "Wooden Marimba" in percussive
    assert "Choir Aahs" not in percussive
    assert features_of({}) == ()
    with pytest.raises(SettingsError, match="'loud' is no feature"):
        feature_named("loud")


@pytest.mark.parametrize("cents", [0.0, 0.2, 8.0, 11.9, 12.1, 30.0, 99.0, 250.0])
def test_vibrato_is_found_from_its_limit_on(library: Library, cents: float) -> None:
    """The bank has none, so its ranks are no scale for it; what has none is all alike."""
    bank = library.measures([one.id for one in library.list(0, 1000).presets])
    measured = [one.values for one in bank.values() if one.values is not None]
    assert max(values["vibrato"] for values in measured) < 1.0
    zeta = library.get("Zeta")
    kept = library.keep_measures(zeta, {**measured[0], "vibrato": cents})
    ranges = ranges_of(feature_named("vibrato"))
    is_vibrato = cents >= 12.0
    assert ("vibrato" in features_of(kept.places)) is is_vibrato
    assert names(library, ranges=ranges) == (["Zeta"] if is_vibrato else [])
    assert [one.name for one in library.search("vibrato").presets] == names(library, ranges=ranges)


def test_a_feature_is_searched_for_as_a_tag_is(library: Library) -> None:
    found = [one.name for one in library.search("Soft  attack").presets]
    assert found[0] == "Yota"  # the user's own tag, before what was measured
    assert "Slow String Section" in found
    assert len(found) == len(set(found))
    both = [one.name for one in library.search("percussive bell").presets]
    assert "Tight Bell" in both
    assert all(
        "bell" in one.name.casefold() or "bell" in one.tags
        for one in library.search("percussive bell").presets
    )
    assert library.search("percussive", mine=True).total == 0


@pytest.mark.parametrize(
    ("words", "names_", "rest"),
    [
        ("percussive", ["percussive"], ""),
        ("warm  SOFT attack pad", ["soft attack"], "warm pad"),
        ("softly attack", [], "softly attack"),
        ("", [], ""),
    ],
)
def test_features_in_words(words: str, names_: list[str], rest: str) -> None:
    named, others = features_in(words)
    assert ([one.name for one in named], others) == (names_, rest)


def test_what_is_alike_in_one_thing_is_nearest_there(library: Library) -> None:
    bell = library.get("Small Bell")
    near = library.similar_in("Small Bell", "brightness", 12)
    assert bell.id not in [one.preset.id for one in near]
    ids = [bell.id, *(one.preset.id for one in near)]
    places = {id: m.places["brightness"] for id, m in library.measures(ids).items()}
    distances = [abs(places[one.preset.id] - places[bell.id]) for one in near]
    assert distances == sorted(distances)
    for one, distance in zip(near, distances, strict=True):
        assert one.similarity == pytest.approx(1 - distance, abs=2e-3)
    mallets = library.similar_in("Small Bell", "brightness", 100, family="mallets")
    assert 0 < len(mallets) < len(library.similar_in("Small Bell", "brightness", 100))
    with pytest.raises(SettingsError, match="Zeta was not measured yet"):
        library.similar_in("Zeta", "brightness")
    with pytest.raises(SettingsError, match="not measured by 'colour'"):
        library.similar_in("Small Bell", "colour")


def test_what_sounds_alike_obeys_every_filter(library: Library) -> None:
    def alike(**wanted: object) -> set[str]:
        near = library.similar("Small Bell", ENCODER, 1000, **wanted)  # type: ignore[arg-type]
        return {one.preset.name for one in near}

    assert alike(mine=True) == {"Yota", "Zeta"}
    assert alike(favourites=True) == {"Yota"}
    assert alike(tag="choir") == {"Zeta"}
    assert alike(family="voice") == set(names(library, family="voice"))
    assert alike(kind="morph") == set()
    assert len(alike()) == 61
