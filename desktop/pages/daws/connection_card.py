"""The bridge's switch, and who speaks with it."""

from __future__ import annotations

import time

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop.services.bridge_interface import BridgeControl, BridgeState, ConnectedClient
from desktop.tasks import Lane, Tasks
from desktop.theme.style_sheet import GRID
from desktop.translations.words import translate
from desktop.widgets.elided_lines import ElidedLines

_LOOK_EVERY_MS = 1000
_SHOWN = 6
_QUIET_AFTER_S = 60.0


class ConnectionCard(QFrame):
    """See the module's first line.

    Args:
        bridge: what is switched.
        tasks: the door to threads.
        parent: its widget.

    Attributes:
        failed: an error, an :class:`Exception`.
    """

    failed = pyqtSignal(object)

    def __init__(self, bridge: BridgeControl, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._bridge, self._tasks = bridge, tasks
        heading = QLabel(self.tr("Bridge"))
        heading.setProperty("role", "heading")
        self.switch = QCheckBox(self.tr("On with this window"))
        self.switch.setToolTip(
            self.tr("Take clips from DAWs on this machine, and answer them with files")
        )
        self.switch.clicked.connect(self.turn)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setAccessibleName(self.tr("How the bridge stands"))
        self.clients = ElidedLines()
        self.clients.setAccessibleName(self.tr("Who speaks with the bridge"))
        top = QHBoxLayout()
        top.addWidget(heading)
        top.addStretch(1)
        top.addWidget(self.switch)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        column.setSpacing(GRID)
        column.addLayout(top)
        column.addWidget(self.words)
        column.addWidget(self.clients)
        bridge.events.changed.connect(self._show)
        timer = QTimer(self)
        timer.setInterval(_LOOK_EVERY_MS)
        timer.timeout.connect(self._show_clients)
        timer.start()
        self._show(bridge.state)

    def turn(self, on: bool) -> None:
        """Have the bridge turned on or off."""
        self.switch.setEnabled(False)
        self._tasks.run(
            lambda _control: self._bridge.turn_on() if on else self._bridge.turn_off(),
            self._turned,
            failed=self._fail,
            lane=Lane.BRIDGE,
            owner=self,
        )

    def _turned(self, state: BridgeState) -> None:
        self.switch.setEnabled(True)
        self._show(state)

    def _fail(self, error: Exception) -> None:
        self._turned(self._bridge.state)
        self.failed.emit(error)

    def _show(self, state: BridgeState) -> None:
        self.switch.setChecked(state.is_on)
        self.words.setText(state.problem or state.words)
        role = "bad" if state.problem else ""
        if self.words.property("role") != role:
            self.words.setProperty("role", role)
            style = self.words.style()
            assert style is not None  # Qt gives every widget one
            style.polish(self.words)
        self._show_clients()

    def _show_clients(self) -> None:
        lines = [_line_of(client) for client in self._bridge.clients[:_SHOWN]]
        if tuple(lines) != self.clients.lines:
            self.clients.set_lines(lines)


def _line_of(client: ConnectedClient) -> str:
    quiet_s = time.time() - client.heard_at
    name = client.words if client.words == client.name else f"{client.words} ({client.name})"
    if quiet_s < _QUIET_AFTER_S:
        return translate("Daws", "{name}, heard just now").format(name=name)
    minutes = quiet_s / 60
    ago = (
        translate("Daws", "{minutes:.0f} min").format(minutes=minutes)
        if minutes < 90
        else f"{minutes / 60:.0f} h"
    )
    return translate("Daws", "{name}, heard {ago} ago").format(name=name, ago=ago)
