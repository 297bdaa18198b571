"""``timbre serve`` and ``timbre send`` as a user meets them, with a real worker."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import pytest

from bridge.client import BridgeClient
from bridge.protocol import DEFAULT_PORT, Hello, Render, osc
from core import cli
from core.clip import Clip
from core.midi import write_midi
from core.provenance import PresetVersion, read_provenance
from tests.bridge.conftest import RIFF
from tests.bridge.processes import ServeProcess
from tests.helpers.waiting import LAST_RESORT_S

CLIP = Clip.of("riff", RIFF)


def timbre(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["timbre", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


@pytest.mark.timeout(900)
def test_a_file_sent_comes_back_as_sound_through_kills_and_restarts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    midi = tmp_path / "riff.mid"
    write_midi(CLIP, midi)
    with ServeProcess(tmp_path) as server:
        preset = ("--preset", "Warm Drawbars", "--seed", "4", "--takes", "2", "--json")
        assert timbre(monkeypatch, "send", str(midi), *preset, "--port", str(server.port)) == 0
        told = json.loads(capsys.readouterr().out)
        assert [take["seed"] for take in told["takes"]] == [4, 5]
        provenance = read_provenance(told["takes"][1]["path"])
        assert provenance.preset == PresetVersion("Warm Drawbars", 1)
        assert (provenance.seed, provenance.model_id, provenance.clip.name) == (5, "tiny", "riff")
        assert len(provenance.clip.notes) == len(RIFF)
        # A high note and a setting this engine does not have are remarked on.
        extra = ("--temperature", "0.5", "--port", str(server.tcp_port), "--tcp")
        assert timbre(monkeypatch, "send", str(midi), *preset[:2], *extra) == 0
        out, err = capsys.readouterr()
        assert Path(out.strip()).is_file()
        assert "temperature has no effect" in err
        with BridgeClient(port=server.port, name="survivor") as me:
            (first,) = me.render(CLIP, "Warm Drawbars", seed=4, job_id="one")
            made_at = Path(first.path).stat().st_mtime_ns
            (again,) = me.render(CLIP, "Warm Drawbars", seed=4, job_id="another")
            assert again.path == first.path  # it is there already
            assert Path(again.path).stat().st_mtime_ns == made_at
            clip_id = me.send_clip(CLIP)
        with socket.socket(type=socket.SOCK_DGRAM) as peer:
            peer.connect(("127.0.0.1", server.port))
            peer.settimeout(LAST_RESORT_S)
            for message in (
                Hello("survivor"),
                Render("begun", clip_id, "Warm Drawbars", seed=77),
            ):
                peer.send(osc.pack(message.address, message.arguments()))
            while b"/timbre/1/accepted" not in peer.recv(65_536):
                pass
        server.kill()
    with ServeProcess(tmp_path) as server, BridgeClient(port=server.port, name="survivor") as me:
        (take,) = me.render(CLIP, "Warm Drawbars", seed=77, job_id="begun")
        assert read_provenance(take.path).seed == 77
        with pytest.raises(AssertionError, match="another Timbre Bridge"):
            ServeProcess(tmp_path)
        assert server.stop() == 0


def test_mistakes_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    midi = tmp_path / "riff.mid"
    write_midi(CLIP, midi)
    for arguments, code, says in (
        (("serve", "--host", "0.0.0.0"), 2, "give a --token"),
        (("serve", "--model", "nothing", "--port", "0"), 3, "nothing"),
        (("send", str(tmp_path / "no.mid"), "--preset", "x"), 2, "no.mid"),
        (("send", str(midi), "--preset", "x", "--takes", "0"), 2, "takes 0"),
        (("send", str(midi), "--preset", "x", "--track", "7"), 2, "no track 7"),
        (("send", "--ableton", "--preset", "x", "--drums"), 2, "--drums choose from a MIDI file"),
        (("send", str(midi), "--preset", "x", "--port", "1", "--tcp"), 2, "timbre serve"),
    ):
        assert timbre(monkeypatch, *arguments) == code, arguments
        err = capsys.readouterr().err.splitlines()
        assert says in err[-1]
        assert not any(line.startswith("Traceback") for line in err)


def test_the_port_is_the_protocols() -> None:
    from bridge.options import PORT

    assert PORT == DEFAULT_PORT
