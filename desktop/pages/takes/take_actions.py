"""Buttons for the takes that are selected, and what is to be said about one of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import QT_TRANSLATE_NOOP, QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from desktop.pages.takes.icons import icon
from desktop.services.jobs_interface import TakeItem
from desktop.translations.words import translate

_ACTIONS = (
    (
        "play",
        QT_TRANSLATE_NOOP("Takes", "Play"),
        QT_TRANSLATE_NOOP("Takes", "Play the take, or stop it (Space)"),
    ),
    (
        "retry",
        QT_TRANSLATE_NOOP("Takes", "Retry"),
        QT_TRANSLATE_NOOP("Takes", "Render it again: after a failure, or when its file is gone"),
    ),
    (
        "cancel",
        QT_TRANSLATE_NOOP("Takes", "Cancel"),
        QT_TRANSLATE_NOOP("Takes", "Stop rendering (Del)"),
    ),
    (
        "first",
        QT_TRANSLATE_NOOP("Takes", "Next"),
        QT_TRANSLATE_NOOP("Takes", "Render it before all others"),
    ),
    (
        "blind",
        QT_TRANSLATE_NOOP("Takes", "Blind A/B"),
        QT_TRANSLATE_NOOP("Takes", "Compare the selected takes without their names"),
    ),
    (
        "folder",
        QT_TRANSLATE_NOOP("Takes", "Folder"),
        QT_TRANSLATE_NOOP("Takes", "Show the file in its folder"),
    ),
    (
        "best",
        QT_TRANSLATE_NOOP("Takes", "Best first"),
        QT_TRANSLATE_NOOP("Takes", "Sort takes by notes heard and by likeness together"),
    ),
    (
        "copy",
        QT_TRANSLATE_NOOP("Takes", "Details"),
        QT_TRANSLATE_NOOP("Takes", "Copy all there is to say about it"),
    ),
)


class TakeActions(QWidget):
    """See the module's first lines.

    Attributes:
        asked: the name of an action: ``play``, ``retry``, ``cancel``, ``first``, ``blind``,
            ``folder``, ``best``, ``copy``.
    """

    asked = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: dict[str, QToolButton] = {}
        self._is_playing = False
        row = QHBoxLayout()
        row.setSpacing(4)
        for name, text, tip in _ACTIONS:
            button = QToolButton()
            button.setText(self.tr(text))
            button.setToolTip(self.tr(tip))
            button.setAccessibleName(self.tr(tip))
            button.setAutoRaise(True)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.clicked.connect(lambda _checked=False, name=name: self.asked.emit(name))
            self._buttons[name] = button
            row.addWidget(button)
        row.addStretch(1)
        self._words = QLabel()
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._words.setAccessibleName(self.tr("About the selected take"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.addLayout(row)
        column.addWidget(self._words)
        self._colour()
        self.show_takes([])

    def button(self, name: str) -> QToolButton:
        """The button of an action."""
        return self._buttons[name]

    @property
    def words(self) -> str:
        """What it says."""
        return self._words.text()

    def show_playing(self, is_playing: bool) -> None:
        """Say what the first button does."""
        self._is_playing = is_playing
        self._buttons["play"].setText(self.tr("Stop") if is_playing else self.tr("Play"))
        self._colour()

    def show_takes(self, takes: Sequence[TakeItem]) -> None:
        """Offer what can be done with these."""
        can = {
            "play": len(takes) == 1 and bool(takes[0].files),
            "retry": any(can_retry(take) for take in takes),
            "cancel": any(not take.is_over for take in takes),
            "first": len(takes) == 1 and takes[0].state == "queued",
            "blind": len(finished_files(takes)) > 1,
            "folder": len(takes) == 1 and bool(takes[0].files),
            "best": True,
            "copy": bool(takes),
        }
        for name, button in self._buttons.items():
            button.setEnabled(can[name])
        words = _about(takes[0]) if len(takes) == 1 else ""
        self._words.setText(words)
        self._words.setVisible(bool(words))

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        """As Qt asks; light and dark change while it is shown."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _colour(self) -> None:
        for name, button in self._buttons.items():
            shown = "stop" if name == "play" and self._is_playing else name
            button.setIcon(icon(shown, self.palette(), QPalette.ColorRole.ButtonText))


def can_retry(take: TakeItem) -> bool:
    """Whether rendering it again helps: it failed, was cancelled, or its file is gone."""
    return take.state in ("failed", "cancelled") or bool(take.error)


def finished_files(takes: Sequence[TakeItem]) -> list[Path]:
    """The files of takes that are there, each once."""
    return list(dict.fromkeys(file for take in takes for file in take.files))


def _about(take: TakeItem) -> str:
    lines = []
    if take.error:
        way_out = f" — {take.way_out}" if take.way_out else ""
        lines.append(f"{take.error}{way_out}")
    lines += [translate("Takes", "Note: {remark}").format(remark=remark) for remark in take.remarks]
    return "\n".join(lines)
