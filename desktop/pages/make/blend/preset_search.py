"""A field that finds presets by typing, and gives the one that is chosen."""

from __future__ import annotations

from PyQt6.QtCore import QStringListModel, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QCompleter, QLineEdit, QWidget

from core.library.presets import PresetPage
from desktop.faults import words_of
from desktop.services.interfaces import PresetQuery, PresetService
from desktop.tasks import Tasks

_SHOWN = 12


class PresetSearch(QLineEdit):
    """See the module's first line; Enter takes the first one found.

    Args:
        presets: the library.
        tasks: the door to other threads.
        parent: as of any widget.

    Attributes:
        chosen: id and name of a preset.
        failed: why none could be found, in words.
    """

    chosen = pyqtSignal(str, str)
    failed = pyqtSignal(str)

    def __init__(self, presets: PresetService, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presets, self._tasks = presets, tasks
        self._found: dict[str, str] = {}  # ids by name
        self._sought, self._is_wanted = "", False
        self._names = QStringListModel(self)
        completer = QCompleter(self._names, self)
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(_SHOWN)
        completer.activated[str].connect(self._choose)
        self.setCompleter(completer)
        self.setPlaceholderText(self.tr("Add a preset: type to find one"))
        self.setAccessibleName(self.tr("Add a preset to the blend"))
        self.setClearButtonEnabled(True)
        self.textEdited.connect(self._look)
        self.returnPressed.connect(self._enter)

    def _look(self, text: str) -> None:
        sought = text.strip()
        self._is_wanted = False
        if not sought:
            return
        self._tasks.run(
            lambda _control: self._presets.page(PresetQuery(text=sought), 0, _SHOWN),
            lambda page: self._show(sought, page),
            failed=lambda error: self.failed.emit(words_of(error)),
            owner=self,
            replaces=f"blend search {id(self):x}",
        )

    def _show(self, sought: str, page: PresetPage) -> None:
        self._sought = sought
        self._found = {preset.name: preset.id for preset in page.presets}
        self._names.setStringList(list(self._found))
        if self._is_wanted:
            self._enter()
            return
        completer = self.completer()
        if completer is not None and self.hasFocus() and self._found:
            completer.complete()

    def _enter(self) -> None:
        text = self.text().strip()
        if not text or text in self._found:
            self._choose(text)
        elif text != self._sought:
            self._is_wanted = True  # when it has been looked for
        elif self._found:
            self._choose(next(iter(self._found)))
        else:
            self.failed.emit(self.tr("No preset is called “{}”").format(text))

    def _choose(self, name: str) -> None:
        preset_id = self._found.get(name)
        if preset_id is not None:
            self.chosen.emit(preset_id, name)
            self._found, self._sought = {}, ""
            # After the completer, which writes the name into the field when it was chosen there.
            QTimer.singleShot(0, self.clear)
