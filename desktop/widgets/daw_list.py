"""The DAWs of this machine, with a button that puts our scripts into one."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QWidget

from desktop.faults import fault_of
from desktop.services.interfaces import DawFound, DawService
from desktop.tasks import Lane, Tasks
from desktop.theme.style_sheet import GRID
from desktop.widgets.elided_label import ElidedLabel


class DawList(QFrame):
    """See the module's first line.

    Args:
        daws: which there are.
        tasks: the one door.
        parent: as of any widget.

    Attributes:
        failed: a :class:`desktop.faults.Fault`.
    """

    failed = pyqtSignal(object)

    def __init__(self, daws: DawService, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._daws, self._tasks = daws, tasks
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        self._grid.setHorizontalSpacing(2 * GRID)
        self._grid.setVerticalSpacing(GRID)
        self._grid.setColumnStretch(1, 1)
        self.buttons: dict[str, QPushButton] = {}
        self._is_known = False
        self._next = QLabel()
        self._next.setWordWrap(True)
        self._next.hide()
        self._grid.addWidget(QLabel(self.tr("Looking for DAWs…")), 0, 0, 1, 3)
        self.look()

    def look(self) -> None:
        """Look for them again."""
        self._tasks.run(
            lambda _: self._daws.found(),
            self._show,
            failed=self._fail,
            lane=Lane.BACKGROUND,
            owner=self,
            replaces=f"looking for DAWs {id(self):x}",  # each list has its own look
        )

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Look again: another list may have connected one meanwhile."""
        super().showEvent(event)
        if self._is_known:
            self.look()

    def _show(self, found: Sequence[DawFound]) -> None:
        self._is_known = True
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None and widget is not self._next:
                widget.hide()
                widget.deleteLater()
        self.buttons.clear()
        for line, daw in enumerate(found):
            state = ElidedLabel(daw.state)
            title = QLabel(daw.title)
            title.setEnabled(daw.is_here)
            state.setEnabled(daw.is_here)
            self._grid.addWidget(title, line, 0)
            self._grid.addWidget(state, line, 1)
            if daw.can_install:
                button = QPushButton(self.tr("Connect"))
                button.setAccessibleName(self.tr("Connect {daw}").format(daw=daw.title))
                button.clicked.connect(lambda _, name=daw.name: self._install(name))
                self.buttons[daw.name] = button
                self._grid.addWidget(button, line, 2)
        self._grid.addWidget(self._next, len(found), 0, 1, 3)

    def _install(self, name: str) -> None:
        self.buttons[name].setEnabled(False)
        self._tasks.run(
            lambda _: self._daws.install(name),
            self._installed,
            failed=self._fail,
            lane=Lane.FILES,
            owner=self,
        )

    def _installed(self, steps: Sequence[str]) -> None:
        self._next.setText("\n".join(f"{n}. {step}" for n, step in enumerate(steps, 1)))
        self._next.setVisible(bool(steps))
        self.look()

    def _fail(self, error: Exception) -> None:
        self.failed.emit(fault_of(error))
        for button in self.buttons.values():
            button.setEnabled(True)
