"""The Models page: bundles on the left, the one that is chosen on the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from core.bundles.facts import BundleFacts, size_words
from desktop.commands import Commands
from desktop.faults import WayOut, fault_of
from desktop.pages.models.details import BundleDetails
from desktop.pages.models.device_field import DeviceField
from desktop.pages.models.dialogs import ByHandDialog, LicenceDialog, removal_question
from desktop.pages.models.work import BundleAct, BundleWork
from desktop.services.model_bundles.interface import ModelService
from desktop.tasks import Lane, TaskControl, Tasks
from desktop.theme.style_sheet import GRID
from desktop.widgets.two_line_list import ListEntry, TwoLineList

_TONES = {
    "ready": "good",
    "not pulled": "quiet_text",
    "incomplete": "warning",
    "damaged": "bad",
}
_ARCHIVES = "*.zip *.tar"


class ModelsPage(QWidget):
    """See the module's first line.

    Args:
        models: the bundles.
        tasks: the door to threads.
        parent: as of any widget.

    Attributes:
        status: one line on what is going on; empty when nothing is.
        failed: a :class:`desktop.faults.Fault`.
        model_chosen: id of the bundle that renders are made with from now on.
        device_chosen: where renders are computed from the next start on.
    """

    status = pyqtSignal(str)
    failed = pyqtSignal(object)
    model_chosen = pyqtSignal(str)
    device_chosen = pyqtSignal(str)

    def __init__(self, models: ModelService, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models, self._tasks = models, tasks
        self._facts: dict[str, BundleFacts] = {}
        self._works: list[BundleWork] = []
        self._problems: dict[str, str] = {}
        self.list, self.details = TwoLineList(self.tr("Models")), BundleDetails()
        self.import_button = QPushButton(self.tr("Import from a file…"))
        self.import_button.setToolTip(self.tr("A .zip or .tar from “Save to a file…”"))
        self.devices = DeviceField(models, tasks)
        self._lay_out()
        self.list.chosen.connect(lambda _: self._show())
        self.details.asked.connect(self.ask)
        self.import_button.clicked.connect(self.choose_file)
        self.devices.chosen.connect(self._take_device)

    def _lay_out(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, GRID)
        column.setSpacing(GRID)
        column.addWidget(self.list, 1)
        below = QVBoxLayout()
        below.setContentsMargins(GRID, 0, GRID, 0)
        below.setSpacing(GRID)
        below.addWidget(self.import_button)
        below.addWidget(self.devices)
        column.addLayout(below)
        whole = QSplitter()
        whole.addWidget(left)
        whole.addWidget(self.details)
        whole.setStretchFactor(1, 1)
        whole.setSizes([34 * GRID, 86 * GRID])
        whole.setChildrenCollapsible(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(whole)

    # What others ask

    def add_commands(self, commands: Commands) -> None:
        """Offer what can be done by name."""
        for name, title in (
            ("pull", self.tr("Pull the model, or go on with it")),
            ("cancel", self.tr("Cancel what is done for the model")),
            ("verify", self.tr("Verify the model")),
            ("choose", self.tr("Use the model for renders")),
            ("export", self.tr("Save the model to a file")),
            ("remove", self.tr("Remove the model")),
            ("licence", self.tr("Read the model's licence")),
        ):
            commands.add(
                f"models.{name}",
                title,
                partial(self.ask, name),
                section=self.tr("Models"),
                why_not=partial(self._why_not, name),
            )
        commands.add(
            "models.import",
            self.tr("Import a model from a file"),
            self.choose_file,
            section=self.tr("Models"),
        )

    def refresh(self) -> None:
        """Look again which bundles there are."""
        self._tasks.run(
            lambda _: self._models.bundles(),
            self._show_bundles,
            failed=self._say_failure,
            lane=Lane.FILES,
            owner=self,
            replaces="models: bundles",
        )

    def showEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Nothing is looked for before it is seen, so that the window opens at once."""
        super().showEvent(event)  # type: ignore[arg-type]
        self.refresh()
        self.devices.look()

    def ask(self, name: str) -> None:
        """Have something done with the bundle that is chosen.

        Args:
            name: as :attr:`BundleDetails.asked` says it.
        """
        facts = self.details.facts
        if facts is None:
            return
        if name == "pull":
            self._start("pull", facts.id, partial(self._models.pull, facts.id))
        elif name == "verify":
            self._start("verify", facts.id, partial(self._models.verify, facts.id))
        elif name == "choose":
            self._start("choose", facts.id, lambda _: self._models.choose(facts.id))
        elif name == "cancel":
            self._cancel(facts.id)
        elif name == "remove":
            self._ask_to_remove(facts)
        elif name == "export":
            self._choose_place(facts)
        elif name == "licence":
            self._tasks.run(
                lambda _: self._models.licence(facts.id),
                lambda text: _open(LicenceDialog(facts.id, text, self)),
                failed=self._say_failure,
                owner=self,
            )
        elif name == "by hand":
            dialog = ByHandDialog(facts, self)
            dialog.import_wanted.connect(self.choose_file)
            _open(dialog)

    def choose_file(self) -> None:
        """Have an archive chosen, and import it."""
        name, _ = QFileDialog.getOpenFileName(
            self, self.tr("Import a model"), "", f"{self.tr('Models')} ({_ARCHIVES})"
        )
        if name:
            self.import_file(Path(name))

    def import_file(self, file: Path) -> None:
        """Take a bundle from an archive."""
        self._start("import", "", lambda control: self._models.import_file(file, control))

    def export_file(self, bundle_id: str, file: Path) -> None:
        """Write a bundle to an archive.

        Args:
            bundle_id: which.
            file: its name ends in .zip or .tar.
        """
        self._start(
            "export", bundle_id, lambda control: self._models.export_file(bundle_id, file, control)
        )

    # What is under way

    def _start(self, act: BundleAct, bundle_id: str, work: Callable[[TaskControl], object]) -> None:
        if self._work_of(bundle_id) is not None:
            return  # a second press before the first was seen
        self._problems.pop(bundle_id, None)
        started = BundleWork(act, bundle_id, self)
        self._works.append(started)
        started.changed.connect(self._show)
        started.done.connect(partial(self._done, started))
        started.failed.connect(partial(self._fail, started, work))
        started.ended.connect(partial(self._end, started))
        started.start(self._tasks, work)
        self._show()

    def _work_of(self, bundle_id: str) -> BundleWork | None:
        return next((work for work in self._works if work.bundle_id == bundle_id), None)

    def _cancel(self, bundle_id: str) -> None:
        work = self._work_of(bundle_id)
        if work is not None:
            work.cancel()

    def _done(self, work: BundleWork, result: object) -> None:
        name = work.bundle_id
        if isinstance(result, BundleFacts):
            name = result.id
            self._facts[name] = result
            self._problems.pop(name, None)
        if work.act == "choose":
            self.model_chosen.emit(name)
        elif work.act == "remove" and self._models.chosen != name:
            self.model_chosen.emit(self._models.chosen)
        words = {
            "pull": self.tr("{name} is here, every file checked"),
            "verify": self.tr("{name} is whole"),
            "import": self.tr("{name} is imported"),
            "export": self.tr("{name} is saved"),
            "remove": self.tr("{name} is removed"),
            "choose": self.tr("renders are made with {name} from now on"),
        }[work.act]
        self._works.remove(work)
        self.status.emit(words.format(name=name))

    def _fail(
        self, work: BundleWork, again: Callable[[TaskControl], object], error: Exception
    ) -> None:
        way_out = WayOut(self.tr("Try again"), lambda: self._start(work.act, work.bundle_id, again))
        fault = fault_of(error, way_out)
        self._problems[work.bundle_id] = fault.message
        self.failed.emit(fault)

    def _end(self, work: BundleWork) -> None:
        if work in self._works:  # it failed, or was cancelled
            self._works.remove(work)
            self.status.emit("")  # what others do is said again with their next step
        self._show()
        self.refresh()
        work.deleteLater()

    # What is shown

    def _show_bundles(self, bundles: Sequence[BundleFacts]) -> None:
        self._facts = {facts.id: facts for facts in bundles}
        self._show()

    def _show(self) -> None:
        entries = [self._entry(facts) for facts in self._facts.values()]
        if [entry.id for entry in self.list.entries] != [entry.id for entry in entries]:
            self.list.show_entries(entries)  # says which is chosen, and comes back here
            return
        self.list.show_entries(entries)
        facts = self._facts.get(self.list.current)
        if facts is not None:
            work = self._work_of(facts.id) or self._work_of("")
            problem = self._problems.get(facts.id, "") or self._problems.get("", "")
            self.details.show_bundle(facts, self._models.chosen, work, problem)
        for work in self._works[-1:]:
            self.status.emit(f"{work.bundle_id} {work.words}".strip())

    def _entry(self, facts: BundleFacts) -> ListEntry:
        work = self._work_of(facts.id)
        mark = self.tr("renders") if facts.id == self._models.chosen else ""
        if work is not None:
            return ListEntry(facts.id, facts.id, work.words, "accent", work.fraction, mark)
        state = facts.state_words
        if facts.size is not None and facts.state == "ready":
            state = f"{state} · {size_words(facts.size)}"
        return ListEntry(facts.id, facts.id, state, _TONES[facts.state], None, mark)

    def _take_device(self, device: str) -> None:
        self.device_chosen.emit(device)
        self.status.emit(self.tr("another device counts from the next start on"))

    def _why_not(self, name: str) -> str:
        if name == "licence":
            return "" if self.details.facts else self.tr("choose a bundle first")
        if name == "cancel":
            busy = self._work_of(self.list.current)
            return "" if busy is not None else self.tr("nothing is being done for it")
        return self.details.why_not(name)

    def _say_failure(self, error: Exception) -> None:
        self.failed.emit(fault_of(error, WayOut(self.tr("Try again"), self.refresh)))

    # What is asked of the user

    def _ask_to_remove(self, facts: BundleFacts) -> None:
        box = removal_question(facts, facts.id == self._models.chosen, self)

        def answered(_: int) -> None:
            clicked = box.clickedButton()
            if clicked is not None and clicked.objectName() == "remove":
                self._start("remove", facts.id, lambda _: self._models.remove(facts.id))

        box.finished.connect(answered)
        _open(box)

    def _choose_place(self, facts: BundleFacts) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save a model"), f"{facts.id}.zip", f"{self.tr('Models')} ({_ARCHIVES})"
        )
        if name:
            self.export_file(facts.id, Path(name))


def _open(dialog: QDialog) -> None:
    """Show a dialog that is gone when it is closed."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
