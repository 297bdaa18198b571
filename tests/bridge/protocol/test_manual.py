"""The manual says what the code does: docs/protocol.md against the tables of messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from bridge.errors import CODES
from bridge.hosts import all_hosts
from bridge.protocol import (
    CLIENT_MESSAGES,
    MAX_TAKES,
    ClipBegin,
    ClipEnd,
    ClipNotes,
    Render,
    render_options,
)
from bridge.protocol.codec import Message
from bridge.protocol.replies import REPLIES
from bridge.server.spool import Spool
from core.cli import compose
from tests.bridge.protocol.manual import MANUAL, examples, json_examples, sections
from tests.bridge.server.test_spool import all_are_answered, ask, result
from tests.bridge.servers import service

SECTIONS = sections()
HOST_MESSAGES = [kind for host in all_hosts() for kind in host.messages]
KINDS: dict[str, type[Message]] = {
    kind.address: kind for kind in [*CLIENT_MESSAGES, *HOST_MESSAGES, *REPLIES]
}
OPTIONS = list(render_options.names())


def read(address: str, arguments: list[Any]) -> Message:
    messages = CLIENT_MESSAGES
    for host in all_hosts():
        messages |= host.messages
    return (
        REPLIES.read(address, arguments)
        if address in REPLIES
        else messages.read(address, arguments)
    )


@pytest.mark.parametrize("address", KINDS)
def test_every_message_is_in_the_manual_as_it_is_read(address: str) -> None:
    section, codec = SECTIONS[address], KINDS[address].codec
    assert section.signature == codec.describe()
    arguments = re.findall(r"[isf] (\w+)", codec.describe().replace("(s key, value)*", ""))
    assert section.rows == arguments + (OPTIONS if address == Render.address else [])


@pytest.mark.parametrize("address", KINDS)
def test_every_message_has_an_example_that_our_own_reader_reads(address: str) -> None:
    given = SECTIONS[address].examples
    assert [where for where, _ in given] == [address]
    assert read(*given[0]).address == address


def test_every_address_in_the_manual_is_one_of_ours() -> None:
    named = set(re.findall(r"/timbre/1/[\w/]+\w", MANUAL.read_text(encoding="utf-8")))
    assert named == set(KINDS)


def test_the_first_example_is_a_whole_render() -> None:
    opening = MANUAL.read_text(encoding="utf-8").split("\n## ")[0]
    said = [read(*example) for example in examples(opening)]
    begin, notes, end, render = said[1:5]
    assert isinstance(begin, ClipBegin)
    assert isinstance(notes, ClipNotes)
    assert isinstance(end, ClipEnd)
    assert isinstance(render, Render)
    assert begin.note_count == len(notes.notes)
    assert begin.clip_id == notes.clip_id == end.clip_id == render.clip_id


def test_every_code_and_limit_is_in_the_manual() -> None:
    assert SECTIONS["Errors"].rows == list(CODES)
    assert f"| `takes` | 1–{MAX_TAKES} |" in SECTIONS[Render.address].text


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("FAKE_WORKER_LOG", str(tmp_path / "rendered.txt"))
    with service(tmp_path) as answering, Spool(answering, tmp_path / "spool"):
        yield tmp_path / "spool"


def test_the_spool_answers_the_manuals_requests_with_the_manuals_results(spool: Path) -> None:
    render, cancel, presets, listed, done = json_examples(SECTIONS["The spool"].text)
    ask(spool, "q1", presets)
    answer = result(spool, "q1", "presets")
    assert answer.keys() == listed.keys()
    assert answer["presets"][0].keys() == listed["presets"][0].keys()
    ask(spool, "j1", render | {"preset": "Warm bass"})
    answer = result(spool, "j1", "done")
    assert answer.keys() == done.keys()
    assert answer["takes"][0].keys() == done["takes"][0].keys()
    assert len(answer["takes"]) == render["takes"]
    ask(spool, "j1", cancel)  # of a job that is over: nothing happens
    all_are_answered(spool)
    assert result(spool, "j1", "done") == answer


@pytest.mark.parametrize("command", ["serve", "send"])
def test_every_option_of_the_bridges_commands_is_in_the_manual(command: str) -> None:
    options = {
        name
        for parameter in typer.main.get_command(compose()).commands[command].params  # type: ignore[attr-defined]
        for name in parameter.opts
        if name.startswith("--")
    }
    listed = [name for name in SECTIONS[f"timbre {command}"].rows if name.startswith("--")]
    assert sorted(listed) == sorted(options)
