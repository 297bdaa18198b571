"""Icons of the stage, in the colours of its palette."""

from __future__ import annotations

from PyQt6.QtGui import QIcon, QPalette

from desktop.theme.glyphs import glyph_icon


def icon(name: str, palette: QPalette) -> QIcon:
    """A glyph as an icon.

    Args:
        name: such as ``mdi6.play``.
        palette: whose text it is like.
    """
    groups = (QPalette.ColorGroup.Active, QPalette.ColorGroup.Disabled)
    usual, faint = (palette.color(group, QPalette.ColorRole.ButtonText) for group in groups)
    return glyph_icon(name, usual, disabled=faint)
