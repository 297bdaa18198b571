"""Half partials are found where an instrument has them, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from core.clip import pitch_hz
from core.engines.embedded.controls import N_SUBHARMONICS, SAMPLE_RATE
from core.engines.embedded.decoder import coordinates
from core.engines.embedded.subharmonics import LEAST_DB, relative_levels, to_coordinates
from core.training.embedded.analysis.notes import analyse_note
from core.training.embedded.analysis.subharmonics import measure_subharmonics
from core.training.embedded.dataset import _load
from core.training.embedded.descriptor import N_DESCRIPTOR, N_MEASURED, DescriptorProjection
from core.training.embedded.instrument_file import write_instrument
from core.training.sources.instruments import Instrument, PlayedNote
from core.types import FloatArray

KEYS = (38, 45, 52, 59, 66, 73, 80)
HELD_S = 1.0
STOPS = {0.5: 0.0, 1.0: 0.0, 1.5: -6.0, 2.0: -3.0, 3.0: -9.0, 4.0: -12.0}
"""Levels of a drawbar organ's partials, dB."""


def time_s() -> FloatArray:
    return (np.arange(round((HELD_S + 0.4) * SAMPLE_RATE)) / SAMPLE_RATE).astype(np.float32)


def organ(key: int) -> FloatArray:
    f0 = pitch_hz(key)
    waves = [10 ** (db / 20) * np.sin(2 * np.pi * n * f0 * time_s() + n) for n, db in STOPS.items()]
    return (0.1 * np.sum(waves, axis=0) * (time_s() < HELD_S)).astype(np.float32)


def saw(key: int) -> FloatArray:
    f0 = pitch_hz(key)
    count = int(18_000 // f0)
    waves = [np.sin(2 * np.pi * k * f0 * time_s() + k * k) / k for k in range(1, count)]
    return (0.1 * np.sum(waves, axis=0)).astype(np.float32)


def breathy(key: int) -> FloatArray:
    noise = np.random.default_rng(key).standard_normal(len(time_s()))
    return (saw(key) + 0.05 * noise).astype(np.float32)


def wavering(key: int) -> FloatArray:
    bend = 0.006 * np.sin(2 * np.pi * 5.5 * time_s())
    phase = 2 * np.pi * pitch_hz(key) * np.cumsum(1.0 + bend) / SAMPLE_RATE
    return (0.1 * sum(np.sin(k * phase) / k for k in range(1, 12))).astype(np.float32)


def notes(play: Callable[[int], FloatArray]) -> list[PlayedNote]:
    return [PlayedNote(key, 90, HELD_S, play(key)) for key in KEYS]


def test_an_organs_are_measured() -> None:
    found = measure_subharmonics(notes(organ))
    whole = 10 * np.log10(sum(10 ** (db / 10) for n, db in STOPS.items() if n == int(n)))
    np.testing.assert_allclose(found[:2], [-whole, -6.0 - whole], atol=0.7)
    assert (found[2:] == LEAST_DB).all()


@pytest.mark.parametrize("play", [saw, breathy, wavering])
def test_other_instruments_have_none(play: Callable[[int], FloatArray]) -> None:
    assert (measure_subharmonics(notes(play)) == LEAST_DB).all()


def test_too_short_or_silent_to_tell() -> None:
    assert (measure_subharmonics([]) == LEAST_DB).all()
    assert (measure_subharmonics([PlayedNote(60, 90, 0.1, organ(60)[:5000])]) == LEAST_DB).all()
    assert (measure_subharmonics([PlayedNote(60, 90, 1.0, 0.0 * organ(60))]) == LEAST_DB).all()


@pytest.mark.parametrize("key", [38, 52, 73])
def test_they_are_no_noise(key: int) -> None:
    told, untold = (analyse_note(organ(key), key, HELD_S, halves) for halves in (True, False))
    middle = int(np.argmin(np.abs(told.times_s - 0.5)))

    def noise_db(levels: FloatArray) -> float:
        return float(10 * np.log10((10 ** (levels / 10)).sum()))

    assert noise_db(told.noise_db[middle]) < noise_db(untold.noise_db[middle]) - 10.0
    np.testing.assert_allclose(
        told.partial_db[middle, [0, 1, 2, 3]], np.array([0, -3, -9, -12]) - 20.0, atol=1.0
    )
    assert told.partial_db.shape == untold.partial_db.shape


def test_from_a_recording_to_a_timbre(tmp_path: Path) -> None:
    instrument = Instrument("organ:0:1", "Organ", "organ", 16, (), "train")
    path = tmp_path / "organ.npz"
    assert write_instrument(path, instrument, notes(organ))
    descriptor = torch.from_numpy(_load(path).levels.descriptor(None))[None]
    assert descriptor.shape == (1, N_DESCRIPTOR)
    projection = DescriptorProjection(512)
    others = torch.randn(600, N_DESCRIPTOR, generator=torch.Generator().manual_seed(1))
    projection.fit(others)
    assert (projection.projection[:, -N_SUBHARMONICS:] == 0.0).all()
    stated = relative_levels(coordinates(projection(descriptor)))[0]
    np.testing.assert_allclose(stated[:2], measure_subharmonics(notes(organ))[:2], atol=0.1)
    assert (stated[2:] < -150.0).all()


def test_a_projection_of_old_leaves_room_for_them() -> None:
    """Projections fixed before there were half partials fill all coordinates."""
    projection = DescriptorProjection(512)
    torch.nn.init.normal_(projection.projection, std=0.02)
    descriptor = torch.randn(3, N_DESCRIPTOR, generator=torch.Generator().manual_seed(1))
    descriptor[:, N_MEASURED:] = to_coordinates(torch.full((3, N_SUBHARMONICS), LEAST_DB))
    assert (coordinates(projection(descriptor))[:, -N_SUBHARMONICS:] == 0.0).all()
