"""A user's words are shown as they are, whatever they look like."""

from __future__ import annotations

from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QApplication, QLabel, QMessageBox, QToolTip
from pytestqt.qtbot import QtBot

from desktop.theme.plain_text import literal
from desktop.theme.theme import Theme

HOSTILE = "<b>Rock</b> & <img src=/etc/passwd>"


def test_labels_message_boxes_and_tool_tips_are_plain(qtbot: QtBot, qapp: QApplication) -> None:
    theme = Theme(qapp)
    theme.choose("light")
    label, box, rich = QLabel(HOSTILE), QMessageBox(), QLabel("<b>ours</b>")
    rich.setTextFormat(Qt.TextFormat.RichText)
    box.setText(HOSTILE)
    box.setInformativeText(HOSTILE)
    for widget in (label, box, rich):
        qtbot.addWidget(widget)
        widget.show()
    label.setToolTip(HOSTILE)
    QToolTip.showText(QPoint(1, 1), HOSTILE, label)
    said = [each for each in QApplication.allWidgets() if isinstance(each, QLabel)]
    shown = [each for each in said if each.text() == HOSTILE]
    assert len(shown) == 4
    assert {each.textFormat() for each in shown} == {Qt.TextFormat.PlainText}
    assert rich.textFormat() is Qt.TextFormat.RichText
    QToolTip.hideText()
    qapp.setStyleSheet("")


def test_an_ampersand_stays_on_buttons() -> None:
    assert literal("Rock & Roll") == "Rock && Roll"
