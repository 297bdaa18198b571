"""Figures of runs as tables to show. Reads what :mod:`evaluation` wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from desktop.services.evaluations.interface import FigureColumn, FigureTable

if TYPE_CHECKING:
    from evaluation.compare import Comparison
    from evaluation.metrics.catalog import Metric

NOTHING = "–"
_HEADLINE = ("onset_f", "clap_target")


def metric_column(metric: Metric) -> FigureColumn:
    """A figure's heading, with an arrow to where it is better."""
    if metric.higher_is_better is None:
        return FigureColumn(metric.label, metric.about)
    arrow, words = ("↑", "higher") if metric.higher_is_better else ("↓", "lower")
    return FigureColumn(f"{metric.label} {arrow}", f"{metric.about}; {words} is better")


def summary(results: dict[str, Any], speeds: dict[str, Any]) -> FigureTable:
    """The headline figures of every system, each with half the width of its interval.

    Args:
        results: what :func:`evaluation.results.read` gives.
        speeds: what :func:`evaluation.results.read_timings` gives.
    """
    from evaluation.metrics.catalog import METRICS

    metrics = [metric for metric in METRICS if metric.headline]
    columns = (
        FigureColumn("system"),
        FigureColumn("items", "Sounds that were scored"),
        *(metric_column(metric) for metric in metrics),
        FigureColumn("× real time ↓", "Seconds to render a second of sound; lower is better"),
    )
    rows = []
    for system in results["config"]["systems"]:
        own = results["summary"][system]
        cells = [system, str(own["items"])]
        cells += [_mean(own["figures"].get(metric.name), metric.digits) for metric in metrics]
        speed = speeds.get(system)
        cells.append(NOTHING if speed is None else f"{speed['rtf']:.3f}")
        rows.append(tuple(cells))
    notes = ["± is half the width of the 95 % interval over the items."]
    encoder = results["config"]["judged_by"]["encoder"]
    if encoder:
        notes.append(f"CLAP figures are judged by the encoder {encoder['id']}.")
    return FigureTable(columns, tuple(rows), tuple(notes))


def headline(results: dict[str, Any]) -> str:
    """Two figures of the first system: ``onset F 0.971 · CLAP target 0.967``."""
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
        digits, label = change.metric.digits, metric_column(change.metric).label
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


def _mean(figure: dict[str, Any] | None, digits: int) -> str:
    if figure is None or figure["mean"] is None:
        return NOTHING
    text = f"{figure['mean']:.{digits}f}"
    if figure["low"] is not None:
        text += f" ±{(figure['high'] - figure['low']) / 2:.{digits}f}"
    return text


def _number(value: float | None, digits: int) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"
