"""Results as tables of plain text, for a terminal or a log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation import machine
from evaluation.compare import Comparison
from evaluation.metrics.catalog import METRICS, Metric, heading, judge_note
from evaluation.statistics.digits import decimals

NOTHING = "–"


def summary_table(
    run_results: Mapping[str, Any],
    timings: Mapping[str, Any],
    timed_on: Mapping[str, Any] | None = None,
) -> str:
    """The headline figures of every system: mean, and its interval as lower and upper.

    Args:
        run_results: content of ``results.json``.
        timings: what :func:`evaluation.results.read_timings` gives.
        timed_on: what :func:`evaluation.results.read_machine` gives.
    """
    judged = run_results["config"]["judged_by"]
    metrics = [metric for metric in METRICS if metric.headline]
    header = [
        "system",
        "items",
        *(f"{heading(metric, judged)}{way(metric)}" for metric in metrics),
        "F of ceiling",
        "× real time ↓",
    ]
    rows = []
    for system in run_results["config"]["systems"]:
        summary = run_results["summary"][system]
        cells = [system, str(summary["items"])]
        for metric in metrics:
            cells.append(mean_and_interval(summary["figures"].get(metric.name), metric.digits))
        share = summary["of_ceiling"]["onset_f"]
        cells.append(NOTHING if share is None else f"{share:.2f}")
        speed = timings.get(system)
        cells.append(NOTHING if speed is None else f"{speed['rtf']:.2g}")
        rows.append(cells)
    lines = [
        align([header, *rows]),
        "",
        "In brackets: Student's 95 % interval over the items. ↑ higher is better, ↓ lower. "
        "× real time is seconds of computing (hearing the timbre too) per second of sound.",
        judged["mss"],
    ]
    if timed_on:
        lines.append(machine.one_line(timed_on) + ".")
    if judged["encoder"]:
        lines.append(judge_note(judged))
    lines += [f"{name}: {distance_line(d)}" for name, d in run_results["distances"].items()]
    lines += [
        f"{system}: goes on for up to {summary['unjudged_s']:.1f} s after what is judged"
        for system, summary in run_results["summary"].items()
        if summary.get("unjudged_s", 0) > 1.0
    ]
    return "\n".join(lines)


def way(metric: Metric) -> str:
    """An arrow to where a figure is better, after a blank; empty where neither way is."""
    return "" if metric.higher_is_better is None else " ↑" if metric.higher_is_better else " ↓"


def distance_cells(found: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """A system's distances between sets as text, by ``fad`` and ``kad``.

    Args:
        found: of one system, as ``results.json`` holds it under ``distances``.

    Returns:
        ``value``, ``range`` (its interval), ``half`` (between halves), ``floor`` (between halves
        of the truth); empty or a dash where there is none.
    """
    cells = {}
    for key, most in (("fad", 4), ("kad", 2)):
        low, high = found.get("intervals", {}).get(key) or (None, None)
        digits = decimals(low, high, most)
        cell = {
            "value": _number(found[key], digits),
            "range": "" if low is None else f"{low:.{digits}f} … {high:.{digits}f}",
            "half": NOTHING,
            "floor": "",
        }
        split = found.get("halves", {}).get(key)
        if split:
            digits = decimals(split["floor"], split["floor_high"], most)
            cell["half"] = _number(split["system"], digits)
            floor, most_of_them = (_number(split[k], digits) for k in ("floor", "floor_high"))
            cell["floor"] = f"{floor}, 95 % below {most_of_them}"
        cells[key] = cell
    return cells


def distance_line(found: Mapping[str, Any]) -> str:
    """The same in one line."""
    parts = []
    for key, cell in distance_cells(found).items():
        text = f"{key.upper()} {cell['value']}"
        if cell["range"]:
            text += f" [{cell['range']}]"
        if cell["floor"]:
            text += f", of halves {cell['half']} (truth {cell['floor']})"
        parts.append(text)
    return f"{'; '.join(parts)} ({found['note']})"


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
        difference = change.difference
        label = f"{heading(change.metric, comparison.judged_by)}{way(change.metric)}"
        if change.why_not is not None:
            rows.append([label, change.why_not, "", "", "", "", ""])
            continue
        digits = decimals(difference.low, difference.high, change.metric.digits)
        interval = (
            NOTHING
            if difference.low is None or difference.high is None
            else f"{difference.low:+.{digits}f} … {difference.high:+.{digits}f}"
        )
        rows.append(
            [
                label,
                _number(change.mean_a, digits),
                _number(change.mean_b, digits),
                NOTHING if difference.mean is None else f"{difference.mean:+.{digits}f}",
                interval,
                f"{len(change.worse)} of {difference.n}",
                ", ".join(item for item, _ in change.worse[:3]),
            ]
        )
    notes = [f"not the same work: {note}" for note in comparison.notes]
    return "\n".join([align([header, *rows]), *([""] if notes else []), *notes])


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


def mean_and_interval(figure: Mapping[str, Any] | None, most: int) -> str:
    """A figure of a summary, such as ``0.94 [0.91, 0.97]``, to the digits that it carries.

    Args:
        figure: with ``mean``, ``low`` and ``high``; None where there is none.
        most: decimals of the figure itself.
    """
    if figure is None or figure["mean"] is None:
        return NOTHING
    digits = decimals(figure["low"], figure["high"], most)
    text = f"{figure['mean']:.{digits}f}"
    if figure["low"] is not None:
        text += f" [{figure['low']:.{digits}f}, {figure['high']:.{digits}f}]"
    return text


def _number(value: float | None, digits: int) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"
