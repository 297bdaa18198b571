"""``timbre send`` with every kind of timbre, and its sound where it was wanted."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.client import BridgeClient, BridgeRefused
from bridge.hosts.ableton.messages import ABLETON_MESSAGES, RenderSelected
from bridge.protocol import Render
from bridge.sent_recordings import SentRecordings
from core import cli
from core.clip import Clip
from core.errors import AudioError
from core.library import Library
from core.midi import write_midi
from core.provenance import read_provenance
from core.timbre import AudioTimbre, Blend, TextTimbre
from tests.bridge.conftest import RIFF
from tests.bridge.processes import ServeProcess
from tests.bridge.servers import running

pytestmark = pytest.mark.timeout(900)

ODD_NAME = "A=B, C"


def send(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["timbre", "send", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


def write_tone(path: Path) -> None:
    tone = np.sin(2 * np.pi * 220 * np.arange(22_050) / 22_050)
    soundfile.write(path, 0.5 * tone, 22_050)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[ServeProcess]:
    with ServeProcess(home) as process:
        yield process


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_midi(Clip.of("riff", RIFF), tmp_path / "riff.mid")
    write_tone(tmp_path / "cello.wav")
    return tmp_path / "riff.mid"


def test_words_to_a_named_file(
    server: ServeProcess, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = ("--port", str(server.port))
    assert send(monkeypatch, clip, "--text", "warm bass", "-o", "out.flac", *port) == 0
    told = read_provenance("out.flac")
    assert (told.timbre, told.preset) == (TextTimbre("warm bass"), None)
    assert soundfile.info("out.flac").format == "FLAC"
    assert len(told.clip.notes) == len(RIFF)


def test_a_recording_is_kept_by_its_content(
    server: ServeProcess,
    home: Path,
    clip: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A relative path means this folder, not the bridge's; the file may change afterwards."""
    arguments = (clip, "--audio", "cello.wav", "--port", str(server.port), "--json")
    assert send(monkeypatch, *arguments, "-o", "out.wav", "--takes", "2") == 0
    told = json.loads(capsys.readouterr().out)
    assert [Path(take["path"]).name for take in told["takes"]] == ["out-1.wav", "out-2.wav"]
    kept = read_provenance("out-1.wav").timbre
    assert isinstance(kept, AudioTimbre)
    assert Path(kept.path).is_relative_to(home)
    assert Path(kept.path).read_bytes() == Path("cello.wav").read_bytes()
    soundfile.write("cello.wav", 0.5 * np.sin(np.arange(30_000) / 9), 22_050)
    assert send(monkeypatch, *arguments, "-o", "other.wav") == 0
    other = read_provenance("other.wav").timbre
    assert other != kept
    assert len(list((home / "sent-recordings").rglob("*.wav"))) == 2
    assert not list((home / "sent-recordings").glob("*.part"))


def test_a_blend_of_presets_with_odd_names(
    server: ServeProcess, home: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library.open(home / "library.sqlite") as library:
        library.add(ODD_NAME, TextTimbre("odd"))
    port = ("--port", str(server.tcp_port), "--tcp")
    blend = f'"{ODD_NAME}"=0.6,Warm Drawbars=0.4'
    assert send(monkeypatch, clip, "--blend", blend, "-o", "out.wav", *port) == 0
    told = read_provenance("out.wav").timbre
    assert isinstance(told, Blend)
    assert told.parts[0] == (TextTimbre("odd"), 0.6)
    assert send(monkeypatch, clip, "--preset", ODD_NAME, "-o", "out.wav", *port) == 0


def test_the_same_sound_whatever_the_format_holds(
    server: ServeProcess,
    clip: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    port = ("--text", "a", "--port", str(server.port), "--json")
    assert send(monkeypatch, clip, *port) == 0
    made = Path(json.loads(capsys.readouterr().out)["path"])
    assert send(monkeypatch, clip, *port, "-o", "a.wav") == 0
    assert Path("a.wav").read_bytes() == made.read_bytes()
    assert send(monkeypatch, clip, *port, "-o", "b.flac") == 0
    assert np.array_equal(soundfile.read("b.flac")[0], soundfile.read(made)[0])
    assert (
        send(monkeypatch, clip, *port, "-o", "c.wav", "--rate", "48000", "--format", "PCM_16") == 0
    )
    told = soundfile.info("c.wav")
    assert (told.samplerate, told.subtype) == (48_000, "PCM_16")
    out = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (out["sample_rate"], out["frames"]) == (48_000, told.frames)


def test_mistakes_are_one_line_before_anything_is_sent(
    clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody = ("--port", "1", "--tcp")
    text = ("--text", "a")
    for arguments, says in (
        ((clip,), "one timbre"),
        ((clip, *text, "--preset", "x"), "--preset and --text"),
        ((clip, "--text", ""), "needs words"),
        ((clip, "--blend", ""), "NAME=0.6"),
        ((clip, *text, "--rate", "48000"), "give -o too"),
        ((clip, *text, "-o", "x.xyz"), ".wav"),
        ((clip, *text, "-o", clip), "the clip itself"),
        ((clip, "--audio", "cello.wav", "-o", "cello.wav"), "the recording itself"),
        ((clip, *text, "-o", "no/x.wav"), "does not exist"),
        ((clip, *text, "-o", "x.mp3", "--format", "PCM_24"), "PCM_24"),
        ((clip, *text), "timbre serve"),
    ):
        assert send(monkeypatch, *arguments, *nobody) == 2, arguments
        assert says in capsys.readouterr().err.splitlines()[-1], arguments


def test_what_a_bridge_refuses(server: ServeProcess, clip: Path) -> None:
    for timbre, code, says in (
        ({"text": "a", "preset": "Warm Drawbars"}, "bad_request", "give one timbre"),
        ({"blend": "nobody=1"}, "unknown_preset", "nobody"),
        ({"blend": "Warm Drawbars"}, "bad_request", "no weight"),
        ({"audio": clip}, "bad_request", "riff.mid"),
        ({"audio": "/no/such.wav"}, "bad_request", "such.wav"),
        ({"audio": "/x\0y.wav"}, "bad_request", "y.wav"),
        ({"text": " "}, "bad_request", "needs words"),
        ({}, "unknown_preset", "there is no preset"),
    ):
        with (
            BridgeClient(port=server.port) as bridge,
            pytest.raises(BridgeRefused, match=says) as refused,
        ):
            bridge.render(Clip.of("riff", RIFF), **timbre)
        assert refused.value.code == code, timbre


def test_a_client_elsewhere_names_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may say words, but nothing of this machine is opened for it."""
    riff, recording = Clip.of("riff", RIFF), tmp_path / "cello.wav"
    write_tone(recording)
    monkeypatch.setenv("FAKE_WORKER_LOG", str(tmp_path / "rendered.txt"))
    with running(tmp_path / "bridge", token="sesame") as server:
        with (
            monkeypatch.context() as patch,
            BridgeClient(port=server.port, token="sesame") as bridge,
        ):
            patch.setattr("bridge.server.transports.is_loopback", lambda _host: False)
            with pytest.raises(BridgeRefused, match="save it there as a preset"):
                bridge.render(riff, audio=recording)
            assert not (tmp_path / "bridge" / "sent-recordings").exists()
            assert bridge.render(riff, text="warm")
        with BridgeClient(port=server.port, token="sesame") as bridge:
            assert bridge.render(riff, audio=recording)
    assert len(list((tmp_path / "bridge" / "sent-recordings").rglob("*.wav"))) == 1


def test_only_an_absolute_path_names_a_recording(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="absolute"):
        SentRecordings(tmp_path / "kept").keep("cello.wav")
    assert not (tmp_path / "kept").exists()


def test_a_clip_in_live_is_called_after_its_timbre() -> None:
    for message, name in (
        (RenderSelected("j", "", text="warm bass"), "warm bass"),
        (RenderSelected("j", "", audio="/a/My Cello.wav"), "My Cello"),
        (RenderSelected("j", "", blend="A=1,B=2"), "A=1,B=2"),
    ):
        assert message.timbre_name == name
        assert ABLETON_MESSAGES.read(message.address, message.arguments()) == message
        assert message.of_clip("c").named_file == message.audio
    assert RenderSelected("j", "Pad").timbre_name == "Pad"


def test_a_message_says_which_file_it_names() -> None:
    assert Render("j", "c", "", audio="/a.wav").named_file == "/a.wav"
    assert Render("j", "c", "p").named_file == ""
