"""Reading the encoder's part of the embedded bundle's weights file."""

from __future__ import annotations

from pathlib import Path

import torch

from core.encoders.embedded.instrument_names import InstrumentNames
from core.encoders.embedded.networks import EncoderConfig, RecordingNet, SentenceNet
from core.encoders.embedded.note_offsets import NoteOffsets
from core.engines.embedded.decoder import Decoder
from core.engines.embedded.weights import fill_network, load_decoder, read_config, read_tensors
from core.errors import ModelDamaged


def load_encoder_networks(path: Path) -> tuple[RecordingNet, SentenceNet]:
    """The encoder's networks, for recordings and for sentences.

    Raises:
        ModelDamaged: if a tensor is missing, unexpected or of another shape.
    """
    tensors, metadata = read_tensors(path, ("recording", "sentence"))
    config = EncoderConfig(**read_config(metadata, "encoder", path))
    with torch.device("meta"):
        recording, sentence = RecordingNet(config), SentenceNet(config)
    return fill_network(recording, tensors, "recording", path), fill_network(
        sentence, tensors, "sentence", path
    )


def load_note_offsets(path: Path) -> NoteOffsets | None:
    """The network that hears when keys are let go; None in a file that ships without it.

    Raises:
        ModelDamaged: if a tensor is missing, unexpected or of another shape.
    """
    tensors, _ = read_tensors(path, ("ends",))
    if not tensors:
        return None
    with torch.device("meta"):
        network = NoteOffsets()
    return fill_network(network, tensors, "ends", path).eval()


def load_instrument_names(path: Path) -> InstrumentNames | None:
    """The table of names and words; None in a file that ships without it.

    Raises:
        ModelDamaged: if its terms and its evidence do not belong together.
    """
    tensors, metadata = read_tensors(path, ("terms",))
    if not tensors:
        return None
    try:
        return InstrumentNames(metadata["terms"].split("\n"), tensors["terms.evidence"].numpy())
    except (KeyError, ValueError) as error:
        raise ModelDamaged(f"{path.name} holds a damaged table of terms") from error


def load_encoder_parts(
    path: Path,
) -> tuple[RecordingNet, SentenceNet, Decoder, NoteOffsets | None, InstrumentNames | None]:
    """All that :class:`core.encoders.embedded.encoder.EmbeddedEncoder` is made of.

    Raises:
        ModelDamaged: if a tensor is missing, unexpected or of another shape.
    """
    recording, sentence = load_encoder_networks(path)
    return (
        recording,
        sentence,
        load_decoder(path),
        load_note_offsets(path),
        load_instrument_names(path),
    )
