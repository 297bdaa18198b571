"""``timbre evaluate``: run, report, compare, score, and make a manifest.

Only arguments are read here; what a command needs is imported when it runs.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.console import ProgressDisplay, progress_display
from core.models import DEFAULT_BUNDLE
from core.options import DeviceOption, ForceOption, JsonOption, with_settings
from core.settings import RenderSettings
from core.terminal.examples import epilog, with_examples

if TYPE_CHECKING:
    from evaluation.compare import Comparison
    from evaluation.run import EvaluationConfig, RunProgress

REGRESSED = 4
"""Exit code of ``compare`` when a watched figure fell further than allowed."""

_NO_SETTINGS = RenderSettings()

evaluate = typer.Typer(
    name="evaluate",
    help="Measure how well models play: notes, timbre, pitch, speed.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog=epilog(
        "timbre evaluate run embedded-v1 -o runs/a",
        "timbre evaluate compare runs/a runs/b",
    ),
)

OutputOption = Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Of the run.")]
WorkersOption = Annotated[int, typer.Option(metavar="N", help="Worker processes.", min=1)]
RunSeedOption = Annotated[
    int, typer.Option(metavar="N", help="Of renders, choices and resampling.", min=0)
]
ItemLimitOption = Annotated[int | None, typer.Option(metavar="N", help="First items only.", min=1)]
EngineOption = Annotated[
    str, typer.Option("--engine", metavar="NAME", help="Where tasks are done: local or ray.")
]
JudgeOption = Annotated[
    str | None,
    typer.Option(metavar="ID", help="Bundle whose encoder gives timbre figures; 'none' for none."),
]
NoCacheOption = Annotated[bool, typer.Option("--no-cache", help="Keep and use no cached results.")]


@evaluate.command("run")
@with_examples(
    "timbre evaluate run embedded-v1 -o runs/a",
    "timbre evaluate run embedded-v1 --model embedded --limit 4 -o runs/quick",
    "timbre evaluate run collection --split test --workers 4 -o runs/b",
)
@with_settings
def run_command(
    manifest: Annotated[
        str, typer.Argument(metavar="SET", help="A built-in set, a manifest, or its folder.")
    ],
    output: OutputOption,
    model: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Model bundle; may be given again.")
    ] = None,
    workers: WorkersOption = 2,
    seed: RunSeedOption = 0,
    limit: ItemLimitOption = None,
    split: Annotated[
        str | None, typer.Option(metavar="NAME", help="Items of this split only.")
    ] = None,
    judge: JudgeOption = None,
    baselines: Annotated[bool, typer.Option(help="Run the baselines too.")] = True,
    engine: EngineOption = "local",
    device: DeviceOption = None,
    settings: RenderSettings = _NO_SETTINGS,
    no_cache: NoCacheOption = False,
    as_json: JsonOption = False,
) -> None:
    """Render and score a set; the same command goes on with a run that was stopped."""
    from evaluation.run import EvaluationConfig
    from evaluation.scoring import ScoringSettings

    models = tuple(model or [DEFAULT_BUNDLE])
    config = EvaluationConfig(
        models=models,
        seed=seed,
        render=settings,
        baselines=baselines,
        scoring=ScoringSettings(judge=_judge_model(judge, models[0])),
        limit=limit,
    )
    _run(manifest, split, config, output, workers, engine, device, no_cache, as_json)


@evaluate.command("score")
@with_examples(
    "timbre evaluate score embedded-v1 renders --name theirs -o runs/theirs",
    "timbre evaluate score embedded-v1 renders --no-baselines -o runs/theirs --json",
)
def score_command(
    manifest: Annotated[
        str, typer.Argument(metavar="SET", help="A built-in set, a manifest, or its folder.")
    ],
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Sounds named ITEM.wav, of any system.")
    ],
    output: OutputOption,
    name: Annotated[
        str, typer.Option(metavar="NAME", help="The system's name in the tables.")
    ] = "theirs",
    workers: WorkersOption = 2,
    seed: RunSeedOption = 0,
    limit: ItemLimitOption = None,
    split: Annotated[
        str | None, typer.Option(metavar="NAME", help="Items of this split only.")
    ] = None,
    judge: JudgeOption = None,
    baselines: Annotated[bool, typer.Option(help="Run the baselines too.")] = True,
    engine: EngineOption = "local",
    no_cache: NoCacheOption = False,
    as_json: JsonOption = False,
) -> None:
    """Score sounds that any other system made of a set."""
    from core.errors import UserInputError
    from evaluation.run import EvaluationConfig
    from evaluation.scoring import ScoringSettings

    if not folder.is_dir():
        raise UserInputError(f"{folder}: no such folder; give the folder of the system's sounds")
    config = EvaluationConfig(
        seed=seed,
        baselines=baselines,
        folder=folder.absolute(),
        folder_name=name,
        scoring=ScoringSettings(judge=_judge_model(judge, DEFAULT_BUNDLE)),
        limit=limit,
    )
    _run(manifest, split, config, output, workers, engine, None, no_cache, as_json)


@evaluate.command("report")
@with_examples("timbre evaluate report runs/a", "timbre evaluate report runs/a -o page.html")
def report_command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Of the page; RUN/report.html if not given."
        ),
    ] = None,
) -> None:
    """Write one HTML page with the tables, the sounds and the piano rolls."""
    with progress_display() as display:
        display.stage("writing the page")
        from evaluation import report

        page = report.write(run, output)
    typer.echo(page)


@evaluate.command("compare")
@with_examples(
    "timbre evaluate compare runs/a runs/b",
    "timbre evaluate compare runs/a:embedded runs/b:embedded --json",
    "timbre evaluate compare runs/a runs/b --metric clap_target --tolerance 0.02",
)
def compare_command(
    a: Annotated[str, typer.Argument(metavar="BEFORE", help="RUN or RUN:SYSTEM.")],
    b: Annotated[str, typer.Argument(metavar="AFTER", help="RUN or RUN:SYSTEM.")],
    metric: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A figure that must not fall; may be given again."),
    ] = None,
    tolerance: Annotated[
        float, typer.Option(metavar="X", help="How far it may fall, in its unit.")
    ] = 0.0,
    as_json: JsonOption = False,
) -> None:
    """Paired differences of two systems; exit code 4 if a named figure fell too far."""
    (run_a, system_a), (run_b, system_b) = _split_run_system(a), _split_run_system(b)
    with progress_display() as display:
        display.stage("comparing")
        from evaluation import results
        from evaluation.compare import compare

        comparison = compare(
            results.read(run_a), results.read(run_b), system_a, system_b, metric or (), tolerance
        )
    if as_json:
        typer.echo(json.dumps(_comparison_to_json(comparison)))
    else:
        from evaluation.tables import comparison_table

        typer.echo(comparison_table(comparison))
    for reason in comparison.regressed:
        print(f"regression: {reason}", file=sys.stderr)
    if comparison.regressed:
        raise typer.Exit(REGRESSED)


@evaluate.command("manifest")
@with_examples(
    "timbre evaluate manifest sounds -o collection",
    "timbre evaluate manifest nsynth-test --layout nsynth --limit 100 -o nsynth",
)
def manifest_command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The collection.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Of the manifest.")
    ],
    layout: Annotated[
        str, typer.Option(metavar="LAYOUT", help="folder, nsynth or lakh.")
    ] = "folder",
    limit: ItemLimitOption = None,
    seed: RunSeedOption = 0,
    force: ForceOption = False,
) -> None:
    """Make a manifest of a folder, of NSynth or of the Lakh MIDI dataset."""
    from core.files import output_error, refuse_existing

    refuse_existing(output / "manifest.jsonl", force=force)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(output, error) from error
    with progress_display() as display:
        display.stage(f"reading {folder.name}")
        from evaluation import datasets, importers

        items = importers.read(layout, folder, output, limit, seed)
        datasets.write(output / "manifest.jsonl", items, {"set": output.name})
    typer.echo(f"{len(items)} items in {output / 'manifest.jsonl'}")


def _run(
    manifest: str,
    split: str | None,
    config: EvaluationConfig,
    output: Path,
    workers: int,
    engine: str,
    device: str | None,
    no_cache: bool,
    as_json: bool,
) -> None:
    with progress_display() as display:
        display.stage("loading the set and the models")
        from core.errors import SettingsError
        from core.paths import cache_dir
        from evaluation import datasets, pool, report
        from evaluation import ray_pool as ray_engine
        from evaluation.results import read_machine, read_timings
        from evaluation.run import run
        from evaluation.tables import summary_table

        engines = {"local": pool.run, "ray": ray_engine.run}
        if engine not in engines:
            raise SettingsError(f"engine {engine!r} is not one of {', '.join(engines)}")
        run_results = run(
            datasets.load(manifest, split),
            config,
            output,
            workers=workers,
            cache=None if no_cache else cache_dir() / "evaluation",
            device=device,
            execute=engines[engine],
            on_progress=partial(_show_progress, display),
        )
        display.stage("writing the page")
        page = report.write(output)
    if as_json:
        paths = {"results": str(output / "results.json"), "report": str(page)}
        typer.echo(json.dumps({**paths, "summary": run_results["summary"]}))
    else:
        typer.echo(summary_table(run_results, read_timings(output), read_machine(output)))
        typer.echo(f"\n{output / 'results.json'}\n{page}")
    failed = [row for row in run_results["rows"] if row["error"] is not None]
    for row in failed[:10]:
        print(f"failed: {row['system']}, {row['item']}: {row['error']}", file=sys.stderr)
    if failed:
        raise typer.Exit(max(row["exit_code"] for row in failed))


def _show_progress(display: ProgressDisplay, progress: RunProgress) -> None:
    failed = f", {progress.failed} failed" if progress.failed else ""
    sounds = "1 sound" if progress.total == 1 else f"{progress.total} sounds"
    again = f", {progress.stale} of them again, as they changed" if progress.stale else ""
    display.stage(f"rendering and scoring {sounds}{again}{failed}")
    display.progress(progress.done / progress.total)


def _judge_model(chosen: str | None, default: str) -> str | None:
    return None if chosen == "none" else chosen or default


def _split_run_system(text: str) -> tuple[Path, str | None]:
    """RUN or RUN:SYSTEM; a path that exists is taken whole, colon or not."""
    if Path(text).exists() or ":" not in text:
        return Path(text), None
    run, _, system = text.rpartition(":")
    return Path(run), system


def _comparison_to_json(comparison: Comparison) -> dict[str, Any]:
    return {
        "a": comparison.name_a,
        "b": comparison.name_b,
        "regressed": comparison.regressed,
        "not_the_same_work": list(comparison.notes),
        "changes": {
            change.metric.name: {
                "a": change.mean_a,
                "b": change.mean_b,
                "difference": change.difference.to_json(),
                "worse": [list(entry) for entry in change.worse],
                "lost": list(change.lost),
                "why_not": change.why_not,
            }
            for change in comparison.changes
        },
    }
