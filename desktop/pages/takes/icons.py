"""Icons in the palette's colours, drawn anew when those change."""

from __future__ import annotations

from PyQt6.QtGui import QColor, QIcon, QPalette

from desktop.theme.glyphs import glyph_icon

NAMES = {
    "play": "mdi6.play",
    "stop": "mdi6.stop",
    "best": "mdi6.sort-descending",
    "loudness": "mdi6.volume-equal",
    "check": "mdi6.ear-hearing",
    "drag": "mdi6.drag",
    "retry": "mdi6.refresh",
    "cancel": "mdi6.close",
    "first": "mdi6.arrow-collapse-up",
    "folder": "mdi6.folder-open-outline",
    "copy": "mdi6.content-copy",
    "blind": "mdi6.ear-hearing",
    "bridge": "mdi6.lan-connect",
}
_DISABLED = 0.4


def icon(name: str, palette: QPalette, role: QPalette.ColorRole) -> QIcon:
    """An icon.

    Args:
        name: one of :data:`NAMES`.
        palette: whose colours.
        role: of its colour.
    """
    colour = palette.color(role)
    faint = QColor(colour)
    faint.setAlphaF(_DISABLED)
    return glyph_icon(NAMES[name], colour, disabled=faint)
