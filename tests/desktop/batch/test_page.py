"""A batch from its question to its files, over fakes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from core.audio import write_audio
from core.errors import UserInputError
from desktop.commands import Commands
from desktop.pages.batch.commands import add_batch_commands
from desktop.pages.batch.group import RenderGroup
from desktop.pages.batch.kept import save_groups
from desktop.pages.batch.page import BatchPage
from desktop.pages.batch.plan import BatchPlan
from desktop.services.fakes.audio import FakeAudio
from desktop.services.fakes.jobs import FakeJobs, fake_clip
from desktop.services.jobs_interface import ClipItem, TakeItem
from desktop.tasks import Tasks
from tests.helpers.waiting import LAST_RESORT_S

Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[Tasks]:
    door = Tasks()
    yield door
    door.close()


@pytest.fixture
def jobs(qtbot: QtBot) -> FakeJobs:
    return FakeJobs()


@pytest.fixture
def audio() -> FakeAudio:
    return FakeAudio()


@pytest.fixture
def page(qtbot: QtBot, jobs: FakeJobs, audio: FakeAudio, tasks: Tasks) -> BatchPage:
    made = BatchPage(jobs, audio, tasks, 0.5)
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    return made


@pytest.fixture
def until(qtbot: QtBot) -> Until:
    def wait(happened: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(happened()), timeout=int(LAST_RESORT_S * 1000))

    return wait


def clips(jobs: FakeJobs, *names: str) -> list[ClipItem]:
    for name in names:
        jobs.receive(fake_clip(name))
    return list(reversed(jobs.clips()))


def start(page: BatchPage, jobs: FakeJobs, until: Until, *names: str) -> None:
    """A batch of clips in three presets begins."""
    page.plan(clips(jobs, *names), jobs.presets("")[:3])
    assert page.sheet is not None
    page.sheet.go.click()
    until(lambda: page.group)


def test_an_empty_page_says_what_to_do(page: BatchPage) -> None:
    assert page.widgets.is_empty
    page.cancel_all()
    page.retry_failed()
    page.play(0)


def test_the_sheet_says_what_it_costs_and_what_cannot_be_played(
    page: BatchPage, jobs: FakeJobs, until: Until
) -> None:
    jobs.known_limits = ("2 notes are above C8",)
    given = clips(jobs, "riff", "bass")
    page.plan(given, jobs.presets("")[:3])
    sheet = page.sheet
    assert sheet is not None
    until(lambda: "bass: 2 notes are above C8" in sheet.words and "free" in sheet.words)
    seconds = round(given[0].clip.length_s * 6 * 0.5)
    assert f"6 renders, 0:{2 * seconds} of sound, about {seconds} s on this machine" in sheet.words
    sheet.cancel.click()
    assert page.sheet is None
    assert not any(asked[0] == "submit" for asked in jobs.asked)
    jobs.known_limits = ()
    page.plan(given[:1], jobs.presets("")[:3])
    until(lambda: page.sheet and "The model plays everything in this clip." in page.sheet.words)


def test_many_clips_are_rendered_in_one_preset(
    page: BatchPage, jobs: FakeJobs, until: Until, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(page.begun) as begun:
        page.plan(clips(jobs, "riff", "bass"), jobs.presets("Bell"), takes=2)
        assert page.sheet is not None
        page.sheet.go.click()
    assert begun.args == ["2 clips in Small Bell, 2 takes each"]
    rows = [
        [page.model.index(row, column).data() for column in (0, 1)]
        for row in range(page.model.rowCount())
    ]
    assert rows == [
        ["riff", "Small Bell"],
        ["riff", "Small Bell, take 2"],
        ["bass", "Small Bell"],
        ["bass", "Small Bell, take 2"],
    ]


def test_progress_is_of_all_of_it(
    page: BatchPage, jobs: FakeJobs, until: Until, tmp_path: Path, qtbot: QtBot
) -> None:
    start(page, jobs, until, "riff")
    jobs.finish(1, tmp_path / "a.wav")
    jobs.render_fraction(2, 0.5, 4.0)
    until(lambda: page.widgets.words.startswith("1 of 3 done, about "))
    assert page.model.index(1, 3).data() == "4 s left"
    jobs.fail(2, "the recording is gone")
    with qtbot.waitSignal(page.status) as said:
        jobs.finish(3, tmp_path / "c.wav")
    assert said.args == ["riff in 3 presets: 2 of 3 done, 1 failed"]
    until(lambda: page.widgets.retry.isEnabled() and not page.widgets.cancel.isEnabled())
    assert "the recording is gone" in page.model.index(1, 2).data()


def test_what_failed_is_rendered_again_in_its_row(
    page: BatchPage, jobs: FakeJobs, until: Until, tmp_path: Path
) -> None:
    start(page, jobs, until, "riff")
    jobs.finish(1, tmp_path / "a.wav")
    jobs.fail(2, "the renderer died")
    until(page.widgets.retry.isEnabled)
    page.widgets.retry.click()
    until(lambda: ("retry", 2) in jobs.asked and page.group and page.group.takes[1].id == 4)
    jobs.finish(4, tmp_path / "b.wav")
    until(lambda: page.widgets.words.startswith("2 of 3 done"))
    assert ("retry", 1) not in jobs.asked


def test_all_of_it_is_cancelled_at_once(page: BatchPage, jobs: FakeJobs, until: Until) -> None:
    start(page, jobs, until, "riff")
    page.widgets.cancel.click()
    until(lambda: page.widgets.words == "0 of 3 done, 3 cancelled")


def test_arrow_keys_play_through_what_is_finished(
    page: BatchPage, jobs: FakeJobs, audio: FakeAudio, until: Until, tmp_path: Path, qtbot: QtBot
) -> None:
    start(page, jobs, until, "riff")
    for number in (1, 2):
        file = tmp_path / f"{number}.wav"
        write_audio(file, np.full((1, 8000 * number), 0.1, np.float32), 8000)
        jobs.finish(number, file)
    said: list[str] = []
    page.status.connect(said.append)
    table = page.widgets.table
    table.selectRow(0)
    until(lambda: audio.played == [1.0])
    qtbot.keyClick(table, Qt.Key.Key_Down)
    until(lambda: audio.played == [1.0, 2.0])
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert said[-1].endswith("nothing to hear yet")
    assert not audio.is_playing
    qtbot.keyClick(table, Qt.Key.Key_Up)
    qtbot.keyClick(table, Qt.Key.Key_Space)
    until(lambda: audio.played[-1] == 2.0 and len(audio.played) > 2)


def test_finished_files_are_exported_by_clip_and_preset(
    page: BatchPage, jobs: FakeJobs, until: Until, tmp_path: Path
) -> None:
    said: list[str] = []
    page.status.connect(said.append)
    start(page, jobs, until, "riff")
    page.export(tmp_path)
    assert said[-1] == "nothing of this batch is finished yet"
    (tmp_path / "job.wav").write_bytes(b"sound")
    jobs.finish(1, tmp_path / "job.wav")
    page.export(tmp_path)
    until(lambda: said[-1] == f"1 file copied to {tmp_path}")
    assert (tmp_path / "riff - Warm Drawbars.wav").read_bytes() == b"sound"
    problems: list[str] = []
    page.failed.connect(problems.append)
    page.export(tmp_path / "none")
    until(lambda: problems)


def test_a_refusal_is_said(page: BatchPage, jobs: FakeJobs, until: Until, qtbot: QtBot) -> None:
    given = clips(jobs, "riff", "bass")
    page.plan(given, jobs.presets("")[:1])
    jobs.problem = UserInputError("there is no preset of that name")
    assert page.sheet is not None
    with qtbot.waitSignal(page.failed) as said:
        page.sheet.go.click()
    assert said.args == ["there is no preset of that name (2 of 2 clips)"]
    assert page.widgets.is_empty


def test_batches_are_chosen_and_their_commands_say_why_not(
    page: BatchPage, jobs: FakeJobs, until: Until
) -> None:
    commands = Commands()
    add_batch_commands(page, commands)
    refused: list[str] = []
    commands.refused.connect(refused.append)
    for name in ("batch.cancel", "batch.retry", "batch.export"):
        assert not commands.run(name)
    assert refused[0] == "Cancel all renders of the batch: none waits or runs"
    start(page, jobs, until, "riff")
    page.begin(plan_of(jobs, "bass"))
    until(lambda: len(page.groups) == 2)
    assert page.widgets.groups.itemText(0) == "bass in 3 presets"
    page.widgets.groups.activated.emit(1)
    assert page.group is page.groups[1]
    assert commands.run("batch.cancel")
    until(lambda: all(take.state == "cancelled" for take in page.groups[1].takes))
    assert page.groups[0].left


def test_batches_are_there_at_the_next_start(
    qtbot: QtBot, jobs: FakeJobs, audio: FakeAudio, tasks: Tasks, until: Until, tmp_path: Path
) -> None:
    kept = tmp_path / "batches.json"
    first = BatchPage(jobs, audio, tasks, kept=kept)
    qtbot.addWidget(first)
    first.begin(plan_of(jobs, "riff"))
    until(kept.is_file)
    jobs.fail(2, "the renderer died")
    first.retry_failed()
    until(lambda: b"4" in kept.read_bytes())
    again = BatchPage(jobs, audio, tasks, kept=kept)
    qtbot.addWidget(again)
    until(lambda: again.group)
    assert again.group is not None
    assert [take.id for take in again.group.takes] == [1, 4, 3]
    assert again.widgets.groups.currentText() == "riff in 3 presets"
    jobs.finish(4, tmp_path / "a.wav")
    assert again.group.takes[1].state == "done"


def test_a_batch_begun_before_those_of_earlier_are_there_loses_none(
    qtbot: QtBot, jobs: FakeJobs, audio: FakeAudio, tasks: Tasks, until: Until, tmp_path: Path
) -> None:
    kept = tmp_path / "batches.json"
    earlier = plan_of(jobs, "riff")
    takes = jobs.submit(earlier.clips[0].id, [preset.id for preset in earlier.presets])
    save_groups([RenderGroup(earlier.title, {earlier.clips[0].id: ("riff", 1.0)}, [*takes])], kept)
    page = BatchPage(jobs, audio, tasks, kept=kept)
    qtbot.addWidget(page)
    now = plan_of(jobs, "walk")
    page.add(now, jobs.submit(now.clips[0].id, [now.presets[0].id]))
    until(lambda: len(page.groups) == 2)
    until(lambda: len(json.loads(kept.read_bytes())) == 2)


def plan_of(jobs: FakeJobs, name: str) -> BatchPlan:
    given = [item for item in clips(jobs, name) if item.clip.name == name]
    return BatchPlan(tuple(given), tuple(jobs.presets("")[:3]))


def test_what_cannot_be_rendered_again_keeps_nothing_else_out(
    page: BatchPage, jobs: FakeJobs, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.begin(plan_of(jobs, "riff"))
    until(lambda: page.group)
    assert page.group is not None
    first, second, _ = (take.id for take in page.group.takes)
    for take_id in (first, second):
        jobs.fail(take_id, "the renderer died")
    retry = jobs.retry

    def refusing(take_id: int) -> TakeItem:
        if take_id == first:
            raise UserInputError("its recording is gone")
        return retry(take_id)

    monkeypatch.setattr(jobs, "retry", refusing)
    said: list[str] = []
    page.failed.connect(said.append)
    page.retry_failed()
    until(lambda: said and page.group and page.group.takes[1].id not in (first, second))
    assert said == ["its recording is gone"]
    assert page.group.takes[0].id == first
