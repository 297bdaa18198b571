"""A few lines of text that are shortened to its width, and never widen what it is in."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QPainter, QPaintEvent, QPalette
from PyQt6.QtWidgets import QSizePolicy, QWidget


class ElidedLines(QWidget):
    """Lines of plain text, shortened at their ends."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @property
    def lines(self) -> tuple[str, ...]:
        """As they were given."""
        return self._lines

    def set_lines(self, lines: Sequence[str]) -> None:
        """Show other lines; none hides it."""
        self._lines = tuple(lines)
        self.setAccessibleDescription("\n".join(lines))
        self.setVisible(bool(lines))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """As Qt asks."""
        return QSize(0, self.fontMetrics().height() * len(self._lines))

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        painter, metrics = QPainter(self), self.fontMetrics()
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        for number, line in enumerate(self._lines):
            text = metrics.elidedText(line, Qt.TextElideMode.ElideRight, self.width())
            painter.drawText(0, number * metrics.height() + metrics.ascent(), text)
        painter.end()
