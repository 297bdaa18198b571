"""Auditions in a worker process: with a fake worker that does what a clip's name says."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bridge.jobs.process import WorkerProcess
from core.audio import write_wav
from core.clip import Clip, Note
from core.errors import AudioError, Cancelled, SettingsError, TimbreError
from core.library.library import Library
from core.timbre import AudioTimbre, TextTimbre
from desktop.services.audition import WorkerAuditions
from desktop.services.file_names import free_path
from desktop.tasks import LaneTask, TaskControl
from tests.helpers.waiting import wait_until

FAKE_WORKER = (sys.executable, "-m", "tests.helpers.fake_worker")


class Control(TaskControl):
    """Of a task that nobody runs; what is told is written down."""

    def __init__(self) -> None:
        self.task: LaneTask[None] = LaneTask(lambda _control: None, None, None, None)
        super().__init__(self.task)
        self.stages: list[str] = []

    def stage(self, words: str) -> None:
        self.stages.append(words)


def clip(name: str) -> Clip:
    # Kept renders know a clip by its notes.
    return Clip.of(name, [Note(0.0, sum(name.encode()) % 128, 90, 0.5)])


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FAKE_WORKER_LOG", str(tmp_path / "rendered.txt"))
    return tmp_path / "rendered.txt"


@pytest.fixture
def preset(log: Path) -> str:
    with Library.open(model=None) as library:
        return library.list(0, 1).presets[0].id


@pytest.fixture
def auditions(log: Path) -> Iterator[WorkerAuditions]:
    auditions = WorkerAuditions(start_worker=lambda file: WorkerProcess(file, FAKE_WORKER))
    yield auditions
    auditions.close()


def test_a_preset_is_rendered_once(auditions: WorkerAuditions, preset: str, log: Path) -> None:
    first = auditions.render(preset, clip("one"), Control())
    assert first.is_file()
    assert auditions.render(preset, clip("one"), Control()) == first
    assert log.read_text() == "one 0 1\n"
    assert "melody" in auditions.phrases()


def test_stages_are_words(auditions: WorkerAuditions, preset: str) -> None:
    control = Control()
    auditions.render(preset, clip("slow"), control)
    assert control.stages == ["rendering"]


def test_a_render_is_cancelled(auditions: WorkerAuditions, preset: str) -> None:
    control, ended = Control(), []

    def render() -> None:
        try:
            auditions.render(preset, clip("held"), control)
        except Cancelled:
            ended.append("cancelled")

    thread = threading.Thread(target=render)
    thread.start()
    wait_until(lambda: control.stages)
    control.task.cancel()
    thread.join()
    assert ended == ["cancelled"]
    assert auditions.render(preset, clip("after"), Control()).is_file()


def test_a_worker_that_dies_is_started_again(auditions: WorkerAuditions, preset: str) -> None:
    assert auditions.render(preset, clip("crash once"), Control()).is_file()
    with pytest.raises(TimbreError, match=r"the rendering process ended \(SIGKILL\), twice"):
        auditions.render(preset, clip("crash"), Control())
    assert auditions.render(preset, clip("after"), Control()).is_file()


def test_what_cannot_be_rendered_says_why(auditions: WorkerAuditions, preset: str) -> None:
    with pytest.raises(TimbreError, match="no good"):
        auditions.render(preset, clip("bad"), Control())
    with pytest.raises(SettingsError, match="nothing has no notes"):
        auditions.render(preset, Clip.of("nothing", []), Control())
    with pytest.raises(TimbreError, match="gone"):
        auditions.render("gone", clip("one"), Control())


def test_a_kept_copy_has_a_name_of_its_own(
    auditions: WorkerAuditions, preset: str, tmp_path: Path
) -> None:
    file = auditions.render(preset, clip("one"), Control())
    kept = [auditions.keep(file, "Bell - one") for _ in range(2)]
    assert [path.name for path in kept] == ["Bell - one.wav", "Bell - one 2.wav"]
    file.unlink()
    assert all(path.read_bytes()[:4] == b"RIFF" for path in kept)


@pytest.mark.parametrize(
    ("name", "safe"),
    [("a/b:c", "a-b-c"), ("con", "con-"), (" .. ", "untitled"), ("x" * 300, "x" * 80)],
)
def test_names_are_what_every_system_takes(tmp_path: Path, name: str, safe: str) -> None:
    assert free_path(tmp_path, name, ".wav") == tmp_path / f"{safe}.wav"


def test_a_timbre_is_heard_before_it_is_a_preset(
    auditions: WorkerAuditions, log: Path, tmp_path: Path
) -> None:
    words = TextTimbre("a warm bell")
    first = auditions.render_timbre(words, clip("one"), Control())
    assert auditions.render_timbre(TextTimbre("a warm  bell"), clip("one"), Control()) == first
    assert auditions.render_timbre(TextTimbre("another"), clip("one"), Control()) != first
    assert log.read_text() == "one 0 1\none 0 1\n"
    write_wav(tmp_path / "a.wav", np.full((1, 9000), 0.1, np.float32), 8000)
    recording = auditions.render_timbre(AudioTimbre(tmp_path / "a.wav"), clip("one"), Control())
    write_wav(tmp_path / "a.wav", np.full((1, 9000), 0.2, np.float32), 8000)
    # The same name, another sound.
    other = auditions.render_timbre(AudioTimbre(tmp_path / "a.wav"), clip("one"), Control())
    assert other != recording
    with pytest.raises(AudioError, match="cannot be read"):
        auditions.render_timbre(AudioTimbre(tmp_path / "none.wav"), clip("one"), Control())
