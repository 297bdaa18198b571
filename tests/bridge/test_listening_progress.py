"""A long recording is listened to by a real worker, and whoever asked sees that it moves."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile

from bridge.client import BridgeClient
from core.clip import Clip, Note
from core.errors import Cancelled
from core.files import replacing
from core.library import Library
from core.timbre import AudioTimbre
from tests.bridge.processes import ServeProcess
from tests.evaluation import sounds
from tests.helpers.waiting import LAST_RESORT_S, wait_until

CLIP = Clip.of("clip", [Note(0.3 * i, 48 + 2 * i, 80, 0.3) for i in range(6)])
RECORDINGS = ("over OSC", "in the spool", "cancelled")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder with presets of recordings of eight seconds that nobody has heard yet."""
    folder = tmp_path_factory.mktemp("home")
    with Library.open(folder / "library.sqlite", with_factory_bank=False) as library:
        for number, name in enumerate(RECORDINGS):
            melody = [Note(0.5 * i, 50 + number + 3 * (i % 5), 90, 0.45) for i in range(16)]
            file = folder / f"{number}.wav"
            soundfile.write(file, sounds.play(Clip.of(name, melody)), sounds.RATE)
            library.add(name, AudioTimbre(file))
    return folder


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[ServeProcess]:
    with ServeProcess(home, "embedded", "--spool", str(home / "spool")) as running:
        yield running


def client(server: ServeProcess, name: str) -> BridgeClient:
    return BridgeClient(port=server.port, name=name, timeout_s=LAST_RESORT_S)


def check_moves(seen: list[tuple[str, float]], at_least: int) -> None:
    """It moves while listening, never goes back, and is not done before it is.

    Args:
        seen: stages and fractions.
        at_least: how many fractions listening has, however quick the machine.
    """
    fractions = [fraction for _, fraction in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] < 1.0
    heard = {fraction for stage, fraction in seen if stage == "listening"}
    assert len(heard) >= at_least


def test_it_moves_over_osc(server: ServeProcess) -> None:
    seen: list[tuple[str, float]] = []
    stage = ""

    def on_stage(words: str) -> None:
        nonlocal stage
        stage = words

    with client(server, "watching") as me:
        takes = me.render(
            CLIP,
            "over OSC",
            on_stage=on_stage,
            on_progress=lambda fraction: seen.append((stage, fraction)) or True,
        )
    assert len(takes) == 1
    assert seen.pop() == ("writing", 1.0)  # by the client, when the file is there
    check_moves(seen, 3)
    stages = list(dict.fromkeys(stage for stage, _ in seen))
    assert [words for words in stages if words not in ("queued", "starting", "loading")] == [
        "listening",
        "rendering",
        "writing",
    ]


def test_it_moves_in_the_spool(server: ServeProcess, home: Path) -> None:
    request = {
        "client": "script",
        "preset": "in the spool",
        "clip": {
            "name": "clip",
            "notes": [
                {
                    "pitch": note.pitch,
                    "start_s": note.start_s,
                    "duration_s": note.duration_s,
                    "velocity": note.velocity,
                }
                for note in CLIP.notes
            ],
        },
    }
    with replacing(home / "spool" / "requests" / "j.json") as stream:
        stream.write(json.dumps(request).encode())
    answer = home / "spool" / "results" / "j.json"
    wait_until(answer.is_file)
    seen: list[tuple[str, float]] = []
    result: dict[str, Any] = {}
    while result.get("state") not in ("done", "failed"):
        result = json.loads(answer.read_text())
        if result["state"] == "running":
            seen.append((result["stage"], result["fraction"]))
        time.sleep(0.02)
    assert result["state"] == "done", result
    check_moves(seen, 2)


def test_a_cancel_is_obeyed_while_it_listens(server: ServeProcess) -> None:
    worker = server.worker_pid()
    stage = ""

    def on_stage(words: str) -> None:
        nonlocal stage
        stage = words

    with client(server, "impatient") as me:
        with pytest.raises(Cancelled):
            me.render(
                CLIP, "cancelled", on_stage=on_stage, on_progress=lambda _: stage != "listening"
            )
        assert stage == "listening"
        me.render(CLIP, "over OSC")
    assert server.worker_pid() == worker  # it stopped by itself, and was not killed
