"""Measures in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from core.descriptors.adjectives import ADJECTIVES, MeasuredRange

if TYPE_CHECKING:
    from core.library import Library
    from core.library.presets import PresetMeasures


def show_measures(measures: PresetMeasures) -> None:
    """Places in a bar each, and whether they are the user's word."""
    if not measures.places:
        print("sound:      not measured yet; --darker-than and the like measure it")
    for adjective in ADJECTIVES:
        place = measures.places.get(adjective.name)
        if place is not None:
            filled = round(10 * place)
            bar = "▮" * filled + "▯" * (10 - filled)
            own = "  (your word)" if adjective.name in measures.edited else ""
            print(f"{adjective.name + ':':12}{adjective.low:>5} {bar} {adjective.high}{own}")
    if measures.values is not None:
        print(f"{'vibrato:':12}{measures.values['vibrato']:.0f} cents to either side")


def note_not_measured(library: Library, ranges: Sequence[MeasuredRange]) -> None:
    """Say how many presets a search by ranges could not look at.

    Args:
        library: that was searched.
        ranges: none look at every preset.
    """
    if ranges and (count := library.not_measured()):
        typer.echo(
            f"note: {count} presets were not measured yet and are left out; `timbre desktop` "
            "measures those in view",
            err=True,
        )
