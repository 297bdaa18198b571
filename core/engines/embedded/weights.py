"""Reading the embedded bundle's one weights file: decoder and encoder were trained together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from core.encoders.networks import EncoderConfig, RecordingNet, SentenceNet
from core.encoders.note_ends import NoteEnds
from core.encoders.terms import Terms
from core.engines.embedded.decoder import Decoder, DecoderConfig
from core.errors import ModelDamaged

_Net = TypeVar("_Net", bound=nn.Module)


def _fill(network: _Net, tensors: dict[str, Tensor], prefix: str, path: Path) -> _Net:
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


def _read(path: Path, prefixes: tuple[str, ...]) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as file:
            names = [name for name in file.keys() if name.split(".")[0] in prefixes]  # noqa: SIM118
            return {name: file.get_tensor(name) for name in names}, file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise ModelDamaged(f"{path.name} cannot be read as weights: {error}") from error


def _config(metadata: dict[str, str], name: str, path: Path) -> dict[str, int]:
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
    tensors, metadata = _read(path, ("decoder",))
    with torch.device("meta"):
        decoder = Decoder(DecoderConfig(**_config(metadata, "decoder", path)))
    return _fill(decoder, tensors, "decoder", path)


def load_encoder_networks(path: Path) -> tuple[RecordingNet, SentenceNet]:
    """The encoder's networks, for recordings and for sentences.

    Raises:
        ModelDamaged: if a tensor is missing, unexpected or of another shape.
    """
    tensors, metadata = _read(path, ("recording", "sentence"))
    config = EncoderConfig(**_config(metadata, "encoder", path))
    with torch.device("meta"):
        recording, sentence = RecordingNet(config), SentenceNet(config)
    return _fill(recording, tensors, "recording", path), _fill(sentence, tensors, "sentence", path)


def load_note_ends(path: Path) -> NoteEnds | None:
    """The network that hears when keys are let go; None in a file that ships without it.

    Raises:
        ModelDamaged: if a tensor is missing, unexpected or of another shape.
    """
    tensors, _ = _read(path, ("ends",))
    if not tensors:
        return None
    with torch.device("meta"):
        network = NoteEnds()
    return _fill(network, tensors, "ends", path).eval()


def load_terms(path: Path) -> Terms | None:
    """The table of names and words; None in a file that ships without it.

    Raises:
        ModelDamaged: if its terms and its evidence do not belong together.
    """
    tensors, metadata = _read(path, ("terms",))
    if not tensors:
        return None
    try:
        return Terms(metadata["terms"].split("\n"), tensors["terms.evidence"].numpy())
    except (KeyError, ValueError) as error:
        raise ModelDamaged(f"{path.name} holds a damaged table of terms") from error


def load_encoder_parts(
    path: Path,
) -> tuple[RecordingNet, SentenceNet, Decoder, NoteEnds | None, Terms | None]:
    """All that :class:`core.encoders.embedded.EmbeddedEncoder` is made of.

    Raises:
        ModelDamaged: if a tensor is missing, unexpected or of another shape.
    """
    recording, sentence = load_encoder_networks(path)
    return recording, sentence, load_decoder(path), load_note_ends(path), load_terms(path)
