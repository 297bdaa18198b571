"""Keys to play the selected preset with, and how quickly they sound."""

from __future__ import annotations

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop.services.interfaces import LiveService, LiveState
from desktop.stage.level_meter import LevelMeter
from desktop.stage.piano_keyboard import PianoKeyboard
from desktop.stage.shortened_label import ShortenedLabel
from desktop.translations.words import translate

_LOOK_MS = 40
_SPACING = 8


class LivePanel(QWidget):
    """Plays while it is shown: a hidden one holds no device and no model.

    Args:
        live: plays.
        parent: of the widget.

    Attributes:
        failed: why keys cannot be heard.
    """

    failed = pyqtSignal(str)

    def __init__(self, live: LiveService, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._live = live
        self._preset_id = self._name = self._device = ""
        self._told = ""
        self.keyboard = PianoKeyboard()
        self.meter = LevelMeter()
        self.words = ShortenedLabel()
        self.figures = QLabel()
        self.figures.setToolTip(self.tr("From a key's press to its sound at the device's output"))
        lines = QHBoxLayout()
        lines.addWidget(self.words, 1)
        lines.addWidget(self.figures)
        keys = QHBoxLayout()
        keys.setSpacing(_SPACING)
        keys.addWidget(self.keyboard, 1)
        keys.addWidget(self.meter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_SPACING // 2)
        layout.addLayout(lines)
        layout.addLayout(keys)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self.keyboard.pressed.connect(self._live.note_on)
        self.keyboard.released.connect(self._live.note_off)
        self.look()

    def set_preset(self, preset_id: str, name: str = "") -> None:
        """Play a preset from now on, through what is held as well.

        Args:
            preset_id: empty for none.
            name: of the preset, for people.
        """
        self._name = name
        if preset_id != self._preset_id:
            self._preset_id = preset_id
            self._begin()

    def begin_again(self) -> None:
        """Play the preset again, after something else had the live stream."""
        self._begin()

    def set_device(self, device: str) -> None:
        """Play through a device; empty is the system's own."""
        if device != self._device:
            self._device = device
            self._begin()

    def look(self) -> None:
        """Show how it stands."""
        state = self._live.state
        self.meter.set_level(state.level_db)
        self.keyboard.show_keys(state.midi_keys)
        self.words.show_text(self._sentence(state))
        self.figures.setText(_figures(state))
        problem = self._problem(state)
        if problem and problem != self._told:
            self.failed.emit(problem)
        self._told = problem

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        """Begin."""
        super().showEvent(event)
        self._timer.start()
        self._begin()

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802
        """Let go."""
        self.keyboard.release_all()
        self._timer.stop()
        self._live.end()
        super().hideEvent(event)

    def _begin(self) -> None:
        if self._preset_id and self.isVisible():
            self._live.begin(self._preset_id, self._device)
        self.look()

    def _problem(self, state: LiveState) -> str:
        return state.problem_with({self._preset_id: self._name})

    def _sentence(self, state: LiveState) -> str:
        if not self._preset_id:
            return self.tr("Choose a preset to play it")
        if state.problem:
            return self._problem(state)
        if state.words:
            return f"{state.words}…"
        listened = ", ".join(state.midi_inputs)
        return (
            self.tr("Keys A to P, or {listened}").format(listened=listened)
            if listened
            else self.tr("Click, then keys A to P; Z X: octave")
        )


def _figures(state: LiveState) -> str:
    parts = []
    if state.key_to_sound_ms is not None:
        parts.append(
            translate("Stage", "key to sound {delay:.0f} ms").format(delay=state.key_to_sound_ms)
        )
    if state.dropouts:
        parts.append(
            translate("Stage", "1 dropout")
            if state.dropouts == 1
            else translate("Stage", "{dropouts} dropouts").format(dropouts=state.dropouts)
        )
    return " · ".join(parts)
