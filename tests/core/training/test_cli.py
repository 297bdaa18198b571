"""``timbre train …`` as a user meets it: the whole chain of commands in little."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from core.encoders.embedded.weights import load_encoder_parts
from core.errors import Cancelled, OutputError, SettingsError, UserInputError
from core.training.cli import app
from core.training.embedded import dataset, instrument_file, prepare
from core.training.embedded.gpu import pretrain, stream
from core.training.embedded.offsets import dataset as performances
from core.training.embedded.offsets import train as offsets_training
from core.training.embedded.text import build_names
from core.training.sources import derived

COMMANDS = ("prepare", "pack", "pretrain", "run", "offsets", "names", "export", "curves")
SIZES = """
batch_size = 3
notes_each = 2
reference_frames = 30
[encoder]
width = 16
blocks = 1
sentence_hidden = 16
[decoder]
width = 16
hidden = 16
trunk_blocks = 1
frame_blocks = 1
surfaces = 16
"""


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["embedded", *map(str, arguments)])


def run(*arguments: str | Path) -> str:
    """Run a command that succeeds; what it prints."""
    result = call(*arguments)
    assert result.exit_code == 0, result.exception or result.output
    return result.output


@pytest.fixture(autouse=True)
def _little(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in (
        (instrument_file, "N_NOTES", 8),
        (instrument_file, "N_REFERENCES", 3),
        (prepare, "FIRST_LATER", 29),  # so that a few instruments are of both splits
        (dataset, "N_CAPTIONS", 3),
        (pretrain, "N_SCORES", 64),
        (pretrain, "N_PROJECTED", 40),
        (stream, "N_FILTERS", 200),
        (offsets_training, "_PER_FILE", 2),
        (performances, "FONTS", {"fluid": "FluidR3_GM.sf2"}),
        (derived, "FONTS", {"fluid": "FluidR3_GM.sf2"}),
        (build_names, "N_LIKE_NAMES", 6),
    ):
        monkeypatch.setattr(module, name, value)


def config(folder: Path, stage: str, steps: int) -> Path:
    path = folder / f"{stage}.toml"
    path.write_text(f'stage = "{stage}"\nsteps = {steps}\n{SIZES}')
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    assert "Usage" in run(command, "--help")


def test_every_command_is_among_those_tested() -> None:
    (group,) = app.registered_groups
    assert group.typer_instance is not None
    registered = group.typer_instance.registered_commands
    assert {c.name or c.callback.__name__ for c in registered if c.callback} == set(COMMANDS)


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, core.training.cli; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "typer" in loaded
    assert not {"torch", "scipy", "numpy", "sklearn", "pedalboard", "tensorboard"} & set(loaded)


def test_from_nothing_to_a_bundle(tmp_path: Path) -> None:
    data = tmp_path / "data"
    made = run("prepare", data, "--procedural", "0", "--later", "4", "--derived", "0",
               "--no-soundfonts", "--workers", "1")  # fmt: skip
    assert "procedural 29: " in made
    assert "0 instruments" in run(
        "prepare", data, "--procedural", "0", "--later", "4", "--derived", "0",
        "--no-soundfonts", "--workers", "1",
    )  # fmt: skip
    for split in ("train", "valid"):
        assert "instruments, " in run("pack", data, tmp_path / f"{split}.xz", "--split", split)
    stages = ("joint", "audio_encoder", "decoder", "text_encoder")
    joint, audio_encoder, decoder, text_encoder = (config(tmp_path, name, 2) for name in stages)
    first = tmp_path / "pretrain"
    assert "distance" in run(
        "pretrain", joint, "--train", tmp_path / "train.xz", "--valid", tmp_path / "valid.xz",
        "--run", first, "--minutes", "0.005", "--pool", "2", "--every", "1", "--device", "cpu",
    )  # fmt: skip
    for path in (audio_encoder, decoder):
        run("run", path, "--data", data, "--run", tmp_path / path.stem, "--start", first,
            "--device", "cpu")  # fmt: skip
    last = tmp_path / "text_encoder"
    run("run", text_encoder, "--data", data, "--run", last, "--start", first,
        "--start", tmp_path / "audio_encoder", "--device", "cpu")  # fmt: skip
    assert (last / "config.toml").read_text() == text_encoder.read_text()
    bundle = tmp_path / "models" / "mine"
    run("export", last / "embedded.safetensors", bundle,
        "--decoder", tmp_path / "decoder" / "embedded.safetensors")  # fmt: skip
    load_encoder_parts(bundle / "embedded.safetensors")
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert manifest["engine"] == "embedded"
    picture = tmp_path / "curves.png"
    run("curves", picture, first, tmp_path / "decoder")
    with Image.open(picture) as image:
        assert image.width > 100


def test_offsets_are_trained_from_performances_made_on_the_way(tmp_path: Path) -> None:
    arguments = ("offsets", tmp_path, "--performances", "2", "--validation", "2", "--workers", "1")
    made = run(*arguments, "--steps", "3")
    assert "train 1 of 1" in made
    assert "corrected/median_ms" in made
    assert (tmp_path / "note_ends.safetensors").exists()
    assert "train 1 of 1" not in run(*arguments, "--steps", "3")  # they are there already
    too_few = call("offsets", tmp_path, "--performances", "1", "--validation", "2").exception
    assert isinstance(too_few, UserInputError)
    assert "at least 2" in str(too_few)


def test_names_are_made_of_word_vectors(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    words = [*(f"filler{i}" for i in range(400)), "violin", "lute"]
    vectors = tmp_path / "vectors.txt"
    rows = (f"{word} {' '.join(f'{x:.3f}' for x in rng.normal(size=8))}" for word in words)
    vectors.write_text("\n".join(rows))
    assert "terms" in run("names", vectors, tmp_path / "new" / "terms.safetensors")
    assert (tmp_path / "new" / "terms.safetensors").exists()


def test_an_interrupted_run_says_how_to_go_on(
    procedural_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import contextmanager

    from core.progress import ProgressCallback
    from core.training import interrupts

    @contextmanager
    def interrupted_at_once() -> Iterator[ProgressCallback]:
        yield lambda _fraction: False

    path = config(tmp_path, "decoder", 2)
    arguments = ("run", path, "--data", procedural_data, "--run", tmp_path / "run",
                 "--device", "cpu")  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr(interrupts, "stop_on_interrupt", interrupted_at_once)
        stopped = call(*arguments).exception
    assert isinstance(stopped, Cancelled)
    assert "stopped after step 1" in str(stopped)
    assert run(*arguments).startswith("2 ")


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        (["run", "none.toml", "--data", "d", "--run", "r"], UserInputError, "none.toml"),
        (["pack", "nowhere", "out.xz", "--split", "test"], UserInputError, "neither train"),
        (["pack", "nowhere", "out.xz"], UserInputError, "no prepared instruments"),
        (["curves", "out.png", "nowhere"], UserInputError, "no learning curves"),
        (["names", "nowhere.txt", "out"], UserInputError, "cannot be read"),
        (["prepare", "/dev/null/data"], OutputError, "cannot be made"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    kind: type[Exception],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    error = call(*arguments).exception
    assert isinstance(error, kind)
    assert words in str(error)
    assert "\n" not in str(error)


def test_a_device_that_is_not_there_is_refused(procedural_data: Path, tmp_path: Path) -> None:
    error = call("run", config(tmp_path, "decoder", 1), "--data", procedural_data,
                 "--run", tmp_path / "run", "--device", "cuda:99").exception  # fmt: skip
    assert isinstance(error, SettingsError)


@pytest.mark.parametrize("package", ["tensorboard", "pedalboard"])
def test_without_the_training_extra_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)
    monkeypatch.delitem(sys.modules, "core.training.embedded.prepare")
    monkeypatch.delitem(sys.modules, "core.training.sources.effects")
    (tmp_path / "run" / "curves").mkdir(parents=True)
    commands: dict[str, tuple[str | Path, ...]] = {
        "tensorboard": ("curves", tmp_path / "out.png", tmp_path / "run"),
        "pedalboard": ("prepare", tmp_path / "data", "--no-soundfonts"),
    }
    error = call(*commands[package]).exception
    assert isinstance(error, UserInputError), error
    assert f"needs {package}" in str(error)
    assert "--extra train" in str(error)
