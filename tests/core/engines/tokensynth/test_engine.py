"""The engine end to end, with random weights: real networks and a real codec, small."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.clip import Clip, Note
from core.codecs.dac import Dac
from core.engines.base import RenderRequest
from core.engines.tokensynth import engine as engine_module
from core.engines.tokensynth.checkpoint import to_published
from core.engines.tokensynth.engine import TAIL_S, TokenSynthEngine, checked_embedding
from core.engines.tokensynth.generate import DecodeItem, Prompt, generate
from core.engines.tokensynth.sampling import Sampling
from core.engines.tokensynth.tokens import prompt_tokens
from core.engines.tokensynth.transformer import PRESETS
from core.errors import Cancelled, ModelDamaged, SettingsError
from core.settings import RenderSettings
from core.types import EmbeddingPath
from tests.core.engines.tokensynth import tiny
from tests.core.engines.tokensynth import tokensynth_reference as published


@pytest.fixture(scope="module")
def engine() -> TokenSynthEngine:
    return tiny.engine()


def test_a_clip_becomes_audio_of_its_length(engine: TokenSynthEngine) -> None:
    (audio,) = engine.render([tiny.request(4, 1.0, seed=1)])
    assert audio.dtype == np.float32
    assert audio.shape == (1, round((1.0 + TAIL_S) * engine.sample_rate))
    assert engine.sample_rate == 44100
    assert bool(np.isfinite(audio).all())
    assert 0 < float(np.abs(audio).max()) <= 1
    assert float(audio.std()) > 1e-3


def test_a_batch_gives_each_item_what_it_gets_alone(engine: TokenSynthEngine) -> None:
    """Different lengths, numbers of notes, settings and numbers of windows."""
    requests = [
        tiny.request(3, 0.5, seed=1),
        tiny.request(20, 1.0, seed=2, top_k=10, temperature=0.8),
        tiny.request(7, 5.5, seed=3, top_p=0.9),
    ]
    together = engine.render(requests)
    for request, audio in zip(requests, together, strict=True):
        (alone,) = engine.render([request])
        assert np.allclose(alone, audio, atol=1e-5)


def test_large_batches_are_split_and_keep_their_order(
    engine: TokenSynthEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [tiny.request(2, length_s, seed=1) for length_s in (0.2, 0.3, 0.1)]
    whole = engine.render(requests)
    monkeypatch.setattr(engine_module, "MAX_BATCH", 2)
    for one, other in zip(whole, engine.render(requests), strict=True):
        assert np.allclose(one, other, atol=1e-5)


def test_the_seed_decides(engine: TokenSynthEngine) -> None:
    request = tiny.request(3, 0.5, seed=1)
    other = RenderRequest(request.clip, request.embedding, request.settings, seed=2)
    first, again, different = (engine.render([r])[0] for r in (request, request, other))
    assert np.array_equal(first, again)
    assert not np.allclose(first, different, atol=1e-3)


def test_timbre_and_notes_matter(engine: TokenSynthEngine) -> None:
    request = tiny.request(3, 0.5, seed=1, top_p=1.0, guidance=1.0)
    timbre = RenderRequest(request.clip, tiny.embedding(9), request.settings, 1)
    notes = RenderRequest(tiny.clip(3, 0.5, seed=9), request.embedding, request.settings, 1)
    first, by_timbre, by_notes = (engine.render([r])[0] for r in (request, timbre, notes))
    assert not np.allclose(first, by_timbre, atol=1e-3)
    assert not np.allclose(first, by_notes, atol=1e-3)


def test_cancel_at_any_step(engine: TokenSynthEngine) -> None:
    request = tiny.request(3, 0.3, seed=1)
    seen: list[float] = []
    engine.render([request], lambda fraction: seen.append(fraction) is None)
    assert seen == sorted(seen)
    assert seen[0] == 0.0
    assert seen[-1] == 1.0
    assert len(seen) > 70, "one report a step"
    for stop in (0, 1, len(seen) // 2, len(seen) - 1):
        calls = 0

        def stop_there(_fraction: float, stop: int = stop) -> bool:
            nonlocal calls
            calls += 1
            return calls <= stop

        with pytest.raises(Cancelled):
            engine.render([request], stop_there)
        assert calls == stop + 1, "nothing runs on after the answer"
    assert np.array_equal(engine.render([request])[0], engine.render([request])[0])


def test_a_minute_is_rendered_in_windows(engine: TokenSynthEngine) -> None:
    request = tiny.request(150, 60.0, seed=5)
    sizes: list[int] = []

    def watched(model: torch.nn.Module, items: list[DecodeItem], on_step: object) -> None:
        sizes.extend(item.prompt.steps + len(item.prompt.midi) for item in items)
        generate(model, items, on_step)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(engine_module, "generate", watched)
        (audio,) = engine.render([request])
    seconds = request.clip.length_s + TAIL_S
    assert audio.shape[1] == int(np.ceil(seconds * 44100))
    assert len(sizes) >= 14
    assert max(sizes) <= PRESETS["tiny"].positions, "memory does not grow with the clip"
    per_second = audio[0, : 60 * 44100].reshape(60, -1).std(axis=1)
    assert float(per_second.min()) > 1e-3


def test_a_rest_is_silence_and_asks_nothing(engine: TokenSynthEngine) -> None:
    rest = RenderRequest(Clip.of("rest", [], 20.0), tiny.embedding(0))
    (audio,) = engine.render([rest])
    assert audio.shape[1] == round(20.5 * 44100)
    silence = engine.render([RenderRequest(Clip.of("rest", [], 1.0), tiny.embedding(0))])[0]
    assert np.allclose(audio[:, 11 * 44100 : 12 * 44100].std(), silence.std(), atol=1e-3)


def test_a_context_is_continued_and_not_said_again() -> None:
    """Tokens the context settles stay; only new frames come back."""
    model = published.random_transformer(PRESETS["tiny"], seed=0)
    context = torch.randint(1, 1025, (20, 9), generator=torch.manual_seed(1))
    prompt = Prompt(
        prompt_tokens([Note(0.0, 60, 100, 0.5)]), torch.from_numpy(tiny.embedding(0)), context, 32
    )
    item = DecodeItem(prompt, Sampling(), torch.Generator().manual_seed(0))
    generate(model, [item], lambda: None)
    from core.engines.tokensynth.delay import DelayPattern

    assert torch.equal(DelayPattern(9).revert(item.tokens[:, 1:])[:20], context)
    assert item.frames().shape == (12, 9)


def test_an_ended_sound_is_filled_with_silence(engine: TokenSynthEngine) -> None:
    model = published.random_transformer(PRESETS["tiny"], seed=0)
    model.fc.weight.zero_()
    model.fc.bias.fill_(-100.0)
    offsets = [0] + [1133 + 1025 * k for k in range(9)]
    model.fc.bias[offsets] = 100.0  # always "none": the end at once
    codec = Dac(tiny.dac_model())
    (audio,) = TokenSynthEngine(model, codec).render([tiny.request(3, 1.0, seed=1)])
    expected = codec.decode(codec.silence(130))
    assert audio.shape[1] == 66150
    assert np.allclose(audio[0], expected[:66150], atol=1e-6)


def test_limits_name_what_cannot_be_said(engine: TokenSynthEngine) -> None:
    exact = Clip.of("exact", [Note(0.0, 60, 100, 0.5), Note(0.5, 62, 127, 0.5)])
    assert engine.limits(RenderRequest(exact, tiny.embedding(0))) == []
    bent = Note(0.0, 60, 100, 0.5, ((0.0, 0.0), (0.2, 2.0)))
    level = Note(0.5, 62, 100, 0.5, ((0.0, 0.0),))
    clip = Clip.of("bent", [bent, level])
    (limit,) = engine.limits(RenderRequest(clip, tiny.embedding(0)))
    assert (limit.code, limit.notes) == ("bend", (bent,))
    odd = Note(0.0, 60, 90, 0.004)
    crowd = [Note(1.0 + 0.0005 * n, n % 128, 25, 0.2) for n in range(300)]
    path = EmbeddingPath(np.array([0.0, 1.0]), np.stack([tiny.embedding(0), tiny.embedding(1)]))
    request = RenderRequest(Clip.of("odd", [odd, *crowd]), path, RenderSettings(guidance=2.0))
    found = {limit.code: limit for limit in tiny.engine(guided=False).limits(request)}
    assert found.keys() == {
        "velocity_steps", "short_notes", "note_count", "embedding_path", "setting_ignored",
    }  # fmt: skip
    assert found["velocity_steps"].notes == (odd,)
    assert found["short_notes"].notes == (odd,)
    assert 0 < len(found["note_count"].notes) < 300
    assert all("\n" not in limit.message for limit in found.values())
    assert "setting_ignored" not in {limit.code for limit in engine.limits(request)}


def test_an_embedding_path_is_rendered_as_its_mean_over_the_clip(engine: TokenSynthEngine) -> None:
    fixed = tiny.request(2, 0.3, seed=1)
    assert isinstance(fixed.embedding, np.ndarray)
    points = np.stack([fixed.embedding, tiny.embedding(7)])
    path = EmbeddingPath(np.array([0.0, fixed.clip.length_s]), points)
    moving = replace(fixed, embedding=path)
    mean = points.sum(axis=0) / np.linalg.norm(points.sum(axis=0))
    np.testing.assert_allclose(checked_embedding(moving), mean, atol=1e-6)
    halfway = replace(fixed, embedding=checked_embedding(moving))
    assert np.array_equal(engine.render([halfway])[0], engine.render([moving])[0])


@pytest.mark.parametrize("bad", [np.zeros(8), np.full(512, np.nan)])
def test_a_wrong_embedding_is_refused(engine: TokenSynthEngine, bad: np.ndarray) -> None:
    with pytest.raises(SettingsError, match="512"):
        engine.render([RenderRequest(tiny.clip(1, 0.2), bad.astype(np.float32))])


def test_published_files_load_and_play(tmp_path: Path, engine: TokenSynthEngine) -> None:
    config = PRESETS["tiny"]
    paths = [tmp_path / name for name in ("synth.pt", "unconditional.pt", "dac.pt")]
    torch.save(to_published(published.random_transformer(config, seed=0)), paths[0])
    torch.save(to_published(published.random_transformer(config.unconditional(), seed=1)), paths[1])
    torch.save(
        {
            "state_dict": tiny.dac_model().state_dict(),
            "metadata": {"kwargs": tiny.DAC_SETTINGS},
        },
        paths[2],
    )
    loaded = TokenSynthEngine.from_files(paths[0], paths[1], paths[2])
    request = tiny.request(2, 0.3, seed=1)
    assert np.array_equal(loaded.render([request])[0], engine.render([request])[0])
    with pytest.raises(ModelDamaged):
        TokenSynthEngine.from_files(paths[1], paths[0], paths[2])
