"""Hearing presets: rendered once, played where that can be, else shown."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core import cli
from core.audio import playback
from core.audio.output_devices import PlaybackUnavailable
from core.audition import renders
from core.audition.phrases import PHRASES
from core.clip import Clip, Note
from core.encoders.embedded.encoder import EmbeddedEncoder
from core.library import Library
from core.midi import write_midi
from core.provenance import read_provenance
from core.synthesizer import Synthesizer
from core.timbre import TextTimbre
from core.types import FloatArray
from tests.helpers.bundles import write_tiny_bundle

Run = Callable[..., tuple[int, str, str]]


class FakePlayback:
    """Notes what it is given, and is done with it at once."""

    played: list[tuple[str | None, FloatArray, int]]
    is_interrupted = False

    def __init__(self, device: str | None = None) -> None:
        self.device = device

    def __enter__(self) -> FakePlayback:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def play(self, audio: FloatArray, sample_rate: int) -> None:
        self.played.append((self.device, audio, sample_rate))

    def wait(self) -> None:
        if self.is_interrupted:
            raise KeyboardInterrupt


class NoPlayback:
    """A machine without sound."""

    def __init__(self, device: str | None = None) -> None:
        raise PlaybackUnavailable("this machine has no device that plays sound")


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str | None, FloatArray, int]]:
    heard: list[tuple[str | None, FloatArray, int]] = []
    monkeypatch.setattr(FakePlayback, "played", heard, raising=False)
    monkeypatch.setattr(playback, "Playback", FakePlayback)
    return heard


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``timbre`` with a library that has one preset, Reeds, and a model, tiny."""
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path / "home"))
    write_tiny_bundle(tmp_path / "home" / "models" / "tiny")
    with Library.open(with_factory_bank=False) as library:
        library.add("Reeds", TextTimbre("soft reeds"))

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["timbre", *arguments])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return call


def hear(run: Run, *arguments: str) -> tuple[int, str, str]:
    return run("preset", "play", "Reeds", "--model", "tiny", *arguments)


Heard = list[tuple[str | None, FloatArray, int]]


def test_a_preset_is_rendered_once_and_heard_twice(
    run: Run, played: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hear(run) == (0, "", "loading the model\nrendering\n")
    monkeypatch.setattr(Synthesizer, "load", lambda *_: pytest.fail("was loaded"))
    assert hear(run, "--sound-device", "usb") == (0, "", "")
    (first, second) = played
    assert np.array_equal(first[1], second[1])
    assert (first[0], second[0], first[2]) == (None, "usb", 44_100)
    assert first[1].shape[1] / first[2] >= PHRASES["melody"].length_s


def test_a_preset_that_was_listened_to_is_not_listened_to_again(
    run: Run, played: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library.open(model="tiny") as library:
        library.add("Heard", TextTimbre("glass"))
    monkeypatch.setattr(EmbeddedEncoder, "encode_text", lambda *_: pytest.fail("was asked again"))
    assert run("preset", "play", "Heard", "--model", "tiny")[0] == 0


def test_each_phrase_clip_and_version_has_its_own_render(
    run: Run, played: Heard, tmp_path: Path
) -> None:
    write_midi(Clip.of("riff", [Note(0.0, 50, 90, 0.2)]), tmp_path / "riff.mid")
    for name in PHRASES:
        assert hear(run, "--phrase", name)[0] == 0
    assert hear(run, "--clip", str(tmp_path / "riff.mid"))[0] == 0
    assert run("preset", "edit", "Reeds", "--text", "hard reeds")[0] == 0
    assert hear(run)[0] == 0
    assert len({audio.tobytes() for _, audio, _ in played}) == len(PHRASES) + 2


def test_the_gain_is_kept_with_the_preset(run: Run, played: Heard) -> None:
    assert hear(run)[0] == 0
    (file,) = renders._folder().glob("*.wav")
    provenance = read_provenance(file)
    with Library.open() as library:
        preset = library.get("Reeds")
        leveled = library.with_gain(preset, provenance.model_sha256, preset.settings)
    assert leveled["gain"] == provenance.gain_db
    assert provenance.preset is not None
    assert provenance.preset.name == "Reeds"


def test_without_sound_the_file_is_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playback, "Playback", NoPlayback)
    code, out, err = hear(run)
    assert code == 0
    assert soundfile.info(out.strip()).duration > 1
    assert "no device that plays sound" in err
    assert "open this file in any player" in err
    code, out, err = run("play", out.strip())
    assert (code, out) == (2, "")
    assert "no device that plays sound; or open " in err


def test_ctrl_c_ends_with_its_exit_code(
    run: Run, played: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakePlayback, "is_interrupted", True)
    assert hear(run)[0] == 130


def test_files_of_any_format_are_played(run: Run, played: Heard, tmp_path: Path) -> None:
    tone = 0.1 * np.sin(np.arange(8000) / 9)
    for name in ("a.wav", "a.flac", "a.ogg", "a.mp3"):
        soundfile.write(tmp_path / name, tone, 16_000)
        assert run("play", str(tmp_path / name)) == (0, "", "")
    assert {rate for _, _, rate in played} == {16_000}


def test_what_is_no_sound_gets_advice(run: Run, played: Heard, tmp_path: Path) -> None:
    write_midi(Clip.of("riff", [Note(0.0, 50, 90, 0.2)]), tmp_path / "riff.mid")
    code, _, err = run("play", str(tmp_path / "riff.mid"))
    assert code == 2
    assert "timbre preset play NAME --clip" in err
    assert run("play", str(tmp_path / "gone.wav"))[0] == 2
    code, _, err = hear(run, "--phrase", "fanfare")
    assert (code, "there are note, chord, melody, bass" in err) == (2, True)
    assert not played


def test_a_cache_that_cannot_be_written_costs_time_only(
    run: Run, played: Heard, tmp_path: Path
) -> None:
    (tmp_path / "home" / "cache").mkdir(parents=True, exist_ok=True)
    (tmp_path / "home" / "cache" / "auditions").write_text("in the way")
    assert hear(run)[0] == 0
    assert len(played) == 1


def test_the_oldest_renders_go(run: Run, played: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renders, "MOST_KEPT", 2)
    for name in PHRASES:
        assert hear(run, "--phrase", name)[0] == 0
    assert len(list(renders._folder().glob("*.wav"))) == 2
