"""What the documents tell a user to type is there, and README's own lines are typed here.

Every ``timbre …`` line of every document is parsed by the real command line, so that an option or
a command with a new name fails here. Of README's lines, those that need no graphics card, no
network and no minutes are run in order, in an empty folder with a clip and a recording.
"""

from __future__ import annotations

import re
import shlex
import socket
import string
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import soundfile
import torch
import typer.main
from typer.testing import CliRunner

from core import cli
from core.audio import read_audio
from core.clip import Clip, Note
from core.midi import write_midi
from tests.bridge.processes import ServeProcess
from tests.evaluation import sounds
from tests.helpers.command_line import parse
from tests.helpers.waiting import LAST_RESORT_S

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "evaluation/*.md", "bridge/daws/*/*.md",
                    "core/models/weights/*.md")
    for path in ROOT.glob(pattern)
)  # fmt: skip

NOT_RUN: dict[tuple[str, ...], str] = {
    ("demo",): "tests/integration/test_shipped_bundle.py runs it",
    ("evaluate",): "a run takes minutes; tests/evaluation has smaller ones",
    ("models", "pull"): "needs the hub",
    ("render", "tokensynth"): "needs weights that were pulled",
    ("desktop",): "runs until its window is closed; tests/desktop open it",
    ("serve",): "runs until it is stopped; test_oscsend_drives_a_render runs it",
    ("train",): "needs hours, and a graphics card",
}
"""README's ``timbre`` commands that are parsed only: words that are in them, and why."""

OTHER_PROGRAMS = {
    "apt": "installs packages",
    "npm": "needs the network",
    "oscsend": "test_oscsend_drives_a_render runs it",
    "pip": "installs packages",
    "pytest": "this is it",
    "tar": "unpacks what npm fetched",
    "uv": "installs packages",
    "wait": "the shell's own",
}
"""Other programs in README's shell lines, and why they are not run here."""


class Block(NamedTuple):
    """A fenced block: its language ("" for none) and its text."""

    language: str
    text: str


def fenced_blocks(document: Path) -> list[Block]:
    found = re.findall(r"^( *)```(\w*)\n(.*?)^ *```", document.read_text(), re.M | re.S)
    return [Block(language, textwrap.dedent(text)) for _, language, text in found]


def shell_commands(text: str) -> Iterator[list[str]]:
    """The words of each command, its variables filled in and ``uv run`` taken off."""
    variables: dict[str, str] = {}
    for line in text.replace("\\\n", " ").splitlines():
        filled = string.Template(line).safe_substitute(variables)
        lexer = shlex.shlex(filled, posix=True, punctuation_chars=";&|")
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if not word or word.strip(";&|"):
                words.append(word)
            elif len(words) == 1 and "=" in words[0]:
                name, _, value = words.pop().partition("=")
                variables[name] = value
            elif words:
                yield _without_uv(words)
                words = []


def _without_uv(words: list[str]) -> list[str]:
    if words[:2] != ["uv", "run"]:
        return words
    rest = words[2:]
    while rest[0].startswith("--"):
        rest = rest[1:]
    return rest


def readme_commands() -> list[list[str]]:
    return [
        words
        for block in fenced_blocks(ROOT / "README.md")
        if block.language == "sh"
        for words in shell_commands(block.text)
    ]


def timbre_commands(document: Path) -> list[list[str]]:
    """The arguments of every ``timbre`` in the fenced blocks of a document."""
    commands = []
    for block in fenced_blocks(document):
        text = block.text
        if block.language != "sh":  # drawings, or commands among what they print
            lines = (line.removeprefix("$ ") for line in text.splitlines())
            text = "\n".join(line for line in lines if line.startswith("timbre "))
        commands += [words[1:] for words in shell_commands(text) if words[0] == "timbre"]
    return commands


def inline_commands(document: Path) -> list[list[str]]:
    """The arguments of every ``timbre`` in the running text; placeholders leave some out."""
    text = re.sub(r"^ *```.*?^ *```", "", document.read_text(), flags=re.M | re.S)
    spans = re.findall(r"`(?:uv run )?timbre ([^`…]+)`", text)
    return [shlex.split(" ".join(span.split())) for span in spans]


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    return cli.compose()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_in_a_document_is_one(app: typer.Typer, document: Path) -> None:
    for words in timbre_commands(document):
        parse(app, words)
    for words in inline_commands(document):
        parse(app, words, whole=False)


def test_an_option_that_is_no_more_is_noticed(app: typer.Typer) -> None:
    parse(app, ["render", "a.mid", "--text", "x", "-o", "a.wav"])
    for words in (["render", "--txt", "x"], ["rendr"], ["models"], ["daw", "install"]):
        with pytest.raises(AssertionError, match="timbre"):
            parse(app, words)


def why_not_run(arguments: list[str]) -> str | None:
    for words, reason in NOT_RUN.items():
        if set(words) <= set(arguments):
            return reason
    return None


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Fits are many small steps: on a busy machine, threads cost them more than they give."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_thread: None) -> Path:
    """Where a user would type: an empty home, a clip and a recording."""
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path / "home"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    write_midi(
        Clip.of("clip", [Note(0.2 * i, 48 + i, 90, 0.2) for i in range(3)]), work / "clip.mid"
    )
    recording = sounds.play(Clip.of("recording", [Note(0.0, 45, 90, 0.4)]))
    soundfile.write(work / "cello.flac", recording, sounds.RATE)
    return work


def test_readmes_timbre_commands_run(app: typer.Typer, folder: Path) -> None:
    """In their order: a preset that one saves is there for the next."""
    ran = []
    for words in readme_commands():
        if words[0] == "timbre" and why_not_run(words[1:]) is None:
            result = CliRunner().invoke(app, words[1:])
            assert result.exit_code == 0, f"{shlex.join(words)}: {result.exception!r}"
            ran.append(words[1])
    assert len(ran) >= 5
    written = {path.name for path in folder.glob("*.wav")}
    assert written == {"out.wav", "out-1.wav", "out-2.wav", "out-3.wav", "again.wav"}
    # "The same samples, from the file alone".
    first, again = read_audio(folder / "out.wav"), read_audio(folder / "again.wav")
    assert np.array_equal(first[0], again[0])
    assert soundfile.info(folder / "out-1.wav").samplerate == 48_000


def test_every_other_line_of_readme_is_accounted_for() -> None:
    programs = {words[0] for words in readme_commands()}
    assert programs - {"timbre"} <= OTHER_PROGRAMS.keys()


def test_readmes_python_runs(folder: Path) -> None:
    """As one program: the second snippet goes on from the first."""
    names: dict[str, Any] = {}
    for block in fenced_blocks(ROOT / "README.md"):
        if block.language == "python":
            exec(block.text, names)
    assert (folder / "out.wav").is_file()
    assert names["take"].audio.dtype == np.float32
    assert names["block"].shape == (256,)


def test_oscsend_drives_a_render(folder: Path) -> None:
    """README's lines, at the port of a server and of a peer that are started here."""
    (block,) = (b for b in fenced_blocks(ROOT / "README.md") if "oscsend" in b.text)
    with (
        socket.socket(type=socket.SOCK_DGRAM) as peer,
        ServeProcess(folder.parent / "home") as server,
    ):
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(LAST_RESORT_S)
        ports = {"9270": str(server.port), "9999": str(peer.getsockname()[1])}
        text = re.sub("9270|9999", lambda port: ports[port[0]], block.text)
        commands = list(shell_commands(text))
        assert [words[0] for words in commands] == ["oscsend"] * 6
        answers: list[bytes] = []
        for words in commands:
            if words[2].endswith("/ack"):  # once the sound is there, as a reader would
                while not answers or not answers[-1].startswith(b"/timbre/1/done"):
                    answers.append(peer.recv(65_536))
            subprocess.run(words, check=True, timeout=LAST_RESORT_S)
    assert answers[0].startswith(b"/timbre/1/welcome")
    assert not any(answer.startswith(b"/timbre/1/failed") for answer in answers)
    assert list((folder.parent / "home" / "renders").glob("*.wav"))
