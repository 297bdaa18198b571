"""What holds of every judge of timbre that is installed, and of the table of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core.audio import read_audio
from core.errors import AudioError, ModelMissing, UserInputError
from core.models.registry import Registry
from core.types import FloatArray
from evaluation import datasets
from evaluation.judges.base import LOUDNESS_LUFS, MAX_SECONDS, TimbreJudge, prepared, similarity
from evaluation.judges.discrimination import (
    area_under_curve,
    discrimination,
    nearer_than_others,
)
from evaluation.judges.registry import (
    LAION_CLAP,
    default_judges,
    judge_names,
    load_judge,
    trained_with,
)
from tests.evaluation import sounds
from tests.evaluation.judges.make_embeddings import GOLDEN, NAMES, said_by
from tests.helpers.bundles import write_tiny_bundle

LEAST_AUC = 0.8


@pytest.fixture(scope="module", params=NAMES)
def judge(request: pytest.FixtureRequest) -> TimbreJudge:
    return load_judge(request.param, "cpu")


@pytest.fixture(scope="module")
def performances() -> tuple[list[tuple[FloatArray, int]], list[tuple[FloatArray, int]]]:
    """Every second instrument of ``embedded-v1``: the target's melody, and the reference's."""
    items = datasets.load("embedded-v1").items[::2]
    first = [read_audio(item.target) for item in items if item.target]
    second = [read_audio(item.reference) for item in items if item.reference]
    return first, second


def test_a_judge_says_who_it_is(judge: TimbreJudge) -> None:
    assert judge.name in NAMES
    assert judge.title
    assert judge.version >= 1
    assert len(judge.sha256) == 64
    assert judge.is_trained_with("embedded") == (judge.name == "embedded")


def test_figures_move_only_with_the_version_or_the_weights(judge: TimbreJudge) -> None:
    kept, said = json.loads(GOLDEN.read_text())[judge.name], said_by(judge)
    assert kept["version"] == said["version"], "run make_embeddings"
    assert kept["sha256"] == said["sha256"], "run make_embeddings"
    moved = np.abs(np.subtract(kept["embedding"], said["embedding"])).max()
    assert moved < 1e-3, "raise the judge's version, then run make_embeddings"


def test_embeddings_have_norm_1_and_one_shape(judge: TimbreJudge) -> None:
    sound = sounds.play(sounds.melody())
    embedding = judge.embed(sound, sounds.RATE)
    assert embedding.shape == (judge.dimension,)
    assert embedding.dtype == np.float32
    assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-5)
    frames = judge.frames(sound, sounds.RATE)
    assert frames.ndim == 2
    assert frames.shape[1] == judge.dimension
    np.testing.assert_array_equal(embedding, judge.embed(sound, sounds.RATE))


def test_level_polarity_and_silence_around_change_nothing(judge: TimbreJudge) -> None:
    sound = sounds.play(sounds.melody())
    plain = judge.embed(sound, sounds.RATE)
    softer = judge.embed(0.05 * sound, sounds.RATE)
    assert similarity(plain, softer) > 0.999
    later = np.pad(sound, (sounds.RATE // 7, 2 * sounds.RATE))
    assert similarity(plain, judge.embed(later, sounds.RATE)) > 0.99
    stereo = np.stack([sound, -sound])
    assert similarity(plain, judge.embed(stereo, sounds.RATE)) > 0.999


def test_the_sample_rate_hardly_matters(judge: TimbreJudge) -> None:
    low, high = (judge.embed(sounds.play(sounds.melody(), rate), rate) for rate in (22_050, 48_000))
    assert similarity(low, high) > 0.97


@pytest.mark.parametrize("frames", [10, 300])
def test_very_short_sounds_are_embedded(judge: TimbreJudge, frames: int) -> None:
    embedding = judge.embed(sounds.tone(440, 1.0)[20 : 20 + frames], sounds.RATE)
    assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-5)


def test_a_single_sample_is_a_constant_offset_and_so_silence(judge: TimbreJudge) -> None:
    assert not judge.embed(np.ones(1, np.float32), sounds.RATE).any()


def test_very_long_sounds_are_heard_as_shorter_ones_of_their_kind(judge: TimbreJudge) -> None:
    tone = sounds.tone(220, 1.0, 8000, partials=8)
    long = judge.embed(np.tile(tone, 200), 8000)
    assert similarity(long, judge.embed(np.tile(tone, 6), 8000)) > 0.95


def test_silence_has_no_timbre(judge: TimbreJudge) -> None:
    silence = judge.embed(np.zeros(8000, np.float32), 16_000)
    assert silence.shape == (judge.dimension,)
    assert not silence.any()
    assert similarity(silence, judge.embed(sounds.tone(440), sounds.RATE)) == 0.0
    assert judge.frames(np.zeros(8000, np.float32), 16_000).shape == (1, judge.dimension)


def test_what_cannot_be_heard_is_refused(judge: TimbreJudge) -> None:
    with pytest.raises(AudioError, match="shape"):
        judge.embed(np.zeros(0, np.float32), 16_000)
    with pytest.raises(AudioError, match="NaN"):
        judge.embed(np.array([0.0, np.nan], np.float32), 16_000)


def test_the_same_instrument_is_nearer_than_another(
    judge: TimbreJudge,
    performances: tuple[list[tuple[FloatArray, int]], list[tuple[FloatArray, int]]],
) -> None:
    first, second = (np.stack([judge.embed(*sound) for sound in some]) for some in performances)
    assert discrimination(first, second).auc >= LEAST_AUC
    if judge.is_trained_with("embedded"):
        return  # it takes noise for an instrument, which is why others judge beside it
    other = discrimination(first, second).other
    noise = judge.embed(sounds.noise(3.0), sounds.RATE)
    assert nearer_than_others(first, second, noise) == 0
    assert (first @ noise).mean() < other / 2
    # A flute or an ocarina is not far from a sine; instruments as a whole are.
    for hz in (220, 440, 1000):
        assert (first @ judge.embed(sounds.tone(hz, 3.0), sounds.RATE)).mean() < other


def test_every_sound_is_heard_at_one_loudness() -> None:
    from core.audio.loudness import integrated_loudness

    for level in (0.001, 0.5):
        sound = prepared(sounds.tone(997, 2.0, level=level), sounds.RATE)
        assert sound is not None
        assert integrated_loudness(sound[None], sounds.RATE) == pytest.approx(
            LOUDNESS_LUFS, abs=0.1
        )


def test_a_sound_above_what_a_judge_hears_is_silence_to_it_or_level() -> None:
    ultrasonic = prepared(sounds.tone(20_000, 1.0, 96_000), 96_000, 16_000)
    assert ultrasonic is None or np.isfinite(ultrasonic).all()


def test_a_long_sound_is_levelled_as_a_short_one_and_heard_whole() -> None:
    tone = np.tile(sounds.tone(100, 1.0, 2000, level=0.01), round(MAX_SECONDS) + 30)
    heard, short = prepared(tone, 2000), prepared(tone[:8000], 2000)
    assert heard is not None
    assert short is not None
    assert len(heard) == pytest.approx(len(tone), abs=5)
    assert np.abs(heard).max() == pytest.approx(np.abs(short).max(), rel=0.01)


def test_embeddings_that_do_not_fit_are_refused() -> None:
    one = np.eye(3, dtype=np.float32)[0]
    assert similarity(one, one) == 1.0
    with pytest.raises(AudioError, match="cannot be compared"):
        similarity(one, np.eye(2, dtype=np.float32)[0])
    with pytest.raises(AudioError, match="norm 1"):
        similarity(one, 2 * one)


def test_independent_judges_stand_first() -> None:
    defaults = default_judges()
    assert defaults[:2] == ("musicnn", "musicnn-channels")
    assert defaults[-1] == "embedded"
    assert set(defaults) <= set(judge_names())


def test_any_bundle_brings_a_judge(tmp_path: Path) -> None:
    write_tiny_bundle(tmp_path / "tiny", "tiny")
    registry = Registry(tmp_path, cache_dir=tmp_path / "cache")
    judge = load_judge("tiny", "cpu", registry)
    assert judge.title == "embedded encoder of tiny"
    assert judge.is_trained_with("tiny")
    assert judge.is_trained_with("embedded")
    assert not judge.is_trained_with("tokensynth")


def test_without_its_weights_laion_clap_is_no_default_and_says_how_to_get_it(
    tmp_path: Path,
) -> None:
    registry = Registry(tmp_path, cache_dir=tmp_path / "cache")
    assert LAION_CLAP not in default_judges(registry)
    with pytest.raises(ModelMissing, match="timbre models pull tokensynth"):
        load_judge(LAION_CLAP, "cpu", registry)


def test_laion_clap_is_lenient_with_what_it_conditioned(tmp_path: Path) -> None:
    registry = Registry(tmp_path, cache_dir=tmp_path / "cache")
    names = trained_with(registry.manifest("tokensynth"), registry)
    assert names == {"tokensynth", "tokensynth-aug"}


def test_an_unknown_judge_is_said_with_those_there_are() -> None:
    with pytest.raises(UserInputError, match="no judge 'ears'; there are musicnn, "):
        load_judge("ears")


def test_auc_is_what_counting_pairs_gives() -> None:
    assert area_under_curve(np.array([3.0, 1.0]), np.array([0.0, 1.0, 2.0])) == pytest.approx(
        (3 + 1.5) / 6
    )
    same = np.eye(4, dtype=np.float32)
    told = discrimination(same, same)
    assert (told.auc, told.nearest, told.same, told.other) == (1.0, 1.0, 1.0, 0.0)
    shuffled = discrimination(same, same[[1, 0, 2, 3]])
    assert shuffled.nearest == 0.5
    assert nearer_than_others(same, same, same[0]) == 0.25
