"""The DAW page: the switch, the trip, what came and went, and a log to copy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt, QUrl
from PyQt6.QtGui import QDesktopServices, QGuiApplication
from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from desktop.pages.daws.page import DawPage
from desktop.services.bridge_interface import TripStep
from desktop.services.fakes.bridge import FakeBridge
from desktop.services.fakes.daws import FakeDaws
from desktop.services.fakes.jobs import FakeJobs, fake_clip
from desktop.services.jobs_interface import DROPPED
from desktop.tasks import Tasks
from tests.helpers.waiting import LAST_RESORT_S

LAST_RESORT_MS = int(1000 * LAST_RESORT_S)


@pytest.fixture
def bridge() -> FakeBridge:
    return FakeBridge()


@pytest.fixture
def jobs() -> FakeJobs:
    return FakeJobs()


@pytest.fixture
def page(qtbot: QtBot, bridge: FakeBridge, jobs: FakeJobs) -> Iterator[DawPage]:
    tasks = Tasks()
    made = DawPage(bridge, FakeDaws(), jobs, tasks)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: tasks.under_way == 0, timeout=LAST_RESORT_MS)
    yield made
    tasks.close()


def words_on(page: DawPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel))


def test_the_switch_turns_the_bridge_on_and_off(
    qtbot: QtBot, page: DawPage, bridge: FakeBridge
) -> None:
    qtbot.mouseClick(page.connection.switch, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bridge.state.is_on, timeout=LAST_RESORT_MS)
    qtbot.waitUntil(page.connection.switch.isEnabled, timeout=LAST_RESORT_MS)
    assert "port 9270" in words_on(page)
    page.toggle_bridge()
    qtbot.waitUntil(lambda: not bridge.state.is_on, timeout=LAST_RESORT_MS)


def test_a_bridge_that_cannot_be_turned_on_says_why_and_stays_off(
    qtbot: QtBot, page: DawPage, bridge: FakeBridge
) -> None:
    bridge.problem = "another program uses port 9270; end that program"
    page.connection.turn(True)
    qtbot.waitUntil(lambda: bridge.problem in words_on(page), timeout=LAST_RESORT_MS)
    assert not page.connection.switch.isChecked()


def test_who_speaks_with_the_bridge_is_listed(page: DawPage, bridge: FakeBridge) -> None:
    bridge.turn_on()
    bridge.connect_client("Ardour")
    assert page.connection.clients.lines == ("Ardour, heard just now",)


def test_a_trip_shows_its_steps(qtbot: QtBot, page: DawPage, bridge: FakeBridge) -> None:
    assert not page.trip.button.isEnabled()
    bridge.turn_on()
    qtbot.mouseClick(page.trip.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "A DAW gets its audio back." in words_on(page), timeout=LAST_RESORT_MS)
    assert bridge.trip[0].words in words_on(page)


def test_a_trip_that_ends_early_says_what_to_do(
    qtbot: QtBot, page: DawPage, bridge: FakeBridge
) -> None:
    bridge.turn_on()
    bridge.trip = (TripStep("no answer within 5 s", False, "turn the bridge off and on"),)
    page.trip.toggle()
    qtbot.waitUntil(lambda: "It ended early." in words_on(page), timeout=LAST_RESORT_MS)
    assert "no answer within 5 s; turn the bridge off and on" in words_on(page)


def test_clips_of_daws_are_listed_with_their_files(
    page: DawPage, jobs: FakeJobs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    jobs.receive(fake_clip("mine"), DROPPED)
    clip = jobs.receive(fake_clip("riff"), "Ardour")
    table = page.traffic
    assert [table.item(row, 1).text() for row in range(table.rowCount())] == ["riff"]  # type: ignore[union-attr]
    (take,) = jobs.submit(clip, ["id of Small Bell"])
    jobs.change(take.id, source="Ardour")
    jobs.finish(take.id, tmp_path / "riff.wav")
    assert table.item(0, 4).text() == str(tmp_path / "riff.wav")  # type: ignore[union-attr]
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    table.cellActivated.emit(0, 0)
    assert [Path(url.toLocalFile()) for url in opened] == [tmp_path]


def test_clips_of_earlier_runs_are_listed(qtbot: QtBot, bridge: FakeBridge) -> None:
    jobs, tasks = FakeJobs(), Tasks()
    jobs.receive(fake_clip("riff"), "REAPER")
    page = DawPage(bridge, FakeDaws(), jobs, tasks)
    qtbot.addWidget(page)
    qtbot.waitUntil(lambda: page.traffic.rowCount() == 1, timeout=LAST_RESORT_MS)
    tasks.close()


def test_a_library_that_cannot_be_read_is_said(qtbot: QtBot, bridge: FakeBridge) -> None:
    from core.errors import UserInputError

    jobs, tasks = FakeJobs(), Tasks()
    jobs.problem = UserInputError("the queue cannot be read")
    page = DawPage(bridge, FakeDaws(), jobs, tasks)
    qtbot.addWidget(page)
    with qtbot.waitSignal(page.failed, timeout=LAST_RESORT_MS) as failed:
        pass
    assert "the queue cannot be read" in failed.args[0].message
    tasks.close()


def test_the_log_grows_and_is_copied_with_what_runs(page: DawPage, bridge: FakeBridge) -> None:
    bridge.note("ardour says hello")
    assert "ardour says hello" in page.log.text.toPlainText()
    page.log.copy()
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    assert "ardour says hello" in clipboard.text()
    assert "Timbre Bridge" in clipboard.text()
