"""Weights that a training run of the embedded engine hands on: to later runs, and to the bundle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from core.errors import UserInputError
from core.training.checkpoint import STATE_NAME, read_checkpoint
from core.training.embedded.config import EmbeddedTrainingConfig, TrainingStage, read_config
from core.training.embedded.dataset import TrainingSet
from core.training.embedded.losses import EmbeddedModel
from core.training.embedded.text.adjective_directions import learned_directions
from core.training.embedded.text.prototypes import PrototypeInstruments

CONFIG_NAME = "config.toml"
WEIGHTS_NAME = "embedded.safetensors"

PARTS = ("decoder", "recording", "projection")
"""What the pretraining trains, and what says what its embeddings mean."""

_OLD_PROJECTION = "teacher"  # how the projection's file was called

_TRAINED: Mapping[TrainingStage, tuple[str, ...]] = {
    "decoder": ("decoder",),
    "audio_encoder": ("recording", "sentence"),
    "text_encoder": ("recording", "sentence"),
    "joint": ("decoder", "recording", "sentence"),
}


def write_parts(run: Path, networks: Mapping[str, nn.Module]) -> None:
    """Write :data:`PARTS`, a file each, a few megabytes: half precision, but for the projection.

    Args:
        run: the run's folder.
        networks: by name.
    """
    for part in PARTS:
        kind = torch.float32 if part == "projection" else torch.float16
        state = networks[part].state_dict()
        own = {name: value.to(kind).contiguous().cpu() for name, value in state.items()}
        partial = run / f"{part}.partial"
        save_file(own, partial)
        partial.replace(run / f"{part}.safetensors")


def read_parts(run: Path, device: torch.device) -> dict[str, dict[str, Tensor]] | None:
    """What :func:`write_parts` wrote, float32; None if a part is missing.

    Args:
        run: the run's folder.
        device: where the tensors go.

    Raises:
        UserInputError: if one is damaged.
    """
    files = {part: run / f"{part}.safetensors" for part in PARTS}
    if not files["projection"].exists():
        files["projection"] = run / f"{_OLD_PROJECTION}.safetensors"
    if not all(path.exists() for path in files.values()):
        return None
    parts = {}
    for part, path in files.items():
        try:
            tensors = load_file(path, device=str(device))
        except (OSError, SafetensorError) as error:
            raise UserInputError(f"{path} cannot be read as weights: {error}") from error
        parts[part] = {name: value.float() for name, value in tensors.items()}
    return parts


def load_trained(model: EmbeddedModel, runs: Sequence[Path], device: torch.device) -> None:
    """Begin with the averaged weights of earlier runs: of each the networks that it trained.

    Args:
        model: gets them; later runs overwrite earlier ones.
        runs: folders of runs.
        device: where the model is.

    Raises:
        UserInputError: if a folder holds no run, or one of networks of other sizes.
    """
    for run in runs:
        parts = read_parts(run, device) or _read_trained(run, device)
        try:
            for part, tensors in parts.items():
                getattr(model, part).load_state_dict(tensors)
        except RuntimeError as error:
            reason = str(error).splitlines()[-1].strip()
            raise UserInputError(f"{run} has networks of other sizes: {reason}") from error


def _read_trained(run: Path, device: torch.device) -> dict[str, dict[str, Tensor]]:
    if not (run / STATE_NAME).exists() or not (run / CONFIG_NAME).exists():
        raise UserInputError(f"{run} holds no training run to start from")
    trained = _TRAINED[read_config(run / CONFIG_NAME).stage]
    averaged = read_checkpoint(run / STATE_NAME, device)["averaged"]["model"]
    # What an embedding means was fixed when the first of the networks was trained.
    parts: dict[str, dict[str, Tensor]] = {part: {} for part in (*trained, "projection")}
    for name, value in averaged.items():
        part, own_name = name.split(".", 1)
        if part in parts:
            parts[part][own_name] = value
    return parts


def write_weights(
    model: EmbeddedModel,
    config: EmbeddedTrainingConfig,
    training: TrainingSet,
    prototypes: PrototypeInstruments,
    run: Path,
    step: int,
) -> None:
    """Write ``embedded.safetensors``: all that ships, in half precision, with its sizes.

    Args:
        model: averaged weights.
        config: of the run.
        training: what adjectives are learned from.
        prototypes: what words are looked up among.
        run: the run's folder.
        step: how many were done.
    """
    # The tensors' names are the shipped format's: sentence.prototype_*, sentence.trait_directions.
    tensors = {
        name: value.half().contiguous().cpu()
        for name, value in model.state_dict().items()
        if not name.startswith("projection.")
    }
    for name, value in prototypes.tensors(model.projection).items():
        kind = torch.uint8 if name in ("has", "programs") else torch.float16
        tensors[f"sentence.prototype_{name}"] = value.to(kind).contiguous()
    directions = learned_directions(training, model.projection)
    tensors["sentence.trait_directions"] = directions.half().contiguous()
    encoder = replace(config.encoder, prototypes=len(prototypes), phrases=len(prototypes.phrases))
    metadata = {
        "encoder": json.dumps(asdict(encoder)),
        "decoder": json.dumps(asdict(config.decoder)),
        "step": str(step),
    }
    save_file(tensors, run / WEIGHTS_NAME, metadata=metadata)
