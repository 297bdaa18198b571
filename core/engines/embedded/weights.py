"""Reading the embedded bundle's one weights file, and the decoder that is in it.

Decoder and encoder were trained together and share the file; the encoder's part is
:mod:`core.encoders.embedded.weights`'.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from core.engines.embedded.decoder import Decoder, DecoderConfig
from core.errors import ModelDamaged

_Net = TypeVar("_Net", bound=nn.Module)


def fill_network(network: _Net, tensors: dict[str, Tensor], prefix: str, path: Path) -> _Net:
    """Give a network its tensors, strictly, for good: no gradients.

    Args:
        network: may be on the device "meta".
        tensors: by their names in the file.
        prefix: of this network's, before the first dot.
        path: of the file, for messages.

    Returns:
        The network, in float32.

    Raises:
        ModelDamaged: if a tensor is missing, unexpected or of another shape.
    """
    own = {
        name.removeprefix(f"{prefix}."): value.float()
        for name, value in tensors.items()
        if name.startswith(f"{prefix}.")
    }
    try:
        network.load_state_dict(own, strict=True, assign=True)
    except RuntimeError as error:
        raise ModelDamaged(
            f"{path.name} does not fit this version's {prefix} network; reinstall Timbre Bridge "
            "or pull the bundle again"
        ) from error
    return network.requires_grad_(False)


def read_tensors(path: Path, prefixes: tuple[str, ...]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors whose names begin with one of the prefixes, and the file's metadata.

    Args:
        path: a safetensors file.
        prefixes: what stands before a name's first dot.

    Raises:
        ModelDamaged: if it is not such a file.
    """
    try:
        with safe_open(path, framework="pt") as file:
            names = [name for name in file.keys() if name.split(".")[0] in prefixes]  # noqa: SIM118
            return {name: file.get_tensor(name) for name in names}, file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise ModelDamaged(f"{path.name} cannot be read as weights: {error}") from error


def read_config(metadata: dict[str, str], name: str, path: Path) -> dict[str, int]:
    """A network's sizes, as the file states them.

    Args:
        metadata: of the file.
        name: of the network.
        path: of the file, for messages.

    Raises:
        ModelDamaged: if they are not there.
    """
    try:
        values: dict[str, int] = json.loads(metadata[name])
    except (KeyError, ValueError) as error:
        raise ModelDamaged(f"{path.name} does not state the sizes of its {name}") from error
    return values


def load_decoder(path: Path) -> Decoder:
    """The decoder of a weights file.

    Raises:
        ModelDamaged: if a tensor is missing, unexpected or of another shape.
    """
    tensors, metadata = read_tensors(path, ("decoder",))
    with torch.device("meta"):
        decoder = Decoder(DecoderConfig(**read_config(metadata, "decoder", path)))
    return fill_network(decoder, tensors, "decoder", path)
