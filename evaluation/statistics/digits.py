"""How many decimals a figure carries: no more than its interval leaves meaning to."""

from __future__ import annotations

import math


def decimals(low: float | None, high: float | None, most: int) -> int:
    """Decimals to show of a mean.

    The half width of the interval is given one significant digit, or two where the first is 1 or 2
    (the Particle Data Group's rule, roughly), and the mean as many decimals as that.

    Args:
        low, high: of the interval; None where there is none.
        most: the figure's own decimals, never exceeded, ≥ 0.
    """
    if low is None or high is None:
        return min(most, 2)  # one item: nothing says how sure it is
    half = (high - low) / 2
    if not half > 0:
        return most
    first = math.floor(math.log10(half))
    leading = int(half / 10**first + 1e-9)
    return max(0, min(most, -first + (leading <= 2)))
