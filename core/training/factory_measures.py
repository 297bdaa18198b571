"""Measures the factory presets: ``python -m core.training.factory_measures``.

Every factory preset plays the measuring phrase (:mod:`core.descriptors.phrase`) by the model that
ships; what it measures goes into ``core/library/factory/measures.json`` under its key, with the
hash of the weights it holds for. The file is the yardstick of all presets too. Run it again
whenever the weights, the encoder's code, the phrase, a measure or the bank change.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from core.descriptors.notes import describe
from core.descriptors.phrase import MEASURING_PHRASE, measure_basis
from core.engines.base import RenderRequest
from core.errors import SettingsError
from core.files import replacing
from core.library import Library, factory
from core.models import DEFAULT_BUNDLE
from core.synthesizer import Synthesizer
from core.training.factory_gains import digests

DECIMALS = 4


def measure(synth: Synthesizer, keys: Iterable[str]) -> dict[str, Mapping[str, float]]:
    """What factory presets measure, by key.

    Args:
        synth: the model that ships.
        keys: of factory presets.

    Raises:
        SettingsError: if one is silent.
    """
    names = {entry.key or entry.name: entry.name for entry in factory.load()[0]}
    found: dict[str, Mapping[str, float]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        Library.open(Path(folder) / "library.sqlite") as library,
    ):
        for key in keys:
            request = RenderRequest(MEASURING_PHRASE, synth.embed(library.recipe(names[key])))
            (phrase,) = synth.engine.render([request])
            measured = describe(phrase, synth.sample_rate)
            if not measured:
                raise SettingsError(f"{key}: silent")
            found[key] = {name: round(value, DECIMALS) for name, value in measured.items()}
    return found


def main() -> None:
    """Entry point of the script."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    synth = Synthesizer.load(DEFAULT_BUNDLE, device="cpu")
    by_key = digests()
    found = measure(synth, by_key)
    data = {
        "phrase": measure_basis(),
        "model": synth.bundle.id,
        "model_sha256": synth.bundle.sha256,
        "presets": {
            key: {"recipe": by_key[key], "measures": dict(measured)}
            for key, measured in found.items()
        },
    }
    with replacing(factory.MEASURES) as stream:
        stream.write((json.dumps(data, indent=1) + "\n").encode())
    print(f"{len(found)} presets measured")


if __name__ == "__main__":
    main()
