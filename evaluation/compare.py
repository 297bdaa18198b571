"""Two results side by side: paired differences, their intervals, and which items got worse.

Pairs are items that both sides have, so the difficulty of an item cancels out. A difference is
B − A in the figure's own unit. Figures are only compared where they mean the same: of one set, and
CLAP figures of one encoder, MSS of one configuration, notes of one transcriber.

:attr:`Comparison.regressed` is what a continuous-integration gate asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.coercion.type_errors import check_type
from core.errors import SettingsError, UserInputError
from evaluation.metrics.catalog import BY_NAME, METRICS, Metric, is_improvement
from evaluation.statistics.intervals import Interval, student_interval

_NOTES_FIGURES = frozenset(
    {"onset_f", "onset_precision", "onset_recall", "offset_f", "velocity_f", "frame_f"}
    | {"notes_estimated"}
)


NO_INTERVAL = Interval(None, None, None, 0, 0)


@dataclass(frozen=True)
class Change:
    """One figure on both sides.

    Attributes:
        metric: which.
        mean_a, mean_b: over the shared items where both are defined; None if there is none.
        difference: B − A over those items, with its interval.
        worse: (item, difference) of items that got worse, worst first.
        lost: items where A is defined and B is not.
        why_not: why the figure cannot be compared, or None.
    """

    metric: Metric
    mean_a: float | None = None
    mean_b: float | None = None
    difference: Interval = NO_INTERVAL
    worse: tuple[tuple[str, float], ...] = ()
    lost: tuple[str, ...] = ()
    why_not: str | None = None

    @property
    def drop(self) -> float:
        """By how much the mean got worse, in the figure's unit; ≤ 0 if it did not."""
        mean = self.difference.mean or 0.0
        return -mean if self.metric.higher_is_better else mean


@dataclass(frozen=True)
class Comparison:
    """All figures of A and B.

    Attributes:
        name_a, name_b: run and system.
        changes: in the catalog's order.
        failed: items that B failed on and A did not.
        gates: names of the figures that must not fall.
        tolerance: by how much they may.
        notes: in what the two are not of the same work, a sentence each.
        judged_by: who judges both, as A's configuration says.
    """

    name_a: str
    name_b: str
    changes: tuple[Change, ...]
    failed: tuple[str, ...]
    gates: tuple[str, ...]
    tolerance: float
    notes: tuple[str, ...] = ()
    judged_by: Mapping[str, Any] = field(default_factory=dict)

    @property
    def regressed(self) -> list[str]:
        """Why the gate is shut, one line each; empty when it is open."""
        reasons = [f"{item} failed in {self.name_b} only" for item in self.failed]
        by_name = {change.metric.name: change for change in self.changes}
        for name in self.gates:
            change = by_name[name]
            if change.why_not is not None:
                reasons.append(f"{change.metric.label} cannot be compared: {change.why_not}")
            elif change.lost:
                reasons.append(
                    f"{change.metric.label} is no longer defined for {', '.join(change.lost)}"
                )
            # The small term keeps a fall of just the tolerance inside it, whatever the rounding.
            elif change.drop > self.tolerance + 1e-12:
                reasons.append(
                    f"{change.metric.label} got worse by {change.drop:.{change.metric.digits}f}, "
                    f"more than {self.tolerance:g}"
                )
        return reasons


def compare(
    a: Mapping[str, Any],
    b: Mapping[str, Any],
    system_a: str | None = None,
    system_b: str | None = None,
    gates: Sequence[str] = (),
    tolerance: float = 0.0,
) -> Comparison:
    """Compare a system of one run with a system of another, or of the same.

    Args:
        a, b: content of two ``results.json``.
        system_a, system_b: names; None takes each run's first.
        gates: figures that must not fall.
        tolerance: how far they may fall, in their own unit, ≥ 0.

    Raises:
        UserInputError: if the runs are of different sets, or a system is not there.
        SettingsError: if a gate is no figure with a direction, or the tolerance is below 0.
    """
    for run in (a, b):
        check_type("a run", run, Mapping, "what evaluation.results.read reads")
    if not (np.isfinite(tolerance) and tolerance >= 0):
        raise SettingsError(f"tolerance {tolerance} is not a number from 0 up")
    for name in gates:
        if name not in BY_NAME or BY_NAME[name].higher_is_better is None:
            usable = ", ".join(m.name for m in METRICS if m.higher_is_better is not None)
            raise SettingsError(f"{name!r} is no figure to watch; there are {usable}")
    if a["config"]["set"]["sha256"] != b["config"]["set"]["sha256"]:
        raise UserInputError(
            f"the runs are of different sets ({a['config']['set']['name']} and "
            f"{b['config']['set']['name']}, or versions of one); only equal sets can be compared"
        )
    system_a, rows_a = _rows(a, system_a)
    system_b, rows_b = _rows(b, system_b)
    shared = [item for item in rows_a if item in rows_b]
    if not shared:
        raise UserInputError(f"{system_a} and {system_b} share no item")
    good = [item for item in shared if rows_a[item]["error"] is None]
    failed = tuple(item for item in good if rows_b[item]["error"] is not None)
    pairs = {
        item: (rows_a[item]["figures"], rows_b[item]["figures"])
        for item in good
        if item not in failed
    }
    changes = tuple(
        _change(metric, pairs, _why_not(metric, a["config"], b["config"]))
        for metric in METRICS
        if any(metric.name in first for first, _ in pairs.values()) or metric.name in gates
    )
    return Comparison(
        system_a,
        system_b,
        changes,
        failed,
        tuple(gates),
        tolerance,
        _work_notes(a, b, rows_a, rows_b),
        a["config"]["judged_by"],
    )


def _work_notes(
    a: Mapping[str, Any],
    b: Mapping[str, Any],
    rows_a: Mapping[str, Any],
    rows_b: Mapping[str, Any],
) -> tuple[str, ...]:
    """In what two runs are not of the same work; none of it hinders a comparison."""
    notes = []
    alone = [(len(rows.keys() - others.keys()), side) for rows, others, side in
             ((rows_a, rows_b, "before"), (rows_b, rows_a, "after"))]  # fmt: skip
    for count, side in alone:
        if count:
            items = "1 item is" if count == 1 else f"{count} items are"
            notes.append(f"{items} only {side} and in no figure here")
    one, two = a["config"], b["config"]
    if one["seed"] != two["seed"]:
        notes.append(f"the seeds differ: {one['seed']} and {two['seed']}")
    if one["render"] != two["render"]:
        changed = sorted(
            key
            for key in {*one["render"], *two["render"]}
            if one["render"].get(key) != two["render"].get(key)
        )
        notes.append(f"the settings of the renders differ: {', '.join(changed)}")
    if one["version"] != two["version"]:
        notes.append(f"the programs differ: {one['version']} and {two['version']}")
    for model in sorted({*one["models"]} & {*two["models"]}):
        for what in ("sha256", "device"):
            if one["models"][model][what] != two["models"][model][what]:
                name = "weights" if what == "sha256" else "device"
                notes.append(f"{model} has another {name} in the two")
    changed_items = [
        item
        for item in rows_a
        if item in rows_b
        and _files(a, item) is not None
        and _files(b, item) is not None
        and _files(a, item) != _files(b, item)
    ]
    if changed_items:
        notes.append(f"the files of {', '.join(changed_items)} differ: other sounds, other scores")
    return tuple(notes)


def _files(run: Mapping[str, Any], item: str) -> Any:
    return run["items"].get(item, {}).get("sha256")


def _rows(results: Mapping[str, Any], system: str | None) -> tuple[str, dict[str, Any]]:
    systems = results["config"]["systems"]
    name = systems[0] if system is None else system
    if name not in systems:
        raise UserInputError(f"the run has no system {name!r}; it has {', '.join(systems)}")
    return name, {row["item"]: row for row in results["rows"] if row["system"] == name}


def _why_not(metric: Metric, a: Mapping[str, Any], b: Mapping[str, Any]) -> str | None:
    """Why two runs' figures of a metric do not mean the same."""
    judged = a["judged_by"], b["judged_by"]
    # A run from before metrics had versions is of version 1.
    versions = [run.get("metrics", {}).get(metric.name, 1) for run in (a, b)]
    if versions[0] != versions[1]:
        return f"versions {versions[0]} and {versions[1]} of the metric; run the older again"
    if metric.by_encoder and _encoder(judged[0]) != _encoder(judged[1]):
        return "different encoders"
    if metric.name.startswith("mss") and judged[0]["mss"] != judged[1]["mss"]:
        return "different configurations"
    if metric.name in _NOTES_FIGURES and (
        judged[0]["transcriber"] != judged[1]["transcriber"]
        or a["scoring"]["transcription"] != b["scoring"]["transcription"]
    ):
        return "different transcribers"
    return None


def _encoder(judged_by: Mapping[str, Any]) -> tuple[str, str] | None:
    encoder = judged_by["encoder"]
    return (encoder["id"], encoder["sha256"]) if encoder else None


def _change(
    metric: Metric,
    pairs: Mapping[str, tuple[Mapping[str, float | None], Mapping[str, float | None]]],
    why_not: str | None,
) -> Change:
    if why_not is not None:
        return Change(metric, why_not=why_not)
    name = metric.name
    both = {
        item: (first[name], second[name])
        for item, (first, second) in pairs.items()
        if first.get(name) is not None and second.get(name) is not None
    }
    differences = {item: float(y) - float(x) for item, (x, y) in both.items()}  # type: ignore[arg-type]
    worse = sorted(
        ((item, d) for item, d in differences.items() if is_improvement(metric, d) is False),
        key=lambda entry: -abs(entry[1]),
    )
    lost = (
        item
        for item, (first, second) in pairs.items()
        if first.get(name) is not None and second.get(name) is None
    )
    return Change(
        metric,
        float(np.mean([x for x, _ in both.values()])) if both else None,  # type: ignore[arg-type]
        float(np.mean([y for _, y in both.values()])) if both else None,  # type: ignore[arg-type]
        student_interval(list(differences.values())),
        tuple(worse),
        tuple(lost),
    )
