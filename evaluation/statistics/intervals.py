"""Where a mean over few items may lie.

Student's interval: mean ± t · s / √n. It covers the true mean about as often as it says (88 to 96 %
over 2 to 24 items), where a percentile bootstrap and BCa promise too much (50 % at two items, 92 %
at 24): resampling n values cannot know that n is small. ``python -m benchmarks.interval_coverage``
prints all three, for normal, skewed and bounded values. Strong skew still costs a few per cent; and
where all items are equal the interval has no width, as nothing in them says how unlike the next one
could be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95

Bounds = tuple[float | None, float | None]
"""Least and greatest value that a figure can have; None where there is no such."""


@dataclass(frozen=True)
class Interval:
    """A mean and where it may lie.

    Attributes:
        mean: over the items where the figure is defined; None if there is none.
        low, high: Student's interval of 95 %; None below two items.
        n: items where it is defined.
        undefined: items where it is not; they are in no mean.
    """

    mean: float | None
    low: float | None
    high: float | None
    n: int
    undefined: int

    def to_json(self) -> dict[str, float | int | None]:
        """As ``results.json`` holds it."""
        return {
            "mean": self.mean,
            "low": self.low,
            "high": self.high,
            "n": self.n,
            "undefined": self.undefined,
        }


def student_interval(values: Sequence[float | None], bounds: Bounds = (None, None)) -> Interval:
    """Mean and Student's interval over items.

    Args:
        values: one an item; None where the figure is not defined.
        bounds: of the figure; an interval ends there.
    """
    defined = np.array([value for value in values if value is not None], np.float64)
    undefined = len(values) - len(defined)
    if not len(defined):
        return Interval(None, None, None, 0, undefined)
    mean = float(defined.mean())
    if len(defined) < 2:
        return Interval(mean, None, None, 1, undefined)
    error = float(defined.std(ddof=1)) / len(defined) ** 0.5
    low, high = around(mean, error, len(defined) - 1, bounds)
    return Interval(mean, low, high, len(defined), undefined)


def around(
    value: float, error: float, freedom: int, bounds: Bounds = (None, None)
) -> tuple[float, float]:
    """Student's interval around an estimate.

    Args:
        value: the estimate.
        error: its standard error, ≥ 0.
        freedom: degrees of freedom, ≥ 1.
        bounds: where it ends at the latest; the estimate itself is always inside.
    """
    from scipy.stats import t

    width = float(t.ppf((1 + CONFIDENCE) / 2, freedom)) * error
    low, high = value - width, value + width
    least, most = bounds
    if least is not None:
        low = max(low, min(least, value))
    if most is not None:
        high = min(high, max(most, value))
    return low, high
