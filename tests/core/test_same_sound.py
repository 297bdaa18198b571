"""The program sounds as it did: stored renders, and files that older versions wrote."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core import Synthesizer, TextTimbre
from core.audio import read_audio
from core.library import Library
from core.provenance import PresetVersion, read_provenance
from core.settings import RenderSettings
from tests.data.renders import make

FOLDER = Path(make.__file__).parent
CLOSE = 1e-4
"""Of the peak: hashes differ from machine to machine, in the rounding of sums."""

FIT_CLOSE = 2e-2
"""A fit follows a gradient for dozens of steps, and another processor's rounding with it: 0.005
lay between two instruction sets of one machine."""


@pytest.fixture(scope="module")
def synth() -> Synthesizer:
    return Synthesizer.load("embedded", device="cpu")


@pytest.mark.parametrize(
    "name", ["words", "recording", "first-look", "blend", "moving", "tokensynth"]
)
def test_renders_are_those_that_are_stored(synth: Synthesizer, name: str) -> None:
    audio = make.renders(synth)[name]()
    stored, _rate = soundfile.read(FOLDER / f"{name}.flac", dtype="float64")
    assert len(audio) == len(stored)
    scaled = audio * (0.999 / np.abs(audio).max())
    close = FIT_CLOSE if name == "recording" else CLOSE
    assert np.abs(scaled - stored).max() <= close


def test_a_file_of_an_older_version_is_read_and_repeated(
    synth: Synthesizer, tmp_path: Path
) -> None:
    old = FOLDER / "render-1.wav"
    provenance = read_provenance(old)
    assert provenance.settings == RenderSettings(temperature=0.9, top_k=40, top_p=0.8, guidance=1.5)
    assert provenance.preset == PresetVersion("Reeds", 2)
    assert provenance.clip.content_hash == make.CLIP.content_hash
    remarks: list[str] = []
    synth.repeat(provenance, on_remark=remarks.append).write(
        tmp_path / "again.wav", provenance.sample_rate, provenance.subtype
    )
    (before, rate), (after, _) = read_audio(old), read_audio(tmp_path / "again.wav")
    assert rate == 16_000
    assert before.shape == after.shape
    # Its engine's sound was changed since, and that is said.
    assert [remark[: remark.index(";")] for remark in remarks] == [
        "the file was made by version 0.1.0"
    ]
    assert "by up to 1 % of the peak" in remarks[0]
    assert np.abs(before - after).max() <= 1e-2 * np.abs(before).max()


def test_a_file_of_this_sound_is_repeated_without_a_word(synth: Synthesizer) -> None:
    take = synth.render(make.CLIP, TextTimbre("soft reeds"))
    remarks: list[str] = []
    again = synth.repeat(take.provenance, on_remark=remarks.append)
    assert not remarks
    assert np.array_equal(take.audio, again.audio)
    newer = replace(take.provenance, revision=take.provenance.revision + 1)
    synth.repeat(newer, on_remark=remarks.append)
    assert "update to repeat it" in remarks[0]


def test_a_preset_of_an_older_version_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    with Library.open() as library:
        library.import_(FOLDER / "preset-1.timbre")
        preset = library.get("Reeds")
        assert preset.settings == RenderSettings(temperature=0.9, top_k=40, top_p=0.8, guidance=1.5)
        assert (preset.tags, preset.rating) == (("soft", "woodwind"), 4)
        assert library.recipe(preset) == TextTimbre("soft reeds")
