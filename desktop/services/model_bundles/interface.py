"""What the Models page knows of bundles: no hub, no hash, no torch.

Methods that may take time are marked *slow*: call them in :meth:`desktop.tasks.Tasks.run` only.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from core.bundles.devices import ComputeDevice
from core.bundles.facts import BundleFacts
from desktop.tasks import TaskControl


class ModelService(Protocol):
    """Model bundles on this machine, and those that can be had."""

    @property
    def models_dir(self) -> Path:
        """Where pulled and imported bundles go; quick."""
        ...

    @property
    def chosen(self) -> str:
        """Id of the bundle that renders are made with; quick."""
        ...

    @property
    def chosen_device(self) -> str:
        """Where renders are computed; empty if each engine chooses; quick."""
        ...

    def bundles(self) -> Sequence[BundleFacts]:
        """All that are known, the default one first; slow."""
        ...

    def devices(self) -> Sequence[ComputeDevice]:
        """What models can be computed on here; slow, some seconds."""
        ...

    def licence(self, bundle_id: str) -> str:
        """The licence of a bundle's weights, to read; slow."""
        ...

    def choose(self, bundle_id: str) -> None:
        """Make renders with this bundle from now on; slow.

        Raises:
            ModelMissing, ModelDamaged: if it is not here, or not whole by presence and size.
        """
        ...

    def choose_device(self, device: str) -> None:
        """Compute renders there from the next start on; empty leaves it to the engines; quick."""
        ...

    def pull(self, bundle_id: str, control: TaskControl) -> BundleFacts:
        """Fetch what is missing; says bytes, speed and time left as stages; slow.

        Raises:
            ModelMissing: if the hub cannot be reached or breaks off; the next pull goes on.
            ModelDamaged: if what came is not what it should be.
            OutputError: if it cannot be written.
            Cancelled: if it was cancelled; the next pull goes on from there.
        """
        ...

    def verify(self, bundle_id: str, control: TaskControl) -> BundleFacts:
        """Read and hash every file; slow.

        Raises:
            ModelMissing, ModelDamaged: if it is not whole.
        """
        ...

    def remove(self, bundle_id: str) -> int:
        """Delete a bundle; the bytes it had; slow.

        Raises:
            SettingsError: if it ships with the program.
            OutputError: if its files cannot be removed.
        """
        ...

    def import_file(self, file: Path, control: TaskControl) -> BundleFacts:
        """Take a bundle from an archive; slow.

        Raises:
            ModelDamaged: if it is none, or its files are not those of its manifest.
            OutputError: if it cannot be written.
        """
        ...

    def export_file(self, bundle_id: str, file: Path, control: TaskControl) -> Path:
        """Write a bundle to an archive, in place of a file that is there; slow.

        Raises:
            ModelMissing, ModelDamaged: if it is not whole.
            OutputError: if it cannot be written.
        """
        ...
