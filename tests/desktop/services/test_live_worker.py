"""The live player on the shipped model, with a fake device that asks for blocks."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from core.library.library import Library
from desktop.services.live_keys.messages import state_from_line
from desktop.services.live_keys.worker import BLOCK, LivePlayer
from tests.helpers.sound_device import FakeBackend


@pytest.fixture
def presets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    with Library.open(model=None) as library:
        ids = [preset.id for preset in library.list(0, 2).presets]
    threads = torch.get_num_threads()
    yield ids
    torch.set_num_threads(threads)  # a player has a process for itself, and sets them


def test_keys_sound_and_the_preset_changes_under_them(presets: list[str]) -> None:
    answers, backend = io.StringIO(), FakeBackend(("Speaker", 2))
    backend.rates.add(44_100)
    player = LivePlayer(answers, lambda: backend)
    player.begin(presets[0], "")
    (device,) = backend.streams
    assert (device.is_started, device.options["blocksize"]) == (True, BLOCK)
    player.read([json.dumps(["on", 60, 100, time.perf_counter()])])
    for _ in range(40):
        device.pump(BLOCK)
    player.begin(presets[1], "")  # while the key is down
    for _ in range(40):
        device.pump(BLOCK)
    before, after = np.concatenate(device.heard[:40]), np.concatenate(device.heard[40:])
    assert (np.abs(before).max() > 0.01, np.abs(after).max() > 0.01) == (True, True)
    assert np.abs(after).max() <= 1.0
    player.report()
    lines = [state_from_line(line) for line in answers.getvalue().splitlines()]
    assert "loading the model" in [state.words for state in lines]
    assert (lines[-1].words, lines[-1].problem) == ("", "")
    assert lines[-1].key_to_sound_ms is not None
    assert backend.streams == [device]  # the device stayed open


def test_what_keeps_keys_from_sounding_is_said(presets: list[str]) -> None:
    answers, backend = io.StringIO(), FakeBackend(("Speaker", 2))
    player = LivePlayer(answers, lambda: backend)
    player.begin("gone", "")
    backend.refuses = True
    player.begin(presets[0], "")
    states = [state_from_line(line) for line in answers.getvalue().splitlines()]
    assert "gone" in [state.deleted for state in states]
    assert (states[-1].problem, states[-1].deleted) == ("Speaker does not play: busy", "")
