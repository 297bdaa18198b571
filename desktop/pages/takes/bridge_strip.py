"""The bridge's switch, who speaks with it, and where the last renders went."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from desktop.pages.takes.icons import icon
from desktop.services.bridge_interface import BridgeControl, BridgeState
from desktop.tasks import Lane, Tasks
from desktop.widgets.elided_lines import ElidedLines

_SHOWN = 3


class BridgeStrip(QWidget):
    """See the module's first lines.

    Args:
        bridge: what is switched.
        tasks: the door to threads.
        parent: its widget.
    """

    def __init__(self, bridge: BridgeControl, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge, self._tasks = bridge, tasks
        self._switch = QToolButton()
        self._switch.setCheckable(True)
        self._switch.setText(self.tr("Bridge"))
        self._switch.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._switch.setAccessibleName(self.tr("Bridge to DAWs, on or off"))
        self._switch.setToolTip(
            self.tr("Take clips from DAWs on this machine, and answer them with files")
        )
        self._switch.clicked.connect(self._turn)
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setAccessibleName(self.tr("How the bridge stands"))
        self._deliveries = ElidedLines()
        self._deliveries.setAccessibleName(self.tr("Where the last renders for DAWs went"))
        row = QHBoxLayout()
        row.addWidget(self._switch, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addLayout(row)
        column.addWidget(self._deliveries)
        bridge.events.changed.connect(self._show)
        self._show(bridge.state)

    def _turn(self, on: bool) -> None:
        work: Callable[[object], BridgeState] = (
            (lambda _control: self._bridge.turn_on())
            if on
            else (lambda _control: self._bridge.turn_off())
        )
        self._switch.setEnabled(False)
        self._tasks.run(work, self._turned, failed=self._failed, lane=Lane.BRIDGE, owner=self)

    def _turned(self, state: BridgeState) -> None:
        self._switch.setEnabled(True)
        self._show(state)

    def _failed(self, error: Exception) -> None:
        self._switch.setEnabled(True)
        self._show(BridgeState(problem=str(error)))

    def _show(self, state: BridgeState) -> None:
        self._switch.setChecked(state.is_on)
        self._words.setText(state.problem or state.words)
        self._deliveries.set_lines(state.deliveries[:_SHOWN])
        self._deliveries.setToolTip("\n".join(state.deliveries))
        self._colour()

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        """As Qt asks; light and dark change while it is shown."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _colour(self) -> None:
        is_on = self._switch.isChecked()
        role = QPalette.ColorRole.Highlight if is_on else QPalette.ColorRole.ButtonText
        self._switch.setIcon(icon("bridge", self.palette(), role))
