"""musicnn's weights that ship here, and reading them.

``weights/mtt.npz`` is the published checkpoint ``MTT_musicnn``, trained on MagnaTagATune, converted
by :mod:`.convert`; ``weights/LICENSE.md`` is its licence (ISC).
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import torch

from core.errors import ModelDamaged, ModelMissing
from core.types import FloatArray
from evaluation.judges.musicnn.network import MusicnnNetwork

WEIGHTS = Path(__file__).parent / "weights"
LICENCE = WEIGHTS / "LICENSE.md"

CHECKPOINT = "MTT_musicnn"
"""Its name in musicnn's package."""

FILE = WEIGHTS / "mtt.npz"
SHA256 = "eab7c9893343f8290df70f0c289eb480aa77f3c556b04a99ddf82ab8cb517f46"
"""Of :data:`FILE`."""


def read_arrays(path: Path, sha256: str) -> dict[str, FloatArray]:
    """Arrays of a file that ships here.

    Args:
        path: of an ``.npz``.
        sha256: that it must have, hex.

    Raises:
        ModelMissing: if it is not there.
        ModelDamaged: if it is another.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelMissing(
            f"{path} cannot be read ({error.strerror}); install timbre-bridge again"
        ) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ModelDamaged(f"{path} is damaged; install timbre-bridge again")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def load_network(path: Path = FILE, sha256: str = SHA256) -> MusicnnNetwork:
    """The network with its published weights, ready to listen.

    Args:
        path: of the arrays.
        sha256: that the file must have, hex.

    Raises:
        ModelMissing, ModelDamaged: if its file is not what it should be.
    """
    state = {name: torch.from_numpy(array) for name, array in read_arrays(path, sha256).items()}
    network = MusicnnNetwork()
    counters = {
        name: torch.zeros((), dtype=torch.long)
        for name in network.state_dict()
        if name.endswith("num_batches_tracked")  # torch's own, which TensorFlow does not keep
    }
    try:
        network.load_state_dict(state | counters, strict=True)
    except RuntimeError as error:
        raise ModelDamaged(f"{path} does not hold musicnn's weights: {error}") from error
    return network.requires_grad_(False).eval()
