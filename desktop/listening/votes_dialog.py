"""All votes together: presets by how often they were preferred, and pairs in words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop.listening.statistics import abx_words, interval_words, preference_words
from desktop.listening.votes import (
    PairRecord,
    PresetStanding,
    VoteService,
    key_title,
    pair_records,
    standings,
)
from desktop.tasks import Lane, Tasks
from desktop.theme.style_sheet import GRID
from desktop.translations.words import translate

_MOST_PAIRS = 200
_Summary = tuple[list[PresetStanding], list[PairRecord], int]


class VotesDialog(QDialog):
    """See the module's first line.

    Args:
        votes: who keeps them.
        tasks: the door to threads.
        parent: the window.
    """

    def __init__(self, votes: VoteService, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Votes of blind tests"))
        self._votes, self._tasks = votes, tasks
        self._words = QLabel(self.tr("reading the votes"))
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._words.setAccessibleName(self.tr("About the votes"))
        self.presets = _table(
            self.tr("Presets that were voted on"),
            (
                self.tr("Preset"),
                self.tr("Better"),
                self.tr("Worse"),
                self.tr("No difference"),
                self.tr("Share of wins"),
                self.tr("Against"),
            ),
        )
        self.pairs = _table(self.tr("Pairs that were compared"), (self.tr("Pairs"),))
        self.export = QPushButton(self.tr("Export as CSV …"))
        self.export.setToolTip(self.tr("Write every vote into a table for other programs"))
        self.export.setAutoDefault(False)
        self.export.clicked.connect(self._choose_file)
        close = QPushButton(self.tr("Close"))
        close.setProperty("role", "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addWidget(self.export)
        row.addStretch(1)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(self._words)
        column.addWidget(self.presets, 1)
        column.addWidget(self.pairs, 1)
        column.addLayout(row)
        self.resize(96 * GRID, 64 * GRID)
        self._show_tables(is_shown=False)
        self.refresh()

    @property
    def words(self) -> str:
        """What it says above the tables."""
        return self._words.text()

    def refresh(self) -> None:
        """Read the votes anew."""

        def work(_control: object) -> _Summary:
            votes = self._votes.votes()
            return standings(votes), pair_records(votes), len(votes)

        self._tasks.run(work, self._show, failed=self._fail, owner=self)

    def write(self, file: Path) -> None:
        """Export into a file."""
        self._tasks.run(
            lambda _control: self._votes.export(file),
            lambda count: self._words.setText(
                self.tr("{} votes written to {}").format(count, file)
            ),
            failed=self._fail,
            lane=Lane.FILES,
            owner=self,
        )

    def _choose_file(self) -> None:
        file, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export the votes"), "votes.csv", self.tr("Tables (*.csv)")
        )
        if file:
            self.write(Path(file))

    def _show(self, summary: _Summary) -> None:
        found, pairs, count = summary
        self._show_tables(is_shown=bool(count))
        if not count:
            self._words.setText(
                self.tr(
                    "No votes yet. Select two takes of a clip, or two presets, and choose "
                    "“Compare blind”."
                )
            )
            return
        words = self.tr("1 vote") if count == 1 else self.tr("{} votes").format(count)
        self._words.setText(
            self.tr(
                "{} on this machine. The share of wins lies between the ends given, in 95 of 100 "
                "such tests. A preset that was changed begins anew."
            ).format(words)
        )
        _fill(self.presets, [_standing_row(one) for one in found])
        lines = [[line] for pair in pairs[:_MOST_PAIRS] for line in _pair_lines(pair)]
        if len(pairs) > _MOST_PAIRS:
            lines.append([self.tr("and {} pairs more; the CSV has all").format(len(pairs))])
        _fill(self.pairs, lines)

    def _show_tables(self, *, is_shown: bool) -> None:
        for widget in (self.presets, self.pairs, self.export):
            widget.setVisible(is_shown)

    def _fail(self, error: Exception) -> None:
        self._words.setText(" ".join(str(error).split()))


def _standing_row(one: PresetStanding) -> list[str]:
    share = one.share
    percent = f"{100 * share.share:.0f} % ({interval_words(share)})" if share.decided else "–"
    opponents = (
        translate("Listening", "1 other")
        if one.opponents == 1
        else translate("Listening", "{opponents} others").format(opponents=one.opponents)
    )
    counts = [str(number) for number in (share.wins, share.losses, share.ties)]
    return [key_title(one.key), *counts, percent, opponents]


def _pair_lines(pair: PairRecord) -> list[str]:
    first, second = key_title(pair.first), key_title(pair.second)
    lines = []
    if pair.share.decided or pair.share.ties:
        lines.append(preference_words(first, pair.share, second))
    if pair.abx_trials:
        lines.append(
            translate("Listening", "{first} or {second}: {words}").format(
                first=first, second=second, words=abx_words(pair.abx_right, pair.abx_trials)
            )
        )
    return lines


def _table(name: str, headings: Sequence[str]) -> QTableWidget:
    table = QTableWidget(0, len(headings))
    table.setHorizontalHeaderLabels(list(headings))
    table.setAccessibleName(name)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    rows, heads = table.verticalHeader(), table.horizontalHeader()
    assert rows is not None
    assert heads is not None
    rows.hide()
    heads.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    heads.setHighlightSections(False)
    heads.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    heads.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    return table


def _fill(table: QTableWidget, rows: Sequence[Sequence[str]]) -> None:
    table.setRowCount(len(rows))
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setToolTip(text)
            table.setItem(row, column, item)
