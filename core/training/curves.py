"""Learning curves of training runs: read back from their folders, and drawn in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import UserInputError
from core.training.loop import CURVES_NAME

TERMS = (
    "partials", "noise", "bands", "distance", "text", "modulation", "decoder", "from_audio",
    "total",
)  # fmt: skip
SOURCES = {
    "": "training",
    "descriptor/": "validation, from descriptors",
    "valid/": "validation",
    "recording/": "validation, from recordings",
    "text/": "validation, from captions",
}

# Runs of earlier versions called some of their curves otherwise.
_OLD_PARTS = {
    "teacher": "descriptor",
    "near": "distance",
    "words": "text",
    "same_instrument": "contrast",
    "playing": "decoder",
    "heard": "from_audio",
}


def read_curves(run: Path) -> dict[str, tuple[list[int], list[float]]]:
    """Steps and values of every scalar a run has written, by name.

    Raises:
        UserInputError: if the folder has no curves.
    """
    if not (run / CURVES_NAME).is_dir():
        raise UserInputError(f"{run} has no learning curves: it is no training run's folder")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run / CURVES_NAME), size_guidance={"scalars": 0, "audio": 1})
    events.Reload()
    return {
        "/".join(_OLD_PARTS.get(part, part) for part in name.split("/")): (
            [event.step for event in events.Scalars(name)],
            [event.value for event in events.Scalars(name)],
        )
        for name in events.Tags()["scalars"]
    }


def draw(runs: Sequence[Path], out: Path) -> None:
    """Write a picture, one panel a term that the runs have, in the units of the objective.

    Errors of levels are in units of 10 dB. Training and validation are each those of the first of
    the runs that has them.

    Args:
        runs: their folders.
        out: where to; the suffix says in what format.

    Raises:
        UserInputError: if a folder has no curves.
    """
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
