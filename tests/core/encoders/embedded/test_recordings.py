"""A recording is heard as the same sound, however it was wired, and what it is not is said."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from core.audio import read_audio
from core.encoders.base import TimbreEncoder
from core.errors import AudioError
from core.library.factory import RECORDINGS
from core.synthesizer import Synthesizer

TIMBRES = ["airy-pipe", "gritty-saw-lead", "nylon-pluck", "slow-dawn-pad", "small-bell"]
FITTED = ["nylon-pluck", "small-bell"]
"""A fit takes seconds; the first guess is tried with all."""

Sound = NDArray[np.float32]


@pytest.fixture(scope="module")
def encoder() -> TimbreEncoder:
    return Synthesizer.load("embedded", device="cpu").encoder


def recording(name: str) -> tuple[Sound, int]:
    audio, rate = read_audio(RECORDINGS / f"{name}.flac")
    return audio[0], rate


def variants(sound: Sound, rate: int) -> dict[str, tuple[Sound, Sound]]:
    """Of a mono sound: another recording of it, and what that should be heard as."""
    under_40_db = 0.01 * np.sqrt(np.mean(sound**2))
    noise = under_40_db * np.random.default_rng(0).normal(size=(2, len(sound)))
    hum = under_40_db * np.sqrt(2) * np.sin(2 * np.pi * 50 * np.arange(len(sound)) / rate)
    inverted = np.stack([sound, -sound])
    hummed = sound + hum
    pairs = {
        "inverted right": (inverted, sound),
        "inverted left": (-inverted, sound),
        "silent left": (np.stack([0 * sound, sound]), sound),
        "offset": (np.stack([sound, sound]) + 0.1, sound),
        "inverted, offset": (inverted + 0.1, sound),
        "inverted, noise": (inverted + noise, np.stack([sound, sound]) + noise),
        "inverted, hum of the source": (np.stack([hummed, -hummed]), hummed),
        "inverted, hum of the wires": (inverted + hum, sound),  # the sides cancel it
        "inverted, all of it": (inverted + noise + hum + 0.1, np.stack([sound, sound]) + noise),
        "many channels": (np.stack([0 * sound, -sound, sound, 0 * sound, -sound]), sound),
    }
    return {
        name: (np.atleast_2d(heard).astype(np.float32), np.atleast_2d(meant).astype(np.float32))
        for name, (heard, meant) in pairs.items()
    }


@pytest.mark.parametrize("name", TIMBRES)
def test_the_first_guess_does_not_depend_on_the_wiring(encoder: TimbreEncoder, name: str) -> None:
    sound, rate = recording(name)
    likeness = {
        variant: encoder.encode_audio_fast(heard, rate) @ encoder.encode_audio_fast(meant, rate)
        for variant, (heard, meant) in variants(sound, rate).items()
    }
    assert min(likeness.values()) >= 0.99, likeness


@pytest.mark.parametrize("name", FITTED)
def test_nor_does_the_fit(encoder: TimbreEncoder, name: str) -> None:
    sound, rate = recording(name)
    fitted = encoder.encode_audio(sound[None], rate)
    for variant in ("inverted right", "inverted, offset"):
        heard, _ = variants(sound, rate)[variant]
        assert encoder.encode_audio(heard, rate) @ fitted >= 0.99, variant


def test_nothing_but_an_offset_is_refused(encoder: TimbreEncoder) -> None:
    with pytest.raises(AudioError, match="constant offset"):
        encoder.encode_audio(np.full((2, 8000), 0.3, np.float32), 8000)
