"""How an engine declares itself: its name, settings, abilities, and where it is loaded from.

A declaration is light: reading it imports no network, so that command lines and windows can
show every engine's controls before any model is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from core.settings import Setting


class Ability(StrEnum):
    """What an engine can do beside rendering one whole clip in one timbre."""

    BATCH = "batch"
    """Several requests in one pass cost less than one after the other."""

    LIVE = "live"
    """Plays notes as they come, block by block: :meth:`core.engines.base.Engine.stream`."""

    MOVING_TIMBRE = "moving timbre"
    """Follows a path of embeddings during a clip."""

    BENDS = "bends"
    """Plays the curve of a note's pitch: :attr:`core.clip.Note.bend`."""

    SEEDS = "seeds"
    """Another seed plays another performance, not only other noise."""

    ANY_LENGTH = "any length"
    """Clips of any length, with every note of them, in one piece."""


@dataclass(frozen=True)
class EngineDeclaration:
    """One engine.

    Attributes:
        name: what manifests call it.
        summary: one line for people.
        loader: ``package.module:function`` that takes a
            :class:`~core.models.registry.Bundle` and a device and gives the
            :class:`~core.engines.base.Engine`. A name, so that nothing heavy is imported
            until a bundle asks for it.
        abilities: what it can do.
        settings: what a render may be asked for; in the order to show them.
        codec: the codec in :data:`core.codecs.registry.CODECS` that decodes its tokens; its
            weights have the role ``codec`` in a bundle. Empty if it needs none.
        revisions: how its sound was changed with the same weights, oldest first; each in a line
            that says by how much.
        has_small_steps: whether it and its encoder compute in steps so small that one thread is
            as quick as several, and steadier beside other work (:mod:`core.threads`).
        device: where it runs unless told otherwise: ``cpu``, or the ``fastest`` there is.
    """

    name: str
    summary: str
    loader: str
    abilities: frozenset[Ability]
    settings: tuple[Setting, ...] = ()
    codec: str = ""
    device: Literal["cpu", "fastest"] = "fastest"
    revisions: tuple[str, ...] = ()
    has_small_steps: bool = False

    @property
    def revision(self) -> int:
        """Number of the sound that it has now, from 1; kept with every render."""
        return 1 + len(self.revisions)
