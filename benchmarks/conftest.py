"""Sounds the benchmarks share: the first items of the built-in set."""

from __future__ import annotations

import pytest
import torch

from benchmarks.material import Material
from core.audio import read_audio
from core.midi import read_midi
from core.synthesizer import Synthesizer
from core.timbre import AudioTimbre
from evaluation import datasets


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Figures are per core; the machine's others would blur them."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def material() -> Material:
    """The first item of ``embedded-v1``: about three seconds of piano."""
    item = datasets.load("embedded-v1").items[0]
    assert item.target is not None
    assert item.reference is not None
    audio, rate = read_audio(item.target)
    return Material(read_midi(item.midi).clip, audio, rate, AudioTimbre(item.reference))


@pytest.fixture(scope="session")
def synth() -> Synthesizer:
    """The embedded bundle on the CPU."""
    return Synthesizer.load("embedded", device="cpu")
