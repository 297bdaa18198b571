"""The pad between its corners, as large a square as there is room for."""

from __future__ import annotations

from PyQt6.QtCore import QRect, QSize, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QWidget

from desktop.pages.make.blend.corner_slot import CornerSlot
from desktop.pages.make.blend.model import BlendModel
from desktop.pages.make.blend.pad import MARGIN, BlendPad
from desktop.theme.style_sheet import GRID


class PadFrame(QWidget):
    """See the module's first line.

    Args:
        model: the blend.
        parent: as of any widget.

    Attributes:
        presets_dropped: ids of presets, and the corner they were dropped on.
        pad: the square itself.
        slots: of the corners, [4].
    """

    presets_dropped = pyqtSignal(list, int)

    def __init__(self, model: BlendModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        slots = [CornerSlot(number, self) for number in range(2)]
        self.pad = BlendPad(model, self)  # between them in the order of Tab, as it is seen
        self.slots = (*slots, *(CornerSlot(number, self) for number in range(2, 4)))
        self.pad.presets_dropped.connect(self.presets_dropped)
        for number, slot in enumerate(self.slots):
            slot.presets_dropped.connect(
                lambda ids, number=number: self.presets_dropped.emit(ids, number)
            )
            slot.swap_wanted.connect(lambda other, number=number: model.swap_corners(number, other))
            slot.remove_wanted.connect(model.remove)
        model.parts_changed.connect(self._show)
        model.weights_changed.connect(self._show)
        self._show()

    def sizeHint(self) -> QSize:  # noqa: N802
        """See :class:`QWidget`, as all that follow."""
        pad = self.pad.sizeHint()
        return QSize(pad.width(), pad.height() + 2 * self.slots[0].sizeHint().height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        pad = self.pad.minimumSizeHint()
        return QSize(pad.width(), pad.height() + 2 * self.slots[0].sizeHint().height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        super().resizeEvent(event)
        row = self.slots[0].sizeHint().height()
        side = max(1, min(self.width(), self.height() - 2 * row))
        left, top = (self.width() - side) // 2, (self.height() - side - 2 * row) // 2
        self.pad.setGeometry(left, top + row, side, side)
        inside = QRect(left + MARGIN, top, side - 2 * MARGIN, side + 2 * row)
        width = (inside.width() - GRID) // 2
        for number, slot in enumerate(self.slots):
            x = inside.left() if number % 2 == 0 else inside.right() + 1 - width
            slot.setGeometry(x, top if number < 2 else top + row + side, width, row)

    def _show(self) -> None:
        entries, shares = self._model.entries, self._model.shares
        by_id = dict(zip((entry.preset_id for entry in entries), shares, strict=True))
        for slot, entry in zip(self.slots, self._model.corners, strict=True):
            slot.show_entry(entry, 0.0 if entry is None else by_id[entry.preset_id])
