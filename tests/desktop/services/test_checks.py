"""Takes measured: in a process, once for each content, and by a real transcriber and encoder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.errors import Cancelled, TimbreError
from core.models.registry import Registry
from core.provenance import Provenance
from core.takes.take import Take
from core.timbre import AudioTimbre, TextTimbre
from desktop.services.checks.measuring import measure_take
from desktop.services.checks.service import ProcessChecks
from desktop.tasks import LaneTask, TaskControl
from tests.desktop.services.conftest import control
from tests.desktop.services.fake_measuring import measure
from tests.evaluation import sounds
from tests.helpers.bundles import write_tiny_bundle


@pytest.fixture
def checks(tmp_path: Path) -> Iterator[ProcessChecks]:
    made = ProcessChecks(tmp_path / "checks", measure)
    yield made
    made.close()


def test_a_take_is_measured_once_in_another_process(checks: ProcessChecks, tmp_path: Path) -> None:
    file, copy = tmp_path / "take.wav", tmp_path / "copy.wav"
    file.write_text("a take")
    copy.write_text("a take")
    assert checks.known(file) is None
    check = checks.check(file, control())
    assert (check.heard, check.missed[0].pitch, check.likeness) == (3, 60, None)
    assert checks.known(copy) == check == checks.check(file, control())
    (process,) = (tmp_path / "take.log").read_text().split()
    assert int(process) != os.getpid()
    file.write_text("another take")  # another content is another take
    assert checks.known(file) is None


def test_what_goes_wrong_is_said_and_the_next_take_is_measured(
    checks: ProcessChecks, tmp_path: Path
) -> None:
    file = tmp_path / "take.wav"
    for text, words in (("no sound", "is no sound"), ("kills", "died"), ("", "")):
        file.write_text(text)
        if words:
            with pytest.raises(TimbreError, match=words):
                checks.check(file, control())
        else:
            assert checks.check(file, control()).asked == 4
    with pytest.raises(TimbreError, match="render it again"):
        checks.check(tmp_path / "gone.wav", control())


def test_nobody_waits_for_a_take_that_is_cancelled(checks: ProcessChecks, tmp_path: Path) -> None:
    file = tmp_path / "take.wav"
    file.write_text("endless")
    task = LaneTask[None](lambda _control: None, None, None, None)
    task.cancel()
    with pytest.raises(Cancelled):
        checks.check(file, TaskControl(task))


def test_damaged_results_are_measured_again(checks: ProcessChecks, tmp_path: Path) -> None:
    file = tmp_path / "take.wav"
    file.write_text("a take")
    checks.check(file, control())
    (kept,) = (tmp_path / "checks").rglob("*.json")
    kept.write_text('{"asked": 4}')
    assert checks.known(file) is None
    assert checks.check(file, control()).asked == 4


def test_a_real_take_is_listened_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    write_tiny_bundle(tmp_path / "models" / "tiny")
    bundle = Registry().resolve("tiny")
    clip, reference = sounds.melody(), tmp_path / "cello.wav"
    sound = 0.02 * sounds.play(clip)[None]  # soft: it is leveled first
    soundfile.write(reference, sounds.play(clip), sounds.RATE)
    embedding = np.zeros(512, np.float32)
    embedding[0] = 1.0
    made = Provenance(
        clip, embedding, 0, "tiny", bundle.sha256, sounds.RATE, timbre=AudioTimbre(reference)
    )
    measured = measure_take(str(Take(sound, sounds.RATE, made).write(tmp_path / "take.wav")))
    assert measured["asked"] == len(clip.notes) == 8
    assert measured["note_f"] > 0.7
    assert measured["likeness"] == pytest.approx(1.0, abs=0.01)
    assert (measured["reference"], measured["judge"]) == ("the recording cello.wav", "tiny")
    other = Provenance(
        clip, embedding, 0, "tiny", "0" * 64, sounds.RATE, timbre=TextTimbre("hollow flute")
    )
    measured = measure_take(str(Take(sound, sounds.RATE, other).write(tmp_path / "other.wav")))
    assert measured["likeness"] is None
    assert "other weights" in measured["reference"]
