"""The line of a terminal that moves while a command works.

It imports rich, so import it when it is shown.
"""

from __future__ import annotations

import time
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from core.terminal.durations import duration_words

_REFRESHES_PER_S = 8
_BAR_WIDTH = 24
_SETTLED_S = 1.0
_NARROW = 56
"""Columns of a terminal below which the bar gives way to the words."""


class ProgressBar:
    """Stage, bar, percent and time left, below what is printed meanwhile; gone when it stops.

    Args:
        stream: a terminal's, that understands escape sequences.
    """

    def __init__(self, stream: TextIO) -> None:
        console = _CalmConsole(file=stream, force_terminal=True)
        bar_width = _BAR_WIDTH if console.width >= _NARROW else max(4, console.width // 5)
        self._progress = Progress(
            TextColumn(
                "{task.description}",
                markup=False,
                table_column=Column(no_wrap=True, overflow="crop"),
            ),
            BarColumn(bar_width, table_column=Column(no_wrap=True, width=bar_width)),
            _PercentColumn(table_column=Column(no_wrap=True, width=5, justify="right")),
            _TimeLeftColumn(table_column=Column(no_wrap=True, overflow="crop")),
            console=console,
            refresh_per_second=_REFRESHES_PER_S,
            transient=True,
            redirect_stdout=False,  # results may go to a file or a pipe
        )
        self._task: TaskID = self._progress.add_task(
            "", total=None, since=0.0, at=0.0, left_s=0.0, reported=0.0
        )

    def start(self) -> None:
        """Show it."""
        self._progress.start()

    def stop(self) -> None:
        """Leave the terminal as if it had not been there."""
        self._progress.stop()

    def stage(self, words: str) -> None:
        """Begin a stage; its end is not known until :meth:`progress` is called.

        Args:
            words: what is being done.
        """
        task = self._progress.tasks[self._task]
        is_open = task.total is None or task.completed >= 1.0
        at = 0.0 if is_open else task.completed
        self._progress.update(
            self._task, description=words, since=time.monotonic(), at=at, left_s=0.0
        )
        if is_open:
            task.total = None  # `update` takes None for "as before"
            task.completed = 0.0

    def progress(self, fraction: float) -> None:
        """Move the bar.

        Args:
            fraction: of this stage and those that the same work goes on with, 0…1.
        """
        task, now = self._progress.tasks[self._task], time.monotonic()
        fields = task.fields
        if task.total is None:  # what was done before, or while loading, is no measure
            fields |= {"at": fraction, "since": now}
        done, taken_s = fraction - fields["at"], now - fields["since"]
        left_s = taken_s / done * (1.0 - fraction) if done > 0.0 else 0.0
        if taken_s < _SETTLED_S:  # the first steps are no measure
            left_s = 0.0
        self._progress.update(
            self._task, total=1.0, completed=fraction, left_s=left_s, reported=now
        )


class _CalmConsole(Console):
    """Leaves the cursor where it is: a command that is killed would leave it hidden for good."""

    def show_cursor(self, show: bool = True) -> bool:
        return False


class _PercentColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text("" if task.total is None else f"{100 * task.completed:.0f} %")


class _TimeLeftColumn(ProgressColumn):
    """What is left at the pace of this stage; how long it has been, where that is not known."""

    def render(self, task: Task) -> Text:
        taken_s = time.monotonic() - task.fields["since"]
        if task.total is None:
            return Text(duration_words(taken_s) if taken_s >= 1.0 else "")
        # Between two reports the estimate counts down; it does not grow while nothing is known.
        left_s = task.fields["left_s"] - (time.monotonic() - task.fields["reported"])
        return Text(f"{duration_words(left_s)} left" if left_s > 0.5 else "")
