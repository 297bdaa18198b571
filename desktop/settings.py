"""What the window remembers between starts: typed, in one file, with upgrades of older ones.

A file that cannot be read is kept beside and said, and a file of a newer version is left as it
is: nothing a user chose is written over by a program that does not understand it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from bridge.options import PORT
from core.errors import OutputError
from core.files import check_writable, output_error, replacing
from core.models import DEFAULT_BUNDLE
from core.paths import data_dir

VERSION = 1
"""Of the file's form."""

MIN_SCALE_PERCENT, MAX_SCALE_PERCENT = 100, 200


@dataclass(frozen=True)
class WindowSettings:
    """What the user chose, and where things were.

    Attributes:
        theme: light, dark, or what the system shows.
        scale_percent: size of everything, 100…200; shown from the next start on.
        page: name of the page that was open.
        is_compact: whether the small window was open.
        geometry, compact_geometry: Qt's, as base64; empty before the first time.
        splitter: Qt's, as base64: how high the stage is.
        first_page_done: the first page need not be shown any more.
        sound_device: to play through; empty for the system's own.
        render_pace: seconds that a second of sound takes to render here; 0 before one was measured.
        bridge_on: clips from DAWs are taken while the window is open.
        bridge_port: where they are taken, UDP and TCP; scripts look at the usual one.
        render_model: id of the bundle that renders are made with.
        render_device: where renders are computed; empty leaves it to the engines.
    """

    theme: Literal["system", "light", "dark"] = "system"
    scale_percent: int = 100
    page: str = "browse"
    is_compact: bool = False
    geometry: str = ""
    compact_geometry: str = ""
    splitter: str = ""
    first_page_done: bool = False
    sound_device: str = ""
    bridge_on: bool = True
    bridge_port: int = PORT
    render_model: str = DEFAULT_BUNDLE
    render_device: str = ""
    render_pace: float = 0.0

    def __post_init__(self) -> None:
        bounded = min(max(self.scale_percent, MIN_SCALE_PERCENT), MAX_SCALE_PERCENT)
        object.__setattr__(self, "scale_percent", bounded)
        if not 0 < self.bridge_port < 2**16:
            object.__setattr__(self, "bridge_port", PORT)


UPGRADES: Mapping[int, Callable[[dict[str, Any]], None]] = {}
"""By the version that a file has: what brings its values to the next one, in place."""


class SettingsFile:
    """The settings in their file. Holds them in memory; :meth:`save` writes.

    Args:
        path: the file; it need not be there.

    Attributes:
        values: as they are now.
        remark: what was odd about the file, for the user; empty if nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_left_alone = False
        self._saved: WindowSettings | None = None
        self.remark = ""
        self.values = self._read()

    @classmethod
    def open(cls) -> SettingsFile:
        """The user's own."""
        return cls(data_dir() / "desktop.json")

    def change(self, **changes: Any) -> None:
        """Set some of the values; the file is not written yet.

        Args:
            changes: by the names of :class:`WindowSettings`.

        Raises:
            TypeError: if there is no such value, or its type is another.
        """
        hints = get_type_hints(WindowSettings)
        for name, value in changes.items():
            if name not in hints or not _fits(value, hints[name]):
                raise TypeError(f"the setting {name} cannot be {value!r}")
        self.values = replace(self.values, **changes)

    def save(self) -> None:
        """Write the file, if something changed and no newer program wrote it.

        Raises:
            OutputError: if it cannot be written.
        """
        values = self.values
        if values == self._saved or self._is_left_alone:
            return
        text = json.dumps({"version": VERSION, **asdict(values)}, indent=1)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self._path) as stream:
                stream.write(text.encode())
        except OSError as error:
            raise output_error(self._path, error) from error
        self._saved = values

    def check_writable(self) -> None:
        """Look whether :meth:`save` could write, so that the user hears of it in time; slow.

        Raises:
            OutputError: if it could not; the message says what is not kept.
        """
        if self._is_left_alone:
            return  # which the remark says
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            check_writable(self._path)
        except OSError as error:
            raise output_error(self._path, error) from error
        except OutputError as error:
            raise OutputError(f"what you choose in the window is not kept: {error}") from error

    def _read(self) -> WindowSettings:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            version = found.pop("version")
            if not isinstance(version, int) or version < 1:
                raise ValueError(f"version {version!r}")
        except FileNotFoundError:
            return WindowSettings()
        except OSError as error:
            self.remark = (
                f"The window's settings cannot be read ({self._path}: {error.strerror}); "
                "usual ones are used, and nothing is written there."
            )
            self._is_left_alone = True
            return WindowSettings()
        except (ValueError, KeyError, AttributeError, TypeError):
            return self._begin_anew()
        if version > VERSION:
            self._is_left_alone = True
            self.remark = (
                f"{self._path} was written by a newer Timbre Bridge; what you change in the "
                "window now is not kept. Update the program to have both."
            )
        return self._taken(found, version)

    def _begin_anew(self) -> WindowSettings:
        kept = self._path.with_suffix(".damaged.json")
        try:
            self._path.replace(kept)
            self.remark = f"The window's settings were damaged; the file is kept as {kept}."
        except OSError as error:
            self._is_left_alone = True
            self.remark = f"The window's settings are damaged ({self._path}: {error.strerror})."
        return WindowSettings()

    def _taken(self, found: dict[str, Any], version: int) -> WindowSettings:
        """Values out of a file; one that cannot be is left at its usual value and named."""
        refused = []
        for step in range(version, VERSION):
            try:
                UPGRADES[step](found)
            except (TypeError, ValueError):
                refused.append(f"those of version {step}")
        hints = get_type_hints(WindowSettings)
        taken = {}
        for field in fields(WindowSettings):
            if field.name in found:
                if _fits(found[field.name], hints[field.name]):
                    taken[field.name] = found[field.name]
                else:
                    refused.append(field.name)
        values = WindowSettings(**taken)
        if taken.get("bridge_port", values.bridge_port) != values.bridge_port:
            refused.append("bridge_port")
        if refused:
            self.remark = self.remark or (
                f"Some of the window's settings are as usual again ({', '.join(refused)}): "
                f"{self._path} has values for them that cannot be."
            )
        return values


def _fits(value: object, hint: Any) -> bool:
    """Whether a value is of a field's type; a boolean is no number.

    Args:
        value: any.
        hint: the field's.
    """
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    return type(value) is hint
