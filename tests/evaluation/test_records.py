"""A record holds for as long as what it was computed from, and no longer."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from core.audio import read_audio, write_wav
from core.errors import UserInputError
from evaluation import datasets, run
from evaluation.metrics import catalog
from evaluation.records.paths import without_paths
from evaluation.scoring import ScoringSettings
from tests.evaluation import sounds
from tests.evaluation.fakes import CONFIG, in_process, load_fake

QUICK = ScoringSettings(followers=())


def evaluate(
    dataset: datasets.Dataset, output: Path, config: run.EvaluationConfig, seen: list[str]
) -> dict[str, Any]:
    return run.run(
        dataset,
        config,
        output,
        execute=in_process,
        load=load_fake,
        on_progress=lambda now: seen.append(now.last),
    )


def folder_of(path: Path, dataset: datasets.Dataset, *noisy: str) -> run.EvaluationConfig:
    path.mkdir()
    for item in dataset.items:
        if item.id in noisy or item.target is None:
            write_wav(path / f"{item.id}.wav", sounds.noise(1.6)[None], sounds.RATE)
        else:
            shutil.copy(item.target, path / f"{item.id}.wav")
    return run.EvaluationConfig(folder=path, baselines=False, scoring=QUICK)


def test_other_sounds_in_the_same_folder_are_scored_again(
    dataset: datasets.Dataset, tmp_path: Path
) -> None:
    first = folder_of(tmp_path / "w1", dataset)
    second = folder_of(tmp_path / "w2", dataset, "dull")
    one = evaluate(dataset, tmp_path / "run", first, [])
    seen: list[str] = []
    two = evaluate(dataset, tmp_path / "run", second, seen)
    assert seen == ["folder/dull"]  # the others are the same sounds
    assert two == evaluate(dataset, tmp_path / "fresh", second, [])
    mss = {name: found["summary"]["folder"]["figures"]["mss"]["mean"] for name, found in
           (("one", one), ("two", two))}  # fmt: skip
    assert mss["one"] == 0
    assert mss["two"] > 0.5
    # The same folder, with another sound under an old name.
    write_wav(tmp_path / "w2/buzzy.wav", sounds.noise(1.6)[None], sounds.RATE)
    seen.clear()
    evaluate(dataset, tmp_path / "run", second, seen)
    assert seen == ["folder/buzzy"]


def test_another_target_or_reference_under_the_same_name_is_noticed(
    dataset: datasets.Dataset, tmp_path: Path
) -> None:
    shutil.copytree(dataset.items[0].midi.parent, tmp_path / "set")
    manifest = tmp_path / "set/manifest.jsonl"
    lines = [json.loads(line) for line in manifest.read_text().splitlines()]
    for line in lines:
        line.pop("sha256", None)
    manifest.write_text("\n".join(json.dumps(line) for line in lines))
    config = dataclasses.replace(CONFIG, scoring=QUICK)
    found = datasets.load(tmp_path / "set")
    evaluate(found, tmp_path / "run", config, [])
    audio, rate = read_audio(tmp_path / "set/dull-reference.wav")
    write_wav(tmp_path / "set/dull-reference.wav", audio * 0.5, rate)
    seen: list[str] = []
    after = evaluate(datasets.load(tmp_path / "set"), tmp_path / "run", config, seen)
    # Everything of the item, and the one that was played in its timbre by mistake.
    assert {name for name in seen if "wrong" not in name} == {
        "fake/dull", "ground-truth/dull", "other-performance/dull", "sine/dull",
    }  # fmt: skip
    assert "fake+wrong-timbre/buzzy" in seen
    assert after["items"]["dull"]["sha256"]["reference"] != (
        found.items[0].sha256.get("reference") or "none"
    )


def test_another_version_of_a_metric_computes_its_records_again(
    dataset: datasets.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = dataclasses.replace(CONFIG, scoring=QUICK, limit=1)
    before = evaluate(dataset, tmp_path / "run", config, [])
    raised = tuple(
        dataclasses.replace(metric, version=metric.version + (metric.name == "tc"))
        for metric in catalog.METRICS
    )
    monkeypatch.setattr(catalog, "METRICS", raised)
    seen: list[str] = []
    after = evaluate(dataset, tmp_path / "run", config, seen)
    assert len(seen) == 5
    # The two differ, and say why.
    old, new = before["config"].pop("metrics"), after["config"].pop("metrics")
    assert {name for name in new if new[name] != old[name]} == {"tc"}
    assert before["config"] == after["config"]
    assert json.loads((tmp_path / "run/config.json").read_text())["metrics"] == new


def test_a_sound_of_the_run_that_was_overwritten_is_made_again(
    dataset: datasets.Dataset, whole: Path, whole_results: dict[str, Any], tmp_path: Path
) -> None:
    shutil.copytree(whole, tmp_path / "a")
    write_wav(tmp_path / "a/audio/sine/dull.wav", sounds.noise(1.0)[None], sounds.RATE)
    seen: list[str] = []
    assert evaluate(dataset, tmp_path / "a", CONFIG, seen) == whole_results
    assert seen == ["sine/dull"]


def test_a_result_of_other_records_does_not_outlive_them(
    dataset: datasets.Dataset, tmp_path: Path
) -> None:
    first = folder_of(tmp_path / "w1", dataset)
    second = folder_of(tmp_path / "w2", dataset, "dull")
    evaluate(dataset, tmp_path / "run", first, [])

    def stop(progress: run.RunProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.run(dataset, second, tmp_path / "run", execute=in_process, on_progress=stop)
    assert not (tmp_path / "run/results.json").exists()


def test_a_subset_has_the_baselines_of_the_whole(
    dataset: datasets.Dataset, whole_results: dict[str, Any], tmp_path: Path
) -> None:
    part = evaluate(dataset, tmp_path / "a", dataclasses.replace(CONFIG, limit=1), [])
    whole_rows = {(row["system"], row["item"]): row for row in whole_results["rows"]}
    assert {row["system"] for row in part["rows"]} == set(whole_results["config"]["systems"])
    for row in part["rows"]:
        assert row == whole_rows[row["system"], row["item"]]


def test_results_hold_no_path_of_this_machine(dataset: datasets.Dataset, tmp_path: Path) -> None:
    place = tmp_path / "a place with spaces"
    config = folder_of(place, dataset)
    (place / "dull.wav").unlink()
    (place / "words.wav").write_bytes(b"RIFF nothing")
    found = evaluate(dataset, tmp_path / "run", config, [])
    errors = {row["item"]: row["error"] for row in found["rows"]}
    assert "has no dull.wav" in errors["dull"]
    assert "words.wav" in errors["words"]
    text = (tmp_path / "run/results.json").read_text()
    for part in (*tmp_path.parts[1:-1], tmp_path.name):
        assert f"{part}/" not in text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("/home/eve/x y/a.wav is damaged", "a.wav is damaged"),
        ("cannot read '/srv/set/b.mid': no", "cannot read 'b.mid': no"),
        (r"C:\Users\eve\c.wav is empty", "c.wav is empty"),
        ("5 of 8 and/or 44.1 kHz, 1/2 s", "5 of 8 and/or 44.1 kHz, 1/2 s"),
    ],
)
def test_errors_keep_names_and_lose_paths(text: str, clean: str) -> None:
    assert without_paths(text, [Path("/home/eve/x y/a.wav")]) == clean


def test_a_run_of_something_else_is_still_refused(
    dataset: datasets.Dataset, whole: Path, tmp_path: Path
) -> None:
    shutil.copytree(whole, tmp_path / "a")
    with pytest.raises(UserInputError, match=r"another run \(seed"):
        evaluate(dataset, tmp_path / "a", dataclasses.replace(CONFIG, seed=4), [])
