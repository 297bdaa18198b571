"""A field in which a preset is found by typing."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QStringListModel, Qt
from PyQt6.QtWidgets import QCompleter, QLineEdit, QWidget

from desktop.services.jobs_interface import JobService, PresetChoice
from desktop.tasks import Lane, Tasks


class PresetField(QLineEdit):
    """Looks for presets while one types; only for what was typed last.

    Args:
        jobs: who knows the presets.
        tasks: the door to threads.
        parent: its widget.
    """

    def __init__(self, jobs: JobService, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs, self._tasks = jobs, tasks
        self._choices: dict[str, str] = {}  # ids by name
        self._names = QStringListModel(self)
        completer = QCompleter(self._names, self)
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(12)
        self.setCompleter(completer)
        self.setPlaceholderText(self.tr("Preset: type to find one"))
        self.setAccessibleName(self.tr("Preset to render in"))
        self.setClearButtonEnabled(True)
        self.textEdited.connect(self._look)

    @property
    def preset(self) -> str:
        """Id of the preset named here, or what is typed if none is known by it."""
        name = self.text().strip()
        return self._choices.get(name.casefold(), name)

    def _look(self, text: str) -> None:
        def find(_control: object) -> Sequence[PresetChoice]:
            return self._jobs.presets(text.strip())

        self._tasks.run(find, self._show, lane=Lane.LIBRARY, owner=self, replaces="takes: presets")

    def _show(self, choices: Sequence[PresetChoice]) -> None:
        self._choices |= {choice.name.casefold(): choice.id for choice in choices}
        names = [choice.name for choice in choices]
        if names == self._names.stringList():
            return
        self._names.setStringList(names)
        completer = self.completer()
        if completer is not None and self.hasFocus() and names and names != [self.text()]:
            completer.complete()
