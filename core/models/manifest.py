"""What a model bundle holds: its manifest, a JSON file beside the weights.

Data only: finding bundles is :mod:`core.models.registry`'s work, fetching them
:mod:`core.models.download`'s.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from core.archives import is_plain_path
from core.errors import ModelDamaged
from core.files import replacing

MANIFEST_NAME = "manifest.json"
SCHEMA = 1
MAX_MANIFEST_BYTES = 2**20
MAIN = "main"
"""The revision of an origin nobody has pulled from yet: whatever is newest."""

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_ROLE = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_REPO = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_REVISION = re.compile(r"[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where on the Hugging Face hub a file is published.

    Attributes:
        repo: ``owner/name``.
        revision: a commit, or :data:`MAIN` until the first pull records the commit.
        path: the file's path in the repository.
    """

    repo: str
    revision: str
    path: str


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """One file of a bundle.

    Attributes:
        role: what an engine asks for it by: ``weights``, ``transformer``, ``codec``, …
        name: in the bundle's folder; forward slashes, never outside the folder.
        size: bytes; None until the first pull.
        sha256: hex digest; None until the first pull, which records what came (trust on
            first use). From then on it is checked like any other.
        origin: where to pull it from; None if it only comes with the bundle.
    """

    role: str
    name: str
    size: int | None = None
    sha256: str | None = None
    origin: Origin | None = None


@dataclass(frozen=True)
class Manifest:
    """What a bundle is and holds.

    Attributes:
        id: lower case, also the folder's name.
        engine: which engine reads it: ``embedded``, ``tokensynth``.
        encoder: which timbre encoder belongs to it: ``embedded``, ``laion``.
        files: roles and names are unique.
        licence: of the weights, for people.
        summary: one line, for people.

    Raises:
        ValueError: if a field is not what it should be; one line that says which.
    """

    id: str
    engine: str
    encoder: str
    files: tuple[ManifestFile, ...]
    licence: str
    summary: str

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError(f"bundle id {self.id!r} is not lower-case letters, digits, . _ -")
        for text in (self.engine, self.encoder, self.licence, self.summary):
            if not isinstance(text, str):
                raise ValueError(f"{text!r} in it is not text")
        if not self.files:
            raise ValueError("it lists no files")
        for file in self.files:
            _check(file)
        for what in ("role", "name"):
            values = [getattr(file, what) for file in self.files]
            if len(set(values)) < len(values):
                raise ValueError(f"two of its files have the same {what}")

    @property
    def is_pinned(self) -> bool:
        """Whether every file's size and hash are known."""
        return all(file.size is not None and file.sha256 is not None for file in self.files)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the roles and hashes: two bundles that sound alike share it.

        Raises:
            ValueError: if not every hash is known.
        """
        if not self.is_pinned:
            raise ValueError(f"the hashes of bundle {self.id} are not known before it is pulled")
        lines = sorted(f"{file.role} {file.sha256}\n" for file in self.files)
        return hashlib.sha256("".join(lines).encode("ascii")).hexdigest()

    def to_json(self) -> str:
        """The manifest as the text of its file."""
        data = {"schema": SCHEMA, **asdict(self)}
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Manifest:
        """Read :meth:`to_json`'s text.

        Raises:
            ValueError: if it is not a manifest; one line that says why.
        """
        try:
            data = json.loads(text)
            if data.pop("schema") > SCHEMA:
                raise ValueError("it was written by a newer version of this program; update")
            files = tuple(_file_from_json(file) for file in data.pop("files"))
            return cls(files=files, **data)
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"it is not a manifest ({type(error).__name__}: {error})") from error


def _file_from_json(data: Mapping[str, Any]) -> ManifestFile:
    origin = data.get("origin")
    return ManifestFile(**{**data, "origin": None if origin is None else Origin(**origin)})


def _check(file: ManifestFile) -> None:
    # A manifest may come from a stranger: its names become paths on this machine.
    if not is_plain_path(file.name) or file.name == MANIFEST_NAME:
        raise ValueError(f"file name {file.name!r} is not a plain path inside the bundle")
    if not _ROLE.fullmatch(file.role):
        raise ValueError(f"role {file.role!r} is not lower-case letters, digits, _ -")
    if file.size is not None and not (isinstance(file.size, int) and file.size >= 0):
        raise ValueError(f"size {file.size!r} of {file.name} is not a number of bytes")
    if file.sha256 is not None and not _SHA256.fullmatch(file.sha256):
        raise ValueError(f"sha256 of {file.name} is not 64 hexadecimal digits")
    if file.origin is not None and not (
        _REPO.fullmatch(file.origin.repo) and _REVISION.fullmatch(file.origin.revision)
    ):
        raise ValueError(
            f"origin {file.origin.repo!r} at {file.origin.revision!r} of {file.name} is not "
            "OWNER/NAME at a revision"
        )


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a bundle's folder.

    Raises:
        ModelDamaged: if it cannot be read, or is not a manifest.
        FileNotFoundError: if there is none.
    """
    path = folder / MANIFEST_NAME
    try:
        with path.open("rb") as stream:
            return Manifest.from_json(stream.read(MAX_MANIFEST_BYTES))
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise ModelDamaged(f"{path} is damaged: {' '.join(str(error).split())}") from error


def write_manifest(
    folder: Path,
    *,
    id: str,
    engine: str,
    encoder: str,
    files: Mapping[str, str],
    licence: str,
    summary: str,
    origins: Mapping[str, Origin] | None = None,
) -> Manifest:
    """Describe the files of a folder, with their sizes and hashes, in its manifest.

    Args:
        folder: of the bundle; the files are already in it.
        files: role to name.
        origins: role to origin, for files that can be pulled.

    Raises:
        ValueError: if a field is not what it should be.
        FileNotFoundError: if a file is not there.
        OutputError: if the manifest cannot be written.
    """
    listed = []
    for role, name in files.items():
        size, sha256 = measure(folder / name)
        listed.append(ManifestFile(role, name, size, sha256, (origins or {}).get(role)))
    manifest = Manifest(id, engine, encoder, tuple(listed), licence, summary)
    save_manifest(folder, manifest)
    return manifest


def save_manifest(folder: Path, manifest: Manifest) -> None:
    """Put a manifest into a bundle's folder.

    Args:
        folder: of the bundle; must exist.
        manifest: replaces the one that is there.

    Raises:
        OutputError: if it cannot be written.
    """
    with replacing(folder / MANIFEST_NAME) as stream:
        stream.write(manifest.to_json().encode("utf-8"))


def measure(path: Path, on_bytes: Callable[[int], None] = lambda _count: None) -> tuple[int, str]:
    """Size and SHA-256 (hex) of a file.

    Args:
        path: of the file.
        on_bytes: called with the size of every block that is read.
    """
    with path.open("rb") as stream:
        return measure_stream(stream, on_bytes)


def measure_stream(
    stream: BinaryIO, on_bytes: Callable[[int], None] = lambda _count: None
) -> tuple[int, str]:
    """Bytes left in a stream and their SHA-256 (hex); ``on_bytes`` as in :func:`measure`."""
    digest = hashlib.sha256()
    size = 0
    while block := stream.read(2**20):
        digest.update(block)
        size += len(block)
        on_bytes(len(block))
    return size, digest.hexdigest()
