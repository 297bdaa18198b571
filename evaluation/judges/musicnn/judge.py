"""Two judges out of one network that tags music: its last features, and its first layer's channels.

The network (:mod:`.network`, weights of MagnaTagATune) knows instruments by the tags that people
gave to recordings; no system here was trained with it, or on what it says. Both judges take its
layers as they are published: nothing is fitted here. Windows are 3 s, at most 1.5 s apart.

``musicnn``: the 200 features of the penultimate layer, which the tags are read off.
``musicnn-channels``: mean and standard deviation over time of each of the 561 channels of the front
end: which small spectral and temporal patterns sound, how much and how steadily, whatever they
make together. Statistics of channels are what style transfer of images calls style (Gatys et al.,
CVPR 2016); means and deviations are the part of it that needs no products of channels.

The Million Song Dataset's weights of the same network were tried and left out: sines lie nearer to
instruments there than other instruments do.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from core.types import FloatArray
from evaluation.judges.base import TimbreJudge
from evaluation.judges.musicnn.features import SAMPLE_RATE, patches
from evaluation.judges.musicnn.network import (
    N_TEMPORAL,
    N_TIMBRAL,
    PENULTIMATE,
    Layers,
    MusicnnNetwork,
)
from evaluation.judges.musicnn.stored import SHA256, load_network

HOP_SAMPLES = 24_000
MOST_WINDOWS = 80
"""Of a sound over two minutes; those of a longer one lie farther apart."""
_BATCH = 8
"""Windows at a time: a long sound needs little more memory than a short one."""


class MusicnnJudge(TimbreJudge):
    """See :class:`evaluation.judges.base.TimbreJudge`. Hears up to 8 kHz.

    Args:
        name, title: see the base class.
        dimension: of what ``read`` gives.
        read: what of the network's layers is taken, [B, D].
        network: with its weights.
    """

    version = 1
    sha256 = SHA256
    sample_rate = SAMPLE_RATE

    def __init__(
        self,
        name: str,
        title: str,
        dimension: int,
        read: Callable[[Layers], Tensor],
        network: MusicnnNetwork,
    ) -> None:
        self.name, self.title = name, title
        self._dimension, self._read, self._network = dimension, read, network

    @property
    def dimension(self) -> int:
        """See the base class."""
        return self._dimension

    @torch.inference_mode()
    def listen(self, sound: FloatArray, _sample_rate: int) -> FloatArray:
        """See the base class."""
        windows = patches(sound, HOP_SAMPLES, MOST_WINDOWS)  # [T, 187, 96]
        batches = (windows[at : at + _BATCH] for at in range(0, len(windows), _BATCH))
        read = [self._read(self._network(batch)) for batch in batches]
        out: FloatArray = torch.cat(read).numpy()
        return out


def load_musicnn() -> MusicnnJudge:
    """Entry of :mod:`evaluation.judges.registry`: the penultimate layer.

    Raises:
        ModelMissing, ModelDamaged: if the weights are not what they should be.
    """
    return MusicnnJudge(
        "musicnn", "musicnn", PENULTIMATE, lambda layers: layers.penultimate, _network()
    )


def load_channels() -> MusicnnJudge:
    """Entry of :mod:`evaluation.judges.registry`: statistics of the front end's channels.

    Raises:
        ModelMissing, ModelDamaged: if the weights are not what they should be.
    """
    dimension = 2 * (N_TIMBRAL + N_TEMPORAL)
    return MusicnnJudge(
        "musicnn-channels", "musicnn channels", dimension, channel_statistics, _network()
    )


def channel_statistics(layers: Layers) -> Tensor:
    """Mean and standard deviation over time of the front end's channels, [B, 1122]."""
    front = torch.cat([layers.timbral, layers.temporal], 1)  # [B, 561, T]
    return torch.cat([front.mean(2), front.std(2, correction=0)], 1)


@lru_cache(maxsize=1)
def _network() -> MusicnnNetwork:
    """Both judges listen through one."""
    return load_network()
