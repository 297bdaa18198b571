"""The presets of a blend that is made, as values. No Qt here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from desktop.pages.make.blend.bilinear import Point, corner_weights

FULL = 100.0
"""The highest weight of a part, and what the weights of all come to after the point has moved."""


@dataclass(frozen=True)
class BlendEntry:
    """A preset in the blend that is made.

    Attributes:
        preset_id, name: of the preset.
        weight: 0 – :data:`FULL`.
        corner: of the pad, 0–3; None for none.
        is_muted, is_solo: for listening; what is not heard is not kept either.
    """

    preset_id: str
    name: str
    weight: float
    corner: int | None = None
    is_muted: bool = False
    is_solo: bool = False


def heard_weights(entries: Sequence[BlendEntry]) -> tuple[float, ...]:
    """Their weights, with what is muted, or not solo where others are, at 0."""
    any_solo = any(entry.is_solo for entry in entries)
    return tuple(
        0.0 if entry.is_muted or (any_solo and not entry.is_solo) else entry.weight
        for entry in entries
    )


def heard_shares(entries: Sequence[BlendEntry]) -> tuple[float, ...]:
    """What each is of the whole that is heard, 0…1; all 0 if nothing is."""
    heard = heard_weights(entries)
    whole = sum(heard)
    return tuple(weight / whole if whole else 0.0 for weight in heard)


def parts_heard(entries: Sequence[BlendEntry]) -> list[tuple[str, float]]:
    """Presets by id that are heard, with their shares."""
    pairs = zip(entries, heard_shares(entries), strict=True)
    return [(entry.preset_id, share) for entry, share in pairs if share > 0]


def moved_to(entries: Sequence[BlendEntry], point: Point) -> tuple[BlendEntry, ...]:
    """Entries with the weights that a point of the pad gives those on its corners.

    Args:
        entries: before; what is not on the pad keeps its share of the whole.
        point: of the pad.
    """
    on_pad = [entry for entry in entries if entry.corner is not None]
    if not on_pad:
        return tuple(entries)
    whole, pad = (sum(entry.weight for entry in some) for some in (entries, on_pad))
    share = pad / whole if pad else len(on_pad) / len(entries)
    filled = {entry.corner for entry in on_pad}
    weights = corner_weights(point, [corner in filled for corner in range(4)])

    def weight(entry: BlendEntry) -> float:
        if entry.corner is not None:
            return FULL * share * weights[entry.corner]
        return FULL * (1.0 - share) * entry.weight / (whole - pad) if whole > pad else 0.0

    return tuple(replace(entry, weight=weight(entry)) for entry in entries)


def to_full(entries: Iterable[BlendEntry]) -> tuple[BlendEntry, ...]:
    """Entries whose weights come to :data:`FULL`, if any is above 0."""
    entries = tuple(entries)
    whole = sum(entry.weight for entry in entries)
    factor = FULL / whole if whole else 1.0
    return tuple(replace(entry, weight=factor * entry.weight) for entry in entries)
