"""What adjectives ask for, and that it is heard."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core import Synthesizer, TextTimbre
from core.clip import Clip, Note
from core.encoders.embedded.adjectives import _TABLE, MOST, TRAITS, asked_of
from core.encoders.embedded.instrument_names import N_PROGRAMS
from core.encoders.embedded.networks import EncoderConfig, SentenceNet
from core.engines.embedded.decoder import coordinates

SCALE = Clip.of("scale", [Note(0.5 * i, 48 + 4 * i, 90, 0.4) for i in range(7)])
HELD = Clip.of("held", [Note(0.0, 60, 90, 1.5)])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a bright piano", (1, 0, 0, 0)),
        ("A very BRIGHT piano, slow attack", (1.4, 1, 0, 0)),
        ("slightly darker strings", (-0.5, 0, 0, 0)),
        ("brighter than the brightest", (1.6, 0, 0, 0)),
        ("warm, breathy flute", (-1, 0, 0, 1)),
        ("a soft attack", (0, 1, 0, 0)),
        ("soft strings", (-1, 0, 0, 0)),
        ("no sustain", (0, 0, -1, 0)),
        ("not bright", (0, 0, 0, 0)),
        ("less bright", (-0.8, 0, 0, 0)),
        ("a lo-fi, staccato marimba", (0, 0, -1, 1)),
        ("violin", (0, 0, 0, 0)),
        ("", (0, 0, 0, 0)),
    ],
)
def test_what_is_asked_for(text: str, wanted: tuple[float, ...]) -> None:
    np.testing.assert_allclose(asked_of(text), wanted, atol=1e-6)


@given(st.text(max_size=80))
def test_any_text_asks_for_something_within_range(text: str) -> None:
    asked = asked_of(text)
    assert asked.shape == (len(TRAITS),)
    assert np.abs(asked).max() <= MOST


def test_no_word_says_two_things() -> None:
    from core.encoders.embedded.adjectives import _WORDS

    listed = [word for words in _WORDS.values() for word in words.split()]
    assert len(listed) == len(set(listed)) == len(_TABLE)


def test_a_step_is_as_long_as_what_is_asked_for() -> None:
    torch.manual_seed(0)
    net = SentenceNet(EncoderConfig(sentence_hidden=16)).eval().requires_grad_(False)
    net.trait_directions[:] = 0.1 * torch.eye(4, 511)
    last = net.net[-1]
    assert isinstance(last, torch.nn.Linear)
    last.bias[0] = 2.0  # an anchor as large as trained ones are
    sentence = torch.nn.functional.normalize(torch.randn(1, 384), dim=-1)
    unnamed = torch.zeros(1, N_PROGRAMS)
    with torch.no_grad():
        plain, once, twice = (
            coordinates(net.answer(sentence, torch.tensor([[much, 0.0, 0.0, 0.0]]), unnamed))
            for much in (0.0, 1.0, 2.0)
        )
    torch.testing.assert_close(twice - plain, 2 * (once - plain), atol=1e-4, rtol=0)
    assert float((once - plain)[0, 0]) > 0.01


@pytest.fixture(scope="module")
def synth() -> Synthesizer:
    return Synthesizer.load("embedded")


def played(synth: Synthesizer, text: str, clip: Clip) -> np.ndarray:
    audio: np.ndarray = synth.render(clip, TextTimbre(text)).audio[0]
    return audio


@pytest.mark.parametrize("noun", ["piano", "string section", "organ", "flute", "electric guitar"])
def test_a_bright_one_is_brighter_than_a_dark_one(synth: Synthesizer, noun: str) -> None:
    bright, dark = (
        np.median(
            librosa.feature.spectral_centroid(y=played(synth, f"{word} {noun}", SCALE), sr=44_100)
        )
        for word in ("bright", "dark")
    )
    assert np.log2(bright / dark) > 0.4


@pytest.mark.parametrize("noun", ["piano", "pad", "organ", "synth brass", "flute"])
def test_a_slow_attack_is_slower_than_a_percussive_one(synth: Synthesizer, noun: str) -> None:
    def rises_s(text: str) -> float:
        audio = played(synth, text, HELD)[:44_100]
        level = np.sqrt(np.convolve(audio**2, np.ones(882) / 882, "same"))
        return float(np.argmax(level > 0.5 * level.max())) / 44_100

    assert rises_s(f"{noun} with a slow attack") > 1.2 * rises_s(f"percussive {noun}")


@pytest.mark.parametrize("noun", ["piano", "organ", "guitar", "bass"])
def test_a_sustained_one_lasts_longer_than_a_staccato_one(synth: Synthesizer, noun: str) -> None:
    def kept_db(text: str) -> float:
        audio = played(synth, text, HELD)[: round(1.35 * 44_100)]
        blocks = np.sqrt((audio.reshape(-1, 2205) ** 2).mean(axis=1))
        return float(20 * np.log10(blocks[-2] / blocks.max() + 1e-6))

    assert kept_db(f"sustained {noun}") > kept_db(f"staccato {noun}") + 10.0
