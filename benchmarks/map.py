"""How quickly the map is drawn and walked: ``python -m benchmarks.map``.

No library: points that are made up, panned, zoomed, surrounded and walked on.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

import numpy as np
from PyQt6.QtCore import QPointF
from PyQt6.QtGui import QPolygonF
from PyQt6.QtWidgets import QApplication

from core.library.timbre_map.points import MapPoints
from desktop.pages.browse.map.lasso import points_inside
from desktop.pages.browse.map.view import MapView


def made_up(count: int) -> MapPoints:
    """Clouds of points."""
    chance = np.random.default_rng(0)
    families = chance.integers(0, 12, count).astype(np.int8)
    middle = chance.random((12, 2))
    x, y = (middle[families] + chance.normal(0, 0.08, (count, 2))).T.astype(np.float32)
    ids = [f"{number:032x}" for number in range(count)]
    return MapPoints(ids, [f"Preset {number}" for number in range(count)], x, y, families)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presets", type=int, default=100_000)
    count = parser.parse_args().presets
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication([])
    view = MapView()
    view.resize(1000, 620)
    view.show()
    view.set_points(made_up(count))

    def pan() -> None:
        view.look_at(view.viewport.moved(7, 3))
        view.grab()

    def pan_near() -> None:
        view.look_at(view.viewport.moved(2, 1))
        view.grab()

    def walk() -> None:
        view.neighbour(count // 2, "right")

    def surround() -> None:
        px, py = view.viewport.to_pixels(view.points.x, view.points.y)
        points_inside(circle, px, py)

    angles = np.linspace(0, 2 * np.pi, 400)
    circle = QPolygonF([QPointF(500 + 250 * np.cos(a), 310 + 250 * np.sin(a)) for a in angles])
    print(f"{count:,} presets, {view.devicePixelRatioF():.0f} pixels a pixel, milliseconds:")
    measure("paint, moved", pan)
    measure("under the pointer", lambda: view.number_at(QPointF(500, 300)))
    measure("an arrow key", walk)
    measure("a lasso", surround)
    for _ in range(12):
        view.zoom(1.25)
    measure("paint, moved, near", pan_near)
    application.quit()


def measure(what: str, do: Callable[[], object], times: int = 20) -> None:
    """Print the median and the longest time.

    Args:
        what: in words.
        do: what is measured.
        times: how often.
    """
    do()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        do()
        taken.append(1e3 * (time.perf_counter() - began))
    print(f"  {what:20} {statistics.median(taken):6.1f}  at most {max(taken):6.1f}")


if __name__ == "__main__":
    main()
