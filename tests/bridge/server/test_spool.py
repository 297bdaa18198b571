"""Requests as files become results as files, whatever is in them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.server.spool import Spool
from bridge.service import BridgeService
from core.timbre import TextTimbre
from tests.bridge.conftest import RIFF
from tests.bridge.servers import service
from tests.helpers.waiting import wait_until

NOTES = [
    {"pitch": n.pitch, "start_s": n.start_s, "duration_s": n.duration_s, "velocity": n.velocity}
    for n in RIFF
]


@pytest.fixture
def answering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BridgeService]:
    monkeypatch.setenv("FAKE_WORKER_LOG", str(tmp_path / "rendered.txt"))
    with service(tmp_path) as found:
        yield found


@pytest.fixture
def spool(answering: BridgeService, tmp_path: Path) -> Iterator[Path]:
    with Spool(answering, tmp_path / "spool"):
        yield tmp_path / "spool"


@pytest.fixture
def release(tmp_path: Path) -> Callable[[], None]:
    """Let the worker go on with clips that are named ``held …``."""
    return (tmp_path / "release").touch


def ask(spool: Path, name: str, content: Any) -> None:
    temporary = spool / "requests" / f"{name}.tmp"
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    temporary.write_bytes(data)
    temporary.rename(temporary.with_suffix(".json"))


def result(spool: Path, name: str, *states: str) -> dict[str, Any]:
    """The result, once it has one of these states."""
    path = spool / "results" / f"{name}.json"
    latest: dict[str, Any] = {}

    def has_come() -> bool:
        nonlocal latest
        if path.exists():
            latest = json.loads(path.read_bytes())  # never half of one
        return latest.get("state") in states

    wait_until(has_come, lambda: f"{name}: {latest or 'no result'}")
    return latest


def all_are_answered(spool: Path) -> None:
    """Wait until the spool has answered every request, and removed it."""
    wait_until(lambda: not list((spool / "requests").glob("*.json")))


def render(name: str = "riff", **more: Any) -> dict[str, Any]:
    clip = {"name": name, "length_s": 1.0, "notes": NOTES}
    return {"client": "reaper", "preset": "Warm bass", "clip": clip, **more}


def test_a_request_becomes_progress_and_files(spool: Path, release: Callable[[], None]) -> None:
    ask(spool, "job-1", render("held riff", seed=3, takes=2))
    assert result(spool, "job-1", "running")["stage"] in ("starting", "rendering")
    release()
    done = result(spool, "job-1", "done")
    assert [take["take"] for take in done["takes"]] == [0, 1]
    assert all(Path(take["path"]).is_file() for take in done["takes"])
    all_are_answered(spool)


def test_words_take_the_place_of_a_preset_that_is_null(
    spool: Path, answering: BridgeService
) -> None:
    ask(spool, "job-1", render(preset=None, text="warm bass", audio=None, gain=None))
    result(spool, "job-1", "done")
    job = answering.jobs.find("spool reaper", "job-1")
    assert job is not None
    assert answering.jobs.request(job).timbre == TextTimbre("warm bass")


def test_bends_are_taken_with_their_notes(spool: Path, answering: BridgeService) -> None:
    bent = [note | {"bend": [[0, 0], [0.25, -i / 3]]} for i, note in enumerate(NOTES[:2])]
    clip = {"name": "bent", "length_s": 1.0, "notes": [*bent, NOTES[2] | {"bend": None}]}
    ask(spool, "job-1", {**render(), "clip": clip})
    result(spool, "job-1", "done")
    job = answering.jobs.find("spool reaper", "job-1")
    assert job is not None
    bends = [note.bend for note in answering.jobs.request(job).clip.notes]
    assert bends == [((0.0, 0.0), (0.25, -0.0)), ((0.0, 0.0), (0.25, -1 / 3)), ()]


def test_remarks_are_listed_and_stay_until_the_end(spool: Path) -> None:
    ask(spool, "job-1", render("high riff"))
    done = result(spool, "job-1", "done")
    assert done["notes"] == ["a note is too high"]
    ask(spool, "job-2", render("held riff"))
    assert result(spool, "job-2", "running")["notes"] == []


def test_a_remark_is_a_stage_once_for_scripts_older_than_the_list(
    spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace
    written: list[dict[str, Any]] = []

    def watched(source: Any, target: Any) -> None:
        if Path(target).name == "job-1.json":
            written.append(json.loads(Path(source).read_bytes()))
        replace(source, target)

    monkeypatch.setattr(os, "replace", watched)
    ask(spool, "job-1", render("high riff"))
    result(spool, "job-1", "done")
    stages = {data["stage"]: data["notes"] for data in written if data["state"] == "running"}
    assert stages["note: a note is too high"] == ["a note is too high"]
    assert stages.keys() <= {"starting", "rendering", "note: a note is too high"}


def test_presets_can_be_asked_for(spool: Path) -> None:
    ask(spool, "p", {"presets": "bass"})
    assert [preset["name"] for preset in result(spool, "p", "presets")["presets"]] == ["Warm bass"]


def test_a_job_can_be_cancelled(spool: Path) -> None:
    ask(spool, "job-1", render("held riff"))
    result(spool, "job-1", "running")
    ask(spool, "job-1", {"client": "reaper", "cancel": True})
    assert result(spool, "job-1", "failed")["code"] == "cancelled"
    (spool / "results" / "job-1.json").unlink()
    all_are_answered(spool)
    ask(spool, "later", {"presets": ""})
    result(spool, "later", "presets")
    all_are_answered(spool)
    # An end that was read is not said again.
    assert [path.stem for path in spool.rglob("*.json")] == ["later"]


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"{", "bad_request", "not JSON"),
        (b"[]", "bad_request", "not a JSON object"),
        (b"[" * 100_000, "bad_request", "not JSON"),
        ({"preset": "Warm bass"}, "bad_request", "no clip"),
        (render() | {"clip": {"notes": []}}, "bad_request", "no notes"),
        (render() | {"clip": {"notes": [{"pitch": 60}]}}, "bad_request", "each note needs"),
        (render() | {"clip": {"notes": [NOTES[0] | {"pitch": 200}]}}, "bad_request", "pitch 200"),
        (
            render() | {"clip": {"notes": [NOTES[0] | {"bend": [0.0, 1.0]}]}},
            "bad_request",
            "[seconds, semitones]",
        ),
        (
            render() | {"clip": {"notes": [NOTES[0] | {"bend": [[0.0, 100.0]]}]}},
            "bad_request",
            "100.0 semitones",
        ),
        (render() | {"preset": "None such"}, "unknown_preset", "None such"),
        (render(model="../up"), "model_missing", "../up"),
        (render(takes=0), "bad_request", "takes"),
        (render("bad riff"), "internal", "no good"),
    ],
)
def test_every_mistake_is_a_result(spool: Path, content: Any, code: str, says: str) -> None:
    ask(spool, "mistake", content)
    failed = result(spool, "mistake", "failed")
    assert failed["code"] == code
    assert says in failed["message"]


def test_a_link_is_not_followed(spool: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps(render()))
    os.symlink(secret, spool / "requests" / "linked.json")
    assert "cannot be read" in result(spool, "linked", "failed")["message"]
    assert secret.exists()


def test_an_end_that_cannot_be_written_is_written_later(
    spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk; or Windows, where no file is replaced while another program reads it."""
    replace = os.replace
    refused: list[Any] = []

    def busy(source: Any, target: Any) -> None:
        if b'"done"' in Path(source).read_bytes() and len(refused) < 3:
            refused.append(target)
            raise PermissionError(13, "in use")
        replace(source, target)

    monkeypatch.setattr(os, "replace", busy)
    ask(spool, "job-1", render("riff"))
    assert result(spool, "job-1", "done")["takes"]
    assert len(refused) == 3


def test_what_was_under_way_at_a_stop_ends_after_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: Callable[[], None]
) -> None:
    monkeypatch.setenv("FAKE_WORKER_LOG", str(tmp_path / "rendered.txt"))
    folder = tmp_path / "spool"
    with service(tmp_path) as first, Spool(first, folder):
        ask(folder, "job-1", render("held riff"))
        result(folder, "job-1", "running")
    release()
    with service(tmp_path) as second, Spool(second, folder):
        assert result(folder, "job-1", "done")["takes"]
