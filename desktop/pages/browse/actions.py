"""What can be done on the page: each by name and key, for menus, buttons and lists of commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QWidget


class ActionRegistry(Protocol):
    """Where the window keeps its commands."""

    def add_action(self, action: QAction) -> object:
        """Take a command in: its text, its key, and whether it can be used now."""
        ...


LIST_ACTIONS = (
    ("browse.play", "Play", "Space"),
    ("browse.render", "Render the clip in it", "Return"),
    ("browse.blind", "Compare blind …", "Ctrl+Shift+T"),
    ("browse.compare", "Compare two side by side …", "Ctrl+Shift+D"),
    ("browse.favourite", "Favourite", "F"),
    ("browse.rename", "Rename", "F2"),
    ("browse.duplicate", "Duplicate", "Ctrl+D"),
    ("browse.tag", "Tag …", "Ctrl+T"),
    ("browse.blend", "Add to blend", "Ctrl+B"),
    ("browse.edit_blend", "Edit blend", "Ctrl+Shift+B"),
    ("browse.delete", "Delete", "Del"),
    *((f"browse.rate_{stars}", f"Rate {stars}", str(stars)) for stars in range(6)),
)
"""Name, text and key of what is done with the presets that are selected."""

PAGE_ACTIONS = (
    ("browse.search", "Search presets", "Ctrl+F"),
    ("browse.next", "Next preset", "Ctrl+Down"),
    ("browse.previous", "Previous preset", "Ctrl+Up"),
    ("browse.like", "More like this", "Ctrl+L"),
    ("browse.clear", "Clear search and filters", "Ctrl+Shift+F"),
    ("browse.grid", "List, grid or map", "Ctrl+G"),
    ("browse.map", "Map of presets", "Ctrl+Shift+G"),
    ("browse.details", "Show or hide details", "Ctrl+I"),
    ("browse.refresh", "Look again", "F5"),
    ("browse.import", "Import …", "Ctrl+O"),
    ("browse.export", "Export …", "Ctrl+E"),
    ("browse.undo", "Undo", "Ctrl+Z"),
    ("browse.redo", "Redo", "Ctrl+Y"),
)
"""The same of what is done anywhere on the page."""


def make_actions(
    page: QWidget,
    view: QWidget,
    does: dict[str, Callable[[], object]],
    more: Sequence[tuple[str, str, str]] = (),
) -> dict[str, QAction]:
    """The page's actions by name.

    Args:
        page: where their keys work.
        view: the list, where the keys of :data:`LIST_ACTIONS` work: elsewhere one types.
        does: what each does, by name.
        more: actions that the tables above do not have, done anywhere on the page.
    """
    actions = {}
    for owner, table in ((view, LIST_ACTIONS), (page, PAGE_ACTIONS), (page, more)):
        for name, text, key in table:
            action = QAction(QCoreApplication.translate("Browse", text), page)
            action.setObjectName(name)
            if key:
                action.setShortcut(QKeySequence(key))
            action.setShortcutContext(
                Qt.ShortcutContext.WidgetShortcut
                if owner is view
                else Qt.ShortcutContext.WidgetWithChildrenShortcut
            )
            action.triggered.connect(lambda _checked, do=does[name]: do())
            owner.addAction(action)
            actions[name] = action
    return actions
