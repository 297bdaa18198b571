"""What is played while the blend is made, and how quickly it follows."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QWidget

from desktop.pages.make.blend.hearing import BlendHearing
from desktop.pages.make.blend.model import BlendModel
from desktop.pages.make.blend.phrase_player import PhrasePlayer
from desktop.services.interfaces import LiveService, LiveState
from desktop.theme.icons import icon
from desktop.theme.style_sheet import GRID
from desktop.widgets.elided_label import ElidedLabel


class HearingBar(QWidget):
    """See the module's first line.

    Args:
        live: plays.
        model: the blend.
        parent: as of any widget.

    Attributes:
        failed: why nothing can be heard, in words.
        ended: the live stream is let go of.
        hearing, player: what plays.
    """

    failed = pyqtSignal(str)
    ended = pyqtSignal()

    def __init__(self, live: LiveService, model: BlendModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._is_waiting = False  # for the model to be loaded: keys are lost until then
        self.hearing = BlendHearing(live, model, self)
        self.player = PhrasePlayer(live, self)
        self.button = QPushButton(icon("play", self), self.tr("Hear it"))
        self.button.setCheckable(True)
        self.button.setToolTip(self.tr("Play the blend while you move it"))
        self.phrases = QComboBox()
        self.phrases.setAccessibleName(self.tr("What is played"))
        self.phrases.setToolTip(self.tr("What is played while the mouse is on the pad"))
        for name, words in (
            ("", self.tr("My keys")),
            ("note", self.tr("A held note")),
            ("chord", self.tr("A held chord")),
            ("melody", self.tr("A melody, again and again")),
            ("bass", self.tr("A bass line, again and again")),
        ):
            self.phrases.addItem(words, name)
        self.phrases.setCurrentIndex(self.phrases.findData(self.player.phrase))
        self.words = ElidedLabel()
        self.figures = QLabel()
        self.figures.setProperty("role", "quiet")
        self.figures.setToolTip(
            self.tr("From a move of the point to where its sound begins to change at the output")
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        for widget in (self.button, self.phrases):
            row.addWidget(widget)
        row.addWidget(self.words, 1)
        row.addWidget(self.figures)
        self.button.toggled.connect(self._toggle)
        self.phrases.currentIndexChanged.connect(self._choose)
        self.hearing.state_changed.connect(self._show_state)
        self.hearing.begun_again.connect(self._play_again)
        self.hearing.failed.connect(self.failed)
        self.hearing.ended.connect(self.ended)
        model.parts_changed.connect(self._show)
        model.weights_changed.connect(self._show)
        self._show()

    def play_phrase(self) -> bool:
        """Play a phrase from its beginning, the first of all if none is chosen; whether it can."""
        if self._model.silence:
            return False
        if not self.phrases.currentData():
            self.phrases.setCurrentIndex(self.phrases.findData("chord"))
        if self.button.isChecked():
            self._start_phrase()
        else:
            self.button.setChecked(True)
        return True

    def stop(self) -> None:
        """Play no more."""
        self.button.setChecked(False)

    def _toggle(self, is_on: bool) -> None:
        if is_on:
            self.hearing.set_on(True)
            self._start_phrase()
        else:
            self._is_waiting = False
            self.player.stop()
            self.hearing.set_on(False)
        self.button.setText(self.tr("Stop") if is_on else self.tr("Hear it"))
        self.button.setIcon(icon("stop" if is_on else "play", self))
        self._show()

    def _choose(self) -> None:
        name = self.phrases.currentData()
        if not name:
            self.player.stop()
            return
        self.player.choose(name)
        if self.hearing.is_on and not self.player.is_running:
            self._start_phrase()

    def _play_again(self) -> None:
        self.player.stop()
        self.hearing.look()
        self._start_phrase()

    def _start_phrase(self) -> None:
        if self.phrases.currentData():
            self._is_waiting = bool(self.hearing.state.words)
            if not self._is_waiting:
                self.player.start()

    def _show(self) -> None:
        silence = self._model.silence
        if silence:
            self.player.stop()
        elif self.hearing.is_on and not self.player.is_running and not self._is_waiting:
            self._start_phrase()
        self.button.setEnabled(self.button.isChecked() or not silence)
        self._show_state(None)

    def _show_state(self, state: LiveState | None) -> None:
        state = state or self.hearing.state
        if self._is_waiting and self.hearing.is_on and not (state.words or state.problem):
            self._start_phrase()
        words = self._model.silence if self.hearing.is_on else ""
        if not words and (state.problem or state.words):
            words = self.hearing.problem or f"{state.words}…"
        self.words.setText(words)
        parts = []
        if state.move_to_sound_ms is not None:
            parts.append(self.tr("move to sound {:.0f} ms").format(state.move_to_sound_ms))
        if state.dropouts:
            parts.append(self.tr("{} dropouts").format(state.dropouts))
        self.figures.setText(" · ".join(parts))
