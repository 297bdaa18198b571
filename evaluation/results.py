"""``results.json``: what a run measured, and the statistics over its items.

The file holds the configuration, the versions and hashes everything depends on, every item of
every system, and for each system and figure the mean with its interval. It holds no time
and no path of this machine: the same run gives the same bytes. ``timings.json`` beside it has
what a clock said.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.coercion.type_errors import as_path
from core.errors import UserInputError
from core.files import replacing
from evaluation.metrics import distance, transcription
from evaluation.metrics.catalog import METRICS
from evaluation.statistics.intervals import Bounds, Interval, student_interval
from evaluation.statistics.sets import EmbeddedSet, SetDistance, halves, jackknife

SCHEMA = 1
GROUND_TRUTH = "ground-truth"

Row = dict[str, Any]


def interval(
    values: Sequence[float | None], seed: int = 0, bounds: Bounds = (None, None)
) -> Interval:
    """Mean and Student's interval over items; see :mod:`evaluation.statistics.intervals`.

    Args:
        values: one an item; None where the figure is not defined.
        seed: of no effect: nothing is drawn any more. Callers of earlier versions give it.
        bounds: least and greatest value of the figure.
    """
    del seed
    return student_interval(values, bounds)


def summarise(rows: Sequence[Row], systems: Sequence[str]) -> dict[str, Any]:
    """Statistics by system: an interval for every figure, F as a share of the ceiling's.

    Args:
        rows: of all systems.
        systems: names, in the order of the tables.
    """
    ceiling = _means([row for row in rows if row["system"] == GROUND_TRUTH])
    summary: dict[str, Any] = {}
    for system in systems:
        own = [row for row in rows if row["system"] == system and row["error"] is None]
        figures = {}
        for metric in METRICS:
            values = [row["figures"].get(metric.name) for row in own]
            if any(metric.name in row["figures"] for row in own):
                figures[metric.name] = student_interval(values, metric.bounds).to_json()
        summary[system] = {
            "items": len(own),
            "failed": sum(row["system"] == system and row["error"] is not None for row in rows),
            "figures": figures,
            "of_ceiling": _of_ceiling(own, ceiling),
            "unjudged_s": max((row.get("unjudged_s", 0.0) for row in own), default=0.0),
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
    vectors: Mapping[str, Mapping[str, npt.NDArray[np.float32]]],
    instruments: Mapping[str, str],
    embedding: str,
    seed: int,
) -> dict[str, Any]:
    """Fréchet and kernel distance of every system's set to the ground truth's.

    Args:
        vectors: each system's embeddings, float32 [512], by item.
        instruments: of the items; what intervals are taken over.
        embedding: its name.
        seed: of the halves.
    """
    truth = _embedded_set(vectors.get(GROUND_TRUTH, {}), instruments)
    by_system: dict[str, Any] = {}
    for system, by_item in vectors.items():
        own = _embedded_set(by_item, instruments)
        if system == GROUND_TRUTH or not own.groups or not truth.groups:
            continue
        result = distance.evaluate(
            own.vectors, truth.vectors, embedding=embedding, reference=GROUND_TRUTH
        )
        by_system[system] = {
            "fad": result.fad,
            "kad": result.kad,
            "embedding": result.embedding,
            "n": result.n,
            "n_reference": result.n_reference,
            "note": result.note,
            **_certainty(own, truth, seed),
        }
    return by_system


def _embedded_set(
    by_item: Mapping[str, npt.NDArray[np.float32]], instruments: Mapping[str, str]
) -> EmbeddedSet:
    vectors = np.array([by_item[item] for item in by_item], np.float64)
    return EmbeddedSet(vectors, [instruments.get(item) or item for item in by_item])


def _certainty(own: EmbeddedSet, truth: EmbeddedSet, seed: int) -> dict[str, Any]:
    """Intervals and halves of both distances, as JSON; None where there are too few items."""
    if min(len(own.groups), len(truth.groups)) < 2:
        return {"intervals": {"fad": None, "kad": None}, "halves": {"fad": None, "kad": None}}
    # One bandwidth throughout: what is left out must not change the kernel.
    width = distance.reference_bandwidth(truth.vectors)
    kernel: SetDistance = partial(distance.kernel, bandwidth=width)
    measures: dict[str, tuple[SetDistance, Bounds]] = {
        "fad": (distance.frechet, (0.0, None)),
        "kad": (kernel, (None, None)),
    }
    intervals: dict[str, Any] = {}
    split: dict[str, Any] = {}
    for name, (measure, bounds) in measures.items():
        found = jackknife(measure, own, truth, bounds)
        intervals[name] = None if found is None else list(found)
        parts = halves(measure, own, truth, seed)
        split[name] = None if parts is None else asdict(parts)
    return {"intervals": intervals, "halves": split}


def timings(
    items: Mapping[str, Mapping[str, Mapping[str, float]]],
    machine: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What ``timings.json`` holds: every item's, each rendering system's medians, and the machine.

    ``rtf`` and ``first_audio_s`` are defined in :mod:`evaluation.metrics.speed`; hearing the
    timbre is in both. Here they are taken from the run itself, with its other workers as load.
    ``speed.evaluate`` measures alone.

    Args:
        items: each item's times, by system.
        machine: what they were taken on; see :mod:`evaluation.machine`.
    """
    systems = {}
    for system, own in items.items():
        rendered = [item for item in own.values() if "rtf" in item]
        if rendered:
            systems[system] = {
                "rtf": float(np.median([item["rtf"] for item in rendered])),
                "first_audio_s": float(np.median([item["render_s"] for item in rendered])),
            }
    return {"systems": systems, "items": items, "machine": machine}


def read_timings(run: Path) -> dict[str, Any]:
    """The ``systems`` of a run's ``timings.json``; empty where there is none."""
    systems = _timings_part(run, "systems")
    return {} if systems is None else systems


def read_machine(run: Path) -> dict[str, Any] | None:
    """What a run was timed on; None where it does not say."""
    return _timings_part(run, "machine")


def _timings_part(run: Path, name: str) -> dict[str, Any] | None:
    try:
        part: dict[str, Any] | None = json.loads((run / "timings.json").read_text("utf-8"))[name]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return part


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
