"""What can be done on the page: each by name and key, for menus, buttons and lists of commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from PyQt6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QWidget


class ActionRegistry(Protocol):
    """Where the window keeps its commands."""

    def add_action(self, action: QAction) -> object:
        """Take a command in: its text, its key, and whether it can be used now."""
        ...


LIST_ACTIONS = (
    ("browse.play", QT_TRANSLATE_NOOP("Browse", "Play"), "Space"),
    ("browse.render", QT_TRANSLATE_NOOP("Browse", "Render the clip in it"), "Return"),
    ("browse.blind", QT_TRANSLATE_NOOP("Browse", "Compare blind …"), "Ctrl+Shift+T"),
    ("browse.compare", QT_TRANSLATE_NOOP("Browse", "Compare two side by side …"), "Ctrl+Shift+D"),
    ("browse.favourite", QT_TRANSLATE_NOOP("Browse", "Favourite"), "F"),
    ("browse.rename", QT_TRANSLATE_NOOP("Browse", "Rename"), "F2"),
    ("browse.duplicate", QT_TRANSLATE_NOOP("Browse", "Duplicate"), "Ctrl+D"),
    ("browse.tag", QT_TRANSLATE_NOOP("Browse", "Tag …"), "Ctrl+T"),
    ("browse.blend", QT_TRANSLATE_NOOP("Browse", "Add to blend"), "Ctrl+B"),
    ("browse.edit_blend", QT_TRANSLATE_NOOP("Browse", "Edit blend"), "Ctrl+Shift+B"),
    ("browse.delete", QT_TRANSLATE_NOOP("Browse", "Delete"), "Del"),
    ("browse.rate_0", QT_TRANSLATE_NOOP("Browse", "Rate 0"), "0"),
    ("browse.rate_1", QT_TRANSLATE_NOOP("Browse", "Rate 1"), "1"),
    ("browse.rate_2", QT_TRANSLATE_NOOP("Browse", "Rate 2"), "2"),
    ("browse.rate_3", QT_TRANSLATE_NOOP("Browse", "Rate 3"), "3"),
    ("browse.rate_4", QT_TRANSLATE_NOOP("Browse", "Rate 4"), "4"),
    ("browse.rate_5", QT_TRANSLATE_NOOP("Browse", "Rate 5"), "5"),
)
"""Name, text and key of what is done with the presets that are selected."""

PAGE_ACTIONS = (
    ("browse.search", QT_TRANSLATE_NOOP("Browse", "Search presets"), "Ctrl+F"),
    ("browse.next", QT_TRANSLATE_NOOP("Browse", "Next preset"), "Ctrl+Down"),
    ("browse.previous", QT_TRANSLATE_NOOP("Browse", "Previous preset"), "Ctrl+Up"),
    ("browse.like", QT_TRANSLATE_NOOP("Browse", "More like this"), "Ctrl+L"),
    ("browse.clear", QT_TRANSLATE_NOOP("Browse", "Clear search and filters"), "Ctrl+Shift+F"),
    ("browse.grid", QT_TRANSLATE_NOOP("Browse", "List, grid or map"), "Ctrl+G"),
    ("browse.map", QT_TRANSLATE_NOOP("Browse", "Map of presets"), "Ctrl+Shift+G"),
    ("browse.details", QT_TRANSLATE_NOOP("Browse", "Show or hide details"), "Ctrl+I"),
    ("browse.refresh", QT_TRANSLATE_NOOP("Browse", "Look again"), "F5"),
    ("browse.import", QT_TRANSLATE_NOOP("Browse", "Import …"), "Ctrl+O"),
    ("browse.export", QT_TRANSLATE_NOOP("Browse", "Export …"), "Ctrl+E"),
    ("browse.undo", QT_TRANSLATE_NOOP("Browse", "Undo"), "Ctrl+Z"),
    ("browse.redo", QT_TRANSLATE_NOOP("Browse", "Redo"), "Ctrl+Y"),
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
