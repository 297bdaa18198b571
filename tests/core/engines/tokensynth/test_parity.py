"""The network and its tokens are the published ones, at the published size.

Compared with the PyPI package tokensynth 0.0.4, given the same random weights. ``-rP`` or
``-s`` prints the largest differences.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pretty_midi
import pytest
import torch

from core.clip import Clip, Note
from core.engines.tokensynth.guidance import FirstNoteGuidance
from core.engines.tokensynth.sampling import SILENCE_TOKEN
from core.engines.tokensynth.tokens import MIDI_VOCAB, encode_notes, prompt_tokens
from core.engines.tokensynth.transformer import PRESETS, KVCache, Transformer
from tests.core.engines.tokensynth import tokensynth_reference as published

TOLERANCE = 1e-4
STEPS = 64

CLIP = Clip.of(
    "parity",
    [Note(0.137 * n, 48 + 5 * n % 36, 1 + 11 * n % 127, 0.2 + 0.05 * n) for n in range(12)],
)

Pair = tuple[Transformer, torch.nn.Module]


@pytest.fixture(scope="module", params=[True, False], ids=["conditional", "unconditional"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """Our network and the package's, with one set of weights."""
    config = PRESETS["published"] if request.param else PRESETS["published"].unconditional()
    with pytest.MonkeyPatch.context() as monkeypatch:
        ours = published.random_transformer(config, seed=3)
        yield ours, published.twin(ours, monkeypatch)


@torch.inference_mode()
def test_logits_are_equal_at_prefill_and_over_cached_steps(pair: Pair) -> None:
    ours, theirs = pair
    generator = torch.Generator().manual_seed(5)
    prompt = prompt_tokens(CLIP.notes)[None]
    if ours.config.conditional:
        timbre = torch.nn.functional.normalize(torch.randn(1, 512, generator=generator))
        start = ours.embed_timbre(timbre)
        expected = theirs(prompt, timbre)
    else:
        start = ours.embed_start(1)
        expected = theirs(prompt)
    cache = KVCache.allocate(ours, 1 + prompt.shape[1] + STEPS, [0])
    logits = ours(torch.cat([start, ours.embed_tokens(prompt)], dim=1), cache)
    largest = {"prefill": float((logits - expected).abs().max()), "cached steps": 0.0}
    assert logits.std() > 0.1
    for _ in range(STEPS):
        step = torch.randint(0, 1025, (1, 1, 10), generator=generator)
        difference = ours(ours.embed_tokens(step), cache) - theirs(step, use_cache=True)
        largest["cached steps"] = max(largest["cached steps"], float(difference.abs().max()))
    for what, value in largest.items():
        print(f"largest difference, {what}: {value:.3g}")
    assert max(largest.values()) <= TOLERANCE


def test_an_unloaded_package_network_looks_only_ahead() -> None:
    """Why :mod:`checkpoint` looks at stored masks: True means "attends" to PyTorch."""
    mask = published.load("model").MultiheadAttention(_Small()).mask[0, 0]
    assert bool(mask[0, 1])
    assert not bool(mask[1, 0])
    assert not bool(mask[1, 1])


class _Small:
    batch_size, num_heads, embed_dim, max_len = 1, 1, 4, 8
    attn_dropout = ff_dropout = 0.0


def test_a_midi_file_gives_the_packages_tokens(tmp_path: Path) -> None:
    midi = pretty_midi.PrettyMIDI()
    instrument = pretty_midi.Instrument(0)
    instrument.notes = [
        pretty_midi.Note(note.velocity, note.pitch, note.start_s, note.end_s) for note in CLIP.notes
    ]
    midi.instruments.append(instrument)
    path = tmp_path / "clip.mid"
    midi.write(str(path))
    read = [
        Note(note.start, note.pitch, note.velocity, note.end - note.start)
        for note in pretty_midi.PrettyMIDI(str(path)).instruments[0].notes
    ]
    expected = published.load("utils").get_tokens_from_midi(str(path))
    assert encode_notes(read) == expected[0].tolist()


@torch.inference_mode()
def test_first_note_guidance_is_the_packages_where_it_does_what_it_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All nine guided steps after five silent ones.

    The package reads later steps from the end of a buffer of 1024 positions, which a
    sequence never reaches; handed a buffer that does end there it follows its own comments,
    and that is what this compares with.
    """
    config = PRESETS["tiny"]
    unconditional = published.random_transformer(config.unconditional(), seed=1)
    package = published.twin(published.random_transformer(config, seed=0), monkeypatch)
    package.unconditional_model = published.twin(unconditional, monkeypatch)
    ours = FirstNoteGuidance(unconditional, 1.6)
    generator = torch.Generator().manual_seed(2)
    midi_length, silent, largest = 0, 5, 0.0
    audio = torch.randint(0, 1025, (silent + 9, 10), generator=generator)
    for n in range(silent, silent + 9):
        logits = torch.randn(config.logits, generator=generator)
        package.count = n - silent + 1
        # One empty position of prompt, the audio so far, and one place not filled yet.
        tokens = torch.cat([torch.zeros(1, 10).long(), audio[:n], torch.zeros(1, 10).long()])
        expected = package.apply_first_note_guidance(
            logits[None].clone(), 1.6, midi_length, n + 1, tokens[None]
        )[0]
        guided = ours.apply(logits, audio[:n])
        assert not torch.equal(guided, logits)
        largest = max(largest, float((guided - expected).abs().max()))
    print(f"largest difference, first-note guidance: {largest:.3g}")
    assert largest <= TOLERANCE
    assert ours.apply(logits, audio) is logits, "guidance is over after nine steps"


def test_guidance_waits_for_the_first_sound() -> None:
    unconditional = published.random_transformer(PRESETS["tiny"].unconditional(), seed=1)
    guidance = FirstNoteGuidance(unconditional, 1.6)
    silent = torch.zeros(PRESETS["tiny"].logits)
    silent[MIDI_VOCAB + SILENCE_TOKEN] = 1.0
    assert guidance.apply(silent, torch.zeros(3, 10).long()) is silent
    assert guidance.steps == 0
