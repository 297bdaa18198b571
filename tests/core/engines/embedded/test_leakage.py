"""Noise that an analysis only seems to hear is not played."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.clip import Note, pitch_hz
from core.encoders.embedded.fit_objective import FitObjective
from core.engines.embedded.controls import FLOOR_DB, N_NOISE, N_SUBHARMONICS, SAMPLE_RATE
from core.engines.embedded.leakage import leakage, prepare, without_leakage
from core.engines.embedded.levels import KnotTimes, knot_levels, note_shapes
from core.training.embedded.analysis.notes import analyse_note
from tests.helpers.decoders import lively_decoder

KEYS = (40, 52, 64, 76, 88)
EVEN = np.r_[np.ones(512 - N_SUBHARMONICS), np.zeros(N_SUBHARMONICS)].astype(np.float32) / 496**0.5
"""An embedding with no half partials."""


def tone(key: int, noise: float = 0.0, fall: float = 0.0) -> np.ndarray:
    """A sawtooth's partials, 1.4 s, held for one second, white noise beside them."""
    t = np.arange(int(1.4 * SAMPLE_RATE)) / SAMPLE_RATE
    audio = noise * np.random.default_rng(key).standard_normal(len(t))
    for k in range(1, 60):
        if k * pitch_hz(key) < 18_000:
            audio += 0.1 / k * np.sin(2 * np.pi * k * pitch_hz(key) * t + k * k * 0.7)
    return (audio * np.exp(-fall * t) * np.minimum(1, t / 0.005)).astype(np.float32)


def analysed(audio: np.ndarray, key: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Levels in the middle of the note: partials [1, 128], noise [1, 32]."""
    controls = analyse_note(audio, key, 1.0)
    row = int(np.abs(controls.times_s - 0.5).argmin())
    return torch.from_numpy(controls.partial_db[[row]]), torch.from_numpy(controls.noise_db[[row]])


@pytest.mark.parametrize("key", KEYS)
def test_leakage_is_what_an_analysis_hears_beside_a_pure_tone(key: int) -> None:
    partial_db, noise_db = analysed(tone(key), key)
    told = 10 * torch.log10(10 ** (partial_db / 10) @ torch.from_numpy(leakage(pitch_hz(key))))
    loud = noise_db > noise_db.max() - 20.0  # where it leaks at all
    assert float((told - noise_db)[loud].abs().max()) < 4.0


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("fall", [0.0, 4.0])
def test_a_pure_tone_is_left_nearly_without_noise(key: int, fall: float) -> None:
    partial_db, noise_db = analysed(tone(key, fall=fall), key)
    left = without_leakage(partial_db, noise_db, np.array([key]))

    def total_db(level_db: torch.Tensor) -> float:
        return float(10 * torch.log10((10 ** (level_db / 10)).sum()))

    floor_db = -78.0  # of all bands together, a little over silence
    assert total_db(left) < max(total_db(noise_db) - 15.0, floor_db)


@pytest.mark.parametrize("key", KEYS)
def test_real_noise_stays(key: int) -> None:
    partial_db, noise_db = analysed(tone(key, noise=0.01), key)
    left = without_leakage(partial_db, noise_db, np.array([key]))
    lost = (noise_db - left)[noise_db > -60.0]
    assert float(lost.median()) < 0.5
    assert int((lost > 3.0).sum()) <= 3  # beside the fundamental, 40 dB louder, it cannot be told


def test_many_knots_and_few_get_the_same() -> None:
    rng = np.random.default_rng(0)
    keys = rng.choice(KEYS, 100)
    partial_db = torch.from_numpy(rng.uniform(-90, -20, (100, 128)).astype(np.float32))
    noise_db = torch.from_numpy(rng.uniform(-90, -40, (100, N_NOISE)).astype(np.float32))
    together = without_leakage(partial_db, noise_db, keys)
    for first in range(0, 100, 25):
        rows = slice(first, first + 25)
        alone = without_leakage(partial_db[rows], noise_db[rows], keys[rows])
        torch.testing.assert_close(alone, together[rows], atol=1e-3, rtol=0)
    assert (together <= noise_db + 1e-3).all()
    assert (together >= FLOOR_DB).all()


def test_what_was_first_asked_for_while_rendering_serves_fits_too() -> None:
    with torch.inference_mode():
        prepare({33})
    partial_db = torch.full((80, 128), -30.0, requires_grad=True)
    without_leakage(partial_db, torch.full((80, N_NOISE), -40.0), np.full(80, 33)).sum().backward()
    assert partial_db.grad is not None
    assert torch.isfinite(partial_db.grad).all()


def test_the_engine_plays_without_it() -> None:
    decoder = lively_decoder(moves=False)
    embedding = torch.from_numpy(EVEN)[None]
    conditioning = decoder.conditioning(
        decoder.note_state(embedding, torch.tensor([64.0]), torch.tensor([90.0]))
    )
    (shape,) = note_shapes(conditioning.statics, [64])
    times = KnotTimes(np.array([0.05, 0.2, 0.5]), np.zeros(3))
    which, keys = torch.zeros(3, dtype=torch.long), np.full(3, 64)
    index, fraction = (torch.from_numpy(x).expand(3, -1) for x in (shape.index, shape.fraction))
    with torch.no_grad():
        on_s = torch.from_numpy(times.since_s.astype(np.float32))
        raw_db = decoder.knots(conditioning, which, on_s, torch.zeros(3)).noise_db
        partial_db, noise_db = knot_levels(
            decoder, conditioning, which, times, index, fraction, keys
        )
    torch.testing.assert_close(noise_db, without_leakage(partial_db, raw_db, keys))
    assert float((raw_db - noise_db).max()) > 1.0


def test_a_fit_expects_what_the_engine_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = lively_decoder(moves=False)
    objective = FitObjective(tone(64), [Note(0.0, 64, 90, 1.0)])
    embedding = torch.from_numpy(EVEN)[None]
    with torch.no_grad():
        own = objective.predicted(decoder, embedding, torch.zeros(1))
        monkeypatch.setattr(
            "core.encoders.embedded.fit_objective.without_leakage", lambda p, noise, k: noise
        )
        leaky = objective.predicted(decoder, embedding, torch.zeros(1))
    assert (own <= leaky * 1.001).all()
    assert float((own / leaky).min()) < 0.9
