"""Narrowing a list by what sounds measure: five sliders in a popover, and chips that say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import (
    QGridLayout,
    QLabel,
    QMenu,
    QPushButton,
    QWidget,
    QWidgetAction,
)

from core.descriptors.adjectives import ADJECTIVES, MeasuredRange, adjective_named
from desktop.theme.style_sheet import GRID
from desktop.widgets.chips import Chip
from desktop.widgets.range_slider import RangeSlider

_WIDEST = 280
"""Pixels that the words of a chip take at most."""


class SoundFilter(QPushButton):
    """A button whose popover has a slider with two ends for each pair of adjectives.

    Attributes:
        range_chosen: a :class:`MeasuredRange`; a whole one asks nothing.
    """

    range_chosen = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(self.tr("Sound"))
        self.setToolTip(self.tr("Dark or bright, soft or hard, dry or long …"))
        self.setFlat(True)
        self.sliders: dict[str, RangeSlider] = {}
        menu = QMenu(self)
        holder = QWidgetAction(menu)
        holder.setDefaultWidget(self._body(menu))
        menu.addAction(holder)
        menu.aboutToShow.connect(lambda: next(iter(self.sliders.values())).setFocus())
        self.setMenu(menu)

    def set_ranges(self, ranges: Sequence[MeasuredRange]) -> None:
        """Show what is asked for, silently."""
        by_name = {one.adjective: one for one in ranges}
        for name, slider in self.sliders.items():
            shown = by_name.get(name, MeasuredRange(name))
            slider.set_range(shown.low, shown.high)

    def _body(self, parent: QWidget) -> QWidget:
        body = QWidget(parent)
        grid = QGridLayout(body)
        grid.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        grid.setHorizontalSpacing(GRID)
        grid.setVerticalSpacing(4)
        for row, adjective in enumerate(ADJECTIVES):
            slider = RangeSlider(adjective.low, adjective.high, body)
            slider.changed.connect(partial(self._chosen, adjective.name))
            slider.setMinimumWidth(22 * GRID)
            self.sliders[adjective.name] = slider
            grid.addWidget(QLabel(adjective.low, body), row, 0, Qt.AlignmentFlag.AlignRight)
            grid.addWidget(slider, row, 1)
            grid.addWidget(QLabel(adjective.high, body), row, 2)
        clear = QPushButton(self.tr("Any sound"), body)
        clear.clicked.connect(self._clear)
        grid.addWidget(clear, len(ADJECTIVES), 1, Qt.AlignmentFlag.AlignCenter)
        return body

    def _chosen(self, name: str, low: float, high: float) -> None:
        self.range_chosen.emit(MeasuredRange(name, low, high))

    def _clear(self) -> None:
        for name, slider in self.sliders.items():
            if slider.range != (0.0, 1.0):
                slider.set_range(0.0, 1.0)
                self.range_chosen.emit(MeasuredRange(name))


class RangeChips(QWidget):
    """A chip for each range that a list is narrowed by; pressed, it goes.

    Attributes:
        removed: the name of the pair.
    """

    removed = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chips: dict[str, Chip] = {}

    def show_ranges(
        self, ranges: Sequence[MeasuredRange], words: Mapping[MeasuredRange, str]
    ) -> None:
        """Show ranges.

        Args:
            ranges: that a list is narrowed by.
            words: for those that came about otherwise than by a slider.
        """
        for chip in self.chips.values():
            chip.hide()
            chip.deleteLater()
        self.chips = {}
        for one in ranges:
            text = words.get(one) or range_words(one)
            short = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, _WIDEST)
            chip = Chip(f"{short}  ✕", self)
            chip.setChecked(True)
            chip.setAccessibleName(self.tr("{}; press to take it off").format(text))
            chip.setToolTip(self.tr("{}: take it off").format(text))
            chip.clicked.connect(partial(self._removed, one.adjective))
            chip.show()
            self.chips[one.adjective] = chip
        self.setVisible(bool(ranges))
        self._place()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        """See :class:`QWidget`."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """Side by side, and below each other where there is no room."""
        x = y = height = 0
        for chip in self.chips.values():
            hint = chip.sizeHint()
            if x and x + hint.width() > self.width():
                x, y = 0, y + hint.height() + GRID
            chip.setGeometry(x, y, hint.width(), hint.height())
            x, height = x + hint.width() + GRID, y + hint.height()
        self.setFixedHeight(height)

    def _removed(self, name: str, _on: bool) -> None:
        self.removed.emit(name)


def range_words(one: MeasuredRange) -> str:
    """A range, short: ``bright 60–100 %``, ``dark 70–100 %``, ``dark–bright 40–60 %``."""
    pair = adjective_named(one.adjective)
    low, high = round(100 * one.low), round(100 * one.high)
    if one.high >= 1.0:
        return f"{pair.high} {low}–100 %"
    return (
        f"{pair.low} {100 - high}–100 %"
        if one.low <= 0.0
        else (f"{pair.low}–{pair.high} {low}–{high} %")
    )


def ranges_with(ranges: tuple[MeasuredRange, ...], one: MeasuredRange) -> tuple[MeasuredRange, ...]:
    """Ranges with one more, in place of another one of its pair; a whole one asks nothing.

    Args:
        ranges: there are.
        one: that comes.
    """
    others = [other for other in ranges if other.adjective != one.adjective]
    return tuple(others if one.is_whole else [*others, one])
