"""Draw the learning curves of training runs::

    python -m core.training.curves OUT.png RUN …

One panel a term that the runs have, in the units of the objective (errors in 10 dB): training,
and validation, of the first of the runs that has it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

TERMS = ("partials", "noise", "bands", "near", "words", "modulation", "playing", "heard")
SOURCES = {
    "": "training",
    "teacher/": "validation, by descriptor",
    "valid/": "validation",
    "recording/": "validation, by recording",
    "words/": "validation, by words",
}


def read_curves(run: Path) -> dict[str, tuple[list[int], list[float]]]:
    """Steps and values of every scalar a run has written, by name."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run / "curves"), size_guidance={"scalars": 0, "audio": 1})
    events.Reload()
    return {
        name: (
            [event.step for event in events.Scalars(name)],
            [event.value for event in events.Scalars(name)],
        )
        for name in events.Tags()["scalars"]
    }


def draw(runs: Sequence[Path], out: Path) -> None:
    """Write the picture."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    curves: dict[str, tuple[list[int], list[float]]] = {}
    for run in reversed(runs):
        curves |= read_curves(run)
    terms = [term for term in TERMS if any(prefix + term in curves for prefix in SOURCES)]
    rows, columns = max(1, -(-len(terms) // 3)), min(3, max(1, len(terms)))
    figure, axes = pyplot.subplots(
        rows, columns, figsize=(4 * columns, 3 * rows), layout="constrained", squeeze=False
    )
    for axis in axes.flat[len(terms) :]:
        axis.set_axis_off()
    for axis, term in zip(axes.flat, terms, strict=False):
        for prefix, label in SOURCES.items():
            if prefix + term in curves:
                steps, values = curves[prefix + term]
                axis.plot(steps, values, label=label, linewidth=1.2)
        axis.set(title=term, xlabel="step", yscale="log")
        axis.grid(alpha=0.3, which="both")
        if axis.lines:
            axis.legend(fontsize=8)
    figure.savefig(out, dpi=80)
    pyplot.close(figure)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("out", type=Path)
    parser.add_argument("runs", type=Path, nargs="+")
    arguments = parser.parse_args()
    draw(arguments.runs, arguments.out)


if __name__ == "__main__":
    main()
