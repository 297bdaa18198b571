"""How often do intervals hold the truth? ``python -m benchmarks.interval_coverage [TRIALS]``.

Means of few values: Student's interval beside the percentile bootstrap and BCa, for normal, skewed
(log-normal) and bounded (an F that is often 1) values. Distances: the jackknife of the kernel and
the Fréchet distance, against their mean over fresh sets of the same size.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import scipy.stats

from core.types import Float64Array
from evaluation.metrics import distance
from evaluation.statistics.intervals import student_interval
from evaluation.statistics.sets import EmbeddedSet, jackknife

SIZES = (2, 4, 8, 12, 24)
Draw = Callable[[np.random.Generator, int], Float64Array]
KINDS: dict[str, Draw] = {
    "normal": lambda rng, n: rng.normal(0.0, 1.0, n),
    "log-normal": lambda rng, n: rng.lognormal(0.0, 0.7, n),
    "bounded": lambda rng, n: np.minimum(1.0, rng.normal(0.95, 0.08, n)),
}


def covered(draw: Draw, n: int, trials: int, method: str) -> float:
    """Share of intervals that hold the mean of the distribution.

    Args:
        draw: n values from a generator.
        n: values an interval.
        trials: intervals.
        method: student, percentile or BCa.
    """
    rng = np.random.default_rng(n)
    truth = float(draw(rng, 1_000_000).mean())
    hits = 0
    for _ in range(trials):
        values = draw(rng, n)
        if method == "student":
            found = student_interval(list(values))
            low, high = found.low, found.high
        elif len(set(values)) == 1:
            low = high = values[0]
        else:
            result = scipy.stats.bootstrap(
                (values,), np.mean, n_resamples=999, method=method, random_state=rng
            )
            low, high = result.confidence_interval
        hits += low is not None and high is not None and low <= truth <= high
    return hits / trials


def distances_covered(n: int, trials: int, kernel: bool) -> float:
    """Share of jackknife intervals that hold the mean distance at this size.

    Args:
        n: vectors a set.
        trials: intervals.
        kernel: the kernel distance with a fixed bandwidth; else the Fréchet distance.
    """
    rng = np.random.default_rng(n)

    def apart(first: Float64Array, second: Float64Array) -> float:
        return distance.kernel(first, second, 4.0) if kernel else distance.frechet(first, second)

    def sets() -> tuple[Float64Array, Float64Array]:
        truth = rng.standard_normal((n, 8))
        return truth + 0.7 * rng.standard_normal((n, 8)) + 0.5, truth

    expected = float(np.mean([apart(*sets()) for _ in range(1000)]))
    names = [str(i) for i in range(n)]
    hits = 0
    for _ in range(trials):
        own, truth = sets()
        found = jackknife(apart, EmbeddedSet(own, names), EmbeddedSet(truth, names))
        hits += found is not None and found[0] <= expected <= found[1]
    return hits / trials


def main() -> None:
    """Print both tables."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(f"{'':24}", *(f"N={n:<5}" for n in SIZES))
    for kind, draw in KINDS.items():
        for method in ("student", "percentile", "BCa"):
            shares = [covered(draw, n, trials, method) for n in SIZES]
            print(f"{kind:12}{method:12}", *(f"{share:7.3f}" for share in shares))
    for kernel in (True, False):
        shares = [distances_covered(n, trials // 2, kernel) for n in SIZES[1:]]
        name = "KAD" if kernel else "FAD"
        print(f"{name:12}{'jackknife':12}{'':8}", *(f"{share:7.3f}" for share in shares))


if __name__ == "__main__":
    main()
