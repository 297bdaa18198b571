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
    run = write_run(tmp_path / "run", {"distance": [1.0, 0.5], "valid/distance": [1.25]})
    assert read_curves(run) == {
        "distance": ([100, 200], [1.0, 0.5]),
        "valid/distance": ([100], [1.25]),
    }


def test_curves_of_earlier_versions_have_todays_names(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", {"teacher/near": [1.0], "words/partials": [2.0]})
    assert read_curves(run).keys() == {"descriptor/distance", "text/partials"}


def test_runs_share_one_picture(tmp_path: Path) -> None:
    """What only the second run has is drawn beside the first's."""
    decoder = write_run(
        tmp_path / "decoder", {"partials": [0.9, 0.4], "descriptor/partials": [1.0]}
    )
    encoder = write_run(
        tmp_path / "encoder", {"distance": [1.0, 0.5, 0.4], "valid/distance": [1.2]}
    )
    draw([decoder], tmp_path / "one.png")
    draw([decoder, encoder], tmp_path / "both.png")
    draw([encoder, decoder], tmp_path / "turned.png")
    one, both, turned = (
        Image.open(tmp_path / name).convert("RGB") for name in ("one.png", "both.png", "turned.png")
    )
    assert both.tobytes() == turned.tobytes()
    assert (both.width, both.height) == (2 * one.width, one.height)  # a panel a term
    panel = np.asarray(both.crop((one.width, 0, both.width, both.height)))
    assert (panel != 255).any(axis=-1).sum() > 500  # not all white
