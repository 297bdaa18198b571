"""Places of presets that are made up: a cloud for each family."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from core.library.presets import Preset

if TYPE_CHECKING:
    from core.library.timbre_map.points import MapPoints


def made_up_points(presets: Sequence[Preset], unheard: Collection[str] = ()) -> MapPoints:
    """Where they stand; the same preset always at the same place.

    Args:
        presets: in the order wanted.
        unheard: ids of those that have no place yet.
    """
    import numpy as np

    from core.library.timbre_map.families import FAMILIES, family_named_by
    from core.library.timbre_map.points import MapPoints

    numbers = np.array([int(preset.id[-8:], 16) for preset in presets], np.uint64)
    named = [family_named_by(preset.tags) for preset in presets]
    families = np.array([0 if family is None else family for family in named], np.int8)
    angle = 2 * np.pi * families / len(FAMILIES)
    # The golden ratio and a second irrational spread any numbers evenly.
    turn, far = numbers * 0.618034 % 1.0 * 2 * np.pi, np.sqrt(numbers * 0.754878 % 1.0)
    x = 0.5 + 0.36 * np.cos(angle) + 0.15 * far * np.cos(turn)
    y = 0.5 + 0.36 * np.sin(angle) + 0.15 * far * np.sin(turn)
    is_unheard = np.array([preset.id in unheard for preset in presets], bool)
    x[is_unheard] = y[is_unheard] = np.nan
    families[is_unheard] = -1
    return MapPoints(
        [preset.id for preset in presets],
        [preset.name for preset in presets],
        x.astype(np.float32),
        y.astype(np.float32),
        families,
    )
