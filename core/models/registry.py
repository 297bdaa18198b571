"""Which bundles there are, and whether what is on this machine can be trusted.

Works offline, always: nothing here opens a connection. A bundle is looked for among
those that ship with the program, then in the user's models folder; the ones that can be
pulled are known by the manifests in ``published/``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core import paths
from core.errors import ModelDamaged, ModelError, ModelMissing, OutputError
from core.files import replacing
from core.models.manifest import (
    MANIFEST_NAME,
    Manifest,
    ManifestFile,
    measure,
    read_manifest,
)
from core.progress import ProgressCallback, always_continue, report

SHIPPED_DIR = Path(__file__).parent / "weights"
"""Bundles in the package, one folder each."""

PUBLISHED_DIR = Path(__file__).parent / "published"
"""Manifests of bundles that can be pulled."""

BundleState = Literal["ready", "not pulled", "incomplete", "damaged"]


@dataclass(frozen=True)
class Bundle:
    """A bundle on this machine, whole.

    Attributes:
        dir: its folder.
        manifest: with every size and hash known.
    """

    dir: Path
    manifest: Manifest

    @property
    def id(self) -> str:
        """The bundle's id."""
        return self.manifest.id

    @property
    def sha256(self) -> str:
        """Digest (hex) of all its weights."""
        return self.manifest.digest

    def has(self, role: str) -> bool:
        """Whether the bundle has a file of this role."""
        return any(file.role == role for file in self.manifest.files)

    def _entry(self, role: str) -> ManifestFile:
        for file in self.manifest.files:
            if file.role == role:
                return file
        raise ModelDamaged(f"bundle {self.id} has no file of role {role!r} in its manifest")

    def file(self, role: str) -> Path:
        """Path of the file of a role.

        Raises:
            ModelDamaged: if the manifest lists none.
        """
        return self.dir / self._entry(role).name

    def sha256_of(self, role: str) -> str:
        """SHA-256 (hex) of the file of a role.

        Raises:
            ModelDamaged: if the manifest lists none.
        """
        return self._entry(role).sha256 or ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A bundle as ``timbre models list`` shows it.

    Attributes:
        state: of its files, by presence and size; hashes are not computed.
        detail: what is wrong, if anything.
        size: bytes; None if not known before the first pull.
    """

    id: str
    state: BundleState
    summary: str
    licence: str
    size: int | None
    dir: Path | None
    detail: str = ""


class Registry:
    """The bundles of one installation.

    Args:
        models_dir: where pulled and imported bundles live; None is the user's own.
        shipped_dir: bundles that came with the program.
        published_dir: manifests of bundles that can be pulled.
        cache_dir: where hashes already checked are remembered; None is the user's own.
    """

    def __init__(
        self,
        models_dir: Path | None = None,
        *,
        shipped_dir: Path = SHIPPED_DIR,
        published_dir: Path = PUBLISHED_DIR,
        cache_dir: Path | None = None,
    ) -> None:
        self.models_dir = paths.models_dir() if models_dir is None else models_dir
        self.shipped_dir = shipped_dir
        self.published_dir = published_dir
        self._checked_dir = (paths.cache_dir() if cache_dir is None else cache_dir) / "checked"

    def ids(self) -> list[str]:
        """Ids of all bundles known here: shipped, published, imported."""
        folders = (
            child.name
            for base in (self.shipped_dir, self.models_dir)
            if base.is_dir()
            for child in base.iterdir()
            if (child / MANIFEST_NAME).is_file()
        )
        published = (path.stem for path in self.published_dir.glob("*.json"))
        return sorted({*folders, *published})

    def is_shipped(self, bundle_id: str) -> bool:
        """Whether the bundle came with the program."""
        self._check_known(bundle_id)
        return (self.shipped_dir / bundle_id / MANIFEST_NAME).is_file()

    def folder(self, bundle_id: str) -> Path:
        """Where the bundle is, or will be once it is pulled.

        Raises:
            ModelMissing: if no bundle of this id is known.
        """
        base = self.shipped_dir if self.is_shipped(bundle_id) else self.models_dir
        return base / bundle_id

    def manifest(self, bundle_id: str) -> Manifest:
        """The installed manifest, or the published one if there is none.

        Raises:
            ModelMissing: if no bundle of this id is known.
            ModelDamaged: if the manifest is not one, or contradicts the published one.
        """
        folder = self.folder(bundle_id)
        published = self.published(bundle_id)
        try:
            installed = read_manifest(folder)
        except FileNotFoundError:
            if published is None:  # removed since ids() saw it
                raise ModelMissing(f"the folder of bundle {bundle_id} is gone: {folder}") from None
            return published
        if installed.id != bundle_id:
            raise ModelDamaged(f"{folder / MANIFEST_NAME} is damaged: it is of {installed.id!r}")
        if published is not None:
            _check_agrees(installed, published, folder)
        return installed

    def published(self, bundle_id: str) -> Manifest | None:
        """The manifest to pull by, if the bundle can be pulled."""
        path = self.published_dir / f"{bundle_id}.json"
        if not path.is_file():
            return None
        try:
            return Manifest.from_json(path.read_bytes())
        except (OSError, ValueError) as error:
            raise ModelDamaged(f"{path} is damaged: {error}; reinstall Timbre Bridge") from error

    def listings(self) -> list[Listing]:
        """Every known bundle and its state; reads no weights."""
        return [self._listing(bundle_id) for bundle_id in self.ids()]

    def _listing(self, bundle_id: str) -> Listing:
        try:
            manifest = self.manifest(bundle_id)
        except ModelError as error:
            return Listing(bundle_id, "damaged", "", "", None, self.folder(bundle_id), str(error))
        folder = self.folder(bundle_id)
        state: BundleState = "ready"
        detail = ""
        missing = [file.name for file in manifest.files if not (folder / file.name).is_file()]
        if missing:
            state = "not pulled" if len(missing) == len(manifest.files) else "incomplete"
            detail = f"missing: {', '.join(missing)}"
        elif not manifest.is_pinned:
            state, detail = "incomplete", "the pull was not finished"
        else:
            wrong = [f.name for f in manifest.files if (folder / f.name).stat().st_size != f.size]
            if wrong:
                state, detail = "damaged", f"wrong size: {', '.join(wrong)}"
        sizes = [file.size for file in manifest.files]
        size = None if None in sizes else sum(size or 0 for size in sizes)
        place = folder if state != "not pulled" else None
        return Listing(bundle_id, state, manifest.summary, manifest.licence, size, place, detail)

    def resolve(self, bundle_id: str) -> Bundle:
        """A bundle ready to load.

        The files' sizes are checked each time. Their hashes are checked at the first use
        and whenever a file's size or time of change differs from then.

        Raises:
            ModelMissing: if the bundle is unknown or not on this machine.
            ModelDamaged: if a file is not what the manifest says; names it.
        """
        bundle = self._present(bundle_id)
        remembered = self._remembered(bundle_id)
        stamps = dict(remembered)
        for file in bundle.manifest.files:
            path = bundle.dir / file.name
            stamp = _stamp(path, file)
            if stamps.get(str(path)) != stamp:
                self._check_file(bundle, file, lambda _count: None)
                stamps[str(path)] = stamp
        if stamps != remembered:
            self._remember(bundle_id, stamps)
        return bundle

    def verify(self, bundle_id: str, on_progress: ProgressCallback = always_continue) -> Bundle:
        """Read and hash every file of a bundle.

        Args:
            bundle_id: of a bundle on this machine.
            on_progress: called with the fraction that is read.

        Raises:
            ModelMissing, ModelDamaged: as :meth:`resolve`.
            Cancelled: if ``on_progress`` answered False.
        """
        bundle = self._present(bundle_id)
        total = sum(file.size or 0 for file in bundle.manifest.files) or 1
        done = 0

        def count(size: int) -> None:
            nonlocal done
            done += size
            report(on_progress, done / total)

        for file in bundle.manifest.files:
            self._check_file(bundle, file, count)
        self._remember(
            bundle_id,
            {
                str(bundle.dir / file.name): _stamp(bundle.dir / file.name, file)
                for file in bundle.manifest.files
            },
        )
        return bundle

    def _check_known(self, bundle_id: str) -> None:
        ids = self.ids()
        if bundle_id not in ids:
            raise ModelMissing(
                f"there is no model bundle {bundle_id!r}; known: {', '.join(ids) or 'none'}"
            )

    def _present(self, bundle_id: str) -> Bundle:
        """The bundle, if every file is there in its right size."""
        manifest = self.manifest(bundle_id)
        folder = self.folder(bundle_id)
        missing = [file.name for file in manifest.files if not (folder / file.name).is_file()]
        if missing or not manifest.is_pinned:
            what = f"{', '.join(missing)} missing" if missing else "its pull was not finished"
            raise ModelMissing(
                f"model bundle {bundle_id} is not on this machine ({what}); {self._cure(bundle_id)}"
            )
        for file in manifest.files:
            size = (folder / file.name).stat().st_size
            if size != file.size:
                raise ModelDamaged(
                    f"{folder / file.name} is damaged: {size} bytes instead of {file.size}; "
                    f"{self._cure(bundle_id)}"
                )
        return Bundle(folder, manifest)

    def _check_file(
        self, bundle: Bundle, file: ManifestFile, on_bytes: Callable[[int], None]
    ) -> None:
        path = bundle.dir / file.name
        try:
            _, sha256 = measure(path, on_bytes)
        except OSError as error:
            raise ModelDamaged(f"{path} cannot be read: {error.strerror}") from error
        if sha256 != file.sha256:
            raise ModelDamaged(
                f"{path} is damaged: its sha256 is {sha256[:12]}…, not "
                f"{(file.sha256 or '')[:12]}…; {self._cure(bundle.id)}"
            )

    def _cure(self, bundle_id: str) -> str:
        if self.is_shipped(bundle_id):
            return "reinstall Timbre Bridge"
        if self.published(bundle_id) is not None:
            return f"run `timbre models pull {bundle_id}`"
        return "import it again with `timbre models import FILE`"

    def _remembered(self, bundle_id: str) -> dict[str, list[object]]:
        try:
            data = json.loads((self._checked_dir / f"{bundle_id}.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}

    def _remember(self, bundle_id: str, stamps: dict[str, list[object]]) -> None:
        # Only saves the next start some time: a cache that cannot be written is no error.
        try:
            self._checked_dir.mkdir(parents=True, exist_ok=True)
            with replacing(self._checked_dir / f"{bundle_id}.json") as stream:
                stream.write(json.dumps(stamps).encode("ascii"))
        except (OSError, OutputError):
            return


def _stamp(path: Path, file: ManifestFile) -> list[object]:
    """What tells a file apart from an older one without reading it."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ino, file.sha256]


def _check_agrees(installed: Manifest, published: Manifest, folder: Path) -> None:
    """An installed manifest may only add to the published one what that leaves open."""
    by_role = {file.role: file for file in installed.files}
    for file in published.files:
        own = by_role.get(file.role)
        if own is None or own.name != file.name or file.sha256 not in (None, own.sha256):
            raise ModelDamaged(
                f"{folder / MANIFEST_NAME} does not fit this version's {published.id}; "
                f"run `timbre models pull {published.id}`"
            )
