"""What is done with the presets that are selected, from keys, menus and the mouse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PyQt6 import sip
from PyQt6.QtCore import QModelIndex, QObject, QPoint, QRect, Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QFileDialog, QInputDialog, QMenu, QWidget

from core.library.presets import Preset
from core.timbre import Blend
from desktop.pages.browse.delegates import PresetDelegate
from desktop.pages.browse.edits import PresetEdits
from desktop.pages.browse.files import PresetFiles
from desktop.pages.browse.model import PRESET_ROLE, PresetModel, SelectedPresets
from desktop.theme.plain_text import literal
from desktop.widgets.cell_view import CellView
from desktop.widgets.stars import rating_at


class PresetSelection(QObject):
    """See the module's first lines.

    Args:
        page: over which it asks.
        view: where presets are selected.
        model: the list.
        edits: what can be undone.
        files: what comes and goes as files.
    """

    def __init__(
        self,
        page: QWidget,
        view: CellView,
        model: PresetModel,
        edits: PresetEdits,
        files: PresetFiles,
    ) -> None:
        super().__init__(page)
        self._page, self._view, self._model = page, view, model
        self._edits, self._files = edits, files
        self._actions: Mapping[str, QAction] = {}

    def set_actions(self, actions: Mapping[str, QAction]) -> None:
        """Take the page's actions, by name, for the menu and to be enabled."""
        self._actions = actions

    @property
    def current(self) -> Preset | None:
        """The preset at hand."""
        preset = self._view.currentIndex().data(PRESET_ROLE)
        return preset if isinstance(preset, Preset) else None

    def does(self) -> dict[str, Callable[[], object]]:
        """What is done, by the name of its action."""

        def rate(stars: int) -> Callable[[], object]:
            return lambda: self._edits.rate(self.presets(), stars)

        return {
            "browse.favourite": self.toggle_favourites,
            "browse.rename": self.rename,
            "browse.duplicate": lambda: self._edits.duplicate(self.presets()),
            "browse.tag": self.ask_tags,
            "browse.delete": lambda: self._edits.remove(self.presets()),
            **{f"browse.rate_{stars}": rate(stars) for stars in range(6)},
            "browse.import": self.choose_imports,
            "browse.export": self.choose_export,
            "browse.undo": self._edits.stack.undo,
            "browse.redo": self._edits.stack.redo,
        }

    def rows(self) -> list[int]:
        """Those selected, sorted."""
        selection = self._view.selectionModel()
        if selection is None:
            return []
        chosen = selection.selection()
        parts = [chosen[number] for number in range(chosen.count())]
        return sorted(row for part in parts for row in range(part.top(), part.bottom() + 1))

    def presets(self) -> SelectedPresets:
        """Those selected."""
        return self._model.presets_of(self.rows())

    def pressed(self, index: QModelIndex, cell: QRect, point: QPoint) -> None:
        """Set a mark, if that is where a cell was pressed.

        Args:
            index: of the preset.
            cell: its cell.
            point: of the press.
        """
        delegate, preset = self._view.itemDelegate(), index.data(PRESET_ROLE)
        if not isinstance(delegate, PresetDelegate) or not isinstance(preset, Preset):
            return
        place = delegate.place_at(cell, point)
        if place == "favourite":
            self._edits.set_favourite(lambda: [preset], not preset.favourite)
        elif place == "rating":
            stars = rating_at(delegate.rating_rect(cell), point.x(), preset.rating)
            self._edits.rate(lambda: [preset], stars)
        else:
            return
        self._view.take_press()

    def toggle_favourites(self) -> None:
        """Make all that is selected a favourite, or no longer, as the one at hand is not."""
        current = self.current
        if current is not None:
            self._edits.set_favourite(self.presets(), not current.favourite)

    def rename(self) -> None:
        """Have the preset at hand called something else, in its row; on the map, in a dialog."""
        current = self.current
        if self._view.isVisible() or current is None:
            self._view.edit(self._view.currentIndex())
            return
        name, is_given = QInputDialog.getText(
            self._page, self.tr("Rename"), self.tr("Name of the preset:"), text=current.name
        )
        if is_given and name != current.name:
            self._edits.rename(current, name)

    def ask_tags(self) -> None:
        """Ask for tags and give them to what is selected."""
        count = len(self.rows())
        text, is_given = QInputDialog.getText(
            self._page,
            self.tr("Tag {} presets").format(count) if count != 1 else self.tr("Tag"),
            self.tr("Tags to add, with commas between; −tag takes one away:"),
        )
        tags = [tag.strip() for tag in text.split(",") if tag.strip()]
        if is_given and tags:
            self.tag(tags)

    def tag(self, tags: list[str]) -> None:
        """Give tags to the presets that are selected; ``-warm`` takes one away."""
        gone = [tag[1:].strip() for tag in tags if tag[0] in "-−"]
        self._edits.tag(self.presets(), [tag for tag in tags if tag[0] not in "-−"], gone)

    def drag(self) -> None:
        """Drag what is selected, as files."""
        rows = self.rows()
        self._files.drag(self._model.presets_of(rows), len(rows))

    def choose_imports(self) -> None:
        """Ask for files and take them in."""
        files, _ = QFileDialog.getOpenFileNames(
            self._page,
            self.tr("Import presets and recordings"),
            "",
            self.tr("Presets and recordings (*.timbre *.wav *.flac *.ogg *.mp3 *.aiff);;All (*)"),
        )
        if files:
            self._files.import_([Path(file) for file in files])

    def choose_export(self) -> None:
        """Ask for a folder and write what is selected there."""
        folder = QFileDialog.getExistingDirectory(self._page, self.tr("Export into a folder"))
        if folder:
            self._files.export(self.presets(), Path(folder))

    def menu(self, point: QPoint) -> None:
        """Show what can be done, at a point of the list."""
        self.menu_at(self._view.viewport_().mapToGlobal(point))

    def menu_at(self, point: QPoint) -> None:
        """Show what can be done, at a point of the screen."""
        menu = QMenu(self._page)
        names = (
            "play", "render", "compare", "blind", "", "like", "find_", "vary_", "blend",
            "edit_blend", "",
            "favourite", "rename", "duplicate", "tag", "export", "", "delete",
        )  # fmt: skip
        for name in names:
            if name.endswith("_"):
                menu.addMenu(self._menu_of(name, menu))
            else:
                menu.addAction(self._actions[f"browse.{name}"]) if name else menu.addSeparator()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(point)

    def _menu_of(self, prefix: str, parent: QMenu) -> QMenu:
        titles = {"find_": self.tr("Find by sound"), "vary_": self.tr("Like this, but …")}
        menu = QMenu(titles[prefix], parent)
        for name, action in self._actions.items():
            if name.startswith(f"browse.{prefix}"):
                menu.addAction(action)
        return menu

    def enable(self, *_changes: object) -> None:
        """Let be done what can be done now."""
        current = self.current
        has_current = current is not None
        stack = self._edits.stack
        if sip.isdeleted(stack):
            return  # the window is going, and its lists lose their rows
        for name, action in self._actions.items():
            key = name.removeprefix("browse.")
            is_of_preset = key.startswith(("rate_", "find_", "vary_"))
            if is_of_preset or key in ("play", "render", "favourite", "rename", "duplicate", "tag",
                                       "delete", "like", "blend", "export"):  # fmt: skip
                action.setEnabled(has_current)
        edit_blend = self._actions["browse.edit_blend"]
        edit_blend.setEnabled(current is not None and current.kind == Blend.kind)
        edit_blend.setStatusTip("" if edit_blend.isEnabled() else self.tr("it is no blend"))
        self._tell_of_several()
        self._actions["browse.undo"].setEnabled(stack.canUndo())
        self._actions["browse.redo"].setEnabled(stack.canRedo())
        undo, redo = self.tr("Undo {}"), self.tr("Redo {}")
        self._actions["browse.undo"].setText(undo.format(literal(stack.undoText())).strip())
        self._actions["browse.redo"].setText(redo.format(literal(stack.redoText())).strip())

    def _tell_of_several(self) -> None:
        are_several = len(self.rows()) > 1
        self._actions["browse.render"].setText(
            self.tr("Render the clip in these …")
            if are_several
            else self.tr("Render the clip in it")
        )
        compare = self._actions["browse.compare"]
        compare.setEnabled(len(self.rows()) == 2)
        compare.setStatusTip(self.tr("select two presets first"))
        blind = self._actions["browse.blind"]
        blind.setEnabled(are_several)
        blind.setStatusTip(self.tr("select two presets or more first"))
