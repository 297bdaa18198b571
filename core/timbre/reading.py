"""Recipes out of stored data, and what they are taken from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.errors import SettingsError
from core.timbre.base import MAX_DEPTH, Timbre
from core.timbre.mixtures import Blend, Morph
from core.timbre.single import AudioTimbre, TextTimbre

KINDS: Mapping[str, type[Timbre]] = {
    timbre.kind: timbre for timbre in (AudioTimbre, TextTimbre, Blend, Morph)
}
"""Every kind of timbre by its name."""


def recordings_of(timbre: Timbre) -> Iterator[Path]:
    """The files a timbre is taken from."""
    if isinstance(timbre, AudioTimbre) and timbre.samples is None:
        yield timbre.path
    for part in timbre.inside:
        yield from recordings_of(part)


def from_dict(data: Any) -> Timbre:
    """Read a recipe written by :meth:`Timbre.to_dict`.

    Raises:
        SettingsError: if the data is not such a recipe.
    """
    return _read(data, MAX_DEPTH)


def _read(data: Any, levels_left: int) -> Timbre:
    # Counted on the way down: data from a file may be nested beyond Python's own stack.
    if levels_left < 0:
        raise SettingsError(f"blends may be nested {MAX_DEPTH} deep, not more")
    if isinstance(data, dict) and data.get("kind") in KINDS:
        timbre = KINDS[data["kind"]].read(data, lambda inner: _read(inner, levels_left - 1))
        if timbre is not None:
            return timbre
    *most, last = KINDS
    raise SettingsError(
        f"this is not a timbre: it needs a kind ({', '.join(most)} or {last}) and its data"
    )
