"""Every command of the window by name and key, and when it can be used.

Pages add what they offer; the palette (Ctrl+K) and the sheet of keys (``?``) show it. A command
that cannot be used now stays where it is and says why when it is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PyQt6.QtCore import QT_TRANSLATE_NOOP, QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QKeyEvent, QKeySequence
from PyQt6.QtWidgets import QAbstractButton, QComboBox, QWidget

EVERYWHERE = QT_TRANSLATE_NOOP("Window", "Everywhere")
PRESSES = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)


def always() -> str:
    """No reason against."""
    return ""


@dataclass(frozen=True)
class WindowCommand:
    """Something that the user can have done.

    Attributes:
        id: ``page.what``, never shown.
        title: for people, an imperative: ``Rename preset``.
        run: does it.
        keys: in Qt's words, such as ``Ctrl+D``; the first is shown.
        section: of the sheet of keys: the page, or ``Everywhere``.
        why_not: why it cannot be used now; empty if it can.
    """

    id: str
    title: str
    run: Callable[[], object]
    keys: tuple[str, ...] = ()
    section: str = EVERYWHERE
    why_not: Callable[[], str] = field(default=always)

    @property
    def shown_key(self) -> str:
        """The first key as this system writes it; empty if there is none."""
        if not self.keys:
            return ""
        return QKeySequence(self.keys[0]).toString(QKeySequence.SequenceFormat.NativeText)


class Commands(QObject):
    """The window's commands, with their keys.

    Args:
        window: where the keys count; None for a page alone, in the gallery or a test.

    Attributes:
        refused: why a command that was asked for could not be used.
        changed: there are others now.
    """

    refused = pyqtSignal(str)
    changed = pyqtSignal()

    def __init__(self, window: QWidget | None = None) -> None:
        super().__init__(window)
        self._window = window
        self._commands: dict[str, WindowCommand] = {}
        self._actions: dict[str, QAction] = {}

    def add(
        self,
        id: str,
        title: str,
        run: Callable[[], object],
        *,
        keys: str | Sequence[str] = (),
        section: str = EVERYWHERE,
        why_not: Callable[[], str] = always,
    ) -> WindowCommand:
        """Offer a command.

        Args:
            id, title, run, section, why_not: as of :class:`WindowCommand`.
            keys: one or several, as Qt writes them.

        Raises:
            ValueError: if the id or a key is another command's, or a key is none.
        """
        keys = (keys,) if isinstance(keys, str) else tuple(keys)
        command = WindowCommand(id, title, run, keys, self.tr(section), why_not)
        self._take(command)
        action = QAction(title, self)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda: self.run(id))
        self._actions[id] = action
        if self._window is not None:
            self._window.addAction(action)
        self.changed.emit()
        return command

    def add_action(self, action: QAction) -> WindowCommand:
        """Offer what a page has made already: its key works where the page put it.

        Args:
            action: its object name is the id, ``page.what``; its status tip, if it has one,
                says why it cannot be used while it is disabled.

        Raises:
            ValueError: as of :meth:`add`.
        """
        id = action.objectName()
        command = WindowCommand(
            id,
            action.text().replace("&", ""),
            action.trigger,
            tuple(each.toString() for each in action.shortcuts()),
            self.tr(id.partition(".")[0].capitalize()),
            lambda: "" if action.isEnabled() else action.statusTip() or self.tr("not now"),
        )
        self._take(command)
        self._actions[id] = action
        self.changed.emit()
        return command

    def _take(self, command: WindowCommand) -> None:
        if not command.id or command.id in self._commands:
            raise ValueError(f"there is a command {command.id!r} already")
        for key in command.keys:
            if QKeySequence(key).isEmpty():
                raise ValueError(f"{key!r} is no key")
            other = self.by_key(key)
            if other is not None:
                raise ValueError(f"{key} is {other.id}'s already")
        self._commands[command.id] = command

    def remove(self, id: str) -> None:
        """Take a command away; nothing happens if there is none."""
        if self._commands.pop(id, None) is not None:
            self._actions.pop(id).deleteLater()
            self.changed.emit()

    def run(self, id: str) -> bool:
        """Do it, if it can be done now; whether it was.

        Raises:
            KeyError: if there is no such command.
        """
        command = self._commands[id]
        reason = command.why_not()
        if reason:
            self.refused.emit(f"{command.title}: {reason}")
            return False
        command.run()
        return True

    def action(self, id: str) -> QAction:
        """For a menu or a button."""
        return self._actions[id]

    def by_key(self, key: str) -> WindowCommand | None:
        """The command of a key, as Qt writes it."""
        sought = QKeySequence(key)
        for command in self._commands.values():
            if any(QKeySequence(each) == sought for each in command.keys):
                return command
        return None

    def sections(self) -> dict[str, list[WindowCommand]]:
        """All of them by section, in the order they were added."""
        found: dict[str, list[WindowCommand]] = {}
        for command in self._commands.values():
            found.setdefault(command.section, []).append(command)
        return found

    def matching(self, text: str) -> list[WindowCommand]:
        """Those that some words find, the best first; all for none."""
        ranked = [
            (rank, number, command)
            for number, command in enumerate(self._commands.values())
            if (rank := _rank(text, f"{command.section} {command.title}")) is not None
        ]
        return [command for _, _, command in sorted(ranked, key=lambda entry: entry[:2])]


def keeps_its_key(widget: QWidget | None, event: QKeyEvent) -> bool:
    """Whether a focused widget needs a key that is a command elsewhere.

    A button is pressed with Space: who works without a mouse needs that more than the command.
    (Qt's text fields see to their letters themselves.)

    Args:
        widget: that has the focus.
        event: the key, as Qt offers it before it looks for shortcuts.
    """
    if event.type() != QEvent.Type.ShortcutOverride or event.modifiers():
        return False
    return isinstance(widget, QAbstractButton | QComboBox) and event.key() in PRESSES


def _rank(text: str, title: str) -> int | None:
    """How well words find a title, 0 best; None if not at all.

    Every word must begin a word of the title (0), or be inside it (1); or all letters must
    come in their order (2).
    """
    wanted, title = text.casefold().split(), title.casefold()
    words = title.split()
    if all(any(word.startswith(part) for word in words) for part in wanted):
        return 0
    if all(part in title for part in wanted):
        return 1
    letters = iter(title)
    return 2 if all(letter in letters for part in wanted for letter in part) else None
