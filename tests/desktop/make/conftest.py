"""A Make page over fakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.commands import Commands
from desktop.pages.make.page import MakePage
from desktop.services.fakes.audio import FakeAudio
from desktop.services.fakes.making import FakeMicrophone, FakeRecordings, FakeWords
from desktop.services.making.interface import MakingServices
from desktop.tasks import Tasks
from tests.desktop.frame_fakes import AddedPresets
from tests.helpers.waiting import LAST_RESORT_S

Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[Tasks]:
    door = Tasks()
    yield door
    door.close()


@pytest.fixture
def recordings() -> FakeRecordings:
    return FakeRecordings()


@pytest.fixture
def microphone() -> FakeMicrophone:
    return FakeMicrophone()


@pytest.fixture
def words() -> FakeWords:
    return FakeWords()


@pytest.fixture
def presets() -> AddedPresets:
    return AddedPresets()


@pytest.fixture
def audio() -> FakeAudio:
    return FakeAudio()


@pytest.fixture
def commands() -> Commands:
    return Commands()


@pytest.fixture
def page(
    qtbot: QtBot,
    recordings: FakeRecordings,
    microphone: FakeMicrophone,
    words: FakeWords,
    presets: AddedPresets,
    audio: FakeAudio,
    tasks: Tasks,
    commands: Commands,
) -> MakePage:
    making = MakingServices(recordings, microphone, words)
    made = MakePage(presets, making, audio, tasks, commands)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.resize(900, 640)
    made.show()
    return made


@pytest.fixture
def until(qtbot: QtBot) -> Until:
    """Wait until something is so, events being handled meanwhile."""

    def wait(happened: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(happened()), timeout=int(LAST_RESORT_S * 1000))

    return wait


@pytest.fixture
def opened(page: MakePage, until: Until) -> MakePage:
    """With a recording that was listened to."""
    page.recording.open(Path("my_cello.flac"))
    until(lambda: "Heard as" in page.recording.heard.text())
    return page
