"""How a take's sound looks: where things are in pixels, and painting them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QFontMetrics, QImage, QPainter, QPalette, QPen, QPolygonF

from core.types import FloatArray
from desktop.pages.takes.sound.spectrogram import band_edges_hz
from desktop.widgets.roll.roll_painter import keys_width
from desktop.widgets.roll.roll_view import RollView

_WAVEFORM_PART, _MOST_WAVEFORM_PX = 0.34, 72
_GAP_PX = 1
_NAMED_HZ = ((100, "100"), (1000, "1k"), (10_000, "10k"))


class SoundPainter:
    """Paints a sound once; cheap to make.

    Args:
        view: what is seen; of it only the time.
        size: of the widget.
        palette: whose colours.
        metrics: of the font.

    Attributes:
        area: where sound is, from the same left edge as a roll's notes; pixels.
        wave, spectrum: its upper and its lower part.
    """

    def __init__(
        self, view: RollView, size: QSize, palette: QPalette, metrics: QFontMetrics
    ) -> None:
        self._view, self._palette = view, palette
        left, height = keys_width(metrics), size.height()
        width = max(size.width() - left, 1)
        self.area = QRectF(left, 0, width, height)
        wave = round(min(height * _WAVEFORM_PART, _MOST_WAVEFORM_PX))
        self.wave = QRectF(left, 0, width, wave)
        self.spectrum = QRectF(left, wave + _GAP_PX, width, height - wave - _GAP_PX)

    def x(self, seconds: float) -> float:
        """Where a time is, pixels from the left."""
        part = (seconds - self._view.start_s) / self._view.seconds
        return self.area.left() + part * self.area.width()

    def paint(
        self,
        painter: QPainter,
        peaks: FloatArray,
        seconds: float,
        pictures: Sequence[tuple[QImage, float, float]],
        sample_rate: int,
    ) -> None:
        """Paint everything but the playhead.

        Args:
            painter: paints.
            peaks: float32 [2, stretches].
            seconds: length of the sound.
            pictures: of levels, each with its start and end, seconds; later ones on top.
            sample_rate: Hz.
        """
        self._paint_waveform(painter, self.wave, peaks, seconds)
        for image, start_s, end_s in pictures:
            self._paint_levels(painter, self.spectrum, image, start_s, end_s)
        self._paint_scale(painter, self.spectrum, sample_rate)

    def paint_playhead(self, painter: QPainter, seconds: float) -> None:
        """Paint a line where a time is, if that is in sight."""
        x = self.x(seconds)
        if self.area.left() <= x <= self.area.right():
            painter.setPen(QPen(self._palette.color(QPalette.ColorRole.Text), 1))
            painter.drawLine(QPointF(x, self.wave.top()), QPointF(x, self.wave.bottom()))
            painter.setPen(QPen(Qt.GlobalColor.white, 1))  # on the map's colours, in both themes
            painter.drawLine(QPointF(x, self.spectrum.top()), QPointF(x, self.spectrum.bottom()))

    def _paint_waveform(
        self, painter: QPainter, area: QRectF, peaks: FloatArray, seconds: float
    ) -> None:
        columns = max(int(area.width()), 1)
        count = peaks.shape[1]
        times_s = self._view.start_s + np.arange(columns + 1) / columns * self._view.seconds
        edges = np.clip(times_s / max(seconds, 1e-9) * count, 0, count).astype(np.int64)
        seen = int(np.searchsorted(edges, count))  # columns that begin within the sound
        if not seen:
            return
        first = np.minimum(edges[:seen], count - 1)
        within = slice(int(first[0]), max(int(edges[min(seen, columns)]), int(first[-1]) + 1))
        low = np.minimum.reduceat(peaks[0][within], first - within.start)
        high = np.maximum.reduceat(peaks[1][within], first - within.start)
        height = max(float(np.abs(peaks).max(initial=0.0)), 0.02)
        middle, scale = area.center().y(), (area.height() / 2 - 2) / height
        x = area.left() + np.arange(seen) + 0.5
        above = zip(x.tolist(), (middle - high * scale - 0.5).tolist(), strict=True)
        below = zip(x[::-1].tolist(), (middle - low[::-1] * scale + 0.5).tolist(), strict=True)
        outline = QPolygonF([QPointF(*point) for point in (*above, *below)])
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._palette.color(QPalette.ColorRole.Highlight))
        painter.drawPolygon(outline)
        painter.restore()

    def _paint_levels(
        self, painter: QPainter, area: QRectF, image: QImage, start_s: float, end_s: float
    ) -> None:
        left, right = self.x(start_s), self.x(end_s)
        if right <= left:
            return
        shown = QRectF(left, area.top(), right - left, area.height()) & area
        per_px = image.width() / (right - left)
        source = QRectF(
            (shown.left() - left) * per_px, 0, shown.width() * per_px, float(image.height())
        )
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(shown, image, source)
        painter.restore()

    def _paint_scale(self, painter: QPainter, spectrum: QRectF, sample_rate: int) -> None:
        quiet = self._palette.color(QPalette.ColorRole.PlaceholderText)
        painter.setPen(quiet)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        low_hz, high_hz = band_edges_hz(sample_rate)
        octaves, height = np.log(high_hz / low_hz), painter.fontMetrics().height()
        for hz, words in _NAMED_HZ:
            y = spectrum.bottom() - np.log(hz / low_hz) / octaves * spectrum.height()
            place = QRectF(0, y - height / 2, spectrum.left() - 5, height)
            if low_hz < hz < high_hz and place.top() >= spectrum.top():
                painter.drawText(place, flags, words)
