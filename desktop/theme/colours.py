"""The colours of the window by name, light and dark. No other file has a colour in it.

A widget asks :func:`colours_of` for those of its own palette, so it follows a change of theme
by repainting, and a test or the gallery may show it in either without any global state.
"""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtGui import QColor, QPalette
from PyQt6.QtWidgets import QWidget

_DARK_BELOW = 128
"""Lightness of a background, 0…255, under which it counts as dark."""


@dataclass(frozen=True)
class Colours:
    """One theme, as ``#rrggbb``. Each kind of text is readable on ``surface`` and ``raised``.

    Attributes:
        surface: behind everything.
        raised: what lies on it: fields, lists, cards.
        line: what separates; never the only sign of anything.
        text: what is read.
        quiet_text: what is read second.
        accent: the one colour that says "here": selection, focus, playhead.
        on_accent: text on a patch of ``accent``.
        good, warning, bad: states, always beside words.
    """

    surface: str
    raised: str
    line: str
    text: str
    quiet_text: str
    accent: str
    on_accent: str
    good: str
    warning: str
    bad: str


LIGHT = Colours(
    surface="#f2f3f5",
    raised="#ffffff",
    line="#d3d7dd",
    text="#1b1e23",
    quiet_text="#59616d",
    accent="#0b6a75",
    on_accent="#ffffff",
    good="#1f7038",
    warning="#8a5300",
    bad="#b3261e",
)
DARK = Colours(
    surface="#191b1f",
    raised="#23262c",
    line="#3a3f48",
    text="#e9ebee",
    quiet_text="#a4acb8",
    accent="#58c4cf",
    on_accent="#0f1a1c",
    good="#7fce93",
    warning="#e8b45a",
    bad="#f28b82",
)

WHITE_KEY, ON_WHITE_KEY = "#f3f1ea", "#55555c"
BLACK_KEY, ON_BLACK_KEY = "#26262b", "#c9c9d0"
"""A piano's keys, and letters on them: the same in every theme."""

SPECTRAL_MAP = "viridis"
"""The name of pyqtgraph's perceptual colour map in which spectra are drawn."""

_FAMILIES_LIGHT = ("#0067a5", "#b34a00", "#007a5a", "#a8427f", "#8a6400", "#2f7fb5")
_FAMILIES_DARK = ("#4ea3e0", "#ff8a4c", "#34c79a", "#e08bc0", "#e6b33d", "#9ad0f5")
"""Six hues of M. Okabe and K. Ito, told apart in every kind of colour blindness, made darker or
lighter until each is seen on its ground. Twelve families are six hues in two shapes each."""


def family_colour(colours: Colours, family: int) -> str:
    """The colour of a family of sounds, ``#rrggbb``; two share it, and differ in shape.

    Args:
        colours: of the theme.
        family: its number, 0 or more.
    """
    hues = _FAMILIES_DARK if colours == DARK else _FAMILIES_LIGHT
    return hues[family % len(hues)]


def colours_of(source: QWidget | QPalette) -> Colours:
    """The theme that a widget or a palette shows."""
    palette = source.palette() if isinstance(source, QWidget) else source
    return DARK if palette.color(QPalette.ColorRole.Window).lightness() < _DARK_BELOW else LIGHT


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1…21 (WCAG 2.2, "contrast ratio").

    Args:
        one: as ``#rrggbb``.
        other: likewise; their order does not matter.
    """
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    """WCAG 2.2, "relative luminance"."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF())
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
