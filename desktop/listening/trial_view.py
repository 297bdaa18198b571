"""One trial of a blind test: buttons to hear A, B and X, and buttons to vote, all with keys."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.listening.trials import Letter, TestMode
from desktop.theme.style_sheet import GRID

_LETTERS: tuple[Letter, ...] = ("a", "b", "x")
_VOTE_KEYS = {"a": "1", "none": "0", "b": "2"}


class TrialView(QWidget):
    """See the module's first line.

    Attributes:
        hear_wanted: a letter.
        toggle_wanted: play or stop.
        voted: an answer.
        end_wanted: no further trials.
    """

    hear_wanted = pyqtSignal(str)
    toggle_wanted = pyqtSignal()
    voted = pyqtSignal(str)
    end_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heard: set[str] = set()
        self._needed: set[str] = {"a", "b"}
        self._length_s = 1.0
        self._problem = ""
        self._number = QLabel()
        self._number.setProperty("role", "heading")
        self._question = QLabel()
        self.sounds = {letter: self._sound_button(letter) for letter in _LETTERS}
        self.votes = {answer: self._vote_button(answer, key) for answer, key in _VOTE_KEYS.items()}
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(GRID // 2)
        self._bar.setRange(0, 1000)
        self._bar.setAccessibleName(self.tr("Where the sound is"))
        self._hint = QLabel()
        self._hint.setProperty("role", "quiet")
        self._hint.setWordWrap(True)
        self.end = QPushButton(self.tr("End here"))
        self.end.setProperty("role", "flat")
        self.end.setToolTip(self.tr("Show the results of the trials so far"))
        self.end.setAutoDefault(False)
        self.end.clicked.connect(self.end_wanted)
        self._lay_out()
        space = QShortcut(QKeySequence("Space"), self)
        space.activated.connect(self.toggle_wanted)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._number)
        top.addStretch(1)
        top.addWidget(self.end)
        sounds = QHBoxLayout()
        sounds.setSpacing(GRID)
        for letter in _LETTERS:
            sounds.addWidget(self.sounds[letter], 1)
        votes = QHBoxLayout()
        votes.setSpacing(GRID)
        for button in self.votes.values():
            votes.addWidget(button, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(top)
        column.addWidget(self._question)
        column.addLayout(sounds, 1)
        column.addWidget(self._bar)
        column.addSpacing(GRID)
        column.addLayout(votes)
        column.addWidget(self._hint)

    def _sound_button(self, letter: Letter) -> QPushButton:
        button = QPushButton(letter.upper())
        button.setCheckable(True)
        button.setAutoDefault(False)
        button.setAccessibleName(self.tr("Hear {}").format(letter.upper()))
        button.setToolTip(self.tr("Hear {0} (key {0})").format(letter.upper()))
        button.setMinimumHeight(8 * GRID)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        font = button.font()
        font.setPointSizeF(2.0 * font.pointSizeF())
        button.setFont(font)
        button.clicked.connect(lambda: self._hear(letter))
        shortcut = QShortcut(QKeySequence(letter.upper()), self)
        shortcut.activated.connect(lambda: self._hear(letter))
        return button

    def _vote_button(self, answer: str, key: str) -> QPushButton:
        button = QPushButton()
        button.setAutoDefault(False)
        button.clicked.connect(lambda: self._vote(answer))
        shortcut = QShortcut(QKeySequence(key), self)
        shortcut.activated.connect(lambda: self._vote(answer))
        return button

    # What it shows

    def show_trial(self, number: int, count: int, mode: TestMode, length_s: float) -> None:
        """Ask anew; nothing was heard yet.

        Args:
            number: from 1.
            count: of all.
            mode: of the test.
            length_s: of the sounds.
        """
        is_abx = mode == "abx"
        self._heard, self._length_s = set(), max(length_s, 1e-3)
        self._needed = {"a", "b", "x"} if is_abx else {"a", "b"}
        self._number.setText(self.tr("Trial {} of {}").format(number, count))
        self._question.setText(
            self.tr("Is X the same as A, or as B?") if is_abx else self.tr("Which is better?")
        )
        self.sounds["x"].setVisible(is_abx)
        self.votes["none"].setVisible(not is_abx)
        words = (
            {"a": self.tr("X is A"), "b": self.tr("X is B"), "none": ""}
            if is_abx
            else {
                "a": self.tr("A better"),
                "b": self.tr("B better"),
                "none": self.tr("No difference"),
            }
        )
        for answer, button in self.votes.items():
            button.setText(f"{words[answer]}   {_VOTE_KEYS[answer]}")
            button.setAccessibleName(words[answer])
        self.show_position(0.0)
        self._show_hint()

    def show_sounding(self, letter: str) -> None:
        """Which is heard now; empty for none."""
        for each, button in self.sounds.items():
            button.setChecked(each == letter)

    def note_heard(self, letter: str) -> None:
        """It was heard; when all were, one can vote."""
        self._heard.add(letter)
        self._show_hint()

    def show_position(self, seconds: float) -> None:
        """Where the sound is."""
        self._bar.setValue(round(1000 * min(1.0, seconds / self._length_s)))

    def show_problem(self, words: str) -> None:
        """Why nothing can be heard; empty when it can again."""
        self._problem = words
        self._show_hint()

    @property
    def hint(self) -> str:
        """What it advises."""
        return self._hint.text()

    def _show_hint(self) -> None:
        missing = sorted(self._needed - self._heard)
        for button in self.votes.values():
            button.setEnabled(not missing)
        keys = "A, B, X" if "x" in self._needed else "A, B"
        vote_keys = "1, 2" if "x" in self._needed else "1, 0, 2"
        words = self.tr("{}: change over   ·   Space: play or stop   ·   {}: vote")
        text = self._problem or words.format(keys, vote_keys)
        if missing and not self._problem:
            letters = self.tr(" and ").join(letter.upper() for letter in missing)
            text += "\n" + self.tr("Before you vote, listen to {}.").format(letters)
        else:
            text += "\n"
        self._hint.setText(text)

    def _hear(self, letter: Letter) -> None:
        if self.sounds[letter].isVisible():
            self.hear_wanted.emit(letter)

    def _vote(self, answer: str) -> None:
        button = self.votes[answer]
        if button.isVisible() and button.isEnabled():
            self.voted.emit(answer)
