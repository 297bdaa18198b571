"""A sound's place between two adjectives, as a bar that can be dragged; and five of them, small."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QPoint, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from core.descriptors.adjectives import ADJECTIVES, Adjective

PARTS = 100
"""Steps of a bar from end to end."""

SMALL_BARS = QSize(56, 30)
"""Five of them in a row of a list."""

_CLEAR = 0.3
"""So near to an end, a sound is called by its word."""


def words_of(places: Mapping[str, float]) -> list[str]:
    """The adjectives that a sound is called by."""
    words = []
    for adjective in ADJECTIVES:
        place = places.get(adjective.name, 0.5)
        if place <= _CLEAR:
            words.append(adjective.low)
        elif place >= 1.0 - _CLEAR:
            words.append(adjective.high)
    return words


def draw_small_bars(
    painter: QPainter, rect: QRect, places: Mapping[str, float], ink: QColor, track: QColor
) -> None:
    """Draw five bars above each other; of a sound that was not measured, their tracks only.

    Args:
        painter: to draw with.
        rect: of all of them.
        places: by the names of adjectives, 0…1.
        ink: of what is filled.
        track: of the rest.
    """
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    step = rect.height() / len(ADJECTIVES)
    for number, adjective in enumerate(ADJECTIVES):
        bar = QRectF(rect.left(), rect.top() + number * step + 1, rect.width(), step - 3)
        painter.setBrush(track)
        painter.drawRoundedRect(bar, 1.5, 1.5)
        if adjective.name in places:
            bar.setWidth(max(2.0, bar.width() * places[adjective.name]))
            painter.setBrush(ink)
            painter.drawRoundedRect(bar, 1.5, 1.5)
    painter.restore()


class AdjectiveBar(QAbstractSlider):
    """One pair, with its words at the ends: drag, click, arrow keys; Delete takes an edit back.

    Args:
        adjective: the pair.

    Attributes:
        edited: the place that the user gave the sound, 0…1.
        reset_wanted: it is to be as measured.
    """

    edited = pyqtSignal(float)
    reset_wanted = pyqtSignal()

    def __init__(self, adjective: Adjective, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.adjective = adjective
        self._is_known = self._is_edited = False
        self._moved_from: int | None = None
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setRange(0, PARTS)
        self.setSingleStep(2)
        self.setPageStep(10)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(self.tr("{} to {}").format(adjective.low, adjective.high))
        self.show_place(None, is_edited=False)

    @property
    def is_known(self) -> bool:
        """Whether the sound has a place."""
        return self._is_known

    def show_place(self, place: float | None, *, is_edited: bool) -> None:
        """Show where a sound stands; not while the user drags.

        Args:
            place: 0…1; None if it was not measured.
            is_edited: whether it is the user's word.
        """
        if self.isSliderDown():
            return
        self._is_known, self._is_edited = place is not None, is_edited
        self.setValue(round((0.5 if place is None else place) * PARTS))
        if place is None:
            words = self.tr("not measured yet")
        else:
            words = self.tr("{} % {}").format(round(place * 100), self.adjective.high)
            words = self.tr("{}, your word").format(words) if is_edited else words
        self.setAccessibleDescription(words)
        drag = self.tr("drag to say so yourself; Delete goes back to what was measured")
        low, high = self.adjective.low, self.adjective.high
        self.setToolTip(f"{low}–{high}: {words}; {drag}")
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """See :class:`QWidget`, as all that follow."""
        return QSize(200, self.fontMetrics().height() + 6)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter, palette = QPainter(self), self.palette()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        quiet, ink = palette.placeholderText().color(), palette.windowText().color()
        track, bar = QColor(quiet), self._track()
        track.setAlpha(70)
        words = self._words_width()
        align = Qt.AlignmentFlag.AlignVCenter
        place = self.value() / PARTS
        for text, rect, side, is_near in (
            (self.adjective.low, QRect(0, 0, words, self.height()),
             Qt.AlignmentFlag.AlignLeft, place <= _CLEAR),
            (self.adjective.high, QRect(self.width() - words, 0, words, self.height()),
             Qt.AlignmentFlag.AlignRight, place >= 1.0 - _CLEAR),
        ):  # fmt: skip
            painter.setPen(ink if is_near and self._is_known else quiet)
            painter.drawText(rect, side | align, text)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(track)
        painter.drawRoundedRect(QRectF(bar), 3, 3)
        accent = palette.highlight().color()
        if self._is_known or self.isSliderDown():
            filled = QRectF(bar)
            filled.setWidth(max(3.0, bar.width() * place))
            own = self._is_edited or self.isSliderDown()
            painter.setBrush(accent if own else quiet)
            painter.drawRoundedRect(filled, 3, 3)
            if self.hasFocus() or self.underMouse() or own:
                thumb = QRectF(filled.right() - 2, bar.top() - 3, 4, bar.height() + 6)
                painter.setBrush(accent if own else ink)
                painter.drawRoundedRect(thumb, 2, 2)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(accent, 1))
            painter.drawRoundedRect(QRectF(bar).adjusted(-2.5, -2.5, 2.5, 2.5), 4, 4)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._moved_from = self.value()
            self.setSliderDown(True)
            self._drag_to(event.position().toPoint())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is not None and self.isSliderDown():
            self._drag_to(event.position().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is not None and self.isSliderDown():
            self._drag_to(event.position().toPoint())
            self.setSliderDown(False)
            self._tell()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        if event is None:
            return
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.reset_wanted.emit()
            return
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):  # Qt's sliders take them; lists do too
            event.ignore()
            return
        if self._moved_from is None:
            self._moved_from = self.value()
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        super().keyReleaseEvent(event)
        if event is not None and not event.isAutoRepeat():
            self._tell()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self._tell()

    def _tell(self) -> None:
        """One edit for a drag or for as long as a key was held."""
        before, self._moved_from = self._moved_from, None
        if before is not None and (before != self.value() or not self._is_known):
            self._is_known = self._is_edited = True
            self.edited.emit(self.value() / PARTS)
        self.update()

    def _drag_to(self, point: QPoint) -> None:
        bar = self._track()
        self.setValue(round((point.x() - bar.left()) / max(1, bar.width()) * PARTS))
        self.update()

    def _track(self) -> QRect:
        words = self._words_width() + 8
        return QRect(words, self.height() // 2 - 3, max(8, self.width() - 2 * words), 6)

    def _words_width(self) -> int:
        metrics = self.fontMetrics()
        both = [word for pair in ADJECTIVES for word in (pair.low, pair.high)]
        return max(metrics.horizontalAdvance(word) for word in both)
