"""Sounds to compare without files, for the gallery and for tests."""

from __future__ import annotations

from collections.abc import Sequence

from desktop.listening.sounds import ComparedSound, VotedSound

_RATE, _SECONDS = 8000, 2


def made_up_sounds(names: Sequence[str]) -> list[ComparedSound]:
    """Two seconds each; all samples of the first are 0.1, of the second 0.2, and so on.

    Args:
        names: of presets.
    """
    import numpy as np

    return [
        ComparedSound(
            np.full((1, _RATE * _SECONDS), 0.1 * (number + 1), np.float32),
            _RATE,
            0.0,
            VotedSound(name, 1),
        )
        for number, name in enumerate(names)
    ]
