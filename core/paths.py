"""Where the user's files live.

``TIMBRE_HOME`` puts everything under one folder; without it each kind goes where the
platform keeps such things. Nothing here creates a folder or reads a file.
"""

from __future__ import annotations

import os
from pathlib import Path

_APP = "timbre-bridge"


def _home() -> Path | None:
    value = os.environ.get("TIMBRE_HOME", "").strip()
    return Path(value).expanduser().absolute() if value else None


def data_dir() -> Path:
    """The user's own work, worth a backup: presets and pulled models."""
    home = _home()
    if home is not None:
        return home
    import platformdirs

    return Path(platformdirs.user_data_dir(_APP, appauthor=False))


def library_path() -> Path:
    """The preset library, an SQLite file."""
    return data_dir() / "library.sqlite"


def batches_path() -> Path:
    """Which renders the window began together."""
    return data_dir() / "batches.json"


def models_dir() -> Path:
    """Model bundles that were pulled or imported, one folder each, named by id."""
    return data_dir() / "models"


def cache_dir() -> Path:
    """What can be computed again: embeddings, hashes already checked."""
    home = _home()
    if home is not None:
        return home / "cache"
    import platformdirs

    return Path(platformdirs.user_cache_dir(_APP, appauthor=False))


def renders_dir() -> Path:
    """Where renders go when no place is given."""
    home = _home()
    if home is not None:
        return home / "renders"
    import platformdirs

    return Path(platformdirs.user_music_dir()) / "Timbre Bridge"
