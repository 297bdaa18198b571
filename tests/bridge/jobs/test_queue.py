"""Jobs end, in order, once, whatever dies; with a worker that has no models."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.jobs import queue as queue_module
from bridge.jobs.errors import JobConflict, QueueUnusable
from bridge.jobs.model import JobEvent, JobRequest
from bridge.jobs.worker_messages import LimitsFound, WorkerDied
from core.errors import TimbreError
from core.provenance import PresetVersion
from tests.bridge.conftest import Watched, request
from tests.helpers.waiting import LAST_RESORT_S

Rendered = Callable[[], list[str]]
OpenQueue = Callable[..., Watched]


def test_a_job_becomes_files_with_names_of_their_own(open_queue: OpenQueue) -> None:
    watched = open_queue()
    job = watched.jobs.submit(request("1", "../Lead/Ünter", takes=2))
    assert (job.state, watched.jobs.position(job)) == ("queued", 0)
    (done,) = watched.end_of("1")
    assert done.message == ""
    assert [file.take for file in done.files] == [0, 1]
    names = [file.path.name for file in done.files]
    assert all(name.startswith("lead-unter-flute-") for name in names)
    assert len(set(names)) == 2
    for file in done.files:
        assert file.path.is_file()
        assert file.path.is_absolute()
        assert (file.sample_rate, file.frames) == (8000, 800)


def test_a_listener_that_fails_is_logged_and_stops_nobody(
    open_queue: OpenQueue, caplog: pytest.LogCaptureFixture
) -> None:
    watched = open_queue()

    def fail(_event: object) -> None:
        raise ValueError("the listener's own trouble")

    watched.jobs.listen(fail)
    watched.jobs.submit(request("1", "riff"))
    (done,) = watched.end_of("1")
    assert done.state == "done"
    assert "the listener's own trouble" in caplog.text


def test_the_same_render_is_the_file_that_is_there(
    open_queue: OpenQueue, rendered: Rendered
) -> None:
    watched = open_queue()
    watched.jobs.submit(request("1", "riff", takes=3))
    watched.jobs.submit(request("2", "riff", client="you"))
    watched.jobs.submit(request("3", "riff", seed=2))
    watched.jobs.submit(request("4", "riff", preset=PresetVersion("Flute", 2)))
    one, two, three, four = watched.end_of("1", "2", "3", "4")
    assert two.files[0].path == one.files[0].path
    assert three.files[0].path == one.files[2].path
    assert four.files[0].path not in [file.path for file in one.files]
    assert len(rendered()) == 4


def test_a_file_that_was_changed_or_removed_is_left_alone_and_made_again(
    open_queue: OpenQueue, rendered: Rendered
) -> None:
    watched = open_queue()
    watched.jobs.submit(request("1", "riff"))
    (first,) = watched.end_of("1")
    path = first.files[0].path
    path.write_bytes(b"edited")
    watched.jobs.submit(request("2", "riff"))
    (second,) = watched.end_of("2")
    assert path.read_bytes() == b"edited"
    assert second.files[0].path != path
    second.files[0].path.unlink()
    watched.jobs.submit(request("3", "riff"))
    (third,) = watched.end_of("3")
    assert third.files[0].path.is_file()
    assert len(rendered()) == 3


def test_a_repeated_id_is_not_done_twice_and_not_used_for_another(
    open_queue: OpenQueue, rendered: Rendered
) -> None:
    watched = open_queue()
    watched.jobs.submit(request("1", "riff"))
    watched.jobs.submit(request("1", "riff"))
    watched.end_of("1")
    assert watched.jobs.submit(request("1", "riff")).state == "done"
    with pytest.raises(JobConflict, match="take a new id"):
        watched.jobs.submit(request("1", "other riff"))
    assert watched.jobs.submit(request("1", "riff", client="you")).state != "failed"
    assert len(rendered()) == 1


def test_waiting_jobs_are_rendered_together(open_queue: OpenQueue, rendered: Rendered) -> None:
    watched = open_queue(start=False)
    for number in range(4):
        watched.jobs.submit(request(str(number)))
    watched.jobs.start()
    watched.end_of("0", "1", "2", "3")
    assert [line.split()[-1] for line in rendered()] == ["4"] * 4


def test_a_failing_job_fails_alone(open_queue: OpenQueue) -> None:
    watched = open_queue(start=False)
    for name in ("good", "bad", "fine"):
        watched.jobs.submit(request(name))
    watched.jobs.start()
    good, bad, fine = watched.end_of("good", "bad", "fine")
    assert (good.state, bad.state, fine.state) == ("done", "failed", "done")
    assert (bad.code, bad.message, bad.files) == ("internal", "no good", ())


def test_what_the_model_cannot_say_is_a_remark_once_and_progress_goes_on(
    open_queue: OpenQueue,
) -> None:
    watched = open_queue(start=False)
    job = watched.jobs.submit(request("high"))
    events: list[JobEvent] = []
    watched.jobs.listen(events.append)
    watched.jobs.start()
    remark = watched.until(lambda event: bool(event.remark))
    assert remark.remark == "a note is too high"
    assert (remark.job.state, remark.fraction, remark.stage) == ("running", 0.0, "starting")
    watched.end_of("high")
    assert [event.stage for event in events if event.remark] == ["starting"]
    assert watched.jobs.progress(job) is None


def test_many_takes_cost_one_copy_of_their_clip(
    open_queue: OpenQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    to_json = JobRequest.to_json

    def counted(self: JobRequest) -> dict[str, object]:
        calls.append(self.job_id)
        return to_json(self)

    watched = open_queue(start=False)
    watched.jobs.submit(request("1", takes=100))
    monkeypatch.setattr(JobRequest, "to_json", counted)
    watched.jobs.start()
    (done,) = watched.end_of("1")
    assert len({file.path for file in done.files}) == 100
    assert calls == ["1"]  # in the order to the worker


def test_a_worker_that_dies_is_replaced_and_its_job_tried_once_more(
    open_queue: OpenQueue, rendered: Rendered
) -> None:
    watched = open_queue(start=False)
    for name in ("one", "crash", "two", "crash once", "three"):
        watched.jobs.submit(request(name))
    watched.jobs.start()
    one, crash, two, once, three = watched.end_of("one", "crash", "two", "crash once", "three")
    assert [job.state for job in (one, crash, two, once, three)] == [
        "done", "failed", "done", "done", "done",
    ]  # fmt: skip
    assert crash.code == "internal"
    assert "SIGKILL" in crash.message
    assert len(rendered()) == 4


def test_a_job_that_is_tried_again_does_not_go_back(open_queue: OpenQueue) -> None:
    watched = open_queue()
    seen: list[tuple[str, float]] = []
    watched.jobs.listen(lambda event: seen.append((event.stage, event.fraction)))
    watched.jobs.submit(request("crash once"))
    watched.end_of("crash once")
    assert seen == [
        ("starting", 0.0),
        ("rendering", 0.75),  # then its worker dies
        ("queued", 0.75),
        ("starting", 0.75),
        ("rendering", 0.75),  # 0.25, the second time
        ("done", 1.0),
    ]


def test_cancelling_stops_waiting_and_running_jobs_and_no_others(open_queue: OpenQueue) -> None:
    watched = open_queue()
    watched.jobs.submit(request("held 1"))
    watched.until(lambda event: event.stage == "rendering")
    watched.jobs.submit(request("2"))
    assert watched.jobs.position(watched.jobs.submit(request("3"))) == 2
    cancelled = watched.jobs.cancel("me", "2")
    assert cancelled is not None
    assert (cancelled.state, cancelled.code) == ("cancelled", "cancelled")
    watched.jobs.cancel("me", "held 1")
    held, three = watched.end_of("held 1", "3")
    assert (held.state, three.state) == ("cancelled", "done")
    late = watched.jobs.cancel("me", "3")
    assert late is not None
    assert late.state == "done"
    assert watched.jobs.cancel("me", "nothing") is None


def test_a_worker_that_does_not_hear_is_killed_and_its_other_jobs_go_on(
    open_queue: OpenQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_module, "CANCEL_GRACE_S", 0.2)
    watched = open_queue(start=False)
    watched.jobs.submit(request("stuck"))
    watched.jobs.submit(request("after"))
    watched.jobs.start()
    watched.until(lambda event: event.stage == "rendering")
    watched.jobs.cancel("me", "stuck")
    stuck, after = watched.end_of("stuck", "after")
    assert (stuck.state, after.state, after.attempts) == ("cancelled", "done", 0)


def test_closing_and_opening_loses_nothing(
    open_queue: OpenQueue, rendered: Rendered, tmp_path: Path
) -> None:
    watched = open_queue()
    watched.jobs.submit(request("done"))
    watched.end_of("done")
    for number in range(3):
        watched.jobs.submit(request(f"held {number}"))
    watched.until(lambda event: event.stage == "rendering")
    watched.jobs.close()
    (tmp_path / "release").touch()
    again = open_queue()
    again.end_of("held 0", "held 1", "held 2")
    assert sorted(line.split(" ")[0] for line in rendered()) == ["done"] + ["held"] * 3
    assert again.jobs.unacknowledged("me")[0].job_id == "done"
    again.jobs.acknowledge(again.jobs.unacknowledged("me")[0])
    assert len(again.jobs.unacknowledged("me")) == 3


def test_a_file_complete_before_a_crash_is_not_made_again(
    open_queue: OpenQueue, rendered: Rendered, tmp_path: Path
) -> None:
    watched = open_queue()
    watched.jobs.submit(request("1"))
    watched.end_of("1")
    watched.jobs.close()
    with sqlite3.connect(tmp_path / "jobs.sqlite") as db:  # as if killed before the last notes
        db.execute("UPDATE jobs SET state = 'running'")
        db.execute("UPDATE files SET stamp = '', frames = 0, sample_rate = 0")
    (job,) = open_queue().end_of("1")
    assert (job.files[0].frames, job.files[0].sample_rate) == (800, 8000)
    assert len(rendered()) == 1


def test_killed_workers_lose_no_job(
    open_queue: OpenQueue, rendered: Rendered, tmp_path: Path
) -> None:
    watched = open_queue()
    release = tmp_path / "release"
    ids = [f"held {number}" for number in range(2)]
    for job_id in ids:
        watched.jobs.submit(request(job_id))
        watched.until(lambda event: event.stage == "rendering")
        worker = watched.jobs._worker
        assert worker is not None
        os.kill(worker.pid, signal.SIGKILL)
        watched.until(lambda event: event.stage == "queued")
        release.touch()
        watched.end_of(job_id)
        release.unlink()
    assert {job.state for job in watched.end_of(*ids)} == {"done"}
    assert len(rendered()) == 2


def test_one_process_owns_the_queue(open_queue: OpenQueue) -> None:
    open_queue()
    with pytest.raises(QueueUnusable, match="another Timbre Bridge"):
        open_queue()


def test_a_queue_of_a_newer_program_or_a_damaged_one_is_refused(
    open_queue: OpenQueue, tmp_path: Path
) -> None:
    file = tmp_path / "jobs.sqlite"
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA user_version=2")
    with pytest.raises(QueueUnusable, match="newer Timbre Bridge"):
        open_queue()
    db.close()
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(QueueUnusable, match="damaged, or not a database; move it away to"):
        open_queue()


def test_only_old_leftovers_are_swept_away(open_queue: OpenQueue, tmp_path: Path) -> None:
    folder = tmp_path / "renders"
    folder.mkdir()
    old, new, other = (folder / name for name in (".0a.part", ".1b.part", "take.wav"))
    for file in (old, new, other):
        file.touch()
    for file in (old, other):
        os.utime(file, (0, 0))
    open_queue(start=False)
    assert sorted(file.name for file in folder.iterdir()) == [".1b.part", "take.wav"]


def test_a_disk_that_is_full_for_a_while_loses_no_job(
    open_queue: OpenQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_module, "_DISK_PAUSE_S", 0.01)
    watched = open_queue(start=False)
    watched.jobs.submit(request("1"))
    store = watched.jobs._store
    write, failures = store.mark, [sqlite3.OperationalError("database or disk is full")] * 6

    def full(*given: object) -> object:
        if failures:
            raise failures.pop()
        return write(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "mark", full)
    watched.jobs.start()
    assert watched.end_of("1")[0].state == "done"
    assert failures == []


def test_jobs_of_earlier_runs_are_listed_the_newest_first(open_queue: OpenQueue) -> None:
    first = open_queue()
    for job_id in ("one", "two", "three"):
        first.jobs.submit(request(job_id))
    first.end_of("one", "two", "three")
    first.jobs.close()
    again = open_queue()
    assert [job.job_id for job in again.jobs.recent(2)] == ["three", "two"]
    assert again.jobs.recent(10)[-1].files
    assert again.jobs.recent(0) == []


def test_a_waiting_job_can_be_put_first(open_queue: OpenQueue) -> None:
    watched = open_queue(start=False)
    jobs = watched.jobs
    for job_id in ("one", "two"):
        jobs.submit(request(job_id))
    last = jobs.submit(request("three", client="other"))
    assert jobs.position(last) > 0
    put = jobs.put_first("other", "three")
    assert put is not None
    assert jobs.position(put) == 0
    again = jobs.put_first("me", "two")
    assert again is not None
    assert again.priority > put.priority
    assert jobs.put_first("me", "none") is None
    jobs.start()
    ended = watched.end_of("one", "two", "three")
    assert {job.state for job in ended} == {"done"}
    over = jobs.put_first("me", "one")
    assert over is not None
    assert over.state == "done"


def test_limits_are_asked_of_the_worker_and_its_death_answers_too(open_queue: OpenQueue) -> None:
    jobs = open_queue().jobs
    answer = jobs.limits(request("a", "high notes")).result(LAST_RESORT_S)
    assert isinstance(answer, LimitsFound)
    assert answer.limits == ("a note is too high",)
    died = jobs.limits(request("b", "crash")).result(LAST_RESORT_S)
    assert isinstance(died, WorkerDied)
    fine = jobs.limits(request("c", "fine")).result(LAST_RESORT_S)
    assert isinstance(fine, LimitsFound)


def test_a_closed_queue_starts_no_worker_again(open_queue: OpenQueue) -> None:
    jobs = open_queue().jobs
    jobs.close()
    with pytest.raises(TimbreError, match="closed"):
        jobs.limits(request("a"))
    with pytest.raises(TimbreError, match="closed"):
        jobs.wait_until_warm()
