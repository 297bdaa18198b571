"""A batch over the real queue, with a worker that has no models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.pages.batch.page import BatchPage
from desktop.services.fakes.audio import FakeAudio
from desktop.tasks import Tasks
from tests.desktop.services.conftest import HeardJobs, Until, open_jobs, until

__all__ = ["open_jobs", "until"]


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[Tasks]:
    door = Tasks()
    yield door
    door.close()


def test_clips_are_rendered_retried_and_exported(
    open_jobs: Callable[[], HeardJobs],
    until: Until,
    tasks: Tasks,
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    heard = open_jobs()
    for name in ("riff", "high notes", "bad clip"):
        heard.drop(tmp_path, name)
    page = BatchPage(heard.jobs, FakeAudio(), tasks)
    qtbot.addWidget(page)
    clips, presets = heard.jobs.clips(), heard.jobs.presets("")
    page.plan(clips, presets)
    sheet = page.sheet
    assert sheet is not None
    until(lambda: "high notes:" in sheet.words and "free" in sheet.words)
    assert "riff:" not in sheet.words
    sheet.go.click()
    until(lambda: page.group and not page.group.left)
    assert page.group is not None
    assert [take.state for take in page.group.takes].count("done") == 4
    until(lambda: page.widgets.words == "4 of 6 done, 2 failed")
    failed = [take.id for take in page.group.failed]
    page.retry_failed()
    until(lambda: page.group and not page.group.left and page.group.failed[0].id not in failed)
    assert len(page.group.takes) == 6
    folder = tmp_path / "export"
    folder.mkdir()
    page.export(folder)
    until(lambda: len(list(folder.iterdir())) == 4)
    assert (folder / "riff - Warm bass.wav").is_file()
