"""Words to the sphere: what the network guesses, and the prototypes whose captions fit."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import normalize

from core.encoders.networks import EncoderConfig, SentenceNet
from core.sphere import spherical_mean

SMALL = EncoderConfig(sentence_hidden=16)


@pytest.fixture(scope="module")
def sentences() -> torch.Tensor:
    return normalize(torch.randn(5, 384, generator=torch.Generator().manual_seed(1)), dim=-1)


def with_prototypes(sentences: torch.Tensor) -> tuple[SentenceNet, SentenceNet]:
    """A network without and one with prototypes, otherwise the same."""
    torch.manual_seed(0)
    plain = SentenceNet(SMALL)
    full = SentenceNet(replace(SMALL, prototypes=len(sentences)))
    full.load_state_dict(plain.state_dict() | {
        "prototype_sentences": sentences,
        "prototype_timbres": normalize(torch.randn(len(sentences), 512), dim=-1),
    })  # fmt: skip
    return plain, full


def test_words_that_fit_one_prototype_lean_towards_its_timbre(sentences: torch.Tensor) -> None:
    plain, full = with_prototypes(sentences)
    with torch.no_grad():
        guessed, found = plain(sentences), full(sentences)
    own = full.prototype_timbres
    assert (found.norm(dim=1) - 1).abs().max() < 1e-5
    assert ((found * own).sum(dim=1) > (guessed * own).sum(dim=1) + 0.3).all()
    # Half guess, half prototype: the middle of the great circle between them.
    for row in range(len(sentences)):
        ends = torch.stack([guessed[row], own[row]]).numpy()
        middle = spherical_mean(ends, torch.tensor([0.5, 0.5]).double().numpy())
        torch.testing.assert_close(found[row], torch.from_numpy(middle), atol=1e-3, rtol=0)


def test_without_prototypes_the_guess_stands(sentences: torch.Tensor) -> None:
    plain, _ = with_prototypes(sentences)
    with torch.no_grad():
        torch.testing.assert_close(plain(sentences), normalize(plain.net(sentences), dim=-1))
