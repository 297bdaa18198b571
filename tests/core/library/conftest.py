"""A library without the factory bank, recordings to put into it, and an ear."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.library import Library
from tests.helpers.library import MakeTone, SeedEncoder


@pytest.fixture
def encoder() -> SeedEncoder:
    return SeedEncoder()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library.sqlite", with_factory_bank=False, model=None) as opened:
        yield opened


@pytest.fixture
def make_tone(tmp_path: Path) -> MakeTone:
    """Write a short recording of a frequency in hertz under a name."""

    def make(name: str, hz: float) -> Path:
        path = tmp_path / name
        times_s = np.arange(4410) / 44_100
        soundfile.write(path, 0.5 * np.sin(2 * np.pi * hz * times_s), 44_100)
        return path

    return make
