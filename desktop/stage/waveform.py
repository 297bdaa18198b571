"""A sound as its outline, with a line where it plays. It draws; it reads no file."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QSize, Qt
from PyQt6.QtGui import QPalette, QResizeEvent
from PyQt6.QtWidgets import QLabel, QWidget

from core.types import FloatArray

_HEIGHT = 64
_OUTLINE_ALPHA = 200
_QUIETEST = 0.05


class Waveform(pg.PlotWidget):  # type: ignore[misc]
    """An outline over seconds, in the colours of the palette."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Waveform"))
        self.setMenuEnabled(False)
        self.setMouseEnabled(x=False, y=False)
        self.hideButtons()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAcceptDrops(False)  # what lies under it takes them
        self.viewport().setAcceptDrops(False)
        self.hideAxis("left")
        axis = self.getAxis("bottom")
        axis.setStyle(tickLength=-4)
        axis.enableAutoSIPrefix(False)
        self.setMinimumHeight(_HEIGHT)
        self._hint = QLabel(self)
        self._hint.setProperty("role", "quiet")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setWordWrap(True)
        self._hint.setProperty("role", "quiet")
        self._hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._low, self._high = pg.PlotDataItem(), pg.PlotDataItem()
        self._outline = pg.FillBetweenItem(self._low, self._high)
        self._playhead = pg.InfiniteLine(0.0, movable=False)
        self._playhead.hide()
        self.addItem(self._outline)
        self.addItem(self._playhead)
        self._paint()
        self.clear_sound()

    @property
    def playhead_s(self) -> float | None:
        """Where the line is, seconds; None if it is not shown."""
        return float(self._playhead.value()) if self._playhead.isVisible() else None

    def show_sound(self, peaks: FloatArray, seconds: float) -> None:
        """Draw a sound.

        Args:
            peaks: of :func:`desktop.stage.peaks.waveform_peaks`.
            seconds: its length.
        """
        times = np.linspace(0.0, seconds, peaks.shape[1])
        self._low.setData(times, peaks[0])
        self._high.setData(times, peaks[1])
        self.setXRange(0.0, max(seconds, 1e-3), padding=0.0)
        # As high as the sound is: how loud it is, the meter shows.
        height = max(_QUIETEST, float(np.abs(peaks).max()))
        self.setYRange(-height, height, padding=0.06)
        self.showAxis("bottom")

    def clear_sound(self) -> None:
        """Draw a line of silence."""
        flat = np.zeros((2, 2), np.float32)
        self.show_sound(flat, 1.0)
        self.hideAxis("bottom")
        self.set_playhead(None)

    def set_hint(self, words: str) -> None:
        """Say in the middle what to do; empty says nothing."""
        self._hint.setText(words)
        self._hint.setVisible(bool(words))

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        """Keep the hint in the middle."""
        super().resizeEvent(event)
        if self._is_made():
            self._hint.setGeometry(self.rect())

    def set_playhead(self, position_s: float | None) -> None:
        """Move the line; None hides it."""
        self._playhead.setVisible(position_s is not None)
        if position_s is not None:
            self._playhead.setValue(position_s)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Wide and low."""
        return QSize(400, _HEIGHT)

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        """Follow the palette."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and self._is_made():
            self._paint()

    def _is_made(self) -> bool:
        return hasattr(self, "_playhead")  # Qt sends changes while it constructs

    def _paint(self) -> None:
        palette = self.palette()
        accent = palette.color(QPalette.ColorRole.Highlight)
        text = palette.color(QPalette.ColorRole.WindowText)
        quiet = palette.color(QPalette.ColorRole.PlaceholderText)
        self.setBackground(palette.color(QPalette.ColorRole.Base))
        fill = pg.mkColor(accent)
        fill.setAlpha(_OUTLINE_ALPHA)
        self._outline.setBrush(pg.mkBrush(fill))
        for curve in (self._low, self._high):
            curve.setPen(pg.mkPen(accent, width=1))
        self._playhead.setPen(pg.mkPen(text, width=2))
        axis = self.getAxis("bottom")
        axis.setPen(pg.mkPen(quiet))
        axis.setTextPen(pg.mkPen(quiet))
        axis.setTickFont(self.font())
