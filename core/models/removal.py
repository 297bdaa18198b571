"""Taking a bundle off this machine."""

from __future__ import annotations

import shutil
import uuid

from core.errors import ModelMissing, SettingsError
from core.files import output_error
from core.models.registry import Registry


def remove_bundle(registry: Registry, bundle_id: str) -> int:
    """Delete a bundle's files, those of a pull that was broken off too.

    Args:
        registry: where the bundle is.
        bundle_id: of a bundle that was pulled or imported.

    Returns:
        Bytes that its files had; what another bundle shares stays on the disk for that one.

    Raises:
        ModelMissing: if it is unknown, or nothing of it is here.
        SettingsError: if it ships with the program.
        OutputError: if the files cannot be removed; the bundle is as it was then.
    """
    folder = registry.folder(bundle_id)
    if registry.is_shipped(bundle_id):
        raise SettingsError(f"bundle {bundle_id} ships with the program and stays")
    if not folder.is_dir():
        raise ModelMissing(f"nothing of model bundle {bundle_id} is on this machine")
    size = size_here(registry, bundle_id)
    # Out of the way in one step: a bundle is never half there under its name.
    doomed = folder.with_name(f".{uuid.uuid4().hex}")
    try:
        folder.rename(doomed)
    except OSError as error:
        raise output_error(folder, error) from error
    try:
        shutil.rmtree(doomed)
    except OSError as error:
        raise output_error(doomed, error) from error
    return size


def size_here(registry: Registry, bundle_id: str) -> int:
    """Bytes of a bundle that are on this machine, what a broken pull left included."""
    folder = registry.folder(bundle_id)
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
