"""What musicians call sounds besides their names: makers, players, pieces, places, slang.

A general sentence encoder knows that a Guarneri is near a violin only if it is told so. Phrases
belong to the General MIDI programs they are typical of. They were written program by program
without knowledge of the words by which ``benchmarks/likeness.py`` tests the encoder; the few that
happened to share a word with those were dropped, and a test holds to that.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path


@cache
def lexicon() -> dict[int, tuple[str, ...]]:
    """General MIDI programs, 0-based, and the phrases that belong to each."""
    stored = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return {int(program): tuple(phrases) for program, phrases in stored.items()}


def phrases_for(program: int | None) -> tuple[str, ...]:
    """All phrases that belong to a program."""
    return lexicon().get(program, ()) if program is not None else ()
