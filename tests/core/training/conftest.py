"""A small prepared folder, and the packed made of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.training.embedded import dataset, instrument_file, prepare
from core.training.embedded.gpu.packed_dataset import PackedDataset, read_packed, write_packed


@pytest.fixture(scope="session")
def procedural_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few procedural instruments, of both splits."""
    folder = tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(instrument_file, "N_NOTES", 8)
        patch.setattr(instrument_file, "N_REFERENCES", 3)
        patch.setattr(dataset, "N_CAPTIONS", 3)
        for first in (27, 61):
            prepare.build_source(folder, "procedural", first, first + 4)
    return folder


@pytest.fixture(scope="session")
def packed_files(
    procedural_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Packed files of both splits."""
    folder = tmp_path_factory.mktemp("packed")
    for split in ("train", "valid"):
        write_packed(procedural_data, folder / f"{split}.xz", split)
    return {split: folder / f"{split}.xz" for split in ("train", "valid")}


@pytest.fixture(scope="session")
def packed(packed_files: dict[str, Path]) -> PackedDataset:
    """The training split's."""
    return read_packed(packed_files["train"], torch.device("cpu"))
