"""The real job service over a small library and a worker with no models."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.clip import Clip, Note
from core.midi import write_midi
from desktop.services.jobs import LocalJobService
from desktop.services.jobs_interface import ClipItem, TakeItem
from desktop.tasks import LaneTask, TaskControl
from tests.bridge.servers import service
from tests.helpers.waiting import LAST_RESORT_S

Until = Callable[[Callable[[], object]], None]


class HeardJobs:
    """A job service, and all that it said."""

    def __init__(self, jobs: LocalJobService) -> None:
        self.jobs = jobs
        self.clips: list[ClipItem] = []
        self.takes: dict[int, TakeItem] = {}
        self.stages: list[str] = []
        self.lines: list[str] = []
        jobs.events.clip_came.connect(self.clips.append)
        jobs.events.take_changed.connect(self._on_take)
        jobs.events.said.connect(self.lines.append)

    def _on_take(self, take: TakeItem) -> None:
        self.takes[take.id] = take
        self.stages.append(take.stage)

    def drop(self, folder: Path, name: str) -> str:
        """A MIDI file is dropped; what it is called says what becomes of it.

        Args:
            folder: where the file is written.
            name: of the clip.

        Returns:
            The clip's id.
        """
        file = folder / f"{name}.mid"
        write_midi(Clip.of(name, [Note(0.0, 60, 90, 0.5)]), file)
        return self.jobs.add_file(file, control()).id


def control() -> TaskControl:
    """Of a task that is not cancelled."""
    return TaskControl(LaneTask(lambda _control: None, None, None, None))


@pytest.fixture
def until(qtbot: QtBot) -> Until:
    """Wait until something is so, events being handled meanwhile."""

    def wait(happened: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(happened()), timeout=int(LAST_RESORT_S * 1000))

    return wait


@pytest.fixture
def open_jobs(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], HeardJobs]]:
    """Open the service of this test; again is the next start of the window."""
    monkeypatch.setenv("FAKE_WORKER_LOG", str(tmp_path / "rendered.txt"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["."]))
    opened: list[LocalJobService] = []

    def open_() -> HeardJobs:
        jobs = LocalJobService(lambda: service(tmp_path))
        opened.append(jobs)
        return HeardJobs(jobs)

    yield open_
    for jobs in opened:
        jobs.close()
