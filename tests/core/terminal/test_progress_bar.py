"""What a person sees in a terminal while a command works, and what a pipe gets instead."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.terminal.durations import duration_words
from tests.helpers.terminal import TerminalRecording, record

WORK = """
import os, sys, time
from core.console import progress_display, print_note, show_any_text
for stream in (sys.stdout, sys.stderr):
    show_any_text(stream)
try:
    with progress_display() as display:
        display.stage("loading the model")
        time.sleep(0.4)
        for words in ("listening to b[red]ell\\x1b[31m.wav", "rendering"):
            display.stage(words)
            display.stage(words)
            for step in range(11):
                display.progress((step + 10 * (words == "rendering")) / 20)
                time.sleep(0.15)
                if words == "rendering" and "INTERRUPTED" in os.environ:
                    time.sleep(600)
            print_note("a note is – too high")
        display.stage("writing")
    print("out.wav")
except KeyboardInterrupt:
    sys.exit(130)
"""

PAUSES = """
import time
from core.console import progress_display
with progress_display() as display:
    for number in range(3):
        with display.paused():
            print("result", number, flush=True)
        display.stage("measuring")
        time.sleep(0.3)
print("done")
"""


def work(**options: object) -> TerminalRecording:
    environment = options.pop("environment", {})
    return record("-c", WORK, environment=environment, **options)  # type: ignore[arg-type]


def percents(recording: TerminalRecording) -> list[int]:
    found = [re.search(r"(\d+) %", text) for text in recording.texts]
    return [int(match[1]) for match in found if match]


def test_stages_move_and_leave_the_terminal_as_it_was() -> None:
    seen = work()
    whole = "\n".join(seen.texts)
    assert seen.exit_code == 0
    for words in ("loading the model", "listening to b[red]ell?[31m.wav", "rendering"):
        assert words in whole
    shown = percents(seen)
    assert shown == sorted(shown)
    assert len(set(shown)) > 5
    assert re.search(r"\d+ % \d s left", whole)
    notes = "note: a note is – too high"
    assert seen.last.splitlines() == [notes, notes, "out.wav"]
    assert not seen.cursor_hidden
    assert b"\x1b[?25l" not in seen.written  # never hidden: it may be killed at any time


@pytest.mark.parametrize("columns", [8, 20, 40])
def test_a_narrow_terminal_keeps_it_on_one_line(columns: int) -> None:
    seen = work(columns=columns)
    for text in seen.texts:
        lines = [line for line in text.splitlines() if "ote" not in line and "oo " not in line]
        moving = [line for line in lines if re.search("load|list|rend|writ|%|━", line)]
        assert len(moving) <= 1, text
    assert seen.last.splitlines()[-1] == "out.wav"


def test_ctrl_c_leaves_no_trace_of_it() -> None:
    seen = work(
        environment={"INTERRUPTED": "1"},
        type_when=lambda text: "\x03" if "rendering" in text else "",
    )
    assert seen.exit_code == 130
    assert seen.last.splitlines() == ["note: a note is – too high"]
    assert not seen.cursor_hidden


def test_without_colours_or_unicode_it_is_plain() -> None:
    seen = work(environment={"NO_COLOR": "1"})
    assert not re.search(rb"\x1b\[[0-9;]*3\d", seen.written)
    seen = work(environment={"PYTHONIOENCODING": "ascii"})
    assert seen.written.isascii()
    assert percents(seen)
    assert "note: a note is - too high" in seen.last


def test_a_terminal_that_cannot_go_back_gets_a_line_a_stage() -> None:
    seen = work(environment={"TERM": "dumb"})
    assert b"\x1b" not in seen.written.replace(b"\x1b[31m", b"")
    assert seen.last.splitlines()[:2] == ["loading the model", "listening to b[red]ell?[31m.wav"]


def test_results_in_a_pipe_have_it_for_themselves() -> None:
    seen = work(pipe_stdout=True)
    assert seen.stdout == b"out.wav\n"
    assert percents(seen)


def test_a_pipe_gets_a_line_a_stage() -> None:
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", WORK], capture_output=True, text=True, check=True, cwd=root
    )
    assert done.stdout == "out.wav\n"
    assert done.stderr.splitlines() == [
        "loading the model",
        "listening to b[red]ell?[31m.wav",
        "note: a note is – too high",
        "rendering",
        "note: a note is – too high",
        "writing",
    ]


def test_no_stderr_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.console import progress_display

    output = io.StringIO()
    monkeypatch.setattr(sys, "stdout", output)
    monkeypatch.setattr(sys, "stderr", None)
    with progress_display() as display:
        display.stage("rendering")
        assert display.progress(0.5)
    assert output.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.6, "1 min 00 s"), (125, "2 min 05 s"), (3725, "1 h 02 min")],
)
def test_lengths_of_time_are_said_for_people(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


def test_results_are_printed_above_what_goes_on() -> None:
    seen = record("-c", PAUSES, environment={})
    assert seen.exit_code == 0
    assert seen.last.splitlines() == ["result 0", "result 1", "result 2", "done"]
    for number in (1, 2):
        above = [f"result {each}" for each in range(number)]
        assert any(
            text.splitlines()[:-1] == above and "measuring" in text.splitlines()[-1]
            for text in seen.texts
            if "measuring" in text
        )
