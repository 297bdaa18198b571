"""What is odd about a file and was read all the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

_KINDS = 5
"""Different messages that are kept of one code; a hostile file could have a million."""


@dataclass(frozen=True)
class Oddities:
    """Messages for people under stable codes for programs, each once and counted."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, code: str, message: str, count: int = 1) -> None:
        """Count something.

        Args:
            code: what kind of thing; see :class:`core.midi.remarks.Remark`.
            message: one line.
            count: how often.
        """
        of_code = self.counts.setdefault(code, Counter())
        if message in of_code or len(of_code) < _KINDS:
            of_code[message] += count
        else:
            of_code["more of the same kind"] += count

    def of(self, codes: Iterable[str]) -> list[str]:
        """The messages under some codes."""
        return [message for code in codes for message in self.counts.get(code, ())]

    def messages(self) -> list[tuple[str, str]]:
        """Code and message of each, with the count where it is above one."""
        return [
            (code, f"{message}: {count}" if count > 1 else message)
            for code, of_code in self.counts.items()
            for message, count in of_code.items()
        ]
