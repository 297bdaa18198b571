"""The digest of a timbre as the rest of the program has it.

The same as that of the recipe the library would store of it: what was kept for a preset is found
for its timbre, wherever that came from.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from core.library.recipes import KINDS, Recording, StoredRecipe, digest
from core.timbre import Timbre


def digest_of(timbre: Timbre) -> bytes:
    """SHA-256 of what makes a timbre's sound, 32 bytes; recordings are read for it.

    Raises:
        OSError: if a recording cannot be read.
        SettingsError: if a description holds what is no text.
    """

    def stored(part: Timbre) -> StoredRecipe:
        return KINDS[part.kind].of(part, _recording, stored)

    return digest(stored(timbre))


def _recording(path: Path) -> Recording:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Recording(sha256, ".audio", path.name.encode("utf-8", "replace").decode())
