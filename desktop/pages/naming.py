"""Names for presets that their makers did not name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from core.library.errors import NameTaken
from core.library.presets import MAX_NAME_CHARACTERS
from desktop.translations.words import translate

_Made = TypeVar("_Made")
_ROOM = MAX_NAME_CHARACTERS - 5
_MOST = 1000


def name_for_words(words: str) -> str:
    """A preset's name out of its description: the words, with a capital, cut between words."""
    text = " ".join(words.split())
    if len(text) > _ROOM:
        text = text[:_ROOM].rpartition(" ")[0] or text[:_ROOM]
    return text[:1].upper() + text[1:]


def name_for_file(file: Path) -> str:
    """A preset's name out of a recording's."""
    return name_for_words(file.stem.replace("_", " ")) or translate("Naming.py", "Recording")


def with_free_name(name: str, make: Callable[[str], _Made]) -> _Made:
    """Make something under a name, or the name with the first number that is free.

    Args:
        name: the one wanted; one that is too long is cut.
        make: raises :class:`NameTaken` before it does anything long.

    Raises:
        NameTaken: if a thousand are taken.
    """
    for number in range(1, _MOST):
        try:
            tail = "" if number == 1 else f" {number}"
            return make(name[: MAX_NAME_CHARACTERS - len(tail)].rstrip() + tail)
        except NameTaken:
            continue
    raise NameTaken(
        translate(
            "Naming.py", "there are {most} presets named {name!r}; rename or delete some"
        ).format(most=_MOST, name=name)
    )
