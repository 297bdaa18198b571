"""How quickly the browse page answers in a large library: ``python -m benchmarks.browse``.

For each key typed and each filter: until the new list is painted, and the longest time that the
thread of the window was held meanwhile.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication

from core.library import Library, store
from core.library.recipes import Words
from desktop.pages.browse.page import BrowsePage
from desktop.services.interfaces import PresetQuery
from desktop.services.presets import LibraryPresets
from desktop.tasks import Tasks

_SOUNDS = ("warm", "small", "glassy", "dark", "soft", "bright", "old", "wide", "dry", "breathy")
_THINGS = ("Drawbars", "Bell", "Cello", "Nylon", "Choir", "Pad", "Flute", "Trumpet", "Rhodes")


def fill(path: Path, count: int) -> None:
    """Make a library.

    Args:
        path: where.
        count: presets in it besides the factory's.
    """
    chance = random.Random(1)
    with (
        Library.open(path, model=None) as library,
        library._database.write() as connection,
    ):
        for number in range(count):
            sound, thing = chance.choice(_SOUNDS), chance.choice(_THINGS)
            words = Words(f"{sound} {thing.lower()} {number % 500}")
            name, tags = f"{sound} {thing} {number}", (sound, thing.lower())
            draft = store.Draft(
                name, words, tags=tags, rating=number % 6, favourite=number % 20 == 0
            )
            store.add(connection, draft)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presets", type=int, default=100_000)
    count = parser.parse_args().presets
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "library.sqlite"
        fill(path, count)
        tasks, presets = Tasks(), LibraryPresets(path, model=None)
        page = BrowsePage(presets, tasks)
        page.resize(1000, 620)
        page.show()
        measure("opened", page, tasks, lambda: None)
        for key in "warm bel 77":
            measure(f"key {key!r}", page, tasks, partial(page._filters.search.insert, key))
        for query in (PresetQuery(), PresetQuery(order="recent"), PresetQuery(tag="warm")):
            measure(str(query), page, tasks, partial(page.set_query, query))
        tasks.close()
        presets.close()
    application.quit()


def measure(what: str, page: BrowsePage, tasks: Tasks, do: Callable[[], object]) -> None:
    """Do something, wait for the list, and print how long it took.

    Args:
        what: it is called.
        page: over the library.
        tasks: its own.
        do: what is done.
    """
    longest, ticked = 0.0, time.perf_counter()
    shown: list[float] = []

    def tick() -> None:
        nonlocal longest, ticked
        now = time.perf_counter()
        longest, ticked = max(longest, now - ticked), now

    def painted() -> None:
        page._view.viewport_().repaint()
        shown.append(time.perf_counter())

    timer = QTimer()
    timer.timeout.connect(tick)
    timer.start(0)
    page._model.loaded.connect(painted)
    began = time.perf_counter()
    do()
    while not shown or tasks.under_way:
        QApplication.processEvents()
        time.sleep(0.001)
    page._model.loaded.disconnect(painted)
    timer.stop()
    print(f"{what}: {1e3 * (shown[0] - began):.0f} ms, held {1e3 * longest:.0f} ms")


if __name__ == "__main__":
    main()
