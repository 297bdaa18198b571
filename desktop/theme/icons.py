"""Icons by what they stand for, from a kept icon library, in the colours of the theme."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtGui import QIcon, QPalette
from PyQt6.QtWidgets import QWidget

from desktop.theme.colours import colours_of
from desktop.theme.glyphs import glyph_icon

APP_ICON = Path(__file__).with_name("timbre-bridge.svg")
"""The program's own icon, drawn for it."""

NAMES = {
    "browse": "mdi6.view-list",
    "takes": "mdi6.piano",
    "daws": "mdi6.swap-horizontal",
    "first": "mdi6.flag-outline",
    "settings": "mdi6.cog-outline",
    "search": "mdi6.magnify",
    "play": "mdi6.play",
    "stop": "mdi6.stop",
    "close": "mdi6.close",
    "copy": "mdi6.content-copy",
    "error": "mdi6.alert-circle-outline",
    "drop": "mdi6.tray-arrow-down",
    "favourite": "mdi6.star",
    "not_favourite": "mdi6.star-outline",
    "list": "mdi6.format-list-bulleted",
    "grid": "mdi6.view-grid-outline",
    "map": "mdi6.chart-scatter-plot",
    "zoom_in": "mdi6.magnify-plus-outline",
    "zoom_out": "mdi6.magnify-minus-outline",
    "fit": "mdi6.fit-to-page-outline",
    "lasso": "mdi6.lasso",
    "hear": "mdi6.volume-high",
    "keyboard": "mdi6.piano",
    "drag": "mdi6.drag",
    "done": "mdi6.check",
    "file": "mdi6.file-music-outline",
    "models": "mdi6.database-outline",
    "evaluation": "mdi6.sigma",
    "batch": "mdi6.playlist-music-outline",
    "make": "mdi6.pencil-outline",
    "record": "mdi6.record",
}
"""What each stands for here, and its name in Material Design Icons 6 (Apache-2.0)."""


def icon(name: str, source: QWidget | QPalette, tone: str = "quiet_text") -> QIcon:
    """An icon in the colours of a widget.

    Args:
        name: one of :data:`NAMES`.
        source: whose theme it is for; ask again when that changes.
        tone: the colour, a name of :class:`desktop.theme.colours.Colours`.

    Raises:
        KeyError: if there is none of that name, which is our bug.
    """
    colours = colours_of(source)
    return glyph_icon(NAMES[name], getattr(colours, tone), colours.text, colours.line)


def app_icon() -> QIcon:
    """The program's icon, for windows and task bars."""
    return QIcon(str(APP_ICON))
