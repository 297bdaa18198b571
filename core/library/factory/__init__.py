"""The factory bank: presets a new library starts with.

``bank.json`` is a manifest (:mod:`core.library.manifest`) whose entries have keys, and
``recordings`` the sounds in it, under the names it gives them. Both are made by
:mod:`core.training.factory_presets`.
"""

from __future__ import annotations

from pathlib import Path

from core.library import manifest
from core.library.manifest import Entry

FOLDER = Path(__file__).parent
BANK = FOLDER / "bank.json"
RECORDINGS = FOLDER / "recordings"
GAINS = FOLDER / "gains.json"
"""What makes them equally loud; see :mod:`core.library.gains`."""

MEASURES = FOLDER / "measures.json"
"""What they sound like, and the yardstick of all others; see :mod:`core.library.measures`."""


def load() -> tuple[list[Entry], dict[str, Path]]:
    """The bank's entries, and the file of each recording by digest."""
    entries = manifest.read(BANK.read_bytes(), "the factory bank")
    recordings = manifest.recordings_of(entries)
    return entries, {sha256: RECORDINGS / item.name for sha256, item in recordings.items()}
