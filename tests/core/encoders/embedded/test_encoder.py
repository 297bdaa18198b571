"""Words to the sphere: what the network guesses, and the prototypes whose captions fit."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from benchmarks.likeness import WORDS
from core.encoders.embedded.adjectives import N_TRAITS
from core.encoders.embedded.instrument_names import N_PROGRAMS
from core.encoders.embedded.minilm import SentenceEncoder
from core.encoders.embedded.networks import (
    GUESS_SHARE,
    LEAST_STEP,
    PROTOTYPE_TEMPERATURE,
    ROOM_SHARE,
    EncoderConfig,
    SentenceNet,
)
from core.engines.embedded.decoder import coordinates, on_sphere
from core.engines.embedded.subharmonics import as_in
from core.training.embedded.text.build_names import names
from core.training.sources.phrases import lexicon

SMALL = EncoderConfig(sentence_hidden=16)


@pytest.fixture(scope="module")
def sentences() -> torch.Tensor:
    return normalize(torch.randn(5, 384, generator=torch.Generator().manual_seed(1)), dim=-1)


def with_prototypes(sentences: torch.Tensor) -> tuple[SentenceNet, SentenceNet]:
    """A network without and one with prototypes, otherwise the same."""
    torch.manual_seed(0)
    plain = SentenceNet(SMALL).eval()
    full = SentenceNet(replace(SMALL, prototypes=len(sentences), phrases=len(sentences)))
    full.load_state_dict(plain.state_dict() | {
        "prototype_sentences": sentences,
        "prototype_phrases": sentences,
        "prototype_has": torch.eye(len(sentences)),
        "prototype_timbres": on_sphere(torch.randn(len(sentences), 511) * 1.2 / 511**0.5),
        "prototype_programs": torch.eye(len(sentences), N_PROGRAMS),
        "prototype_traits": torch.zeros(len(sentences), N_TRAITS),
    })  # fmt: skip
    return plain, full.eval()


def test_words_that_fit_one_prototype_lean_towards_its_timbre(sentences: torch.Tensor) -> None:
    plain, full = with_prototypes(sentences)
    with torch.no_grad():
        guessed, found = plain(sentences), full(sentences)
    own = full.prototype_timbres
    assert (found.norm(dim=1) - 1).abs().max() < 1e-5
    assert ((found * own).sum(dim=1) > (guessed * own).sum(dim=1) + 0.3).all()
    # On the great circle between guess and prototype, where their shares say.
    wanted = as_in(own + GUESS_SHARE * guessed, own)
    torch.testing.assert_close(found, wanted, atol=1e-3, rtol=0)


def test_a_phrase_finds_all_that_are_called_so(sentences: torch.Tensor) -> None:
    """Two prototypes share a phrase; the answer lies between them and no other."""
    _, full = with_prototypes(sentences)
    full.prototype_has[1, 0] = 1.0
    full.prototype_sentences.zero_()
    with torch.no_grad():
        likely = torch.softmax(full._fit(sentences[:1]) / PROTOTYPE_TEMPERATURE, dim=-1)[0]
    assert likely[:2].sum() > 0.9
    assert likely[0] == pytest.approx(float(likely[1]), rel=0.3)


def test_what_most_agree_on_is_found_rather_than_the_mean(sentences: torch.Tensor) -> None:
    """All are as likely; three of them sound alike, and the others do not count."""
    _, full = with_prototypes(sentences)
    alike = torch.randn(1, 511) * 1.2 / 511**0.5
    places = torch.cat([torch.randn(2, 511) * 1.2 / 511**0.5, alike + torch.randn(3, 511) * 0.005])
    full.prototype_timbres = on_sphere(places)
    likely = torch.full((1, 5), 0.2)
    torch.testing.assert_close(
        full._mode(likely)[0], on_sphere(places[2:].mean(dim=0, keepdim=True)), atol=0.02, rtol=0
    )


def test_what_is_named_counts_more_than_what_a_sentence_is_like(sentences: torch.Tensor) -> None:
    _, full = with_prototypes(sentences)
    named = torch.zeros(1, N_PROGRAMS)
    named[0, 3] = 2.0
    with torch.no_grad():
        found = full.answer(sentences[:1], torch.zeros(1, N_TRAITS), named)
        unnamed = full.answer(sentences[:1], torch.zeros(1, N_TRAITS), torch.zeros(1, N_PROGRAMS))
    assert (full.prototype_timbres @ found[0]).argmax() == 3
    assert (full.prototype_timbres @ unnamed[0]).argmax() == 0


def test_a_slow_sound_is_not_made_as_much_slower(sentences: torch.Tensor) -> None:
    """What already is what is asked for takes a shorter step; what is not, a whole one."""
    _, full = with_prototypes(sentences)
    full.trait_directions = 0.01 * torch.eye(N_TRAITS, 511)
    unnamed, steps = torch.zeros(1, N_PROGRAMS), []
    for held in (-1.0, 0.0, 0.2, 0.9):
        full.prototype_traits[:, 1] = held
        with torch.no_grad():
            plain, asked = (
                full.answer(sentences[:1], torch.tensor([[0.0, much, 0.0, 0.0]]), unnamed)
                for much in (0.0, 1.0)
            )
        steps.append(float((coordinates(asked) - coordinates(plain))[0, 1]))
    shares = np.array(steps) / steps[0]
    np.testing.assert_allclose(shares, [1.0, ROOM_SHARE, 0.8 * ROOM_SHARE, LEAST_STEP], atol=0.02)


def test_without_prototypes_the_guess_stands(sentences: torch.Tensor) -> None:
    plain, _ = with_prototypes(sentences)
    with torch.no_grad():
        torch.testing.assert_close(plain(sentences), normalize(plain.net(sentences), dim=-1))


def test_many_sentences_at_once_are_as_each_alone() -> None:
    encoder = SentenceEncoder()
    texts = ["a bright piano", "viola", "a bright flute", "something like rain on a tin roof"]
    alone = np.stack([encoder.encode(text) for text in texts])
    np.testing.assert_allclose(encoder.encode_all(texts), alone, atol=1e-5)


def test_the_words_of_the_benchmark_are_in_no_phrase() -> None:
    """What the encoder is asked about must not have been told to it."""
    asked = words_of(" ".join(WORDS.values())) - EVERYDAY
    phrases = [phrase for some in lexicon().values() for phrase in some]
    told = words_of(" ".join([*phrases, *names()]).replace("'", " "))
    assert len(told) > 3000
    assert not asked & told


EVERYDAY = frozenset(("of", "with", "by", "and", "hit", "many"))


def words_of(text: str) -> set[str]:
    return set(re.findall(r"[\w'-]+", text.lower()))
