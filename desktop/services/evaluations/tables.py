"""Figures of runs as tables to show. Reads what :mod:`evaluation` wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from desktop.services.evaluations.interface import FigureColumn, FigureTable

if TYPE_CHECKING:
    from evaluation.compare import Comparison
    from evaluation.metrics.catalog import Metric

NOTHING = "–"
_HEADLINE = ("onset_f", "clap_target")


def metric_column(metric: Metric, judged_by: Mapping[str, Any]) -> FigureColumn:
    """A figure's heading, with an arrow to where it is better.

    Args:
        metric: which.
        judged_by: of the run's configuration: a similarity names its judge.
    """
    from evaluation.metrics.catalog import heading

    label = heading(metric, judged_by)
    if metric.higher_is_better is None:
        return FigureColumn(label, metric.about)
    arrow, words = ("↑", "higher") if metric.higher_is_better else ("↓", "lower")
    return FigureColumn(f"{label} {arrow}", f"{metric.about}; {words} is better")


def summary(results: dict[str, Any], speeds: dict[str, Any]) -> FigureTable:
    """The headline figures of every system, each with its interval.

    Args:
        results: what :func:`evaluation.results.read` gives.
        speeds: what :func:`evaluation.results.read_timings` gives.
    """
    from evaluation.metrics.catalog import METRICS, judge_note
    from evaluation.tables import mean_and_interval

    judged_by = results["config"]["judged_by"]
    metrics = [metric for metric in METRICS if metric.headline]
    columns = (
        FigureColumn("system"),
        FigureColumn("items", "Sounds that were scored"),
        *(metric_column(metric, judged_by) for metric in metrics),
        FigureColumn("× real time ↓", "Seconds to render a second of sound; lower is better"),
    )
    rows = []
    for system in results["config"]["systems"]:
        own = results["summary"][system]
        cells = [system, str(own["items"])]
        cells += [
            mean_and_interval(own["figures"].get(metric.name), metric.digits) for metric in metrics
        ]
        speed = speeds.get(system)
        cells.append(NOTHING if speed is None else f"{speed['rtf']:.2g}")
        rows.append(tuple(cells))
    notes = ["In brackets: the 95 % interval over the items."]
    if judged_by["encoder"]:
        notes.append(judge_note(judged_by))
    return FigureTable(columns, tuple(rows), tuple(notes))


def headline(results: dict[str, Any]) -> str:
    """Two figures of the first system: ``onset F 0.971 · Timbre target 0.967``."""
    from evaluation.metrics.catalog import BY_NAME

    figures = results["summary"][results["config"]["systems"][0]]["figures"]
    parts = []
    for name in _HEADLINE:
        mean = (figures.get(name) or {}).get("mean")
        if mean is not None:
            parts.append(f"{BY_NAME[name].label} {mean:.3f}")
    return " · ".join(parts)


def comparison(compared: Comparison) -> FigureTable:
    """Both means, the paired difference with its interval, and what got worse."""
    from evaluation.statistics.digits import decimals

    columns = (
        FigureColumn("figure", "An arrow says which way is better"),
        FigureColumn(f"before: {compared.name_a}"),
        FigureColumn(f"after: {compared.name_b}"),
        FigureColumn("difference", "After minus before, over the items that both have"),
        FigureColumn("95 % interval", "Where the difference may lie"),
        FigureColumn("verdict", "Better or worse if the interval does not hold 0"),
        FigureColumn("worse items"),
    )
    rows = []
    for change in compared.changes:
        label = metric_column(change.metric, compared.judged_by).label
        digits = decimals(change.difference.low, change.difference.high, change.metric.digits)
        if change.why_not is not None:
            rows.append((label, NOTHING, NOTHING, NOTHING, NOTHING, change.why_not, ""))
            continue
        of = change.difference
        has_interval = of.low is not None and of.high is not None
        rows.append(
            (
                label,
                _number(change.mean_a, digits),
                _number(change.mean_b, digits),
                NOTHING if of.mean is None else f"{of.mean:+.{digits}f}",
                f"{of.low:+.{digits}f} … {of.high:+.{digits}f}" if has_interval else NOTHING,
                verdict(change.metric.higher_is_better, of.low, of.high),
                f"{len(change.worse)} of {of.n}"
                + "".join(f", {item}" for item, _ in change.worse[:2]),
            )
        )
    notes = [f"{item} failed after, and did not before" for item in compared.failed]
    notes += [f"Not the same work: {note}" for note in compared.notes]
    return FigureTable(columns, tuple(rows), tuple(notes))


def verdict(higher_is_better: bool | None, low: float | None, high: float | None) -> str:
    """What an interval of a difference says.

    Args:
        higher_is_better: of the figure; None where neither way is.
        low, high: of the interval; None if there is none.
    """
    if higher_is_better is None:
        return ""
    if low is None or high is None:
        return "too few items"
    if low <= 0 <= high:
        return "no clear difference"
    return "better" if (low > 0) == higher_is_better else "worse"


def _number(value: float | None, digits: int) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"
