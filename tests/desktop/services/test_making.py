"""Recordings, the listening process, words and the microphone as they are on a machine."""

from __future__ import annotations

import json
import sys
import threading
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from core import paths
from core.audio import read_audio, write_wav
from core.errors import AudioError, Cancelled, ModelMissing, TimbreError
from core.library import Library
from core.library.factory import RECORDINGS
from core.timbre import AudioTimbre
from desktop.services.making.listener import ListeningProcess
from desktop.services.making.microphone import Microphone, MicrophoneUnavailable, QtSource
from desktop.services.making.recordings import LocalRecordings, microphone_folder
from desktop.services.making.words import LibraryByWords
from desktop.tasks import LaneTask, TaskControl
from tests.helpers.waiting import wait_until

BELL = RECORDINGS / "small-bell.flac"
RATE = 8000


class Control(TaskControl):
    """Of a task that nobody runs; what is told is written down."""

    def __init__(self) -> None:
        self.task: LaneTask[None] = LaneTask(lambda _control: None, None, None, None)
        super().__init__(self.task)
        self.stages: list[str] = []

    def stage(self, words: str) -> None:
        self.stages.append(words)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def listener() -> Iterator[ListeningProcess]:
    process = ListeningProcess()
    yield process
    process.close()


def scripted(tmp_path: Path, body: str) -> ListeningProcess:
    """A listener that answers as a few lines of Python say."""
    script = tmp_path / "listener.py"
    script.write_text(
        "import json, os, sys, time\n"
        "def say(**answer): print(json.dumps(answer), flush=True)\n"
        "for line in sys.stdin:\n"
        "    order = json.loads(line)\n"
        f"    number = order['number']\n{body}"
    )
    return ListeningProcess((sys.executable, str(script)))


def test_notes_and_words_are_heard_in_one_process(listener: ListeningProcess) -> None:
    control = Control()
    audio, rate = read_audio(BELL)
    heard = LocalRecordings(listener).heard_notes(BELL, 0.0, audio.shape[1] / rate, control)
    assert control.stages == ["listening for notes"]
    assert heard.notes
    assert 0 <= heard.start_s < heard.end_s <= audio.shape[1] / rate + 0.1
    with Library.open() as library:
        words = LibraryByWords(lambda: library, listener)
        control = Control()
        described = next(p for p in library.list(0, 100).presets if p.kind == "text")
        text = described.summary.strip('"')
        found = words.nearest(f" {text} ", 5, control)
        assert control.stages == ["loading the model"]
        assert len(found) == 5
        assert found[0].preset.id == described.id
        assert found[0].similarity == pytest.approx(1.0, abs=1e-4)
        assert [one.similarity for one in found] == sorted(
            (one.similarity for one in found), reverse=True
        )
        control = Control()
        assert words.nearest(text, 5, control) == found
        assert control.stages == []


def test_a_part_that_is_silent_or_gone_says_so(listener: ListeningProcess, tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", np.zeros((1, 2 * RATE), np.float32), RATE)
    recordings = LocalRecordings(listener)
    with pytest.raises(AudioError, match="silent"):
        recordings.heard_notes(tmp_path / "a.wav", 0.0, 1.0, Control())
    with pytest.raises(AudioError, match="no such file"):
        recordings.heard_notes(tmp_path / "b.wav", 0.0, 1.0, Control())
    with pytest.raises(ModelMissing, match="nothing"):
        listener.ask(Control(), "words", words="a bell", model="nothing")


def test_a_process_that_ends_is_said_and_started_again(tmp_path: Path) -> None:
    process = scripted(
        tmp_path,
        "    if order['question'] == 'die': os._exit(3)\n    say(number=number, result=[1])\n",
    )
    assert process.ask(Control(), "live") == [1]
    with pytest.raises(TimbreError, match=r"ended \(status 3\); try again"):
        process.ask(Control(), "die")
    assert process.ask(Control(), "live") == [1]
    process.close()
    with pytest.raises(Cancelled):
        process.ask(Control(), "live")


def test_an_answer_that_nobody_waits_for_is_dropped(tmp_path: Path) -> None:
    go = tmp_path / "go"
    process = scripted(
        tmp_path,
        "    say(number=number, stage='thinking')\n"
        f"    while order['question'] == 'slow' and not os.path.exists({str(go)!r}):\n"
        "        time.sleep(0.01)\n"
        "    say(number=number, result=order['question'])\n",
    )
    control, ended = Control(), []

    def ask() -> None:
        try:
            process.ask(control, "slow")
        except Cancelled:
            ended.append(True)

    thread = threading.Thread(target=ask)
    thread.start()
    wait_until(lambda: control.stages == ["thinking"])
    control.task.cancel()
    thread.join()
    assert ended == [True]
    go.touch()
    assert process.ask(Control(), "quick") == "quick"
    process.close()


def test_a_part_is_cut_once_and_the_whole_is_as_it_was(tmp_path: Path) -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, (2, 5 * RATE)).astype(np.float32)
    file = tmp_path / "my cello.wav"
    write_wav(file, sound, RATE, subtype="FLOAT")
    recordings = LocalRecordings()
    part = recordings.part(file, (1.0, 2.5), Control())
    assert part.name == "my cello 1.00-2.50 s.wav"
    np.testing.assert_array_equal(read_audio(part)[0], sound[:, RATE : 5 * RATE // 2])
    assert recordings.part(file, (1.0, 2.5), Control()) == part
    whole = recordings.part(file, None, Control())
    assert (whole.name, whole.read_bytes()) == (file.name, file.read_bytes())
    write_wav(file, sound[:, ::-1], RATE, subtype="FLOAT")
    other = recordings.part(file, (1.0, 2.5), Control())
    assert other != part
    with Library.open(model=None) as library:
        preset = library.add("Cello", AudioTimbre(part))
        part.unlink()
        assert preset.summary == "my cello 1.00-2.50 s.wav"
        recipe = library.recipe(preset)
        assert isinstance(recipe, AudioTimbre)
        np.testing.assert_array_equal(read_audio(recipe.path)[0], sound[:, RATE : 5 * RATE // 2])


def test_what_cannot_be_used_is_refused_before_it_is_copied(tmp_path: Path) -> None:
    write_wav(tmp_path / "silent.wav", np.zeros((1, RATE), np.float32), RATE)
    for name, words in (("silent.wav", "silent"), ("none.wav", "cannot be read")):
        with pytest.raises(AudioError, match=words):
            LocalRecordings().part(tmp_path / name, None, Control())
    parts = paths.cache_dir() / "parts"
    assert not [file for file in parts.rglob("*") if file.is_file()]


def test_a_part_that_is_made_several_times_at_once_is_one(tmp_path: Path) -> None:
    """Who hears a timbre and keeps it at once asks twice."""
    file = tmp_path / "a.wav"
    write_wav(file, np.random.default_rng(1).uniform(-0.5, 0.5, (2, 400_000)), RATE)
    for region in (None, (1.0, 40.0)):
        found: list[Path] = []
        makers = [
            threading.Thread(
                target=lambda region=region, found=found: found.append(
                    LocalRecordings().part(file, region, Control())
                )
            )
            for _ in range(4)
        ]
        for maker in makers:
            maker.start()
        for maker in makers:
            maker.join()
        assert len(found) == 4
        assert len(set(found)) == 1
        assert list(found[0].parent.iterdir()) == found[:1]
        found[0].unlink()  # as what cleans caches does, which leaves folders
        assert LocalRecordings().part(file, region, Control()) == found[0]
    assert len(list(found[0].parent.parent.iterdir())) == 2  # nothing unfinished stays


def test_old_parts_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop.services.making.recordings._MOST_PARTS", 3)
    write_wav(tmp_path / "a.wav", np.full((1, 9 * RATE), 0.1, np.float32), RATE)
    made = [LocalRecordings().part(tmp_path / "a.wav", (n, n + 1.0), Control()) for n in range(6)]
    assert sum(file.exists() for file in made) == 3
    assert made[-1].exists()


class GivenSource:
    """A device that gives what a test says."""

    sample_rate, channels = RATE, 2

    def __init__(
        self, device: str, take: Callable[[bytes], None], fail: Callable[[str], None]
    ) -> None:
        if device == "none":
            raise MicrophoneUnavailable("no microphone was found")
        self.take, self.fail = take, fail
        self.is_on = False

    def start(self) -> None:
        self.is_on = True

    def stop(self) -> None:
        self.is_on = False


@pytest.fixture
def sources() -> list[GivenSource]:
    return []


@pytest.fixture
def microphone(sources: list[GivenSource]) -> Iterator[Microphone]:
    def open_(*arguments: object) -> GivenSource:
        sources.append(GivenSource(*arguments))  # type: ignore[arg-type]
        return sources[-1]

    made = Microphone(open_)
    yield made
    made.close()


def test_what_the_microphone_gives_is_kept_until_it_is_a_preset(
    microphone: Microphone, sources: list[GivenSource]
) -> None:
    microphone.start()
    assert microphone.state.is_recording
    samples = (np.sin(np.arange(2 * RATE)) * 16384).astype("<i2").tobytes()
    sources[0].take(samples[:4001])  # Qt may give half a sample
    sources[0].take(samples[4001:])
    state = microphone.state
    assert state.seconds == 1.0
    assert state.level_db == pytest.approx(-6.0, abs=0.1)
    assert (state.file, state.problem) == (None, "")
    microphone.stop()
    assert not sources[0].is_on
    wait_until(lambda: microphone.state.file)
    file = microphone.state.file
    assert file is not None
    with wave.open(str(file)) as written:
        assert (written.getnchannels(), written.getframerate()) == (2, RATE)
        assert written.readframes(RATE) == samples
    recordings = LocalRecordings()
    assert recordings.kept() == (file,)
    moved = recordings.release(file)
    assert recordings.kept() == ()
    assert moved.is_file()
    assert recordings.release(moved) == moved


def test_a_microphone_that_goes_away_keeps_what_came(
    microphone: Microphone, sources: list[GivenSource]
) -> None:
    microphone.start()
    sources[0].take(bytes(4 * RATE))
    sources[0].fail("the microphone went away")
    wait_until(lambda: microphone.state.file)
    assert not microphone.state.is_recording
    assert microphone.state.problem == "the microphone went away"


def test_a_recording_of_nothing_is_no_file(
    microphone: Microphone, sources: list[GivenSource]
) -> None:
    microphone.start()
    microphone.stop()
    wait_until(lambda: microphone.state.problem)
    assert "nothing came" in microphone.state.problem
    assert list(microphone_folder().iterdir()) == []
    microphone.start("none")
    assert microphone.state.problem == "no microphone was found"


def test_a_folder_that_cannot_be_written_is_said(
    microphone: Microphone, sources: list[GivenSource]
) -> None:
    paths.data_dir().mkdir(parents=True)
    microphone_folder().write_text("a file where the folder should be")
    microphone.start()
    wait_until(lambda: microphone.state.problem)
    assert "cannot write" in microphone.state.problem
    assert not microphone.state.is_recording
    assert not sources[0].is_on


@pytest.mark.qt_log_ignore("pipewire", "PulseAudio", extend=True)  # servers that do not run here
def test_a_device_that_is_not_there_is_said(qtbot: QtBot) -> None:
    with pytest.raises(MicrophoneUnavailable, match="went away; plug it in again"):
        QtSource("no such device", lambda _: None, lambda _: None)


def test_the_worker_answers_in_lines_and_survives_what_it_does_not_know() -> None:
    import io

    from desktop.services.making import worker

    answers = io.StringIO()
    lines = [json.dumps({"number": n, "question": "what"}) for n in (1, 2)]
    worker.answer_all(lines, answers)
    said = [json.loads(line) for line in answers.getvalue().splitlines()]
    assert [one["number"] for one in said] == [1, 2]
    assert all("KeyError" in one["error"] for one in said)
