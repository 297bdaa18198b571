"""Clips and renders through the real queue, with a worker that has no models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bridge.protocol import ClipBegin, ClipEnd, ClipNotes, Render
from core.clip import Clip, Note
from core.errors import Cancelled, TimbreError, UserInputError
from core.provenance import PresetVersion, Provenance
from core.settings import RenderSettings
from core.timbre import TextTimbre
from desktop.services.job_words import RemainingTime, time_left_words
from desktop.services.jobs import LocalJobService
from desktop.tasks import LaneTask, TaskControl
from tests.desktop.services.conftest import HeardJobs, Until, control

OpenJobs = Callable[[], HeardJobs]


def test_a_dropped_clip_is_rendered_in_many_presets(
    open_jobs: OpenJobs, until: Until, tmp_path: Path
) -> None:
    heard = open_jobs()
    clip_id = heard.drop(tmp_path, "riff")
    choices = heard.jobs.presets("")
    assert {choice.name for choice in choices} == {"Hollow flute", "Warm bass"}
    takes = heard.jobs.submit(clip_id, [choice.id for choice in choices], takes=2)
    assert [take.seed for take in takes] == [0, 1, 0, 1]
    until(lambda: [t.state for t in heard.takes.values()] == ["done"] * 4)
    assert all(take.files[0].is_file() for take in heard.takes.values())
    assert {take.preset for take in heard.takes.values()} == {"Hollow flute", "Warm bass"}
    assert [take.id for take in heard.jobs.takes(clip_id)] == sorted(heard.takes, reverse=True)
    assert heard.clips[0].source == "dropped here"
    assert heard.jobs.under_way == 0


def test_stages_are_words_and_waiting_takes_say_what_is_before_them(
    open_jobs: OpenJobs, until: Until, tmp_path: Path
) -> None:
    heard = open_jobs()
    clip_id = heard.drop(tmp_path, "held riff")
    heard.jobs.submit(clip_id, ["Warm bass"])
    until(lambda: "rendering 50 %" in heard.stages)
    other = heard.drop(tmp_path, "next")
    (waiting,) = heard.jobs.submit(other, ["Warm bass"])
    (last,) = heard.jobs.submit(other, ["Hollow flute"])
    assert (waiting.stage, last.stage) == ("queued behind 1", "queued behind 2")
    heard.jobs.put_first(last.id)
    until(lambda: last.id in heard.takes and heard.takes[last.id].stage == "queued behind 1")
    heard.jobs.cancel(waiting.id)
    until(lambda: waiting.id in heard.takes and heard.takes[waiting.id].state == "cancelled")
    assert heard.jobs.under_way == 2
    (tmp_path / "release").touch()
    until(lambda: heard.takes[last.id].state == "done")


def test_one_unknown_preset_of_many_keeps_no_other_out(
    open_jobs: OpenJobs, until: Until, tmp_path: Path
) -> None:
    heard = open_jobs()
    clip_id = heard.drop(tmp_path, "riff")
    assert len(heard.jobs.submit(clip_id, ["Wram bass", "Warm bass"])) == 1
    until(lambda: any("Wram bass" in line for line in heard.lines))
    with pytest.raises(UserInputError, match="Wram bass"):
        heard.jobs.submit(clip_id, ["Wram bass"])
    with pytest.raises(UserInputError, match="drop it again"):
        heard.jobs.submit("gone", ["Warm bass"])


def test_a_renderer_that_dies_is_said_and_the_take_comes_all_the_same(
    open_jobs: OpenJobs, until: Until, tmp_path: Path
) -> None:
    heard = open_jobs()
    (take,) = heard.jobs.submit(heard.drop(tmp_path, "crash once"), ["Warm bass"])
    until(lambda: heard.takes.get(take.id) and heard.takes[take.id].state == "done")
    assert any("renderer died" in line for line in heard.lines)


def test_a_failure_has_a_way_out_and_retry_is_a_take_of_its_own(
    open_jobs: OpenJobs, until: Until, tmp_path: Path
) -> None:
    heard = open_jobs()
    clip_id = heard.drop(tmp_path, "bad riff")
    (take,) = heard.jobs.submit(clip_id, ["Warm bass"])
    until(lambda: heard.takes.get(take.id) and heard.takes[take.id].state == "failed")
    assert heard.takes[take.id].error == "no good"
    assert "retry" in heard.takes[take.id].way_out
    again = heard.jobs.retry(take.id)
    until(lambda: heard.takes.get(again.id) and heard.takes[again.id].state == "failed")
    assert [t.id for t in heard.jobs.takes(clip_id)] == [again.id, take.id]


def test_a_file_that_was_removed_is_said_and_made_again(
    open_jobs: OpenJobs, until: Until, tmp_path: Path
) -> None:
    heard = open_jobs()
    clip_id = heard.drop(tmp_path, "riff")
    (take,) = heard.jobs.submit(clip_id, ["Warm bass"])
    until(lambda: heard.takes.get(take.id) and heard.takes[take.id].files)
    heard.takes[take.id].files[0].unlink()
    (gone,) = heard.jobs.takes(clip_id)
    assert "moved or removed" in gone.error
    assert not gone.files
    again = heard.jobs.retry(take.id)
    until(lambda: heard.takes.get(again.id) and heard.takes[again.id].files)


def test_takes_of_an_earlier_run_are_there_and_go_on(
    open_jobs: OpenJobs, until: Until, tmp_path: Path
) -> None:
    first = open_jobs()
    clip_id = first.drop(tmp_path, "riff")
    (take,) = first.jobs.submit(clip_id, ["Warm bass"])
    until(lambda: first.takes.get(take.id) and first.takes[take.id].state == "done")
    (held,) = first.jobs.submit(first.drop(tmp_path, "held riff"), ["Warm bass"])
    until(lambda: first.takes.get(held.id) and first.takes[held.id].state == "running")
    first.jobs.close()
    with pytest.raises(TimbreError, match="closing"):
        first.jobs.clips()
    (tmp_path / "release").touch()
    second = open_jobs()
    assert [clip.clip.name for clip in second.jobs.clips()] == ["held riff", "riff"]
    (known,) = second.jobs.takes(clip_id)
    assert (known.preset, known.state) == ("Warm bass", "done")
    until(lambda: second.jobs.takes(second.jobs.clips()[0].id)[0].state == "done")


def test_clips_and_jobs_of_a_daw_appear(open_jobs: OpenJobs, until: Until) -> None:
    heard = open_jobs()
    shared = heard.jobs.service()
    note = Note(0.0, 60, 90, 0.5)
    shared.receive_clip("ardour-1", ClipBegin("c", "verse", 1, 1.0))
    shared.receive_clip("ardour-1", ClipNotes("c", 0, (note,)))
    shared.receive_clip("ardour-1", ClipEnd("c"))
    until(lambda: heard.clips)
    assert (heard.clips[0].clip.name, heard.clips[0].source) == ("verse", "Ardour")
    shared.render("ardour-1", Render("j", "c", "Warm bass"))
    until(lambda: any(take.files for take in heard.takes.values()))
    (take,) = heard.jobs.takes(heard.clips[0].id)
    assert take.source == "Ardour"
    shared.submit("spool reaper", Render("k", "", "Warm bass"), Clip.of("spooled", [note]))
    until(lambda: any(clip.clip.name == "spooled" for clip in heard.clips))


def test_what_is_no_midi_is_refused(open_jobs: OpenJobs, tmp_path: Path) -> None:
    (tmp_path / "notes.mid").write_text("hello")
    with pytest.raises(UserInputError, match=r"notes\.mid"):
        open_jobs().jobs.add_file(tmp_path / "notes.mid", control())


def made_by(jobs: LocalJobService, **changes: object) -> Provenance:
    """The provenance of a render of this machine's model."""
    embedding = np.zeros(512, np.float32)
    embedding[3] = 1.0
    values: dict[str, object] = {
        "clip": Clip.of("riff", [Note(0.0, 60, 90, 0.5)]),
        "embedding": embedding,
        "seed": 7,
        "model_id": "tiny",
        "model_sha256": jobs.service().registry.resolve("tiny").sha256,
        "sample_rate": 44_100,
        "settings": RenderSettings(),
        "gain_db": -3.0,
        "timbre": TextTimbre("hollow flute"),
        "preset": PresetVersion("Hollow flute", 1),
    }
    return Provenance(**{**values, **changes})  # type: ignore[arg-type]


def test_a_sound_of_ours_is_queued_as_it_was_made(
    open_jobs: OpenJobs, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = open_jobs()
    made = made_by(heard.jobs)
    monkeypatch.setattr("core.provenance.read_provenance", lambda _file: made)
    take = heard.jobs.render_again(tmp_path / "old.wav")
    assert (take.preset, take.seed) == ("Hollow flute", 7)
    shared = heard.jobs.service()
    job = next(job for job in shared.jobs.recent(1))
    request = shared.jobs.request(job)
    assert request.settings["gain"] == -3.0
    assert request.embedding
    assert request.clip == made.clip
    until(lambda: heard.takes.get(take.id) and heard.takes[take.id].files)
    assert heard.clips[0].source == "from old.wav"


def test_a_sound_of_other_weights_or_of_no_timbre_is_refused_in_words(
    open_jobs: OpenJobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = open_jobs().jobs
    for changes, words in (
        ({"model_sha256": "0" * 64}, "other weights"),
        ({"timbre": None}, "bare embedding"),
        ({"model_id": "gone"}, "gone"),
    ):
        made = made_by(jobs, **changes)
        monkeypatch.setattr("core.provenance.read_provenance", lambda _file, made=made: made)
        with pytest.raises(TimbreError, match=words):
            jobs.render_again(tmp_path / "old.wav")


def test_limits_come_from_the_renderer_and_nobody_waits_for_nothing(
    open_jobs: OpenJobs, until: Until, tmp_path: Path
) -> None:
    heard = open_jobs()
    clip_id = heard.drop(tmp_path, "high riff")
    assert heard.jobs.limits(clip_id, control()) == ("a note is too high",)
    with pytest.raises(TimbreError, match="renderer died"):
        heard.jobs.limits(heard.drop(tmp_path, "crash"), control())
    held = heard.drop(tmp_path, "held riff")
    heard.jobs.submit(held, ["Warm bass"])
    until(lambda: any("rendering" in stage for stage in heard.stages))
    task = LaneTask(lambda _control: None, None, None, None)
    task.cancel()
    with pytest.raises(Cancelled):
        heard.jobs.limits(heard.drop(tmp_path, "other"), TaskControl(task))
    (tmp_path / "release").touch()


def test_a_second_window_says_who_has_the_queue(open_jobs: OpenJobs) -> None:
    first = open_jobs()
    first.jobs.clips()
    with pytest.raises(UserInputError, match="another Timbre Bridge"):
        open_jobs().jobs.clips()


def test_time_left_is_measured_from_where_rendering_began() -> None:
    now = [0.0]
    remaining = RemainingTime(lambda: now[0])
    assert remaining.update(1, 0.05) is None  # loading says nothing
    assert remaining.update(1, 0.2) is None
    now[0] = 4.0
    assert remaining.update(1, 0.6) == pytest.approx(4.0)
    remaining.forget(1)
    assert remaining.update(1, 0.6) is None
    assert [time_left_words(s) for s in (None, 0.2, 8.2, 150)] == [
        "", "1 s left", "8 s left", "2 min left",
    ]  # fmt: skip
