"""Three octaves, played by the mouse, and by the computer's keys while they have the focus."""

from __future__ import annotations

from collections.abc import Iterable

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette
from PyQt6.QtWidgets import QSizePolicy, QWidget

from core.clip import pitch_name
from desktop.theme.colours import BLACK_KEY, ON_BLACK_KEY, ON_WHITE_KEY, WHITE_KEY

COMPUTER_KEYS = "awsedftgyhujkolp;'"
"""A key a semitone, the lowest first: the row of A is the white ones, as in most trackers."""

_OCTAVES = 3
_WHITE = (0, 2, 4, 5, 7, 9, 11)
_BLACK_SHARE = 0.62
_VELOCITY = 96
_LOWEST, _HIGHEST = 12, 84


class PianoKeyboard(QWidget):
    """Keys.

    Attributes:
        pressed: pitch and velocity; lower on a key is louder.
        released: pitch.
    """

    pressed = pyqtSignal(int, int)
    released = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Keyboard"))
        self.setAccessibleDescription(
            self.tr("Play with the keys from A to P; Z and X change the octave")
        )
        self._first = 48
        self._by_key: dict[int, int] = {}
        self._by_mouse: int | None = None
        self._elsewhere: frozenset[int] = frozenset()

    @property
    def first_pitch(self) -> int:
        """The lowest key's."""
        return self._first

    @property
    def keys_down(self) -> frozenset[int]:
        """Pitches that are held here."""
        held = set(self._by_key.values())
        return frozenset(held if self._by_mouse is None else held | {self._by_mouse})

    def show_keys(self, pitches: Iterable[int]) -> None:
        """Light keys that are held elsewhere, on a MIDI keyboard say."""
        if (pitches := frozenset(pitches)) != self._elsewhere:
            self._elsewhere = pitches
            self.update()

    def release_all(self) -> None:
        """Let every key go."""
        for pitch in self.keys_down:
            self.released.emit(pitch)
        self._by_key.clear()
        self._by_mouse = None
        self.update()

    def shift_octave(self, octaves: int) -> None:
        """Move the keyboard up or down."""
        first = self._first + 12 * octaves
        if _LOWEST <= first <= _HIGHEST:
            self.release_all()
            self._first = first
            self.update()

    def pitch_at(self, place: QPointF) -> int | None:
        """The key at a place; None beside them."""
        if not self.rect().contains(place.toPoint()):
            return None
        for is_black in (True, False):
            for pitch, key in self._keys(is_black):
                if key.contains(place):
                    return pitch
        return None

    def sizeHint(self) -> QSize:  # noqa: N802
        """Three octaves."""
        return QSize(21 * 24, 88)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """Play."""
        if event is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return super().keyPressEvent(event)
        place = COMPUTER_KEYS.find(event.text().lower()) if event.text() else -1
        if event.isAutoRepeat():
            event.accept()
        elif event.key() == Qt.Key.Key_Z:
            self.shift_octave(-1)
        elif event.key() == Qt.Key.Key_X:
            self.shift_octave(1)
        elif place >= 0:
            self._by_key[event.key()] = self._first + place
            self.pressed.emit(self._first + place, _VELOCITY)
            self.update()
        else:
            super().keyPressEvent(event)
        return None

    def keyReleaseEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """Release."""
        if event is None or event.isAutoRepeat() or event.key() not in self._by_key:
            return super().keyReleaseEvent(event)
        self.released.emit(self._by_key.pop(event.key()))
        self.update()
        return None

    def focusOutEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802
        """Keys that are let go elsewhere are never told: none hangs."""
        self.release_all()
        super().focusOutEvent(event)
        self.update()

    def focusInEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802
        """Show the letters."""
        super().focusInEvent(event)
        self.update()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Play."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._slide_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Slide."""
        if event is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self._slide_to(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Release."""
        if event is not None and self._by_mouse is not None:
            self.released.emit(self._by_mouse)
            self._by_mouse = None
            self.update()

    def _slide_to(self, place: QPointF) -> None:
        pitch = self.pitch_at(place)
        if pitch == self._by_mouse:
            return
        if self._by_mouse is not None:
            self.released.emit(self._by_mouse)
        self._by_mouse = pitch
        if pitch is not None:
            depth = min(1.0, max(0.0, place.y() / self.height()))
            self.pressed.emit(pitch, round(40 + 80 * depth))
        self.update()

    def _keys(self, is_black: bool) -> list[tuple[int, QRectF]]:
        width = self.width() / (7 * _OCTAVES)
        keys = []
        for octave in range(_OCTAVES):
            for step in range(12):
                if (step not in _WHITE) != is_black or self._first + 12 * octave + step > 127:
                    continue
                whites = 7 * octave + sum(white < step for white in _WHITE)
                left, height = whites * width, float(self.height())
                if is_black:
                    left, height = left - 0.3 * width, _BLACK_SHARE * height
                across = 0.6 * width if is_black else width
                keys.append((self._first + 12 * octave + step, QRectF(left, 0, across, height)))
        return keys

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802
        """Draw it: ivory and black in every theme, as keyboards are."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent = self.palette().color(QPalette.ColorRole.Highlight)
        line = self.palette().color(QPalette.ColorRole.Mid)
        down = self.keys_down | self._elsewhere
        for is_black in (False, True):
            plain = QColor(BLACK_KEY if is_black else WHITE_KEY)
            letter = QColor(ON_BLACK_KEY if is_black else ON_WHITE_KEY)
            for pitch, key in self._keys(is_black):
                painter.setPen(line)
                painter.setBrush(accent if pitch in down else plain)
                painter.drawRoundedRect(key.adjusted(0.5, -3, -0.5, -0.5), 2, 2)
                self._write(painter, key, pitch, is_black, letter)

    def _write(
        self, painter: QPainter, key: QRectF, pitch: int, is_black: bool, colour: QColor
    ) -> None:
        place = pitch - self._first
        words = ""
        if self.hasFocus() and place < len(COMPUTER_KEYS):
            words = COMPUTER_KEYS[place].upper()
        elif pitch % 12 == 0 and not is_black:
            words = pitch_name(pitch)
        if not words:
            return
        painter.setPen(colour)
        font = self.font()
        font.setPointSizeF(max(6.0, 0.8 * font.pointSizeF()))
        painter.setFont(font)
        foot = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
        painter.drawText(key.adjusted(0, 0, 0, -4), int(foot), words)
