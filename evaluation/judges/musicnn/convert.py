"""Makes the weights here: ``python -m evaluation.judges.musicnn.convert WHEEL``.

``pip download --no-deps musicnn==0.1.0`` fetches musicnn's wheel. Its TensorFlow checkpoint becomes
arrays under the names of :class:`evaluation.judges.musicnn.network.MusicnnNetwork`; what the
optimiser kept is left out. The same wheel gives the same bytes.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import numpy as np

from core.errors import ModelDamaged
from core.types import FloatArray
from evaluation.judges.musicnn.checkpoint import read_variables
from evaluation.judges.musicnn.stored import CHECKPOINT, FILE, LICENCE

_CONVOLUTIONS = (
    "timbral.0", "timbral.1", "temporal.0", "temporal.1", "temporal.2",
    "middle.0", "middle.1", "middle.2",
)  # fmt: skip
"""In the order TensorFlow numbers them; each has a normalisation, numbered from 1."""

_STATISTICS = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def converted(variables: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """A checkpoint's variables under our names, in torch's layout.

    Raises:
        ModelDamaged: if one is missing.
    """
    out: dict[str, FloatArray] = {}
    norms = ["input_norm", *(f"{name}.norm" for name in _CONVOLUTIONS), "pool_norm", "dense_norm"]
    try:
        for number, name in enumerate(norms):
            for theirs, ours in _STATISTICS.items():
                out[f"{name}.{ours}"] = variables[_numbered("batch_normalization", number, theirs)]
        for number, name in enumerate(_CONVOLUTIONS):
            kernel = variables[_numbered("conv2d", number, "kernel")]  # [time, width, 1, out]
            if name.startswith("middle"):
                kernel = kernel[:, :, 0].transpose(2, 1, 0)  # [out, channels, time]
            else:
                kernel = kernel.transpose(3, 2, 0, 1)  # [out, 1, time, bins]
            out[f"{name}.conv.weight"] = kernel
            out[f"{name}.conv.bias"] = variables[_numbered("conv2d", number, "bias")]
        for number, name in enumerate(("dense", "output")):
            out[f"{name}.weight"] = variables[_numbered("dense", number, "kernel")].T
            out[f"{name}.bias"] = variables[_numbered("dense", number, "bias")]
    except KeyError as error:
        raise ModelDamaged(f"the checkpoint has no variable {error}") from error
    return out


def convert(wheel: Path) -> None:
    """Write the weights and the licence.

    Raises:
        ModelDamaged: if the wheel is not musicnn's.
    """
    folder = f"musicnn/{CHECKPOINT}"
    with zipfile.ZipFile(wheel) as archive:
        try:
            index = archive.read(f"{folder}/.index")
            data = archive.read(f"{folder}/.data-00000-of-00001")
            licence = archive.read("musicnn-0.1.0.dist-info/LICENSE.md")
        except KeyError as error:
            raise ModelDamaged(f"{wheel} is not musicnn's wheel: {error}") from error
    arrays = converted(read_variables(index, data))
    np.savez(FILE, **{name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)})
    LICENCE.write_bytes(licence)


def _numbered(kind: str, number: int, leaf: str) -> str:
    """TensorFlow's name of a variable of the n-th layer of a kind."""
    return f"{kind}_{number}/{leaf}" if number else f"{kind}/{leaf}"


if __name__ == "__main__":
    convert(Path(sys.argv[1]))
