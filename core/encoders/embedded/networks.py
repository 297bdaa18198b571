"""Networks of the embedded encoder: a recording's features, or a sentence's, to the sphere.

Sizes: B recordings or sentences, T frames, W = 256 width, I prototypes, P phrases.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.encoders.embedded.adjectives import N_TRAITS
from core.encoders.embedded.features import N_FEATURES, N_LEVELS
from core.encoders.embedded.instrument_names import N_PROGRAMS
from core.engines.embedded import subharmonics
from core.engines.embedded.decoder import coordinates, on_sphere

PHRASE_TEMPERATURE = 0.05
PROTOTYPE_TEMPERATURE = 0.01
"""How much better in cosine a phrase, or a prototype, must fit to count e times as much."""

CAPTION_SHARE = 0.3
"""What all that is said of a prototype counts beside the phrase that fits best."""

KERNEL_WIDTH = 0.4
"""How far apart prototypes may be to count as one sound, in units of the anchor."""

GUESS_SHARE = 0.1
"""What the network's own answer counts beside that of the prototypes."""

TRAIT_STEPS = (0.4, 1.0, 0.8, 0.5)
"""How far an adjective of each kind moves a timbre: 1 is from the middle of all instruments to an
end. Far enough to be heard, near enough that the instrument is still the one that was named."""

ROOM_SHARE, LEAST_STEP = 0.7, 0.5
"""A pad is slow already: a step is this share of the way that what was found still has to go to
what is asked for, and never less than ``LEAST_STEP`` of its length or more than all of it."""


@dataclass(frozen=True)
class EncoderConfig:
    """Sizes of both networks; stored beside their weights."""

    embedding_dim: int = 512
    width: int = 256
    blocks: int = 4
    sentence_dim: int = 384
    sentence_hidden: int = 512
    prototypes: int = 0
    phrases: int = 0
    dropout: float = 0.1


class _ConvBlock(nn.Module):
    """ConvNeXt block over time (Liu et al. 2022): depthwise, norm, expand, contract; [B, T, W]."""

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
    """Spectral features of a recording to a unit vector, whatever its length.

    Attributes:
        doubt: [511], standard deviation of its error in each of the coordinates of
            :func:`core.engines.embedded.decoder.coordinates`, measured on validation instruments;
            0 where it was not. Elsewhere it is called ``error_std``; the tensor of the weights
            that ship has this name.
    """

    doubt: Tensor

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.register_buffer("doubt", torch.zeros(config.embedding_dim - 1))
        width = config.width
        self.project = nn.Linear(N_FEATURES - 1 + len(_PITCHES), width)
        self.narrow = nn.ModuleList(
            nn.Conv1d(width, width, 5, stride=2, padding=2) for _ in range(2)
        )
        self.blocks = nn.ModuleList(_ConvBlock(width) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(width)
        self.attend = nn.Linear(width, 4)
        self.head = nn.Sequential(
            nn.Dropout(config.dropout),
            nn.Linear(6 * width + 2 * self.project.in_features, 2 * width),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(2 * width, config.embedding_dim),
        )

    def forward(self, features: Tensor, frames: Tensor) -> Tensor:
        """Embed recordings.

        Args:
            features: [B, T, 290] from :func:`core.encoders.embedded.features.spectral_features`.
            frames: int64 [B], how many of the T frames are sound; the rest is padding.

        Returns:
            [B, 512], unit norm.
        """
        octaves, clear = features[..., N_LEVELS, None], features[..., N_LEVELS + 1 :]  # [B, T, 1]
        # Bumps and not one number: each input then stands for a range of pitches.
        pitches = torch.exp(-((2.0 * (octaves - _PITCHES.to(octaves))) ** 2)) * clear  # [B, T, 13]
        # Levels lie in −4 … 0; their middle is put at 0.
        x = torch.cat([features[..., :N_LEVELS] + 2.0, pitches, clear], dim=-1)  # [B, T, 302]
        alive = _mask(frames, x.shape[1])
        plain = _mean_and_deviation(x, alive)
        x = functional.gelu(self.project(x))  # [B, T, W]
        x = x * alive
        for conv in self.narrow:
            x = functional.gelu(conv(x.transpose(1, 2)).transpose(1, 2))  # half as many frames
            frames = (frames + 1) // 2
            alive = _mask(frames, x.shape[1])
            x = x * alive
        for block in self.blocks:
            x = block(x) * alive
        x = self.norm(x)
        # Four learned weightings of time, the plain mean, and the peak; and the features as they
        # came in.
        scores = self.attend(x).masked_fill(alive == 0, -1e4)  # [B, T, 4]
        attended = torch.einsum("bth,btw->bhw", torch.softmax(scores, dim=1), x).flatten(1)
        mean = (x * alive).sum(dim=1) / frames[:, None]  # [B, W]
        peak = x.masked_fill(alive == 0, -1e4).amax(dim=1)  # [B, W]
        pooled = torch.cat([attended, mean, peak, plain], dim=-1)
        # The lowest partial that sounds is taken for the key's: there is nothing below it.
        return subharmonics.without(self.head(pooled))


def _mean_and_deviation(x: Tensor, alive: Tensor) -> Tensor:
    """Mean and deviation over the frames that are sound: [B, T, C] and [B, T, 1] to [B, 2 C]."""
    count = alive.sum(dim=1)
    mean = (x * alive).sum(dim=1) / count
    spread = ((x - mean[:, None]).square() * alive).sum(dim=1) / count
    return torch.cat([mean, (spread + 1e-4).sqrt()], dim=-1)


def _mask(frames: Tensor, length: int) -> Tensor:
    """[B, length, 1], 1 where there is sound."""
    inside = torch.arange(length, device=frames.device)[None] < frames[:, None]
    return inside[..., None].float()


class SentenceNet(nn.Module):
    """A sentence embedding to a unit vector of the same space.

    A network's answer to words that fit many sounds is their mean, and a mean of timbres is a
    dull one. So words are looked up among prototypes, instruments whose timbres are known: in
    the phrases by which each of them is called (its names, its kind, its makers and players)
    and in the mean of its captions; terms that name an instrument count besides
    (:mod:`core.encoders.embedded.instrument_names`). What they find is the mode of a density, the
    sound that most of the likely prototypes are near to (a kernel's width apart), and not the mean
    of all. A little of what the network itself says is added to that. Adjectives are steps from
    there, along what instruments of one kind differ by (:mod:`core.encoders.embedded.adjectives`).
    """

    prototype_phrases: Tensor
    prototype_has: Tensor
    prototype_sentences: Tensor
    prototype_timbres: Tensor
    prototype_programs: Tensor
    prototype_traits: Tensor
    trait_directions: Tensor

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(config.sentence_dim, config.sentence_hidden),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.sentence_hidden, config.sentence_hidden),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.sentence_hidden, config.embedding_dim),
        )
        for name, *size in (
            ("phrases", config.phrases, config.sentence_dim),
            ("has", config.prototypes, config.phrases),
            ("sentences", config.prototypes, config.sentence_dim),
            ("timbres", config.prototypes, config.embedding_dim),
            ("programs", config.prototypes, N_PROGRAMS),
            ("traits", config.prototypes, N_TRAITS),
        ):
            self.register_buffer(f"prototype_{name}", torch.zeros(*size))
        self.register_buffer("trait_directions", torch.zeros(N_TRAITS, config.embedding_dim - 1))

    def answer(self, sentence: Tensor, asked: Tensor, named: Tensor) -> Tensor:
        """What a description asks for, [B, 512], unit norm.

        Args:
            sentence: [B, 384], its embedding.
            asked: [B, 4], what its adjectives ask for.
            named: [B, 119], what its terms say about programs.
        """
        timbre, weight = self._look_up(sentence, named)  # [B, 512], [B, I]
        # How far it still is to what is asked for: [B, I] @ [I, 4] is what was named already has.
        left = asked.abs() - asked.sign() * (weight @ self.prototype_traits)
        share = ROOM_SHARE * left / asked.abs().clamp_min(1e-6)
        steps = asked * share.clamp(LEAST_STEP, 1.0) * torch.tensor(TRAIT_STEPS)
        return on_sphere(coordinates(timbre) + steps @ self.trait_directions)  # [B, 4] @ [4, 511]

    def forward(self, sentence: Tensor) -> Tensor:
        """[B, 384] sentence embeddings to [B, 512], unit norm: without terms and adjectives."""
        return self._look_up(sentence, None)[0]

    def _look_up(self, sentence: Tensor, named: Tensor | None) -> tuple[Tensor, Tensor]:
        """The timbre that words mean, without their adjectives.

        Args:
            sentence: [B, 384].
            named: [B, 119], or None.

        Returns:
            [B, 512], unit norm, and how much each prototype counts in it, [B, I].
        """
        guessed = functional.normalize(self.net(sentence), dim=-1)
        if not len(self.prototype_sentences):
            return guessed, sentence.new_zeros(len(sentence), 0)
        fit = self._fit(sentence)
        if named is not None:
            fit = fit + named @ self.prototype_programs.T  # [B, 119] @ [119, I]
        likely = torch.softmax(fit / PROTOTYPE_TEMPERATURE, dim=-1)
        mode, weight = self._mode(likely)
        # A guess is too rough for the levels of single partials.
        return subharmonics.as_in(mode + GUESS_SHARE * guessed, mode), weight

    def _mode(self, likely: Tensor) -> tuple[Tensor, Tensor]:
        """What the likely prototypes agree on: [B, 512], unit norm, and their weights, [B, I].

        One step of mean shift from the prototype where the density is highest (Comaniciu and
        Meer, *Mean shift*, IEEE PAMI 24, 2002).

        Args:
            likely: [B, I], sums to 1 over prototypes.
        """
        places = coordinates(self.prototype_timbres)  # [I, 511]
        near = torch.exp(-0.5 * (torch.cdist(places, places) / KERNEL_WIDTH).square())  # [I, I]
        peak = (likely @ near).argmax(dim=-1)  # [B, I] @ [I, I], the density at each: [B]
        weight = functional.normalize(likely * near[peak], p=1.0, dim=-1)  # [B, I]
        return on_sphere(weight @ places), weight  # [B, I] @ [I, 511]

    def _fit(self, sentence: Tensor) -> Tensor:
        """How well words [B, 384] fit each prototype [B, I], in units of a cosine."""
        # All phrases are about sounds; what sets them apart is how they differ from their mean.
        common = self.prototype_phrases.mean(dim=0)  # [384]
        sentence, phrases, captions = (
            functional.normalize(x - common, dim=-1)
            for x in (sentence, self.prototype_phrases, self.prototype_sentences)
        )
        of_phrases = sentence @ phrases.T  # [B, 384] @ [384, P]
        # Subtracted so that every exponent is ≥ 0: a prototype without phrases gets the least.
        least = of_phrases.amin(dim=-1, keepdim=True)  # [B, 1]
        # A soft maximum over a prototype's own phrases: [B, P] @ [P, I].
        strength = torch.exp((of_phrases - least) / PHRASE_TEMPERATURE) @ self.prototype_has.T
        best = PHRASE_TEMPERATURE * torch.log(strength.clamp_min(1.0)) + least  # [B, I]
        return best + CAPTION_SHARE * (sentence @ captions.T)  # [B, 384] @ [384, I]
