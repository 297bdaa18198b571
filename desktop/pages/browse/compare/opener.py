"""Opens comparisons: of two presets that are selected, or of two versions of one."""

from __future__ import annotations

from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import QWidget

from desktop.pages.browse.compare.dialog import ComparePresetsDialog
from desktop.pages.browse.edits import PresetEdits
from desktop.pages.browse.model import SelectedPresets
from desktop.services.comparing.interface import VersionFacts
from desktop.services.interfaces import PresetService
from desktop.tasks import TaskControl, Tasks


class PresetComparing(QObject):
    """See the module's first line.

    Args:
        presets, tasks: as of the page.
        edits: restores versions, to be undone.
        page: over which dialogs open.

    Attributes:
        preset_wanted, timbre_wanted: as of :class:`ComparePresetsDialog`.
        opened: the dialog that was opened last, until it is closed.
    """

    preset_wanted = pyqtSignal(str)
    timbre_wanted = pyqtSignal(object, str)

    def __init__(
        self, presets: PresetService, tasks: Tasks, edits: PresetEdits, page: QWidget
    ) -> None:
        super().__init__(page)
        self._presets, self._tasks, self._edits, self._page = presets, tasks, edits, page
        self.opened: ComparePresetsDialog | None = None

    def compare_presets(self, chosen: SelectedPresets) -> None:
        """Compare the first two of some presets."""

        def find(_control: TaskControl) -> list[VersionFacts]:
            return [self._presets.versions(one.id)[-1] for one in chosen()[:2]]

        def open_(found: list[VersionFacts]) -> None:
            if len(found) == 2:
                self.compare_versions(*found)

        self._tasks.run(find, then=open_, failed=self._edits.tell, owner=self)

    def compare_versions(self, first: VersionFacts, second: VersionFacts) -> None:
        """Compare two versions, of one preset or of two.

        Args:
            first: to be A.
            second: to be B.
        """
        dialog = ComparePresetsDialog((first, second), self._presets, self._tasks, self._page)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.preset_wanted.connect(self.preset_wanted)
        dialog.timbre_wanted.connect(self.timbre_wanted)
        dialog.restore_wanted.connect(self._restore)
        dialog.finished.connect(lambda _result: setattr(self, "opened", None))
        self.opened = dialog
        dialog.open()

    def _restore(self, version: VersionFacts) -> None:
        self._tasks.run(
            lambda _control: self._presets.details(version.preset_id).preset,
            then=lambda preset: self._edits.restore_version(preset, version.number),
            failed=self._edits.tell,
            owner=self,
        )
