"""Learning curves, read back from what runs wrote and drawn in one picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from torch.utils.tensorboard import SummaryWriter

from core.training.curves import draw, read_curves


def write_run(folder: Path, scalars: dict[str, list[float]]) -> Path:
    """A run whose scalars were written every hundred steps."""
    writer = SummaryWriter(folder / "curves")
    for name, values in scalars.items():
        for step, value in enumerate(values):
            writer.add_scalar(name, value, 100 * (step + 1))
    writer.close()
    return folder


def test_scalars_come_back_as_they_were_written(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", {"near": [1.0, 0.5], "valid/near": [1.25]})
    assert read_curves(run) == {"near": ([100, 200], [1.0, 0.5]), "valid/near": ([100], [1.25])}


def test_runs_share_one_picture(tmp_path: Path) -> None:
    """What only the second run has is drawn beside the first's."""
    playing = write_run(tmp_path / "playing", {"partials": [0.9, 0.4], "teacher/partials": [1.0]})
    hearing = write_run(tmp_path / "hearing", {"near": [1.0, 0.5, 0.4], "valid/near": [1.2]})
    draw([playing], tmp_path / "one.png")
    draw([playing, hearing], tmp_path / "both.png")
    draw([hearing, playing], tmp_path / "turned.png")
    one, both, turned = (
        Image.open(tmp_path / name).convert("RGB") for name in ("one.png", "both.png", "turned.png")
    )
    assert both.tobytes() == turned.tobytes()
    assert (both.width, both.height) == (2 * one.width, one.height)  # a panel a term
    panel = np.asarray(both.crop((one.width, 0, both.width, both.height)))
    assert (panel != 255).any(axis=-1).sum() > 500  # not all white
