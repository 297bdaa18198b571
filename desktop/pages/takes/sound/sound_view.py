"""Waveform and spectrogram of a take, under a piano roll and on its time axis.

The wheel zooms and moves as it does over the roll; a click or a drag asks to play from there.
It draws what it is given, and asks for more detail by a signal; it reads no file.
"""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QImage,
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
from PyQt6.QtWidgets import QSizePolicy, QWidget

from desktop.pages.takes.sound.sound_painter import SoundPainter
from desktop.pages.takes.sound.spectrogram import RANGE_DB, Levels
from desktop.pages.takes.sound.take_sound import TakeSound
from desktop.widgets.roll.roll_view import RollView, time_words

_ZOOM = 1.25
_STEP_PART = 0.02


class SoundView(QWidget):
    """See the module's first lines.

    Args:
        parent: its widget.

    Attributes:
        view_wanted: another :class:`RollView`, for the roll and for this.
        time_wanted: play from here, seconds.
        detail_wanted: the stretch in sight is to be drawn finer: start, end (seconds), columns.
    """

    view_wanted = pyqtSignal(object)
    time_wanted = pyqtSignal(float)
    detail_wanted = pyqtSignal(float, float, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view, self._hint = RollView(), ""
        self._sound: TakeSound | None = None
        self._colour_table: list[int] = []
        self._whole: QImage | None = None
        self._detail: tuple[QImage, float, float] | None = None
        self._picture: QPixmap | None = None  # everything but the playhead
        self._playhead_s: float | None = None
        self._is_pressed = False
        self.setMinimumSize(200, 88)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Waveform and spectrogram of the take"))
        self.setToolTip(
            self.tr(
                "Above the waveform, below the spectrogram: low to high notes, {range:.0f} dB from "
                "the brightest to the darkest. Click or drag to play from there; the wheel zooms."
            ).format(range=RANGE_DB)
        )
        self._describe()

    @property
    def playhead_s(self) -> float | None:
        """Where the playhead is, seconds."""
        return self._playhead_s

    @property
    def sound(self) -> TakeSound | None:
        """What is shown."""
        return self._sound

    @property
    def has_detail(self) -> bool:
        """Whether the stretch in sight is drawn finer than the whole."""
        return self._detail is not None

    def sizeHint(self) -> QSize:  # noqa: N802
        """As Qt asks."""
        return QSize(560, 140)

    def set_hint(self, words: str) -> None:
        """Say what to do while there is no sound."""
        self._hint = words
        self._refresh()

    def set_sound(self, sound: TakeSound | None, colours: list[int]) -> None:
        """Show another sound.

        Args:
            sound: None shows the hint.
            colours: of levels, as of :func:`desktop.theme.plots.spectral_colours`.
        """
        self._sound, self._colour_table = sound, colours
        self._whole = None if sound is None else self._image(sound.spectrogram.whole)
        self._detail = None
        self._describe()
        self._refresh()
        self._want_detail()

    def set_detail(self, levels: Levels, start_s: float, end_s: float) -> None:
        """Show a stretch finer.

        Args:
            levels: of :meth:`Spectrogram.stretch`.
            start_s, end_s: of it, seconds.
        """
        self._detail = (self._image(levels), start_s, end_s)
        self._refresh()

    def set_view(self, view: RollView) -> None:
        """See the stretch of time that the roll shows."""
        if (view.start_s, view.seconds) != (self._view.start_s, self._view.seconds):
            self._view = view
            self._refresh()
            self._want_detail()
        self._view = view

    def set_playhead(self, seconds: float | None) -> None:
        """Move the playhead; None hides it."""
        self._playhead_s = seconds
        self.update()

    # Geometry

    @property
    def area(self) -> QRectF:
        """Where sound is drawn: from the same left edge as the roll's notes."""
        return self._painter().area

    def place_of(self, seconds: float) -> float:
        """Where a time is, pixels from the left."""
        return self._painter().x(seconds)

    def _painter(self) -> SoundPainter:
        return SoundPainter(self._view, self.size(), self.palette(), self.fontMetrics())

    def time_at(self, x: float) -> float:
        """The time at a place of the widget, seconds."""
        area = self.area
        return self._view.start_s + (x - area.left()) / area.width() * self._view.seconds

    # Painting

    def _image(self, levels: Levels) -> QImage:
        rows, columns = levels.shape
        image = QImage(levels.tobytes(), columns, rows, columns, QImage.Format.Format_Indexed8)
        image.setColorTable(self._colour_table)
        return image.convertToFormat(QImage.Format.Format_RGB32)  # keeps its own memory

    def _want_detail(self) -> None:
        if self._sound is None:
            return
        view = self._view
        columns = max(round(self.area.width() * self.devicePixelRatioF()), 1)
        start_s, end_s = view.start_s, min(view.start_s + view.seconds, self._sound.seconds)
        if self._detail is not None and (start_s, end_s) != self._detail[1:]:
            self._detail = None
        is_coarse = view.seconds / columns < 0.7 * self._sound.spectrogram.column_s
        if is_coarse and self._detail is None and end_s > start_s:
            share = (end_s - start_s) / view.seconds
            self.detail_wanted.emit(start_s, end_s, max(round(columns * share), 1))

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
            self._paint(painter)
            painter.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        if self._playhead_s is not None and self._sound is not None:
            self._painter().paint_playhead(painter, self._playhead_s)
        if self.hasFocus():
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _paint(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        if self._sound is None or self._whole is None:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(16, 0, -16, 0), flags, self._hint)
            return
        sound = self._sound
        whole = (self._whole, 0.0, sound.seconds)
        pictures = [whole] if self._detail is None else [whole, self._detail]
        self._painter().paint(painter, sound.peaks, sound.seconds, pictures, sound.sample_rate)

    def _describe(self) -> None:
        self.setAccessibleDescription(
            self.tr("no take")
            if self._sound is None
            else f"{self._sound.file.name}, {time_words(self._sound.seconds, 0.1)}"
        )

    # Mouse and keys

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802
        """As Qt asks; as over the roll."""
        if event is None:
            return
        turned = event.angleDelta()
        steps = (turned.y() or turned.x()) / 120.0
        sideways = abs(turned.x()) > abs(turned.y())
        if sideways or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.view_wanted.emit(self._view.moved(-0.15 * steps * self._view.seconds, 0.0))
        else:
            at_s = self.time_at(event.position().x())
            self.view_wanted.emit(self._view.zoomed(_ZOOM**-steps, at_s))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._is_pressed = True
            self._ask_for(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        if event is not None and self._is_pressed:
            self._ask_for(event.position().x())

    def mouseReleaseEvent(self, _event: QMouseEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        self._is_pressed = False

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """As Qt asks: arrows move where it plays from, Plus and Minus zoom."""
        if event is None:
            return
        view, key = self._view, event.key()
        at_s = self._playhead_s or 0.0
        step_s = _STEP_PART * view.seconds
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self._sound is not None:
            moved_s = at_s + (step_s if key == Qt.Key.Key_Right else -step_s)
            self.time_wanted.emit(min(max(moved_s, 0.0), self._sound.seconds))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus):
            factor = 1 / _ZOOM if key == Qt.Key.Key_Plus else _ZOOM
            self.view_wanted.emit(view.zoomed(factor, view.start_s + view.seconds / 2))
        else:
            super().keyPressEvent(event)

    def _ask_for(self, x: float) -> None:
        if self._sound is not None:
            self.time_wanted.emit(min(max(self.time_at(x), 0.0), self._sound.seconds))

    # What else Qt tells

    def resizeEvent(self, _event: QResizeEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        self._refresh()
        self._want_detail()

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        """As Qt asks; light and dark change while it is shown."""
        super().changeEvent(event)
        if hasattr(self, "_picture"):  # Qt sends changes while it constructs
            self._refresh()
