"""How a piano roll looks: where things are in pixels, and painting them in a palette's colours."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import (
    QColor,
    QFontMetrics,
    QImage,
    QPainter,
    QPalette,
    QPen,
    QPolygonF,
    qRgba,
)

from core.clip import Note, pitch_name
from desktop.widgets.roll.roll_marks import RollMarks, paint_marks
from desktop.widgets.roll.roll_notes import RollNotes
from desktop.widgets.roll.roll_view import RollView, time_words

_RULER_PX, _GAP_PX = 20, 6
_VELOCITY_PX = 44
_VELOCITY_FROM_PX = 170
"""Below this height there is no room for velocities beside the keys."""

_BLACK = frozenset({1, 3, 6, 8, 10})


def keys_width(metrics: QFontMetrics) -> int:
    """Pixels left of the notes, for what is drawn under a roll on its time axis."""
    return metrics.horizontalAdvance("C#-1") + 14


class RollPainter:
    """Paints a roll once; cheap to make.

    Args:
        notes: of the clip; None paints the hint alone.
        view: what is seen.
        size: of the widget.
        palette: whose colours.
        metrics: of the font.
        hint: what stands there while there is no clip.
        marks: on notes; None paints none.

    Attributes:
        area: where notes are, pixels.
    """

    def __init__(
        self,
        notes: RollNotes | None,
        view: RollView,
        size: QSize,
        palette: QPalette,
        metrics: QFontMetrics,
        hint: str,
        marks: RollMarks | None = None,
    ) -> None:
        self._marks = marks
        self._notes, self._view, self._size = notes, view, size
        self._palette, self._hint = palette, hint
        self._keys_px = keys_width(metrics)
        self._has_velocities = size.height() >= _VELOCITY_FROM_PX
        below = _VELOCITY_PX + _GAP_PX if self._has_velocities else 0
        width = max(size.width() - self._keys_px, 1)
        height = max(size.height() - _RULER_PX - below, 1)
        self.area = QRectF(self._keys_px, _RULER_PX, width, height)

    def x(self, seconds: float) -> float:
        """Where a time is, pixels from the left."""
        part = (seconds - self._view.start_s) / self._view.seconds
        return self.area.left() + part * self.area.width()

    def y(self, key: float) -> float:
        """Where a key's lower edge is, pixels from above."""
        return self.area.bottom() - (key - self._view.low) / self._view.keys * self.area.height()

    def paint(self, painter: QPainter) -> None:
        """Paint everything but the playhead."""
        whole = QRect(QPoint(), self._size)
        painter.fillRect(whole, self._colour(QPalette.ColorRole.Base))
        if self._notes is None:
            painter.setPen(self._faint(0.7))
            painter.drawText(whole, Qt.AlignmentFlag.AlignCenter, self._hint)
            return
        self._paint_rows(painter)
        self._paint_ruler(painter)
        if self._notes is not None:
            painter.save()
            painter.setClipRect(self.area)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_notes(painter, self._notes)
            if self._marks is not None:
                paint_marks(
                    painter, self._marks, self._place, self.area, self._key_px, self._palette
                )
            painter.restore()
            if self._has_velocities:
                self._paint_velocities(painter, self._notes)
        self._paint_keys(painter)

    @property
    def _key_px(self) -> float:
        return self.area.height() / self._view.keys

    def _place(self, note: Note) -> QPointF:
        return QPointF(self.x(note.start_s), self.y(note.pitch + 0.5))

    def _paint_rows(self, painter: QPainter) -> None:
        area, row = self.area, self._colour(QPalette.ColorRole.AlternateBase)
        height = area.height() / self._view.keys
        for key in self._seen_keys():
            rect = QRectF(area.left(), self.y(key + 1), area.width(), height) & area
            if key % 12 in _BLACK:
                painter.fillRect(rect, row)
            if key % 12 == 0:
                painter.setPen(QPen(self._faint(0.25), 1))
                painter.drawLine(rect.bottomLeft(), rect.bottomRight())

    def _paint_ruler(self, painter: QPainter) -> None:
        area, view = self.area, self._view
        step_s = view.ruler_step_s(area.width())
        number = int(view.start_s / step_s)
        while (at_s := number * step_s) <= view.start_s + view.seconds + 1e-9:
            number += 1
            x = self.x(at_s)
            if x < area.left() - 0.5:
                continue
            painter.setPen(QPen(self._faint(0.18), 1))
            painter.drawLine(QPointF(x, _RULER_PX - 5), QPointF(x, area.bottom()))
            text = time_words(at_s, step_s)
            width = painter.fontMetrics().horizontalAdvance(text)
            if x + 4 + width <= self._size.width():
                painter.setPen(self._faint(0.75))
                place = QRectF(x + 4, 0, width + 2, _RULER_PX)
                painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_notes(self, painter: QPainter, notes: RollNotes) -> None:
        area = self.area
        rects = notes.rects(self._view, area.width(), area.height())
        if rects is None:
            self._paint_density(painter, notes)
            return
        height = max(area.height() / self._view.keys - 1, 2.0)
        painter.setPen(QPen(self._colour(QPalette.ColorRole.Base), 0.5))
        radius = min(2.0, height / 3)
        columns = (rects.x, rects.y, rects.width, rects.velocity)
        for x, y, width, velocity in zip(*(column.tolist() for column in columns), strict=True):
            rect = QRectF(area.left() + x, area.top() + y + 0.5, width, height)
            colour = self._note_colour(velocity)
            painter.setBrush(colour)
            if width > 4:
                painter.drawRoundedRect(rect, radius, radius)
            else:
                painter.fillRect(rect, colour)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._colour(QPalette.ColorRole.Text), 1.2))
        for note in notes.bent(self._view):
            painter.drawPolyline(self._curve(note))

    def _paint_density(self, painter: QPainter, notes: RollNotes) -> None:
        """Many notes at once: each key a row of pixels, drawn as high as a key is."""
        area = self.area
        velocity = notes.density(self._view, max(int(area.width()), 1))
        keys, columns = velocity.shape
        picture = QImage(velocity.tobytes(), columns, keys, columns, QImage.Format.Format_Indexed8)
        colours = [self._note_colour(number).rgba() for number in range(128)]
        picture.setColorTable([qRgba(0, 0, 0, 0), *colours[1:]])
        target = QRectF(area.left(), self.y(keys), area.width(), self.y(0) - self.y(keys))
        painter.drawImage(target, picture)

    def _curve(self, note: Note) -> QPolygonF:
        """A note's bend until its end: level before its first point and after its last."""
        times_s, semitones = zip(*note.bend, strict=True)
        inside = [at_s for at_s in times_s if at_s < note.duration_s]
        points = [0.0, *inside, note.duration_s]
        pitches = note.pitch + 0.5 + np.interp(points, times_s, semitones)
        return QPolygonF(
            [
                QPointF(self.x(note.start_s + at_s), self.y(pitch))
                for at_s, pitch in zip(points, pitches.tolist(), strict=True)
            ]
        )

    def _paint_velocities(self, painter: QPainter, notes: RollNotes) -> None:
        area = self.area
        base = float(self._size.height() - 2)
        painter.setPen(QPen(self._faint(0.25), 1))
        top = self._size.height() - _VELOCITY_PX
        painter.drawLine(QPointF(0, top - 2), QPointF(self._size.width(), top - 2))
        painter.setPen(self._faint(0.75))
        place = QRectF(4, top, self._keys_px - 8, _VELOCITY_PX)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, "vel.")
        for at, velocity in notes.onsets(self._view, max(int(area.width()), 1)):
            height = velocity / 127 * (_VELOCITY_PX - 6)
            bar = QRectF(area.left() + at, base - height, 3, height)
            painter.fillRect(bar, self._note_colour(velocity))

    def _paint_keys(self, painter: QPainter) -> None:
        area, width = self.area, self._keys_px
        height = area.height() / self._view.keys
        strip = QRectF(0, area.top(), width, area.height())
        painter.fillRect(strip, self._colour(QPalette.ColorRole.Window))
        named = 1 if height >= painter.fontMetrics().height() - 3 else 12
        for key in self._seen_keys():
            rect = QRectF(0, self.y(key + 1), width, height)
            if key % 12 in _BLACK:
                painter.fillRect(
                    QRectF(0, rect.top(), width * 0.32, height) & strip, self._faint(0.5)
                )
            if key % named == 0 and strip.contains(rect.center()):
                painter.setPen(self._faint(0.85))
                tall = rect.adjusted(0, -10, -5, 10)
                flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(tall, flags, pitch_name(key))
        painter.setPen(QPen(self._faint(0.25), 1))
        painter.drawLine(strip.topRight(), strip.bottomRight())

    def _seen_keys(self) -> range:
        low, high = int(self._view.low), int(self._view.low + self._view.keys) + 1
        return range(max(low, 0), min(high, 128))

    def _colour(self, role: QPalette.ColorRole) -> QColor:
        return self._palette.color(role)

    def _faint(self, strength: float) -> QColor:
        """The text's colour, as much as this of it, on the background."""
        return _mixed(
            self._colour(QPalette.ColorRole.Base), self._colour(QPalette.ColorRole.Text), strength
        )

    def _note_colour(self, velocity: int) -> QColor:
        """The softer a note, the nearer it is to the background."""
        base = self._colour(QPalette.ColorRole.Base)
        return _mixed(
            base, self._colour(QPalette.ColorRole.Highlight), 0.35 + 0.65 * velocity / 127
        )


def _mixed(one: QColor, other: QColor, part: float) -> QColor:
    """A colour between two; ``part`` 0…1 is how much of the other."""
    return QColor.fromRgbF(
        one.redF() + (other.redF() - one.redF()) * part,
        one.greenF() + (other.greenF() - one.greenF()) * part,
        one.blueF() + (other.blueF() - one.blueF()) * part,
    )
