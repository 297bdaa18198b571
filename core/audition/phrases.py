"""What a preset is tried with when nobody has a clip at hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from core.clip import Clip, Note
from core.errors import SettingsError

DEFAULT_PHRASE = "melody"


def _line(name: str, notes: Iterable[tuple[float, int, int, float]]) -> Clip:
    """A clip of (start, pitch, velocity, duration), times in seconds."""
    return Clip.of(name, [Note(*note) for note in notes])


PHRASES: Mapping[str, Clip] = {
    "note": _line("note", [(0.0, 60, 90, 1.5)]),
    "chord": _line("chord", [(0.0, pitch, 85, 2.0) for pitch in (48, 55, 60, 64)]),
    # Up and down an octave, softer and louder, short and held.
    "melody": _line(
        "melody",
        [
            (0.0, 60, 70, 0.4), (0.4, 64, 78, 0.4), (0.8, 67, 86, 0.4), (1.2, 72, 100, 0.7),
            (2.0, 71, 84, 0.15), (2.2, 67, 76, 0.15), (2.4, 65, 72, 0.3), (2.8, 64, 80, 1.2),
        ],
    ),
    "bass": _line(
        "bass",
        [
            (0.0, 36, 100, 0.3), (0.4, 36, 80, 0.15), (0.6, 43, 90, 0.3), (1.0, 41, 90, 0.3),
            (1.4, 39, 84, 0.15), (1.6, 36, 104, 0.8),
        ],
    ),
}  # fmt: skip
"""By the name that ``--phrase`` takes."""


def phrase_named(name: str) -> Clip:
    """The phrase of a name.

    Raises:
        SettingsError: if there is none.
    """
    if name not in PHRASES:
        raise SettingsError(f"there is no phrase {name!r}; there are {', '.join(PHRASES)}")
    return PHRASES[name]
