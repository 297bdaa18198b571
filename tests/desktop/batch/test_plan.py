"""What a batch is said to cost, how fast this machine is, and how a batch stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.clip import Clip, Note
from core.errors import Cancelled, UserInputError
from desktop.pages.batch.group import RenderGroup
from desktop.pages.batch.pace import RenderPace
from desktop.pages.batch.plan import (
    USUAL_BYTES_PER_S,
    BatchForecast,
    BatchPlan,
    clock_words,
    cost_words,
    forecast,
    limits_of,
    size_words,
    time_words,
)
from desktop.services.fakes.jobs import FakeJobs
from desktop.services.jobs_interface import ClipItem, PresetChoice, TakeItem, TakeState
from tests.desktop.services.conftest import control


def clip(name: str = "riff", length_s: float = 8.0) -> ClipItem:
    return ClipItem(f"clip {name}", Clip.of(name, [Note(0.0, 60, 90, 0.5)], length_s), "a test")


def take(number: int, state: TakeState, stage: str = "", fraction: float = 0.0) -> TakeItem:
    return TakeItem(number, "clip riff", "Bell", "here", state, stage or state, fraction)


PRESETS = tuple(PresetChoice(f"id of {name}", name) for name in ("Bell", "Bass", "Choir"))


def test_a_plan_says_what_it_is() -> None:
    plan = BatchPlan((clip(),), PRESETS, takes=2)
    assert (plan.count, plan.audio_s) == (6, 48.0)
    assert plan.title == "riff in 3 presets, 2 takes each"
    assert BatchPlan((clip(), clip("b")), PRESETS[:1]).title == "2 clips in Bell"
    assert BatchPlan((clip(),), (PresetChoice("7", ""),)).title == "riff in 1 preset"


def test_costs_are_said_in_words() -> None:
    plan = BatchPlan((clip(),), PRESETS)
    assert cost_words(plan, None) == (
        "3 renders, 0:24 of sound; how long it takes is known after the first"
    )
    assert cost_words(plan, 0.5) == "3 renders, 0:24 of sound, about 12 s on this machine"
    assert (clock_words(3727), clock_words(59.6)) == ("1:02:07", "1:00")
    assert (time_words(0.2), time_words(100), time_words(9000)) == ("1 s", "2 min", "2.5 h")
    assert (size_words(6.2e6), size_words(1.23e9)) == ("6 MB", "1.2 GB")


def test_sizes_are_those_of_files_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    jobs = FakeJobs()
    plan = BatchPlan((clip(),), PRESETS)
    found = forecast(plan, jobs)
    assert found.size_bytes == 24.0 * USUAL_BYTES_PER_S
    assert found.free_bytes is not None
    jobs.receive(plan.clips[0].clip)
    jobs.submit("clip riff", ["Bell"])
    (tmp_path / "gone.wav").write_bytes(b"0" * 8)
    file = tmp_path / "take.wav"
    file.write_bytes(b"0" * 8000)
    jobs.finish(1, file)
    assert forecast(plan, jobs).size_bytes == 24_000
    assert not BatchForecast(10.0, 5).fits
    assert BatchForecast(10.0, None).fits


def test_limits_are_said_for_each_clip() -> None:
    jobs = FakeJobs()
    plan = BatchPlan((clip("a"), clip("b")), PRESETS)
    assert limits_of(plan, jobs, control()) == []
    jobs.known_limits = ("2 notes are above C8", "bends are cut")
    assert limits_of(plan, jobs, control()) == [
        "a: 2 notes are above C8; bends are cut",
        "b: 2 notes are above C8; bends are cut",
    ]
    jobs.problem = UserInputError("that clip is not here any more")
    assert "not known: that clip is not here" in limits_of(plan, jobs, control())[0]
    cancelled = control()
    cancelled._task.cancel()
    with pytest.raises(Cancelled):
        limits_of(plan, jobs, cancelled)


def test_the_pace_is_that_of_renders_that_run_together() -> None:
    now = [100.0]
    pace = RenderPace(clock=lambda: now[0])
    pace.observe(take(9, "done"), 50.0)  # was there already
    pace.observe(take(1, "running", "loading the model"), 8.0)
    now[0] = 150.0
    pace.observe(take(1, "running", "rendering 1 %"), 8.0)
    pace.observe(take(2, "running", "rendering 1 %"), 8.0)
    now[0] = 154.0
    pace.observe(take(1, "done"), 8.0)
    paces = [pace.seconds_per_s]
    now[0] = 158.0
    pace.observe(take(2, "done"), 8.0)
    paces.append(pace.seconds_per_s)
    pace.observe(take(3, "running", "rendering 1 %"), 8.0)
    now[0] = 166.0
    pace.observe(take(3, "done"), 8.0)
    assert [*paces, pace.seconds_per_s] == [None, 0.5, 0.75]


@pytest.mark.parametrize("state", ["failed", "cancelled", "queued"])
def test_a_render_that_was_not_finished_says_nothing_of_the_pace(state: TakeState) -> None:
    pace = RenderPace(0.25)
    pace.observe(take(1, "running", "rendering 1 %"), 8.0)
    pace.observe(take(1, state), 8.0)
    assert pace.seconds_per_s == 0.25


def test_a_group_says_how_it_stands() -> None:
    group = RenderGroup("riff in 5 presets", {"clip riff": ("riff", 8.0)})
    assert group.fraction == 0.0
    states: list[tuple[TakeState, float]] = [
        ("done", 1.0), ("running", 0.5), ("failed", 0.3), ("cancelled", 0.0), ("queued", 0.0),
    ]  # fmt: skip
    group.takes = [take(n, state, fraction=part) for n, (state, part) in enumerate(states)]
    assert group.words(1.0) == "1 of 5 done, 1 failed, 1 cancelled, about 12 s left"
    assert group.words(None) == "1 of 5 done, 1 failed, 1 cancelled"
    assert group.fraction == pytest.approx(3.5 / 5)
    assert [one.id for one in group.left] == [1, 4]
    assert [one.id for one in group.failed] == [2, 3]
