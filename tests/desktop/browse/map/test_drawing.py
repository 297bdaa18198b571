"""How the map is drawn: what is seen, dots and shapes, names, what a line goes around."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QColor, QPolygonF
from PyQt6.QtWidgets import QApplication

from core.library.timbre_map.families import FAMILIES
from core.types import FloatArray
from desktop.pages.browse.map.labels import place_labels
from desktop.pages.browse.map.lasso import points_inside
from desktop.pages.browse.map.markers import SeenPoints, dots
from desktop.pages.browse.map.viewport import MapViewport, bounds_of
from desktop.theme.colours import DARK, LIGHT, Colours, contrast, family_colour


def floats(*values: float) -> FloatArray:
    return np.array(values, np.float32)


def test_zooming_keeps_the_place_under_the_pointer() -> None:
    view = MapViewport()
    assert view.zoomed(1e9, 0, 0).scale == view.zoomed(1e12, 0, 0).scale
    for factor in (1.25, 0.8, 1e9, 1e-9):
        nearer = view.zoomed(factor, 100, 50)
        assert nearer.place(100, 50) == pytest.approx(view.place(100, 50))


def test_everything_fits_and_a_drag_moves_it() -> None:
    bounds = bounds_of(floats(-1, 3, np.nan), floats(0, 1, np.nan))
    assert list(bounds) == [-1, 0, 3, 1]
    assert list(bounds_of(floats(np.nan), floats(np.nan))) == [0, 0, 1, 1]
    view = MapViewport(width=800, height=300).fitted(bounds)
    px, py = view.to_pixels(floats(-1, 3), floats(0, 1))
    assert (px > 0).all()
    assert (px < 800).all()
    assert (py > 0).all()
    assert (py < 300).all()
    assert view.place(*(float(each[0]) for each in (px, py))) == pytest.approx((-1, 0), abs=1e-5)
    moved, _ = view.moved(30, 0).to_pixels(floats(-1), floats(0))
    assert moved[0] == pytest.approx(px[0] + 30, abs=1e-3)


def test_a_place_comes_in_sight_and_no_farther_than_needed() -> None:
    view = MapViewport(width=800, height=400, scale=400)
    assert view.showing(0.5, 0.5, 40) is view
    px, py = view.showing(5, 0.5, 40).to_pixels(floats(5), floats(0.5))
    assert (px[0], py[0]) == pytest.approx((760, 200))


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_dots_stand_where_points_are_and_none_elsewhere(ratio: float) -> None:
    points = SeenPoints(
        floats(10, 99, 0, 300), floats(20, 49, 0, 20),
        np.array([0, 3, 5, 1], np.int8), np.array([False, False, True, False]),
    )  # fmt: skip
    image = dots(points, LIGHT, ratio, (int(100 * ratio), int(50 * ratio)))
    at = [image.pixelColor(int(x * ratio), int(y * ratio)) for x, y in ((10, 20), (99, 49), (0, 0))]
    inks = [family_colour(LIGHT, 0), family_colour(LIGHT, 3), LIGHT.text]
    assert at == [QColor(ink) for ink in inks]
    assert image.pixelColor(int(50 * ratio), int(25 * ratio)).alpha() == 0
    assert image.width() == 100 * ratio


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_families_are_seen_on_their_ground(colours: Colours) -> None:
    for family in range(len(FAMILIES)):
        assert contrast(family_colour(colours, family), colours.raised) >= 3.0


def test_names_cover_neither_names_nor_points() -> None:
    chance = np.random.default_rng(0)
    px, py = chance.uniform(0, 600, 120).astype(np.float32), floats(*chance.uniform(0, 400, 120))
    corner = QRectF(0, 0, 120, 200)
    placed = place_labels(
        px, py, np.arange(1, 120), lambda _: (70.0, 15.0), (600.0, 400.0), 40, (corner,)
    )
    assert 5 < len(placed) <= 40
    assert 0 not in placed
    rects = [*placed.values(), corner]
    for number, rect in enumerate(rects):
        assert not any(rect.intersects(other) for other in rects[number + 1 :])
    for rect in placed.values():
        assert not any(rect.contains(float(x), float(y)) for x, y in zip(px, py, strict=True))


def test_a_line_goes_around_what_is_inside(qapp: QApplication) -> None:
    px, py = floats(50, 150, 95, np.nan, -5), floats(50, 50, 5, np.nan, -5)
    corners = [(0, 0), (100, 0), (100, 100), (0, 100)]
    square = QPolygonF([QPointF(x, y) for x, y in corners])
    assert points_inside(square, px, py).tolist() == [0, 2]
    corner = QPolygonF([QPointF(x, y) for x, y in corners if (x, y) != (100, 0)])
    assert points_inside(corner, px, py).tolist() == [0]
    assert points_inside(QPolygonF([QPointF(3, 3)]), px, py).tolist() == []
