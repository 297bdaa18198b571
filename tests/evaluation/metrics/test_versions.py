"""No figure moves while its version stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluation.metrics.catalog import METRICS, metric_versions
from tests.evaluation.make_golden import scored

GOLDEN = json.loads((Path(__file__).parent / "golden" / "scored.json").read_text())


def test_a_figure_that_moved_has_another_version() -> None:
    found = scored()
    assert found.keys() == GOLDEN.keys()
    for name, now in found.items():
        before = GOLDEN[name]
        assert now["version"] == before["version"], (
            f"{name} has a new version: python -m tests.evaluation.make_golden scored"
        )
        assert now["value"] == pytest.approx(before["value"], rel=1e-3, abs=1e-4), (
            f"{name} moved from {before['value']}: raise its Metric.version in the catalog, or "
            "runs of before and after are taken for the same"
        )


def test_every_figure_is_defined_on_the_golden_sound() -> None:
    assert {metric.name for metric in METRICS} < metric_versions().keys()
    assert all(entry["value"] is not None for entry in GOLDEN.values())
