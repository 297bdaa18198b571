"""Manifests: what is to be rendered, in what timbre, and what it should sound like.

A manifest is a JSON Lines file. Its first line may be a header, ``{"set": NAME, "version": 1,
…}`` (licence, origin); every other line is an item:

    {"id": "flute-03", "midi": "scores/minuet.mid", "reference": "audio/flute.flac",
     "text": "breathy wooden flute", "target": "audio/flute-minuet.flac",
     "instrument": "flute", "split": "test", "sha256": {"midi": "…", "target": "…"}}

``id`` and ``midi`` are needed, and one of ``reference`` (a recording of the timbre, another
performance than the target) and ``text``. ``target`` is the score played by that instrument;
without one, figures that need it are left out. Paths are relative to the manifest. Where
``sha256`` gives a hash, the file must have it.

How folders of other makers become manifests is :mod:`evaluation.importers`' task.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.coercion.type_errors import as_path, check_type
from core.errors import UserInputError
from core.files import replacing
from core.timbre import AudioTimbre, TextTimbre, Timbre

SCHEMA = 1
SETS = Path(__file__).parent / "sets"
FILE_FIELDS = ("midi", "reference", "target")

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
_FIELDS = {"id", "midi", "reference", "text", "target", "instrument", "split", "sha256"}


@dataclass(frozen=True)
class Item:
    """One line of a manifest.

    Attributes:
        id: unique in its manifest; also a file name: letters, digits, dot, dash, underscore.
        midi: the score.
        reference: recording the timbre is taken from, or None.
        text: words for the timbre, or None. The recording is used where both are given;
            the words are then scored, not rendered.
        target: recording of the score in that timbre, or None.
        instrument: for tables; items of one instrument share a timbre.
        split: such as ``test``.
        sha256: expected hashes of the files, by field.
    """

    id: str
    midi: Path
    reference: Path | None = None
    text: str | None = None
    target: Path | None = None
    instrument: str = ""
    split: str = "test"
    sha256: Mapping[str, str] = field(default_factory=dict)

    @property
    def timbre(self) -> Timbre:
        """The recipe this item is rendered with."""
        if self.reference is not None:
            return AudioTimbre(self.reference)
        return TextTimbre(self.text or "")


@dataclass(frozen=True)
class Dataset:
    """A manifest that was read and checked.

    Attributes:
        name: of the set.
        items: in the manifest's order, at least one.
        sha256: hash of the manifest, which with its hashes pins the set.
        about: the header's other fields.
    """

    name: str
    items: tuple[Item, ...]
    sha256: str
    about: Mapping[str, Any] = field(default_factory=dict)


def built_in() -> list[str]:
    """Names of the sets that come with the package."""
    return sorted(path.parent.name.replace("_", "-") for path in SETS.glob("*/manifest.jsonl"))


def load(name_or_path: str | os.PathLike[str], split: str | None = None) -> Dataset:
    """Read a manifest and check every line and file of it.

    Args:
        name_or_path: a built-in set such as ``embedded-v1``, a manifest, or its folder.
        split: keep only items of this split.

    Raises:
        UserInputError: if it is missing, a line is wrong (its number is named), a file is
            missing or differs from its hash, or no item is left.
    """
    check_type("the set", name_or_path, (str, os.PathLike), "the name of one, or a manifest's path")
    path = _find(name_or_path)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserInputError(f"{path} cannot be read as a manifest: {error}") from error
    about: dict[str, Any] = {}
    items: list[Item] = []
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        where = f"{path}: line {number}"
        data = _parse(line, where)
        if not items and not about and "set" in data:
            about = _header(data, where)
            continue
        item = _item(data, path.parent, where)
        if item.id in lines:
            raise UserInputError(f"{where}: id {item.id!r} stands on line {lines[item.id]} too")
        lines[item.id] = number
        if split is None or item.split == split:
            _check_files(item, where)
            items.append(item)
    if not items:
        wanted = f" of split {split!r}" if split else ""
        raise UserInputError(f"{path} has no items{wanted}; there is nothing to evaluate")
    default_name = path.parent.name if path.name == "manifest.jsonl" else path.stem
    return Dataset(
        name=str(about.get("set", default_name)),
        items=tuple(items),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        about=about,
    )


def write(
    path: str | os.PathLike[str], items: Iterable[Item], about: Mapping[str, Any] | None = None
) -> None:
    """Write a manifest, with the hashes of its files, that :func:`load` reads back.

    Args:
        path: of the manifest; its folder exists.
        items: in order; files anywhere, written as paths relative to the manifest.
        about: other fields of the header, such as ``set`` (its name); None writes no header.

    Raises:
        OutputError: if it cannot be written.
        UserInputError: if a file is missing.
    """
    file, items = as_path("the manifest", path), list(items)
    for number, item in enumerate(items):
        check_type(f"item {number}", item, Item, "an Item")
    lines = [json.dumps({"version": SCHEMA, **about}, ensure_ascii=False)] if about else []
    lines += [json.dumps(_to_json(item, file.parent), ensure_ascii=False) for item in items]
    with replacing(file) as stream:
        stream.write(("\n".join(lines) + "\n").encode())


def file_sha256(path: Path) -> str:
    """SHA-256 (hex) of a file.

    Raises:
        UserInputError: if it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise UserInputError(f"{path} cannot be read: {error.strerror}") from error


def _find(name_or_path: str | os.PathLike[str]) -> Path:
    name = os.fspath(name_or_path)
    if name in built_in():
        return SETS / name.replace("-", "_") / "manifest.jsonl"
    path = Path(name)
    if path.is_dir():
        path = path / "manifest.jsonl"
    if not path.is_file():
        raise UserInputError(
            f"{name}: no such manifest; give a .jsonl file, its folder, or one of: "
            f"{', '.join(built_in())}"
        )
    return path


def _parse(line: str, where: str) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserInputError(f"{where} is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise UserInputError(f"{where} is not a JSON object")
    return data


def _header(data: dict[str, Any], where: str) -> dict[str, Any]:
    version = data.get("version", SCHEMA)
    if not isinstance(version, int) or version > SCHEMA:
        raise UserInputError(f"{where}: version {version!r} is newer than this program; update")
    return data


def _item(data: dict[str, Any], folder: Path, where: str) -> Item:
    unknown = sorted(data.keys() - _FIELDS)
    if unknown:
        raise UserInputError(
            f"{where}: unknown field {unknown[0]!r}; there are {', '.join(sorted(_FIELDS))}"
        )
    for name in _FIELDS - {"sha256"}:
        value = data.get(name)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise UserInputError(f"{where}: {name} must be a string that is not empty")
    for name in ("id", "midi"):
        if data.get(name) is None:
            raise UserInputError(f"{where}: {name} is missing")
    if not _ID.fullmatch(data["id"]):
        raise UserInputError(
            f"{where}: id {data['id']!r} may hold only letters, digits, dot, dash and underscore"
        )
    if data.get("reference") is None and data.get("text") is None:
        raise UserInputError(f"{where}: give a timbre, as reference (a recording) or text")
    hashes = data.get("sha256") or {}
    if not isinstance(hashes, dict) or not hashes.keys() <= set(FILE_FIELDS):
        raise UserInputError(f"{where}: sha256 must map {', '.join(FILE_FIELDS)} to hashes")
    files = {name: folder / data[name] for name in FILE_FIELDS if data.get(name) is not None}
    return Item(
        id=data["id"],
        midi=files["midi"],
        reference=files.get("reference"),
        text=data.get("text"),
        target=files.get("target"),
        instrument=data.get("instrument") or "",
        split=data.get("split") or "test",
        sha256={name: str(value).lower() for name, value in hashes.items()},
    )


def _files(item: Item) -> Iterator[tuple[str, Path]]:
    for name in FILE_FIELDS:
        path = getattr(item, name)
        if path is not None:
            yield name, path


def _check_files(item: Item, where: str) -> None:
    for name, path in _files(item):
        if not path.is_file():
            raise UserInputError(f"{where}: {name} {path} does not exist")
        expected = item.sha256.get(name)
        if expected is not None and file_sha256(path) != expected:
            raise UserInputError(
                f"{where}: {name} {path} differs from its sha256; fetch or make the set again"
            )


def _to_json(item: Item, folder: Path) -> dict[str, Any]:
    data: dict[str, Any] = {"id": item.id}
    for name, path in _files(item):
        data[name] = Path(os.path.relpath(path, folder)).as_posix()
    if item.text is not None:
        data["text"] = item.text
    if item.instrument:
        data["instrument"] = item.instrument
    data["split"] = item.split
    data["sha256"] = {name: file_sha256(path) for name, path in _files(item)}
    return data
