"""docs/protocol.md as data: its sections, signatures, argument names and examples."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANUAL = Path(__file__).parents[3] / "docs" / "protocol.md"
_TYPES = {"i": int, "f": float, "s": str}


@dataclass(frozen=True)
class Section:
    """What stands under one heading of the third level.

    Attributes:
        title: without its backquotes.
        text: all of it.
    """

    title: str
    text: str

    @property
    def signature(self) -> str:
        """The line of arguments under the heading."""
        found = re.match(r"\s*`([^`]*)`\n", self.text)
        return found[1] if found else ""

    @property
    def rows(self) -> list[str]:
        """What the tables list: the names in the first column, in order."""
        cells = re.findall(r"^\| (`[^|]*) \|", self.text, re.MULTILINE)
        return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]

    @property
    def examples(self) -> list[tuple[str, list[Any]]]:
        """Addresses and arguments, as oscsend takes them or oscdump shows them."""
        return examples(self.text)


def sections() -> dict[str, Section]:
    """All sections by title."""
    parts = re.split(r"^##+ (.*)$", MANUAL.read_text(encoding="utf-8"), flags=re.MULTILINE)
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    return {title.strip("`"): Section(title.strip("`"), text) for title, text in pairs}


def examples(text: str) -> list[tuple[str, list[Any]]]:
    """The OSC messages in a text's code blocks."""
    found = []
    for line in re.findall(r"^(?:oscsend \$bridge )?(/timbre/1/\S+ .*)$", text, re.MULTILINE):
        address, types, *values = shlex.split(line)
        assert len(types) == len(values), line
        arguments = [_TYPES[kind](value) for kind, value in zip(types, values, strict=True)]
        found.append((address, arguments))
    return found


def json_examples(text: str) -> list[dict[str, Any]]:
    """The JSON objects in a text's code blocks."""
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
