"""From a measured value to its place between two adjectives: its rank in the factory bank.

The bank is a fixed yardstick: a place says the same in every library, and does not move when
presets come and go. ``factory/measures.json`` holds it, made by
:mod:`core.training.factory_measures`.

Vibrato has a scale of its own, from 0 to :data:`MOST_VIBRATO_CENTS`: the bank has none, so
that ranks in it would make any waver, however small, the most there is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from core.descriptors.adjectives import MEASURES, MeasuredRange
from core.descriptors.features import FEATURES, SoundFeature
from core.descriptors.phrase import measure_basis
from core.library import factory

if TYPE_CHECKING:
    from core.types import Float64Array

MeasuredValues = Mapping[str, float]
"""Values or places by the names of :data:`core.descriptors.adjectives.MEASURES`."""

MOST_VIBRATO_CENTS = 100.0
"""Of this and more the place is 1; a thousandth is a tenth of a cent."""

_BEYOND = 0.25
"""How far beyond the bank's ends 0 and 1 are, in relation to the bank's width."""


@cache
def _shipped() -> Mapping[str, Any]:
    data: Mapping[str, Any] = json.loads(factory.MEASURES.read_text("utf-8"))
    return data


@cache
def factory_measures(model_sha256: str) -> Mapping[str, MeasuredValues]:
    """What factory presets measure, by the digest (hex) of their recipes; empty for other weights.

    Args:
        model_sha256: of the bundle.
    """
    shipped = _shipped()
    if (shipped["model_sha256"], shipped["phrase"]) != (model_sha256, measure_basis()):
        return {}
    return {entry["recipe"]: entry["measures"] for entry in shipped["presets"].values()}


@cache
def _knots(name: str) -> tuple[Float64Array, Float64Array]:
    import numpy as np

    if name == "vibrato":
        return np.array([0.0, MOST_VIBRATO_CENTS]), np.array([0.0, 1.0])
    values = sorted(entry["measures"][name] for entry in _shipped()["presets"].values())
    knots, firsts, counts = np.unique(values, return_index=True, return_counts=True)
    ranks = (firsts + counts / 2.0) / len(values)  # the middle of those that are alike
    margin = _BEYOND * (knots[-1] - knots[0])
    return (
        np.concatenate([[knots[0] - margin], knots, [knots[-1] + margin]]),
        np.concatenate([[0.0], ranks, [1.0]]),
    )


def places_of(measured: MeasuredValues) -> dict[str, float]:
    """The places of measured values, 0…1."""
    import numpy as np

    return {name: float(np.interp(measured[name], *_knots(name))) for name in MEASURES}


def ranges_of(feature: SoundFeature) -> tuple[MeasuredRange, ...]:
    """The places that presets with a feature have."""
    import numpy as np

    found = []
    for name, (low, high) in feature.limits.items():
        ends = np.interp([low, high], *_knots(name))
        found.append(MeasuredRange(name, float(ends[0]), float(ends[1])))
    return tuple(found)


def features_of(places: Mapping[str, float]) -> tuple[str, ...]:
    """Names of the features that a preset has.

    Args:
        places: its own; those that are missing are in no range.
    """
    return tuple(
        feature.name
        for feature in FEATURES
        if all(
            one.adjective in places and one.low <= places[one.adjective] <= one.high
            for one in ranges_of(feature)
        )
    )


@cache
def place_basis(model_sha256: str) -> int:
    """What places depend on besides the preset, as one number of 63 bits.

    Args:
        model_sha256: of the bundle.
    """
    knots = b"".join(part.tobytes() for name in MEASURES for part in _knots(name))
    digest = hashlib.sha256(f"{model_sha256} {measure_basis()} ".encode() + knots).digest()
    return int.from_bytes(digest[:8], "big") >> 1
