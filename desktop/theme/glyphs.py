"""Glyphs of qtawesome's icon font as icons, without what qtawesome itself imports.

Its compatibility layer makes over all of Qt, which takes half a second of the window's start; its
fonts and the names in them are all that is wanted here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PyQt6.QtCore import QRect, QSize, Qt
from PyQt6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap

_FAMILY, _CHARACTERS = "materialdesignicons6-webfont-[0-9]*.ttf", "*icons6*charmap*.json"
_PREFIX = "mdi6."
_SHARE = 0.875
"""Of an icon's height that its font is large: glyphs reach a little beyond their em."""


@dataclass(frozen=True)
class GlyphColours:
    """Of an icon.

    Attributes:
        normal: as it usually is.
        active: under the pointer.
        disabled: when there is nothing to press.
    """

    normal: QColor
    active: QColor
    disabled: QColor


def glyph_icon(
    name: str, color: QColor | str, active: QColor | str = "", disabled: QColor | str = ""
) -> QIcon:
    """A glyph as an icon of any size.

    Args:
        name: such as ``mdi6.play``, of Material Design Icons 6.
        color: as it usually is.
        active: under the pointer; empty for the same.
        disabled: when there is nothing to press; empty for the same.

    Raises:
        KeyError: if there is no such glyph, which is our bug.
    """
    usual = QColor(color)
    colours = GlyphColours(
        usual, QColor(active) if active else usual, QColor(disabled) if disabled else usual
    )
    return QIcon(_GlyphPainter(_characters()[name.removeprefix(_PREFIX)], colours))


class _GlyphPainter(QIconEngine):
    def __init__(self, character: str, colours: GlyphColours) -> None:
        super().__init__()
        self._character, self._colours = character, colours

    def paint(
        self, painter: QPainter | None, rect: QRect, mode: QIcon.Mode, _state: QIcon.State
    ) -> None:
        if painter is None:
            return
        colours = self._colours
        colour = {
            QIcon.Mode.Disabled: colours.disabled,
            QIcon.Mode.Active: colours.active,
            QIcon.Mode.Selected: colours.active,
        }.get(mode, colours.normal)
        font = QFont(_family())
        font.setPixelSize(max(1, round(_SHARE * rect.height())))
        painter.save()
        painter.setPen(colour)
        painter.setFont(font)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._character)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return picture

    def clone(self) -> QIconEngine:
        return _GlyphPainter(self._character, self._colours)


def _fonts() -> Path:
    package = find_spec("qtawesome")
    assert package is not None  # declared
    assert package.origin is not None
    return Path(package.origin).parent / "fonts"


@cache
def _characters() -> dict[str, str]:
    """Characters of the font by the names of their glyphs."""
    (file,) = _fonts().glob(_CHARACTERS)
    codes: dict[str, str] = json.loads(file.read_text("utf-8"))
    return {name: chr(int(code, 16)) for name, code in codes.items()}


@cache
def _family() -> str:
    """The font's name, once Qt knows it."""
    (file,) = _fonts().glob(_FAMILY)
    number = QFontDatabase.addApplicationFont(str(file))
    return QFontDatabase.applicationFontFamilies(number)[0]
