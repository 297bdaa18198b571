"""A piano roll to look at a clip: notes with velocities and bends, named keys, a playhead.

The wheel zooms in time where the pointer is, with Ctrl over keys, with Shift it moves; the mouse
drags the view, a click asks for a time, a double click shows everything again. Colours are the
palette's.
"""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
    qRgba,
)
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.clip import Clip, Note, pitch_name
from desktop.widgets.roll_notes import RollNotes
from desktop.widgets.roll_view import RollView, time_words

_RULER_PX, _GAP_PX = 20, 6
_VELOCITY_PX = 44
_VELOCITY_FROM_PX = 170
"""Below this height there is no room for velocities beside the keys."""

_BLACK = frozenset({1, 3, 6, 8, 10})
_ZOOM = 1.25
_CLICK_PX = 4.0


class PianoRoll(QWidget):
    """See the module's first lines.

    Args:
        hint: what stands there while there is no clip.
        parent: its widget.

    Attributes:
        time_wanted: a time was clicked, seconds from the clip's start.
    """

    time_wanted = pyqtSignal(float)

    def __init__(self, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hint = hint
        self._notes: RollNotes | None = None
        self._view = RollView()
        self._playhead_s: float | None = None
        self._picture: QPixmap | None = None  # everything but the playhead
        self._pressed: QPointF | None = None
        self._dragged = False
        self.setMinimumSize(200, 96)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Piano roll")
        self.set_clip(None)

    @property
    def view(self) -> RollView:
        """What is seen."""
        return self._view

    def set_clip(self, clip: Clip | None) -> None:
        """Show another clip, all of it; None shows an empty roll."""
        self.set_notes(None if clip is None else RollNotes(clip))

    def set_notes(self, notes: RollNotes | None) -> None:
        """As :meth:`set_clip`, of a clip that was made ready on another thread."""
        self._notes = notes
        self._playhead_s = None
        self.setAccessibleDescription("no clip" if notes is None else notes.description)
        self.set_view(RollView() if notes is None else notes.whole)

    def set_view(self, view: RollView) -> None:
        """See another stretch."""
        self._view = view
        self._refresh()

    def set_playhead(self, seconds: float | None) -> None:
        """Move the playhead, and the view with it when it leaves; None hides it."""
        self._playhead_s = seconds
        if seconds is not None:
            view = self._view.showing(min(seconds, self._view.length_s))
            if view != self._view and self._pressed is None:
                self.set_view(view)
        self.update()

    @property
    def _whole(self) -> RollView:
        return RollView() if self._notes is None else self._notes.whole

    def sizeHint(self) -> QSize:  # noqa: N802
        """As Qt asks."""
        return QSize(560, 240)

    # Geometry

    @property
    def _keys_px(self) -> int:
        return self.fontMetrics().horizontalAdvance("C#-1") + 14

    @property
    def _area(self) -> QRectF:
        """Where notes are, pixels."""
        below = _VELOCITY_PX + _GAP_PX if self._has_velocities else 0
        left, top = self._keys_px, _RULER_PX
        return QRectF(left, top, max(self.width() - left, 1), max(self.height() - top - below, 1))

    @property
    def _has_velocities(self) -> bool:
        return self.height() >= _VELOCITY_FROM_PX

    def time_at(self, x: float) -> float:
        """The time at a place of the widget, seconds."""
        area = self._area
        return self._view.start_s + (x - area.left()) / area.width() * self._view.seconds

    def key_at(self, y: float) -> float:
        """The key at a place of the widget; whole numbers are lower edges of keys."""
        area = self._area
        return self._view.low + (area.bottom() - y) / area.height() * self._view.keys

    def _x(self, seconds: float) -> float:
        area = self._area
        return area.left() + (seconds - self._view.start_s) / self._view.seconds * area.width()

    def _y(self, key: float) -> float:
        area = self._area
        return area.bottom() - (key - self._view.low) / self._view.keys * area.height()

    # Painting

    def _refresh(self) -> None:
        self._picture = None
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        if self._picture is None:
            ratio = self.devicePixelRatioF()
            self._picture = QPixmap(self.size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            painter = QPainter(self._picture)
            painter.setFont(self.font())
            self._paint_all(painter)
            painter.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        if self._playhead_s is not None:
            x, area = self._x(self._playhead_s), self._area
            if area.left() <= x <= area.right():
                painter.setPen(QPen(self._colour(QPalette.ColorRole.Text), 1))
                painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        if self.hasFocus():
            painter.setPen(QPen(self._colour(QPalette.ColorRole.Highlight), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_all(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), self._colour(QPalette.ColorRole.Base))
        if self._notes is None:
            painter.setPen(self._faint(0.7))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._hint)
            return
        self._paint_rows(painter)
        self._paint_ruler(painter)
        if self._notes is not None:
            painter.save()
            painter.setClipRect(self._area)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_notes(painter, self._notes)
            painter.restore()
            if self._has_velocities:
                self._paint_velocities(painter, self._notes)
        self._paint_keys(painter)

    def _paint_rows(self, painter: QPainter) -> None:
        area, row = self._area, self._colour(QPalette.ColorRole.AlternateBase)
        height = area.height() / self._view.keys
        for key in self._seen_keys():
            rect = QRectF(area.left(), self._y(key + 1), area.width(), height) & area
            if key % 12 in _BLACK:
                painter.fillRect(rect, row)
            if key % 12 == 0:
                painter.setPen(QPen(self._faint(0.25), 1))
                painter.drawLine(rect.bottomLeft(), rect.bottomRight())

    def _paint_ruler(self, painter: QPainter) -> None:
        area, view = self._area, self._view
        step_s = view.ruler_step_s(area.width())
        number = int(view.start_s / step_s)
        while (at_s := number * step_s) <= view.start_s + view.seconds + 1e-9:
            number += 1
            x = self._x(at_s)
            if x < area.left() - 0.5:
                continue
            painter.setPen(QPen(self._faint(0.18), 1))
            painter.drawLine(QPointF(x, _RULER_PX - 5), QPointF(x, area.bottom()))
            text = time_words(at_s, step_s)
            width = painter.fontMetrics().horizontalAdvance(text)
            if x + 4 + width <= self.width():
                painter.setPen(self._faint(0.75))
                place = QRectF(x + 4, 0, width + 2, _RULER_PX)
                painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_notes(self, painter: QPainter, notes: RollNotes) -> None:
        area = self._area
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
        area = self._area
        velocity = notes.density(self._view, max(int(area.width()), 1))
        keys, columns = velocity.shape
        picture = QImage(velocity.tobytes(), columns, keys, columns, QImage.Format.Format_Indexed8)
        colours = [self._note_colour(number).rgba() for number in range(128)]
        picture.setColorTable([qRgba(0, 0, 0, 0), *colours[1:]])
        target = QRectF(area.left(), self._y(keys), area.width(), self._y(0) - self._y(keys))
        painter.drawImage(target, picture)

    def _curve(self, note: Note) -> QPolygonF:
        """A note's bend: level before its first point and after its last."""
        inside = [(at_s, semitones) for at_s, semitones in note.bend if at_s < note.duration_s]
        inside = inside or [note.bend[0]]
        points = [(0.0, inside[0][1]), *inside, (note.duration_s, inside[-1][1])]
        return QPolygonF(
            [QPointF(self._x(note.start_s + s), self._y(note.pitch + 0.5 + st)) for s, st in points]
        )

    def _paint_velocities(self, painter: QPainter, notes: RollNotes) -> None:
        area = self._area
        base = float(self.height() - 2)
        painter.setPen(QPen(self._faint(0.25), 1))
        top = self.height() - _VELOCITY_PX
        painter.drawLine(QPointF(0, top - 2), QPointF(self.width(), top - 2))
        painter.setPen(self._faint(0.75))
        place = QRectF(4, top, self._keys_px - 8, _VELOCITY_PX)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, "vel.")
        for at, velocity in notes.onsets(self._view, max(int(area.width()), 1)):
            height = velocity / 127 * (_VELOCITY_PX - 6)
            bar = QRectF(area.left() + at, base - height, 3, height)
            painter.fillRect(bar, self._note_colour(velocity))

    def _paint_keys(self, painter: QPainter) -> None:
        area, width = self._area, self._keys_px
        height = area.height() / self._view.keys
        strip = QRectF(0, area.top(), width, area.height())
        painter.fillRect(strip, self._colour(QPalette.ColorRole.Window))
        named = 1 if height >= painter.fontMetrics().height() - 3 else 12
        for key in self._seen_keys():
            rect = QRectF(0, self._y(key + 1), width, height)
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
        return self.palette().color(role)

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

    # Moving about

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        if event is None:
            return
        turned, where = event.angleDelta(), event.position()
        modifiers = event.modifiers()
        steps = (turned.y() or turned.x()) / 120.0
        sideways = abs(turned.x()) > abs(turned.y())
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            self.set_view(self._view.zoomed_keys(_ZOOM**-steps, self.key_at(where.y())))
        elif sideways or modifiers & Qt.KeyboardModifier.ShiftModifier:
            self.set_view(self._view.moved(-0.15 * steps * self._view.seconds, 0.0))
        else:
            self.set_view(self._view.zoomed(_ZOOM**-steps, self.time_at(where.x())))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._dragged = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        if event is None or self._pressed is None:
            return
        by = event.position() - self._pressed
        if not self._dragged and by.manhattanLength() < _CLICK_PX:
            return
        self._dragged, self._pressed = True, event.position()
        area, view = self._area, self._view
        seconds = -by.x() / area.width() * view.seconds
        self.set_view(view.moved(seconds, by.y() / area.height() * view.keys))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        if event is None or self._pressed is None:
            return
        self._pressed = None
        at_s = self.time_at(event.position().x())
        if not self._dragged and self._notes is not None and 0 <= at_s <= self._view.length_s:
            self.time_wanted.emit(at_s)

    def mouseDoubleClickEvent(self, _event: QMouseEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        self.set_view(self._whole)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        if event is None:
            return
        view, key = self._view, event.key()
        middle_s = view.start_s + view.seconds / 2
        moves = {
            Qt.Key.Key_Plus: view.zoomed(1 / _ZOOM, middle_s),
            Qt.Key.Key_Minus: view.zoomed(_ZOOM, middle_s),
            Qt.Key.Key_Left: view.moved(-view.seconds / 8, 0),
            Qt.Key.Key_Right: view.moved(view.seconds / 8, 0),
            Qt.Key.Key_Up: view.moved(0, 2),
            Qt.Key.Key_Down: view.moved(0, -2),
            Qt.Key.Key_0: self._whole,
        }
        if key in moves:
            self.set_view(moves[Qt.Key(key)])
        else:
            super().keyPressEvent(event)

    # What else Qt tells

    def event(self, event: QEvent | None) -> bool:
        """As Qt asks; says what is under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at_s, key = self.time_at(event.pos().x()), self.key_at(event.pos().y())
            note = self._notes.at(at_s, key) if self._notes is not None else None
            QToolTip.showText(event.globalPos(), _note_words(note), self)
            return True
        return super().event(event)

    def resizeEvent(self, _event: QResizeEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        self._refresh()

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        """As Qt asks; light and dark change while it is shown."""
        super().changeEvent(event)
        self._refresh()


def _mixed(one: QColor, other: QColor, part: float) -> QColor:
    """A colour between two; ``part`` 0…1 is how much of the other."""
    return QColor.fromRgbF(
        one.redF() + (other.redF() - one.redF()) * part,
        one.greenF() + (other.greenF() - one.greenF()) * part,
        one.blueF() + (other.blueF() - one.blueF()) * part,
    )


def _note_words(note: Note | None) -> str:
    if note is None:
        return ""
    bend = ", bent" if note.is_bent else ""
    return f"{note.describe()}, velocity {note.velocity}, {note.duration_s:.2f} s{bend}"
