"""Processes that are killed, folders that go, and sound that is unplugged: said, and gone on."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from core.errors import Cancelled, TimbreError
from core.library.errors import UnknownPreset
from desktop.faults import Fault, fault_of, words_of
from desktop.listening.vote_store import LocalVotes
from desktop.listening.votes_dialog import VotesDialog
from desktop.pages.make.blend.panel import BlendPanel
from desktop.services.audio_out import SystemAudio
from desktop.services.fakes.audition import FakeAuditions
from desktop.services.fakes.live import FakeLive
from desktop.services.fakes.presets import FakePresets
from desktop.services.interfaces import LiveState, PresetQuery
from desktop.services.model_bundles.local import LocalModels
from desktop.stage.stage import Stage
from desktop.tasks import Tasks
from tests.desktop.services.conftest import HeardJobs, open_jobs
from tests.helpers.sound_device import FakeBackend
from tests.helpers.waiting import LAST_RESORT_S, wait_until

OpenJobs = Callable[[], HeardJobs]

__all__ = ["open_jobs"]  # a fixture


def until(qtbot: QtBot, happened: Callable[[], object]) -> None:
    qtbot.waitUntil(lambda: bool(happened()), timeout=int(LAST_RESORT_S * 1000))


def ended(heard: HeardJobs, qtbot: QtBot, clip_id: str) -> Any:
    (take,) = heard.jobs.submit(clip_id, ["Warm bass"])
    until(qtbot, lambda: take.id in heard.takes and heard.takes[take.id].state in _OVER)
    return heard.takes[take.id]


_OVER = ("done", "failed")


def test_a_renderer_that_dies_twice_over_a_take_gives_it_up_and_makes_the_next(
    open_jobs: OpenJobs, qtbot: QtBot, tmp_path: Path
) -> None:
    heard = open_jobs()
    take = ended(heard, qtbot, heard.drop(tmp_path, "crash"))
    assert take.state == "failed"
    assert "the worker died 2 times over this job (SIGKILL)" in take.error
    assert take.way_out
    assert ended(heard, qtbot, heard.drop(tmp_path, "next")).state == "done"


def test_a_folder_of_renders_that_goes_is_made_again(
    open_jobs: OpenJobs, qtbot: QtBot, tmp_path: Path
) -> None:
    heard = open_jobs()
    folder = heard.jobs.service().jobs.output_dir
    shutil.rmtree(folder)
    take = ended(heard, qtbot, heard.drop(tmp_path, "one"))
    assert (take.state, take.error) == ("done", "")
    assert take.files[0].parent == folder
    shutil.rmtree(folder)
    folder.write_text("")  # a file of that name
    take = ended(heard, qtbot, heard.drop(tmp_path, "two"))
    assert (take.state, take.error.startswith(f"cannot write {folder}")) == ("failed", True)
    assert take.way_out


def test_looking_for_devices_ends_when_the_window_closes() -> None:
    models, errors = LocalModels(), list[Exception]()

    def look() -> None:
        try:
            models.devices()
        except TimbreError as error:
            errors.append(error)

    looking = threading.Thread(target=look)
    looking.start()
    wait_until(lambda: models._devices_process is not None)
    models.close()
    looking.join()
    with pytest.raises(Cancelled):
        models.devices()
    assert [type(error) for error in errors] == [Cancelled]


def test_a_take_whose_device_is_unplugged_is_said_though_the_stage_played_nothing(
    qtbot: QtBot, tmp_path: Path
) -> None:
    backend, tasks, faults = FakeBackend(("Speaker", 2)), Tasks(), list[Fault]()
    audio = SystemAudio(lambda: backend)
    stage = Stage(FakeAuditions(tmp_path), audio, tasks)
    qtbot.addWidget(stage)
    stage.failed.connect(faults.append)
    until(qtbot, lambda: audio.devices())
    assert not faults
    audio.play(np.zeros((1, 480_000), np.float32), 48_000)  # as the Takes page does
    until(qtbot, lambda: backend.streams)
    backend.devices = ()
    backend.streams[0].abort()
    until(qtbot, lambda: faults)
    assert faults[0].message == "nothing can be heard: " + audio.problem
    assert faults[0].way_out is not None
    backend.devices = (("Headphones", 2),)
    faults[0].way_out.run()
    until(qtbot, lambda: not audio.problem)
    audio.close()
    tasks.close()


def test_damaged_votes_are_said_where_they_would_be_shown(qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "votes.sqlite"
    file.write_bytes(os.urandom(20_000))
    votes, tasks = LocalVotes(file), Tasks()
    dialog = VotesDialog(votes, tasks)
    qtbot.addWidget(dialog)
    until(qtbot, lambda: "it is damaged, or not a database" in dialog.words)
    assert "votes" in dialog.words
    tasks.close()
    votes.close()


def test_a_deleted_preset_is_called_by_its_name_in_a_blend(qtbot: QtBot) -> None:
    presets, live, tasks, said = FakePresets(), FakeLive(), Tasks(), list[str]()
    panel = BlendPanel(presets, live, tasks)
    qtbot.addWidget(panel)
    panel.failed.connect(said.append)
    chosen = [preset.id for preset in presets.page(PresetQuery(), 0, 2).presets]
    panel.add_presets(chosen)
    until(qtbot, lambda: len(panel.model.entries) == 2)
    name = panel.model.entries[0].name
    assert panel.hearing is not None
    panel.hearing.button.click()
    live.state = LiveState(problem="a preset was deleted", deleted=chosen[0])
    until(qtbot, lambda: said)
    assert said == [f"{name} was deleted; undo that in Browse, or choose another"]
    assert panel.hearing.words.text() == said[0]
    panel.hearing.stop()
    tasks.close()


def test_an_id_is_nobodys_word_for_a_preset() -> None:
    preset_id = "54c5382164914f27b3827d0d4cdfd694"
    said = f"there is no preset {preset_id!r}; `timbre preset list` shows them"
    error = UnknownPreset(said, preset_id)
    assert words_of(error, {preset_id: "Bell"}).startswith("Bell was deleted; undo that in Browse")
    assert fault_of(error).message.startswith("a preset was deleted; undo that in Browse")
    typed = UnknownPreset("there is no preset 'Bel'; did you mean 'Bell'?", "Bel")
    assert words_of(typed) == str(typed)
