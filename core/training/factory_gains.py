"""Makes the factory presets' gains: ``python -m core.training.factory_gains``.

Every factory preset plays the loudness phrase (:mod:`core.leveling.phrase`) by the model that
ships; its gain goes into ``core/library/factory/gains.json`` under its key, with the hash of the
weights they hold for. Run it again whenever the weights, the encoder's code, the phrase or the
bank change. ``--check`` writes nothing and says how far the presets are from each other.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from core.audio.loudness import integrated_loudness
from core.errors import SettingsError
from core.files import replacing
from core.leveling.gains import gain_of
from core.leveling.phrase import TARGET_LUFS, gain_basis, loudness_request
from core.library import Library, factory, recipe_tree, recipes
from core.library.gains import factory_gains
from core.library.recipes import StoredRecipe
from core.models import DEFAULT_BUNDLE
from core.settings import RenderSettings
from core.synthesizer import Synthesizer
from core.types import FloatArray

MOST_APART_LU = 1.0
"""What the presets may differ by on the phrase."""


def digests() -> dict[str, str]:
    """The digest (hex) of every factory preset's recipe, by its key."""
    entries, _files = factory.load()
    expanded: list[StoredRecipe] = []
    for entry in entries:
        recipe = recipe_tree.expand(entry.recipe, lambda part: expanded[int(part.preset_id)])
        expanded.append(recipe)
    return {
        entry.key or entry.name: recipes.digest(recipe).hex()
        for entry, recipe in zip(entries, expanded, strict=True)
    }


def phrases(synth: Synthesizer, keys: Iterable[str]) -> dict[str, FloatArray]:
    """The phrase as the model plays it, float32 [channels, frames], by preset key.

    Args:
        synth: the model that ships.
        keys: of factory presets.
    """
    names = {entry.key or entry.name: entry.name for entry in factory.load()[0]}
    played = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        Library.open(Path(folder) / "library.sqlite") as library,
    ):
        for key in keys:
            embedding = synth.embed(library.recipe(names[key]))
            (played[key],) = synth.engine.render([loudness_request(embedding, RenderSettings())])
    return played


def make(synth: Synthesizer, played: Mapping[str, FloatArray]) -> dict[str, Any]:
    """The file's content.

    Args:
        synth: the model that ships.
        played: from :func:`phrases`, every preset.

    Raises:
        SettingsError: if a preset cannot be levelled.
    """
    gains = {}
    for key, recipe in digests().items():
        gain = gain_of(played[key], synth.sample_rate)
        if gain.remark:
            raise SettingsError(f"{key}: {gain.remark}")
        gains[key] = {"recipe": recipe, "gain_db": gain.db}
    return {
        "phrase": gain_basis(),
        "target_lufs": TARGET_LUFS,
        "model": synth.bundle.id,
        "model_sha256": synth.bundle.sha256,
        "gains": gains,
    }


def levels(synth: Synthesizer, played: Mapping[str, FloatArray]) -> dict[str, float]:
    """How loud presets are with the gains that ship, LUFS, by key.

    Args:
        synth: the model that ships.
        played: from :func:`phrases`.
    """
    known, by_key = factory_gains(synth.bundle.sha256), digests()
    return {
        key: integrated_loudness(phrase, synth.sample_rate) + known[by_key[key]]
        for key, phrase in played.items()
    }


def main() -> None:
    """Entry point of the script."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    is_check = parser.parse_args().check
    synth = Synthesizer.load(DEFAULT_BUNDLE, device="cpu")
    played = phrases(synth, digests())
    if is_check:
        found = levels(synth, played)
        apart_lu = max(found.values()) - min(found.values())
        for key, lufs in sorted(found.items(), key=lambda item: item[1]):
            print(f"{lufs:7.2f} LUFS  {key}")
        print(f"{len(found)} presets, {apart_lu:.2f} LU apart")
        raise SystemExit(apart_lu > MOST_APART_LU)
    data = make(synth, played)
    with replacing(factory.GAINS) as stream:
        stream.write((json.dumps(data, indent=1) + "\n").encode())
    all_db = [entry["gain_db"] for entry in data["gains"].values()]
    print(f"{len(all_db)} gains, {min(all_db):+.2f} … {max(all_db):+.2f} dB")


if __name__ == "__main__":
    main()
