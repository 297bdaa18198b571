"""Turn a training run's averaged weights into the bundle that ships with the program::

python -m core.training.ship RUN/embedded.safetensors core/models/weights/embedded
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from core.engines.embedded.weights import load_decoder, load_encoder_networks
from core.models.manifest import write_manifest

WEIGHTS_NAME = "embedded.safetensors"


def ship(weights: Path, folder: Path) -> None:
    """Copy the weights into a bundle folder and describe them.

    Raises:
        ModelDamaged: if they do not load strictly.
    """
    load_decoder(weights)
    load_encoder_networks(weights)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(weights, folder / WEIGHTS_NAME)
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
    arguments = parser.parse_args()
    ship(arguments.weights, arguments.folder)


if __name__ == "__main__":
    main()
