"""The region of a recording in figures, and what is done with it: play, all of it, zoom."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QPushButton, QWidget

from desktop.services.making.interface import MAX_REGION_S, MIN_REGION_S
from desktop.theme.style_sheet import GRID

_STEP_S = 0.05


class RegionBar(QWidget):
    """See the module's first line.

    Attributes:
        changed: start and end, seconds, as they were typed.
        play_wanted: the region is to be heard, or is to be silent.
        all_wanted: all of the recording is to be the region.
        zoom_wanted: the region is to be seen in whole, or else the recording.
    """

    changed = pyqtSignal(float, float)
    play_wanted = pyqtSignal()
    all_wanted = pyqtSignal()
    zoom_wanted = pyqtSignal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._seconds = 0.0
        self.start, self.end = QDoubleSpinBox(), QDoubleSpinBox()
        for field, name in (
            (self.start, self.tr("Start of the region, seconds")),
            (self.end, self.tr("End of the region, seconds")),
        ):
            field.setDecimals(3)
            field.setSingleStep(_STEP_S)
            field.setSuffix(self.tr(" s"))
            field.setMinimumHeight(4 * GRID - 4)  # as high as the buttons beside it
            field.setKeyboardTracking(False)  # 12.5 is not 1 first
            field.setAccessibleName(name)
            field.setToolTip(name)
        self.play_button = QPushButton(self.tr("Play region"))
        self.play_button.setToolTip(self.tr("Hear this part of the recording as it is"))
        self.all_button = QPushButton(self.tr("Use all"))
        self.all_button.setToolTip(
            self.tr("Make all of the recording the region, or its first minute")
        )
        self.zoom_button = QPushButton(self.tr("Zoom"))
        self.zoom_button.setCheckable(True)
        self.zoom_button.setToolTip(self.tr("See the region alone, or all of the recording"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.play_button)
        row.addWidget(QLabel(self.tr("from")))
        row.addWidget(self.start)
        row.addWidget(QLabel(self.tr("to")))
        row.addWidget(self.end)
        row.addStretch(1)
        row.addWidget(self.all_button)
        row.addWidget(self.zoom_button)
        self.start.valueChanged.connect(self._typed)
        self.end.valueChanged.connect(self._typed)
        self.play_button.clicked.connect(self.play_wanted)
        self.all_button.clicked.connect(self.all_wanted)
        self.zoom_button.toggled.connect(self.zoom_wanted)

    def set_length(self, seconds: float) -> None:
        """Of another recording."""
        self._seconds = seconds
        self.zoom_button.setChecked(False)
        for field in (self.start, self.end):
            field.blockSignals(True)
            field.setRange(0.0, seconds)
            field.blockSignals(False)

    def show_region(self, start_s: float, end_s: float) -> None:
        """Show figures; nobody is told.

        Args:
            start_s, end_s: seconds.
        """
        for field, value in ((self.start, start_s), (self.end, end_s)):
            field.blockSignals(True)
            field.setValue(value)
            field.blockSignals(False)

    def set_playing(self, is_playing: bool) -> None:
        """Whether the region is heard now."""
        self.play_button.setText(self.tr("Stop") if is_playing else self.tr("Play region"))

    def _typed(self) -> None:
        start, end = fitted(
            self.start.value(), self.end.value(), self._seconds, self.sender() is self.end
        )
        self.show_region(start, end)
        self.changed.emit(start, end)


def fitted(
    start_s: float, end_s: float, seconds: float, keeps_end: bool = False
) -> tuple[float, float]:
    """A region that a timbre can be taken from, near to the one that is wanted.

    Args:
        start_s, end_s: the wanted one, seconds.
        seconds: of the recording.
        keeps_end: whether the start gives way, where one has to.
    """
    least = min(MIN_REGION_S, seconds)
    start_s, end_s = min(max(0.0, start_s), seconds), min(max(0.0, end_s), seconds)
    if keeps_end:
        end_s = max(end_s, least)
        return max(end_s - MAX_REGION_S, min(start_s, end_s - least)), end_s
    start_s = min(start_s, seconds - least)
    return start_s, min(start_s + MAX_REGION_S, max(end_s, start_s + least))
