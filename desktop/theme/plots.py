"""pyqtgraph in the colours of the window. Imported only by what draws a plot: it takes a while."""

from __future__ import annotations

from typing import Any

import pyqtgraph
from PyQt6.QtGui import QPen

from desktop.theme.colours import SPECTRAL_MAP, Colours


def style_plot(plot: Any, colours: Colours) -> None:
    """Give a plot the colours of a theme; call it again when the theme changes.

    Args:
        plot: a :class:`pyqtgraph.PlotWidget`.
        colours: of the theme.
    """
    plot.setBackground(colours.raised)
    item = plot.getPlotItem()
    for name in ("left", "bottom", "right", "top"):
        axis = item.getAxis(name)
        axis.setPen(pyqtgraph.mkPen(colours.line))
        axis.setTextPen(pyqtgraph.mkPen(colours.quiet_text))


def pen(colour: str, width: float = 1.0) -> QPen:
    """A pen that keeps its width at any zoom.

    Args:
        colour: one of a theme's.
        width: in pixels of the design.
    """
    made: QPen = pyqtgraph.mkPen(colour, width=width)
    made.setCosmetic(True)
    return made


def spectral_map() -> Any:
    """The colour map of spectra: a :class:`pyqtgraph.ColorMap`, perceptually even."""
    return pyqtgraph.colormap.get(SPECTRAL_MAP)


def spectral_colours() -> list[int]:
    """The same as 256 colours of an indexed :class:`PyQt6.QtGui.QImage`, the quietest first."""
    table = spectral_map().getLookupTable(0.0, 1.0, 256).astype(int)
    return [
        0xFF000000 | red << 16 | green << 8 | blue for red, green, blue in table[:, :3].tolist()
    ]
