"""Turn a training run's averaged weights into the bundle that ships with the program."""

from __future__ import annotations

from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load_file, save_file

from core.encoders.embedded.weights import load_encoder_networks, load_encoder_parts
from core.engines.embedded.weights import load_decoder
from core.errors import ModelDamaged
from core.models.manifest import write_manifest
from core.training.embedded.checkpoints import WEIGHTS_NAME


def ship(
    weights: Path,
    folder: Path,
    offsets: Path | None = None,
    decoder: Path | None = None,
    names: Path | None = None,
) -> None:
    """Copy the weights into a bundle folder and describe them.

    Args:
        weights: of a training run.
        folder: of the bundle.
        offsets: what :mod:`core.training.embedded.offsets.train` wrote; None ships without it.
        decoder: weights of a run that went on from the same decoder; the mean of both ships
            (Wortsman et al., *Model soups*, ICML 2022).
        names: what :mod:`core.training.embedded.text.build_names` wrote; None ships without it.

    Raises:
        ModelDamaged: if they do not load strictly.
    """
    load_decoder(weights)
    load_encoder_networks(weights)
    folder.mkdir(parents=True, exist_ok=True)
    with safe_open(weights, framework="pt") as file:
        metadata = file.metadata()
    tensors = load_file(weights)
    if decoder is not None:
        load_decoder(decoder)
        other = load_file(decoder)
        for name in [name for name in tensors if name.startswith("decoder.")]:
            mean = 0.5 * (tensors[name].float() + other[name].float())
            tensors[name] = mean.half().contiguous()
    # ends.* and terms.* are the shipped format's names for the two.
    if offsets is not None:
        tensors |= {f"ends.{name}": value for name, value in load_file(offsets).items()}
    if names is not None:
        tensors["terms.evidence"] = load_file(names)["evidence"]
        with safe_open(names, framework="pt") as file:
            metadata = {**metadata, **file.metadata()}
    partial = folder / f"{WEIGHTS_NAME}.partial"
    save_file(tensors, partial, metadata=metadata)
    try:
        load_encoder_parts(partial)
    except ModelDamaged:
        partial.unlink()
        raise
    partial.replace(folder / WEIGHTS_NAME)
    write_manifest(
        folder,
        id="embedded",
        engine="embedded",
        encoder="embedded",
        files={"weights": WEIGHTS_NAME},
        licence="GPL-3.0-or-later",
        summary="Our own note synthesizer and timbre encoder; ships with the program.",
    )
