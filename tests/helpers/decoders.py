"""Decoders nobody trained that sound like something: random, or scaled by hand."""

import numpy as np
import torch

from core.engines.embedded.controls import N_SUBHARMONICS
from core.engines.embedded.decoder import Decoder, DecoderConfig, on_sphere
from core.engines.embedded.subharmonics import LEAST_DB, to_coordinates

SMALL = DecoderConfig(width=32, hidden=32)


def random_decoder(seed: int = 5, config: DecoderConfig = SMALL) -> Decoder:
    """Random weights: a dull, nearly flat spectrum that hardly moves."""
    torch.manual_seed(seed)
    decoder = Decoder(config).requires_grad_(False)
    decoder.out.bias[:48] -= 1.0  # 20 dB softer, so that chords stay within full scale
    return decoder


def lively_decoder(seed: int = 5, config: DecoderConfig = SMALL, moves: bool = True) -> Decoder:
    """Random weights, scaled so that levels move by many dB and highs are softer than lows.

    Args:
        moves: with vibrato, tremolo and shimmer, of other sizes for every note; else
            none, and every note is tuned alike in every timbre.
    """
    decoder = random_decoder(seed, config)
    for layer in (decoder.out, decoder.out_note):
        layer.weight.mul_(0.6)
        layer.bias.zero_()
    decoder.out.bias[:48] = torch.linspace(0.5, -1.1, 48)  # the envelope: −40 to −72 dB
    decoder.out.bias[88:] = torch.linspace(0.2, -0.4, 32)  # noise: −66 to −78 dB
    decoder.statics.weight *= 2.0
    decoder.statics.bias[2:] = torch.tensor([1.5, 0.0, 0.0, 1.2, 0.0, 1.0, 0.0])
    if not moves:
        decoder.statics.weight *= 0.0
        decoder.statics.bias[2:] = -9.0
    return decoder


def timbre(seed: int) -> np.ndarray:
    """A random embedding; as most timbres do, it has no half partials."""
    vector = np.random.default_rng(seed).normal(size=512).astype(np.float32)
    vector[-N_SUBHARMONICS:] = 0.0
    return vector / np.linalg.norm(vector)


def organ(seed: int, *levels_db: float) -> np.ndarray:
    """A random embedding with half partials: levels of the lowest, relative to the note."""
    place = torch.randn(1, 511, generator=torch.Generator().manual_seed(seed)) / 511**0.5
    stated = torch.full((N_SUBHARMONICS,), LEAST_DB)
    stated[: len(levels_db)] = torch.tensor(levels_db)
    place[0, -N_SUBHARMONICS:] = to_coordinates(stated)
    return on_sphere(place)[0].numpy()
