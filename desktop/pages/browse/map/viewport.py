"""Which part of the map is seen. Numbers only, no Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.types import Float64Array, FloatArray

_MARGIN = 0.08
_MOST_ZOOM = 4000.0
"""Pixels across the unit square, times as many as the view has: presets part there that differ."""

_LEAST_ZOOM = 0.25


@dataclass(frozen=True)
class MapViewport:
    """The same scale on both axes.

    Attributes:
        x, y: the place in the middle; y upwards.
        scale: pixels per unit.
        width, height: of the view, pixels.
    """

    x: float = 0.5
    y: float = 0.5
    scale: float = 400.0
    width: int = 640
    height: int = 400

    def to_pixels(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Places to pixels from the upper left corner, float32 [n] each.

        Args:
            x, y: places, float32 [n].
        """
        return (
            (x - self.x) * self.scale + self.width / 2,
            (self.y - y) * self.scale + self.height / 2,
        )

    def place(self, px: float, py: float) -> tuple[float, float]:
        """A pixel's place.

        Args:
            px, py: from the upper left corner.
        """
        return (
            self.x + (px - self.width / 2) / self.scale,
            self.y - (py - self.height / 2) / self.scale,
        )

    def resized(self, width: int, height: int) -> MapViewport:
        """As much to be seen, in a view of another size.

        Args:
            width, height: pixels.
        """
        smaller = min(width, height) / max(1, min(self.width, self.height))
        return replace(self, width=width, height=height, scale=self.scale * smaller)

    def fitted(self, bounds: tuple[float, float, float, float]) -> MapViewport:
        """With all of a rectangle in sight.

        Args:
            bounds: least x, least y, most x, most y.
        """
        left, bottom, right, top = bounds
        room = 1 - 2 * _MARGIN
        scale = min(
            self.width * room / max(right - left, 1e-3),
            self.height * room / max(top - bottom, 1e-3),
        )
        return replace(self, x=(left + right) / 2, y=(bottom + top) / 2, scale=self._held(scale))

    def zoomed(self, factor: float, px: float, py: float) -> MapViewport:
        """Nearer or farther.

        Args:
            factor: of the scale; above 1 is nearer.
            px, py: the pixel whose place stays.
        """
        scale = self._held(self.scale * factor)
        x, y = self.place(px, py)
        part = self.scale / scale
        return replace(self, scale=scale, x=x - (x - self.x) * part, y=y - (y - self.y) * part)

    def moved(self, px: float, py: float) -> MapViewport:
        """What is seen follows a drag.

        Args:
            px, py: by so many pixels.
        """
        return replace(self, x=self.x - px / self.scale, y=self.y + py / self.scale)

    def showing(self, x: float, y: float, margin: int) -> MapViewport:
        """With a place in sight; itself if it is.

        Args:
            x, y: the place.
            margin: pixels that it keeps from the edges.
        """
        px = (x - self.x) * self.scale + self.width / 2
        py = (self.y - y) * self.scale + self.height / 2
        margin = min(margin, self.width // 3, self.height // 3)
        by_x = min(max(px, margin), self.width - margin) - px
        by_y = min(max(py, margin), self.height - margin) - py
        return self.moved(by_x, by_y) if by_x or by_y else self

    def _held(self, scale: float) -> float:
        size = max(1, min(self.width, self.height))
        return min(max(scale, _LEAST_ZOOM * size), _MOST_ZOOM * size)


def bounds_of(
    x: Float64Array | FloatArray, y: Float64Array | FloatArray
) -> tuple[float, float, float, float]:
    """Least x, least y, most x, most y of places, NaN left out; the unit square for none.

    Args:
        x, y: places [n].
    """
    import numpy as np

    there = np.isfinite(x) & np.isfinite(y)
    if not there.any():
        return 0.0, 0.0, 1.0, 1.0
    x, y = x[there], y[there]
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())
