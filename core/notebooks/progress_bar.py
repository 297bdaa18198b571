"""Progress as tqdm shows it: a line in a terminal, a bar in a notebook."""

from __future__ import annotations

from typing import Any

from core.progress import ProgressCallback

_ROUNDING = 1e-6
"""Percent by which a part of the work may begin before the end of the one before."""


def tqdm_progress(label: str = "rendering", **options: Any) -> ProgressCallback:
    """A progress callback that shows a tqdm bar.

    >>> take = synth.render("clip.mid", "a glassy bell", on_progress=tqdm_progress("bell"))

    It may be used again: work that begins anew has a new bar.

    Args:
        label: before the bar.
        options: of ``tqdm.tqdm``, such as ``leave=False``.
    """
    from tqdm.auto import tqdm

    usual = {
        "total": 100,
        "desc": label,
        "bar_format": "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}",
    }
    bar: Any = None

    def show(fraction: float) -> bool:
        nonlocal bar
        percent = 100 * fraction
        if bar is not None and percent < bar.n - _ROUNDING:  # the work before was given up
            bar.close()
            bar = None
        if bar is None:
            bar = tqdm(**{**usual, **options})
        bar.update(percent - bar.n)
        if fraction >= 1:
            bar.close()
            bar = None
        return True

    return show
