"""The bundles of this machine, by :mod:`core.models` and :mod:`core.bundles`."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core import paths
from core.bundles.devices import ComputeDevice
from core.bundles.facts import BundleFacts, bundle_facts
from core.errors import Cancelled, ModelDamaged, ModelMissing, TimbreError
from core.models import DEFAULT_BUNDLE
from core.models.registry import Registry

if TYPE_CHECKING:
    from core.models.transfer import Transfer
    from desktop.tasks import TaskControl

_LOOK_S = 0.1
_SAID_EVERY = 5
_DEVICES_WITHIN_S = 120.0


class LocalModels:
    """A :class:`desktop.services.model_bundles.interface.ModelService`.

    Args:
        use: told which bundle renders are made with, when another is chosen.
        chosen: the one now.
        device: where renders are computed; empty leaves it to the engines.
        registry: of the bundles; None is the user's own.
    """

    def __init__(
        self,
        use: Callable[[str], object] = str,
        chosen: str = DEFAULT_BUNDLE,
        device: str = "",
        registry: Registry | None = None,
    ) -> None:
        self._use, self._chosen, self._device = use, chosen, device
        self._own = registry
        self._pulls: dict[str, _PullThread] = {}
        self._pulling = threading.Lock()  # over the dictionary
        self._looking = threading.Lock()  # over the two that follow
        self._devices_process: subprocess.Popen[str] | None = None
        self._is_closed = False

    @property
    def _registry(self) -> Registry:
        if self._own is None:
            self._own = Registry()
        return self._own

    @property
    def models_dir(self) -> Path:
        """See :class:`~desktop.services.model_bundles.interface.ModelService`, as all below."""
        return paths.models_dir() if self._own is None else self._own.models_dir

    @property
    def chosen(self) -> str:
        """See :class:`ModelService`."""
        return self._chosen

    @property
    def chosen_device(self) -> str:
        """See :class:`ModelService`."""
        return self._device

    def bundles(self) -> Sequence[BundleFacts]:
        """See :class:`ModelService`."""
        return bundle_facts(self._registry)

    def devices(self) -> Sequence[ComputeDevice]:
        """See :class:`ModelService`."""
        # Importing PyTorch here would hold the window for as long as its libraries are loaded.
        command = [sys.executable, "-m", "core.bundles.devices"]
        pipe = subprocess.PIPE
        try:
            with self._looking:
                if self._is_closed:
                    raise Cancelled("the window closes")
                process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)
                self._devices_process = process
            return [ComputeDevice(**each) for each in json.loads(_output_of(process))]
        except (OSError, ValueError, TypeError, subprocess.SubprocessError) as error:
            if self._is_closed:
                raise Cancelled("the window closes") from None
            output = getattr(error, "stderr", "") or str(error)
            last = str(output).strip().rpartition("\n")[2]
            raise TimbreError(
                f"what this machine can compute on could not be found out: {last}"
            ) from error

    def close(self) -> None:
        """End what looks for devices."""
        with self._looking:
            self._is_closed = True
            if self._devices_process is not None:
                self._devices_process.kill()

    def licence(self, bundle_id: str) -> str:
        """See :class:`ModelService`."""
        manifest = self._registry.manifest(bundle_id)
        parts = [manifest.licence or "Its publisher states no licence."]
        origins = sorted({file.origin.repo for file in manifest.files if file.origin is not None})
        if origins:
            parts.append(
                "Published at\n" + "\n".join(f"https://huggingface.co/{o}" for o in origins)
            )
        if self._registry.is_shipped(bundle_id):
            parts.append(_own_licence())
        return "\n\n".join(part for part in parts if part)

    def choose(self, bundle_id: str) -> None:
        """See :class:`ModelService`."""
        facts = self._facts(bundle_id)
        if facts.state != "ready":
            kind = ModelDamaged if facts.state == "damaged" else ModelMissing
            raise kind(f"{bundle_id} is {facts.state_words}; pull or verify it before it is used")
        self._use(bundle_id)
        self._chosen = bundle_id

    def choose_device(self, device: str) -> None:
        """See :class:`ModelService`."""
        self._device = device

    def pull(self, bundle_id: str, control: TaskControl) -> BundleFacts:
        """See :class:`ModelService`."""
        with self._pulling:
            earlier = self._pulls.get(bundle_id)
        if earlier is not None and earlier.is_alive():
            # It was cancelled while the network was silent. Two must not write one file.
            control.stage("waiting for the earlier pull to stop")
            earlier.wait(control)
        pull = _PullThread(self._registry, bundle_id, control)
        with self._pulling:
            self._pulls[bundle_id] = pull
        pull.start()
        pull.wait(control)
        if pull.error is not None:
            raise pull.error
        return self._facts(bundle_id)

    def verify(self, bundle_id: str, control: TaskControl) -> BundleFacts:
        """See :class:`ModelService`."""
        self._registry.verify(bundle_id, control.progress)
        return self._facts(bundle_id)

    def remove(self, bundle_id: str) -> int:
        """See :class:`ModelService`."""
        from core.models.removal import remove_bundle

        with self._pulling:
            pull = self._pulls.get(bundle_id)
        if pull is not None and pull.is_alive():
            raise ModelMissing(f"{bundle_id} is being pulled; cancel that first")
        size = remove_bundle(self._registry, bundle_id)
        if bundle_id == self._chosen:
            self.choose(DEFAULT_BUNDLE)
        return size

    def import_file(self, file: Path, control: TaskControl) -> BundleFacts:
        """See :class:`ModelService`."""
        from core.models.archive import import_bundle

        return self._facts(import_bundle(self._registry, file, control.progress).id)

    def export_file(self, bundle_id: str, file: Path, control: TaskControl) -> Path:
        """See :class:`ModelService`."""
        from core.models.archive import export_bundle

        # The dialog that named the file has asked already whether to replace one.
        return export_bundle(self._registry, bundle_id, file, control.progress, force=True)

    def _facts(self, bundle_id: str) -> BundleFacts:
        for facts in self.bundles():
            if facts.id == bundle_id:
                return facts
        raise ModelMissing(f"there is no model bundle {bundle_id!r} any more")


class _PullThread(threading.Thread):
    """One pull, in a thread that can be left alone while the network is silent.

    A hub that stops answering in the middle holds a read for many seconds, and several times;
    nobody should wait for that who has cancelled, or closed the window.
    """

    def __init__(self, registry: Registry, bundle_id: str, control: TaskControl) -> None:
        super().__init__(name=f"pull {bundle_id}", daemon=True)
        from core.models.transfer import TransferMeter

        self._registry, self._bundle_id, self._control = registry, bundle_id, control
        self._meter = TransferMeter()
        self._done = threading.Event()
        self._cancelled = threading.Event()
        self.error: Exception | None = None

    def run(self) -> None:
        """Pull, and keep what went wrong for whoever waits."""
        from core.models.download import pull

        try:
            pull(self._registry, self._bundle_id, self._progress, self._note)
        except Exception as error:
            self.error = error
        finally:
            self._done.set()

    def wait(self, control: TaskControl) -> None:
        """Until it has ended.

        Raises:
            Cancelled: if nobody waits for it any more.
        """
        looks = 0
        while not self._done.wait(_LOOK_S):
            if control.is_cancelled:
                self._cancelled.set()
                raise Cancelled("cancelled")
            looks += 1
            if looks % _SAID_EVERY == 0 and control is self._control:
                control.stage(self._meter.words)

    def _progress(self, fraction: float) -> bool:
        return not self._cancelled.is_set() and self._control.progress(fraction)

    def _note(self, transfer: Transfer) -> None:
        self._meter.note(transfer)
        if transfer.came == 0 and not self._cancelled.is_set():
            self._control.stage(self._meter.words)


def _output_of(process: subprocess.Popen[str]) -> str:
    """What a process says until it ends.

    Raises:
        SubprocessError: if it fails, or takes too long.
    """
    with process:
        try:
            said, complaints = process.communicate(timeout=_DEVICES_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    if process.returncode:
        raise subprocess.CalledProcessError(
            process.returncode, process.args, output=said, stderr=complaints
        )
    return said


def _own_licence() -> str:
    """The text of the program's own licence, as it was installed."""
    from importlib.metadata import PackageNotFoundError, files

    try:
        found = [path for path in files("timbre-bridge") or () if path.name == "LICENSE"]
    except PackageNotFoundError:
        return ""
    for path in found:
        try:
            return path.read_text(encoding="utf-8")
        except OSError:
            continue
    return ""
