"""Networks of the embedded encoder: a recording's features, or a sentence's, to the sphere."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.encoders.features import N_FEATURES, N_LEVELS

PROTOTYPE_TEMPERATURE = 0.01
"""How much better than others a prototype's captions must fit, in cosine, to count e times more."""

GUESS_SHARE = 1.0
"""What the network's own answer counts beside that of the prototypes."""


@dataclass(frozen=True)
class EncoderConfig:
    """Sizes of both networks; stored beside their weights."""

    embedding_dim: int = 512
    width: int = 256
    blocks: int = 4
    sentence_dim: int = 384
    sentence_hidden: int = 512
    prototypes: int = 0


class _ConvBlock(nn.Module):
    """ConvNeXt block over time (Liu et al. 2022): depthwise, norm, expand, contract."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 3 * width)
        self.down = nn.Linear(3 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.norm(self.depthwise(x.transpose(1, 2)).transpose(1, 2))
        out: Tensor = x + self.down(functional.gelu(self.up(inner)))
        return out


_PITCHES = torch.arange(-0.5, 5.6, 0.5)
"""Fundamentals are told to the network as bumps around these, octaves over 55 Hz."""


class RecordingNet(nn.Module):
    """Spectral features of a recording to a unit vector, whatever its length."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        width = config.width
        self.project = nn.Linear(N_FEATURES - 1 + len(_PITCHES), width)
        self.narrow = nn.ModuleList(
            nn.Conv1d(width, width, 5, stride=2, padding=2) for _ in range(2)
        )
        self.blocks = nn.ModuleList(_ConvBlock(width) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(width)
        self.attend = nn.Linear(width, 4)
        self.head = nn.Sequential(
            nn.Linear(6 * width, 2 * width), nn.GELU(), nn.Linear(2 * width, config.embedding_dim)
        )

    def forward(self, features: Tensor, frames: Tensor) -> Tensor:
        """Embed recordings.

        Args:
            features: [B, T, 290] from :func:`core.encoders.features.spectral_features`.
            frames: int64 [B], how many of the T frames are sound; the rest is padding.

        Returns:
            [B, 512], unit norm.
        """
        octaves, clear = features[..., N_LEVELS, None], features[..., N_LEVELS + 1 :]
        pitches = torch.exp(-((2.0 * (octaves - _PITCHES.to(octaves))) ** 2)) * clear
        x = torch.cat([features[..., :N_LEVELS] + 2.0, pitches, clear], dim=-1)
        x = functional.gelu(self.project(x))
        alive = _mask(frames, x.shape[1])
        x = x * alive
        for conv in self.narrow:
            x = functional.gelu(conv(x.transpose(1, 2)).transpose(1, 2))
            frames = (frames + 1) // 2
            alive = _mask(frames, x.shape[1])
            x = x * alive
        for block in self.blocks:
            x = block(x) * alive
        x = self.norm(x)
        # Four learned weightings of time, the plain mean, and the peak.
        scores = self.attend(x).masked_fill(alive == 0, -1e4)
        attended = torch.einsum("bth,btw->bhw", torch.softmax(scores, dim=1), x).flatten(1)
        mean = (x * alive).sum(dim=1) / frames[:, None]
        peak = x.masked_fill(alive == 0, -1e4).amax(dim=1)
        return functional.normalize(self.head(torch.cat([attended, mean, peak], dim=-1)), dim=-1)


def _mask(frames: Tensor, length: int) -> Tensor:
    """[B, length, 1], 1 where there is sound."""
    inside = torch.arange(length, device=frames.device)[None] < frames[:, None]
    return inside[..., None].float()


class SentenceNet(nn.Module):
    """A sentence embedding to a unit vector of the same space.

    A network's answer to words that fit many sounds is their mean, and a mean of timbres is a
    dull one. So words are also looked up among prototypes, instruments whose captions and
    timbres are known, and the answer leans towards the few that fit them best.
    """

    prototype_sentences: Tensor
    prototype_timbres: Tensor

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(config.sentence_dim, config.sentence_hidden),
            nn.GELU(),
            nn.Linear(config.sentence_hidden, config.sentence_hidden),
            nn.GELU(),
            nn.Linear(config.sentence_hidden, config.embedding_dim),
        )
        for name, size in (
            ("sentences", config.sentence_dim),
            ("timbres", config.embedding_dim),
        ):
            self.register_buffer(f"prototype_{name}", torch.zeros(config.prototypes, size))

    def forward(self, sentence: Tensor) -> Tensor:
        """[B, 384] sentence embeddings to [B, 512], unit norm."""
        guessed = functional.normalize(self.net(sentence), dim=-1)
        if not len(self.prototype_sentences):
            return guessed
        fit = sentence @ self.prototype_sentences.T / PROTOTYPE_TEMPERATURE
        found = torch.softmax(fit, dim=-1) @ self.prototype_timbres
        return functional.normalize(
            functional.normalize(found, dim=-1) + GUESS_SHARE * guessed, dim=-1
        )
