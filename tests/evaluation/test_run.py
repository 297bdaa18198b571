"""Runs: done once, whatever happens on the way."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import evaluation_sounds as sounds
import numpy as np
import pytest
from evaluation_fakes import load_fake

from core.audio import write_wav
from core.errors import ModelMissing, SettingsError, UserInputError
from core.midi import write_midi
from core.score import Clip, Note
from evaluation import datasets, pool, results, run
from evaluation.scoring import Settings

HERE = Path(__file__).parent
CONFIG = run.Config(models=("fake",), seed=3, scoring=Settings(judge="fake", followers=("yin",)))


def in_process(
    tasks: Sequence[Any], make_work: Callable[[], Any], workers: int
) -> Iterator[pool.Outcome[Any]]:
    """An executor without processes."""
    work = make_work()
    for task in tasks:
        yield pool.attempt(work, task)


@pytest.fixture
def dataset(tmp_path: Path) -> datasets.Dataset:
    """Two instruments, each with reference and target, and an item of words alone."""
    folder = tmp_path / "set"
    folder.mkdir()
    items = []
    for name, partials in (("dull", 2), ("buzzy", 20)):
        clip = Clip.of(name, sounds.melody().notes[:4], 1.8)
        write_midi(clip, folder / f"{name}.mid")
        other = Clip.of("other", [Note(0.1, 57, 90, 0.3), Note(0.5, 61, 90, 0.3)])
        for suffix, played in (("", clip), ("-reference", other)):
            sound = sounds.play(played, partials=partials, rolloff=2.5 / math.sqrt(partials))
            write_wav(folder / f"{name}{suffix}.wav", sound[None], sounds.RATE)
        items.append(
            datasets.Item(
                name,
                folder / f"{name}.mid",
                folder / f"{name}-reference.wav",
                name,
                folder / f"{name}.wav",
                name,
            )
        )
    items.append(datasets.Item("words", folder / "dull.mid", text="soft flute"))
    datasets.write(folder / "manifest.jsonl", items, {"set": "small"})
    return datasets.load(folder)


def evaluate(
    dataset: datasets.Dataset, output: Path, config: run.Config = CONFIG, **options: Any
) -> dict[str, Any]:
    options.setdefault("execute", in_process)
    return run.run(dataset, config, output, load=load_fake, **options)


def test_a_run_has_every_item_of_every_system(dataset: datasets.Dataset, tmp_path: Path) -> None:
    seen: list[run.Progress] = []
    found = evaluate(dataset, tmp_path / "a", on_progress=seen.append)
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
    assert seen[-1].done == seen[-1].total == 13
    assert seen[-1].left_s == 0
    assert found == results.read(tmp_path / "a")
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
    dataset: datasets.Dataset, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        evaluate(dataset, tmp_path / name, cache=tmp_path / "cache")
    evaluate(dataset, tmp_path / "c")
    files = [(tmp_path / name / "results.json").read_bytes() for name in "abc"]
    assert files[0] == files[1] == files[2]
    for damaged in (tmp_path / "cache").rglob("*.json"):
        damaged.write_text("{")
    evaluate(dataset, tmp_path / "d", cache=tmp_path / "cache")
    assert (tmp_path / "d" / "results.json").read_bytes() == files[0]


def test_an_interrupted_run_goes_on_where_it_was(dataset: datasets.Dataset, tmp_path: Path) -> None:
    whole = evaluate(dataset, tmp_path / "whole")

    def stop_after_five(progress: run.Progress) -> None:
        if progress.done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(dataset, tmp_path / "a", on_progress=stop_after_five)
    assert not (tmp_path / "a" / "results.json").exists()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "a").rglob("*.json")}
    counted: list[run.Progress] = []
    assert evaluate(dataset, tmp_path / "a", on_progress=counted.append) == whole
    assert len(counted) == 13 - 5
    assert all(path.stat().st_mtime_ns == time_ns for path, time_ns in before.items())


def test_a_record_that_is_damaged_or_lost_its_sound_is_done_again(
    dataset: datasets.Dataset, tmp_path: Path
) -> None:
    whole = evaluate(dataset, tmp_path / "a")
    (tmp_path / "a/records/sine/dull.json").write_text('{"figures"')
    (tmp_path / "a/audio/fake/buzzy.wav").unlink()
    counted: list[run.Progress] = []
    assert evaluate(dataset, tmp_path / "a", on_progress=counted.append) == whole
    assert {progress.last for progress in counted} == {"sine/dull", "fake/buzzy"}


def test_a_folder_of_another_run_is_refused(dataset: datasets.Dataset, tmp_path: Path) -> None:
    evaluate(dataset, tmp_path / "a", run.Config(limit=1))
    with pytest.raises(UserInputError, match="another run"):
        evaluate(dataset, tmp_path / "a")


def test_processes_give_what_one_process_gives(dataset: datasets.Dataset, tmp_path: Path) -> None:
    alone = evaluate(dataset, tmp_path / "a")
    assert evaluate(dataset, tmp_path / "b", workers=2, execute=pool.run) == alone


def test_a_killed_run_started_again_gives_the_same_bytes(
    dataset: datasets.Dataset, tmp_path: Path
) -> None:
    """A process is killed without warning; nothing is lost and nothing done twice."""
    evaluate(dataset, tmp_path / "whole")
    script = (
        "import sys; sys.path[:0] = [{here!r}, {root!r}]\n"
        "from pathlib import Path\n"
        "from test_run import CONFIG, in_process\n"
        "from evaluation_fakes import load_fake\n"
        "from evaluation import datasets, run\n"
        "found, out = datasets.load({set!r}), Path({out!r})\n"
        "run.run(found, CONFIG, out, execute=in_process, load=load_fake)\n"
    ).format(
        here=str(HERE),
        root=str(HERE.parents[1]),
        set=str(tmp_path / "set"),
        out=str(tmp_path / "a"),
    )
    process = subprocess.Popen([sys.executable, "-c", script])
    records = tmp_path / "a" / "records"
    deadline = time.monotonic() + 60
    while len(list(records.rglob("*.json"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = len(list(records.rglob("*.json")))
    assert 3 <= done < 13
    counted: list[run.Progress] = []
    evaluate(dataset, tmp_path / "a", on_progress=counted.append)
    assert len(counted) == 13 - done
    first, second = (tmp_path / name / "results.json" for name in ("whole", "a"))
    assert first.read_bytes() == second.read_bytes()


def crashing_set(folder: Path) -> datasets.Dataset:
    folder.mkdir()
    write_midi(Clip.of("c", [Note(0.0, 127, 100, 0.2)]), folder / "crash.mid")
    write_midi(sounds.melody(), folder / "fine.mid")
    items = [datasets.Item(name, folder / f"{name}.mid", text="x") for name in ("crash", "fine")]
    datasets.write(folder / "manifest.jsonl", items)
    return datasets.load(folder)


def test_a_worker_that_dies_is_started_again_and_its_item_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMBRE_TEST_CRASH", str(tmp_path / "crashed-once"))
    config = run.Config(models=("fake",), baselines=False, scoring=Settings(followers=()))
    found = evaluate(crashing_set(tmp_path / "s"), tmp_path / "a", config, execute=pool.run)
    assert (tmp_path / "crashed-once").exists()
    assert [row["error"] for row in found["rows"]] == [None, None]


def test_a_task_that_kills_every_worker_fails_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMBRE_TEST_CRASH", str(tmp_path))  # a folder: every try crashes
    config = run.Config(models=("fake",), baselines=False, scoring=Settings(followers=()))
    found = evaluate(crashing_set(tmp_path / "s"), tmp_path / "a", config, execute=pool.run)
    errors = {row["item"]: row["error"] for row in found["rows"]}
    assert "died 2 times (last exit code 9)" in errors["crash"]
    assert errors["fine"] is None
    assert found["summary"]["fake"]["failed"] == 1


def test_items_that_cannot_be_scored_fail_with_a_reason(
    dataset: datasets.Dataset, tmp_path: Path
) -> None:
    renders = tmp_path / "wavs"
    renders.mkdir()
    write_wav(renders / "dull.wav", np.zeros((1, 8000), np.float32), 16_000)
    bad = np.full((1, 100), np.nan, np.float32)
    import soundfile

    soundfile.write(renders / "words.wav", bad.T, 16_000, subtype="FLOAT")
    config = run.Config(folder=renders, folder_name="theirs", scoring=CONFIG.scoring)
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


@pytest.mark.parametrize(
    "config",
    [
        lambda: run.Config(models=("a", "a")),
        lambda: run.Config(seed=-1),
        lambda: run.Config(limit=0),
    ],
)
def test_configurations_that_make_no_sense_are_refused(config: Callable[[], Any]) -> None:
    with pytest.raises(SettingsError):
        config()


def test_a_missing_model_is_told_before_anything_is_written(
    dataset: datasets.Dataset, tmp_path: Path
) -> None:
    with pytest.raises(ModelMissing):
        evaluate(dataset, tmp_path / "a", run.Config(models=("missing",)))
    assert not (tmp_path / "a").exists()


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for trial in range(200):
        low, high = results.bootstrap(rng.normal(1.0, 1.0, 30), trial)
        hits += low <= 1.0 <= high
    assert 0.88 <= hits / 200 <= 0.98


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
    from evaluation import ray_engine

    alone = evaluate(dataset, tmp_path / "a")
    assert evaluate(dataset, tmp_path / "b", workers=2, execute=ray_engine.run) == alone
    first, second = (json.loads((tmp_path / n / "results.json").read_text()) for n in "ab")
    assert first == second
