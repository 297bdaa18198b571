"""``results.json``: what a run measured, and the statistics over its items.

The file holds the configuration, the versions and hashes everything depends on, every item of
every system, and for each system and figure the mean with a bootstrap interval. It holds no time
and no path of this machine: the same run gives the same bytes. ``timings.json`` beside it has
what a clock said.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.coercion.type_errors import as_path
from core.errors import UserInputError
from core.files import replacing
from evaluation.metrics import distance, transcription
from evaluation.metrics.catalog import METRICS
from evaluation.systems import stable_number

SCHEMA = 1
RESAMPLES = 2000
CONFIDENCE = 0.95
GROUND_TRUTH = "ground-truth"

Row = dict[str, Any]


@dataclass(frozen=True)
class Interval:
    """A mean and where it may lie.

    Attributes:
        mean: over the items where the figure is defined; None if there is none.
        low, high: percentile bootstrap interval of 95 %; None below two items.
        n: items where it is defined.
        undefined: items where it is not; they are in no mean.
    """

    mean: float | None
    low: float | None
    high: float | None
    n: int
    undefined: int

    def to_json(self) -> dict[str, float | int | None]:
        """As ``results.json`` holds it."""
        return {
            "mean": self.mean,
            "low": self.low,
            "high": self.high,
            "n": self.n,
            "undefined": self.undefined,
        }


def interval(values: Sequence[float | None], seed: int) -> Interval:
    """Mean and seeded percentile bootstrap interval (Efron, 1979) over items.

    Args:
        values: one an item; None where the figure is not defined.
        seed: of the resampling.
    """
    defined = np.array([value for value in values if value is not None], np.float64)
    undefined = len(values) - len(defined)
    if not len(defined):
        return Interval(None, None, None, 0, undefined)
    mean = float(defined.mean())
    if len(defined) < 2:
        return Interval(mean, None, None, 1, undefined)
    low, high = bootstrap(defined, seed)
    return Interval(mean, low, high, len(defined), undefined)


def bootstrap(values: npt.NDArray[np.float64], seed: int) -> tuple[float, float]:
    """Percentile interval of the mean of ``values`` [n ≥ 1].

    Args:
        values: float64 [n ≥ 1].
        seed: of the resampling.
    """
    picks = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    means = values[picks].mean(axis=1)
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(means, [tail, 100 - tail])
    return float(low), float(high)


def summarise(rows: Sequence[Row], systems: Sequence[str], seed: int) -> dict[str, Any]:
    """Statistics by system: an interval for every figure, F as a share of the ceiling's.

    Args:
        rows: of all systems.
        systems: names, in the order of the tables.
        seed: of the run.
    """
    ceiling = _means([row for row in rows if row["system"] == GROUND_TRUTH])
    summary: dict[str, Any] = {}
    for system in systems:
        own = [row for row in rows if row["system"] == system and row["error"] is None]
        figures = {}
        for metric in METRICS:
            values = [row["figures"].get(metric.name) for row in own]
            if any(metric.name in row["figures"] for row in own):
                seed_of_metric = stable_number(f"{seed}:{metric.name}")
                figures[metric.name] = interval(values, seed_of_metric).to_json()
        summary[system] = {
            "items": len(own),
            "failed": sum(row["system"] == system and row["error"] is not None for row in rows),
            "figures": figures,
            "of_ceiling": _of_ceiling(own, ceiling),
        }
    return summary


def _means(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    return {row["item"]: row["figures"] for row in rows if row["error"] is None}


def _of_ceiling(own: Sequence[Row], ceiling: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Mean F over mean ceiling F, on the items that have both."""
    shared = [row for row in own if row["item"] in ceiling]
    shares: dict[str, float | None] = {}
    for level in transcription.LEVELS:
        name = f"{level}_f"
        best = sum(ceiling[row["item"]][name] for row in shared)
        shares[name] = sum(row["figures"][name] for row in shared) / best if best else None
    return shares


def distances(
    vectors: Mapping[str, Sequence[npt.NDArray[np.float32]]], embedding: str
) -> dict[str, Any]:
    """Fréchet and kernel distance of every system's set to the ground truth's.

    Args:
        vectors: each system's embeddings, float32 [512], in any order.
        embedding: its name.
    """
    reference = vectors.get(GROUND_TRUTH, [])
    by_system: dict[str, Any] = {}
    for system, own in vectors.items():
        if system == GROUND_TRUTH or not len(own) or not len(reference):
            continue
        result = distance.evaluate(own, reference, embedding=embedding, reference=GROUND_TRUTH)
        by_system[system] = {
            "fad": result.fad,
            "kad": result.kad,
            "embedding": result.embedding,
            "n": result.n,
            "n_reference": result.n_reference,
            "note": result.note,
        }
    return by_system


def timings(items: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, Any]:
    """What ``timings.json`` holds: every item's, and each rendering system's medians.

    ``rtf`` and ``first_audio_s`` are defined in :mod:`evaluation.metrics.speed`; here they are
    taken from the run itself, with its other workers as load. ``speed.evaluate`` measures alone.
    """
    systems = {}
    for system, own in items.items():
        rendered = [item for item in own.values() if "rtf" in item]
        if rendered:
            systems[system] = {
                "rtf": float(np.median([item["rtf"] for item in rendered])),
                "first_audio_s": float(np.median([item["render_s"] for item in rendered])),
            }
    return {"systems": systems, "items": items}


def read_timings(run: Path) -> dict[str, Any]:
    """The ``systems`` of a run's ``timings.json``; empty where there is none."""
    try:
        systems: dict[str, Any] = json.loads((run / "timings.json").read_text("utf-8"))["systems"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return systems


def write_json(path: Path, data: Any) -> None:
    """Write JSON that is the same for the same data, in one step or not at all.

    Args:
        path: of the file; its folder exists.
        data: what JSON can hold.

    Raises:
        OutputError: if it cannot be written.
        ValueError: if it holds NaN.
    """
    text = json.dumps(data, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
    with replacing(path) as stream:
        stream.write(text.encode() + b"\n")


def read(run: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a run's ``results.json``, given its folder or the file.

    Raises:
        UserInputError: if it is missing, damaged, or of a newer program.
    """
    run = as_path("the run", run, "the path of its folder")
    path = run / "results.json" if run.is_dir() else run
    if not path.exists():
        raise UserInputError(f"{run} holds no results.json; is the run finished?")
    try:
        data = json.loads(path.read_text("utf-8"))
        schema, _ = data["schema"], (data["rows"], data["summary"], data["config"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserInputError(f"{path} is not a run's result: {error}") from error
    if not isinstance(schema, int) or schema > SCHEMA:
        raise UserInputError(f"{path} was written by a newer version of this program; update")
    results: dict[str, Any] = data
    return results
