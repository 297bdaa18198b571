"""After a blind test: what the votes say, and what A and B were in each trial."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop.listening.statistics import abx_words, preference_words
from desktop.listening.trials import BlindTest
from desktop.theme.style_sheet import GRID
from desktop.translations.words import translate


class ResultsView(QWidget):
    """See the module's first line.

    Attributes:
        again_wanted: the same sounds in another order.
        votes_wanted: all votes are to be shown.
        keep_wanted: votes that could not be kept are to be tried again.
        close_wanted: enough.
    """

    again_wanted = pyqtSignal()
    votes_wanted = pyqtSignal()
    keep_wanted = pyqtSignal()
    close_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = QLabel()
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._words.setAccessibleName(self.tr("Results"))
        self.table = QTableWidget()
        self.table.setAccessibleName(self.tr("What was which"))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self._unkept = QLabel()
        self._unkept.setProperty("role", "bad")
        self._unkept.setTextFormat(Qt.TextFormat.PlainText)
        self._unkept.setWordWrap(True)
        self.keep = QPushButton(self.tr("Keep them"))
        self.keep.setToolTip(self.tr("Try again to keep the votes"))
        self.keep.clicked.connect(self.keep_wanted)
        again = QPushButton(self.tr("Again"))
        again.setToolTip(self.tr("The same sounds in another order"))
        again.clicked.connect(self.again_wanted)
        votes = QPushButton(self.tr("All votes"))
        votes.setToolTip(self.tr("What all blind tests say about your presets"))
        votes.clicked.connect(self.votes_wanted)
        close = QPushButton(self.tr("Close"))
        close.setProperty("role", "primary")
        close.clicked.connect(self.close_wanted)
        failed = QHBoxLayout()
        failed.setSpacing(GRID)
        failed.addWidget(self._unkept, 1)
        failed.addWidget(self.keep)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(votes)
        row.addStretch(1)
        row.addWidget(again)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self._words)
        column.addWidget(self.table, 1)
        column.addLayout(failed)
        column.addLayout(row)
        self.show_unkept(0, "")

    @property
    def words(self) -> str:
        """What it says of the votes."""
        return self._words.text()

    @property
    def problem(self) -> str:
        """What it says of votes that are not kept."""
        return self._unkept.text()

    def show_results(self, test: BlindTest, names: Sequence[str]) -> None:
        """Tell.

        Args:
            test: with its answers.
            names: of the sounds, in the order of their numbers.
        """
        self._words.setText("\n".join(_results(test, names)))
        headings = [self.tr("Trial"), "A", "B"]
        headings += ["X"] if test.mode == "abx" else []
        headings += [self.tr("You said")]
        self.table.setColumnCount(len(headings))
        self.table.setHorizontalHeaderLabels(headings)
        self.table.setRowCount(len(test.answers))
        for row, (trial, answer) in enumerate(zip(test.trials, test.answers, strict=False)):
            texts = [str(row + 1), names[trial.a], names[trial.b]]
            if trial.x is not None:
                texts.append("A" if trial.x == trial.a else "B")
            said = self.tr("no difference") if answer == "none" else answer.upper()
            if test.mode == "abx":
                right = self.tr("right") if trial.is_right(answer) else self.tr("wrong")
                said = f"{said}, {right}"
            elif answer != "none":
                said = f"{said}: {names[trial.sound(answer)]}"
            for column, text in enumerate([*texts, said]):
                self.table.setItem(row, column, QTableWidgetItem(text))
        self._lay_out_columns(len(headings))

    def show_unkept(self, count: int, reason: str) -> None:
        """Say that votes are not kept.

        Args:
            count: of them; 0 says nothing.
            reason: why.
        """
        words = self.tr("1 vote is") if count == 1 else self.tr("{} votes are").format(count)
        self._unkept.setText(self.tr("{} not kept: {}").format(words, reason) if count else "")
        self._unkept.setVisible(bool(count))
        self.keep.setVisible(bool(count))

    def _lay_out_columns(self, count: int) -> None:
        rows, heads = self.table.verticalHeader(), self.table.horizontalHeader()
        assert rows is not None
        assert heads is not None
        rows.hide()
        heads.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        heads.setHighlightSections(False)
        for column in range(count):
            wide = column in (1, 2, count - 1)
            mode = QHeaderView.ResizeMode
            heads.setSectionResizeMode(column, mode.Stretch if wide else mode.ResizeToContents)


def _results(test: BlindTest, names: Sequence[str]) -> list[str]:
    if test.mode == "abx":
        return [abx_words(test.right, len(test.answers))]
    lines = []
    for (first, second), share in test.shares().items():
        if share.losses > share.wins:
            first, second, share = second, first, share.reversed
        other = names[second] if len(names) > 2 else ""
        lines.append(preference_words(names[first], share, other))
    return lines or [translate("Listening", "no votes yet")]
