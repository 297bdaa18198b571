"""Renders and streams at one loudness, by the façade, with the embedded engine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import Blend, Clip, Note, Synthesizer, TextTimbre
from core.audio import read_audio, resample
from core.audio.loudness import integrated_loudness
from core.engines.base import RenderRequest
from core.errors import SettingsError
from core.leveling.phrase import LOUDNESS_PHRASE, TARGET_LUFS
from core.leveling.stream import LeveledStream
from core.provenance import read_provenance
from core.settings import RenderSettings
from core.types import EmbeddingPath, FloatArray

PIANO, STRINGS = TextTimbre("bright acoustic grand piano"), TextTimbre("slow strings")
BOTH = Blend(((PIANO, 0.5), (STRINGS, 0.5)))
AS_PLAYED = RenderSettings(gain=0.0)
SOFT = Clip.of("soft", [Note(0.0, 60, 30, 0.3)])
LOUD = Clip.of("loud", [Note(0.0, 60, 120, 0.3), Note(0.0, 64, 120, 0.3)])


@pytest.fixture
def synth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Synthesizer:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    return Synthesizer.load("embedded", device="cpu")


@pytest.mark.parametrize("timbre", [PIANO, STRINGS, BOTH], ids=["piano", "strings", "blend"])
def test_every_timbre_is_as_loud_on_the_phrase(
    synth: Synthesizer, timbre: TextTimbre | Blend
) -> None:
    take = synth.render(LOUDNESS_PHRASE, timbre)
    assert integrated_loudness(take.audio, take.sample_rate) == pytest.approx(TARGET_LUFS, abs=0.02)
    played = synth.render(LOUDNESS_PHRASE, timbre, settings=AS_PLAYED)
    assert played.provenance.gain_db == 0.0
    factor = 10 ** (take.provenance.gain_db / 20)
    np.testing.assert_allclose(take.audio, played.audio * factor, atol=1e-6)


def test_clips_of_one_timbre_keep_their_balance(synth: Synthesizer) -> None:
    soft, loud = synth.render_batch([(SOFT, PIANO, 0), (LOUD, PIANO, 0)])
    soft_played, loud_played = synth.render_batch(
        [(SOFT, PIANO, 0), (LOUD, PIANO, 0)], settings=AS_PLAYED
    )
    balance = np.abs(loud.audio).max() / np.abs(soft.audio).max()
    assert balance == pytest.approx(
        np.abs(loud_played.audio).max() / np.abs(soft_played.audio).max(), rel=1e-4
    )
    assert soft.provenance.gain_db == loud.provenance.gain_db


def test_a_clip_of_many_notes_keeps_its_balance_with_one_of_few(synth: Synthesizer) -> None:
    many = Clip.of("many", [Note(0.0, key, 127, 0.3) for key in range(30, 90)])
    few = Clip.of("few", many.notes[:3])
    raw = [
        synth.engine.render([RenderRequest(clip, synth.embed(PIANO))])[0] for clip in (many, few)
    ]
    assert np.abs(raw[0]).max() > 1.0
    factor = 10 ** (synth.gain_db(synth.embed(PIANO)) / 20)
    for clip, sound in zip((many, few), raw, strict=True):
        np.testing.assert_allclose(synth.render(clip, PIANO).audio, sound * factor, atol=1e-5)
    played = synth.render(many, PIANO, settings=AS_PLAYED).audio
    np.testing.assert_allclose(played, raw[0] * (0.999 / np.abs(raw[0]).max()), atol=1e-6)


def test_a_gain_can_be_asked_for(synth: Synthesizer) -> None:
    take = synth.render(SOFT, PIANO, settings=RenderSettings(gain=-6.0))
    played = synth.render(SOFT, PIANO, settings=AS_PLAYED)
    np.testing.assert_allclose(take.audio, played.audio * 10**-0.3, atol=1e-6)
    assert take.provenance.gain_db == -6.0
    assert "gain" not in take.provenance.settings
    with pytest.raises(SettingsError, match="gain 25"):
        synth.render(SOFT, PIANO, settings=RenderSettings(gain=25.0))


def test_a_gain_is_no_setting_that_an_engine_ignores(synth: Synthesizer) -> None:
    assert synth.limits(SOFT, RenderSettings(gain=1.0)) == []


def test_a_moving_timbre_has_one_gain(synth: Synthesizer) -> None:
    points = np.stack([synth.embed(PIANO), synth.embed(STRINGS)])
    path = EmbeddingPath(np.array([0.0, LOUDNESS_PHRASE.length_s]), points)
    (take,) = synth.render_requests([RenderRequest(LOUDNESS_PHRASE, path)])
    assert integrated_loudness(take.audio, take.sample_rate) == pytest.approx(TARGET_LUFS, abs=0.02)


def test_a_file_repeats_with_the_gain_it_had(synth: Synthesizer, tmp_path: Path) -> None:
    for index, settings in enumerate((RenderSettings(), AS_PLAYED, RenderSettings(gain=3.25))):
        file, again = tmp_path / f"{index}.wav", tmp_path / f"{index}-again.wav"
        take = synth.render(SOFT, PIANO, settings=settings)
        take.write(file)
        provenance = read_provenance(file)
        assert provenance.gain_db == take.provenance.gain_db
        synth.repeat(provenance).write(again)
        assert again.read_bytes() == file.read_bytes()


def test_a_repeat_measures_nothing(
    synth: Synthesizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = synth.render(SOFT, PIANO)
    fresh = Synthesizer(synth.engine, synth.bundle, synth.device)
    monkeypatch.setattr("core.synthesizer.gain_of", lambda *_: pytest.fail("was measured"))
    assert np.array_equal(fresh.repeat(take.provenance).audio, take.audio)


def test_peaks_are_clipped_in_no_format(synth: Synthesizer, tmp_path: Path) -> None:
    take = synth.render(LOUD, PIANO, settings=RenderSettings(gain=24.0))
    assert take.overshoot_db > 3
    take.write(tmp_path / "float.wav", subtype="FLOAT")
    assert np.array_equal(read_audio(tmp_path / "float.wav")[0], take.audio)
    assert take.overshoot_remark("FLOAT") == ""
    assert f"{take.overshoot_db:.1f} dB above full scale" in take.overshoot_remark(None)
    scaled = take.audio * (0.999 / np.abs(take.audio).max())
    for name in ("a.wav", "a.flac"):
        take.write(tmp_path / name)
        np.testing.assert_allclose(read_audio(tmp_path / name)[0], scaled, atol=1e-6)
    quiet = synth.render(SOFT, PIANO)
    assert (quiet.overshoot_db, quiet.overshoot_remark(None)) == (0.0, "")


def test_peaks_that_another_rate_brings_are_not_clipped(synth: Synthesizer, tmp_path: Path) -> None:
    square = 0.9999 * np.sign(np.sin(2 * np.pi * 997 * np.arange(4410) / 44_100))
    leveled = synth.render(SOFT, PIANO, settings=RenderSettings(gain=1.0))
    take = replace(leveled, audio=square.astype(np.float32)[None])
    assert take.overshoot_db == 0
    take.write(tmp_path / "a.wav", sample_rate=48_000)
    expected = resample(take.audio, 44_100, 48_000)
    assert np.abs(expected).max() > 1
    expected *= 0.999 / np.abs(expected).max()
    np.testing.assert_allclose(read_audio(tmp_path / "a.wav")[0], expected, atol=1e-6)


def _played(stream: LeveledStream, blocks: int) -> FloatArray:
    return np.concatenate([stream.process(512) for _ in range(blocks)])


def test_a_stream_is_as_loud_as_a_render(synth: Synthesizer) -> None:
    streams = [synth.stream(PIANO), synth.stream(PIANO, settings=AS_PLAYED)]
    for stream in streams:
        assert isinstance(stream, LeveledStream)
        stream.note_on(60, 100)
    leveled, played = (
        _played(stream, 20) for stream in streams if isinstance(stream, LeveledStream)
    )
    gain_db = synth.gain_db(synth.embed(PIANO))
    assert abs(gain_db) > 0.5
    np.testing.assert_allclose(leveled, played * 10 ** (gain_db / 20), atol=1e-6)


def test_another_timbre_brings_its_gain_without_a_step(synth: Synthesizer) -> None:
    stream, played = synth.stream(PIANO), synth.stream(PIANO, settings=AS_PLAYED)
    for each in (stream, played):
        each.note_on(60, 100)
        each.process(512)
        each.set_timbre(synth.embed(STRINGS))
    ratios = []
    for _ in range(2):
        with np.errstate(all="ignore"):
            loud, plain = stream.process(512), played.process(512)
            heard = np.abs(plain) > 1e-4
            ratios.append(20 * np.log10(np.abs(loud[heard] / plain[heard])))
    before, after = (synth.gain_db(synth.embed(timbre)) for timbre in (PIANO, STRINGS))
    assert ratios[0][0] == pytest.approx(before, abs=0.1)
    assert ratios[0][-1] == pytest.approx(after, abs=0.1)
    np.testing.assert_allclose(ratios[1], after, atol=0.01)


def test_a_gain_that_is_measured_has_its_share_of_the_progress(synth: Synthesizer) -> None:
    """The phrase is as long as the clip, so half of the progress is its own."""
    request = RenderRequest(LOUDNESS_PHRASE, synth.embed(STRINGS), RenderSettings())
    assert synth.leveling_share([request]) == pytest.approx(0.5)
    seen: list[float] = []

    def look(fraction: float) -> bool:
        seen.append(fraction)
        return True

    synth.render_requests([request], look)
    assert seen == sorted(seen)
    assert seen[0] < 0.1
    assert any(0.1 < fraction < 0.5 for fraction in seen)
    assert any(0.5 < fraction < 1.0 for fraction in seen)
    assert synth.leveling_share([request]) == 0.0
    assert synth.leveling_share([RenderRequest(SOFT, request.embedding, AS_PLAYED)]) == 0.0
