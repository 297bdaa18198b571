"""What a clip is rendered in, how often, and what the model cannot play of it."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from desktop.pages.takes.preset_field import PresetField
from desktop.services.jobs_interface import JobService
from desktop.tasks import Tasks

MOST_TAKES = 16
_LIMITS_SHOWN = 3


class RenderBar(QWidget):
    """A preset, a number of takes, and a button.

    Args:
        jobs: who knows the presets.
        tasks: the door to threads.
        parent: its widget.

    Attributes:
        render_wanted: with a preset's id (or what was typed) and how many takes.
    """

    render_wanted = pyqtSignal(str, int)

    def __init__(self, jobs: JobService, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.preset = PresetField(jobs, tasks)
        self.preset.returnPressed.connect(self._ask)
        self._takes = QSpinBox()
        self._takes.setRange(1, MOST_TAKES)
        self._takes.setSuffix(self.tr(" take"))
        self._takes.setAccessibleName(self.tr("How many takes"))
        self._takes.valueChanged.connect(
            lambda count: self._takes.setSuffix(
                self.tr(" take") if count == 1 else self.tr(" takes")
            )
        )
        self._button = QPushButton(self.tr("&Render"))
        self._button.setToolTip(self.tr("Render this clip in the preset (Enter)"))
        self._button.clicked.connect(self._ask)
        self._limits = QLabel()
        self._limits.setTextFormat(Qt.TextFormat.PlainText)
        self._limits.setWordWrap(True)
        self._limits.setAccessibleName(self.tr("What the model cannot play of this clip"))
        row = QHBoxLayout()
        row.addWidget(self.preset, 1)
        row.addWidget(self._takes)
        row.addWidget(self._button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 8)
        column.addLayout(row)
        column.addWidget(self._limits)
        self.set_ready(False)

    @property
    def limits_text(self) -> str:
        """What it says of limits."""
        return self._limits.text()

    def set_ready(self, is_ready: bool) -> None:
        """Whether there is a clip to render."""
        for widget in (self.preset, self._takes, self._button):
            widget.setEnabled(is_ready)

    def set_clip_count(self, count: int) -> None:
        """Say how many clips the button is about."""
        is_batch = count > 1
        self._button.setText(
            self.tr("&Render {count} clips …").format(count=count)
            if is_batch
            else self.tr("&Render")
        )
        self._button.setToolTip(
            self.tr("Render these {count} clips in the preset (Enter)").format(count=count)
            if is_batch
            else self.tr("Render this clip in the preset (Enter)")
        )

    def say_limits(self, words: str) -> None:
        """Say something in the place of limits; empty says nothing."""
        self._limits.setText(words)
        self._limits.setToolTip("")
        self._limits.setVisible(bool(words))

    def show_limits(self, limits: Sequence[str]) -> None:
        """Say what the model cannot play; the first few, all of them under the pointer."""
        if not limits:
            self.say_limits(self.tr("The model plays everything in this clip."))
            return
        shown = list(limits[:_LIMITS_SHOWN])
        if len(limits) > _LIMITS_SHOWN:
            shown.append(self.tr("and {count} more").format(count=len(limits) - _LIMITS_SHOWN))
        self.say_limits(self.tr("Before you render: {limits}").format(limits="; ".join(shown)))
        self._limits.setToolTip("\n".join(limits))

    def _ask(self) -> None:
        if self.preset.preset:
            self.render_wanted.emit(self.preset.preset, self._takes.value())
        else:
            self.preset.setFocus()
