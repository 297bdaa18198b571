"""Archives that are damaged, or mean harm."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.archives import ArchiveError, is_plain_path, open_archive, open_zip
from tests.helpers.lying_archives import state_size

CONTENT = bytes(range(256)) * 40


def zip_of(path: Path, files: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tar_of(path: Path, files: dict[str, bytes], **fields: object) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for field, value in fields.items():
                setattr(info, field, value)
            archive.addfile(info, io.BytesIO(content))
    return path


def made(folder: Path, suffix: str, files: dict[str, bytes]) -> Path:
    makers: dict[str, Callable[..., Path]] = {"zip": zip_of, "tar": tar_of}
    make = makers[suffix]
    return make(folder / f"a.{suffix}", files)


def read_all(path: Path) -> None:
    with path.open("rb") as stream, open_archive(stream, max_total_bytes=10**6) as archive:
        for name in archive.names:
            archive.read(name, 10**6)


def refused(path: Path, words: str) -> None:
    """Reading everything in it ends in one line that holds the words."""
    with pytest.raises(ArchiveError, match=words) as caught:
        read_all(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["zip", "tar"])
def test_what_is_safe_is_read(tmp_path: Path, suffix: str) -> None:
    files = {"a.bin": CONTENT, "folder/b.bin": b"", "c": b"c" * 3_000_000}
    with made(tmp_path, suffix, files).open("rb") as stream, open_archive(stream) as archive:
        assert archive.names == list(files)
        for name, content in files.items():
            assert archive.size(name) == len(content)
            assert archive.read(name, len(content)) == content
        assert [len(block) for block in archive.blocks("c")] == [2**20, 2**20, 902_848]


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("stated", [0, 100, len(CONTENT) - 1, len(CONTENT) + 1, 900_000])
def test_a_zip_header_that_lies_about_a_size_is_noticed(
    tmp_path: Path, packing: int, stated: int
) -> None:
    path = zip_of(tmp_path / "a.zip", {"a.bin": CONTENT, "b.bin": b"b"}, packing)
    state_size(path, "a.bin", stated)
    refused(path, "Bad CRC-32 for file 'a.bin'|the size of 'a.bin' in it is not|EOFError")


@pytest.mark.parametrize("stated", [len(CONTENT) + 20_000, 900_000])
def test_a_tar_header_that_lies_about_a_size_is_noticed(tmp_path: Path, stated: int) -> None:
    path = tar_of(tmp_path / "a.tar", {"b.bin": b"b", "a.bin": CONTENT})
    state_size(path, "a.bin", stated)
    refused(path, "unexpected end of data")


@pytest.mark.parametrize("suffix", ["zip", "tar"])
def test_a_size_that_lies_is_not_believed_for_the_limit_either(tmp_path: Path, suffix: str) -> None:
    path = made(tmp_path, suffix, {"a.bin": CONTENT})
    state_size(path, "a.bin", 2_000_000)
    refused(path, "unpacks to more than 1,000,000 bytes|unexpected end")


@pytest.mark.parametrize("suffix", ["zip", "tar"])
def test_the_total_is_limited(tmp_path: Path, suffix: str) -> None:
    path = made(tmp_path, suffix, {"a": bytes(600_000), "b": bytes(600_000)})
    refused(path, "unpacks to more than 1,000,000 bytes")


def test_a_ratio_is_limited_where_asked(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"a": bytes(600_000)})
    read_all(path)
    with (
        path.open("rb") as stream,
        pytest.raises(ArchiveError, match="more than 200 times"),
        open_zip(stream, max_ratio=200),
    ):
        """Never reached."""


@pytest.mark.parametrize("suffix", ["zip", "tar"])
@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "C:\\evil", ".hidden"])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, suffix: str, name: str) -> None:
    refused(made(tmp_path, suffix, {name: b"evil"}), "not a plain path")


def test_plain_paths() -> None:
    assert all(is_plain_path(name) for name in ("a", "a.b", "a/b.c", "ä ö"))
    for name in ("", ".", "..", "a//b", "a/", "./a", "a/./b", "a\0", "a\n", "a:b", "a*"):
        assert not is_plain_path(name), name


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("suffix", ["zip", "tar"])
def test_a_name_that_stands_twice_is_refused(tmp_path: Path, suffix: str) -> None:
    path = made(tmp_path, suffix, {"a": b"1"})
    if suffix == "zip":
        with zipfile.ZipFile(path, "a") as zipped:
            zipped.writestr("a", b"2")
    else:
        with tarfile.open(path, "a") as tar:
            tar.addfile(tarfile.TarInfo("a"))
    refused(path, "holds 'a' twice")


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_entries_of_a_tar_that_are_no_plain_files_are_refused(tmp_path: Path, kind: bytes) -> None:
    path = tar_of(tmp_path / "a.tar", {"a": b""}, type=kind, linkname="/etc/passwd")
    refused(path, "not a plain file")


def test_a_sparse_file_is_refused(tmp_path: Path) -> None:
    path = tar_of(tmp_path / "a.tar", {"a": b""}, type=tarfile.GNUTYPE_SPARSE)
    refused(path, "not a plain file")


@pytest.mark.parametrize("mode", [0o120777, 0o040755, 0o020644])
def test_entries_of_a_zip_that_are_no_plain_files_are_refused(tmp_path: Path, mode: int) -> None:
    info = zipfile.ZipInfo("a")
    info.external_attr = mode << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    refused(tmp_path / "a.zip", "not a plain file")


def test_unusual_packings_and_encryption_are_refused(tmp_path: Path) -> None:
    refused(zip_of(tmp_path / "a.zip", {"a": b"a"}, zipfile.ZIP_LZMA), "unusual way")
    path = zip_of(tmp_path / "b.zip", {"a": b"a"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    refused(path, "encrypted")


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    whole = zip_of(tmp_path / "whole.zip", {"a": CONTENT}).read_bytes()
    for content in (b"", b"hello", whole[: len(whole) // 2], b"PK\x05\x06"):
        (tmp_path / "bad").write_bytes(content)
        refused(tmp_path / "bad", r"\w")
