"""Blends made: the pad, the list, what is heard, the path, and how it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from core.errors import TimbreError
from core.library.presets import Preset
from desktop.commands import Commands
from desktop.faults import words_of
from desktop.pages.make.blend.bilinear import MIDDLE
from desktop.pages.make.blend.drops import presets_in
from desktop.pages.make.blend.hearing_bar import HearingBar
from desktop.pages.make.blend.keep_bar import BlendKeepBar
from desktop.pages.make.blend.model import BlendModel
from desktop.pages.make.blend.pad_frame import PadFrame
from desktop.pages.make.blend.part_list import PartList
from desktop.pages.make.blend.path_bar import PathBar
from desktop.pages.make.blend.preset_search import PresetSearch
from desktop.services.interfaces import BlendRecipe, LiveService, PresetService
from desktop.tasks import TaskControl, Tasks
from desktop.theme.style_sheet import GRID


class BlendPanel(QWidget):
    """See the module's first line.

    Args:
        presets: the library.
        live: plays the blend; None if nothing can.
        tasks: the door to other threads.

    Attributes:
        made: id and name of a preset that was made or got another version.
        morph_wanted: a path, as :attr:`PathBar.morph_wanted`.
        hearing_ended: the live stream is let go of; what it played before may begin again.
        status: what is or was done, in words.
        failed: what could not be done and why, in words.
        model: the blend.
    """

    made = pyqtSignal(str, str)
    morph_wanted = pyqtSignal(list)
    hearing_ended = pyqtSignal()
    status = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self, presets: PresetService, live: LiveService | None, tasks: Tasks) -> None:
        super().__init__()
        self._presets, self._tasks = presets, tasks
        self.model = BlendModel(self)
        self.pads = PadFrame(self.model)
        self.search = PresetSearch(presets, tasks)
        self.list = PartList(self.model)
        self.hearing = HearingBar(live, self.model) if live is not None else None
        self.path = PathBar(self.model, self.pads.pad, self.hearing)
        self.keeping = BlendKeepBar(self.model, presets, tasks)
        self.anew = QPushButton(self.tr("Begin anew"))
        self.anew.setToolTip(self.tr("Take everything out of the blend"))
        self.setAcceptDrops(True)
        self.setFocusProxy(self.search)
        self._lay_out()
        self._connect()

    def add_presets(self, preset_ids: Sequence[str]) -> None:
        """Put presets into the blend."""
        self._add(preset_ids, None)

    def set_blend(self, preset_id: str) -> None:
        """Open a blend, to be kept as its next version or as another preset."""
        self._tasks.run(
            lambda _control: self._presets.blend_recipe(preset_id),
            self._open,
            failed=self._tell,
            owner=self,
            replaces=f"open blend {id(self):x}",
        )

    def set_device(self, device: str) -> None:
        """Play through a sound device from now on; empty is the system's own."""
        if self.hearing is not None:
            self.hearing.hearing.set_device(device)

    def begin_anew(self) -> None:
        """Take everything out."""
        self.keeping.set_original(None)
        self.model.set_parts(())

    def offer(self, commands: Commands) -> None:
        """Add what can be done here to the window's commands."""
        hearing, path, section = self.hearing, self.path, self.tr("Blend")
        offered: list[tuple[str, str, Callable[[], object], QPushButton | None]] = [
            ("search", self.tr("Add a preset to the blend"), self.search.setFocus, None),
            ("middle", self.tr("Point to the middle"), lambda: self.model.move(MIDDLE), None),
            ("draw", self.tr("Draw a path"), path.draw.click, path.draw),
            ("record", self.tr("Record a path"), path.record.click, path.record),
            ("follow", self.tr("Follow the path"), path.follow.click, path.follow),
            ("clear", self.tr("Clear the path"), path.clear.click, path.clear),
            ("morph", self.tr("Make a moving timbre"), path.morph.click, path.morph),
            ("keep", self.tr("Keep the blend"), self.keeping.keep.click, self.keeping.keep),
            ("anew", self.tr("Begin a blend anew"), self.begin_anew, None),
        ]
        if hearing is not None:
            button = hearing.button
            offered.insert(0, ("hear", self.tr("Hear the blend"), button.click, button))
        for name, title, run, button_ in offered:
            commands.add(
                f"blend.{name}", title, run, section=section, why_not=self._why_not(button_)
            )

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802
        """See :class:`QWidget`, as all that follow; what is not seen is not heard."""
        if self.hearing is not None:
            self.hearing.stop()
        super().hideEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802
        if event is not None and presets_in(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802
        if event is not None:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.add_presets(presets_in(event.mimeData()))

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(GRID)
        top.addWidget(self.search, 1)
        top.addWidget(self.anew)
        side = QVBoxLayout()
        side.setSpacing(GRID)
        side.addLayout(top)
        side.addWidget(self.list, 1)
        side.addWidget(self.keeping)
        both = QHBoxLayout()
        both.setSpacing(2 * GRID)
        both.addWidget(self.pads, 1)
        both.addLayout(side, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addLayout(both, 1)
        column.addWidget(self.path)
        if self.hearing is not None:
            column.addWidget(self.hearing)

    def _connect(self) -> None:
        self.search.chosen.connect(lambda preset_id, name: self.model.add(preset_id, name))
        self.pads.presets_dropped.connect(self._add)
        self.anew.clicked.connect(self.begin_anew)
        self.model.refused.connect(self.failed)
        self.keeping.made.connect(self.made)
        self.path.morph_wanted.connect(self.morph_wanted)
        for part in (self.keeping, self.path):
            part.status.connect(self.status)
        for each in (self.keeping, self.path, self.search, self.hearing):
            if each is not None:
                each.failed.connect(self.failed)
        if self.hearing is not None:
            self.hearing.ended.connect(self.hearing_ended)

    def _add(self, preset_ids: Sequence[str], corner: int | None) -> None:
        ids = list(preset_ids)

        def look_up(_control: TaskControl) -> list[Preset]:
            return [self._presets.details(preset_id).preset for preset_id in ids]

        def put_in(found: list[Preset]) -> None:
            place = corner
            for preset in found:
                self.model.add(preset.id, preset.name, place)
                place = None  # the others go where there is room

        self._tasks.run(look_up, put_in, failed=self._tell, owner=self)

    def _open(self, recipe: BlendRecipe) -> None:
        self.model.set_parts(recipe.parts, recipe.mode)
        self.keeping.set_original(recipe.preset)
        words = self.tr("Editing {}").format(recipe.preset.name)
        self.status.emit("; ".join([words, *recipe.remarks]))

    def _why_not(self, button: QPushButton | None) -> Callable[[], str]:
        def reason() -> str:
            if button is None or button.isEnabled():
                return ""
            return self.model.problem or self.tr("there is no path yet: draw one")

        return reason

    def _tell(self, error: Exception) -> None:
        if isinstance(error, TimbreError):
            names = {each.preset_id: each.name for each in self.model.entries}
            self.failed.emit(words_of(error, names))
        else:
            self._tasks.failed.emit(error)
