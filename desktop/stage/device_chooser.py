"""Which device is heard: a list that is read anew each time it opens."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox, QWidget


class DeviceChooser(QComboBox):
    """Names of devices; the first entry is the system's own.

    Args:
        own: what the first entry is called; None for that of sound out.
        parent: as of any widget.

    Attributes:
        opening: the list is about to be shown: look for devices again.
        chosen: by its name; empty is the system's own.
    """

    opening = pyqtSignal()
    chosen = pyqtSignal(str)

    def __init__(self, own: str | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._own = own or self.tr("System sound")
        self.setAccessibleName(self.tr("Sound device"))
        self.setToolTip(self.tr("Where the sound is heard"))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(14)
        self.addItem(self._own, "")
        self.activated.connect(lambda row: self.chosen.emit(self.itemData(row)))

    def show_devices(self, devices: Sequence[str], current: str) -> None:
        """Fill the list.

        Args:
            devices: by name.
            current: the one that was chosen; shown even while it is away.
        """
        names = ["", *devices]
        if current not in names:
            names.append(current)
        away = self.tr("{device} (away)")
        texts = [
            (name or self._own) if not name or name in devices else away.format(device=name)
            for name in names
        ]
        if texts != [self.itemText(row) for row in range(self.count())]:
            self.clear()
            for name, text in zip(names, texts, strict=True):
                self.addItem(text, name)
        self.setCurrentIndex(names.index(current))

    def showPopup(self) -> None:  # noqa: N802
        """Look again first."""
        self.opening.emit()
        super().showPopup()
