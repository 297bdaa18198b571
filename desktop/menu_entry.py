"""The program in the system's menu: an entry with an icon, made and taken away again.

Linux: a ``.desktop`` file (Desktop Entry Specification 1.5) and an SVG in the hicolor theme.
Windows: a ``.lnk`` in the Start menu, made by Windows' own scripting host, with an ``.ico``.
macOS: a small ``.app`` in the user's Applications with an ``.icns``.
"""

from __future__ import annotations

import os
import plistlib
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from core.errors import OutputError
from core.files import output_error, replacing
from core.paths import data_dir
from desktop.theme.icons import APP_ICON

NAME = "Timbre Bridge"
_ID = "timbre-bridge"
_COMMENT = "Play any MIDI clip in any timbre"
_SIDES = {"ico": 256, "icns": 512}


def launch_command(platform: str = sys.platform) -> list[str]:
    """What starts the window: this Python, whatever folder it is started from.

    Args:
        platform: as of :data:`sys.platform`.
    """
    python = Path(sys.executable)
    if platform == "win32":  # the one that opens no console
        windowed = python.with_name("pythonw.exe")
        python = windowed if windowed.exists() else python
    return [str(python), "-P", "-m", "desktop"]


def install(
    home: Path, environment: Mapping[str, str] = os.environ, platform: str = sys.platform
) -> list[Path]:
    """Make the entry, or make it anew.

    Args:
        home: the user's folder.
        environment: variables that say where the system keeps such things.
        platform: as of :data:`sys.platform`.

    Returns:
        The files made.

    Raises:
        OutputError: if one cannot be written.
    """
    files = _files(home, environment, platform)
    try:
        if platform == "win32":
            return _install_windows(files)
        if platform == "darwin":
            return _install_mac(files)
        return _install_linux(files)
    except OSError as error:
        raise output_error(error.filename or files[0], error) from error


def remove(
    home: Path, environment: Mapping[str, str] = os.environ, platform: str = sys.platform
) -> list[Path]:
    """Take the entry away; the files that were there.

    Args:
        home, environment, platform: as for :func:`install`.

    Raises:
        OutputError: if one cannot be removed.
    """
    there = [path for path in _files(home, environment, platform) if path.exists()]
    try:
        for path in there:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    except OSError as error:
        raise output_error(error.filename, error) from error
    return there


def _files(home: Path, environment: Mapping[str, str], platform: str) -> list[Path]:
    """The entry, then its icon; on macOS one folder is both."""
    if platform == "win32":
        roaming = Path(environment.get("APPDATA") or home / "AppData/Roaming")
        menu = roaming / "Microsoft/Windows/Start Menu/Programs"
        return [menu / f"{NAME}.lnk", data_dir() / f"{_ID}.ico"]
    if platform == "darwin":
        return [home / "Applications" / f"{NAME}.app"]
    # A relative path is to be ignored (XDG Base Directory Specification).
    named = Path(environment.get("XDG_DATA_HOME", ""))
    data = named if named.is_absolute() else home / ".local/share"
    return [
        data / "applications" / f"{_ID}.desktop",
        data / "icons/hicolor/scalable/apps" / f"{_ID}.svg",
    ]


def _install_linux(files: list[Path]) -> list[Path]:
    entry, icon = files
    _write(icon, APP_ICON.read_bytes())
    lines = (
        "[Desktop Entry]",
        "Type=Application",
        "Version=1.5",
        f"Name={NAME}",
        f"Comment={_COMMENT}",
        f"Exec={' '.join(_quoted(word) for word in launch_command('linux'))}",
        f"Icon={icon}",
        "Terminal=false",
        "Categories=AudioVideo;Audio;Midi;Music;",
        "Keywords=preset;timbre;MIDI;synthesizer;",
        f"StartupWMClass={_ID}",
    )
    _write(entry, ("\n".join(lines) + "\n").encode())
    return files


def _quoted(word: str) -> str:
    """A word of ``Exec``, quoted and with field codes escaped (the specification's "Exec key")."""
    escaped = word.replace("%", "%%")
    for reserved in ("\\", '"', "`", "$"):
        escaped = escaped.replace(reserved, f"\\{reserved}")
    # The value is a string, in which backslashes are escaped once more.
    return '"' + escaped.replace("\\", "\\\\") + '"'


def _install_mac(files: list[Path]) -> list[Path]:
    (bundle,) = files
    contents = bundle / "Contents"
    information = {
        "CFBundleName": NAME,
        "CFBundleDisplayName": NAME,
        "CFBundleIdentifier": "org.timbre-bridge.desktop",
        "CFBundleExecutable": _ID,
        "CFBundleIconFile": _ID,
        "CFBundlePackageType": "APPL",
        "CFBundleShortVersionString": "1.0",
        "NSHighResolutionCapable": True,
        "NSMicrophoneUsageDescription": "To make a timbre of what you play or sing.",
    }
    _write(contents / "Info.plist", plistlib.dumps(information))
    _draw_icon(contents / "Resources" / f"{_ID}.icns")
    start = contents / "MacOS" / _ID
    _write(start, f"#!/bin/sh\nexec {shlex.join(launch_command('darwin'))}\n".encode())
    start.chmod(0o755)
    return files


def _install_windows(files: list[Path]) -> list[Path]:
    link, icon = files
    _draw_icon(icon)
    link.parent.mkdir(parents=True, exist_ok=True)
    program, *arguments = launch_command("win32")
    script = (
        "$s = (New-Object -ComObject WScript.Shell).CreateShortcut($env:TIMBRE_LINK); "
        "$s.TargetPath = $env:TIMBRE_PROGRAM; $s.Arguments = $env:TIMBRE_ARGUMENTS; "
        "$s.IconLocation = $env:TIMBRE_ICON; $s.Description = $env:TIMBRE_COMMENT; $s.Save()"
    )
    values = {
        "TIMBRE_LINK": str(link),
        "TIMBRE_PROGRAM": program,
        "TIMBRE_ARGUMENTS": subprocess.list2cmdline(arguments),
        "TIMBRE_ICON": str(icon),
        "TIMBRE_COMMENT": _COMMENT,
    }
    try:  # by variables: a path may hold quotes and any letter
        subprocess.run(
            ["powershell", "-NoProfile", "-NonInteractive", "-Command", script],
            env={**os.environ, **values},
            check=True,
            capture_output=True,
            text=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise OutputError(
            f"Windows did not make {link} ({' '.join(said.split())[:200]}); "
            "make a shortcut to 'timbre desktop' by hand"
        ) from error
    return files


def _draw_icon(path: Path) -> None:
    """The icon in the form that a system wants, by the suffix."""
    from PyQt6.QtCore import QBuffer, QIODevice, QSize, Qt
    from PyQt6.QtGui import QImage, QPainter
    from PyQt6.QtSvg import QSvgRenderer

    side = _SIDES[path.suffix[1:]]
    image = QImage(QSize(side, side), QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(APP_ICON)).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, path.suffix[1:].upper()):
        raise OutputError(f"{path} cannot be drawn: this Qt writes no {path.suffix} files")
    _write(path, buffer.data().data())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as stream:
        stream.write(content)
