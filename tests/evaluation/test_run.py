"""Runs: done once, whatever happens on the way."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.audio import write_wav
from core.errors import ModelMissing, SettingsError, UserInputError
from core.midi import write_midi
from evaluation import datasets, pool, report, results, run
from evaluation.scoring import ScoringSettings
from tests.evaluation import sounds
from tests.evaluation.fakes import CONFIG, in_process, load_fake
from tests.helpers.waiting import wait_until

HERE = Path(__file__).parent


def evaluate(
    dataset: datasets.Dataset, output: Path, config: run.EvaluationConfig = CONFIG, **options: Any
) -> dict[str, Any]:
    options.setdefault("execute", in_process)
    return run.run(dataset, config, output, load=load_fake, **options)


def test_a_run_has_every_item_of_every_system(whole_results: dict[str, Any]) -> None:
    found = whole_results
    by_system: dict[str, set[str]] = {}
    for row in found["rows"]:
        by_system.setdefault(row["system"], set()).add(row["item"])
        assert row["error"] is None
    assert by_system == {
        "fake": {"dull", "buzzy", "words"},
        "ground-truth": {"dull", "buzzy"},
        "other-performance": {"dull", "buzzy"},
        "fake/wrong-timbre": {"dull", "buzzy", "words"},
        "sine": {"dull", "buzzy", "words"},
    }
    summary = found["summary"]
    assert summary["ground-truth"]["figures"]["mss"]["mean"] == pytest.approx(0, abs=1e-6)
    assert summary["ground-truth"]["figures"]["clap_target"]["mean"] == pytest.approx(1)
    assert summary["ground-truth"]["of_ceiling"]["onset_f"] == 1
    assert summary["sine"]["figures"]["mss"]["mean"] > 0.5
    assert summary["other-performance"]["figures"]["onset_f"]["mean"] < 0.5
    # Two of the three have a target: the third is counted, and is in no mean.
    assert summary["fake"]["figures"]["clap_target"]["n"] == 2
    assert found["distances"]["fake"]["n"] == 3
    assert "singular" in found["distances"]["fake"]["note"]
    assert found["config"]["judged_by"]["encoder"]["id"] == "spectrum-test"


def test_two_runs_are_the_same_bytes_and_the_cache_changes_nothing(
    dataset: datasets.Dataset, whole: Path, tmp_path: Path
) -> None:
    evaluate(dataset, tmp_path / "a", cache=tmp_path / "cache")  # fills it
    evaluate(dataset, tmp_path / "b", cache=tmp_path / "cache")  # reads it
    for damaged in list((tmp_path / "cache").rglob("*.json"))[::2]:
        damaged.write_text("{")
    evaluate(dataset, tmp_path / "c", cache=tmp_path / "cache")
    for name in "abc":
        ours = (tmp_path / name / "results.json").read_bytes()
        assert ours == (whole / "results.json").read_bytes()


def test_an_interrupted_run_goes_on_where_it_was(
    dataset: datasets.Dataset, whole_results: dict[str, Any], tmp_path: Path
) -> None:
    def stop_after_five(progress: run.RunProgress) -> None:
        if progress.done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(dataset, tmp_path / "a", on_progress=stop_after_five)
    assert not (tmp_path / "a" / "results.json").exists()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "a").rglob("*.json")}
    counted: list[run.RunProgress] = []
    assert evaluate(dataset, tmp_path / "a", on_progress=counted.append) == whole_results
    assert len(counted) == 13 - 5
    assert counted[-1].done == counted[-1].total == 13
    assert counted[-1].left_s == 0
    assert all(path.stat().st_mtime_ns == time_ns for path, time_ns in before.items())


def test_a_record_that_is_damaged_or_lost_its_sound_is_done_again(
    dataset: datasets.Dataset, whole: Path, whole_results: dict[str, Any], tmp_path: Path
) -> None:
    shutil.copytree(whole, tmp_path / "a")
    (tmp_path / "a/records/sine/dull.json").write_text('{"figures"')
    (tmp_path / "a/audio/fake/buzzy.wav").unlink()
    counted: list[run.RunProgress] = []
    assert evaluate(dataset, tmp_path / "a", on_progress=counted.append) == whole_results
    assert {progress.last for progress in counted} == {"sine/dull", "fake/buzzy"}


def test_a_folder_of_another_run_is_refused(dataset: datasets.Dataset, tmp_path: Path) -> None:
    evaluate(dataset, tmp_path / "a", run.EvaluationConfig(limit=1))
    with pytest.raises(UserInputError, match="another run"):
        evaluate(dataset, tmp_path / "a")


def test_processes_give_what_one_process_gives(dataset: datasets.Dataset, tmp_path: Path) -> None:
    config = run.EvaluationConfig(
        models=("fake",), baselines=False, scoring=ScoringSettings(followers=())
    )
    alone = evaluate(dataset, tmp_path / "a", config)
    assert evaluate(dataset, tmp_path / "b", config, workers=2, execute=pool.run) == alone


def test_a_killed_run_started_again_gives_the_same_bytes(
    dataset: datasets.Dataset, whole: Path, tmp_path: Path
) -> None:
    """A process is killed without warning; nothing is lost and nothing done twice."""
    script = (
        "import sys; sys.path[:0] = [{root!r}]\n"
        "from pathlib import Path\n"
        "from tests.evaluation.fakes import CONFIG, in_process, load_fake\n"
        "from evaluation import datasets, run\n"
        "found, out = datasets.load({set!r}), Path({out!r})\n"
        "run.run(found, CONFIG, out, execute=in_process, load=load_fake)\n"
    ).format(
        root=str(HERE.parents[1]),
        set=str(dataset.items[0].midi.parent),
        out=str(tmp_path / "a"),
    )
    process = subprocess.Popen([sys.executable, "-c", script])
    records = tmp_path / "a" / "records"
    wait_until(lambda: len(list(records.rglob("*.json"))) >= 3)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = len(list(records.rglob("*.json")))
    assert 3 <= done < 13
    counted: list[run.RunProgress] = []
    evaluate(dataset, tmp_path / "a", on_progress=counted.append)
    assert len(counted) == 13 - done
    ours = (tmp_path / "a" / "results.json").read_bytes()
    assert ours == (whole / "results.json").read_bytes()


def test_items_that_cannot_be_scored_fail_with_a_reason(
    dataset: datasets.Dataset, tmp_path: Path
) -> None:
    renders = tmp_path / "wavs"
    renders.mkdir()
    write_wav(renders / "dull.wav", np.zeros((1, 8000), np.float32), 16_000)
    bad = np.full((1, 100), np.nan, np.float32)
    import soundfile

    soundfile.write(renders / "words.wav", bad.T, 16_000, subtype="FLOAT")
    config = run.EvaluationConfig(folder=renders, folder_name="theirs", scoring=CONFIG.scoring)
    found = evaluate(dataset, tmp_path / "a", config)
    rows = {row["item"]: row for row in found["rows"] if row["system"] == "theirs"}
    assert "has no buzzy.wav" in rows["buzzy"]["error"]
    assert "NaN" in rows["words"]["error"]
    assert rows["words"]["exit_code"] == 2
    silent = rows["dull"]["figures"]
    assert silent["onset_f"] == 0
    assert silent["clap_target"] == 0
    assert silent["tc"] is None
    assert silent["pitch_yin_semitones"] is None
    assert found["summary"]["theirs"]["failed"] == 2
    assert found["summary"]["theirs"]["figures"]["tc"]["mean"] is None
    # Failed items are tried again: here the missing file has come.
    write_wav(renders / "buzzy.wav", sounds.play(sounds.melody())[None], sounds.RATE)
    again = evaluate(dataset, tmp_path / "a", config)
    assert again["summary"]["theirs"]["failed"] == 1


def test_an_empty_score_fails_alone(tmp_path: Path) -> None:
    write_midi(sounds.melody(), tmp_path / "fine.mid")
    header, track = "4d54686400000006000000010060", "4d54726b0000000400ff2f00"
    (tmp_path / "empty.mid").write_bytes(bytes.fromhex(header + track))
    items = [datasets.Item(name, tmp_path / f"{name}.mid", text="x") for name in ("empty", "fine")]
    datasets.write(tmp_path / "m.jsonl", items)
    config = run.EvaluationConfig(
        models=("fake",), baselines=False, scoring=ScoringSettings(followers=())
    )
    found = evaluate(datasets.load(tmp_path / "m.jsonl"), tmp_path / "a", config)
    errors = {row["item"]: row["error"] for row in found["rows"]}
    assert "empty.mid" in errors["empty"]
    assert errors["fine"] is None
    report.write(tmp_path / "a")


@pytest.mark.parametrize(
    "config",
    [
        lambda: run.EvaluationConfig(models=("a", "a")),
        lambda: run.EvaluationConfig(seed=-1),
        lambda: run.EvaluationConfig(limit=0),
    ],
)
def test_configurations_that_make_no_sense_are_refused(config: Callable[[], Any]) -> None:
    with pytest.raises(SettingsError):
        config()


def test_a_missing_model_is_told_before_anything_is_written(
    dataset: datasets.Dataset, tmp_path: Path
) -> None:
    with pytest.raises(ModelMissing):
        evaluate(dataset, tmp_path / "a", run.EvaluationConfig(models=("missing",)))
    assert not (tmp_path / "a").exists()


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    for n in (2, 4, 24):
        hits = 0
        for _ in range(400):
            found = results.interval(list(rng.normal(1.0, 1.0, n)))
            assert found.low is not None
            assert found.high is not None
            hits += found.low <= 1.0 <= found.high
        assert 0.92 <= hits / 400 <= 0.98, n


def test_undefined_values_are_counted_and_never_averaged() -> None:
    found = results.interval([1.0, None, 3.0], 0)
    assert (found.mean, found.n, found.undefined) == (2.0, 2, 1)
    assert results.interval([None], 0).mean is None
    one = results.interval([5.0], 0)
    assert (one.mean, one.low, one.high) == (5.0, None, None)


def test_a_ray_cluster_of_two_gives_the_same_results(
    dataset: datasets.Dataset, tmp_path: Path
) -> None:
    pytest.importorskip("ray", reason="the ray extra is not installed")
    from evaluation import ray_pool as ray_engine

    config = run.EvaluationConfig(
        models=("fake",), baselines=False, scoring=ScoringSettings(followers=())
    )
    evaluate(dataset, tmp_path / "a", config)
    evaluate(dataset, tmp_path / "b", config, workers=2, execute=ray_engine.run)
    first, second = (tmp_path / name / "results.json" for name in "ab")
    assert first.read_bytes() == second.read_bytes()
