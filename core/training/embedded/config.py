"""The configuration of one training run, read from TOML; tables are the nested fields."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from core.encoders.embedded.networks import EncoderConfig
from core.engines.embedded.decoder import DecoderConfig
from core.errors import UserInputError
from core.training.embedded.losses import LossWeights

TrainingStage = Literal["decoder", "audio_encoder", "text_encoder", "joint"]

_TABLES = {"encoder": EncoderConfig, "decoder": DecoderConfig, "loss": LossWeights}

# Files that users kept may still have the words of earlier versions.
_OLD_STAGES = {
    "playing": "decoder",
    "hearing": "audio_encoder",
    "wording": "text_encoder",
    "together": "joint",
}
_OLD_KEYS = {
    "batch": "batch_size",
    "average": "ema_decay",
    "words_rate": "text_rate",
    "words_share": "text_share",
    "taught_share": "descriptor_share",
    "coloured_share": "filtered_share",
}
_OLD_LOSSES = {"near": "distance", "same_instrument": "contrast", "words": "text"}


@dataclass(frozen=True)
class EmbeddedTrainingConfig:
    """One training run.

    Attributes:
        stage: what is trained; see :mod:`core.training.embedded.stages`.
        steps: how many; the pretraining ends with its time instead.
        batch_size: instruments a batch.
        notes_each: notes of each of them.
        reference_frames: longest piece of a recording, in frames of 20 ms.
        learning_rate: the highest.
        text_rate: of the sentence network, as a multiple of it.
        warmup_steps: until it is reached.
        weight_decay: of AdamW.
        ema_decay: of the averaged weights, which are those that ship.
        descriptor_share: of a joint batch, is decoded from descriptors.
        text_share: of a joint batch, is decoded from captions; the rest is from recordings.
        filtered_share: of the instruments, goes through a random filter.
        jitter: noise on embeddings while the decoder learns, relative to their length.
        seed: of everything random.
        encoder, decoder: sizes of the networks.
        loss: weights of the loss terms.
    """

    stage: TrainingStage = "joint"
    steps: int = 6000
    batch_size: int = 48
    notes_each: int = 4
    reference_frames: int = 120
    learning_rate: float = 1.5e-3
    text_rate: float = 1.0
    warmup_steps: int = 200
    weight_decay: float = 0.01
    ema_decay: float = 0.998
    descriptor_share: float = 0.35
    text_share: float = 0.2
    filtered_share: float = 0.5
    jitter: float = 0.1
    seed: int = 0
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    decoder: DecoderConfig = field(default_factory=DecoderConfig)
    loss: LossWeights = field(default_factory=LossWeights)


def read_config(path: Path) -> EmbeddedTrainingConfig:
    """Read a TOML file.

    Raises:
        UserInputError: if it cannot be read, or a key or the stage is unknown.
    """
    try:
        values = _renamed(tomllib.loads(path.read_text("utf-8")), _OLD_KEYS)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserInputError(f"{path} cannot be read as a configuration: {error}") from error
    _check_keys(path, "", values, EmbeddedTrainingConfig)
    for name, kind in _TABLES.items():
        if name in values:
            if not isinstance(values[name], dict):
                raise UserInputError(f"{path}: {name} must be a table, [{name}]")
            table = _renamed(values[name], _OLD_LOSSES if name == "loss" else {})
            _check_keys(path, f" in [{name}]", table, kind)
            values[name] = kind(**table)
    stage = values.get("stage", EmbeddedTrainingConfig.stage)
    values["stage"] = _OLD_STAGES.get(stage, stage)
    if values["stage"] not in get_args(TrainingStage):
        raise UserInputError(
            f"{path}: stage {stage!r} is none of {', '.join(get_args(TrainingStage))}"
        )
    return EmbeddedTrainingConfig(**values)


def _renamed(values: Mapping[str, Any], old_names: Mapping[str, str]) -> dict[str, Any]:
    return {old_names.get(name, name): value for name, value in values.items()}


def _check_keys(path: Path, where: str, values: Mapping[str, Any], kind: type[Any]) -> None:
    names = [field.name for field in fields(kind)]
    unknown = sorted(set(values) - set(names))
    if unknown:
        raise UserInputError(
            f"{path}: unknown key {unknown[0]!r}{where}; there are {', '.join(names)}"
        )
