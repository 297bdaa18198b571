"""Several clips and several takes at once: a batch is asked for, a blind test is."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from desktop.pages.takes.view import TakesPage
from desktop.services.fakes.jobs import FakeJobs, fake_clip
from desktop.services.jobs_interface import PresetChoice
from tests.desktop.takes.conftest import Until


def test_several_clips_are_rendered_as_a_batch(
    page: TakesPage, jobs: FakeJobs, until: Until, qtbot: QtBot
) -> None:
    for name in ("one", "two", "three"):
        jobs.receive(fake_clip(name))
    until(lambda: page.current_clip and page.current_clip.clip.name == "three")
    qtbot.keyClicks(page.render_bar.preset, "small bell")
    until(lambda: page.render_bar.preset.preset == "id of Small Bell")
    page.clip_list.selectAll()
    (button,) = page.render_bar.findChildren(QPushButton)
    assert button.text() == "&Render 3 clips …"
    with qtbot.waitSignal(page.batch_wanted) as wanted:
        button.click()
    clips, presets, takes = wanted.args
    assert [item.clip.name for item in clips] == ["three", "two", "one"]
    assert (presets, takes) == ([PresetChoice("id of Small Bell", "small bell")], 1)
    assert not any(asked[0] == "submit" for asked in jobs.asked)
    page.clip_list.setCurrentIndex(page.clips.index(1))
    assert button.text() == "&Render"
    button.click()
    until(lambda: page.takes.rowCount() == 1)


def test_finished_takes_are_compared_blind(
    page: TakesPage, jobs: FakeJobs, until: Until, qtbot: QtBot, tmp_path: Path
) -> None:
    clip_id = jobs.receive(fake_clip("riff"))
    until(lambda: page.current_clip and page.current_clip.id == clip_id)
    jobs.submit(clip_id, ["Small Bell", "My cello", "Hollow flute"])
    until(lambda: page.takes.rowCount() == 3)
    button = page.take_actions.button("blind")
    jobs.finish(1, tmp_path / "bell.wav")
    page.table.selectAll()
    assert not button.isEnabled()
    jobs.finish(2, tmp_path / "cello.wav")
    until(button.isEnabled)
    with qtbot.waitSignal(page.blind_wanted) as wanted:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert wanted.args == [[tmp_path / "cello.wav", tmp_path / "bell.wav"]]
