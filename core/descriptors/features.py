"""Features of sounds that their measures say clearly: tags that nobody has to give.

A feature is a word for a range of what :mod:`core.descriptors.notes` measures, wide of where ears
would differ.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import SettingsError


@dataclass(frozen=True)
class SoundFeature:
    """A word for how something sounds.

    Attributes:
        name: the word, as tags are written.
        meaning: what was measured, for people.
        limits: lowest and highest values by the names of measures, in their units.
    """

    name: str
    meaning: str
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def _attack(shortest_s: float, longest_s: float) -> tuple[float, float]:
    return -math.log10(longest_s), -math.log10(shortest_s)


def _length(shortest_s: float, longest_s: float) -> tuple[float, float]:
    return math.log10(shortest_s), math.log10(longest_s)


_NONE, _ANY = 1e-6, 1e6

FEATURES = (
    SoundFeature(
        "percussive",
        "begins within 20 ms and has died away before a key held 1.2 s is let go",
        {"attack": _attack(_NONE, 0.02), "length": _length(_NONE, 0.9)},
    ),
    SoundFeature(  # a piano sounds that long as well, but begins at once
        "sustained",
        "takes over 30 ms to rise and still sounds when a key held 1.2 s is let go",
        {"attack": _attack(0.03, _ANY), "length": _length(1.15, _ANY)},
    ),
    SoundFeature("soft attack", "takes over 0.1 s to rise", {"attack": _attack(0.1, _ANY)}),
    SoundFeature(
        "slow release",
        "is heard for over a quarter of a second after the key is let go",
        {"length": _length(1.45, _ANY)},
    ),
    SoundFeature(  # two beating sines measure up to 7 cents
        "vibrato",
        "wavers in pitch by over 12 cents to either side, four to eight times a second",
        {"vibrato": (12.0, _ANY)},
    ),
)


def feature_named(name: str) -> SoundFeature:
    """The feature of a name.

    Raises:
        SettingsError: if there is none.
    """
    for feature in FEATURES:
        if feature.name == name:
            return feature
    known = ", ".join(feature.name for feature in FEATURES)
    raise SettingsError(f"{name!r} is no feature that sounds are measured for; there are {known}")


def features_in(words: str) -> tuple[tuple[SoundFeature, ...], str]:
    """Features that are named in words, and the other words.

    Args:
        words: as they were typed.
    """
    rest = f" {' '.join(words.casefold().split())} "
    named = []
    for feature in FEATURES:
        if f" {feature.name} " in rest:
            named.append(feature)
            rest = rest.replace(f" {feature.name} ", " ")
    return tuple(named), rest.strip()
