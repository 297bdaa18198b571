"""Every page by itself, with fakes: ``python -m desktop.gallery PAGE``.

Nobody needs a model, a library or a sound device to work on a page. ``--theme dark`` and the
variable ``QT_SCALE_FACTOR`` show it as others see it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QApplication, QVBoxLayout, QWidget

from desktop.commands import Commands
from desktop.faults import Fault, WayOut
from desktop.pages.first import FirstPage
from desktop.parts import BROWSE_PAGE, STAGE, TAKES_PAGE, Services, fake_services
from desktop.tasks import Tasks
from desktop.theme.style_sheet import GRID
from desktop.theme.theme import THEME_CHOICES, Theme
from desktop.widgets.closing_dialog import ClosingDialog
from desktop.widgets.command_palette import CommandPalette, KeySheet
from desktop.widgets.error_line import DetailsDialog, ErrorLine
from desktop.widgets.status_line import StatusLine

Builder = Callable[[Services, Tasks], QWidget]

_FAULT = Fault(
    "the sound device “Scarlett 2i2” is gone; plug it in again, or choose another",
    "Timbre Bridge 0.1.0\nPython 3.11, Qt 6.8\n\nPlaybackUnavailable: no such device",
    WayOut("Choose another", lambda: None),
)


def _browse(services: Services, tasks: Tasks) -> QWidget:
    page: QWidget = BROWSE_PAGE.make(services.presets, tasks, None)
    page.resize(140 * GRID, 75 * GRID)
    return page


def _map(services: Services, tasks: Tasks) -> QWidget:
    """The browse page, its map shown."""
    page: QWidget = BROWSE_PAGE.make(services.presets, tasks, None)
    page.resize(140 * GRID, 75 * GRID)
    page.views.show_view("map")  # type: ignore[attr-defined]
    return page


def _takes(services: Services, tasks: Tasks) -> QWidget:
    page: QWidget = TAKES_PAGE.make(services.jobs, tasks, services.bridge)
    page.resize(140 * GRID, 75 * GRID)
    return page


def _stage(services: Services, tasks: Tasks) -> QWidget:
    stage: QWidget = STAGE.make(services.auditions, services.audio, tasks, services.live)
    stage.resize(140 * GRID, 22 * GRID)
    return stage


def _first(services: Services, tasks: Tasks) -> QWidget:
    page = FirstPage(services.presets, services.daws, tasks)
    page.resize(120 * GRID, 75 * GRID)
    return page


def _lines(services: Services, tasks: Tasks) -> QWidget:
    """The lines at the bottom, saying something."""
    both = QWidget()
    column = QVBoxLayout(both)
    errors, status = ErrorLine(), StatusLine()
    column.addStretch(1)
    column.addWidget(errors)
    column.addWidget(status)
    errors.say(_FAULT)
    errors.say(Fault("the disk is full; free some space. Nothing was changed"))
    status.say("stage", "rendering 42 %, 8 s left")
    status.set_aside("embedded")
    both.resize(100 * GRID, 16 * GRID)
    return both


def _commands() -> Commands:
    commands = Commands()
    commands.add("one", "Find a command", lambda: None, keys="Ctrl+K")
    commands.add("two", "Show all keys", lambda: None, keys=("?", "F1"))
    commands.add("three", "Rename preset", lambda: None, keys="F2", section="Browse")
    commands.add(
        "four",
        "Delete presets",
        lambda: None,
        keys="Del",
        section="Browse",
        why_not=lambda: "select one first",
    )
    return commands


PAGES: Mapping[str, Builder] = {
    "browse": _browse,
    "map": _map,
    "takes": _takes,
    "stage": _stage,
    "first": _first,
    "lines": _lines,
    "palette": lambda services, tasks: CommandPalette(_commands()),
    "keys": lambda services, tasks: KeySheet(_commands()),
    "closing": lambda services, tasks: ClosingDialog(2, lambda: 2, "importing 12 of 40 presets"),
    "details": lambda services, tasks: DetailsDialog(_FAULT),
}
"""By the name on the command line. The whole window is :mod:`desktop.screenshots`'s matter."""


def pages() -> list[str]:
    """Names of those that can be shown."""
    return list(PAGES)


def main() -> None:
    """Show one page until it is closed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", choices=pages())
    parser.add_argument("--theme", choices=THEME_CHOICES, default="system")
    arguments = parser.parse_args()
    application = QApplication([])
    owner = QObject()
    tasks, theme = Tasks(owner), Theme(application, owner)
    theme.choose(arguments.theme)
    services = fake_services()
    page = PAGES[arguments.page](services, tasks)
    page.show()
    application.exec()
    tasks.close()
    services.close()


if __name__ == "__main__":
    main()
