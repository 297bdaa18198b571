"""Pages by themselves, and what opening the window does not load."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pytestqt.qtbot import QtBot

from desktop.gallery import PAGES, pages
from desktop.parts import fake_services
from desktop.tasks import Tasks
from tests.helpers.waiting import LAST_RESORT_S

BRIDGE = ("bridge.server", "bridge.service", "bridge.jobs", "bridge.client")
HEAVY = ("torch", "sqlalchemy", "sounddevice", "pyqtgraph", "scipy", "evaluation", *BRIDGE)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_by_itself(qtbot: QtBot, name: str) -> None:
    tasks = Tasks()
    page = PAGES[name](fake_services(), tasks)
    qtbot.addWidget(page, before_close_func=lambda _: tasks.close())
    with qtbot.waitExposed(page, timeout=int(1000 * LAST_RESORT_S)):
        page.show()
    assert name in pages()


def test_the_window_is_made_without_what_is_heavy() -> None:
    code = f"import sys, desktop.app; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=LAST_RESORT_S,
        check=True,
    )
    assert done.stdout.strip() == "[]"
