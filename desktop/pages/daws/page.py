"""The DAW page: the bridge and who speaks with it, our scripts in DAWs, what came and went."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QLabel, QScrollArea, QSplitter, QVBoxLayout, QWidget

from desktop.faults import fault_of
from desktop.pages.daws.connection_card import ConnectionCard
from desktop.pages.daws.log_view import LogView
from desktop.pages.daws.traffic_table import TrafficTable
from desktop.pages.daws.trip_card import TripCard
from desktop.services.bridge_interface import BridgeControl
from desktop.services.interfaces import DawService
from desktop.services.jobs_interface import JobService
from desktop.tasks import Tasks
from desktop.theme.style_sheet import GRID
from desktop.widgets.daw_list import DawList

_SIDE_WIDTH = 56 * GRID


class DawPage(QWidget):
    """See the module's first line.

    Args:
        bridge: switched, watched and tried here.
        daws: on this machine.
        jobs: clips and renders.
        tasks: the door to threads.

    Attributes:
        failed: a :class:`desktop.faults.Fault`.
    """

    failed = pyqtSignal(object)

    def __init__(
        self, bridge: BridgeControl, daws: DawService, jobs: JobService, tasks: Tasks
    ) -> None:
        super().__init__()
        self._bridge = bridge
        self.setAccessibleName(self.tr("DAW"))
        self.connection = ConnectionCard(bridge, tasks)
        self.trip = TripCard(bridge, tasks)
        self.daw_list = DawList(daws, tasks)
        self.traffic = TrafficTable(jobs, tasks)
        self.log = LogView(bridge)
        side = QWidget()
        left = QVBoxLayout(side)
        left.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        left.setSpacing(2 * GRID)
        for widget in (self.connection, self.trip, _heading(self.tr("Scripts in DAWs"))):
            left.addWidget(widget)
        left.addWidget(self.daw_list)
        left.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(side)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumWidth(_SIDE_WIDTH)
        upper = QWidget()
        above = QVBoxLayout(upper)
        above.setContentsMargins(0, 0, 0, GRID)
        above.setSpacing(GRID)
        above.addWidget(_heading(self.tr("Last clips, and where their renders went")))
        above.addWidget(self.traffic, 1)
        right = QSplitter(Qt.Orientation.Vertical)
        right.setChildrenCollapsible(False)
        right.addWidget(upper)
        right.addWidget(self.log)
        right.setStretchFactor(0, 3)
        right.setStretchFactor(1, 2)
        right.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        both = QSplitter(Qt.Orientation.Horizontal)
        both.setChildrenCollapsible(False)
        both.addWidget(scroll)
        both.addWidget(right)
        both.setStretchFactor(0, 0)
        both.setStretchFactor(1, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(both)
        self.setFocusProxy(self.connection.switch)
        self.daw_list.failed.connect(self.failed)
        for part in (self.connection, self.trip, self.traffic):
            part.failed.connect(lambda error: self.failed.emit(fault_of(error)))

    def toggle_bridge(self) -> None:
        """Turn the bridge on, or off."""
        self.connection.turn(not self._bridge.state.is_on)


def _heading(words: str) -> QLabel:
    label = QLabel(words)
    label.setProperty("role", "heading")
    return label
