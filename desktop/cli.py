"""``timbre desktop``: the window, and its entry in the system's menu."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.terminal.examples import with_examples


@with_examples("timbre desktop", "timbre desktop --install-shortcut")
def desktop(
    install_shortcut: Annotated[
        bool,
        typer.Option("--install-shortcut", help="Put it into the system's menu, with an icon."),
    ] = False,
    remove_shortcut: Annotated[
        bool, typer.Option("--remove-shortcut", help="Take it out of the menu again.")
    ] = False,
) -> None:
    """Open the window: find, make and hear timbres beside your DAW."""
    if install_shortcut or remove_shortcut:
        _change_menu(install=install_shortcut, remove=remove_shortcut)
        return
    from desktop.app import run

    raise typer.Exit(run())


def _change_menu(*, install: bool, remove: bool) -> None:
    from core.errors import SettingsError
    from desktop import menu_entry

    if install and remove:
        raise SettingsError("--install-shortcut and --remove-shortcut contradict each other")
    if install:
        for path in menu_entry.install(Path.home()):
            print(f"made {path}")
        return
    removed = menu_entry.remove(Path.home())
    for path in removed:
        print(f"removed {path}")
    if not removed:
        print("there was no entry in the menu")
