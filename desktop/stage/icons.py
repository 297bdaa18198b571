"""Icons of the stage, in the colours of its palette."""

from __future__ import annotations

from PyQt6.QtGui import QIcon, QPalette


def icon(name: str, palette: QPalette) -> QIcon:
    """An icon of qtawesome's.

    Args:
        name: such as ``mdi6.play``.
        palette: whose text it is like.
    """
    import qtawesome

    groups = {"color": QPalette.ColorGroup.Active, "color_disabled": QPalette.ColorGroup.Disabled}
    return qtawesome.icon(
        name,
        **{
            key: palette.color(group, QPalette.ColorRole.ButtonText)
            for key, group in groups.items()
        },
    )
