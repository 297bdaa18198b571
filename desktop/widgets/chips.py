"""Chips: small buttons that are on or off, in a row; those that do not fit go into a menu."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PyQt6.QtWidgets import QAbstractButton, QMenu, QPushButton, QSizePolicy, QWidget

_GAP = 8
_SEEN = 4
"""As many words are seen wherever there is room for chips at all."""


class Chip(QAbstractButton):
    """A word that is on or off."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:  # noqa: N802
        """See :class:`QWidget`, as all that follow."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self.text()) + 20, metrics.height() + 8)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        palette, painter = self.palette(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = palette.placeholderText().color()
        outline.setAlpha(110)
        fill: QColor | Qt.BrushStyle = Qt.BrushStyle.NoBrush
        ink = palette.windowText().color()
        if self.isChecked():
            fill, ink = palette.highlight().color(), palette.highlightedText().color()
            outline = palette.highlight().color()
        elif self.underMouse():
            fill = palette.alternateBase().color()
        if self.hasFocus():
            outline = palette.windowText().color()
        painter.setPen(QPen(outline, 1))
        painter.setBrush(fill)
        body = self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(body, body.height() / 2, body.height() / 2)
        painter.setPen(ink)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())


class ChipChoice(QWidget):
    """One of several words, or none; as many as fit are chips, all of them are in the menu.

    Attributes:
        chosen: the word, empty for none.
        menu: of all words.
    """

    chosen = pyqtSignal(str)

    def __init__(self, more: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words: tuple[tuple[str, int], ...] = ()
        self._hints: dict[str, str] = {}
        self._choice = ""
        self._chips: list[Chip] = []
        self._more = QPushButton(more, self)
        self._more.setFlat(True)
        self.menu = QMenu(more, self._more)
        self._more.setMenu(self.menu)
        self._more.hide()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_words(
        self, words: Sequence[tuple[str, int]], hints: Mapping[str, str] | None = None
    ) -> None:
        """Offer words.

        Args:
            words: each with how often it is found, 0 if that is not counted; the first are seen.
            hints: what words mean, for those that need it.
        """
        if tuple(words) == self._words:
            return
        self._words = tuple(words)
        self.menu.clear()
        self._hints = dict(hints or {})
        for word, count in sorted(words):
            action = self.menu.addAction(f"{word}   {count:,}" if count else word)
            if action is not None:
                action.triggered.connect(lambda _checked, word=word: self._choose(word, True))
        self._make_chips()

    @property
    def choice(self) -> str:
        """The word that is chosen; empty if none is."""
        return self._choice

    def set_choice(self, word: str) -> None:
        """Show what is chosen, silently; empty for none."""
        if word != self._choice:
            self._choice = word
            self._make_chips()

    def sizeHint(self) -> QSize:  # noqa: N802
        """See :class:`QWidget`, as all that follow."""
        return QSize(240, max(self.fontMetrics().height() + 8, self._more.sizeHint().height()))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(self._more.sizeHint().width(), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._place()

    def _choose(self, word: str, checked: bool) -> None:
        self.set_choice(word if checked else "")
        self.chosen.emit(self._choice)

    def _make_chips(self) -> None:
        for chip in self._chips:
            chip.deleteLater()
        words = [word for word, _ in self._words]
        if self._choice not in ("", *words[:_SEEN]):  # first, so that it is seen
            words = [self._choice, *(word for word in words if word != self._choice)]
        self._chips = []
        for word in words[:24]:
            chip = Chip(word, self)
            chip.setChecked(word == self._choice)
            chip.setToolTip(self._hints.get(word, ""))
            chip.clicked.connect(lambda checked, word=word: self._choose(word, checked))
            self._chips.append(chip)
        self._place()

    def _place(self) -> None:
        more = self._more.sizeHint()
        hints = [chip.sizeHint() for chip in self._chips]
        all_fit = sum(hint.width() + _GAP for hint in hints) <= self.width()
        all_fit = all_fit and len(self._chips) == len({word for word, _ in self._words})
        room = self.width() if all_fit else self.width() - more.width() - _GAP
        x = 0
        for chip, hint in zip(self._chips, hints, strict=True):
            fits = x + hint.width() <= room
            chip.setVisible(fits)
            if fits:
                chip.setGeometry(
                    x, (self.height() - hint.height()) // 2, hint.width(), hint.height()
                )
                x += hint.width() + _GAP
            else:
                room = -1  # what comes after is left out too: their order is a promise
        self._more.setVisible(not all_fit)
        self._more.setGeometry(x, (self.height() - more.height()) // 2, more.width(), more.height())
