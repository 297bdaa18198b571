"""Time, key and velocity as the decoder's network is given them.

Sizes: M notes, J breakpoints.
"""

from __future__ import annotations

import torch
from torch import Tensor

_FALLS_S = torch.tensor([0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0])
_GROWS_S = torch.tensor([0.003, 0.03, 0.3])
N_TIME_FEATURES = 2 * (len(_FALLS_S) + len(_GROWS_S)) + 1


def time_features(on_s: Tensor, off_s: Tensor) -> Tensor:
    """Features of time on several scales, as notes change fast first and slowly later.

    Args:
        on_s: [J], seconds since onset.
        off_s: [J], seconds since release, 0 while held.

    Returns:
        [J, 21].
    """
    times = torch.stack([on_s, off_s], dim=-1)[:, :, None]  # [J, 2, 1]
    falls, grows = _FALLS_S.to(on_s.device), _GROWS_S.to(on_s.device)
    both = torch.cat([torch.exp(-times / falls), torch.log1p(times / grows) / 3.0], dim=-1)
    held = torch.log1p((on_s - off_s) / 0.03) / 3.0  # how long it was held so far
    return torch.cat([both.flatten(1), held[:, None]], dim=-1)


_PITCH_CENTRES = torch.linspace(12.0, 114.0, 18)
N_NOTE_FEATURES = len(_PITCH_CENTRES) + 4


def note_features(pitch: Tensor, velocity: Tensor) -> Tensor:
    """Features of a key: bumps half an octave apart, and how hard it is struck.

    Args:
        pitch: [M], MIDI, fractions allowed.
        velocity: [M], 1–127.

    Returns:
        [M, 22].
    """
    bumps = torch.exp(-(((pitch[:, None] - _PITCH_CENTRES.to(pitch.device)) / 6.0) ** 2))
    loud = velocity / 127.0
    rest = torch.stack([(pitch - 60.0) / 36.0, loud, loud**2, torch.log(loud + 0.05)], dim=-1)
    return torch.cat([bumps, rest], dim=-1)
