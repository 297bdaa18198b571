"""A bundle of the embedded engine with small random weights, for what holds of any weights."""

import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import save_file

from core.encoders.embedded.networks import EncoderConfig
from core.engines.embedded.decoder import DecoderConfig
from core.models.manifest import write_manifest
from core.training.embedded.losses import EmbeddedModel

ENCODER = EncoderConfig(width=16, blocks=1, sentence_hidden=16)
DECODER = DecoderConfig(width=16, hidden=16, trunk_blocks=1, frame_blocks=1)


def write_tiny_bundle(folder: Path, bundle_id: str = "tiny", seed: int = 0) -> Path:
    """Write a bundle folder; the same seed gives the same weights."""
    torch.manual_seed(seed)
    model = EmbeddedModel(ENCODER, DECODER)
    folder.mkdir(parents=True, exist_ok=True)
    configs = {"encoder": json.dumps(asdict(ENCODER)), "decoder": json.dumps(asdict(DECODER))}
    tensors = {name: value.half() for name, value in model.state_dict().items()}
    save_file(tensors, folder / "weights.safetensors", metadata=configs)
    write_manifest(
        folder,
        id=bundle_id,
        engine="embedded",
        encoder="embedded",
        files={"weights": "weights.safetensors"},
        licence="GPL-3.0-or-later",
        summary="Random weights, for tests.",
    )
    return folder
