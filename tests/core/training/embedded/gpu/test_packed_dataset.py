"""Packed data sets: what is kept of prepared instruments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from core.engines.embedded.controls import FLOOR_DB
from core.errors import UserInputError
from core.training.embedded.gpu.packed_dataset import (
    N_DOWN,
    N_MOMENTS,
    N_NOTES,
    PackedDataset,
    read_packed,
    write_packed,
)


def stored(folder: Path, instrument_id: str) -> dict[str, np.ndarray]:
    with np.load(folder / f"{instrument_id.replace(':', '_')}.npz") as file:
        return {name: file[name] for name in file.files}


def test_levels_are_the_prepared_ones_at_the_moments_kept(
    packed: PackedDataset, procedural_data: Path
) -> None:
    assert len(packed) >= 3
    for row, instrument_id in enumerate(packed.ids):
        arrays = stored(procedural_data, instrument_id)
        first = np.concatenate([[0], np.cumsum(arrays["knots"])])
        for note in (0, 3):
            times_s = arrays["times_s"][first[note] : first[note + 1]]
            kept = np.abs(times_s[:, None] - packed.times_s[row, note].numpy()).argmin(axis=0)
            true = np.concatenate([arrays["partial_db"], arrays["noise_db"]], axis=1)[
                first[note] : first[note + 1]
            ][kept].astype(np.float32)
            own = packed.of(torch.tensor([row]))["level_db"][0, note].numpy()
            heard = true > -89.0
            assert np.abs(own - true)[heard].max() <= 0.51
            assert (own[true < -91.0] == FLOOR_DB).all()


def test_a_moment_stands_at_the_release_and_time_never_runs_back(packed: PackedDataset) -> None:
    assert packed.times_s.shape[1:] == (N_NOTES, N_MOMENTS)
    assert (packed.times_s.diff(dim=-1) >= 0).all()
    torch.testing.assert_close(packed.times_s[..., N_DOWN], packed.held_s, atol=1e-3, rtol=0)


def test_copies_stay_behind(packed: PackedDataset, procedural_data: Path) -> None:
    assert list(procedural_data.glob("*+*.npz"))
    assert not [name for name in packed.ids if "+" in name]


def test_a_bank_of_nothing_is_refused(procedural_data: Path, tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match="no prepared instruments"):
        write_packed(procedural_data, tmp_path / "packed.xz", "train", ["fluid:"])


def test_sources_choose(procedural_data: Path, tmp_path: Path) -> None:
    count = write_packed(procedural_data, tmp_path / "packed.xz", "train", ["procedural:plucked"])
    found = read_packed(tmp_path / "packed.xz", torch.device("cpu"))
    assert count == len(found) >= 1
    assert all(name.startswith("procedural:plucked") for name in found.ids)


def test_a_missing_or_damaged_packed_file_is_refused(
    packed_files: dict[str, Path], tmp_path: Path
) -> None:
    cpu = torch.device("cpu")
    with pytest.raises(UserInputError, match="cannot be read as a packed data set"):
        read_packed(tmp_path / "none.xz", cpu)
    cut = tmp_path / "cut.xz"
    cut.write_bytes(packed_files["valid"].read_bytes()[:5000])
    with pytest.raises(UserInputError, match="cannot be read as a packed data set"):
        read_packed(cut, cpu)
