"""``timbre doctor`` sees what is broken, says what to do, and fits a narrow terminal."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.doctor import performance, surroundings
from bridge.doctor.findings import Finding, lines
from core import cli
from core.audio import output_devices
from core.models.registry import SHIPPED_DIR, Registry
from core.synthesizer import Synthesizer
from core.timbre import TextTimbre
from tests.bridge.servers import running


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path / "timbre"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("FAKE_WORKER_LOG", str(tmp_path / "rendered.txt"))
    return tmp_path


def doctor(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["timbre", "doctor", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


@contextlib.contextmanager
def taken(kind: int) -> Iterator[int]:
    """A port that another program has."""
    with socket.socket(type=kind) as other:
        other.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            other.listen()
        yield other.getsockname()[1]


def test_a_healthy_machine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with taken(socket.SOCK_DGRAM) as port:
        pass  # a port that is free, whatever runs on the machine that tests
    monkeypatch.setattr(surroundings, "PORT", port)
    assert doctor(monkeypatch, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["problems"] == 0
    by_name = {finding["about"]: finding for finding in told["findings"]}
    assert by_name["model embedded"]["severity"] == "ok"
    assert "s of computing for a second" in by_name["rendering"]["text"]
    assert "voices in blocks of 256" in by_name["playing live"]["text"]
    assert "computing" in by_name["TokenSynth"]["text"] or "card" in by_name["TokenSynth"]["text"]
    assert all(f["advice"] for f in told["findings"] if f["severity"] != "ok")


def test_the_quick_look_prints_each_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with taken(socket.SOCK_DGRAM) as port:
        monkeypatch.setattr(surroundings, "PORT", port)
        monkeypatch.setattr(surroundings, "_HELLO_WITHIN_S", 0.3)
        assert doctor(monkeypatch, "--quick") == 2
    out = capsys.readouterr().out
    assert f"problem  port {port}: another program has UDP" in out
    assert "--port N" in out
    assert out.splitlines()[-1].startswith("1 problem, ")
    assert "model embedded" not in out


def test_ports(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    for kind, number in (("UDP", socket.SOCK_DGRAM), ("TCP", socket.SOCK_STREAM)):
        with taken(number) as port:
            assert not surroundings.is_free(kind, port)
        assert surroundings.is_free(kind, port)
    for token in ("", "sesame"):
        with running(home / f"bridge{token}", token=token) as server:
            monkeypatch.setattr(surroundings, "PORT", server.port)
            (finding,) = surroundings.ports()
            assert finding.severity == "ok"
            assert ("asks for a token" if token else "with the model") in finding.text


def test_a_bridge_that_runs_at_another_port_is_seen(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    answers = home / "timbre" / "answers"
    answers.mkdir(parents=True)
    with taken(socket.SOCK_DGRAM) as free:
        pass
    monkeypatch.setattr(surroundings, "PORT", free)
    with running(home / "bridge") as server:
        (answers / "bridge.json").write_text(json.dumps({"port": server.port}))
        told = {finding.about: finding.text for finding in surroundings.ports()}
    assert "runs there" in told[f"port {server.port}"]
    for damaged in ("", "[]", '{"port": "x"}', '{"port": 99999}'):
        (answers / "bridge.json").write_text(damaged)
        assert len(list(surroundings.ports())) == 1


def test_folders_that_cannot_be_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("TIMBRE_HOME", str(home / "file"))
    found = list(surroundings.folders())
    assert {finding.severity for finding in found} == {"problem"}
    assert all("TIMBRE_HOME" in finding.advice for finding in found)
    monkeypatch.setenv("TIMBRE_HOME", str(home / "not" / "there"))
    assert {finding.severity for finding in surroundings.folders()} == {"ok"}
    assert not (home / "not").exists()
    usage = types.SimpleNamespace(free=10_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    assert {finding.severity for finding in surroundings.folders()} == {"warning"}


def test_a_library_that_is_none(home: Path) -> None:
    (home / "timbre").mkdir()
    (finding,) = surroundings.library()
    assert finding.severity == "ok"
    (home / "timbre" / "library.sqlite").write_text("no database" * 100)
    (finding,) = surroundings.library()
    assert finding.severity == "problem"


@pytest.mark.skipif(sys.platform != "linux", reason="the other systems: test_finding.py")
def test_daws_and_their_scripts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    (home / ".config" / "REAPER").mkdir(parents=True)
    (reaper, others) = surroundings.daws()
    assert (reaper.severity, reaper.about) == ("warning", "REAPER")
    assert reaper.advice == "timbre daw install reaper"
    assert "Ardour, Ableton Live" in others.text


@pytest.mark.parametrize(
    ("reason", "severity", "says"),
    [("", "ok", "Speakers"), ("playing needs the extra 'play'", "warning", "the extra 'play'")],
)
def test_the_sound_device_is_the_one_that_plays(
    reason: str, severity: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def choose(wanted: str | None) -> output_devices.OutputDevice:
        assert wanted is None
        if reason:
            raise output_devices.PlaybackUnavailable(reason)
        return output_devices.OutputDevice(3, "Speakers", 2, 48_000, is_default=True)

    monkeypatch.setattr(output_devices, "choose_output_device", choose)
    (finding,) = surroundings.sound_device()
    assert finding.severity == severity
    assert says in finding.text


def test_a_damaged_model(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(SHIPPED_DIR / "embedded", home / "shipped" / "embedded")
    weights = home / "shipped" / "embedded" / "embedded.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    monkeypatch.setattr(
        "core.models.registry.Registry",
        lambda: Registry(home / "models", shipped_dir=home / "shipped", cache_dir=home / "cache"),
    )
    found = {finding.about: finding for finding in performance.models()}
    damaged = found["model embedded"]
    assert (damaged.severity, damaged.exit_code) == ("problem", 3)
    assert "install" in damaged.advice
    assert "timbre models pull tokensynth" in found["model tokensynth"].text
    monkeypatch.setattr(performance, "speed", lambda: iter(()))
    assert doctor(monkeypatch) == 3


def test_voices_are_counted_by_the_time_they_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which a block takes a millisecond for each voice holds four of them."""
    now = 0.0
    monkeypatch.setattr("bridge.doctor.performance.time.perf_counter", lambda: now)

    class Live:
        sample_rate = 44_100

        def __init__(self, voices: int) -> None:
            self.voices = voices

        def note_on(self, pitch: int, velocity: int) -> int:
            return pitch

        def release(self, note: int) -> None:
            pass

        def process(self, _frames: int) -> None:
            nonlocal now
            now += 1e-3 * self.voices

    synth = types.SimpleNamespace(stream=lambda _timbre, max_voices: Live(max_voices))
    assert performance.live_voices(synth, TextTimbre("a")) == 4  # type: ignore[arg-type]


def test_the_speed_of_a_render_is_of_its_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    synth = Synthesizer.load("embedded", "cpu")
    assert performance.realtime_factor(synth, TextTimbre("a")) > 0


LONG = Finding(
    "warning",
    "sound device",
    "the package sounddevice is not installed, so that sounds are written to files",
    "open /a/rather/long/path/that/must/not/be/cut/in/two-or-three/parts and look there",
)


@pytest.mark.parametrize("width", [20, 40, 60, 80])
def test_lines_fit_a_narrow_terminal(width: int) -> None:
    shown = lines(LONG, width)
    for line in shown:
        assert len(line) <= max(width, 30) or "/a/rather" in line
        assert line == line.rstrip()
    assert sum("/a/rather/long/path/that/must/not/be/cut/in/two-or-three/parts" in line
               for line in shown) == 1  # fmt: skip
    assert " ".join(" ".join(shown).split()) == " ".join(" ".join(lines(LONG, None)).split())


def test_a_pipe_gets_a_line_for_each_thing() -> None:
    assert len(lines(LONG, None)) == 2
    assert len(lines(Finding("ok", "a", "b" * 300), None)) == 1
