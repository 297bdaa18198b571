"""Spectral loss, similarity, consistency, pitch, distances and speed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.fft
import scipy.linalg
import torch

from core.clip import Note
from core.errors import AudioError, SettingsError
from evaluation.metrics import clap, consistency, distance, mss, pitch, speed
from tests.evaluation import sounds
from tests.evaluation.fakes import SpectrumEncoder

RATE = sounds.RATE
GOLDEN: dict[str, dict[str, float]] = json.loads(
    (Path(__file__).parent / "golden" / "figures.json").read_text()
)
SOUND = sounds.play(sounds.melody())
OTHER = sounds.play(sounds.melody(), partials=3, decay=5.0)
SILENCE = np.zeros(RATE, np.float32)
NAN = np.full(RATE, np.nan, np.float32)


def test_figures_have_not_moved() -> None:
    """Golden values; make_golden.py says what the sounds are."""
    clip = sounds.melody()
    rng = np.random.default_rng(0)
    sets = rng.standard_normal((12, 4)), rng.standard_normal((9, 4)) + 0.5
    apart = distance.evaluate(sets[0], sets[1], embedding="test", reference="test")
    figures: dict[str, dict[str, Any]] = {
        "mss": mss.evaluate(OTHER, RATE, SOUND, RATE),
        "consistency": consistency.evaluate(OTHER, RATE, clip.notes, (SOUND, RATE)),
        "pitch": pitch.evaluate(SOUND, RATE, clip.notes),
        "distance": {"fad": apart.fad, "kad": apart.kad},
    }
    for metric, values in figures.items():
        assert values == pytest.approx(GOLDEN[metric], rel=1e-3, abs=1e-4), metric


# Multi-scale spectral loss


def ddsp_loss(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """DDSP's SpectralLoss with both weights 1, written out with a plain DFT."""
    linear = log = 0.0
    for size in (2048, 1024, 512, 256, 128, 64):
        hop = size // 4
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
        count = -(-len(first) // hop)
        magnitudes = []
        for sound in (first, second):
            padded = np.pad(sound.astype(np.float64), (0, count * hop + size - len(sound)))
            frames = np.stack([padded[i * hop : i * hop + size] for i in range(count)])
            magnitudes.append(np.abs(scipy.fft.rfft(frames * window, axis=1)))
        linear += np.abs(magnitudes[0] - magnitudes[1]).mean()
        logs = [np.log(np.where(m <= 1e-5, 1e-5, m)) for m in magnitudes]
        log += np.abs(logs[0] - logs[1]).mean()
    return float(linear), float(log)


def test_mss_is_the_definition_of_ddsp() -> None:
    config = mss.MssConfig(sample_rate=RATE)
    figures = mss.evaluate(OTHER, RATE, SOUND, RATE, config)
    linear, log = ddsp_loss(OTHER, SOUND)
    assert figures["mss_linear"] == pytest.approx(linear, rel=1e-4)
    assert figures["mss_log"] == pytest.approx(log, rel=1e-3)
    assert figures["mss"] == pytest.approx(linear + log, rel=1e-3)


def test_mss_agrees_with_auraloss_where_they_define_the_same() -> None:
    import auraloss

    config = mss.MssConfig(sample_rate=RATE, floor=1e-4, framing="centre")
    figures = mss.evaluate(OTHER, RATE, SOUND, RATE, config)
    sizes = list(config.fft_sizes)

    def theirs(linear: float, log: float) -> float:
        loss = auraloss.freq.MultiResolutionSTFTLoss(
            sizes, [s // 4 for s in sizes], sizes, w_sc=0.0, w_log_mag=log, w_lin_mag=linear
        )
        pair = torch.from_numpy(OTHER)[None, None], torch.from_numpy(SOUND)[None, None]
        return float(loss(*pair)) * len(sizes)  # it averages over sizes, DDSP sums

    assert figures["mss_linear"] == pytest.approx(theirs(1.0, 0.0), rel=1e-3)
    assert figures["mss_log"] == pytest.approx(theirs(0.0, 1.0), rel=1e-3)


def test_mss_of_equals_is_zero_and_symmetric() -> None:
    assert mss.evaluate(SOUND, RATE, SOUND, RATE)["mss"] == 0.0
    assert mss.evaluate(SILENCE, RATE, SILENCE, RATE)["mss"] == 0.0
    there = mss.evaluate(SOUND, RATE, OTHER, RATE)["mss"]
    assert there == pytest.approx(mss.evaluate(OTHER, RATE, SOUND, RATE)["mss"])


def test_mss_counts_a_tail_that_should_not_be_there() -> None:
    longer = np.concatenate([SOUND, sounds.noise(0.5)])
    assert (mss.evaluate(longer, RATE, SOUND, RATE)["mss"] or 0) > 0.5


def test_mss_takes_any_rate_channels_and_a_single_sample() -> None:
    stereo = np.stack([SOUND, SOUND])
    assert mss.evaluate(stereo, RATE, SOUND, RATE)["mss"] == pytest.approx(0, abs=1e-4)
    other_rate = mss.evaluate(sounds.tone(440, rate=48_000), 48_000, sounds.tone(440), RATE)
    assert (other_rate["mss_linear"] or 0) < 0.05
    one = np.ones(1, np.float32)
    for framing in ("end", "centre"):
        assert mss.evaluate(one, RATE, one, RATE, mss.MssConfig(framing=framing))["mss"] == 0


def test_mss_says_its_configuration() -> None:
    assert "2048/1024/512/256/128/64" in mss.MssConfig().label
    with pytest.raises(SettingsError):
        mss.MssConfig(fft_sizes=(63,))
    with pytest.raises(SettingsError):
        mss.MssConfig(overlap=1.0)


@pytest.mark.parametrize("bad", [NAN, np.zeros(0, np.float32)])
def test_no_metric_scores_what_is_not_sound(bad: np.ndarray) -> None:
    notes = sounds.melody().notes
    for score in (
        lambda: mss.evaluate(bad, RATE, SOUND, RATE),
        lambda: mss.evaluate(SOUND, RATE, bad, RATE),
        lambda: clap.evaluate(SpectrumEncoder(), bad, RATE, words="x"),
        lambda: consistency.evaluate(bad, RATE, notes),
        lambda: pitch.evaluate(bad, RATE, notes, ["yin"]),
    ):
        with pytest.raises(AudioError):
            score()


# Similarity


def test_similarity_is_a_cosine_and_names_its_encoder() -> None:
    encoder = SpectrumEncoder()
    same = clap.evaluate(encoder, SOUND, RATE, recording=(SOUND, RATE), words="plucked")
    assert same["clap_audio"] == pytest.approx(1.0)
    assert same["encoder_id"] == encoder.id
    assert same["encoder_sha256"] == encoder.sha256
    assert -1 <= float(same["clap_text"] or 0) <= 1
    noise = clap.evaluate(encoder, sounds.noise(), RATE, recording=(SOUND, RATE))
    assert float(noise["clap_audio"] or 0) < 0.95
    assert noise["clap_text"] is None


def test_silence_is_like_nothing() -> None:
    figures = clap.evaluate(SpectrumEncoder(), SILENCE, RATE, recording=(SOUND, RATE), words="a")
    assert figures["clap_audio"] == 0.0
    assert figures["clap_text"] == 0.0


def test_embeddings_that_are_none_are_refused() -> None:
    with pytest.raises(AudioError, match="norm 1"):
        clap.similarity(np.full(512, 0.5, np.float32), np.zeros(512, np.float32))
    with pytest.raises(AudioError, match="512"):
        clap.similarity(np.zeros(3, np.float32), np.zeros(3, np.float32))


# Consistency


def test_envelopes_are_liftered_log_mel_spectra() -> None:
    """Against librosa's mel filters and scipy's DCT."""
    import librosa

    rate = consistency.SAMPLE_RATE
    note = sounds.tone(330, 0.25, rate, 8) + sounds.noise(0.25, rate, level=0.01)
    ours = consistency.spectral_envelopes(torch.from_numpy(note)[None])[0].numpy()
    scaled = note / np.sqrt(np.mean(note.astype(np.float64) ** 2))
    mel = librosa.feature.melspectrogram(
        y=scaled, sr=rate, n_fft=2048, hop_length=512, n_mels=80, pad_mode="constant"
    )
    log = np.log(np.maximum(mel, mel.max() * 1e-8)).T
    cepstra = scipy.fft.dct(log, norm="ortho", axis=1)
    cepstra[:, 13:] = 0
    theirs = scipy.fft.idct(cepstra, norm="ortho", axis=1)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() < 2e-3


def test_consistency_is_the_mean_over_pairs() -> None:
    rate = consistency.SAMPLE_RATE
    notes = torch.from_numpy(
        np.stack([sounds.tone(hz, 0.25, rate, n) for hz, n in ((220, 2), (330, 6), (440, 12))])
    )
    lifted = consistency.spectral_envelopes(notes).numpy()
    pairs = [np.abs(lifted[i] - lifted[j]).mean() for i, j in ((0, 1), (0, 2), (1, 2))]
    assert float(consistency.timbral_consistency(notes)) == pytest.approx(np.mean(pairs), rel=1e-5)


def test_consistency_has_a_gradient() -> None:
    torch.manual_seed(0)
    notes = torch.randn(3, 8000, requires_grad=True)
    consistency.timbral_consistency(notes).backward()
    assert notes.grad is not None
    assert bool(torch.isfinite(notes.grad).all())
    assert float(notes.grad.abs().sum()) > 0


def test_another_instrument_is_further_away_and_loudness_does_not_matter() -> None:
    notes = sounds.melody().notes
    near = consistency.evaluate(SOUND * 0.3, RATE, notes, (SOUND, RATE))["tc_target"]
    buzz = sounds.play(sounds.melody(), partials=30, rolloff=0.2, decay=0.5)
    far = consistency.evaluate(buzz, RATE, notes, (SOUND, RATE))["tc_target"]
    own = consistency.evaluate(SOUND, RATE, notes, (SOUND, RATE))["tc_target"]
    assert near == pytest.approx(own, rel=1e-3)
    assert (far or 0) > 1.3 * (near or 0)


def test_consistency_of_less_than_two_sounding_notes_is_undefined() -> None:
    notes = sounds.melody().notes
    assert consistency.evaluate(SILENCE, RATE, notes, (SOUND, RATE)) == {
        "tc": None,
        "tc_target": None,
        "tc_zero": None,
    }
    assert consistency.evaluate(SOUND, RATE, notes[:1])["tc"] is None
    assert consistency.pairwise_cosine(np.ones((1, 4), np.float32)) is None
    with pytest.raises(AudioError, match="two notes"):
        consistency.timbral_consistency(torch.ones(1, 100))


def test_pairwise_cosine_leaves_a_note_with_itself_out() -> None:
    vectors = np.array([[1, 0], [0, 1], [1, 0]], np.float32)
    assert consistency.pairwise_cosine(vectors) == pytest.approx(1 / 3)


def test_notes_under_others_are_left_out_where_enough_stand_alone() -> None:
    notes = [
        Note(0, 60, 100, 1.0),
        Note(0, 64, 100, 1.0),
        *(Note(1 + i, 60, 100, 0.5) for i in (0, 1)),
    ]
    assert [consistency.is_isolated(note, notes) for note in notes] == [False, False, True, True]


# Pitch


@pytest.mark.parametrize("hz", [41.2, 110.0, 440.0, 1046.5, 1975.0])
@pytest.mark.parametrize("partials", [1, 8])
def test_yin_finds_known_pitches(hz: float, partials: int) -> None:
    track = pitch.yin(sounds.tone(hz, 0.5, pitch.YIN_HZ, partials))
    assert np.nanmedian(np.abs(12 * np.log2(track / hz))) < 0.05


def test_yin_agrees_with_librosa() -> None:
    import librosa

    rate = pitch.YIN_HZ
    sound = sounds.tone(196.0, 0.6, rate, 5) + sounds.noise(0.6, rate, level=0.005)
    theirs = librosa.yin(
        sound, fmin=30, fmax=2100, sr=rate, frame_length=8192, trough_threshold=0.15, center=False
    )
    assert abs(np.nanmedian(pitch.yin(sound)) / np.median(theirs) - 1) < 1e-3


def test_crepe_agrees_with_torchcrepes_own_decoder() -> None:
    import torchcrepe

    sound = sounds.tone(311.0, 0.6, pitch.CREPE_HZ, 5)
    theirs = torchcrepe.predict(
        torch.from_numpy(sound)[None],
        pitch.CREPE_HZ,
        hop_length=160,
        model="tiny",
        decoder=torchcrepe.decode.weighted_argmax,
    )
    ours = pitch.crepe(sound)
    assert abs(12 * np.log2(np.nanmedian(ours) / float(theirs.median()))) < 0.2  # it dithers
    assert np.array_equal(ours, pitch.crepe(sound), equal_nan=True)


def test_pitch_error_is_in_semitones_and_both_followers_agree() -> None:
    notes = [Note(0.0, 69, 100, 0.8)]
    sharp = sounds.tone(440 * 2 ** (0.5 / 12), 0.9, partials=4)
    figures = pitch.evaluate(sharp, RATE, notes)
    assert figures["pitch_yin_semitones"] == pytest.approx(0.5, abs=0.02)
    assert figures["pitch_crepe_semitones"] == pytest.approx(0.5, abs=0.1)
    assert figures["pitch_yin_notes"] == 1


@pytest.mark.parametrize("sound", [SILENCE, sounds.noise(1.0)])
def test_what_has_no_pitch_has_no_pitch_error(sound: np.ndarray) -> None:
    figures = pitch.evaluate(sound, RATE, [Note(0.0, 69, 100, 0.9)])
    assert figures["pitch_yin_semitones"] is None
    assert figures["pitch_crepe_semitones"] is None
    assert figures["pitch_crepe_notes"] == 0


def test_chords_are_not_judged() -> None:
    notes = [Note(0.0, 60, 100, 0.5), Note(0.2, 64, 100, 0.5)]
    assert pitch.evaluate(SOUND, RATE, notes, ["yin"])["pitch_yin_notes"] == 0


# Distances between sets


def test_frechet_is_the_textbook_formula() -> None:
    rng = np.random.default_rng(0)
    first = rng.standard_normal((300, 5)) @ rng.standard_normal((5, 5))
    second = rng.standard_normal((200, 5)) + 0.3
    covariances = np.cov(first.T), np.cov(second.T)
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    theirs = ((first.mean(0) - second.mean(0)) ** 2).sum() + np.trace(sum(covariances) - 2 * root)
    assert distance.frechet(first, second) == pytest.approx(theirs, rel=1e-6)


def test_frechet_gives_the_same_on_both_of_its_ways_and_survives_singular_sets() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.standard_normal((6, 20)), rng.standard_normal((5, 20))
    few = distance.frechet(first, second)
    # The same sets repeated: equal means, covariances scaled by a known factor.
    many = distance.frechet(np.tile(first, (8, 1)), np.tile(second, (8, 1)))
    assert np.isfinite(few)
    assert many < few
    assert distance.frechet(first, first) == pytest.approx(0, abs=1e-9)


def test_kernel_distance_is_the_unbiased_estimate() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.standard_normal((7, 3)), rng.standard_normal((5, 3)) + 1

    def k(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.exp(-((a - b) ** 2).sum() / (2 * 1.5**2)))

    own = np.mean([k(a, b) for i, a in enumerate(first) for j, b in enumerate(first) if i != j])
    theirs = np.mean(
        [k(a, b) for i, a in enumerate(second) for j, b in enumerate(second) if i != j]
    )
    between = np.mean([k(a, b) for a in first for b in second])
    assert distance.kernel(first, second, 1.5) == pytest.approx(100 * (own + theirs - 2 * between))


def test_kernel_distance_is_unbiased_where_frechet_is_not() -> None:
    rng = np.random.default_rng(3)
    kads, fads = [], []
    for _ in range(200):
        first, second = rng.standard_normal((8, 4)), rng.standard_normal((8, 4))
        kads.append(distance.kernel(first, second, 2.0))
        fads.append(distance.frechet(first, second))
    assert abs(np.mean(kads)) < 3 * np.std(kads) / np.sqrt(len(kads))
    assert np.mean(fads) > 0.5


def test_sets_of_one_have_no_distance_and_the_result_says_so() -> None:
    one = distance.evaluate(np.ones((1, 4)), np.eye(4), embedding="e", reference="r")
    assert one.fad is None
    assert one.kad is None
    assert "too few" in one.note
    small = distance.evaluate(np.eye(4), np.eye(4), embedding="e", reference="r")
    assert "biased" in small.note
    with pytest.raises(AudioError):
        distance.evaluate(np.eye(4), np.eye(3), embedding="e", reference="r")


def test_equal_vectors_throughout_do_not_divide_by_zero() -> None:
    same = np.ones((4, 3))
    result = distance.evaluate(same, same, embedding="e", reference="r")
    assert result.fad == pytest.approx(0)
    assert result.kad == pytest.approx(0)


# Speed


def test_speed_is_the_median_without_the_warm_up() -> None:
    ticks = iter([0.0, 2.0, 10.0, 11.0, 20.0, 29.0, *np.arange(0, 3, 0.25)])
    calls: list[str] = []

    def render() -> float:
        calls.append("clip")
        return 4.0

    def short() -> float:
        calls.append("note")
        return 0.5

    figures = speed.evaluate(render, short, repeats=3, warmup=1, clock=lambda: next(ticks))
    assert figures == {"rtf": 0.5, "first_audio_s": 0.25}
    assert calls == ["clip"] * 4 + ["note"] * 4


def test_speed_of_no_sound_is_an_error() -> None:
    with pytest.raises(SettingsError, match="longer than 0"):
        speed.evaluate(lambda: 0.0, repeats=1)
    with pytest.raises(SettingsError, match="repeats"):
        speed.evaluate(lambda: 1.0, repeats=0)
