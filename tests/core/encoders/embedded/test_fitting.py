"""Fitting an embedding to a recording, and the notes it is fitted with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from core import Synthesizer, TextTimbre
from core.clip import Clip, Note, pitch_hz
from core.encoders.embedded.band_levels import HOP
from core.encoders.embedded.fit_objective import FitObjective
from core.encoders.embedded.fitting import FitSettings, fit
from core.encoders.embedded.transcription import transcribe_notes
from core.engines.base import RenderRequest
from core.engines.embedded.controls import N_SUBHARMONICS
from core.engines.embedded.decoder import Decoder, coordinates, on_sphere
from core.engines.embedded.engine import EmbeddedEngine
from core.engines.embedded.subharmonics import relative_levels
from tests.helpers.decoders import lively_decoder, organ

RATE = 44_100
NOTES = tuple(Note(0.05 + 0.5 * i, key, 90, 0.4) for i, key in enumerate((48, 60, 67, 55)))
EVEN = torch.full((511,), 0.05)
NONE = torch.zeros(0, 512)


def timbre(seed: int, spread: float = 1.2) -> np.ndarray:
    """An embedding as far from the mean of all as real ones are, with no half partials."""
    place = torch.randn(1, 511, generator=torch.Generator().manual_seed(seed))
    place[:, -N_SUBHARMONICS:] = 0.0
    return on_sphere(place * spread / 511**0.5)[0].numpy()


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    made = lively_decoder(moves=False)
    made.surfaces.weight *= 6.0  # so that timbres differ
    made.spread.weight *= 6.0
    return made


def played(decoder: Decoder, embedding: np.ndarray) -> np.ndarray:
    """What the engine makes of :data:`NOTES` [frames]."""
    clip = Clip.of("notes", NOTES)
    audio: np.ndarray = EmbeddedEngine(decoder).render([RenderRequest(clip, embedding)])[0][0]
    return audio


def error_db(decoder: Decoder, objective: FitObjective, embedding: np.ndarray) -> float:
    """How far a recording is from what an embedding would sound like, levels alike."""
    with torch.no_grad():
        silent = torch.zeros(len(NOTES))
        return float(objective.error(decoder, torch.from_numpy(embedding)[None], silent))


def test_the_sphere_holds_a_flat_space() -> None:
    place = torch.randn(7, 511) * 0.05
    embedding = on_sphere(place)
    torch.testing.assert_close(embedding.norm(dim=1), torch.ones(7))
    torch.testing.assert_close(coordinates(embedding), place, atol=1e-5, rtol=1e-4)


def test_what_is_predicted_is_what_the_engine_plays(decoder: Decoder) -> None:
    """Levels in bands, computed without a sound, are those of the sound."""
    true = timbre(1)
    objective = FitObjective(played(decoder, true), NOTES)
    with torch.no_grad():
        power = objective.predicted(decoder, torch.from_numpy(true)[None], torch.zeros(len(NOTES)))
    level = 10 * torch.log10(power + 1e-12)
    loud = (objective.target > -40) & (objective.shown[:, None] > 0)
    difference = (level - objective.target)[loud]
    # Single frames of noise scatter by some dB; on average there is only one factor between.
    difference = difference - difference.median()
    assert difference.mean().abs() < 2.0
    assert difference.abs().median() < 3.0
    assert difference.abs().mean() < 4.0


def test_a_fit_comes_nearer_to_the_recording(decoder: Decoder) -> None:
    true, start = timbre(2), timbre(3)
    audio = played(decoder, true)
    found = fit(decoder, start, audio, NOTES, EVEN, NONE)
    objective = FitObjective(audio, NOTES)
    first, last, best = (error_db(decoder, objective, e) for e in (start, found, true))
    assert last < first - 0.5 * (first - best)
    assert np.linalg.norm(found) == pytest.approx(1.0, abs=1e-5)
    # Threads may add up in another order, and sixty steps make more of that; nobody hears it.
    again = fit(decoder, start, audio, NOTES, EVEN, NONE)
    np.testing.assert_allclose(again, found, atol=1e-3)


@pytest.mark.parametrize(("late_s", "held_s"), [(0.05, 0.4), (0.0, 0.7)], ids=["late", "long"])
def test_notes_are_moved_to_where_they_were(late_s: float, held_s: float) -> None:
    """With the shipped decoder: one of random weights has no attacks and releases to find."""
    synth = Synthesizer.load("embedded")
    assert isinstance(synth.engine, EmbeddedEngine)
    decoder, true = synth.engine.decoder, synth.embed(TextTimbre("trumpet"))
    assert isinstance(true, np.ndarray)
    wrong = [replace(n, start_s=n.start_s + late_s, duration_s=held_s) for n in NOTES]
    objective = FitObjective(played(decoder, true), wrong)
    objective.align(decoder, torch.from_numpy(true)[None], torch.zeros(len(NOTES)))
    for note, found in zip(NOTES, objective.notes, strict=True):
        assert found.start_s == pytest.approx(note.start_s, abs=0.015)
        assert found.duration_s == pytest.approx(note.duration_s, abs=0.03)


def test_frames_about_an_onset_count_half(decoder: Decoder) -> None:
    """When exactly a note begins is not known; what lasts is explained before what begins."""
    objective = FitObjective(played(decoder, timbre(2)), NOTES)
    since_s = np.arange(len(objective.shown)) * HOP / RATE - NOTES[1].start_s
    about = objective.shown[torch.from_numpy((since_s > -0.03) & (since_s < 0.01))]
    later = objective.shown[torch.from_numpy((since_s > 0.05) & (since_s < 0.3))]
    assert float(about.max()) == float(about.min()) == 0.5
    assert float(later.min()) == 1.0


def test_a_known_instrument_that_explains_all_is_found(decoder: Decoder) -> None:
    """Of timbres at hand, the one that is played weighs most, far from the first look as it is."""
    true, others = timbre(8), [timbre(seed) for seed in range(20, 30)]
    known = torch.from_numpy(np.stack([*others, true]))
    still = FitSettings(steps=0)
    found = fit(decoder, timbre(9), played(decoder, true), NOTES, EVEN, known, still)
    assert all(float(found @ true) > float(found @ other) for other in others)


def test_half_partials_are_those_of_known_instruments(decoder: Decoder) -> None:
    stops, few = organ(8, 0.0, -6.0), FitSettings(steps=10, apart_db=0.1)
    others = [timbre(seed) for seed in range(20, 30)]
    known = torch.from_numpy(np.stack([*others, stops]))

    def found(true: np.ndarray, known: torch.Tensor) -> torch.Tensor:
        clone = fit(decoder, timbre(9), played(decoder, true), NOTES, EVEN, known, few)
        return relative_levels(coordinates(torch.from_numpy(clone)[None]))[0]

    np.testing.assert_allclose(found(stops, known)[:2], [0.0, -6.0], atol=6.0)
    assert (found(stops, NONE) < -150.0).all()


def test_how_loud_a_recording_is_does_not_matter(decoder: Decoder) -> None:
    audio, start = played(decoder, timbre(4)), timbre(5)
    few = FitSettings(steps=10)
    loud, soft = (fit(decoder, start, gain * audio, NOTES, EVEN, NONE, few) for gain in (1.0, 0.05))
    assert float(loud @ soft) > 0.999


def test_without_doubt_the_first_look_stands(decoder: Decoder) -> None:
    start = timbre(6)
    found = fit(decoder, start, played(decoder, timbre(7)), NOTES, torch.zeros(511), NONE)
    assert float(found @ start) == pytest.approx(1.0, abs=1e-5)


def tone(notes: list[Note], partials: int = 6) -> np.ndarray:
    """Decaying harmonic tones [frames]."""
    out = np.zeros(round((max(note.end_s for note in notes) + 0.3) * RATE), np.float32)
    for note in notes:
        t = np.arange(round(note.duration_s * RATE)) / RATE
        wave = sum(
            np.sin(2 * np.pi * k * pitch_hz(note.pitch) * t) / k for k in range(1, partials + 1)
        )
        start = round(note.start_s * RATE)
        loud = 0.3 * (note.velocity / 127) ** 2
        out[start : start + len(t)] += (loud * wave * np.exp(-1.5 * t)).astype(np.float32)
    return out


def test_the_notes_of_a_melody_are_heard_with_how_loud_they_are() -> None:
    melody = [Note(0.1 + 0.5 * i, 60 + k, v, 0.45) for i, (k, v) in enumerate(
        ((0, 100), (4, 100), (7, 50), (2, 100))
    )]  # fmt: skip
    found = transcribe_notes(tone(melody))
    assert [note.pitch for note in found] == [60, 64, 67, 62]
    assert np.abs([n.start_s - m.start_s for n, m in zip(found, melody, strict=True)]).max() < 0.05
    soft, *loud = found[2].velocity, found[0].velocity, found[1].velocity
    assert soft < 0.75 * min(loud)


def test_overtones_are_no_notes() -> None:
    """A tone with a strong octave and twelfth is one note all the same."""
    organ = tone([Note(0.1, 48, 110, 0.8)]) + 0.5 * tone(
        [Note(0.1, 60, 110, 0.8), Note(0.1, 67, 110, 0.8)]
    )
    assert {note.pitch for note in transcribe_notes(organ)} == {48}


def test_in_noise_and_silence_there_are_no_notes() -> None:
    noise = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    assert transcribe_notes(noise * np.exp(-np.arange(RATE) / 2000).astype(np.float32)) == ()
    assert transcribe_notes(np.zeros(RATE, np.float32)) == ()
