"""What there is to know of a bundle, in the words that the command line and the window share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.engines.declaration import Ability, EngineDeclaration
from core.engines.registry import ENGINES
from core.errors import ModelError
from core.models import DEFAULT_BUNDLE
from core.models.registry import BundleState, Listing, Registry
from core.models.removal import size_here

_ABILITIES: dict[Ability, tuple[str, str]] = {
    Ability.LIVE: ("plays live, as keys are pressed", "plays whole clips only, not live"),
    Ability.ANY_LENGTH: ("clips of any length", "cuts long clips"),
    Ability.MOVING_TIMBRE: ("follows a timbre that moves during a clip", "one timbre a clip"),
    Ability.BENDS: ("plays bends of pitch", "no bends of pitch"),
    Ability.SEEDS: (
        "another seed plays another performance",
        "another seed changes the noise only",
    ),
    Ability.BATCH: ("several takes at once cost less than one by one", ""),
}
"""Of each ability, what to say of an engine that has it, and of one that has not."""


@dataclass(frozen=True, slots=True)
class BundleFacts:
    """A bundle for people.

    Attributes:
        id: of the bundle.
        state: of its files, by presence and size.
        summary, licence: its manifest's.
        size: bytes; None if not known before the first pull.
        here: bytes on this machine, what a broken pull left included.
        dir: where it is, or will be.
        detail: what is wrong, if anything.
        engine: which plays it; empty if its manifest cannot be read.
        engine_summary: one line.
        can, cannot: what the engine can do and what it cannot, a line each.
        settings: what a render may be asked for, by name.
        device: where the engine likes to run: ``cpu``, or the ``fastest`` there is.
        is_shipped: it came with the program.
        is_default: it is used where none is named.
        is_published: it can be had over the network.
        is_pinned: the hash of every file is known; else what comes is recorded and trusted.
    """

    id: str
    state: BundleState
    summary: str
    licence: str
    size: int | None
    here: int
    dir: Path
    detail: str = ""
    engine: str = ""
    engine_summary: str = ""
    can: tuple[str, ...] = ()
    cannot: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    device: str = ""
    is_shipped: bool = False
    is_default: bool = False
    is_published: bool = False
    is_pinned: bool = True

    @property
    def can_pull(self) -> bool:
        """Whether a pull would bring something."""
        return self.is_published and self.state != "ready"

    @property
    def state_words(self) -> str:
        """Its state for people: a pull that was broken off is told from one that never began."""
        if self.state in ("not pulled", "incomplete") and self.here:
            return f"pulled in part ({size_words(self.here)} here)"
        return self.state


def size_words(size: int | None) -> str:
    """A size for people: ``31.7 MB``, ``2.1 GB``."""
    if size is None:
        return "size not known yet"
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"


def device_words(device: str) -> str:
    """Where an engine runs unless told otherwise, for people."""
    return {"cpu": "the processor is enough", "fastest": "wants a graphics card"}.get(device, "")


def ability_words(engine: EngineDeclaration) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What an engine can do, and what it cannot, a line each."""
    can = tuple(yes for ability, (yes, _) in _ABILITIES.items() if ability in engine.abilities)
    cannot = tuple(
        no for ability, (_, no) in _ABILITIES.items() if no and ability not in engine.abilities
    )
    return can, cannot


def bundle_facts(registry: Registry) -> list[BundleFacts]:
    """Of every bundle that is known here, the default one first; reads no weights."""
    found = [_facts(registry, listing) for listing in registry.listings()]
    return sorted(found, key=lambda facts: (not facts.is_default, facts.id))


def _facts(registry: Registry, listing: Listing) -> BundleFacts:
    try:
        manifest = registry.manifest(listing.id)
    except ModelError:  # the listing says what is wrong
        manifest = None
    engine = None if manifest is None else ENGINES.get(manifest.engine)
    can, cannot = ((), ()) if engine is None else ability_words(engine)
    detail = listing.detail
    if manifest is not None and engine is None:
        detail = detail or f"this version has no engine {manifest.engine!r}; update the program"
    return BundleFacts(
        listing.id,
        listing.state,
        listing.summary,
        listing.licence,
        listing.size,
        size_here(registry, listing.id),
        registry.folder(listing.id),
        detail if listing.state != "not pulled" else "",
        "" if manifest is None else manifest.engine,
        "" if engine is None else engine.summary,
        can,
        cannot,
        () if engine is None else tuple(setting.label for setting in engine.settings),
        "" if engine is None else engine.device,
        registry.is_shipped(listing.id),
        listing.id == DEFAULT_BUNDLE,
        _is_published(registry, listing.id),
        manifest is None or manifest.is_pinned,
    )


def _is_published(registry: Registry, bundle_id: str) -> bool:
    try:
        return registry.published(bundle_id) is not None
    except ModelError:  # damaged; the listing says so
        return False
