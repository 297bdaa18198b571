"""A path across the pad: drawn or recorded, played, and given on as a timbre that moves."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from desktop.pages.make.blend.hearing_bar import HearingBar
from desktop.pages.make.blend.model import BlendModel
from desktop.pages.make.blend.pad import BlendPad
from desktop.pages.make.blend.path import path_of, point_at
from desktop.theme.style_sheet import GRID


class PathBar(QWidget):
    """See the module's first line.

    Args:
        model: the blend, and its path.
        pad: where paths are drawn.
        hearing: plays phrases; None if nothing can be heard.
        parent: as of any widget.

    Attributes:
        morph_wanted: of each point its fraction of the clip, and the parts there: a list of
            (fraction, [(preset id, share), …]).
        status: what was done, in words.
        failed: what could not be done and why.
    """

    morph_wanted = pyqtSignal(list)
    status = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(
        self,
        model: BlendModel,
        pad: BlendPad,
        hearing: HearingBar | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model, self._pad, self._hearing = model, pad, hearing
        self._recorded: list[tuple[float, float, float]] | None = None
        self._is_armed = False
        self._fraction = 0.0
        self.draw = self._button(
            self.tr("Draw path"), self.tr("Draw with the mouse where the point is to go"), True
        )
        self.record = self._button(
            self.tr("Record"), self.tr("Keep how the point moves through the phrase, once"), True
        )
        self.follow = self._button(
            self.tr("Follow"), self.tr("The point moves along the path with the phrase"), True
        )
        self.clear = self._button(self.tr("Clear"), self.tr("Take the path away"), False)
        self.morph = self._button(
            self.tr("Moving timbre"),
            self.tr("Make a preset whose timbre moves along the path during a clip"),
            False,
        )
        self.words = QLabel()
        self.words.setProperty("role", "quiet")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        for widget in (self.draw, self.record, self.follow, self.clear):
            row.addWidget(widget)
        row.addWidget(self.words, 1)
        row.addWidget(self.morph)
        self.draw.toggled.connect(pad.set_drawing)
        self.record.toggled.connect(self._record)
        self.follow.toggled.connect(self._follow)
        self.clear.clicked.connect(lambda: model.set_path(()))
        self.morph.clicked.connect(self._ask_morph)
        pad.drawn.connect(self._drawn)
        model.path_changed.connect(self._show)
        model.parts_changed.connect(self._show)
        model.weights_changed.connect(self._moved)
        if hearing is not None:
            hearing.player.began.connect(self._phrase_began)
            hearing.player.progressed.connect(self._phrase_progressed)
            hearing.player.running_changed.connect(self._phrase_ran)
        self._show()

    def morph_points(self) -> list[tuple[float, list[tuple[str, float]]]]:
        """The path as fractions of a clip and the parts there."""
        return [
            (point.fraction, self._model.parts_at((point.x, point.y))) for point in self._model.path
        ]

    def _button(self, text: str, tip: str, is_switch: bool) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setCheckable(is_switch)
        return button

    def _drawn(self, moves: list[tuple[float, float, float]]) -> None:
        self.draw.setChecked(False)
        self._take(moves)

    def _take(self, moves: list[tuple[float, float, float]]) -> None:
        path = path_of(moves)
        if len({(point.x, point.y) for point in path}) < 2:
            self.failed.emit(self.tr("The point did not move: hold the button and draw a path"))
            return
        self._model.set_path(path)
        self.status.emit(self.tr("A path of {} points").format(len(path)))

    def _record(self, is_on: bool) -> None:
        self._is_armed, self._recorded = is_on, None
        if is_on:
            self.follow.setChecked(False)
            if self._hearing is None or not self._hearing.play_phrase():
                self.record.setChecked(False)
                self.failed.emit(self._model.silence or self.tr("Nothing plays here"))

    def _follow(self, is_on: bool) -> None:
        hearing = self._hearing
        if is_on and hearing is not None and not hearing.player.is_running:
            self.follow.setChecked(hearing.play_phrase())

    def _phrase_began(self) -> None:
        if self._recorded is not None:
            recorded = [*self._recorded, (1.0, *self._model.point)]
            self.record.setChecked(False)
            self._take(recorded)
        elif self._is_armed:
            self._recorded = [(0.0, *self._model.point)]
        self._fraction = 0.0

    def _phrase_progressed(self, fraction: float) -> None:
        self._fraction = fraction
        if self.follow.isChecked() and self._model.path and not self._pad.is_held:
            self._model.move(point_at(self._model.path, fraction))

    def _phrase_ran(self, is_running: bool) -> None:
        if not is_running:
            self.record.setChecked(False)
            self.follow.setChecked(False)

    def _moved(self) -> None:
        if self._recorded is not None:
            self._recorded.append((self._fraction, *self._model.point))

    def _show(self) -> None:
        count = len(self._model.path)
        has_corners = any(self._model.corners)
        for button in (self.follow, self.clear, self.morph):
            button.setEnabled(count > 0 and has_corners)
        self.draw.setEnabled(has_corners)
        self.record.setEnabled(has_corners and self._hearing is not None)
        if not count:
            self.follow.setChecked(False)
        self.words.setText(self.tr("{} points").format(count) if count else "")

    def _ask_morph(self) -> None:
        if self._model.silence:
            self.failed.emit(self._model.silence)
            return
        points = self.morph_points()
        if not all(parts for _, parts in points):
            self.failed.emit(
                self.tr(
                    "Nothing is heard on a part of the path, as what is there is muted: let it be "
                    "heard, or draw another path"
                )
            )
            return
        self.morph_wanted.emit(points)
