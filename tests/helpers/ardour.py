"""A real Ardour on a virtual screen, with a session of its own and Lua scripts to run.

Needs the Debian packages ardour and xvfb. What Ardour has to be told so that it starts
without a question, and runs scripts without a click, is written into its configuration.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self
from xml.etree import ElementTree

import numpy as np
import soundfile

from bridge.protocol import osc
from core.types import FloatArray
from tests.helpers.readme import install

SUPERCLOCKS_PER_S = 282_240_000
"""Ardour's unit for positions in its session files."""

OSC_PORT = 3819
LAST_RESORT_S = 600.0
"""For one step of Ardour's. Mark tests with a limit above several of them."""

_CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<Ardour>
 <Config>
  <Option name="try-autostart-engine" value="1"/>
  <Option name="hide-dummy-backend" value="0"/>
 </Config>
 <Extra><AudioMIDISetup><EngineStates>
  <State backend="None (Dummy)" driver="" device="" input-device="Silence"
   output-device="Silence" sample-rate="48000" buffer-size="1024" n-periods="0"
   input-latency="0" output-latency="0" input-channels="2" output-channels="2" active="1"
   use-buffered-io="0" midi-option="1 in, 1 out, Silence" lru="1"/>
 </EngineStates></AudioMIDISetup></Extra>
</Ardour>
"""
_NEW_SESSION = """
local session = create_session (arg[1], arg[2], 48000)
session:save_state ("")
close_session ()
quit ()
"""
_LOG_ERRORS = """
local action = factory (...)
return function (...)
  local fine, problem = pcall (action, ...)
  if not fine then
    local log = io.open (ARDOUR.LuaAPI.build_filename (Session:path (), "errors.log"), "a")
    log:write (tostring (problem), "\\n")
    log:close ()
  end
end
"""
_ALL_SIGNALS = "1" * 64  # which bit is the timer's differs between versions


def version() -> str | None:
    """Major version of the Ardour that is installed, as its file names have it."""
    for folder in os.environ["PATH"].split(os.pathsep):
        for path in sorted(Path(folder).glob("ardour*-lua"), reverse=True):
            if found := re.fullmatch(r"ardour(\d+)-lua", path.name):
                return found[1]
    return None


def why_not() -> str:
    """What is missing for a run; empty if nothing is."""
    missing = [name for name in ("ardour", "Xvfb") if shutil.which(name) is None]
    if not missing and version() is None:
        missing.append("ardour*-lua")
    return f"{', '.join(missing)} not installed" if missing else ""


class Ardour:
    """A running Ardour. Use it in a ``with`` block.

    Args:
        home: an empty folder: its home, configuration and session.
        scripts: the folder whose README says how to install them.
        actions: sources of action scripts; :meth:`fire` runs them by their index.
        hooks: sources of scripts that all signals call.
        environment: more variables.

    Attributes:
        session_dir: of the session, which is named ``song``.
    """

    def __init__(
        self,
        home: Path,
        scripts: Path,
        actions: Sequence[str],
        hooks: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._version = version()
        self._home = home
        config = home / ".config" / f"ardour{self._version}"
        config.mkdir(parents=True)
        (config / f".a{self._version}").touch()  # it has been here before: no first-run wizard
        (config / "config").write_text(_CONFIG)
        (config / "ui_scripts").write_text(_ui_scripts(actions, hooks))
        install(scripts / "README.md", home)
        self._environment = {
            **os.environ,
            **(environment or {}),
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "LC_ALL": "C.UTF-8",
        }
        self.session_dir = home / "song"
        self._log = home / "ardour.log"
        self._tool("lua", _file(home / "new.lua", _NEW_SESSION), str(self.session_dir), "song")
        text = self._session_file.read_text()
        off = 'name="Open Sound Control (OSC)" active="0"'
        assert off in text, "Ardour writes another session file than it used to"
        self._session_file.write_text(text.replace(off, off.replace("0", "1")))
        self._running = contextlib.ExitStack()

    @property
    def _session_file(self) -> Path:
        return self.session_dir / "song.ardour"

    def __enter__(self) -> Self:
        reading, writing = os.pipe()
        screen = self._start(
            "Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp",
            pass_fds=(writing,),
        )  # fmt: skip
        os.close(writing)
        with os.fdopen(reading) as pipe:
            display = pipe.readline().strip()
        assert display, f"Xvfb ended with {screen.wait()}: {self.log()}"
        self._environment["DISPLAY"] = f":{display}"
        self._daw = self._start(
            "ardour", "--no-splash", "--no-announcements", str(self._session_file)
        )
        return self

    def __exit__(self, *_error: object) -> None:
        self._running.close()

    def fire(self, number: int) -> None:
        """Run an action script, as its menu entry or key would, by OSC."""
        with socket.socket(type=socket.SOCK_DGRAM) as peer:
            packet = osc.pack("/access_action", [f"LuaAction/script-{number + 1}"])
            peer.sendto(packet, ("127.0.0.1", OSC_PORT))

    def fire_until(self, number: int, done: Callable[[], object]) -> None:
        """Run an action script again and again until it has done something."""
        self.wait(lambda: self.fire(number) or done(), f"action {number}", every_s=0.4)

    def wait(self, done: Callable[[], object], what: str, every_s: float = 0.1) -> None:
        """Wait until something is so, as long as Ardour runs.

        Fails with all logs if Ardour ends first. A loaded machine may take minutes; the limit
        only keeps a hanging Ardour from being waited for all night.

        Args:
            done: looks whether it is so.
            what: that is waited for, in the failure's message.
            every_s: pause between two looks, seconds.
        """
        give_up = time.monotonic() + LAST_RESORT_S
        while not done():
            status = self._daw.poll()
            assert status is None, f"{what}: Ardour ended with {status}.\n{self.log()}"
            assert time.monotonic() < give_up, f"{what}: it hangs.\n{self.log()}"
            time.sleep(every_s)

    def quit(self) -> None:
        """End it; the session is as it was saved last."""
        self._running.close()

    def session(self) -> ElementTree.Element:
        """The session as it was saved."""
        return ElementTree.parse(self._session_file).getroot()

    def mix(self) -> tuple[FloatArray, int]:
        """What the saved session's audio regions play together, float32 [samples], and its rate.

        Put together here from the session's own files: one time in fifteen, ardour7-export
        frees something twice, dies, and takes the session's MIDI files with it.
        """
        root = self.session()
        rate = int(root.attrib["sample-rate"])
        names = {source.attrib["id"]: source.attrib["name"] for source in root.iter("Source")}
        parts = []
        for playlist in root.iter("Playlist"):
            if playlist.attrib["type"] == "audio":
                for region in playlist.iter("Region"):
                    assert region.attrib["start"] == "a0", "nothing of the file is cut off"
                    name = names[region.attrib["source-0"]]
                    (path,) = self.session_dir.glob(f"interchange/*/audiofiles/{name}")
                    audio, file_rate = soundfile.read(path, dtype="float32", always_2d=True)
                    assert file_rate == rate
                    parts.append((samples(region, rate), audio[:, 0]))
        mixed = np.zeros(max(start + len(audio) for start, audio in parts), np.float32)
        for start, audio in parts:
            mixed[start : start + len(audio)] += audio
        return mixed, rate

    def log(self) -> str:
        """What Ardour and the bridge's scripts said."""
        names = ("errors.log", "timbre-bridge.log")
        paths = (*(self.session_dir / name for name in names), self._log)
        return "\n".join(
            f"{path.name}:\n{path.read_text(errors='replace')[-4000:]}"
            for path in paths
            if path.exists()
        )

    def _start(self, *command: str, pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
        log = self._running.enter_context(self._log.open("ab"))
        process = subprocess.Popen(
            command, env=self._environment, stdout=log, stderr=log, pass_fds=pass_fds
        )
        self._running.callback(_end, process)
        return process

    def _tool(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            [f"ardour{self._version}-{name}", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=LAST_RESORT_S,
        )
        assert done.returncode == 0, f"ardour-{name}: {done.stdout}{done.stderr}"


def samples(region: ElementTree.Element, sample_rate: int) -> int:
    """The sample at which a region of a session file starts.

    Raises:
        AssertionError: if it is kept in beats, or between two samples.
    """
    position = region.attrib["length"].split("@")[1]  # LENGTH@POSITION, ``a`` for audio time
    assert position.startswith("a"), f"{position} is no position in time"
    sample, rest = divmod(int(position[1:]) * sample_rate, SUPERCLOCKS_PER_S)
    assert rest == 0, f"{position} is between two samples"
    return sample


def _file(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _ui_scripts(actions: Sequence[str], hooks: Sequence[str]) -> str:
    """What Ardour's script manager writes: Lua that builds tables, in base64, in XML."""
    kept = "scripts = {} " + "".join(
        _script(f"scripts[{number}]", source) for number, source in enumerate(actions, 1)
    )
    callbacks = "".join(
        f'<LuaCallback lua="Lua 5.3" id="{9000 + number}" name="hook" signals="{_ALL_SIGNALS}">'
        f"{_base64(_script('s', source))}</LuaCallback>"
        for number, source in enumerate(hooks)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<UIScripts>'
        f'<ActionScript lua="Lua 5.3">{_base64(kept)}</ActionScript>'
        f"<ActionHooks>{callbacks}</ActionHooks></UIScripts>\n"
    )


def _script(name: str, source: str) -> str:
    # Ardour keeps the factory as bytecode, but loads text as well. A script that fails would
    # be dropped without a word.
    factory = f"local ardour = function () end {source} {_LOG_ERRORS}"
    return f'{name} = {{}} {name}["n"] = "script" {name}["s"] = {_lua(source)} ' + (
        f'{name}["f"] = {_lua(factory)} '
    )


def _lua(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return f'"{text}"'


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
