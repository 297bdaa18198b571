"""Pictures of every page, both themes, at 100 and 200 %: ``python -m desktop.screenshots FOLDER``.

Everything is made with fakes, so that pictures of two versions differ by what was changed. A
scale counts for a whole process; each one has its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

SCALES_PERCENT = (100, 200)
WINDOW = (1280, 800)
"""Pixels of the design."""

_SETTLED_S = 0.4
_LONGEST_S = 20.0


def take(folder: Path, scale_percent: int) -> list[Path]:
    """All pictures at the scale that this process runs at.

    Args:
        folder: where they go.
        scale_percent: for their names.
    """
    from PyQt6 import sip
    from PyQt6.QtWidgets import QApplication, QWidget

    from desktop.app import Desktop
    from desktop.faults import Fault, WayOut
    from desktop.gallery import PAGES, pages
    from desktop.parts import fake_services
    from desktop.settings import SettingsFile

    application = QApplication([])
    made = []
    with tempfile.TemporaryDirectory() as home:
        settings = SettingsFile(Path(home) / "desktop.json")
        desktop = Desktop(application, settings, fake_services())
        window = desktop.window

        def keep(widget: QWidget, name: str) -> None:
            _settle(application, lambda: desktop.tasks.under_way == 0)
            path = folder / f"{name}-{desktop.theme.choice}-{scale_percent}.png"
            widget.grab().save(str(path))
            made.append(path)

        desktop.show()
        window.resize(*WINDOW)  # not bounded by a screen that is not there
        for theme in ("light", "dark"):
            desktop.theme.choose(theme)
            for name in window.page_names:
                window.show_page(name)
                if window.page == name:
                    keep(window, f"window-{name}")
            window.say_fault(
                Fault("the disk is full; free some space", "details", WayOut("Try again", str))
            )
            window.say("stage", "rendering 42 %, 8 s left")
            keep(window, "window-fault")
            window.error_line.dismiss()
            window.show_page("browse")
            window.set_compact(True)
            keep(window, "window-compact")
            window.set_compact(False)
            window.resize(*WINDOW)
            window.say("stage", "")
            for name in pages():
                page = PAGES[name](desktop.services, desktop.tasks)
                page.show()
                keep(page, f"page-{name}")
                page.close()
                sip.delete(page)  # now, and not when Qt or Python comes to it
        window.close()
        desktop.close()
    return made


def _settle(application: object, is_done: Callable[[], bool]) -> None:
    """Let everything be drawn that is on its way."""
    from PyQt6.QtWidgets import QApplication

    began = time.monotonic()
    quiet_since = began
    while time.monotonic() - began < _LONGEST_S:
        QApplication.processEvents()
        now = time.monotonic()
        if not is_done():
            quiet_since = now
        if now - quiet_since > _SETTLED_S:
            return
        time.sleep(0.01)


def main() -> None:
    """Take them all, in a process for each scale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=int, choices=SCALES_PERCENT, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    if arguments.scale is not None:
        for path in take(folder, arguments.scale):
            print(path)
        return
    for scale in SCALES_PERCENT:
        command = [sys.executable, "-m", "desktop.screenshots", str(folder), "--scale", str(scale)]
        factor = {"QT_SCALE_FACTOR": str(scale / 100)}
        platform = {"QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
        subprocess.run(command, env={**os.environ, **platform, **factor}, check=True)


if __name__ == "__main__":
    main()
