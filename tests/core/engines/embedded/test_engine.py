"""What the embedded engine promises of any decoder, tested on one with random weights."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest
import torch

from core.clip import Clip, Note
from core.engines.base import RenderRequest
from core.engines.embedded.decoder import Decoder, DecoderConfig
from core.engines.embedded.engine import EmbeddedEngine
from core.engines.embedded.levels import TAIL_S
from core.errors import Cancelled, SettingsError
from core.settings import RenderSettings
from core.types import EmbeddingPath
from tests.helpers.decoders import timbre

RATE = EmbeddedEngine.sample_rate


@pytest.fixture(scope="module")
def engine() -> EmbeddedEngine:
    torch.manual_seed(5)
    return EmbeddedEngine(Decoder(DecoderConfig(width=32, hidden=32)))


CHORD = Clip.of("chord", [Note(0.1 * i, 48 + 4 * i, 90, 0.6) for i in range(5)], 1.5)
MELODY = Clip.of("melody", [Note(0.3 * i, 60 + 2 * i, 60 + 9 * i, 0.25) for i in range(6)])


def test_the_same_seed_gives_the_same_samples_and_another_does_not(engine: EmbeddedEngine) -> None:
    first, again, other = (
        engine.render([RenderRequest(CHORD, timbre(1), seed=seed)])[0] for seed in (7, 7, 8)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_batch_gives_each_clip_what_it_gets_alone(engine: EmbeddedEngine) -> None:
    requests = [
        RenderRequest(CHORD, timbre(1), seed=1),
        RenderRequest(MELODY, timbre(2), seed=2),
        RenderRequest(CHORD, timbre(2), seed=3),
    ]
    together = engine.render(requests)
    for request, batched in zip(requests, together, strict=True):
        np.testing.assert_allclose(batched, engine.render([request])[0], atol=1e-5)


def test_audio_lasts_as_long_as_the_clip_and_the_last_notes_tail(engine: EmbeddedEngine) -> None:
    (audio,) = engine.render([RenderRequest(MELODY, timbre(1))])
    assert audio.shape == (1, round((MELODY.length_s + TAIL_S) * RATE))
    (audio,) = engine.render([RenderRequest(Clip.of("rest", [], 3.0), timbre(1))])
    assert audio.shape == (1, 3 * RATE)
    assert not audio.any()


def test_nothing_sounds_before_the_first_note(engine: EmbeddedEngine) -> None:
    late = Clip.of("late", [Note(1.0, 60, 100, 0.5)])
    (audio,) = engine.render([RenderRequest(late, timbre(1))])
    # Filtered noise is heard through a window of 512 samples, half of it before the onset.
    assert not audio[0, : RATE - 256].any()
    assert audio[0, RATE : RATE + 4096].any()


def test_the_fundamental_is_where_the_note_says(engine: EmbeddedEngine) -> None:
    clip = Clip.of("a", [Note(0.0, 69, 100, 2.0)])
    (audio,) = engine.render([RenderRequest(clip, timbre(4))])
    segment = audio[0, RATE // 2 : RATE // 2 + RATE]
    spectrum = np.abs(np.fft.rfft(segment * np.hanning(len(segment)), 4 * RATE))
    window = slice(4 * 400, 4 * 480)
    peak_hz = (np.argmax(spectrum[window]) + window.start) / 4
    assert abs(1200 * np.log2(peak_hz / 440)) < 25


def answer_from(answers: Iterator[bool], _fraction: float) -> bool:
    """Progress's answers, one after the other."""
    return next(answers)


def test_cancel_is_obeyed_wherever_it_is_asked(engine: EmbeddedEngine) -> None:
    steps = 0

    def count(_fraction: float) -> bool:
        nonlocal steps
        steps += 1
        return True

    engine.render([RenderRequest(CHORD, timbre(1))], count)
    assert steps >= 4
    for stop_at in range(steps):
        answers = iter([True] * stop_at + [False])
        with pytest.raises(Cancelled):
            engine.render([RenderRequest(CHORD, timbre(1))], partial(answer_from, answers))


def test_progress_never_goes_back(engine: EmbeddedEngine) -> None:
    seen: list[float] = []
    engine.render(
        [RenderRequest(CHORD, timbre(1)), RenderRequest(MELODY, timbre(1))],
        lambda fraction: seen.append(fraction) is None,
    )
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)


def test_a_very_long_note_never_grows_louder(engine: EmbeddedEngine) -> None:
    clip = Clip.of("drone", [Note(0.0, 50, 100, 25.0)])
    (audio,) = engine.render([RenderRequest(clip, timbre(6))])
    level = np.sqrt((audio[0, : 24 * RATE].reshape(24, RATE) ** 2).mean(axis=1))
    assert level[-1] <= 1.2 * level[4]
    assert np.isfinite(audio).all()


def test_a_path_starts_and_ends_in_its_timbres(engine: EmbeddedEngine) -> None:
    clip = Clip.of("two", [Note(0.0, 60, 100, 0.5), Note(6.0, 60, 100, 0.5)])
    path = EmbeddingPath(np.array([3.0, 4.0]), np.stack([timbre(1), timbre(2)]))
    moving, first, second = (
        engine.render([RenderRequest(clip, embedding, seed=1)])[0][0]
        for embedding in (path, timbre(1), timbre(2))
    )
    border = 4 * RATE
    # Peaks are held under full scale a clip at a time, so the gain may differ; nothing else.
    assert np.corrcoef(moving[:border], first[:border])[0, 1] > 0.9999
    assert np.corrcoef(moving[border:], second[border:])[0, 1] > 0.9999
    assert np.corrcoef(first[:border], second[:border])[0, 1] < 0.9


def test_loud_polyphony_is_not_turned_down(engine: EmbeddedEngine) -> None:
    """What becomes of peaks over full scale is for the façade to say, which knows the gain."""
    half, all_ = (
        Clip.of("cluster", [Note(0.0, pitch, 127, 1.0) for pitch in keys])
        for keys in (range(24, 62), range(24, 99))
    )
    first, both = engine.render([RenderRequest(clip, timbre(1)) for clip in (half, all_)])
    assert np.isfinite(both).all()
    assert np.sqrt((both**2).mean()) > np.sqrt((first**2).mean())


def test_limits_name_every_note_and_every_ignored_setting(engine: EmbeddedEngine) -> None:
    low, high, inside = Note(0, 20, 90, 1), Note(1, 120, 90, 1), Note(2, 60, 90, 1)
    request = RenderRequest(
        Clip.of("wide", [low, high, inside]), timbre(1), RenderSettings(temperature=0.5, top_k=3)
    )
    by_code = {limit.code: limit for limit in engine.limits(request)}
    assert by_code["pitch_range"].notes == (low, high)
    assert "temperature, top_k" in by_code["setting_ignored"].message
    assert engine.limits(RenderRequest(MELODY, timbre(1))) == []


def test_embedding_paths_check_themselves() -> None:
    with pytest.raises(SettingsError, match="increase"):
        EmbeddingPath(np.array([1.0, 1.0]), np.stack([timbre(1), timbre(2)]))
    with pytest.raises(SettingsError, match="512"):
        EmbeddingPath(np.array([1.0]), np.zeros((1, 4), np.float32))
