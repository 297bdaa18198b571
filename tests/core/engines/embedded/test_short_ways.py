"""Short ways through the decoder give what the long one gives."""

from __future__ import annotations

import pytest
import torch

from core.engines.embedded.controls import held_time
from core.engines.embedded.decoder import Decoder, DecoderConfig
from core.engines.embedded.short_ways import HeldMoments, SingleNoteDecoder
from tests.helpers.decoders import lively_decoder, timbre


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    return lively_decoder(config=DecoderConfig()).eval()


@pytest.mark.parametrize(("pitch", "velocity"), [(24.0, 1.0), (60.0, 90.0), (98.0, 127.0)])
def test_one_note_is_conditioned_as_in_a_batch(
    decoder: Decoder, pitch: float, velocity: float
) -> None:
    with torch.inference_mode():
        state = decoder.timbre_state(torch.from_numpy(timbre(3))[None])
        struck = (torch.tensor([pitch]), torch.tensor([velocity]))
        long = decoder.conditioning(decoder.note_state_in(state, *struck))
        short = SingleNoteDecoder(decoder).conditioning(state, *struck)
    for name, rows in vars(long).items():
        torch.testing.assert_close(getattr(short, name), rows, rtol=1e-4, atol=1e-5)


def test_moments_are_the_same_kept_or_not(decoder: Decoder) -> None:
    kept = HeldMoments(decoder)
    at = torch.tensor([held_time(number) for number in (0, 3, 1, 3, 0)])
    released = torch.tensor([0.0, 0.0, 0.0, 0.1, 0.2])
    with torch.inference_mode():
        for off in (torch.zeros(5), torch.zeros(5), released):
            long, short = decoder.moments(at + off, off), kept.moments(at + off, off)
            for name, rows in vars(long).items():
                torch.testing.assert_close(getattr(short, name), rows, rtol=1e-5, atol=1e-6)


def test_moments_that_do_not_come_again_are_not_kept(decoder: Decoder) -> None:
    kept = HeldMoments(decoder)
    between = torch.linspace(0.01, 3.0, 600)
    first = torch.tensor([held_time(0)])
    with torch.inference_mode():
        for at in (between, first, torch.cat([first, between]), first):
            off = torch.zeros(len(at))
            torch.testing.assert_close(kept.moments(at, off).x, decoder.moments(at, off).x)
    assert len(kept._row_of) == 1
