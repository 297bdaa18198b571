"""Sounds are made equally loud before they are compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyloudnorm
import pytest

from core.audio import write_audio
from core.audio.loudness import integrated_loudness
from core.clip import Clip, Note
from core.errors import AudioError, Cancelled, UserInputError
from core.provenance import PresetVersion, Provenance, provenance_chunks
from core.timbre import TextTimbre
from core.types import FloatArray
from desktop.listening.sounds import VotedSound, load_sounds, match_loudness, what_is
from desktop.services.fakes.jobs import fake_clip

RATE = 44_100


def tone(hz: float, peak: float, seconds: float = 2.0, rate: int = RATE) -> FloatArray:
    t = np.arange(round(seconds * rate)) / rate
    return (peak * np.sin(2 * np.pi * hz * t) * (1 + 0.3 * np.sin(9 * t)) / 1.3).astype(np.float32)[
        None
    ]


def on(_fraction: float) -> bool:
    return True


def write(file: Path, audio: FloatArray, rate: int = RATE, **made: object) -> Path:
    """A sound file, of a render if it is said what made it."""
    if not made:
        write_audio(file, audio, rate)
        return file
    embedding = np.zeros(512, np.float32)
    embedding[0] = 1.0
    provenance = Provenance(
        **{
            "clip": fake_clip("riff"),
            "embedding": embedding,
            "seed": 3,
            "model_id": "embedded",
            "model_sha256": "ab" * 32,
            "sample_rate": rate,
            **made,
        }  # type: ignore[arg-type]
    )
    write_audio(file, audio, rate, chunks=provenance_chunks(provenance.to_json()))
    return file


def test_all_are_as_loud_as_the_softest(tmp_path: Path) -> None:
    loud, soft = tone(3000, 0.9), tone(200, 0.05)
    files = [write(tmp_path / "loud.wav", loud), write(tmp_path / "soft.wav", soft)]
    sounds = load_sounds(files, on)
    meter = pyloudnorm.Meter(RATE)
    levels = [meter.integrated_loudness(sound.audio.T.astype(np.float64)) for sound in sounds]
    assert levels[0] == pytest.approx(levels[1], abs=0.1)
    assert sounds[1].gain_db == 0.0
    assert sounds[0].gain_db < -20


def test_none_is_beyond_full_scale() -> None:
    click = np.zeros((1, RATE), np.float32)
    click[0, ::4410] = 1.6
    levelled = match_loudness([click, tone(1000, 0.9)], RATE, ["click", "tone"])
    assert max(float(np.abs(audio).max()) for audio, _ in levelled) <= 1.0
    levels = [integrated_loudness(audio, RATE) for audio, _ in levelled]
    assert levels[0] == pytest.approx(levels[1], abs=0.01)


def test_rates_lengths_and_channels_are_made_the_same(tmp_path: Path) -> None:
    wide = np.vstack([tone(300, 0.3, 1.0, 48_000), tone(400, 0.3, 1.0, 48_000)])
    files = [
        write(tmp_path / "wide.wav", wide, 48_000),
        write(tmp_path / "mono.wav", tone(300, 0.3, 2.0)),
    ]
    first, second = load_sounds(files, on)
    assert first.audio.shape == second.audio.shape == (2, 96_000)
    assert np.array_equal(second.audio[0], second.audio[1])
    assert not first.audio[:, 48_000:].any()
    assert (first.sample_rate, second.seconds) == (48_000, 2.0)


def test_a_render_says_what_it_is(tmp_path: Path) -> None:
    preset, clip = PresetVersion("Bell", 4), fake_clip("riff")
    file = write(tmp_path / "x.wav", tone(300, 0.3), preset=preset, timbre=TextTimbre("bell"))
    what = VotedSound("Bell", 4, 3, "embedded", "ab" * 32, "riff", clip.content_hash)
    assert what_is(file) == what
    assert what.title == "Bell v4"
    words = write(tmp_path / "y.wav", tone(300, 0.3), timbre=TextTimbre("bell"))
    assert what_is(words).preset == TextTimbre("bell").describe()
    assert what_is(write(tmp_path / "z.wav", tone(300, 0.3))) == VotedSound("z")
    assert VotedSound("z").title == "z"


def test_what_cannot_be_compared_is_said(tmp_path: Path) -> None:
    one = write(tmp_path / "one.wav", tone(300, 0.3), seed=1)
    silent = write(tmp_path / "silent.wav", np.zeros((1, RATE), np.float32))
    other = Clip.of("other", [Note(0.0, 60, 90, 0.5)])
    another = write(tmp_path / "another.wav", tone(300, 0.3), clip=other)
    with pytest.raises(UserInputError, match="two finished takes"):
        load_sounds([one, one], on)
    with pytest.raises(UserInputError, match=r"silent\.wav is silent"):
        load_sounds([one, silent], on)
    with pytest.raises(UserInputError, match="different clips, “riff” and “other”"):
        load_sounds([one, another], on)
    with pytest.raises(AudioError, match=r"gone\.wav"):
        load_sounds([one, tmp_path / "gone.wav"], on)
    with pytest.raises(Cancelled):
        load_sounds([one, another], lambda _fraction: False)
