"""musicnn's network in torch: 3 s of a mel spectrogram to tags, and the layers on the way.

Source: J. Pons and X. Serra, "musicnn: pre-trained convolutional neural networks for music audio
tagging", ISMIR late-breaking demo 2019, and its package 0.1.0. Weights: :mod:`.weights`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

N_MELS = 96
PATCH_FRAMES = 187
"""3 s, what the network was trained on."""
N_TAGS = 50

TIMBRAL, TEMPORAL, MIDDLE, PENULTIMATE = 204, 51, 64, 200
N_TIMBRAL, N_TEMPORAL = 2 * TIMBRAL, 3 * TEMPORAL
N_POOLED = N_TIMBRAL + N_TEMPORAL + 3 * MIDDLE  # 753

_EPSILON = 1e-3  # of TensorFlow's batch normalisation


@dataclass(frozen=True)
class Layers:
    """What the network makes of patches.

    Attributes:
        timbral: [B, 408, T], front end: filters of 7 frames by 38 and by 67 mel bins, the largest
            answer over all places in frequency, so that they ask what, not how high.
        temporal: [B, 153, T], front end: filters of 128, 64 and 32 frames by one bin.
        mean_pool: [B, 753], mean over time of front end and middle.
        penultimate: [B, 200].
        tags: [B, 50], likelihoods.
    """

    timbral: Tensor
    temporal: Tensor
    mean_pool: Tensor
    penultimate: Tensor
    tags: Tensor


class _FrontBlock(nn.Module):
    """Convolution, rectifier, normalisation, and the largest over frequency."""

    def __init__(self, channels: int, frames: int, bins: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, channels, (frames, bins))
        self.norm = nn.BatchNorm2d(channels, eps=_EPSILON)
        # TensorFlow's "same": of an even filter the larger half goes after.
        self.pad = nn.ZeroPad2d((0, 0, (frames - 1) // 2, frames // 2))

    def forward(self, x: Tensor) -> Tensor:
        """[B, 1, T, 96] to [B, channels, T]."""
        out: Tensor = self.norm(torch.relu(self.conv(self.pad(x)))).amax(dim=3)
        return out


class _MiddleBlock(nn.Module):
    """Convolution over time, rectifier, normalisation."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(inputs, MIDDLE, 7, padding=3)
        self.norm = nn.BatchNorm1d(MIDDLE, eps=_EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, T] to [B, 64, T]."""
        out: Tensor = self.norm(torch.relu(self.conv(x)))
        return out


class MusicnnNetwork(nn.Module):
    """The musicnn model of 64 filters in the middle and 200 units in the penultimate layer."""

    def __init__(self) -> None:
        super().__init__()
        self.input_norm = nn.BatchNorm2d(1, eps=_EPSILON)
        self.timbral = nn.ModuleList(_FrontBlock(TIMBRAL, 7, bins) for bins in (38, 67))
        self.temporal = nn.ModuleList(_FrontBlock(TEMPORAL, frames, 1) for frames in (128, 64, 32))
        self.middle = nn.ModuleList(
            _MiddleBlock(inputs) for inputs in (N_TIMBRAL + N_TEMPORAL, MIDDLE, MIDDLE)
        )
        self.pool_norm = nn.BatchNorm1d(2 * N_POOLED, eps=_EPSILON)
        self.dense = nn.Linear(2 * N_POOLED, PENULTIMATE)
        self.dense_norm = nn.BatchNorm1d(PENULTIMATE, eps=_EPSILON)
        self.output = nn.Linear(PENULTIMATE, N_TAGS)

    def forward(self, patches: Tensor) -> Layers:
        """Args:
        patches: float32 [B, T, 96], as :func:`.features.log_mel` makes them.
        """
        x = self.input_norm(patches[:, None])  # [B, 1, T, 96]
        timbral = torch.cat([block(x) for block in self.timbral], 1)
        temporal = torch.cat([block(x) for block in self.temporal], 1)
        front = torch.cat([timbral, temporal], 1)  # [B, 561, T]
        first = self.middle[0](front)
        second = first + self.middle[1](first)
        third = second + self.middle[2](second)
        everything = torch.cat([front, first, second, third], 1)  # [B, 753, T]
        mean_pool = everything.mean(dim=2)
        # Maximum and mean of each channel stand side by side.
        pooled = torch.stack([everything.amax(dim=2), mean_pool], 2).flatten(1)  # [B, 1506]
        penultimate = self.dense_norm(torch.relu(self.dense(self.pool_norm(pooled))))
        tags = torch.sigmoid(self.output(penultimate))
        return Layers(timbral, temporal, mean_pool, penultimate, tags)
