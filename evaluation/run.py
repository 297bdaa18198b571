"""A run: every item of a manifest through every system, scored, in parallel, once.

A run is a folder. ``config.json`` says what is run, ``records/SYSTEM/ID.json`` appears when a task
is done (after its sound, under ``audio/``), and ``results.json`` and ``timings.json`` when all are.
Starting the same run again does what is missing: a task whose record still holds is never repeated,
one that was under way is begun again, and one that failed is tried again. A record holds as long as
everything that it was computed from is the same (:mod:`evaluation.records.inputs`): another sound
under the same name, or another version of a metric, and the task is done again. A folder that holds
another run (of another set, seed, model, …) is refused.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from core.clip import Clip
from core.coercion.type_errors import as_path, check_type
from core.engines.registry import settings_to_json
from core.errors import MidiError, OutputError, SettingsError, UserInputError
from core.files import output_error
from core.midi import read_midi
from core.settings import RenderSettings
from core.timbre import AudioTimbre
from core.version import program_version
from evaluation import machine, pool, results
from evaluation.datasets import Dataset
from evaluation.metrics.catalog import metric_versions
from evaluation.records.inputs import FileHashes, record_inputs, record_key
from evaluation.records.paths import without_paths
from evaluation.records.store import RecordStore
from evaluation.scoring import Scorer, ScoringSettings, from_base64, judge_hashes, note_to_json
from evaluation.systems import Loader, Player, System, Task, load_bundle, plan

Executor = Callable[
    [Sequence[Task], Callable[[], pool.Work[Task]], int], Iterator[pool.Outcome[Task]]
]
"""Does tasks somewhere: :func:`evaluation.pool.run` or :func:`evaluation.ray_pool.run`."""


@dataclass(frozen=True)
class EvaluationConfig:
    """What is run; with the set, everything the results depend on.

    Attributes:
        models: bundle ids.
        seed: of every render, choice and resampling.
        render: settings of every render.
        baselines: whether ground truth, sines and the others are run too.
        folder: of WAVs made by another system, named by item ids; its name in the table
            is ``folder_name``.
        folder_name: see ``folder``.
        scoring: what figures depend on.
        limit: first items only; None for all.
    """

    models: tuple[str, ...] = ()
    seed: int = 0
    render: RenderSettings = field(default_factory=RenderSettings)
    baselines: bool = True
    folder: Path | None = None
    folder_name: str = "folder"
    scoring: ScoringSettings = field(default_factory=ScoringSettings)
    limit: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**32:
            raise SettingsError(f"seed {self.seed} is outside 0–4294967295")
        if self.limit is not None and self.limit < 1:
            raise SettingsError(f"limit {self.limit} is below 1")
        if len(set(self.models)) != len(self.models):
            raise SettingsError("a model is given twice")


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run is.

    Attributes:
        done, total: tasks; ``done`` counts those of an earlier start.
        failed: tasks of this start that failed.
        left_s: time left at the pace so far, seconds; None while the workers warm up.
        last: the task that just ended.
        stale: tasks of this start whose record of an earlier one no longer held.
    """

    done: int
    total: int
    failed: int
    left_s: float | None
    last: str
    stale: int = 0


def build_systems(config: EvaluationConfig, player: Player) -> list[System]:
    """The systems of a run: models and folder first, then the baselines.

    Args:
        config: of the run.
        player: loads the bundles.

    Raises:
        ModelMissing, ModelDamaged: if a bundle cannot be used.
    """
    systems = [System(model, "model", model, config.render) for model in config.models]
    if config.folder is not None:
        systems.append(System(config.folder_name, "folder", folder=config.folder))
    if config.baselines:
        systems += [
            System("ground-truth", "ground-truth"),
            System("other-performance", "other-performance"),
        ]
        for model in config.models:
            wrong = System(f"{model}/wrong-timbre", "wrong-timbre", model, config.render)
            systems.append(wrong)
            if player.synthesizer(model).bundle.has("codec"):
                systems.append(System(f"{model}/codec", "codec", model))
        systems.append(System("sine", "sine"))
    names = [system.name for system in systems]
    if len(set(names)) != len(names):
        raise SettingsError(f"two systems are called alike: {', '.join(sorted(names))}")
    if not systems:
        raise SettingsError("there is nothing to run: give a model")
    return systems


def run(
    dataset: Dataset,
    config: EvaluationConfig,
    output: str | os.PathLike[str],
    *,
    workers: int = 1,
    cache: Path | None = None,
    device: str | None = None,
    execute: Executor = pool.run,
    on_progress: Callable[[RunProgress], None] = lambda progress: None,
    load: Loader = load_bundle,
) -> dict[str, Any]:
    """Run, or go on with, an evaluation.

    Args:
        dataset: what to render.
        config: how.
        output: folder of the run; made if absent.
        workers: processes.
        cache: folder of cached embeddings and transcriptions; None keeps none.
        device: for the models.
        execute: where the tasks are done.
        on_progress: called after every task.
        load: how bundles are loaded.

    Returns:
        The content of ``results.json``, which is written, as is ``timings.json``.

    Raises:
        UserInputError: if the folder holds another run.
        ModelMissing, ModelDamaged: if a bundle cannot be used.
        OutputError: if the folder cannot be written to.
    """
    check_type("the set", dataset, Dataset, "what evaluation.datasets.load reads")
    check_type("the configuration", config, EvaluationConfig, "an EvaluationConfig")
    output = as_path("the folder of the run", output)
    if workers < 1:
        raise SettingsError(f"workers must be at least 1, got {workers}")
    player = Player(device, load)
    items = dataset.items[: config.limit]
    systems = build_systems(config, player)
    config_json = _config_to_json(dataset, config, systems, player)
    del player  # the workers load their own; here its memory is not needed any more
    _claim_folder(output, config_json)
    # Baselines are drawn from the whole set: a subset's figures are then part of the whole's.
    tasks = plan(items, systems, config.seed, dataset.items)
    hashes = FileHashes()
    keys = {task.stem: record_key(record_inputs(task, config_json, hashes)) for task in tasks}
    store = RecordStore(output)
    missing = [task for task in tasks if store.read(task, keys[task.stem]) is None]
    stale = sum(store.path(task).exists() for task in missing)
    if missing:
        # What it says is of other records than those there will be; stopped now, it would mislead.
        (output / "results.json").unlink(missing_ok=True)
    timed_on = machine.describe(workers) if missing else results.read_machine(output)
    make_work = partial(Scorer, config.scoring, output, cache, device, load)
    began, failed = 0.0, 0
    errors: dict[str, pool.Outcome[Task]] = {}
    for done, outcome in enumerate(execute(missing, make_work, workers), 1):
        if outcome.error is None:
            store.write(outcome.task, keys[outcome.task.stem], outcome.value)
        else:
            failed += 1
            errors[outcome.task.stem] = outcome
        # The first of each worker loaded its models: the pace is that of the ones after them.
        if done <= workers:
            began = time.monotonic()
        pace = (time.monotonic() - began) / (done - workers) if done > workers else None
        on_progress(
            RunProgress(
                done=len(tasks) - len(missing) + done,
                total=len(tasks),
                failed=failed,
                left_s=None if pace is None else pace * (len(missing) - done),
                last=outcome.task.stem,
                stale=stale,
            )
        )
    return _write_results(
        output, config_json, tasks, systems, errors, config.seed, keys, hashes, timed_on
    )


_RENEWED = frozenset({"metrics"})
"""Parts of a configuration that may change under a run: its records that depend on them are done
again."""


def _config_to_json(
    dataset: Dataset, config: EvaluationConfig, systems: Sequence[System], player: Player
) -> dict[str, Any]:
    """Everything the results depend on, as JSON."""
    return {
        "set": {"name": dataset.name, "sha256": dataset.sha256, "limit": config.limit},
        "seed": config.seed,
        "render": settings_to_json(config.render),
        "systems": [system.name for system in systems],
        "models": {
            model: {
                "sha256": player.synthesizer(model).bundle.sha256,
                "device": player.synthesizer(model).device,
            }
            for model in config.models
        },
        "scoring": json.loads(json.dumps(asdict(config.scoring))),
        "judged_by": dict(judge_hashes(config.scoring, player, config.models)),
        "metrics": metric_versions(),
        "version": program_version(),
    }


def _claim_folder(output: Path, config_json: dict[str, Any]) -> None:
    """Make the folder ours, or find that it already is.

    Raises:
        UserInputError: if it holds another run.
    """
    path = output / "config.json"
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(output, error) from error
    if path.exists():
        try:
            existing = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise UserInputError(f"{path} is damaged; choose another folder") from error
        if not isinstance(existing, dict):
            raise UserInputError(f"{path} is damaged; choose another folder")
        changed = sorted(key for key in config_json if existing.get(key) != config_json[key])
        if set(changed) - _RENEWED:
            raise UserInputError(
                f"{output} holds another run ({', '.join(changed)} differ); choose another folder"
            )
        if not changed:
            return
    results.write_json(path, config_json)


def _item_to_json(task: Task, hashes: FileHashes) -> dict[str, Any]:
    """What a reader of the results needs of the item; the manifest may be elsewhere by then."""
    try:
        clip = read_midi(task.item.midi).clip
    except MidiError:
        clip = Clip(task.item.midi.stem, ())  # its tasks have failed, and say why
    return {
        "instrument": task.item.instrument,
        "text": task.item.text,
        "clip": clip.name,
        "length_s": clip.length_s,
        "notes": [note_to_json(note) for note in clip.notes],
        "sha256": hashes.of_item(task.item),
    }


def _write_results(
    output: Path,
    config_json: dict[str, Any],
    tasks: Sequence[Task],
    systems: Sequence[System],
    errors: dict[str, pool.Outcome[Task]],
    seed: int,
    keys: dict[str, str],
    hashes: FileHashes,
    timed_on: dict[str, Any] | None,
) -> dict[str, Any]:
    """Put the records together into ``results.json`` and ``timings.json``."""
    store = RecordStore(output)
    rows: list[results.Row] = []
    timings: dict[str, Any] = {}
    vectors: dict[str, dict[str, Any]] = {system.name: {} for system in systems}
    for task in tasks:
        outcome = errors.get(task.stem)
        row: results.Row = {
            "item": task.item.id,
            "system": task.system.name,
            "seed": task.seed,
            "error": None if outcome is None else _without_paths(outcome.error or "", task, output),
            "exit_code": 0 if outcome is None else outcome.exit_code,
            "figures": {},
        }
        record = None if outcome is not None else store.read(task, keys[task.stem])
        if record is not None:
            timings.setdefault(task.system.name, {})[task.item.id] = record.pop("timings")
            embedding = record.pop("embedding")
            if embedding is not None:
                vectors[task.system.name][task.item.id] = from_base64(embedding)
            row |= record
        elif outcome is None:
            raise OutputError(f"{store.path(task)} vanished during the run; start again")
        rows.append(row)
    encoder = config_json["judged_by"]["encoder"]
    name = f"{encoder['id']} ({encoder['sha256'][:12]})" if encoder else ""
    names = [system.name for system in systems]
    instruments = {task.item.id: task.item.instrument for task in tasks}
    content = {
        "schema": results.SCHEMA,
        "config": config_json,
        "summary": results.summarise(rows, names),
        "distances": results.distances(vectors, instruments, name, seed) if encoder else {},
        "items": {task.item.id: _item_to_json(task, hashes) for task in tasks},
        "rows": rows,
    }
    results.write_json(output / "results.json", content)
    results.write_json(output / "timings.json", results.timings(timings, timed_on))
    return content


def _without_paths(error: str, task: Task, output: Path) -> str:
    item = task.item
    known = [item.midi, item.reference, item.target, task.system.folder, output]
    paths = [path for path in known if path is not None]
    if isinstance(task.timbre, AudioTimbre):
        paths.append(task.timbre.path)
    return without_paths(error, [*paths, *(path.parent for path in paths)])
