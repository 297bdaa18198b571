"""Labels, message boxes and tool tips show words as they are.

Qt takes any text that looks like HTML for HTML: a preset called ``<b>Bass</b>`` would lose its
brackets, and one called ``<img src=…>`` would read a file. Here a text is rich only where a
label says so.
"""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QPainter, QPalette
from PyQt6.QtWidgets import QLabel, QProxyStyle, QStyle, QStyleOption, QWidget


class PlainTextStyle(QProxyStyle):
    """Fusion, which makes every label plain that leaves it to Qt to guess.

    Tool tips are labels, and so are the words of message boxes. Qt shows no widget that the
    application's style has not polished.
    """

    def __init__(self) -> None:
        super().__init__("Fusion")

    def polish(self, polished: Any) -> Any:
        """As Qt asks."""
        is_guessed = isinstance(polished, QLabel) and polished.textFormat() is _GUESSED
        if is_guessed:
            polished.setTextFormat(Qt.TextFormat.PlainText)
        return super().polish(polished)

    def drawPrimitive(  # noqa: N802 - Qt's name
        self,
        element: QStyle.PrimitiveElement,
        option: QStyleOption | None,
        painter: QPainter | None,
        widget: QWidget | None = None,
    ) -> None:
        """See :class:`QStyle`; what is ticked gets an edge, which Fusion's dark ones lack."""
        super().drawPrimitive(element, option, painter, widget)
        if element not in _TICKED or option is None or painter is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(option.palette.color(QPalette.ColorRole.PlaceholderText))
        edge = QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5)
        if element is QStyle.PrimitiveElement.PE_IndicatorRadioButton:
            painter.drawEllipse(edge)
        else:
            painter.drawRoundedRect(edge, 2, 2)
        painter.restore()


_GUESSED = Qt.TextFormat.AutoText
_TICKED = (
    QStyle.PrimitiveElement.PE_IndicatorCheckBox,
    QStyle.PrimitiveElement.PE_IndicatorRadioButton,
)


def literal(words: str) -> str:
    """Words on a button or in a menu, where a single ``&`` would underline what follows it."""
    return words.replace("&", "&&")
