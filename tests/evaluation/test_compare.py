"""Comparisons, their gate, and the command line around them."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.testing

from core.errors import OutputError, SettingsError, UserInputError
from core.midi import as_clip
from evaluation import datasets, importers, report, results
from evaluation.cli import REGRESSED, evaluate
from evaluation.compare import compare
from evaluation.metrics import clap, consistency, distance, mss, pitch, speed, transcription
from evaluation.run import run
from evaluation.tables import comparison_table, summary_table


def invoke(*arguments: Any) -> Any:
    return typer.testing.CliRunner().invoke(evaluate, [str(argument) for argument in arguments])


def changed(found: dict[str, Any], system: str, figure: str, by: float) -> dict[str, Any]:
    copied = copy.deepcopy(found)
    for row in copied["rows"]:
        if row["system"] == system and row["figures"].get(figure) is not None:
            row["figures"][figure] += by
    return copied


def test_a_run_does_not_differ_from_itself(whole_results: dict[str, Any]) -> None:
    found = compare(whole_results, whole_results, gates=["mss", "onset_f"])
    assert found.regressed == []
    assert all(change.difference.mean in (0.0, None) for change in found.changes)


def test_a_fall_beyond_the_tolerance_shuts_the_gate(whole_results: dict[str, Any]) -> None:
    worse = changed(whole_results, "fake", "mss", 0.5)
    (reason,) = compare(whole_results, worse, gates=["mss"], tolerance=0.4).regressed
    assert "MSS (DDSP) got worse by 0.500" in reason
    assert compare(whole_results, worse, gates=["mss"], tolerance=0.5).regressed == []
    assert compare(whole_results, worse, gates=["onset_f"]).regressed == []
    assert compare(worse, whole_results, gates=["mss"]).regressed == []  # it got better
    (change,) = (c for c in compare(whole_results, worse).changes if c.metric.name == "mss")
    assert change.difference.mean == pytest.approx(0.5)
    assert change.difference.low == pytest.approx(0.5)
    assert [item for item, _ in change.worse] == ["dull", "buzzy"]


def test_items_that_fail_or_lose_a_figure_shut_the_gate_too(whole_results: dict[str, Any]) -> None:
    broken = copy.deepcopy(whole_results)
    for row in broken["rows"]:
        if row["system"] == "fake" and row["item"] == "dull":
            row |= {"error": "boom", "figures": {}}
        if row["system"] == "fake" and row["item"] == "buzzy":
            row["figures"]["mss"] = None
    reasons = compare(whole_results, broken, gates=["mss"]).regressed
    assert any("dull failed" in reason for reason in reasons)
    assert any("no longer defined for buzzy" in reason for reason in reasons)


def test_figures_that_mean_something_else_are_not_compared(whole_results: dict[str, Any]) -> None:
    other = copy.deepcopy(whole_results)
    other["config"]["judged_by"]["encoder"]["sha256"] = "1" * 64
    other["config"]["judged_by"]["mss"] = "something else"
    found = compare(whole_results, other, gates=["clap_target"])
    why = {change.metric.name: change.why_not for change in found.changes}
    assert why["clap_target"] == "different encoders"
    assert why["mss_audible"] == why["mss"] == "different configurations"
    assert why["onset_f"] is None
    assert "cannot be compared" in found.regressed[0]
    assert "different encoders" in comparison_table(found)


def test_runs_of_different_sets_and_unknown_names_are_refused(
    whole_results: dict[str, Any],
) -> None:
    other = copy.deepcopy(whole_results)
    other["config"]["set"]["sha256"] = "1" * 64
    with pytest.raises(UserInputError, match="different sets"):
        compare(whole_results, other)
    with pytest.raises(UserInputError, match="no system 'x'; it has fake"):
        compare(whole_results, whole_results, system_b="x")
    with pytest.raises(SettingsError, match="no figure to watch"):
        compare(whole_results, whole_results, gates=["notes_estimated"])
    with pytest.raises(SettingsError, match="tolerance"):
        compare(whole_results, whole_results, tolerance=float("nan"))


def test_runs_that_are_not_of_the_same_work_say_so(whole_results: dict[str, Any]) -> None:
    assert compare(whole_results, whole_results).notes == ()
    other = copy.deepcopy(whole_results)
    other["rows"] = [row for row in other["rows"] if row["item"] != "words"]
    other["config"] |= {"seed": 9, "version": "0.0.1", "render": {"top_k": 3}}
    other["config"]["models"]["fake"]["sha256"] = "1" * 64
    other["items"]["dull"]["sha256"]["target"] = "1" * 64
    found = compare(whole_results, other)
    for part in ("1 item is only before", "seeds differ: 3 and 9", "top_k", "programs differ",
                 "fake has another weights", "files of dull differ"):  # fmt: skip
        assert any(part in note for note in found.notes), part
    assert "not the same work: the seeds differ" in comparison_table(found)


def test_figures_of_another_version_of_a_metric_are_not_compared(
    whole_results: dict[str, Any],
) -> None:
    older = copy.deepcopy(whole_results)
    older["config"]["metrics"]["mss"] = 1
    (why,) = [c.why_not for c in compare(older, whole_results).changes if c.metric.name == "mss"]
    assert why == "versions 1 and 2 of the metric; run the older again"
    # Runs from before there were versions are of the first.
    del older["config"]["metrics"]
    changes = {c.metric.name: c.why_not for c in compare(older, whole_results).changes}
    assert changes["mss"] is not None
    assert changes["mss_audible"] is None


def test_a_similarity_names_its_judge_and_says_who_was_trained_with_it(
    whole_results: dict[str, Any],
) -> None:
    table = summary_table(whole_results, {})
    assert "Timbre target by spectrum-test† ↑" in table
    assert "† fake was trained with this judge" in table
    other = copy.deepcopy(whole_results)
    other["config"]["judged_by"]["encoder"]["trained_with"] = []
    assert "†" not in summary_table(other, {})
    assert "by spectrum-test ↑" in comparison_table(compare(other, other))
    # Results of earlier versions say nothing of it, nor of what else is new.
    del other["config"]["judged_by"]["encoder"]["trained_with"]
    for own in other["summary"].values():
        del own["unjudged_s"]
    for found in other["distances"].values():
        del found["intervals"], found["halves"]
    assert "by spectrum-test ↑" in summary_table(other, {})


def test_the_command_prints_a_table_and_exits_with_4(whole: Path) -> None:
    good = invoke("compare", whole, f"{whole}:fake/wrong-timbre")
    assert good.exit_code == 0
    assert "fake/wrong-timbre" in good.output
    shut = invoke("compare", f"{whole}:ground-truth", whole, "--metric", "mss", "--json")
    assert shut.exit_code == REGRESSED == 4
    data = json.loads(shut.stdout.splitlines()[0])
    assert data["changes"]["mss"]["difference"]["mean"] > 0
    assert data["regressed"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 99, "rows": [], "summary": 0}'])
def test_what_is_no_result_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(UserInputError, match="holds no results"):
        results.read(tmp_path)
    (tmp_path / "results.json").write_text(content)
    with pytest.raises(UserInputError, match="not a run's result"):
        results.read(tmp_path)


def test_tables_show_every_system_and_name_the_encoder(whole_results: dict[str, Any]) -> None:
    table = summary_table(whole_results, {"fake": {"rtf": 0.125}})
    for system in whole_results["config"]["systems"]:
        assert system in table
    assert "spectrum-test" in table
    assert "0.12" in table
    assert "FFT 2048/1024" in table
    assert "nan" not in table.lower()


def test_score_compares_any_systems_sounds(dataset: datasets.Dataset, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    for item in dataset.items:
        if item.target is not None:
            shutil.copy(item.target, theirs / f"{item.id}.wav")
    folder, output = dataset.items[0].midi.parent, tmp_path / "run"
    found = invoke(
        "score", folder, theirs, "-o", output, "--judge", "none", "--workers", 1, "--no-cache",
        "--no-baselines", "--limit", 2, "--json",
    )  # fmt: skip
    assert found.exit_code == 0, found.output
    data = json.loads(found.stdout)
    # The sounds are the targets themselves.
    assert data["summary"]["theirs"]["figures"]["mss"]["mean"] == 0
    assert Path(data["report"]).exists()


def test_a_manifest_is_made_of_a_folder(dataset: datasets.Dataset, tmp_path: Path) -> None:
    source = tmp_path / "mine"
    source.mkdir()
    shutil.copy(dataset.items[0].midi, source / "a.mid")
    (source / "a.txt").write_text("soft flute")
    assert invoke("manifest", source, "-o", tmp_path / "out").exit_code == 0
    assert datasets.load(tmp_path / "out").items[0].text == "soft flute"


def test_a_manifest_that_is_there_is_replaced_by_force_alone(
    dataset: datasets.Dataset, tmp_path: Path
) -> None:
    source, out = tmp_path / "mine", tmp_path / "out"
    source.mkdir()
    out.mkdir()
    shutil.copy(dataset.items[0].midi, source / "a.mid")
    (source / "a.txt").write_text("soft flute")
    (out / "manifest.jsonl").write_text("theirs")
    refused = invoke("manifest", source, "-o", out)
    assert isinstance(refused.exception, OutputError)
    assert "manifest.jsonl is there already" in str(refused.exception)
    assert "--force" in str(refused.exception)
    assert (out / "manifest.jsonl").read_text() == "theirs"
    assert [path.name for path in out.iterdir()] == ["manifest.jsonl"]
    forced = invoke("manifest", source, "-o", out, "--force")
    assert forced.exit_code == 0, forced.output
    assert datasets.load(out).items[0].text == "soft flute"


@pytest.mark.parametrize("name", ["report.wav", "report.pdf", "report", "results.json"])
def test_a_report_is_a_page_by_its_name_or_refused(whole: Path, tmp_path: Path, name: str) -> None:
    there = tmp_path / name
    there.write_text("theirs")
    refused = invoke("report", whole, "-o", there)
    assert isinstance(refused.exception, OutputError)
    assert str(refused.exception).startswith(f"cannot write {there}: ")
    assert "end its name in .html" in str(refused.exception)
    assert there.read_text() == "theirs"


@pytest.mark.parametrize("name", ["report.html", "report.HTM"])
def test_a_report_goes_where_its_page_is_named(whole: Path, tmp_path: Path, name: str) -> None:
    written = invoke("report", whole, "-o", tmp_path / name)
    assert written.exit_code == 0, written.output
    assert written.stdout.strip() == str(tmp_path / name)
    assert (tmp_path / name).read_text().lstrip().lower().startswith("<!doctype html")


def test_paths_may_be_strings_and_other_types_are_one_type_error(
    whole: Path, tmp_path: Path
) -> None:
    assert results.read(str(whole)) == results.read(whole)
    assert report.write(str(whole), str(tmp_path / "x.html")) == tmp_path / "x.html"
    wrong: list[tuple[Callable[..., object], tuple[Any, ...]]] = [
        (results.read, (None,)),
        (report.write, (results.read(whole),)),
        (report.write, (whole, 3)),
        (compare, (whole, whole)),
        (datasets.load, (None,)),
        (datasets.write, (tmp_path / "m.jsonl", [{"id": "a"}])),
        (datasets.write, ([], tmp_path / "m.jsonl")),
        (importers.read, ("folder", None, tmp_path)),
        (run, ("embedded-v1", None, tmp_path / "run")),
        (clap.evaluate, ("embedded", np.ones(99), 44_100)),
        (consistency.evaluate, ("a.wav", 44_100, [])),
        (consistency.evaluate, (np.ones(99), 44_100, None)),
        (distance.evaluate, ("a", "b")),
        (mss.evaluate, (np.ones(99), np.ones(99), 44_100, 44_100)),
        (mss.evaluate, (np.ones(99), 44_100, np.ones(99), 44_100, 2048)),
        (pitch.evaluate, (np.ones(99), 44_100, [], "yin")),
        (speed.evaluate, (None,)),
        (speed.evaluate, (lambda: None,)),
        (transcription.evaluate, (None, [])),
    ]
    for entry, given in wrong:
        named = {"embedding": "x", "reference": "y"} if entry is distance.evaluate else {}
        with pytest.raises(TypeError, match=r" is .*; give ") as caught:
            entry(*given, **named)
        assert "\n" not in str(caught.value)


def test_figures_are_the_same_of_every_form_of_sound_and_notes() -> None:
    left = np.sin(np.arange(44_100) / 16).astype(np.float32) * 0.5
    stereo = np.stack([left, left * 0.5])
    rows = np.array([[0.0, 0.5, 60, 90], [0.5, 1.0, 64, 90]])
    notes = as_clip(rows).notes
    told = pitch.evaluate(stereo, 44_100, notes, ("yin",))
    assert pitch.evaluate(stereo.T, 44_100, rows, ["yin"]) == told
    assert pitch.evaluate(stereo, 44_100, as_clip(rows), ("yin",)) == told
    assert mss.evaluate(stereo.T, 44_100, stereo, 44_100)["mss"] == 0
    assert transcription.evaluate(rows, notes)["velocity_f"] == 1.0
