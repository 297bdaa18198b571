"""Before a blind test: what is compared, how, and how often."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from desktop.listening.trials import MOST_TRIALS, TestMode, as_many_each
from desktop.theme.style_sheet import GRID
from desktop.translations.words import translate

_USUAL_TRIALS = 10
_NAMES_SHOWN = 8


class SetupView(QWidget):
    """See the module's first line.

    Args:
        names: of what is compared.
        parent: its widget.

    Attributes:
        begin_wanted: with the mode and the number of trials.
    """

    begin_wanted = pyqtSignal(str, int)

    def __init__(self, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = len(names)
        heading = QLabel(self.tr("Compare {} sounds without their names").format(len(names)))
        heading.setProperty("role", "heading")
        what = QLabel(_listed(names))
        what.setTextFormat(Qt.TextFormat.PlainText)
        what.setWordWrap(True)
        what.setToolTip("\n".join(names))
        self.preference = QRadioButton(self.tr("Which is &better?"))
        self.preference.setChecked(True)
        self.abx = QRadioButton(self.tr("Can a &difference be heard? (ABX)"))
        self.trials = QSpinBox()
        self.trials.setRange(1, MOST_TRIALS)
        self.trials.setValue(as_many_each(self._count, _USUAL_TRIALS))
        self.trials.setAccessibleName(self.tr("How many trials"))
        self.trials.setToolTip(
            self.tr("Decide before you begin: who stops when the figures please finds what is not")
        )
        label = QLabel(self.tr("Trials"))
        label.setBuddy(self.trials)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(label)
        row.addWidget(self.trials)
        row.addStretch(1)
        self._state = QLabel()
        self._state.setTextFormat(Qt.TextFormat.PlainText)
        self._state.setWordWrap(True)
        self._state.setAccessibleName(self.tr("How far the sounds are"))
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(GRID // 2)
        self._bar.setRange(0, 1000)
        self.begin = QPushButton(self.tr("Begin"))
        self.begin.setProperty("role", "primary")
        self.begin.setDefault(True)
        self.begin.setEnabled(False)
        self.begin.clicked.connect(self._ask)
        below = QHBoxLayout()
        below.addStretch(1)
        below.addWidget(self.begin)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(heading)
        column.addWidget(what)
        column.addSpacing(GRID)
        column.addWidget(self.preference)
        column.addWidget(_quiet(self.tr("You hear A and B as often as you like, and vote.")))
        column.addWidget(self.abx)
        column.addWidget(_quiet(self.tr("X is A or B; you say which, and guess if you hear none.")))
        column.addSpacing(GRID)
        column.addLayout(row)
        column.addStretch(1)
        column.addWidget(self._state)
        column.addWidget(self._bar)
        column.addLayout(below)

    @property
    def words(self) -> str:
        """What it says of the sounds."""
        return self._state.text()

    def say(self, words: str) -> None:
        """What is being done to have the sounds."""
        self._show(words, "quiet", is_ready=False)

    def show_progress(self, fraction: float) -> None:
        """How far it is, 0…1."""
        self._bar.setValue(round(1000 * fraction))

    def show_ready(self) -> None:
        """The sounds are there."""
        words = self.tr("Ready. All are equally loud, and change over without a gap.")
        self._show(words, "quiet", is_ready=True)
        if not (self.trials.hasFocus() or self.abx.hasFocus()):  # who sets them goes on
            self.begin.setFocus()

    def show_failure(self, words: str) -> None:
        """They cannot be compared."""
        self._show(words, "bad", is_ready=False)
        self._bar.hide()

    def _show(self, words: str, role: str, *, is_ready: bool) -> None:
        self._state.setText(words)
        self._state.setProperty("role", role)
        style = self._state.style()
        if style is not None:
            style.polish(self._state)
        self._bar.setVisible(not is_ready)
        self.begin.setEnabled(is_ready)

    def _ask(self) -> None:
        mode: TestMode = "abx" if self.abx.isChecked() else "preference"
        self.begin_wanted.emit(mode, self.trials.value())


def _quiet(words: str) -> QLabel:
    """What a choice above it means."""
    label = QLabel(words)
    label.setProperty("role", "quiet")
    label.setWordWrap(True)
    label.setIndent(3 * GRID)
    return label


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:_NAMES_SHOWN])
    if len(names) > _NAMES_SHOWN:
        shown.append(
            translate("Listening", "and {count} more").format(count=len(names) - _NAMES_SHOWN)
        )
    return ", ".join(shown)
