"""Results as tables of plain text, for a terminal or a log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.compare import Comparison
from evaluation.metrics.catalog import METRICS

NOTHING = "–"


def summary_table(run_results: Mapping[str, Any], timings: Mapping[str, Any]) -> str:
    """The headline figures of every system: mean and half the width of its interval.

    Args:
        run_results: content of ``results.json``.
        timings: what :func:`evaluation.results.read_timings` gives.
    """
    metrics = [metric for metric in METRICS if metric.headline]
    header = [
        "system",
        "items",
        *(metric.label for metric in metrics),
        "F of ceiling",
        "× real time",
    ]
    rows = []
    for system in run_results["config"]["systems"]:
        summary = run_results["summary"][system]
        cells = [system, str(summary["items"])]
        for metric in metrics:
            cells.append(_mean(summary["figures"].get(metric.name), metric.digits))
        share = summary["of_ceiling"]["onset_f"]
        cells.append(NOTHING if share is None else f"{share:.3f}")
        speed = timings.get(system)
        cells.append(NOTHING if speed is None else f"{speed['rtf']:.3f}")
        rows.append(cells)
    judged = run_results["config"]["judged_by"]
    encoder = judged["encoder"]
    lines = [align([header, *rows]), "", judged["mss"]]
    if encoder:
        lines.append(f"CLAP figures: encoder {encoder['id']}, sha256 {encoder['sha256'][:12]}")
    for system, distance in run_results["distances"].items():
        fad, kad = (
            NOTHING if distance[k] is None else f"{distance[k]:.4g}" for k in ("fad", "kad")
        )
        lines.append(f"{system}: FAD {fad}, KAD {kad} ({distance['note']})")
    return "\n".join(lines)


def comparison_table(comparison: Comparison) -> str:
    """Both means, the paired difference with its interval, and what got worse."""
    header = [
        "figure",
        comparison.name_a,
        comparison.name_b,
        "difference",
        "95 % interval",
        "worse",
        "worst",
    ]
    rows = []
    for change in comparison.changes:
        digits = change.metric.digits
        if change.why_not is not None:
            rows.append([change.metric.label, change.why_not, "", "", "", "", ""])
            continue
        difference = change.difference
        interval = (
            NOTHING
            if difference.low is None or difference.high is None
            else f"{difference.low:+.{digits}f} … {difference.high:+.{digits}f}"
        )
        rows.append(
            [
                change.metric.label,
                _number(change.mean_a, digits),
                _number(change.mean_b, digits),
                NOTHING if difference.mean is None else f"{difference.mean:+.{digits}f}",
                interval,
                f"{len(change.worse)} of {difference.n}",
                ", ".join(item for item, _ in change.worse[:3]),
            ]
        )
    return align([header, *rows])


def align(rows: Sequence[Sequence[str]]) -> str:
    """Columns side by side: the first to the left, numbers to the right, a rule under the first."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    last = len(widths) - 1
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width)
            if i == 0 or (i == last and not _is_number(rows[-1][i]))
            else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "─" * max(len(line) for line in lines))
    return "\n".join(lines)


def _is_number(text: str) -> bool:
    return text == NOTHING or text.lstrip("+-").replace(".", "").isdigit()


def _mean(figure: Mapping[str, Any] | None, digits: int) -> str:
    if figure is None or figure["mean"] is None:
        return NOTHING
    text = f"{figure['mean']:.{digits}f}"
    if figure["low"] is not None:
        text += f" ±{(figure['high'] - figure['low']) / 2:.{digits}f}"
    return text


def _number(value: float | None, digits: int) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"
