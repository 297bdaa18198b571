"""A recording's outline with the region that a timbre is taken from, and the notes heard in it.

It draws and is moved by mouse and keys; it reads no file. Imported when the first recording is
opened, as what draws plots takes a while to load.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QPalette
from PyQt6.QtWidgets import QWidget

from core.audio.regions import SoundOutline
from core.clip import pitch_name
from core.encoders.base import HeardNotes
from core.types import FloatArray
from desktop.services.making.interface import MAX_REGION_S, MIN_REGION_S
from desktop.stage.waveform import Waveform
from desktop.theme.colours import colours_of

_HEIGHT = 152
_MOST_LABELS = 16
_STEP = 0.01
_ZOOM = 0.5
_REGION_ALPHA, _NOTE_ALPHA = 40, 150
_MOST_AROUND = 8.0
_OUTLINE_ALPHA = 200
_QUIETEST = 0.05
_ROOM = 0.8
"""Notes fill so much of the height."""


class RegionWaveform(Waveform):
    """See the module's first lines.

    Attributes:
        region_moved: start and end, seconds, as the user moves them.
        view_changed: the seconds that are in view.
        play_asked: the region is to be heard.
    """

    region_moved = pyqtSignal(float, float)
    view_changed = pyqtSignal(float, float)
    play_asked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self._seconds, self._height = 1.0, 1.0
        self._region: pg.LinearRegionItem | None = None
        self._bars: pg.BarGraphItem | None = None
        self._labels: list[pg.TextItem] = []
        self._counting: pg.PlotDataItem | None = None
        self._heard: HeardNotes | None = None
        self._before = self._shown = (0.0, 1.0)
        self._columns_s = 1.0
        self._whole: SoundOutline | None = None
        self._strokes: pg.PlotCurveItem | None = None
        self._is_set = False
        super().__init__(parent)
        self.setAccessibleName(self.tr("Recording with the region to use"))
        self.setToolTip(
            self.tr(
                "Drag the region or its edges; the wheel zooms.\n"
                "Keys: ← → move it, with Ctrl its start, with Shift its end; + − zoom; "
                "Home shows all; Space plays it."
            )
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(_HEIGHT)
        self.setMouseEnabled(x=True, y=False)
        self._region = pg.LinearRegionItem((0.0, 1.0), swapMode="block")
        self._region.setZValue(10)
        self._region.sigRegionChanged.connect(self._moved)
        self.addItem(self._region)
        self._region.hide()
        # A stroke a column: a filled outline of three thousand takes Qt a sixth of a second.
        self._strokes = pg.PlotCurveItem(connect="pairs")
        self.addItem(self._strokes)
        self._bars = pg.BarGraphItem(x0=[], x1=[], y0=[], y1=[])
        self._bars.setZValue(5)
        self.addItem(self._bars)
        self._counting = pg.PlotDataItem()
        self._counting.setZValue(6)
        self.addItem(self._counting)
        self.getPlotItem().getViewBox().sigXRangeChanged.connect(self._viewed)
        self._paint()

    @property
    def region(self) -> tuple[float, float]:
        """Start and end, seconds."""
        assert self._region is not None
        start, end = self._region.getRegion()
        return float(start), float(end)

    def show_outline(self, outline: SoundOutline) -> None:
        """Draw another recording, all of it.

        Args:
            outline: of the whole recording.
        """
        assert self._region is not None
        self._seconds = max(outline.end_s, 1e-3)
        self._is_set = True
        self._region.setBounds((0.0, self._seconds))
        view = self.getPlotItem().getViewBox()
        view.setLimits(xMin=0.0, xMax=self._seconds, minXRange=min(MIN_REGION_S, self._seconds))
        self.set_heard(None)
        self._whole = outline
        self.show_sound(np.zeros((2, 2), np.float32), self._seconds)
        self._height = max(_QUIETEST, float(np.abs(outline.peaks).max()))
        self.setYRange(-self._height, self._height, padding=0.06)
        self.show_part(outline)
        self._region.show()
        self._is_set = False

    def show_part(self, outline: SoundOutline) -> None:
        """Draw a part of the recording in more detail; what is in view stays."""
        assert self._strokes is not None
        count = outline.peaks.shape[1]
        edges = np.linspace(outline.start_s, outline.end_s, count + 1)
        middles = (edges[1:] + edges[:-1]) / 2
        self._strokes.setData(np.repeat(middles, 2), _joined(outline.peaks).T.reshape(-1))
        self._shown = (outline.start_s, outline.end_s)
        self._columns_s = (outline.end_s - outline.start_s) / count
        self._draw_strokes()

    def set_region(self, start_s: float, end_s: float) -> None:
        """Choose a region; nobody is told.

        Args:
            start_s, end_s: seconds.
        """
        assert self._region is not None
        self._is_set = True
        self._region.setRegion((start_s, end_s))
        self._before = self.region
        self._is_set = False

    def set_heard(self, heard: HeardNotes | None) -> None:
        """Draw the notes that were heard; None draws none."""
        self._heard = heard
        for label in self._labels:
            self.removeItem(label)
        self._labels.clear()
        assert self._bars is not None
        assert self._counting is not None
        if heard is None or not heard.notes:
            self._bars.setOpts(x0=[], x1=[], y0=[], y1=[])
        else:
            self._draw_notes(heard)
        if heard is None:
            self._counting.setData([], [])
        else:
            floor = -0.98 * self._height
            self._counting.setData([heard.start_s, heard.end_s], [floor, floor])

    def show_all(self) -> None:
        """The whole recording."""
        self.setXRange(0.0, self._seconds, padding=0.0)

    def show_region(self) -> None:
        """The region, with a little around it."""
        start, end = self.region
        around = 0.25 * (end - start)
        self.setXRange(max(0.0, start - around), min(self._seconds, end + around), padding=0.0)

    def zoom(self, factor: float) -> None:
        """Show less or more around the region's middle.

        Args:
            factor: on the seconds in view; under 1 shows less.
        """
        low, high = self._view
        width = min(self._seconds, max(MIN_REGION_S, factor * (high - low)))
        middle = sum(self.region) / 2
        start = min(max(0.0, middle - width / 2), self._seconds - width)
        self.setXRange(start, start + width, padding=0.0)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """Move, zoom, play."""
        assert event is not None
        key, held = event.key(), event.modifiers()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            low, high = self._view
            step = _STEP * (high - low) * (1 if key == Qt.Key.Key_Right else -1)
            self._step(step, held)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(_ZOOM)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / _ZOOM)
        elif key == Qt.Key.Key_Home:
            self.show_all()
        elif key == Qt.Key.Key_Space:
            self.play_asked.emit()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Wide and high enough for notes."""
        return QSize(400, _HEIGHT + 48)

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        """Draw labels in the colours of now, too."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and self._bars:
            self.set_heard(self._heard)

    @property
    def _view(self) -> tuple[float, float]:
        low, high = self.getPlotItem().getViewBox().viewRange()[0]
        return float(low), float(high)

    def _step(self, step: float, held: Qt.KeyboardModifier) -> None:
        start, end = self.region
        if held & Qt.KeyboardModifier.ControlModifier:
            start = min(max(0.0, start + step), end - MIN_REGION_S)
        elif held & Qt.KeyboardModifier.ShiftModifier:
            end = max(min(self._seconds, end + step), start + MIN_REGION_S)
        else:
            step = min(max(step, -start), self._seconds - end)
            start, end = start + step, end + step
        assert self._region is not None
        self._region.setRegion((start, end))

    def _moved(self) -> None:
        if self._is_set:
            return
        start, end = self.region
        if end - start > MAX_REGION_S:  # the edge that is dragged takes the other one along
            start, end = (
                (start, start + MAX_REGION_S)
                if start != self._before[0]
                else (end - MAX_REGION_S, end)
            )
            self.set_region(start, end)
        elif end - start < MIN_REGION_S <= self._seconds:
            start = max(0.0, min(start, self._seconds - MIN_REGION_S))
            end = start + MIN_REGION_S
            self.set_region(start, end)
        self._before = self.region
        self.region_moved.emit(start, end)

    def _viewed(self) -> None:
        if not self._is_set:
            self._cut_to_view()
            self._draw_strokes()
            self.view_changed.emit(*self._view)

    def _draw_strokes(self) -> None:
        """As wide as a column is in view."""
        low, high = self._view
        pixels = self._columns_s / (high - low) * max(1, self.width())
        colour = pg.mkColor(self.palette().color(QPalette.ColorRole.Highlight))
        colour.setAlpha(_OUTLINE_ALPHA)
        pen = pg.mkPen(colour, width=max(1, math.ceil(pixels)))
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        assert self._strokes is not None
        self._strokes.setPen(pen)

    def _cut_to_view(self) -> None:
        """Until there is more detail, draw what is known of the view alone.

        Of hours, drawn a thousand times as wide as the window, painting alone takes long.
        """
        outline, (low, high) = self._whole, self._view
        start, end = self._shown
        is_in = start <= low + 1e-6 and high - 1e-6 <= end
        if outline is None or (is_in and end - start <= _MOST_AROUND * (high - low)):
            return
        columns = outline.peaks.shape[1]
        around = high - low
        first = max(0, int(columns * (low - around) / self._seconds) - 1)
        last = min(columns, int(columns * (high + around) / self._seconds) + 2)
        self.show_part(
            replace(
                outline,
                peaks=outline.peaks[:, first:last],
                start_s=first * self._seconds / columns,
                end_s=last * self._seconds / columns,
            )
        )

    def _draw_notes(self, heard: HeardNotes) -> None:
        pitches = np.array([note.pitch for note in heard.notes], float)
        lowest, highest = pitches.min() - 2, pitches.max() + 2
        middles = (2 * (pitches - lowest) / (highest - lowest) - 1) * _ROOM * self._height
        half = min(0.06, max(0.035, 0.8 / (highest - lowest))) * _ROOM * self._height
        starts = [note.start_s for note in heard.notes]
        ends = [note.end_s for note in heard.notes]
        colours = colours_of(self)
        fill = pg.mkColor(colours.text)
        fill.setAlpha(_NOTE_ALPHA)
        assert self._bars is not None
        self._bars.setOpts(
            x0=starts,
            x1=ends,
            y0=middles - half,
            y1=middles + half,
            pen=pg.mkPen(colours.raised),
            brush=pg.mkBrush(fill),
        )
        if len(heard.notes) > _MOST_LABELS:
            return
        for note, middle in zip(heard.notes, middles, strict=True):
            label = pg.TextItem(pitch_name(note.pitch), color=colours.text, anchor=(0, 1))
            label.setFont(self.font())
            label.setPos(note.start_s, middle + half)
            label.setZValue(7)
            self.addItem(label, ignoreBounds=True)
            self._labels.append(label)

    def _paint(self) -> None:
        super()._paint()
        if self._region is None or self._counting is None:
            return
        self._draw_strokes()
        accent = self.palette().color(QPalette.ColorRole.Highlight)
        fill = pg.mkColor(accent)
        fill.setAlpha(_REGION_ALPHA)
        self._region.setBrush(pg.mkBrush(fill))
        fill.setAlpha(2 * _REGION_ALPHA)
        self._region.setHoverBrush(pg.mkBrush(fill))
        for line in self._region.lines:
            line.setPen(pg.mkPen(accent, width=3))
            line.setHoverPen(pg.mkPen(colours_of(self).text, width=3))
        self._counting.setPen(pg.mkPen(colours_of(self).warning, width=4))


def _joined(peaks: FloatArray) -> FloatArray:
    """Peaks in which each column reaches the one before, as the sound between them does."""
    joined = peaks.copy()
    joined[0, 1:] = np.minimum(peaks[0, 1:], peaks[1, :-1])
    joined[1, 1:] = np.maximum(peaks[1, 1:], peaks[0, :-1])
    return joined
