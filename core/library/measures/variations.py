"""Variations of a preset: blends with presets near it, so that their lineage can be read."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from core.descriptors.adjectives import Adjective
from core.library.presets import Neighbour, Preset, PresetBlend, PresetMeasures

OWN_SHARES = (0.5, 0.35, 0.2)
"""What a variation keeps of its preset; the next one if that was not enough to be heard."""

_PARTS = 2
_STEP = 0.15
"""How much further a preset has to be, to be blended in."""
_FAR_ENOUGH = 0.5
"""Further is not better: the rest of the sound is to stay."""


def further(
    preset: Preset,
    place: float,
    neighbours: Sequence[Neighbour],
    measures: Mapping[str, PresetMeasures],
    adjective: Adjective,
    *,
    is_higher: bool,
    own_share: float = OWN_SHARES[0],
) -> PresetBlend | None:
    """The preset, but further towards one of two adjectives.

    Args:
        preset: to vary.
        place: where it stands, 0…1.
        neighbours: presets like it.
        measures: theirs, by id.
        adjective: the pair.
        is_higher: towards the high end, or the low one.
        own_share: what it keeps of the preset, 0…1.

    Returns:
        A blend; None if nothing near was measured that is further.
    """
    ranked = []
    for near in neighbours:
        other = measures.get(near.preset.id, PresetMeasures()).measured.get(adjective.name)
        if other is None or near.preset.id == preset.id:
            continue
        distance = other - place if is_higher else place - other
        if distance >= min(_STEP, 0.5 * (1.0 - place if is_higher else place)) and distance > 0.0:
            ranked.append((near.similarity + min(distance, _FAR_ENOUGH), near.preset))
    ranked.sort(key=lambda pair: -pair[0])
    chosen = [other for _, other in ranked[:_PARTS]]
    return _blend(preset, chosen, own_share) if chosen else None


def nearby(
    preset: Preset, neighbours: Sequence[Neighbour], rng: random.Random
) -> PresetBlend | None:
    """Something near a preset: it and two presets like it, drawn by chance.

    Args:
        preset: to vary.
        neighbours: presets like it, the nearest first.
        rng: draws.

    Returns:
        A blend; None if there are no others.
    """
    others = [near.preset for near in neighbours if near.preset.id != preset.id]
    chosen = rng.sample(others, min(_PARTS, len(others)))
    return _blend(preset, chosen, OWN_SHARES[0]) if chosen else None


def _blend(preset: Preset, others: Sequence[Preset], own_share: float) -> PresetBlend:
    share = (1.0 - own_share) / len(others)
    return PresetBlend([(preset.id, own_share), *((other.id, share) for other in others)])
