"""Real evaluations, in processes of their own: watched, stopped, gone on with, compared."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.errors import UserInputError
from desktop.services.evaluations.interface import EvaluationRequest, EvaluationRun
from desktop.services.evaluations.local import LocalEvaluations
from desktop.services.evaluations.tables import verdict
from tests.desktop.services.test_models import Watching
from tests.helpers.waiting import LAST_RESORT_S

CHILD = """
import json, sys, time
asked = json.loads(sys.argv[1])
def say(**message): print(json.dumps(message), flush=True)
say(stage="loading the set and the models")
limit = asked["limit"]
if limit == 3:
    print("libfoo: cannot map", file=sys.stderr)
    sys.exit(134)
if limit == 4:
    say(error="model bundle x is not on this machine; pull it")
    sys.exit(3)
open(asked["folder"] + "/config.json", "w").write(json.dumps({"systems": asked["models"]}))
say(done=1, total=4, failed=0, left_s=None)
say(done=2, total=4, failed=1, left_s=125.0)
if limit == 2:
    say(finished=True)
    sys.exit(0)
sys.stdin.read()
"""


@pytest.fixture
def until(qtbot: QtBot) -> Callable[[Callable[[], object]], None]:
    def wait(happened: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(happened()), timeout=int(LAST_RESORT_S * 1000))

    return wait


Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def seen() -> list[EvaluationRun]:
    return []


@pytest.fixture
def evaluations(
    qtbot: QtBot, tmp_path: Path, seen: list[EvaluationRun]
) -> Iterator[LocalEvaluations]:
    """Over a process that says what a real one would."""
    script = tmp_path / "child.py"
    script.write_text(CHILD)
    service = LocalEvaluations(tmp_path / "runs", (sys.executable, str(script)))
    service.events.changed.connect(seen.append)
    yield service
    service.close()


def request(limit: int = 1) -> EvaluationRequest:
    return EvaluationRequest("embedded-v1", ("embedded",), baselines=False, limit=limit)


def test_a_run_says_how_it_goes_and_stops_with_its_process(
    evaluations: LocalEvaluations, seen: list[EvaluationRun], until: Until
) -> None:
    run = evaluations.start(request())
    assert (run.state, evaluations.under_way) == ("running", 1)
    until(lambda: seen and seen[-1].stage == "2 of 4 sounds, 1 failed, 2 min 05 s left")
    assert (seen[-1].fraction, seen[-1].systems) == (0.5, ("embedded",))
    with pytest.raises(UserInputError, match="goes on"):
        evaluations.start(request())
    with pytest.raises(UserInputError, match="cancel it first"):
        evaluations.remove(run.id)
    evaluations.cancel(run.id)
    assert evaluations.under_way == 0
    until(lambda: seen[-1].state == "stopped")
    assert seen[-1].can_go_on
    assert evaluations.go_on(run.id).state == "running"
    evaluations.close()  # as the window does
    assert evaluations.under_way == 0


def test_why_a_run_failed_is_said_in_its_own_words_or_the_systems(
    evaluations: LocalEvaluations, seen: list[EvaluationRun], until: Until
) -> None:
    evaluations.start(request(4))
    until(lambda: seen and seen[-1].state == "failed")
    assert seen[-1].error == "model bundle x is not on this machine; pull it"
    evaluations.start(request(3))
    until(lambda: "libfoo" in seen[-1].error)
    assert "ended by itself (exit code 134): libfoo: cannot map" in seen[-1].error
    assert evaluations.under_way == 0


def test_the_next_estimate_is_of_how_long_the_last_took(
    evaluations: LocalEvaluations, seen: list[EvaluationRun], until: Until
) -> None:
    assert evaluations.plan(request(24)).seconds is None
    run = evaluations.start(request(2))
    until(lambda: evaluations.under_way == 0)
    kept = json.loads((run.folder / "request.json").read_text())
    assert kept["sounds"] == 2
    kept.update(took_s=30.0, sounds=10)
    (run.folder / "request.json").write_text(json.dumps(kept))
    plan = evaluations.plan(EvaluationRequest("embedded-v1", ("embedded",)))
    assert (plan.items, plan.sounds, plan.seconds) == (24, 120, 360.0)


def test_a_wrong_set_leaves_no_folder(evaluations: LocalEvaluations, tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match="nowhere"):
        evaluations.start(EvaluationRequest("nowhere", ("embedded",)))
    with pytest.raises(UserInputError, match="choose a model"):
        evaluations.start(EvaluationRequest("embedded-v1", ()))
    assert not (tmp_path / "runs").exists()
    with pytest.raises(UserInputError, match="holds no evaluation"):
        evaluations.add_folder(tmp_path)


@pytest.mark.skipif(not hasattr(os, "getpgid"), reason="process groups are POSIX's")
def test_a_real_run_is_read_compared_added_and_removed(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, until: Until
) -> None:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path / "home"))
    seen: list[EvaluationRun] = []
    evaluations = LocalEvaluations()
    evaluations.events.changed.connect(seen.append)
    assert evaluations.choices().models == ("embedded",)
    run = evaluations.start(request())
    until(lambda: seen and seen[-1].state in ("done", "failed"))
    done = seen[-1]
    assert (done.state, done.error) == ("done", "")
    assert done.headline.startswith("Onset F ")
    stages = [each.stage for each in seen]
    assert "loading the set and the models" in stages
    assert "writing the page" in stages
    assert evaluations.under_way == 0
    table = evaluations.figures(run.id)
    assert table.columns[2].label == "Onset F ↑"
    assert [row[0] for row in table.rows] == list(done.systems)
    assert evaluations.report(run.id, Watching().control).stat().st_size > 10_000
    compared = evaluations.compare((run.id, "embedded"), (run.id, "embedded"), Watching().control)
    by_label = {row[0]: row for row in compared.rows}
    assert by_label["Timbre target by embedded† ↑"][5] == "too few items"
    assert float(by_label["Timbre target by embedded† ↑"][3]) == 0
    elsewhere = tmp_path / "elsewhere"
    run.folder.rename(elsewhere)
    added = evaluations.add_folder(elsewhere)
    assert (added.state, added.is_ours) == ("done", False)
    evaluations.remove(added.id)
    assert elsewhere.is_dir()
    assert evaluations.runs() == []
    assert evaluations.plan(EvaluationRequest("embedded-v1", ("embedded",))).seconds is None


def test_an_interval_that_holds_nothing_is_no_difference() -> None:
    assert verdict(True, 0.1, 0.2) == "better"
    assert verdict(False, 0.1, 0.2) == "worse"
    assert verdict(True, -0.1, 0.2) == "no clear difference"
    assert verdict(True, None, None) == "too few items"
    assert verdict(None, 1.0, 2.0) == ""
