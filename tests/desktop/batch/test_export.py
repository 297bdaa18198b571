"""Finished files go to a folder under names for people, and replace nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import Cancelled, OutputError
from desktop.pages.batch.export import export_files


def on(_fraction: float) -> bool:
    return True


def test_names_are_unique_and_nothing_is_replaced(tmp_path: Path) -> None:
    source, folder = tmp_path / "job-7.wav", tmp_path / "out"
    source.write_bytes(b"sound")
    folder.mkdir()
    (folder / "riff - Bell.wav").write_bytes(b"mine")
    names = ["riff - Bell", "riff - Bell", "riff: 1/2 - Bell", "x" * 300]
    copies = export_files([(source, name) for name in names], folder, on)
    assert [copy.name for copy in copies[:3]] == [
        "riff - Bell 2.wav",
        "riff - Bell 3.wav",
        "riff- 1-2 - Bell.wav",
    ]
    assert (folder / "riff - Bell.wav").read_bytes() == b"mine"
    assert {copy.read_bytes() for copy in copies} == {b"sound"}
    assert len({copy.name for copy in copies}) == 4


def test_what_cannot_be_copied_is_said_and_what_was_stays(tmp_path: Path) -> None:
    source = tmp_path / "a.wav"
    source.write_bytes(b"sound")
    files = [(source, "one"), (tmp_path / "gone.wav", "two")]
    with pytest.raises(OutputError, match="1 of 2 were copied"):
        export_files(files, tmp_path, on)
    assert (tmp_path / "one.wav").is_file()
    assert not (tmp_path / "two.wav").exists()
    with pytest.raises(OutputError):
        export_files(files, tmp_path / "none", on)
    with pytest.raises(Cancelled):
        export_files(files, tmp_path, lambda _fraction: False)
