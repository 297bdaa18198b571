"""A recording is heard as the same sound, however it was wired, and what it is not is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.audio import read_audio
from core.encoders.base import TimbreEncoder
from core.encoders.embed import resolve
from core.encoders.embedded.encoder import listen
from core.encoders.embedded.reference_remarks import NO_NOTES
from core.errors import AudioError
from core.library.factory import RECORDINGS
from core.synthesizer import Synthesizer
from core.timbre import AudioTimbre, Blend
from evaluation import sets
from tests.data import references

TIMBRES = ["airy-pipe", "gritty-saw-lead", "nylon-pluck", "slow-dawn-pad", "small-bell"]
FITTED = ["nylon-pluck"]
"""A fit takes seconds; the first guess is tried with all."""

SET = Path(sets.__file__).parent / "embedded_v1" / "audio"
REFERENCES = Path(references.__file__).parent

Sound = NDArray[np.float32]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """More gain little, and lose much on a loaded machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


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


def noise(exponent: float) -> Sound:
    """Four seconds whose power falls with frequency to the 2 × ``exponent``, at 44.1 kHz."""
    spectrum = np.fft.rfft(np.random.default_rng(3).normal(size=4 * 44_100))
    coloured = np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)), 1) ** exponent)
    return (0.5 * coloured / np.abs(coloured).max()).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "words"), [("speech", "sounds like speech"), ("drums", "sounds like drums")]
)
def test_speech_and_drums_are_said(name: str, words: str) -> None:
    audio, rate = read_audio(REFERENCES / f"{name}.ogg")
    (remark,) = listen(audio, rate)
    assert words in remark


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0], ids=["white", "pink", "brown"])
def test_noise_is_said(encoder: TimbreEncoder, exponent: float) -> None:
    encoding = encoder.encode_audio_with_remarks(noise(exponent)[None], 44_100)
    assert ["mostly noise" in remark for remark in encoding.remarks] == [True]
    assert np.linalg.norm(encoding.embedding) == pytest.approx(1.0, abs=1e-5)


def test_no_instrument_is_called_speech_noise_or_drums() -> None:
    """The references and targets of the built-in set, and the factory recordings."""
    paths = sorted((*SET.glob("*.flac"), *RECORDINGS.glob("*.flac")))
    assert len(paths) == 78
    said = {path.stem: listen(*read_audio(path)) for path in paths}
    # One click, and nothing that basic-pitch takes for a note.
    assert {name: lines for name, lines in said.items() if lines} == {
        "dry-click-mallet": (NO_NOTES,)
    }


def test_a_remark_costs_no_other_embedding(encoder: TimbreEncoder) -> None:
    audio, rate = read_audio(REFERENCES / "drums.ogg")
    encoding = encoder.encode_audio_with_remarks(audio, rate)
    assert np.array_equal(encoding.embedding, encoder.encode_audio(audio, rate))
    assert len(encoding.remarks) == 1


def test_remarks_come_out_of_blends_with_the_recordings_name(
    encoder: TimbreEncoder, tmp_path: Path
) -> None:
    cut = (REFERENCES / "drums.ogg").read_bytes()[:-3000]
    (tmp_path / "loop.ogg").write_bytes(cut)
    said: list[str] = []
    resolve(Blend(((AudioTimbre(tmp_path / "loop.ogg"), 1.0),)), encoder, said.append)
    assert [line.split(";")[0] for line in said] == [
        said[0].split(";")[0],
        "loop.ogg: this sounds like drums or other percussion",
    ]
    assert said[0].startswith("loop.ogg: it is cut off")
