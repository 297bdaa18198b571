"""From recipes to embeddings: recordings, words, blends, and paths of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from core import AudioTimbre, Blend, TextTimbre, timbre
from core.encoders import sphere
from core.encoders.base import TimbreEncoder, unit
from core.encoders.embed import embedding_path, resolve
from core.errors import AudioError, SettingsError
from core.types import FloatArray


def vector(seed: int) -> FloatArray:
    return unit(np.random.default_rng(seed).standard_normal(512).astype(np.float32))


class NumberEncoder(TimbreEncoder):
    """Words are seeds; a recording's seed is its length."""

    id, sha256 = "numbers", "0" * 64

    def encode_audio(self, audio: FloatArray, sample_rate: int) -> FloatArray:
        return vector(audio.shape[1])

    def encode_text(self, text: str) -> FloatArray:
        return -vector(int(text[1:])) if text.startswith("-") else vector(int(text))


ENCODER = NumberEncoder()
A, B, C = TextTimbre("1"), TextTimbre("2"), TextTimbre("3")


def test_words_and_recordings(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.resize([0.1, -0.1], 900), 8000)
    assert np.array_equal(resolve(A, ENCODER), vector(1))
    heard = resolve(AudioTimbre(tmp_path / "a.wav"), ENCODER)
    assert np.array_equal(heard, vector(900))
    with pytest.raises(AudioError, match="no such file"):
        resolve(AudioTimbre(tmp_path / "b.wav"), ENCODER)


def angle(a: FloatArray, b: FloatArray) -> float:
    return float(np.arccos(np.clip(a.astype(float) @ b.astype(float), -1, 1)))


def test_slerp_of_two_divides_the_angle() -> None:
    blended = resolve(Blend(((A, 1), (B, 3))), ENCODER)
    whole = angle(vector(1), vector(2))
    assert angle(vector(1), blended) == pytest.approx(0.75 * whole, abs=1e-5)
    assert angle(blended, vector(2)) == pytest.approx(0.25 * whole, abs=1e-5)


def test_linear_is_the_normalised_sum() -> None:
    blended = resolve(Blend(((A, 1), (B, 3)), mode="linear"), ENCODER)
    assert np.allclose(blended, unit(vector(1) + 3 * vector(2)), atol=1e-6)


def test_the_mean_of_many_generalises_slerp() -> None:
    """Splitting a part in two changes nothing, and neither does the order."""
    two = resolve(Blend(((A, 0.5), (B, 0.5))), ENCODER)
    three = resolve(Blend(((B, 0.25), (A, 0.5), (B, 0.25))), ENCODER)
    assert np.allclose(two, three, atol=1e-6)
    forward = resolve(Blend(((A, 0.2), (B, 0.3), (C, 0.5))), ENCODER)
    backward = resolve(Blend(((C, 0.5), (B, 0.3), (A, 0.2))), ENCODER)
    assert np.allclose(forward, backward, atol=1e-6)


@settings(deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.floats(0, 1e300)), min_size=1, max_size=6).filter(
        lambda parts: any(weight > 0 for _, weight in parts)
    ),
    st.sampled_from(["slerp", "linear"]),
)
def test_blends_are_unit_vectors(parts: list[tuple[int, float]], mode: timbre.BlendMode) -> None:
    blend = Blend(tuple((TextTimbre(str(seed)), weight) for seed, weight in parts), mode)
    blended = resolve(blend, ENCODER)
    assert blended.shape == (512,)
    assert blended.dtype == np.float32
    assert float(np.linalg.norm(blended)) == pytest.approx(1, abs=1e-5)


def test_opposite_timbres() -> None:
    opposite = ((A, 0.5), (TextTimbre("-1"), 0.5))
    middle = resolve(Blend(opposite), ENCODER)
    assert angle(middle, vector(1)) == pytest.approx(np.pi / 2, abs=1e-4)
    assert np.array_equal(middle, resolve(Blend(opposite), ENCODER))
    with pytest.raises(SettingsError, match="cancel out"):
        resolve(Blend(opposite, "linear"), ENCODER)
    three = Blend(((A, 0.5), (TextTimbre("-1"), 0.25), (TextTimbre("-1"), 0.25)))
    assert np.isfinite(resolve(three, ENCODER)).all()


def test_a_part_of_weight_zero_is_not_looked_at() -> None:
    blend = Blend(((A, 1), (AudioTimbre("/nowhere.wav"), 0)))
    assert np.array_equal(resolve(blend, ENCODER), vector(1))


def test_nested_blends_resolve_inside_out() -> None:
    inner = Blend(((A, 1), (B, 1)))
    outer = resolve(Blend(((inner, 1), (C, 1))), ENCODER)
    by_hand = sphere.spherical_mean(np.stack([resolve(inner, ENCODER), vector(3)]), np.ones(2))
    assert np.array_equal(outer, by_hand)


def test_a_moving_timbre() -> None:
    path = embedding_path([0.0, 2.5], [A, B], ENCODER)
    assert path.times_s.tolist() == [0.0, 2.5]
    assert np.array_equal(path.embeddings, np.stack([vector(1), vector(2)]))
    with pytest.raises(SettingsError, match="a time for every timbre"):
        embedding_path([0.0], [A, B], ENCODER)
