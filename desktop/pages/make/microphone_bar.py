"""The microphone: which, record and stop, and how loud it is meanwhile."""

from __future__ import annotations

import math
from pathlib import Path

from PyQt6.QtCore import QEvent, QTimer, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from desktop.faults import Fault, WayOut
from desktop.services.making.interface import RecordingInput
from desktop.stage.device_chooser import DeviceChooser
from desktop.stage.level_meter import LevelMeter
from desktop.theme.icons import icon
from desktop.theme.style_sheet import GRID

_LOOK_MS = 33
_QUIET_S, _QUIET_DB = 2.0, -60.0


class MicrophoneBar(QWidget):
    """See the module's first line.

    Args:
        microphone: that records.
        parent: as of any widget.

    Attributes:
        recorded: the file of a recording that is finished.
        status: what is being done, in words; empty when it is over.
        failed: a :class:`desktop.faults.Fault`.
    """

    recorded = pyqtSignal(Path)
    status = pyqtSignal(str)
    failed = pyqtSignal(object)

    def __init__(self, microphone: RecordingInput, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._microphone = microphone
        self._waits = False
        self._said = ""
        self.chooser = DeviceChooser(self.tr("System microphone"))
        self.chooser.setAccessibleName(self.tr("Microphone"))
        self.chooser.setToolTip(self.tr("What is recorded from"))
        self.button = QPushButton()
        self.words = QLabel()
        self.words.setAccessibleName(self.tr("How the recording stands"))
        self.meter = LevelMeter()
        self.meter.setFixedHeight(4 * GRID)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.button)
        row.addWidget(self.meter)
        row.addWidget(self.words, 1)
        row.addWidget(self.chooser)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self.button.clicked.connect(self.toggle)
        self.chooser.opening.connect(self._list_devices)
        self._show_state()

    @property
    def is_recording(self) -> bool:
        """Whether it records now."""
        return self._microphone.state.is_recording

    def toggle(self) -> None:
        """Record, or stop."""
        if self.is_recording:
            self._microphone.stop()
        else:
            self._microphone.start(self.chooser.currentData() or "")
        self._waits = True
        self._timer.start()
        self.look()

    def look(self) -> None:
        """Show how it stands; called thirty times a second while something may change."""
        state = self._microphone.state
        self.meter.set_level(state.level_db if state.is_recording else -math.inf)
        if self._waits and not state.is_recording:
            if state.problem:
                self._waits = False
                again = WayOut(self.tr("Record again"), self.toggle)
                self.failed.emit(Fault(state.problem, way_out=again))
            if state.file is not None:
                self._waits = False
                self.recorded.emit(state.file)
        if not self._waits and not state.is_recording and self.meter.is_at_rest:
            self._timer.stop()
        self._show_state()

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """The icon in the colours of now."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._show_state()

    def _list_devices(self) -> None:
        current = self.chooser.currentData() or ""
        self.chooser.show_devices(self._microphone.devices(), current)

    def _show_state(self) -> None:
        if not hasattr(self, "_timer"):  # Qt sends changes while it constructs
            return
        state = self._microphone.state
        is_on = state.is_recording
        self.button.setText(self.tr("Stop") if is_on else self.tr("Record"))
        self.button.setIcon(icon("stop" if is_on else "record", self, "bad"))
        self.button.setToolTip(
            self.tr("Stop, and use what was recorded")
            if is_on
            else self.tr("Record from the microphone: one held note, or a few")
        )
        self.chooser.setEnabled(not is_on)
        words = ""
        if is_on:
            words = self.tr("recording {seconds:.1f} s").format(seconds=state.seconds)
            if state.seconds > _QUIET_S and state.loudest_db < _QUIET_DB:
                words += self.tr(": silence so far; is it the right microphone, and not muted?")
        self.words.setText(words)
        if bool(words) != bool(self._said):
            self.status.emit(self.tr("recording from the microphone") if words else "")
        self._said = words
