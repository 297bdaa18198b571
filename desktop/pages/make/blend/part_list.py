"""The blend as a list: a preset a line, with its weight and its share."""

from __future__ import annotations

from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop.pages.make.blend.entries import FULL, BlendEntry
from desktop.pages.make.blend.model import BlendModel
from desktop.theme.icons import icon
from desktop.theme.style_sheet import GRID
from desktop.widgets.elided_label import ElidedLabel

_FINENESS = 10
"""Steps of a slider in a weight of 1."""


class PartRow(QFrame):
    """A preset of the blend.

    Args:
        entry: what it shows.
        parent: as of any widget.

    Attributes:
        weighed: the weight that was set.
        muted, soloed: whether it is now.
        remove_wanted: it is to leave the blend.
    """

    weighed = pyqtSignal(float)
    muted = pyqtSignal(bool)
    soloed = pyqtSignal(bool)
    remove_wanted = pyqtSignal()

    def __init__(self, entry: BlendEntry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        name = entry.name
        self.name = ElidedLabel(name)
        self.place = QLabel()
        self.place.setProperty("role", "quiet")
        self.share = QLabel()
        self.share.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.share.setMinimumWidth(self.share.fontMetrics().horizontalAdvance("100 %"))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, round(FULL * _FINENESS))
        self.slider.setPageStep(10 * _FINENESS)
        self.slider.setAccessibleName(self.tr("Weight of {}").format(name))
        self.field = QDoubleSpinBox()
        self.field.setRange(0.0, FULL)
        self.field.setDecimals(1)
        self.field.setKeyboardTracking(False)
        self.field.setAccessibleName(self.tr("Weight of {}").format(name))
        self.mute = self._toggle("M", self.tr("Mute {}").format(name))
        self.solo = self._toggle("S", self.tr("Hear {} alone").format(name))
        self.remove = QToolButton()
        self.remove.setIcon(icon("close", self))
        self.remove.setToolTip(self.tr("Take it out of the blend"))
        self.remove.setAccessibleName(self.tr("Take {} out of the blend").format(name))
        head, line = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self.name, 1)
        for label in (self.place, self.share):
            head.addWidget(label)
        line.addWidget(self.slider, 1)
        for widget in (self.field, self.mute, self.solo, self.remove):
            line.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        column.setSpacing(GRID // 2)
        for row in (head, line):
            row.setSpacing(GRID)
            column.addLayout(row)
        self.slider.valueChanged.connect(lambda value: self.weighed.emit(value / _FINENESS))
        self.field.valueChanged.connect(self.weighed)
        self.mute.toggled.connect(self.muted)
        self.solo.toggled.connect(self.soloed)
        self.remove.clicked.connect(self.remove_wanted)

    def show_entry(self, entry: BlendEntry, share: float) -> None:
        """Show how it stands.

        Args:
            entry: the same preset.
            share: of the blend that is heard, 0…1.
        """
        blocked = [QSignalBlocker(each) for each in (self.slider, self.field, self.mute, self.solo)]
        self.slider.setValue(round(entry.weight * _FINENESS))
        if abs(self.field.value() - entry.weight) >= 0.05:
            self.field.setValue(entry.weight)
        self.mute.setChecked(entry.is_muted)
        self.solo.setChecked(entry.is_solo)
        del blocked
        self.share.setText(f"{share:.0%}".replace("%", " %"))
        self.place.setText("" if entry.corner is not None else self.tr("not on the pad"))

    @staticmethod
    def _toggle(letter: str, words: str) -> QToolButton:
        button = QToolButton()
        button.setText(letter)
        button.setCheckable(True)
        button.setToolTip(words)
        button.setAccessibleName(words)
        return button


class PartList(QScrollArea):
    """All of them.

    Args:
        model: the blend.
        parent: as of any widget.
    """

    def __init__(self, model: BlendModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.rows: dict[str, PartRow] = {}
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Presets in the blend"))
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, GRID // 2, 0)
        self._column.setSpacing(GRID // 2)
        self._column.addStretch(1)
        self.setWidget(inside)
        model.parts_changed.connect(self._show_parts)
        model.weights_changed.connect(self._show_weights)
        self._show_parts()

    def _show_parts(self) -> None:
        entries = self._model.entries
        gone = set(self.rows) - {entry.preset_id for entry in entries}
        for preset_id in gone:
            row = self.rows.pop(preset_id)
            self._column.removeWidget(row)
            row.hide()  # at once: what is to be deleted later is seen until then
            row.deleteLater()
        for number, entry in enumerate(entries):
            if entry.preset_id not in self.rows:
                row = self.rows[entry.preset_id] = self._row(entry)
                self._column.insertWidget(number, row)
        self._show_weights()

    def _row(self, entry: BlendEntry) -> PartRow:
        row, model, preset_id = PartRow(entry), self._model, entry.preset_id
        row.weighed.connect(lambda weight: model.set_weight(preset_id, weight))
        row.muted.connect(lambda is_muted: model.mute(preset_id, is_muted))
        row.soloed.connect(lambda is_solo: model.solo(preset_id, is_solo))
        row.remove_wanted.connect(lambda: model.remove(preset_id))
        return row

    def _show_weights(self) -> None:
        for entry, share in zip(self._model.entries, self._model.shares, strict=True):
            self.rows[entry.preset_id].show_entry(entry, share)
