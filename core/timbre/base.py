"""What every kind of timbre has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from core.errors import SettingsError

MAX_DEPTH = 8
"""Blends within blends, at most."""


def stored_number(value: float) -> float:
    """A number out of stored data, where one of hundreds of digits may stand.

    Raises:
        SettingsError: if it is beyond what a weight or a position can be.
    """
    try:
        return float(value)
    except OverflowError:
        raise SettingsError("a number of the timbre has hundreds of digits") from None


class Timbre(ABC):
    """A recipe for an embedding.

    A kind of timbre is one subclass with a line in :data:`core.timbre.KINDS`, and says how it is
    written and shown. How it is embedded is registered with :func:`core.encoders.embed.resolve`,
    how the library keeps it with :data:`core.library.recipes.KINDS`.

    Attributes:
        kind: its name in stored data.
    """

    kind: ClassVar[str]

    @abstractmethod
    def describe(self) -> str:
        """One line for people, such as ``0.6 × "warm bass" + 0.4 × pluck.wav``."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """The recipe as JSON-ready data; :func:`core.timbre.from_dict` reads it back."""

    @classmethod
    @abstractmethod
    def read(cls, data: Mapping[str, Any], part: Callable[[Any], Timbre]) -> Timbre | None:
        """Read what :meth:`to_dict` wrote.

        Args:
            data: with this ``kind``.
            part: reads a recipe inside this one.

        Returns:
            None if something is missing or of another type.

        Raises:
            SettingsError: if a value is out of range.
        """

    @property
    def depth(self) -> int:
        """Levels of blending: 0 for a recording or words."""
        return 0

    @property
    def moves(self) -> bool:
        """Whether it is another sound at another place in a clip."""
        return False

    @property
    def inside(self) -> tuple[Timbre, ...]:
        """Every timbre that it is made of; none of a recording or words."""
        return ()

    @property
    def heard(self) -> tuple[Timbre, ...]:
        """Those of them that weigh anything, in their order: the others are never looked at."""
        return self.inside
