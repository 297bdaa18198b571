"""Spectral pictures of presets as images: those in view are drawn first, in the background."""

from __future__ import annotations

import logging
from collections import OrderedDict
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QImage

from core.errors import TimbreError
from core.library.presets import Preset
from desktop.faults import words_of
from desktop.services.interfaces import PresetService
from desktop.tasks import Lane, LaneTask, TaskControl, Tasks

if TYPE_CHECKING:
    from core.types import FloatArray

COLOUR_MAP = "inferno"
"""Perceptually even: twice as loud looks twice as bright."""

_MOST_KEPT = 2000
_MOST_WAITING = 48
"""More than a screen of them; of a list that is scrolled fast, the oldest wishes are dropped."""

_log = logging.getLogger(__name__)
_Key = tuple[str, int]
"""A preset's id and version: one sound."""


class PresetPictures(QObject):
    """Images by preset, kept while they are in use.

    Nobody's child: a page may be collected while one arrives, and takes its children with it.

    Args:
        presets: draw them.
        tasks: the door to other threads.

    Attributes:
        arrived: the id of a preset whose picture is there, or that has none.
    """

    arrived = pyqtSignal(str)

    def __init__(self, presets: PresetService, tasks: Tasks) -> None:
        super().__init__()
        self._presets, self._tasks = presets, tasks
        self._images: OrderedDict[_Key, QImage | None] = OrderedDict()
        self._waiting: OrderedDict[_Key, LaneTask[QImage | None]] = OrderedDict()
        self._problems: dict[_Key, str] = {}

    def image(self, preset: Preset) -> QImage | None:
        """The picture of a preset; None until it is drawn, or if it has none."""
        key = (preset.id, preset.version)
        if key in self._images:
            self._images.move_to_end(key)
            return self._images[key]
        if key not in self._waiting:
            self._draw(key)
        return None

    def problem(self, preset: Preset) -> str:
        """Why a preset has no picture; empty if it has one, or nobody knows yet."""
        return self._problems.get((preset.id, preset.version), "")

    def is_waiting(self, preset: Preset) -> bool:
        """Whether the picture is still to be drawn."""
        return (preset.id, preset.version) in self._waiting

    def _draw(self, key: _Key) -> None:
        preset_id, _ = key

        def draw(control: TaskControl) -> QImage | None:
            # Here, not in the window's thread: what has the colours takes a while to import.
            picture = self._presets.picture(preset_id, control)
            return None if picture is None else to_image(picture)

        self._waiting[key] = self._tasks.run(
            draw,
            then=partial(self._keep, key),
            failed=partial(self._fail, key),
            lane=Lane.BACKGROUND,
            owner=self,
        )
        if len(self._waiting) > _MOST_WAITING:
            _, oldest = self._waiting.popitem(last=False)
            oldest.cancel()

    def _keep(self, key: _Key, image: QImage | None) -> None:
        self._waiting.pop(key, None)
        self._images[key] = image
        if len(self._images) > _MOST_KEPT:
            self._images.popitem(last=False)
        self.arrived.emit(key[0])

    def _fail(self, key: _Key, error: Exception) -> None:
        if not isinstance(error, TimbreError):
            _log.error("no picture of %s", key[0], exc_info=error)
        self._problems[key] = words_of(error)
        self._keep(key, None)


@cache
def _colours() -> list[int]:
    """The 256 colours of pyqtgraph's map, out of its file.

    Importing pyqtgraph loads libraries that hold the window meanwhile, a tenth of a second.
    """
    package = find_spec("pyqtgraph")
    assert package is not None  # declared
    assert package.origin is not None
    file = Path(package.origin).parent / "colors" / "maps" / f"{COLOUR_MAP}.csv"
    rows = (line for line in file.read_text("utf-8").splitlines() if not line.startswith(";"))
    colours = []
    for row in filter(None, map(str.strip, rows)):
        red, green, blue = (round(255 * float(part)) for part in row.split(",")[:3])
        colours.append(0xFF000000 | red << 16 | green << 8 | blue)
    assert len(colours) == 256
    return colours


def to_image(picture: FloatArray) -> QImage:
    """A spectral picture in colours, low bands at the bottom.

    Args:
        picture: float32 [bands, times] in 0…1.
    """
    import numpy as np

    levels = np.ascontiguousarray(np.round(picture[::-1] * 255).astype(np.uint8))
    bands, times = levels.shape
    image = QImage(levels.tobytes(), times, bands, times, QImage.Format.Format_Indexed8)
    image.setColorTable(_colours())
    return image.copy()  # of its own: the bytes above are gone when this returns
