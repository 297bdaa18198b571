"""``timbre train embedded``: from soundfonts to the bundle that ships, a command a step.

What a step needs is imported when it runs. docs/training.md has the order, and what each reads
and writes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.console import progress_display
from core.errors import UserInputError
from core.options import DeviceOption
from core.terminal.examples import epilog, with_examples

if TYPE_CHECKING:
    import torch

    from core.training.embedded.config import EmbeddedTrainingConfig

app = typer.Typer(
    name="embedded",
    help="Train the note synthesizer and timbre encoder of the bundle embedded.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog=epilog(
        "timbre train embedded prepare data --workers 16",
        "timbre train embedded run decoder.toml --data data --run runs/decoder",
        "timbre train embedded curves curves.png runs/decoder runs/joint",
    ),
)

_EXTRA = ("fluidsynth", "matplotlib", "pedalboard", "tensorboard")

RunFolder = Annotated[
    Path, typer.Option("--run", metavar="FOLDER", help="Of the run; a begun run goes on.")
]
ConfigFile = Annotated[Path, typer.Argument(metavar="FILE", help="The run's configuration, .toml.")]
DataFolder = Annotated[Path, typer.Argument(metavar="FOLDER", help="What prepare wrote.")]
WorkerCount = Annotated[int, typer.Option(metavar="N", min=1, help="Worker processes.")]


@contextmanager
def _training_extra() -> Iterator[None]:
    """Say in one line what to install if the training extra is missing."""
    try:
        yield
    except ImportError as error:
        name = (error.name or "").split(".")[0]
        if name in _EXTRA:
            raise UserInputError(
                f"training needs {name}, which is not installed; install the extra: "
                "uv sync --extra train (or pip install 'timbre-bridge[train]')"
            ) from error
        if "FluidSynth" in str(error):  # pyfluidsynth looks for the library as it is imported
            raise UserInputError(
                "training needs the FluidSynth library, which is not installed; install it: "
                "apt install fluidsynth (or your system's like)"
            ) from error
        raise


def _log(line: str) -> None:
    typer.echo(line)


def _open_folder(run: Path, config_file: Path) -> EmbeddedTrainingConfig:
    """Make a run's folder, with its configuration beside what it will hold."""
    from core.training.embedded.checkpoints import CONFIG_NAME
    from core.training.embedded.config import read_config

    config = read_config(config_file)
    _make_folder(run)
    kept = run / CONFIG_NAME
    if not (kept.exists() and kept.samefile(config_file)):
        shutil.copy(config_file, kept)
    return config


def _make_folder(folder: Path) -> None:
    from core.errors import OutputError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be made: {error.strerror}") from error


def _device(name: str | None) -> torch.device:
    import torch

    from core.errors import SettingsError

    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:  # how torch says that there is none
        raise SettingsError(f"this machine has no device {name!r}") from error


@app.command()
@with_examples(
    "timbre train embedded prepare data --workers 16",
    "timbre train embedded prepare small --no-soundfonts --procedural 40",
)
def prepare(
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="To write.")],
    procedural: Annotated[
        int, typer.Option(metavar="N", min=0, help="Computed instruments.")
    ] = 600,
    later: Annotated[
        int, typer.Option(metavar="N", min=0, help="Bowed strings and tuned noise.")
    ] = 320,
    derived: Annotated[
        int, typer.Option(metavar="N", min=0, help="Instruments made out of others.")
    ] = 2000,
    nsynth: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="A split of NSynth; may be given again."),
    ] = None,
    soundfonts: Annotated[
        bool, typer.Option(help="All presets of the five soundfonts (see docs/training.md).")
    ] = True,
    workers: WorkerCount = 2,
) -> None:
    """Play and analyse every instrument's notes: one file each, those that are there are kept."""
    with _training_extra():
        from core.training.embedded.prepare import Sources, prepare_instruments

        _make_folder(out)
        sources = Sources(procedural, later, derived, tuple(nsynth or ()), soundfonts)
        prepare_instruments(out, sources, workers, _log)


@app.command()
@with_examples(
    "timbre train embedded pack data train.xz",
    "timbre train embedded pack data valid.xz --split valid --source fluid:",
)
def pack(
    data: DataFolder,
    out: Annotated[Path, typer.Argument(metavar="FILE", help="To write, .xz.")],
    split: Annotated[str, typer.Option(metavar="NAME", help="train or valid.")] = "train",
    source: Annotated[
        list[str] | None, typer.Option(metavar="PREFIX", help="Of the ids wanted, such as fluid:.")
    ] = None,
) -> None:
    """Pack a split of prepared instruments into one file, for the pretraining on a GPU."""
    if split not in ("train", "valid"):
        raise UserInputError(f"split {split!r} is neither train nor valid")
    with progress_display() as display:
        display.stage(f"packing {data.name}")
        from core.training.embedded.gpu.packed_dataset import write_packed

        count = write_packed(data, out, split, source or ())
    _log(f"{count} instruments, {out.stat().st_size / 2**20:.1f} MiB")


@app.command()
@with_examples(
    "timbre train embedded pretrain c.toml --train t.xz --valid v.xz --run run",
)
def pretrain(
    config: ConfigFile,
    train: Annotated[Path, typer.Option(metavar="FILE", help="Packed training split.")],
    valid: Annotated[Path, typer.Option(metavar="FILE", help="Packed validation split.")],
    run: RunFolder,
    minutes: Annotated[
        float, typer.Option(metavar="N", help="Of the whole run, however often begun.")
    ] = 8.6,
    pool: Annotated[
        int, typer.Option(metavar="N", min=1, help="Augmented instruments at a time.")
    ] = 8192,
    every: Annotated[
        int, typer.Option(metavar="N", min=1, help="Steps between validations.")
    ] = 250,
    device: DeviceOption = None,
) -> None:
    """Train decoder and recording encoder on augmented instruments; needs a GPU."""
    with _training_extra():
        from core.training.embedded.gpu.pretrain import open_pretraining
        from core.training.interrupts import stop_on_interrupt

        settings = _open_folder(run, config)
        task, loop = open_pretraining(
            settings, train, valid, run, _device(device), minutes, pool, every
        )
        with task.train.renewing(), stop_on_interrupt() as on_progress:
            loop.train(on_progress=on_progress, log=_log)


@app.command("run")
@with_examples(
    "timbre train embedded run decoder.toml --data data --run runs/decoder",
    "timbre train embedded run c.toml --data data --run runs/joint --start runs/a",
)
def run_stage(
    config: ConfigFile,
    data: Annotated[Path, typer.Option(metavar="FOLDER", help="What prepare wrote.")],
    run: RunFolder,
    start: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER", help="Run to begin with; may be given again, the last counts."
        ),
    ] = None,
    minutes: Annotated[
        float, typer.Option(metavar="N", help="Stop after so many; run again to go on.")
    ] = (float("inf")),
    device: DeviceOption = None,
) -> None:
    """Train one stage: decoder, audio_encoder, text_encoder or joint, as the configuration says."""
    with _training_extra():
        import torch

        from core.training.embedded.train import open_run
        from core.training.interrupts import stop_on_interrupt

        settings = _open_folder(run, config)
        torch.set_flush_denormal(True)  # the far tails of activations would take many times longer
        try:
            loop = open_run(settings, data, run, _device(device), start or ())
            with stop_on_interrupt() as on_progress:
                loop.train(minutes, on_progress, _log)
        finally:
            torch.set_flush_denormal(False)


@app.command()
@with_examples(
    "timbre train embedded offsets runs/offsets",
    "timbre train embedded offsets runs/quick --performances 300 --steps 300",
)
def offsets(
    run: Annotated[Path, typer.Argument(metavar="FOLDER", help="Of the run; a begun run goes on.")],
    performances: Annotated[int, typer.Option(metavar="N", help="To learn from.")] = 3000,
    validation: Annotated[int, typer.Option(metavar="N", help="To validate on.")] = 300,
    steps: Annotated[int, typer.Option(metavar="N", min=2, help="Of the whole run.")] = 3000,
    workers: WorkerCount = 2,
) -> None:
    """Train the network that says when keys are let go; makes its performances first."""
    with _training_extra():
        import torch

        from core.training.embedded.offsets.train import gather_examples, open_run
        from core.training.interrupts import stop_on_interrupt

        _make_folder(run)
        valid = gather_examples(run, "valid", validation, workers, _log)
        examples = gather_examples(run, "train", performances, workers, _log)
        torch.set_num_threads(1)  # a small network: threads would wait for each other
        with stop_on_interrupt() as on_progress:
            open_run(examples, valid, steps, run).train(on_progress=on_progress, log=_log)


@app.command()
@with_examples(
    "timbre train embedded names glove.6B.300d.txt names.safetensors",
)
def names(
    vectors: Annotated[Path, typer.Argument(metavar="VECTORS", help="GloVe's .txt, or a .json.")],
    out: Annotated[Path, typer.Argument(metavar="FILE", help="To write, .safetensors.")],
) -> None:
    """Make the table of instruments' names and of words, from word vectors of general text."""
    _make_folder(out.absolute().parent)
    with progress_display() as display:
        display.stage(f"reading {vectors.name}")
        from core.training.embedded.text.build_names import WordVectors, write_names

        read = WordVectors.read(vectors)
        display.stage(f"writing {out.name}")
        count = write_names(read, out)
    _log(f"{count} terms")


@app.command()
@with_examples(
    "timbre train embedded export runs/joint/embedded.safetensors bundle",
)
def export(
    weights: Annotated[
        Path, typer.Argument(metavar="WEIGHTS", help="embedded.safetensors of the last run.")
    ],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Of the bundle, to write.")],
    decoder: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Weights of another run, whose decoder is averaged in."),
    ] = None,
    note_offsets: Annotated[
        Path | None,
        typer.Option("--offsets", metavar="FILE", help="note_ends.safetensors of offsets."),
    ] = None,
    name_table: Annotated[
        Path | None, typer.Option("--names", metavar="FILE", help="What names wrote.")
    ] = None,
) -> None:
    """Put weights and tables together into the bundle that ships, and check that it loads."""
    with progress_display() as display:
        display.stage(f"writing {folder.name}")
        from core.training.embedded.export import ship

        ship(weights, folder, note_offsets, decoder, name_table)
    _log(str(folder))


@app.command()
@with_examples(
    "timbre train embedded curves curves.png runs/decoder runs/joint",
)
def curves(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="Picture to write, .png.")],
    runs: Annotated[list[Path], typer.Argument(metavar="FOLDER", help="Of each run.")],
) -> None:
    """Draw the learning curves of runs."""
    with _training_extra(), progress_display() as display:
        display.stage(f"drawing {out.name}")
        from core.training.curves import draw

        draw(runs, out)
