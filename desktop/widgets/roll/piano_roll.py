"""A piano roll to look at a clip: notes with velocities and bends, named keys, a playhead.

Notes can be marked (:mod:`desktop.widgets.roll.roll_marks`). The wheel zooms in time where the
pointer is, with Ctrl over keys, with Shift it moves; the mouse drags the view, a click or a drag
along the ruler asks for a time, a double click shows everything again. Colours are the palette's.
"""

from __future__ import annotations

from dataclasses import replace

from PyQt6.QtCore import QEvent, QPointF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.clip import Clip, Note
from desktop.translations.words import translate
from desktop.widgets.roll.roll_marks import RollMarks
from desktop.widgets.roll.roll_notes import RollNotes
from desktop.widgets.roll.roll_painter import RollPainter
from desktop.widgets.roll.roll_view import RollView

_ZOOM = 1.25
_CLICK_PX = 4.0


class PianoRoll(QWidget):
    """See the module's first lines.

    Args:
        hint: what stands there while there is no clip.
        parent: its widget.

    Attributes:
        time_wanted: a time was clicked, or dragged to along the ruler; seconds from the clip's
            start.
        view_changed: another :class:`RollView` is seen.
    """

    time_wanted = pyqtSignal(float)
    view_changed = pyqtSignal(object)

    def __init__(self, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hint = hint
        self._notes: RollNotes | None = None
        self._view = RollView()
        self._playhead_s: float | None = None
        self._marks: RollMarks | None = None
        self._reach_s = 0.0
        self._is_on_ruler = False
        self._picture: QPixmap | None = None  # everything but the playhead
        self._pressed: QPointF | None = None
        self._dragged = False
        self.setMinimumSize(200, 96)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Piano roll"))
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
        self._playhead_s = self._marks = None
        self._reach_s = 0.0
        self.setAccessibleDescription(self.tr("no clip") if notes is None else notes.description)
        self.set_view(RollView() if notes is None else notes.whole)

    def set_view(self, view: RollView) -> None:
        """See another stretch."""
        self._view = view
        self._refresh()
        self.view_changed.emit(view)

    def set_reach(self, seconds: float) -> None:
        """Time goes at least until here: what is drawn under the roll rings on after the notes."""
        is_all_seen = self._view == self._whole
        self._reach_s = seconds
        whole = self._whole
        if is_all_seen:
            self.set_view(whole)
        elif self._view.length_s != whole.length_s:
            self.set_view(replace(self._view, length_s=whole.length_s).moved(0.0, 0.0))

    def set_marks(self, marks: RollMarks | None) -> None:
        """Mark notes; None marks none."""
        if marks != self._marks:
            self._marks = marks
            self._refresh()

    @property
    def marks(self) -> RollMarks | None:
        """The marked notes."""
        return self._marks

    def set_playhead(self, seconds: float | None) -> None:
        """Move the playhead, and the view with it when it leaves; None hides it."""
        self._playhead_s = seconds
        if seconds is not None:
            view = self._view.showing(min(seconds, self._view.length_s))
            if view != self._view and self._pressed is None:
                self.set_view(view)
        self.update()

    @property
    def playhead_s(self) -> float | None:
        """Where the playhead is, seconds."""
        return self._playhead_s

    @property
    def _whole(self) -> RollView:
        if self._notes is None:
            return RollView()
        whole = self._notes.whole
        if self._reach_s <= whole.length_s:
            return whole
        return replace(whole, seconds=self._reach_s, length_s=self._reach_s)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As Qt asks."""
        return QSize(560, 240)

    # Geometry

    def _painter(self) -> RollPainter:
        return RollPainter(
            self._notes,
            self._view,
            self.size(),
            self.palette(),
            self.fontMetrics(),
            self._hint,
            self._marks,
        )

    def time_at(self, x: float) -> float:
        """The time at a place of the widget, seconds."""
        area = self._painter().area
        return self._view.start_s + (x - area.left()) / area.width() * self._view.seconds

    def key_at(self, y: float) -> float:
        """The key at a place of the widget; whole numbers are lower edges of keys."""
        area = self._painter().area
        return self._view.low + (area.bottom() - y) / area.height() * self._view.keys

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
            self._painter().paint(painter)
            painter.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        if self._playhead_s is not None:
            roll = self._painter()
            x, area = roll.x(self._playhead_s), roll.area
            if area.left() <= x <= area.right():
                painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Text), 1))
                painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        if self.hasFocus():
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

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
            self._is_on_ruler = event.position().y() < self._painter().area.top()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        if event is None or self._pressed is None:
            return
        if self._is_on_ruler:
            self._ask_for(event.position().x())
            return
        by = event.position() - self._pressed
        if not self._dragged and by.manhattanLength() < _CLICK_PX:
            return
        self._dragged, self._pressed = True, event.position()
        area, view = self._painter().area, self._view
        seconds = -by.x() / area.width() * view.seconds
        self.set_view(view.moved(seconds, by.y() / area.height() * view.keys))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        if event is None or self._pressed is None:
            return
        self._pressed = None
        if not self._dragged:
            self._ask_for(event.position().x())

    def _ask_for(self, x: float) -> None:
        at_s = self.time_at(x)
        if self._notes is not None and 0 <= at_s <= self._view.length_s:
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


def _note_words(note: Note | None) -> str:
    if note is None:
        return ""
    bend = translate("Widgets", ", bent") if note.is_bent else ""
    return translate("Widgets", "{note}, velocity {velocity}, {duration_s:.2f} s{bend}").format(
        note=note.describe(), velocity=note.velocity, duration_s=note.duration_s, bend=bend
    )
