"""The preset library: named, versioned timbres with search, import and export.

Start at :class:`Library`. Importing this package is cheap: SQL is loaded when a name
below is first used, so that a command line which only mounts :mod:`core.library.cli`
stays quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.descriptors.adjectives import MeasuredRange
    from core.library.library import Library
    from core.library.presets import (
        Neighbour,
        Preset,
        PresetBlend,
        PresetMeasures,
        PresetMorph,
        PresetPage,
    )

__all__ = [
    "Library",
    "MeasuredRange",
    "Neighbour",
    "Preset",
    "PresetBlend",
    "PresetMeasures",
    "PresetMorph",
    "PresetPage",
]


def __getattr__(name: str) -> Any:
    if name == "Library":
        from core.library.library import Library

        return Library
    if name == "MeasuredRange":
        from core.descriptors.adjectives import MeasuredRange

        return MeasuredRange
    if name in __all__:
        from core.library import presets

        return getattr(presets, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
