"""Varied instruments, their descriptors and what is heard of them, in batches."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.signal import hilbert

from core.clip import pitch_hz
from core.engines.embedded.controls import (
    FLOOR_DB,
    MAX_PARTIAL_HZ,
    N_PARTIALS,
    SAMPLE_RATE,
)
from core.training.embedded.bands import filter_features as filter_one
from core.training.embedded.bands import random_filter
from core.training.embedded.dataset import _load
from core.training.embedded.gpu.augmentation import HIGHEST_KEY, LEVEL_DB, LOWEST_KEY, Augmenter
from core.training.embedded.gpu.batch import filter_features
from core.training.embedded.gpu.descriptor import descriptors
from core.training.embedded.gpu.note_levels import NoteLevels, interpolate, select_instruments
from core.training.embedded.gpu.packed_dataset import PackedDataset
from core.training.embedded.gpu.random_scores import RandomScores, write_random_scores
from core.training.embedded.gpu.rooms import background, room
from core.training.embedded.gpu.synthesis import SAMPLES, PerformanceRenderer


def generator(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def loudest_db(instruments: NoteLevels) -> torch.Tensor:
    power = 10.0 ** (instruments.level_db / 10.0)
    total = 0.5 * power[..., :N_PARTIALS].sum(-1) + power[..., N_PARTIALS:].sum(-1)
    return 10.0 * torch.log10(total.amax(dim=(1, 2)))


def test_varied_instruments_are_as_loud_as_others_and_in_range(packed: PackedDataset) -> None:
    instruments = Augmenter(packed, generator(), 0.0).draw(64)
    assert (instruments.pitch >= min(LOWEST_KEY, float(packed.pitch.min()))).all()
    assert (instruments.pitch <= max(HIGHEST_KEY, float(packed.pitch.max()))).all()
    assert (instruments.times_s.diff(dim=-1) >= -1e-6).all()
    assert torch.isfinite(instruments.level_db).all()
    assert (instruments.level_db >= FLOOR_DB).all()
    assert (loudest_db(instruments) - LEVEL_DB).abs().median() < 3.0


def test_most_instruments_differ_from_where_they_began(packed: PackedDataset) -> None:
    instruments = Augmenter(packed, generator(), 0.0).draw(64)
    begun = select_instruments(packed, instruments.source)
    moved = (instruments.level_db - begun.level_db).abs().mean(dim=(1, 2, 3))
    assert (moved > 0.5).float().mean() > 0.9


def test_plain_ones_keep_their_balance(packed: PackedDataset) -> None:
    instruments = Augmenter(packed, generator(), 1.0).draw(16)
    begun = select_instruments(packed, instruments.source)
    heard = (begun.level_db > -60) & (instruments.level_db > -60)
    shift = instruments.level_db - begun.level_db
    for row in range(16):
        own = shift[row][heard[row]]
        assert (own - own.median()).abs().max() < 0.01


def test_what_is_silent_stays_silent_however_loud_the_rest_gets(packed: PackedDataset) -> None:
    levels = packed.levels.clone()
    levels[..., N_PARTIALS:] = 0  # no instrument has any noise
    silent = replace(packed, levels=levels)
    for seed in range(3):
        instruments = Augmenter(silent, generator(seed), 0.0).draw(48)
        assert (instruments.level_db[..., N_PARTIALS:] <= FLOOR_DB).all()
        assert (instruments.level_db[..., :N_PARTIALS] > FLOOR_DB).any()


def test_the_same_seed_makes_the_same_instruments(packed: PackedDataset) -> None:
    one, other = (Augmenter(packed, generator(5)).draw(8) for _ in range(2))
    torch.testing.assert_close(one.level_db, other.level_db)


def test_descriptors_in_batches_are_those_of_single_instruments(
    packed: PackedDataset, procedural_data: Path
) -> None:
    rng = np.random.default_rng(0)
    for row, instrument_id in enumerate(packed.ids):
        loaded = _load(procedural_data / f"{instrument_id.replace(':', '_')}.npz")
        # A packed repeats the notes of an instrument that has fewer than 30, hence the tolerance.
        for filter_db in (np.zeros(96), random_filter(rng)):
            own = descriptors(
                select_instruments(packed, torch.tensor([row])),
                torch.from_numpy(filter_db).float()[None],
            )[0].numpy()
            true = loaded.levels.descriptor(filter_db)
            assert np.abs(own - true).mean() < 0.05
            assert np.corrcoef(own, true)[0, 1] > 0.98


def test_filters_in_batches_are_those_of_single_recordings(procedural_data: Path) -> None:
    path = sorted(procedural_data.glob("*.npz"))[0]
    references = _load(path).arrays["references"].astype(np.float32)
    filters_db = [random_filter(np.random.default_rng(seed)) for seed in range(len(references))]
    own = filter_features(
        torch.from_numpy(references), torch.from_numpy(np.stack(filters_db)).float()
    ).numpy()
    for found, reference, filter_db in zip(own, references, filters_db, strict=True):
        np.testing.assert_allclose(found, filter_one(reference, filter_db), atol=1e-3)


def test_interpolation_meets_its_points_and_their_middle() -> None:
    times_s = torch.tensor([[0.0, 1.0, 1.0, 3.0]])
    values = torch.tensor([[[0.0], [10.0], [10.0], [30.0]]])
    found = interpolate(values, times_s, torch.tensor([[0.0, 0.5, 1.0, 2.0, 9.0]]))
    torch.testing.assert_close(found[0, :, 0], torch.tensor([0.0, 5.0, 10.0, 20.0, 30.0]))


def one_note(start_s: float, held_s: float, seconds: float) -> RandomScores:
    blank = torch.zeros(1, 32)
    start, held = blank.clone(), blank.clone()
    start[0, 0], held[0, 0] = start_s, held_s
    return RandomScores(blank, start, held, torch.zeros(1), torch.tensor([seconds]))


def pure_tone(pitch: float, level_db: float, held_s: float = 3.0) -> NoteLevels:
    """One instrument whose every note is its fundamental alone."""
    levels = torch.full((1, 30, 24, 160), FLOOR_DB)
    levels[..., 0] = level_db
    levels[:, :, 0] = FLOOR_DB
    levels[:, :, 20:] = FLOOR_DB  # gone 0.2 s after the release
    down = torch.linspace(0, 1, 16) * held_s
    after = held_s + torch.tensor([0.012, 0.03, 0.06, 0.12, 0.22, 0.38, 0.65, 1.15])
    times_s = torch.cat([down, after]).expand(1, 30, -1).contiguous()
    row = torch.zeros(1, 30)
    return NoteLevels(
        torch.zeros(1, dtype=torch.long), levels, times_s,
        row + pitch, row + 90, row + held_s, row, row, torch.zeros(1, 30, 7),
    )  # fmt: skip


@pytest.mark.parametrize("pitch", [40, 69, 90])
def test_a_tone_is_where_as_loud_and_as_long_as_asked(pitch: int) -> None:
    renderer = PerformanceRenderer(generator())
    score = one_note(0.5, 0.8, 4.0)
    sound = renderer.render(pure_tone(pitch, -20.0), torch.tensor([0]), score)[0].numpy()
    assert len(sound) == SAMPLES
    assert np.abs(sound[: int(0.49 * SAMPLE_RATE)]).max() == 0.0
    steady = sound[int(0.9 * SAMPLE_RATE) : int(1.3 * SAMPLE_RATE)]
    assert np.abs(steady).max() == pytest.approx(0.1, rel=0.02)
    spectrum = np.abs(np.fft.rfft(steady * np.hanning(len(steady)), 1 << 18))
    peak_hz = np.argmax(spectrum) * SAMPLE_RATE / (1 << 18)
    assert 1200 * abs(np.log2(peak_hz / pitch_hz(pitch))) < 5
    # Let go at 1.3 s, though the recording was held for 3.
    assert np.abs(sound[int(1.6 * SAMPLE_RATE) :]).max() < 1e-4


def test_vibrato_bends_the_pitch(packed: PackedDataset) -> None:
    instruments = pure_tone(69, -20.0)
    instruments.modulation[..., 0], instruments.modulation[..., 1] = 40.0, 5.0
    sound = (
        PerformanceRenderer(generator())
        .render(instruments, torch.tensor([0]), one_note(0.0, 2.5, 4.0))[0]
        .numpy()
    )
    pieces = sound[int(0.5 * SAMPLE_RATE) : int(2.3 * SAMPLE_RATE)]
    crossings = np.flatnonzero((pieces[:-1] < 0) & (pieces[1:] >= 0))
    part = pieces[crossings] / (pieces[crossings] - pieces[crossings + 1])
    hz = SAMPLE_RATE / np.diff(crossings + part)
    cents = 1200 * np.log2(hz / 440.0)
    assert 30 < np.abs(cents - cents.mean()).max() < 50


def test_higher_partials_shimmer_faster() -> None:
    """The sixteenth at four times the rate, where the fundamental has a quarter of it."""
    swings_hz = []
    for partial in (1, 16):
        instruments = pure_tone(48, FLOOR_DB)
        instruments.level_db[:, :, 1:20, partial - 1] = -20.0
        instruments.modulation[..., 5], instruments.modulation[..., 6] = 3.0, 4.0
        found = []
        for seed in range(4):
            renderer = PerformanceRenderer(generator(seed))
            sound = renderer.render(instruments, torch.tensor([0]), one_note(0.0, 2.9, 4.0))[
                0
            ].numpy()
            level = np.abs(hilbert(sound))[int(0.3 * SAMPLE_RATE) : int(2.8 * SAMPLE_RATE)]
            above = level > np.median(level)
            found.append(np.diff(above.astype(int)).clip(0).sum() / 2.5)
        swings_hz.append(np.mean(found))
    assert 0.4 < swings_hz[0] < 2.0
    assert 10.0 < swings_hz[1] < 24.0


def test_instruments_are_as_loud_as_their_levels_say(packed: PackedDataset) -> None:
    for row in range(len(packed)):
        instruments = select_instruments(packed, torch.tensor([row]))
        note = int(((instruments.held_s[0] > 1.0) * instruments.velocity[0]).argmax())
        rows = {
            field.name: getattr(instruments, field.name)[:, [note] * 30]
            for field in fields(NoteLevels)
            if field.name != "source"
        }
        same = replace(instruments, **rows)
        sound = PerformanceRenderer(generator()).render(
            same, torch.tensor([0]), one_note(0.0, 0.9, 4.0)
        )[0]
        heard = sound[int(0.3 * SAMPLE_RATE) : int(0.5 * SAMPLE_RATE)].square().mean()
        at_s = torch.tensor([[[0.4]]])
        level_db = interpolate(same.level_db[:, :1], same.times_s[:, :1], at_s)[0, 0, 0]
        power = torch.where(level_db > FLOOR_DB, 10.0 ** (level_db / 10.0), 0.0)
        power[:N_PARTIALS] *= 0.5 * (same.partials_hz[0, 0] < MAX_PARTIAL_HZ)
        assert 10 * torch.log10(heard / power.sum()) == pytest.approx(0.0, abs=2.0)


def test_scores_end_in_time_and_hold_their_notes() -> None:
    scores = write_random_scores(200, 3)
    notes = scores.held_s > 0
    assert notes.any(dim=1).all()
    assert (scores.start_s[notes] < scores.seconds[:, None].expand_as(notes)[notes]).all()
    assert (scores.held_s[notes] >= 0.05).all()
    same = write_random_scores(200, 3)
    torch.testing.assert_close(scores.start_s, same.start_s)


def test_rooms_ring_and_backgrounds_hiss_only_where_asked() -> None:
    sound = torch.zeros(6, SAMPLES)
    sound[:, 1000:3000] = torch.sin(torch.arange(2000) * 0.05)
    torch.testing.assert_close(room(sound, 0.0, generator()), sound)
    torch.testing.assert_close(background(sound, 0.0, generator()), sound)
    rung = room(sound, 1.0, generator())
    assert rung.shape == sound.shape
    assert (rung[:, 5000:20_000].square().sum(dim=1) > 1e-3).all()
    hissing = background(sound, 1.0, generator()) - sound
    share_db = 10 * torch.log10(hissing.square().mean(dim=1) / sound.square().mean(dim=1))
    assert ((share_db > -61) & (share_db < -14)).all()
