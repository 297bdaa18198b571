"""The file with everything that is needed to go on with a run."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch

from core.errors import UserInputError

STATE_NAME = "state.pt"


def has_checkpoint(run: Path) -> bool:
    """Whether a run has been begun in this folder."""
    return (run / STATE_NAME).exists()


def read_checkpoint(path: Path, device: torch.device) -> dict[str, Any]:
    """What a loop wrote to ``state.pt``.

    Args:
        path: of the file.
        device: where its tensors go.

    Raises:
        UserInputError: if it cannot be read.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError) as error:
        raise UserInputError(
            f"{path} cannot be read as a run's state: {first_line(error)}"
        ) from error
    return state


def first_line(error: Exception) -> str:
    """What torch says of a damaged file or of other networks takes many lines."""
    return next(iter(str(error).splitlines()), type(error).__name__)
