"""Blends whose weights move while notes sound: their arithmetic, and the player on the model."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from core.clip import Clip, Note
from core.encoders.sphere import linear_mean, spherical_mean
from core.errors import SettingsError
from core.library.library import Library
from core.types import FloatArray
from desktop.services.live_keys.blend import MOST_MEASURED, MovingBlend
from desktop.services.live_keys.messages import state_from_line
from desktop.services.live_keys.worker import BLOCK, LivePlayer
from tests.helpers.sound_device import FakeBackend


def points(count: int) -> list[FloatArray]:
    drawn = np.random.default_rng(0).normal(size=(count, 512)).astype(np.float32)
    return list(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))


def test_the_mixture_is_the_one_that_a_preset_would_be() -> None:
    parts = points(3)
    kept = np.stack([parts[0], parts[2]]), np.array([1.0, 3.0])
    assert np.array_equal(MovingBlend(parts, [0, 0, 0]).embedding([1, 0, 3]), spherical_mean(*kept))
    linear = MovingBlend(parts, [0, 0, 0], "linear").embedding([1, 0, 3])
    assert np.allclose(linear, linear_mean(*kept), atol=1e-6)


def test_its_gain_is_that_of_its_parts_and_what_pairs_need_besides() -> None:
    blend = MovingBlend(points(3), [0.0, 6.0, 2.0])
    assert blend.gain_db([1, 1, 0]) == pytest.approx(3.0)
    measured = 0
    while blend.measure_next(lambda _embedding: 7.0):
        measured += 1
    assert measured == 3
    assert blend.gain_db([1, 1, 0]) == pytest.approx(7.0)
    assert blend.gain_db([0, 5, 0]) == pytest.approx(6.0)
    assert not MovingBlend(points(MOST_MEASURED + 1), [0.0] * 9).measure_next(lambda _: 0.0)


@pytest.mark.parametrize("weights", [[0, 0], [1], [1, -1], [1, float("nan")]])
def test_weights_that_mean_nothing_are_refused(weights: list[float]) -> None:
    with pytest.raises(SettingsError, match="weight"):
        MovingBlend(points(2), [0.0, 0.0]).embedding(weights)


@pytest.fixture
def presets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    with Library.open(model=None) as library:
        ids = [preset.id for preset in library.list(0, 3).presets]
    threads = torch.get_num_threads()
    yield ids
    torch.set_num_threads(threads)  # a player has a process for itself, and sets them


def test_a_blend_moves_under_a_held_key(presets: list[str]) -> None:
    answers, backend = io.StringIO(), FakeBackend(("Speaker", 2))
    backend.rates.add(44_100)
    player = LivePlayer(answers, lambda: backend)
    parts = [(preset_id, 1.0) for preset_id in presets]
    player.read([json.dumps(["weights", 1, [1, 0, 0], None])])  # before the blend is there
    player.begin_blend(1, parts, "slerp", "")
    (device,) = backend.streams
    player.read([json.dumps(["on", 60, 100, time.perf_counter()])])
    for _ in range(60):
        device.pump(BLOCK)
    for step in range(1, 31):
        move = ["weights", 1, [1 - step / 30, step / 30, 0], time.perf_counter()]
        player.read([json.dumps(move), json.dumps(["weights", 0, [1, 0, 0], None])])
        device.pump(BLOCK)
        device.pump(BLOCK)
    for _ in range(40):
        device.pump(BLOCK)
    heard = np.concatenate(device.heard)[:, 0]
    assert np.abs(heard).max() <= 1.0
    player.measure_next_pair()
    player.report()
    state = state_from_line(answers.getvalue().splitlines()[-1])
    assert (state.words, state.problem) == ("", "")
    assert state.move_to_sound_ms is not None
    assert state.move_to_sound_ms > 5.0  # the stream's own latency is in it

    synth = player._timbres.synth
    with Library.open(model=None) as library:
        wanted = synth.render(
            Clip.of("held", [Note(0.0, 60, 100, 2.0)]), library.recipe(library.get(presets[1]))
        ).audio[0]
    spectra = [
        np.abs(np.fft.rfft(sound * np.hanning(8192)))
        for sound in (heard[-8192:], wanted[30_000 : 30_000 + 8192], heard[6000 : 6000 + 8192])
    ]
    now, there, before = (20 * np.log10(each[20:1500] + 1e-2) for each in spectra)
    assert np.abs(now - there).mean() < 0.6 * np.abs(before - there).mean()

    player.read([json.dumps(["weights", 1, [0, 0, 0], None])])
    assert "every weight" in state_from_line(answers.getvalue().splitlines()[-1]).problem
    player.read([json.dumps(["weights", 1, [0, 0, 1], None])])
    assert state_from_line(answers.getvalue().splitlines()[-1]).problem == ""
    player.begin(presets[2], "")  # a preset after the blend: moves of that are not for it
    player.read([json.dumps(["weights", 1, [1, 0, 0], None])])
    device.pump(BLOCK)
    assert player._blend is None
