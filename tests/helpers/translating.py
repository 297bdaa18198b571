"""A language that nobody speaks, and what a page says in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Set
from pathlib import Path

from PyQt6.QtCore import QObject, Qt, QTranslator
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QGroupBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QSpinBox,
    QTabBar,
    QTextEdit,
    QWidget,
)

import desktop
from desktop.translations.template import collect_messages

_HORIZONTAL = Qt.Orientation.Horizontal
_DESKTOP = Path(desktop.__file__).parent
_MADE_UP = ("gallery.py", "services/*.py", "services/*/*.py", "../core/*/*/*.py", "../core/*/*.py")
"""What stands there is data, and what others than widgets say."""
_NOT_SEEN = ("demo.py", "screenshots.py", "menu_entry.py", "cli.py", "theme/*.py")


class BracketTranslator(QTranslator):
    """Puts every text that translators are given in ⟦brackets⟧, and no other."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.known = {source for source, _ in collect_messages()}

    def isEmpty(self) -> bool:  # noqa: N802
        return False

    def translate(
        self, context: str | None, source_text: str | None, disambiguation: str | None = None,
        n: int = -1,
    ) -> str:  # fmt: skip
        text = source_text or ""
        return f"⟦{text}⟧" if text in self.known else text


def texts_of(page: QWidget) -> Iterator[tuple[str, str]]:
    """What a page says: which widget and what about it, and the words."""
    for widget in (page, *page.findChildren(QWidget)):
        kind = f"{type(widget).__name__} in {type(widget.parent()).__name__}"
        yield f"{kind}: tooltip", widget.toolTip()
        yield f"{kind}: name", widget.accessibleName()
        yield f"{kind}: description", widget.accessibleDescription()
        if widget.isWindow():
            yield f"{kind}: title", widget.windowTitle()
        for what, text in _words_of(widget):
            yield f"{kind}: {what}", text
    for action in page.findChildren(QAction):
        yield "action", action.text()


def _words_of(widget: QWidget) -> Iterator[tuple[str, str]]:
    if isinstance(widget, QLabel | QAbstractButton):
        yield "text", widget.text()
    if isinstance(widget, QGroupBox):
        yield "title", widget.title()
    if isinstance(widget, QLineEdit | QTextEdit):
        yield "placeholder", widget.placeholderText()
    if isinstance(widget, QSpinBox):
        yield "suffix", widget.suffix()
    if isinstance(widget, QAbstractSpinBox):
        yield "special", widget.specialValueText()
    if isinstance(widget, QComboBox):
        yield from (("item", widget.itemText(row)) for row in range(widget.count()))
    if isinstance(widget, QTabBar):
        yield from (("tab", widget.tabText(tab)) for tab in range(widget.count()))
    model = widget.model() if isinstance(widget, QAbstractItemView) else None
    is_heading = isinstance(widget, QHeaderView) and widget.orientation() == _HORIZONTAL
    if is_heading and model is not None:
        for column in range(model.columnCount()):
            yield "heading", str(model.headerData(column, _HORIZONTAL) or "")
            tip = model.headerData(column, _HORIZONTAL, Qt.ItemDataRole.ToolTipRole)
            yield "heading's tooltip", str(tip or "")


class UntranslatedWords:
    """Finds what stands in a widget's code and came to the screen past every translator.

    Whatever else is on the screen without brackets is data: names of presets and files, words of
    the core, of services and of Qt.
    """

    def __init__(self) -> None:
        made_up = {path for pattern in _MADE_UP for path in _DESKTOP.glob(pattern)}
        left_out = made_up | {path for pattern in _NOT_SEEN for path in _DESKTOP.glob(pattern)}
        own = _literals(set(_DESKTOP.rglob("*.py")) - left_out)
        data = {text for text, _ in _literals(made_up)} | {"Timbre Bridge"}
        self._texts = {each for text, _ in own for each in (text, text.strip())} - data
        self._parts = {text for text in self._texts if _is_phrase(text)}
        self._units = {
            text.strip() for text, is_part in own if is_part and re.fullmatch(" [a-z]{4,}", text)
        }

    def of(self, text: str) -> list[str]:
        """Those in a text, outside of brackets."""
        rest, before = text, ""
        while rest != before:  # what is put into a text has brackets of its own
            rest, before = re.sub("⟦[^⟦⟧]*⟧", "", rest), rest
        found = [part for part in self._parts if part in rest and _has(re.escape(part), rest)]
        found += [
            unit for unit in self._units if unit in rest and _has(f"[0-9] {re.escape(unit)}", rest)
        ]
        return found or [each for each in {rest, rest.strip()} if each in self._texts]


def _is_phrase(text: str) -> bool:
    return len(re.findall("[A-Za-z]{2,}", text)) > 1


def _has(words: str, text: str) -> bool:
    return re.search(rf"(?<!\w){words}(?!\w)", text) is not None


def _literals(files: Set[Path]) -> set[tuple[str, bool]]:
    """Strings in code that hold a word, and whether each is only part of an f-string."""
    found = set()
    for file in files:
        tree = ast.parse(file.read_text("utf-8"))
        parts = {
            id(part)
            for node in ast.walk(tree)
            if isinstance(node, ast.JoinedStr)
            for part in node.values
        }
        found |= {
            (node.value, id(node) in parts)
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.search("[A-Za-z]{3}", node.value)
        }
    return found
