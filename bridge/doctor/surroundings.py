"""Checks of what is around the program: folders, sound, DAWs and ports. None takes long."""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import tempfile
from collections.abc import Iterator

from bridge.daw_install import DAWS, UserEnvironment
from bridge.daw_install.cli import STATES, remedy
from bridge.daw_install.installation import inspect
from bridge.doctor.findings import Finding
from bridge.options import PORT
from core import paths
from core.errors import TimbreError

_SMALL_DISK_BYTES = 1 << 30
_HELLO_WITHIN_S = 2.0

LIVE_PORTS = {
    11_000: "AbletonOSC listens there, inside Live",
    11_001: "AbletonOSC answers there; `timbre serve --ableton` needs it",
    9_271: "the control surface TimbreBridge listens there, inside Live",
}
"""UDP ports that work with Live uses, and by whom."""


def program() -> Iterator[Finding]:
    """Which program runs where."""
    from core.version import program_version

    yield Finding(
        "ok",
        "program",
        f"Timbre Bridge {program_version()}, Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}",
    )


def folders() -> Iterator[Finding]:
    """Whether what we write can be written."""
    kinds = {
        "presets and models": paths.data_dir(),
        "cache": paths.cache_dir(),
        "renders": paths.renders_dir(),
    }
    for kind, folder in kinds.items():
        about = f"folder for {kind}"
        there = next(place for place in (folder, *folder.parents) if place.exists())
        try:
            with tempfile.TemporaryFile(dir=there):
                free_bytes = shutil.disk_usage(there).free
        except OSError as error:
            advice = f"allow writing there, or set TIMBRE_HOME to another folder ({error.strerror})"
            yield Finding("problem", about, f"{folder} cannot be written", advice)
            continue
        text = f"{folder}, {free_bytes / 1e9:.1f} GB free"
        if free_bytes < _SMALL_DISK_BYTES:
            yield Finding("warning", about, text, "make room: renders and models need some")
        else:
            yield Finding("ok", about, text)


def library() -> Iterator[Finding]:
    """Whether the presets can be read."""
    if not paths.library_path().exists():
        yield Finding("ok", "presets", "no library yet; the first use makes it")
        return
    from core.library import Library

    try:
        with Library.open() as presets:
            total = presets.list(0, 1).total
    except TimbreError as error:
        advice = "mend what the line above says, or set TIMBRE_HOME to another folder"
        yield Finding("problem", "presets", str(error), advice)
        return
    yield Finding("ok", "presets", f"{total} in {paths.library_path()}")


def sound_files() -> Iterator[Finding]:
    """Which formats can be read and written."""
    import soundfile

    from core.audio.formats import writable_formats

    written = [each.suffix for each in writable_formats()]
    missing = [suffix for suffix in (".flac", ".ogg", ".mp3") if suffix not in written]
    library_name = f"libsndfile {soundfile.__libsndfile_version__}"
    if missing:
        yield Finding(
            "warning",
            "sound files",
            f"{library_name} cannot write {', '.join(missing)}",
            "update the package soundfile, or libsndfile",
        )
    else:
        yield Finding("ok", "sound files", f"{', '.join(written)} ({library_name})")
    has_ffmpeg = shutil.which("ffmpeg") is not None
    yield Finding(
        "ok",
        "ffmpeg",
        "there; it turns what we cannot read (m4a, video) into WAV"
        if has_ffmpeg
        else "not there, and not needed; it would turn what we cannot read (m4a, video) into WAV",
    )


def sound_device() -> Iterator[Finding]:
    """Whether a sound can be played from here."""
    from core.audio.output_devices import PlaybackUnavailable, choose_output_device

    about = "sound device"
    try:
        yield Finding("ok", about, choose_output_device(None).name)
    except PlaybackUnavailable as error:
        advice = "`timbre render` writes files, which any player opens"
        yield Finding("warning", about, str(error), advice)


def daws() -> Iterator[Finding]:
    """Which DAWs are here, and whether our scripts are in them."""
    environment = UserEnvironment.current()
    missing = []
    for daw in DAWS.values():
        found = daw.find(environment)
        if not found:
            missing.append(daw.title)
        for place in found:
            try:
                state = inspect(daw, place.folder).state
            except TimbreError as error:
                yield Finding("warning", place.daw, str(error), "allow reading there")
                continue
            is_good = state == "current"
            yield Finding(
                "ok" if is_good else "warning", place.daw, STATES[state], remedy(daw, state)
            )
    if missing:
        yield Finding("ok", "not found", f"{', '.join(missing)} (`timbre daw list` says where)")


def ports() -> Iterator[Finding]:
    """Whether the ports are free, or who has them."""
    for port in sorted({PORT, _told_port() or PORT}):
        taken = [kind for kind in ("UDP", "TCP") if not is_free(kind, port)]
        about = f"port {port}"
        if not taken:
            text = "free for `timbre serve`" if port == PORT else "a bridge was there, and is gone"
            yield Finding("ok", about, text)
        elif (bridge := _bridge_at(port)) is not None:
            yield Finding("ok", about, bridge)
        else:
            yield Finding(
                "problem",
                about,
                f"another program has {' and '.join(taken)}; no bridge of ours answers there",
                "close it, or start `timbre serve --port N` with another number",
            )
    if DAWS["ableton"].find(UserEnvironment.current()):
        for port, who in LIVE_PORTS.items():
            state = "free" if is_free("UDP", port) else "in use"
            yield Finding("ok", f"port {port}", f"{state} ({who})")


def is_free(kind: str, port: int) -> bool:
    """Whether a port of this machine can be had.

    Args:
        kind: ``UDP`` or ``TCP``.
        port: its number.
    """
    with socket.socket(type=socket.SOCK_DGRAM if kind == "UDP" else socket.SOCK_STREAM) as probe:
        if kind == "TCP" and os.name == "posix":  # else one that was closed a moment ago counts
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _told_port() -> int | None:
    """The port of a bridge that runs, or ended without a word; as it wrote it down itself."""
    try:
        port = json.loads((paths.data_dir() / "answers" / "bridge.json").read_bytes())["port"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return port if isinstance(port, int) and 0 < port < 65_536 else None


def _bridge_at(port: int) -> str | None:
    """What a bridge at a port says of itself; None if none answers."""
    from bridge.client import BridgeClient, BridgeRefused, BridgeUnreachable

    try:
        with BridgeClient(port=port, timeout_s=_HELLO_WITHIN_S) as client:
            welcome = client.welcome
    except BridgeUnreachable:
        return None
    except BridgeRefused:
        return "a bridge that asks for a token runs there"
    return f"Timbre Bridge {welcome.version} runs there, with the model {welcome.model_id}"
