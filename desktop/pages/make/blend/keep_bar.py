"""The blend kept: as a new preset, or as the next version of the one that was opened."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from core.errors import TimbreError
from core.library.errors import NameTaken
from core.library.presets import MAX_NAME_CHARACTERS, Preset, PresetBlend
from desktop.faults import words_of
from desktop.pages.make.blend.model import BlendModel
from desktop.services.interfaces import PresetService
from desktop.tasks import Lane, TaskControl, Tasks
from desktop.theme.style_sheet import GRID
from desktop.widgets.elided_label import ElidedLabel

_NAMED = 3
"""Parts whose names are in a name that is proposed."""

_MOST_TRIES = 100


class BlendKeepBar(QWidget):
    """See the module's first line.

    Args:
        model: the blend.
        presets: where it is kept.
        tasks: the door to other threads.
        parent: as of any widget.

    Attributes:
        made: id and name of the preset that was made or changed.
        status: what is or was done, in words.
        failed: what could not be done and why.
    """

    made = pyqtSignal(str, str)
    status = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(
        self,
        model: BlendModel,
        presets: PresetService,
        tasks: Tasks,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model, self._presets, self._tasks = model, presets, tasks
        self._original: Preset | None = None
        self._is_keeping = False
        self.why_not = ElidedLabel()
        self.name = QLineEdit()
        self.name.setMaxLength(MAX_NAME_CHARACTERS)
        self.name.setAccessibleName(self.tr("Name of the new preset"))
        self.keep = QPushButton(self.tr("Keep"))
        self.keep.setProperty("role", "primary")
        self.keep.setToolTip(self.tr("Make a preset of what is heard"))
        self.keep_version = QPushButton()
        self.keep_version.hide()
        above, row = QHBoxLayout(), QHBoxLayout()
        for line in (above, row):
            line.setSpacing(GRID)
        above.addWidget(self.why_not, 1)
        above.addWidget(self.keep_version)
        row.addWidget(self.name, 1)
        row.addWidget(self.keep)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addLayout(above)
        column.addLayout(row)
        self.name.returnPressed.connect(self.keep.click)
        self.keep.clicked.connect(self._keep_new)
        self.keep_version.clicked.connect(self._keep_version)
        model.parts_changed.connect(self._show)
        model.weights_changed.connect(self._show)
        self._show()

    @property
    def original(self) -> Preset | None:
        """The blend that was opened, if one was."""
        return self._original

    def set_original(self, preset: Preset | None) -> None:
        """Offer to keep the blend as the next version of a preset; None offers no such thing."""
        self._original = preset
        self.name.clear()
        self._show()

    def proposed_name(self) -> str:
        """A name for what is heard: its presets, the largest share first."""
        pairs = zip(self._model.shares, self._model.entries, strict=True)
        heard = sorted((pair for pair in pairs if pair[0] > 0), key=lambda pair: -pair[0])
        names = [entry.name for _, entry in heard]
        words = " + ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
        if len(words) > MAX_NAME_CHARACTERS:
            words = f"{words[: MAX_NAME_CHARACTERS - 2]} …"
        return words

    def _show(self) -> None:
        problem = self._model.problem
        muted = [entry.name for entry in self._model.entries if entry.is_muted]
        words = problem
        if not problem and muted:
            words = self.tr("Muted, and so not kept: {}").format(", ".join(muted))
        self.why_not.setText(words)
        self.name.setPlaceholderText(self.proposed_name() or self.tr("Name of the new preset"))
        self.keep.setEnabled(not problem and not self._is_keeping)
        original = self._original
        self.keep_version.setVisible(original is not None)
        self.keep.setText(self.tr("Keep") if original is None else self.tr("Keep as new"))
        if original is not None:
            version = self.tr("Keep as version {}").format(original.version + 1)
            self.keep_version.setText(version)
            self.keep_version.setToolTip(self.tr("The next version of {}").format(original.name))
            self.keep_version.setEnabled(not problem and not self._is_keeping)

    def _keep_new(self) -> None:
        typed, proposed = self.name.text().strip(), self.proposed_name()
        blend, presets = self._blend(), self._presets

        def work(control: TaskControl) -> Preset:
            if typed:
                return presets.add(typed, blend, control)
            for count in range(1, _MOST_TRIES):
                tail = "" if count == 1 else f" ({count})"
                try:
                    name = f"{proposed[: MAX_NAME_CHARACTERS - len(tail)]}{tail}"
                    return presets.add(name, blend, control)
                except NameTaken:
                    continue
            raise NameTaken(
                self.tr("there are many presets called {proposed!r}; type another name").format(
                    proposed=proposed
                )
            )

        self._run(work)

    def _keep_version(self) -> None:
        original, blend = self._original, self._blend()
        if original is not None:
            self._run(lambda control: self._presets.change_timbre(original.id, blend, control))

    def _blend(self) -> PresetBlend:
        parts = [(preset_id, round(share, 4)) for preset_id, share in self._model.parts_heard()]
        return PresetBlend([part for part in parts if part[1] > 0], self._model.mode)

    def _run(self, work: Callable[[TaskControl], Preset]) -> None:
        self._is_keeping = True
        self._show()
        task = self._tasks.run(
            work,
            self._kept,
            failed=self._tell,
            lane=Lane.FILES,
            owner=self,
            staged=self.status.emit,
        )
        task.finished.connect(self._over)

    def _kept(self, preset: Preset) -> None:
        words = self.tr("{} is kept") if preset.version == 1 else self.tr("{} is kept: version {}")
        self.status.emit(words.format(preset.name, preset.version))
        self.set_original(preset)
        self.made.emit(preset.id, preset.name)

    def _over(self) -> None:
        self._is_keeping = False
        self._show()

    def _tell(self, error: Exception) -> None:
        if isinstance(error, TimbreError):
            names = {each.preset_id: each.name for each in self._model.entries}
            self.failed.emit(words_of(error, names))
        else:
            self._tasks.failed.emit(error)
