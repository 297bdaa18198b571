"""The map: a projection that is fixed, and presets as its points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.encoders.base import TimbreEncoder
from core.encoders.deferred import DeferredEncoder
from core.library import Library
from core.library.embeddings.vectors import Vectors
from core.library.presets import PresetOrder
from core.library.timbre_map import projection
from core.library.timbre_map.families import (
    FAMILIES,
    FAMILY_OF_PROGRAM,
    FAMILY_OF_TAG,
    family_named_by,
)
from core.loading import deferred_encoder
from core.models import DEFAULT_BUNDLE
from core.models.registry import Registry
from core.timbre import TextTimbre
from core.training import map_projection

REMAKE = "run `python -m core.training.map_projection` and commit what it writes"
ORDERS: tuple[PresetOrder, ...] = ("name", "newest", "rating", "recent")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library.sqlite", model=None) as opened:
        yield opened


@pytest.fixture(scope="module")
def encoder() -> TimbreEncoder:
    return deferred_encoder(Registry().resolve(DEFAULT_BUNDLE))


def test_the_projection_that_ships_is_what_the_weights_give(tmp_path: Path) -> None:
    shipped, learned = projection.load(), map_projection.learn()
    assert shipped is not None
    assert shipped.encoder_sha256 == learned.encoder_sha256, REMAKE
    np.testing.assert_allclose(shipped.axes, learned.axes, atol=1e-3, err_msg=REMAKE)
    np.testing.assert_allclose(shipped.origin, learned.origin, atol=1e-3, err_msg=REMAKE)
    projection.write(tmp_path / "again.npz", shipped)
    assert (tmp_path / "again.npz").read_bytes() == projection.FILE.read_bytes()


def test_it_keeps_neighbours_and_parts_families_better_than_principal_components() -> None:
    data = map_projection.training_data()
    known = data.embeddings[: -data.factory], data.families[: -data.factory]
    held_out = data.embeddings[-data.factory :]
    axes = map_projection.discriminant_axes(map_projection.SHRINKAGE)(*known)
    assert map_projection.trustworthiness(held_out, held_out @ axes) > 0.7
    places = known[0] @ axes
    principal = known[0] @ map_projection.principal_axes(*known)
    ours = map_projection.family_agreement(places / places.std(axis=0), known[1])
    theirs = map_projection.family_agreement(principal / principal.std(axis=0), known[1])
    assert ours > theirs + 0.1


def test_trustworthiness_is_one_where_nothing_is_lost_and_less_for_chance() -> None:
    chance = np.random.default_rng(0)
    points = chance.normal(size=(100, 2))
    assert map_projection.trustworthiness(points, 3 * points) == 1.0
    assert map_projection.trustworthiness(points, chance.normal(size=(100, 2))) < 0.65


def test_the_factory_bank_fills_the_unit_square(library: Library, encoder: TimbreEncoder) -> None:
    points = library.map_points(encoder)
    assert points is not None
    assert points.unplaced == 0
    places = np.stack([points.x, points.y])
    assert np.mean((places >= 0).all(axis=0) & (places <= 1).all(axis=0)) > 0.9
    assert places.min() > -0.3
    assert places.max() < 1.3
    assert np.ptp(places, axis=1) == pytest.approx([1.0, 1.0], abs=0.4)


@pytest.mark.parametrize("order", ORDERS)
def test_points_come_in_the_order_of_the_list(
    library: Library, encoder: TimbreEncoder, order: PresetOrder
) -> None:
    presets = library.list(limit=1000, order=order).presets
    library.edit(presets[7].id, rating=4, favourite=True)
    library.note_heard(presets[9].id)
    for tag in (None, "pad"):
        listed = library.list(limit=1000, order=order, tag=tag).presets
        points = library.map_points(encoder, order=order, tag=tag)
        assert points is not None
        assert list(points.ids) == [preset.id for preset in listed]
        assert list(points.names) == [preset.name for preset in listed]


def test_a_search_gives_the_points_that_it_lists(library: Library, encoder: TimbreEncoder) -> None:
    for words in ("soft", "warm pad", "nothing is called so", "…"):
        found = library.search(words, limit=1000, mine=False).presets
        points = library.map_points(encoder, words, mine=False)
        assert points is not None
        assert list(points.ids) == [preset.id for preset in found]
    like = library.map_points_of(encoder, found := library.list(limit=9, order="rating").presets)
    assert like is not None
    assert list(like.ids) == [preset.id for preset in found]


def test_a_place_never_changes_when_others_come(library: Library, encoder: TimbreEncoder) -> None:
    before = library.map_points(encoder)
    preset = library.add("Mine", TextTimbre("a words-only sound"), tags=["flute"])
    after = library.map_points(encoder)
    assert before is not None
    assert after is not None
    number = after.ids.index(preset.id)
    assert np.isnan(after.x[number])
    assert (after.unplaced, after.families[number]) == (1, -1)
    assert np.array_equal(np.delete(after.x, number), before.x)
    assert np.array_equal(np.delete(after.y, number), before.y)


def test_a_model_without_a_projection_has_no_map(library: Library) -> None:
    def load() -> TimbreEncoder:
        raise AssertionError("nothing is to be listened to")

    stranger = DeferredEncoder("other", "0" * 64, "1" * 64, load)
    assert library.map_points(stranger) is None


def test_a_damaged_file_is_no_projection(tmp_path: Path) -> None:
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04 no archive")
    assert projection.load(tmp_path / "bad.npz") is None
    made = projection.load()
    assert made is not None
    short = replace(made, family_bias=made.family_bias[:-1])
    projection.write(tmp_path / "short.npz", short)
    assert projection.load(tmp_path / "short.npz") is None


def test_tags_name_the_family_and_the_sound_does_otherwise(
    library: Library, encoder: TimbreEncoder
) -> None:
    points = library.map_points(encoder, mine=False)
    assert points is not None
    named = {name: family_named_by(library.get(name).tags) for name in points.names}
    for name, family in zip(points.names, points.families, strict=True):
        assert named[name] is None or family == named[name]
    library.edit("Concert Flute", tags=["nothing of the kind"])
    unnamed = library.map_points(encoder, "Concert Flute")
    assert unnamed is not None
    assert FAMILIES[unnamed.families[0]] == "wind"


def test_families_are_told_for_all_programs_and_tags() -> None:
    assert set(FAMILY_OF_TAG.values()) == set(FAMILIES)
    assert set(FAMILY_OF_PROGRAM) == set(range(119)) - {55}
    assert family_named_by(("bright", "string", "bowed")) == FAMILIES.index("strings")
    assert family_named_by(("bright",)) is None


def test_places_of_what_is_no_unit_vector_are_nowhere() -> None:
    made = projection.load()
    assert made is not None
    rows = np.zeros((3, 512), np.float32)
    rows[0, 0], rows[1, 0] = 1.0, np.nan
    assert np.isnan(made.places(rows)).all(axis=1).tolist() == [False, True, True]
    assert made.families(rows).shape == (3,)


def test_records_are_found_by_many_digests_at_once() -> None:
    chance = np.random.default_rng(1)
    digests = chance.integers(0, 256, (500, 32), np.uint8)
    store = Vectors.of({row.tobytes(): np.zeros(512, np.float32) for row in digests})
    alike = digests[3].copy()
    alike[20] ^= 1  # begins as one that is there
    asked = np.concatenate([digests[::-1], chance.integers(0, 256, (5, 32), np.uint8), [alike]])
    assert store.indices_of(asked).tolist() == [*range(499, -1, -1), *[-1] * 6]
    assert Vectors.of({}).indices_of(asked).tolist() == [-1] * 506
    assert len(store.indices_of(asked[:0])) == 0
