"""What renders are computed on: what was found here, and what is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from core.bundles.devices import ComputeDevice
from desktop.services.model_bundles.interface import ModelService
from desktop.tasks import Lane, Tasks
from desktop.theme.style_sheet import GRID


class DeviceField(QWidget):
    """See the module's first line.

    Args:
        models: knows what is found and chosen.
        tasks: the door to threads.
        parent: as of any widget.

    Attributes:
        chosen: another one; empty if each engine chooses.
    """

    chosen = pyqtSignal(str)

    def __init__(self, models: ModelService, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models, self._tasks = models, tasks
        self._is_asked = False
        self.field = QComboBox()
        self.field.setAccessibleName(self.tr("What renders are computed on"))
        self.field.setToolTip(self.tr("Counts from the next start on"))
        self._words = QLabel()
        self._words.setProperty("role", "quiet")
        self._words.setWordWrap(True)
        heading = QLabel(self.tr("Renders are computed on"))
        heading.setBuddy(self.field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for widget in (heading, self.field, self._words):
            column.addWidget(widget)
        self._show(())
        self.field.activated.connect(self._choose)

    def look(self) -> None:
        """Find out what there is; once, for it takes seconds."""
        if self._is_asked:
            return
        self._is_asked = True
        self._words.setText(self.tr("looking for graphics cards …"))
        self._tasks.run(
            lambda _: self._models.devices(),
            self._show,
            failed=lambda error: self._words.setText(str(error)),
            lane=Lane.BACKGROUND,
            owner=self,
        )

    def _show(self, devices: Sequence[ComputeDevice]) -> None:
        self.field.clear()
        self.field.addItem(self.tr("what each engine prefers"), "")
        for device in devices:
            self.field.addItem(f"{device.title} ({device.name})", device.name)
        chosen = self._models.chosen_device
        if chosen and self.field.findData(chosen) < 0:
            self.field.addItem(self.tr("{name}, not found").format(name=chosen), chosen)
        self.field.setCurrentIndex(max(0, self.field.findData(chosen)))
        if devices:
            cards = [device.title for device in devices if device.name != "cpu"]
            self._words.setText(
                self.tr("Found: {cards}").format(cards=", ".join(cards))
                if cards
                else self.tr("No graphics card found; the embedded model needs none.")
            )

    def _choose(self, index: int) -> None:
        device = self.field.itemData(index)
        if device != self._models.chosen_device:
            self._models.choose_device(device)
            self.chosen.emit(device)
