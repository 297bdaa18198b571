"""Damaged, read-only and missing files of the user: said, nothing lost, and a way out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import OutputError
from core.process_logs import MOST_BYTES, opened_log
from desktop.services.interfaces import PresetQuery
from desktop.services.live import ProcessLive
from desktop.services.making.listener import ListeningProcess
from tests.desktop.faults.conftest import OpenWindow
from tests.desktop.services.conftest import control
from tests.helpers.waiting import wait_until


def spoil(library: Path, how: str) -> None:
    whole = library.read_bytes()
    library.unlink()
    if how == "a folder":
        library.mkdir()
    else:
        library.write_bytes(whole[:5000] if how == "cut short" else os.urandom(20_000))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("cut short", "it is damaged; restore a copy"),
        ("random", "it is damaged, or not a database; restore a copy"),
        ("a folder", "it cannot be opened"),
    ],
)
def test_a_damaged_library_is_said_and_opened_again_once_it_is_put_back(
    open_window: Callable[..., OpenWindow], home: Path, how: str, said: str
) -> None:
    from core.library import Library
    from core.timbre import TextTimbre

    library = home / "library.sqlite"
    with Library.open(library, with_factory_bank=False, model=None) as made:
        made.add("Mine", TextTimbre("a bell"))
    whole = library.read_bytes()
    spoil(library, how)
    window = open_window()
    window.fault(said)
    assert library.is_dir() if how == "a folder" else library.stat().st_size < len(whole) + 1
    library.rmdir() if how == "a folder" else library.unlink()
    library.write_bytes(whole)
    window.take_way_out("Try again")
    browse = window.desktop._pages.browse
    browse.set_query(PresetQuery(text="Mine"))
    window.wait(lambda: browse.current is not None and browse.current.name == "Mine")


def test_settings_that_cannot_be_kept_are_said_and_the_window_still_closes(
    open_window: Callable[..., OpenWindow], home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    window = open_window()
    (home / "desktop.json").mkdir()
    window.desktop.close()
    assert "the window's settings are not kept" in caplog.text


def test_read_only_settings_are_said_when_the_window_opens(
    open_window: Callable[..., OpenWindow], monkeypatch: pytest.MonkeyPatch
) -> None:
    from desktop import settings

    def refuse(path: Path) -> None:
        raise OutputError(f"cannot write {path}: the disk is read-only")

    monkeypatch.setattr(settings, "check_writable", refuse)
    open_window().fault("what you choose in the window is not kept: cannot write")


def test_a_log_that_cannot_be_written_takes_no_process_with_it(home: Path, tmp_path: Path) -> None:
    (home / "cache").write_text("")  # no folder, so that even root cannot write into it
    answer = 'import sys, json; print(json.dumps({"number": 1, "result": "heard"}), flush=True)'
    listener = ListeningProcess((sys.executable, "-c", f"{answer}; sys.stdin.read()"))
    assert listener.ask(control(), "notes") == "heard"
    listener.close()
    live = ProcessLive((sys.executable, "-c", "pass"))
    live.begin("a preset")
    wait_until(lambda: "the live player ended (status 0)" in live.state.problem)
    live.end()


def test_a_log_is_added_to_and_begun_anew_when_it_is_long(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "worker.log"
    for _ in range(2):
        with opened_log(log) as stream:
            stream.write(b"line\n")
    assert log.read_bytes() == b"line\nline\n"
    log.write_bytes(bytes(MOST_BYTES + 1))
    with opened_log(log) as stream:
        stream.write(b"new\n")
    assert log.read_bytes() == b"new\n"
