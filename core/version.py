"""Which version of the program runs."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version


@lru_cache(maxsize=1)
def program_version() -> str:
    """Version of the installed distribution."""
    try:
        return version("timbre-bridge")
    except PackageNotFoundError:
        return "unknown"
