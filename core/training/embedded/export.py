"""Turn a training run's averaged weights into the bundle that ships with the program::

python -m core.training.embedded.export RUN/embedded.safetensors FOLDER \\
    --ends ENDS/note_ends.safetensors
    --terms TERMS/terms.safetensors
"""

from __future__ import annotations

import argparse
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load_file, save_file

from core.encoders.embedded.weights import load_encoder_networks, load_encoder_parts
from core.engines.embedded.weights import load_decoder
from core.errors import ModelDamaged
from core.models.manifest import write_manifest

WEIGHTS_NAME = "embedded.safetensors"


def ship(
    weights: Path,
    folder: Path,
    ends: Path | None = None,
    decoder: Path | None = None,
    terms: Path | None = None,
) -> None:
    """Copy the weights into a bundle folder and describe them.

    Args:
        weights: of a training run.
        folder: of the bundle.
        ends: what :mod:`core.training.embedded.offsets.train` wrote; None ships without it.
        decoder: weights of a run that went on from the same decoder; the mean of both ships
            (Wortsman et al., *Model soups*, ICML 2022).
        terms: what :mod:`core.training.embedded.text.build_names` wrote; None ships without it.

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
    if ends is not None:
        tensors |= {f"ends.{name}": value for name, value in load_file(ends).items()}
    if terms is not None:
        tensors["terms.evidence"] = load_file(terms)["evidence"]
        with safe_open(terms, framework="pt") as file:
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


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("weights", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ends", type=Path, help="weights of the network for notes' ends")
    parser.add_argument("--decoder", type=Path, help="weights whose decoder is averaged in")
    parser.add_argument("--terms", type=Path, help="the table of names and words")
    told = parser.parse_args()
    ship(told.weights, told.folder, told.ends, told.decoder, told.terms)


if __name__ == "__main__":
    main()
