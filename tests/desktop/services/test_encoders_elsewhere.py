"""Encoders that listen in another process say what they would say here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.audio import read_audio
from core.errors import Cancelled, ModelError
from core.library import Library
from core.library.factory import RECORDINGS
from core.loading import deferred_encoder
from core.models import DEFAULT_BUNDLE
from core.models.registry import Bundle, Registry
from core.timbre import TextTimbre
from desktop.services.making.encoders import EncodersElsewhere
from desktop.services.making.listener import ListeningProcess

WORDS = "a small glassy bell"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture(scope="module")
def encoders() -> Iterator[EncodersElsewhere]:
    encoders = EncodersElsewhere()
    yield encoders
    encoders.close()


@pytest.fixture
def bundle() -> Bundle:
    return Registry().resolve(DEFAULT_BUNDLE)


def test_it_says_the_same(encoders: EncodersElsewhere, bundle: Bundle) -> None:
    here, there = deferred_encoder(bundle), encoders.encoder_of(bundle)
    assert (there.id, there.sha256, there.fingerprint) == (here.id, here.sha256, here.fingerprint)
    stages: list[str] = []
    assert there.loaded(stages.append) is there
    assert stages == ["loading the model"]
    np.testing.assert_allclose(there.encode_text(WORDS), here.encode_text(WORDS), atol=1e-6)
    audio, rate = read_audio(RECORDINGS / "small-bell.flac")
    with here.computing():
        expected = here.encode_audio_fast(audio, rate)
    np.testing.assert_allclose(there.encode_audio_fast(audio, rate), expected, atol=1e-6)


def test_a_recording_is_heard_or_given_up(encoders: EncodersElsewhere, bundle: Bundle) -> None:
    there = encoders.encoder_of(bundle)
    audio, rate = read_audio(RECORDINGS / "small-bell.flac")
    fractions: list[float] = []
    heard = there.encode_audio_with_remarks(
        audio, rate, lambda fraction: fractions.append(fraction) or True
    )
    assert np.linalg.norm(heard.embedding) == pytest.approx(1.0, abs=1e-5)
    assert fractions == sorted(fractions)
    with pytest.raises(Cancelled):
        there.encode_audio_with_remarks(audio, rate, lambda _fraction: False)


def test_presets_are_made_though_the_process_dies(home: Path, bundle: Bundle) -> None:
    dies = EncodersElsewhere(ListeningProcess((sys.executable, "-c", "exit(3)")))
    with pytest.raises(ModelError, match=r"ended \(status 3\)"):
        dies.encoder_of(bundle).encode_text(WORDS)
    with Library.open(home / "l.sqlite", encoder_of=dies.encoder_of) as library:
        assert library.add("Bell", TextTimbre(WORDS)).name == "Bell"
    dies.close()


def test_making_a_preset_brings_no_torch_into_the_window(home: Path) -> None:
    code = (
        "import sys\n"
        "from core.timbre import TextTimbre\n"
        "from desktop.services.presets import LibraryPresets\n"
        "from desktop.tasks import LaneTask, TaskControl\n"
        "control = TaskControl(LaneTask(lambda _: None, None, None, None))\n"
        "presets = LibraryPresets()\n"
        f"made = presets.add('Bell', TextTimbre({WORDS!r}), control)\n"
        "assert len(presets.neighbours(made.id, 3, control)) == 3\n"
        "presets.close()\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
