"""A blind test from its setting up to its results, over sounds that are loaded meanwhile."""

from __future__ import annotations

import platform
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import cast

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import QDialog, QStackedWidget, QVBoxLayout, QWidget

from desktop.faults import words_of
from desktop.listening.player import BlindPlayer
from desktop.listening.results_view import ResultsView
from desktop.listening.setup_view import SetupView
from desktop.listening.sounds import ComparedSound, VotedSound
from desktop.listening.trial_view import TrialView
from desktop.listening.trials import BlindTest, BlindTrial, Letter, TestMode, VoteAnswer
from desktop.listening.votes import Vote, VoteService
from desktop.services.interfaces import AudioOut
from desktop.tasks import Lane, LaneTask, TaskControl, Tasks
from desktop.theme.style_sheet import GRID
from desktop.translations.words import translate

LoadSounds = Callable[[TaskControl], Sequence[ComparedSound]]
"""Gives the sounds of a test; may take long."""


class BlindDialog(QDialog):
    """See the module's first line.

    Args:
        names: of what is compared, for people.
        load: gives the sounds; called on another thread.
        audio: plays.
        votes: keeps the votes.
        tasks: the door to threads.
        parent: the window.
        seed: of the order; None draws one.

    Attributes:
        votes_wanted: all votes are to be shown.
    """

    votes_wanted = pyqtSignal()

    def __init__(
        self,
        names: Sequence[str],
        load: LoadSounds,
        audio: AudioOut,
        votes: VoteService,
        tasks: Tasks,
        parent: QWidget | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Blind test"))
        self._votes, self._tasks = votes, tasks
        self._seed = uuid.uuid4().int % 2**32 if seed is None else seed
        self._sounds: Sequence[ComparedSound] = ()
        self._names: list[str] = []
        self._settings: tuple[TestMode, int] = ("preference", 1)
        self._id = ""
        self._unkept: list[Vote] = []
        self._letter: Letter = "a"
        self.test: BlindTest | None = None
        self.player = BlindPlayer(audio, self)
        self.setup = SetupView(names)
        self.trial_view, self.results = TrialView(), ResultsView()
        self._stack = QStackedWidget()
        for view in (self.setup, self.trial_view, self.results):
            self._stack.addWidget(view)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.addWidget(self._stack)
        self.resize(72 * GRID, 48 * GRID)
        self._connect()
        self.setup.say(self.tr("making the sounds ready"))
        self._loading: LaneTask[Sequence[ComparedSound]] = tasks.run(
            load,
            self._loaded,
            failed=lambda error: self.setup.show_failure(_words_of(error)),
            lane=Lane.AUDITION,
            owner=self,
            staged=self.setup.say,
            progressed=self.setup.show_progress,
        )

    def _connect(self) -> None:
        self.setup.begin_wanted.connect(self._begin_as)
        view = self.trial_view
        view.hear_wanted.connect(self._hear)
        view.toggle_wanted.connect(self._toggle)
        view.voted.connect(self._vote)
        view.end_wanted.connect(self._end)
        self.player.moved.connect(view.show_position)
        self.player.playing_changed.connect(self._playing_changed)
        self.player.problem.connect(view.show_problem)
        self.results.again_wanted.connect(self._again)
        self.results.votes_wanted.connect(self.votes_wanted)
        self.results.keep_wanted.connect(self._keep_unkept)
        self.results.close_wanted.connect(self.accept)

    @property
    def shown(self) -> QWidget:
        """The view that is open: setting up, trial or results."""
        view = self._stack.currentWidget()
        assert view is not None
        return view

    def reject(self) -> None:
        """Escape in the midst of a test shows what was voted; else it closes."""
        if self.shown is self.trial_view and self.test is not None and self.test.answers:
            self._end()
            return
        self._let_go()
        super().reject()

    def accept(self) -> None:
        """Close."""
        self._let_go()
        super().accept()

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802
        """As Qt asks."""
        self._let_go()
        super().closeEvent(event)

    def _let_go(self) -> None:
        self._loading.cancel()
        self.player.stop()

    # The test

    def begin_with(self, sounds: Sequence[ComparedSound], mode: TestMode, count: int) -> None:
        """Begin at once, with sounds that are there.

        Args:
            sounds: two or more.
            mode: of the test.
            count: of trials.
        """
        self._loading.cancel()
        self._loaded(sounds)
        self._begin_as(mode, count)

    def _loaded(self, sounds: Sequence[ComparedSound]) -> None:
        self._sounds = sounds
        self._names = distinct_names([sound.what for sound in sounds])
        self.setup.show_ready()

    def _begin_as(self, mode: str, count: int) -> None:
        self._settings = (cast(TestMode, mode), count)
        self._begin()

    def _again(self) -> None:
        self._seed += 1
        self._begin()

    def _begin(self) -> None:
        mode, count = self._settings
        self.test = BlindTest(len(self._sounds), count, mode, self._seed)
        self._id = uuid.uuid4().hex
        self._stack.setCurrentWidget(self.trial_view)
        self._ask()

    def _ask(self) -> None:
        """Show the trial that waits, and let A be heard from its beginning."""
        test = self.test
        assert test is not None
        self.player.stop()
        if test.trial is None:
            self._end()
            return
        number, count = len(test.answers) + 1, len(test.trials)
        self.trial_view.show_trial(number, count, test.mode, self._sounds[0].seconds)
        self._hear("a")
        self.trial_view.sounds["a"].setFocus(Qt.FocusReason.OtherFocusReason)

    def _hear(self, letter: str) -> None:
        trial = self.test.trial if self.test is not None else None
        if trial is None:
            return
        self._letter = cast(Letter, letter)
        self.player.hear(self._sounds[trial.sound(self._letter)])
        self.trial_view.show_sounding(letter)
        self.trial_view.note_heard(letter)

    def _toggle(self) -> None:
        if self.player.is_playing:
            self.player.stop()
        else:
            self._hear(self._letter)

    def _playing_changed(self, is_playing: bool) -> None:
        self.trial_view.show_sounding(self._letter if is_playing else "")

    def _vote(self, answer: str) -> None:
        test = self.test
        if test is None or test.trial is None:
            return
        said = cast(VoteAnswer, answer)
        trial = test.answer(said)
        self._keep(self._vote_of(trial, said, test.mode))
        self._ask()

    def _end(self) -> None:
        assert self.test is not None
        self.player.stop()
        self.results.show_results(self.test, self._names)
        self._stack.setCurrentWidget(self.results)

    # Votes

    def _vote_of(self, trial: BlindTrial, answer: VoteAnswer, mode: TestMode) -> Vote:
        from core.version import program_version

        x = "" if trial.x is None else "a" if trial.x == trial.a else "b"
        return Vote(
            self._id,
            datetime.now(UTC),
            platform.node(),
            mode,
            self._sounds[trial.a].what,
            self._sounds[trial.b].what,
            x,
            answer,
            program_version(),
        )

    def _keep(self, vote: Vote) -> None:
        def failed(error: Exception) -> None:
            self._unkept.append(vote)
            self.results.show_unkept(len(self._unkept), _words_of(error))

        # Kept even when the dialog is gone before its turn comes.
        self._tasks.run(lambda _control: self._votes.add(vote), failed=failed)

    def _keep_unkept(self) -> None:
        waiting, self._unkept = self._unkept, []
        self.results.show_unkept(0, "")
        for vote in waiting:
            self._keep(vote)


def distinct_names(whats: Sequence[VotedSound]) -> list[str]:
    """What sounds are called, no two alike: takes of one preset by their number."""
    titles = Counter(what.title for what in whats)
    named = [
        translate("Listening", "{title}, take {number}").format(
            title=what.title, number=what.seed + 1
        )
        if titles[what.title] > 1
        else what.title
        for what in whats
    ]
    seen: Counter[str] = Counter()
    distinct = []
    for name in named:
        seen[name] += 1
        distinct.append(f"{name} ({seen[name]})" if seen[name] > 1 else name)
    return distinct


def _words_of(error: Exception) -> str:
    return words_of(error)
