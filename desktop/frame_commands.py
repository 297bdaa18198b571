"""The commands of the window itself, and the menu at the bottom of the rail."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QT_TRANSLATE_NOOP, Qt
from PyQt6.QtGui import QActionGroup
from PyQt6.QtWidgets import QDialog, QMenu, QMessageBox

from desktop.faults import surroundings
from desktop.settings import MAX_SCALE_PERCENT, MIN_SCALE_PERCENT, SettingsFile
from desktop.theme.theme import THEME_CHOICES, Theme, ThemeChoice
from desktop.widgets.command_palette import CommandPalette, KeySheet
from desktop.window import MainWindow

SCALES_PERCENT = (100, 125, 150, 175, 200)
_THEME_TITLES: dict[ThemeChoice, str] = {
    "system": QT_TRANSLATE_NOOP("Window", "Colours as the system's"),
    "light": QT_TRANSLATE_NOOP("Window", "Light colours"),
    "dark": QT_TRANSLATE_NOOP("Window", "Dark colours"),
}


class FrameCommands:
    """See the module's first line. Adds them to the window when it is made.

    Args:
        window: whose.
        settings: where choices are kept.
        theme: to choose.
        restart: starts the program anew, for what counts from the next start on.
        keep: has the settings written.
    """

    def __init__(
        self,
        window: MainWindow,
        settings: SettingsFile,
        theme: Theme,
        restart: Callable[[], object],
        keep: Callable[[], object],
    ) -> None:
        self._window, self._settings, self._theme = window, settings, theme
        self._restart, self._keep = restart, keep
        self._add()
        self._add_menu()

    def _add(self) -> None:
        add, tr = self._window.commands.add, self._window.tr
        add("window.palette", tr("Find a command"), self._show_palette, keys="Ctrl+K")
        add("window.keys", tr("Show all keys"), self._show_keys, keys=("?", "F1"))
        add(
            "window.compact",
            tr("Small window on top, or the whole one"),
            self._toggle_compact,
            keys="Ctrl+Shift+M",
        )
        add(
            "window.dismiss",
            tr("Dismiss the error"),
            self._window.error_line.dismiss,
            keys="Ctrl+Backspace",
            why_not=lambda: "" if self._window.error_line.fault else tr("there is none"),
        )
        for choice in THEME_CHOICES:
            add(f"theme.{choice}", tr(_THEME_TITLES[choice]), partial(self._choose_theme, choice))
        add(
            "scale.larger",
            tr("Everything larger"),
            partial(self._step_scale, 1),
            keys=("Ctrl++", "Ctrl+="),
            why_not=lambda: (
                tr("it is as large as it gets")
                if self._settings.values.scale_percent >= MAX_SCALE_PERCENT
                else ""
            ),
        )
        add(
            "scale.smaller",
            tr("Everything smaller"),
            partial(self._step_scale, -1),
            keys="Ctrl+-",
            why_not=lambda: (
                tr("it is as small as it gets")
                if self._settings.values.scale_percent <= MIN_SCALE_PERCENT
                else ""
            ),
        )
        add("window.about", tr("About Timbre Bridge"), self._show_about)
        add("window.quit", tr("Quit"), self._window.close, keys="Ctrl+Q")

    def _add_menu(self) -> None:
        window, commands = self._window, self._window.commands
        menu = QMenu(window)
        menu.addAction(commands.action("window.palette"))
        menu.addAction(commands.action("window.keys"))
        menu.addAction(commands.action("window.compact"))
        menu.addSeparator()
        group = QActionGroup(menu)
        for choice in THEME_CHOICES:
            action = commands.action(f"theme.{choice}")
            action.setCheckable(True)
            action.setChecked(choice == self._settings.values.theme)
            group.addAction(action)
            menu.addAction(action)
        menu.addSeparator()
        sizes = menu.addMenu(window.tr("Size"))
        assert sizes is not None  # Qt makes it
        size_group = QActionGroup(sizes)
        for percent in SCALES_PERCENT:
            size = sizes.addAction(f"{percent} %")
            assert size is not None  # Qt makes it
            size.setCheckable(True)
            size.setChecked(percent == self._settings.values.scale_percent)
            size.triggered.connect(partial(self._choose_scale, percent))
            size_group.addAction(size)
        menu.addSeparator()
        menu.addAction(commands.action("window.about"))
        menu.addAction(commands.action("window.quit"))
        window.rail.add_menu(window.tr("More"), "settings", menu)

    def _show_palette(self) -> None:
        _open(CommandPalette(self._window.commands, self._window))

    def _show_keys(self) -> None:
        _open(KeySheet(self._window.commands, self._window))

    def _toggle_compact(self) -> None:
        self._window.set_compact(not self._window.is_compact)
        self._settings.change(is_compact=self._window.is_compact)
        self._keep()

    def _choose_theme(self, choice: ThemeChoice) -> None:
        self._theme.choose(choice)
        self._window.commands.action(f"theme.{choice}").setChecked(True)
        self._settings.change(theme=choice)
        self._keep()

    def _step_scale(self, step: int) -> None:
        now = self._settings.values.scale_percent
        if step > 0:
            wanted = next(percent for percent in SCALES_PERCENT if percent > now)
        else:
            wanted = next(percent for percent in reversed(SCALES_PERCENT) if percent < now)
        self._choose_scale(wanted)

    def _choose_scale(self, percent: int) -> None:
        if percent == self._settings.values.scale_percent:
            return
        self._settings.change(scale_percent=percent)
        self._keep()
        tr = self._window.tr
        box = QMessageBox(self._window)
        box.setWindowTitle(tr("Size"))
        box.setText(
            tr("Everything is {percent} % large from the next start on.").format(percent=percent)
        )
        now = box.addButton(tr("Restart now"), QMessageBox.ButtonRole.AcceptRole)
        later = box.addButton(tr("Later"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(later)
        box.finished.connect(lambda _: self._restart() if box.clickedButton() is now else None)
        _open(box)

    def _show_about(self) -> None:
        box = QMessageBox(self._window)
        box.setWindowTitle(self._window.tr("About Timbre Bridge"))
        box.setText(self._window.tr("Play any MIDI clip in any timbre, on your own machine."))
        box.setInformativeText(f"{surroundings()}\nGPL-3.0-or-later")
        box.setIconPixmap(self._window.windowIcon().pixmap(64, 64))
        _open(box)


def _open(dialog: QDialog) -> None:
    """Show a dialog that is gone when it is closed."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
