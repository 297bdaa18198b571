"""Morphs become paths in a clip, and means where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import Blend, Morph, TextTimbre
from core.encoders.base import AudioEncoding, TimbreEncoder, unit
from core.encoders.embed import resolve
from core.encoders.morphing import combined, embedding_in_clip, embedding_of
from core.timbre import Timbre
from core.types import EmbeddingPath, FloatArray
from tests.helpers.library import SeedEncoder

A, B, C = TextTimbre("a"), TextTimbre("b"), TextTimbre("c")


def path_of(morph: Morph, length_s: float, encoder: TimbreEncoder) -> EmbeddingPath:
    path = embedding_in_clip(morph, length_s, encoder)
    assert isinstance(path, EmbeddingPath)
    return path


def test_between_two_points_weights_change_as_in_a_blend(encoder: SeedEncoder) -> None:
    path = path_of(Morph({0.2: A, 0.8: B}), 10.0, encoder)
    for at_s, weight in [(0.0, 0.0), (2.0, 0.0), (3.5, 0.25), (5.0, 0.5), (8.0, 1.0), (10.0, 1.0)]:
        blend = resolve(Blend({A: 1 - weight, B: weight}), encoder)
        np.testing.assert_allclose(path.at(np.array([at_s]))[0], blend, atol=1e-6)
    assert path.times_s[-1] == 10.0


def test_what_points_have_in_common_is_asked_for_once(encoder: SeedEncoder) -> None:
    corners = [A, B, C]
    points = [
        (i / 63, Blend({c: 1.0 + (i + n) % 3 for n, c in enumerate(corners)})) for i in range(64)
    ]
    path = path_of(Morph(points), 1.0, encoder)
    assert encoder.calls == 3
    np.testing.assert_array_equal(path.embeddings[5], resolve(points[5][1], encoder))


def test_a_morph_stands_for_its_mean(encoder: SeedEncoder) -> None:
    halfway = resolve(Blend({A: 1, B: 1}), encoder)
    mean = embedding_of(Morph({0: A, 1: B}), encoder)
    np.testing.assert_allclose(mean, halfway, atol=1e-6)
    np.testing.assert_allclose(
        embedding_of(Morph({0.5: A, 1: A}), encoder), resolve(A, encoder), atol=1e-6
    )
    late = embedding_of(Morph({0.9: A, 1: B}), encoder)
    assert late @ resolve(A, encoder) > mean @ resolve(A, encoder)
    # As far from both ends whatever the length of the clip.
    for length_s in (0.01, 3600.0):
        there = path_of(Morph({0: A, 1: B}), length_s, encoder).mean(length_s)
        np.testing.assert_allclose(there, mean, atol=1e-6)
    parts = [resolve(A, encoder), resolve(B, encoder)]
    np.testing.assert_array_equal(combined(Morph({0: A, 1: B}), parts), mean)


def test_a_mean_that_is_kept_is_not_computed(encoder: SeedEncoder) -> None:
    said: list[str] = []

    def look_up(timbre: Timbre, _encoder: TimbreEncoder) -> AudioEncoding | None:
        return AudioEncoding(unit(np.ones(512, np.float32)), ("odd",)) if timbre.moves else None

    embedding_of(Morph({0: A, 1: B}), encoder, said.append, look_up)
    assert (encoder.calls, said) == (0, ["odd"])


def test_a_clip_of_no_length_has_a_path_too(encoder: SeedEncoder) -> None:
    path = path_of(Morph({0: A, 1e-6: B, 1: C}), 0.0, encoder)
    assert np.isfinite(path.at(np.array([0.0, 1.0]))).all()


@given(
    seeds=st.lists(st.integers(0, 3), min_size=1, max_size=6),
    gaps=st.lists(st.floats(1e-6, 10.0), min_size=6, max_size=6),
    step=st.floats(1e-3, 1.0),
)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_stations_hold_every_point_and_lie_close(
    seeds: list[int], gaps: list[float], step: float
) -> None:
    points = np.stack(
        [unit(np.random.default_rng(s).standard_normal(512).astype(np.float32)) for s in seeds]
    )
    times_s = np.cumsum(gaps[: len(seeds)])
    path = EmbeddingPath(times_s, points)
    stations: FloatArray = path.at(path.stations(step))
    assert set(times_s) <= set(path.stations(step))
    cosines = (stations[1:] * stations[:-1]).sum(axis=1)
    assert (np.arccos(np.clip(cosines, -1, 1)) <= step + 2e-3).all()


def test_opposite_points_have_a_mean() -> None:
    point = unit(np.arange(1, 513, dtype=np.float32))
    mean = EmbeddingPath(np.array([0.0, 1.0]), np.stack([point, -point])).mean(1.0)
    assert float(np.linalg.norm(mean)) == pytest.approx(1.0, abs=1e-6)


@pytest.fixture
def encoder() -> SeedEncoder:
    return SeedEncoder()
