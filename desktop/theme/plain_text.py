"""Labels, message boxes and tool tips show words as they are.

Qt takes any text that looks like HTML for HTML: a preset called ``<b>Bass</b>`` would lose its
brackets, and one called ``<img src=…>`` would read a file. Here a text is rich only where a
label says so.
"""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QProxyStyle


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


_GUESSED = Qt.TextFormat.AutoText


def literal(words: str) -> str:
    """Words on a button or in a menu, where a single ``&`` would underline what follows it."""
    return words.replace("&", "&&")
