"""How loud heard notes are struck, which of them are one, and what a fit makes of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core import Synthesizer, TextTimbre
from core.clip import Clip, Note, pitch_hz
from core.encoders.embedded.dynamics import VelocityResponse
from core.encoders.embedded.fitting import FitSettings, fit
from core.encoders.embedded.note_offsets import step_power
from core.encoders.embedded.transcription import _struck_db, _unsplit, transcribe_notes
from core.engines.base import RenderRequest
from core.engines.embedded.decoder import Decoder
from core.engines.embedded.engine import EmbeddedEngine

RATE = 44_100


def tone(key: int, level: float, start_s: float, rise_s: float, fall_s: float) -> np.ndarray:
    """Four seconds with one note of eight partials in it."""
    t = np.arange(4 * RATE) / RATE - start_s
    wave = sum(np.sin(2 * np.pi * k * pitch_hz(key) * t) / k for k in range(1, 9))
    shape = np.where(t < 0, 0.0, (1 - np.exp(-3 * np.maximum(t, 0) / rise_s)))
    return (level * wave * shape * np.exp(-np.maximum(t, 0) / fall_s)).astype(np.float32)


@pytest.mark.parametrize("rise_s", [0.005, 0.3])
@pytest.mark.parametrize("keys", [(60, 64), (60, 67), (48, 72)])
def test_a_note_is_as_loud_as_it_is_struck_though_others_ring(
    rise_s: float, keys: tuple[int, int]
) -> None:
    first, second = keys
    ringing = tone(first, 0.3, 0.2, rise_s, 3.0)
    note = Note(1.2, second, 90, 0.8)
    loud, soft = (
        _struck_db(step_power(ringing + tone(second, level, 1.2, rise_s, 3.0)), note)
        for level in (0.2, 0.05)
    )
    assert loud - soft == pytest.approx(12.0, abs=2.5)


def test_a_slow_attack_heard_twice_is_one_note() -> None:
    power = step_power(tone(60, 0.3, 0.2, 0.6, 5.0))
    halves = (Note(0.2, 60, 80, 0.35), Note(0.55, 60, 90, 1.5))
    (joined,) = _unsplit(halves, power)
    assert (joined.start_s, joined.end_s) == pytest.approx((0.2, 2.05))


def test_a_key_struck_again_stays_two_notes() -> None:
    again = tone(60, 0.3, 0.2, 0.01, 0.3) + tone(60, 0.3, 0.9, 0.01, 0.3)
    halves = (Note(0.2, 60, 80, 0.7), Note(0.9, 60, 90, 0.7))
    assert _unsplit(halves, step_power(again)) == halves


def test_notes_of_other_keys_or_far_apart_are_left_alone() -> None:
    power = step_power(tone(60, 0.3, 0.2, 0.6, 5.0))
    for halves in (
        (Note(0.2, 60, 80, 0.35), Note(0.55, 64, 90, 1.0)),
        (Note(0.2, 60, 80, 0.35), Note(0.8, 60, 90, 1.0)),
    ):
        assert _unsplit(halves, power) == halves


def test_velocities_are_heard_in_a_slow_pad() -> None:
    """Notes that swell and overlap: loud and soft in turn."""
    levels = (0.3, 0.06, 0.3, 0.06, 0.3, 0.06)
    sound = sum(
        tone(key, level, 0.1 + 0.6 * i, 0.25, 0.7)
        for i, (key, level) in enumerate(zip((60, 64, 67, 62, 65, 69), levels, strict=True))
    )
    notes = transcribe_notes((sound / np.abs(sound).max()).astype(np.float32))
    assert len(notes) >= 5
    by_key = {note.pitch: note.velocity for note in notes}
    loud = [by_key[key] for key in (60, 67, 65) if key in by_key]
    soft = [by_key[key] for key in (64, 62, 69) if key in by_key]
    assert loud
    assert soft
    assert min(loud) > max(soft)


@pytest.fixture(scope="module")
def synth() -> Synthesizer:
    return Synthesizer.load("embedded", device="cpu")


def decoder_of(synth: Synthesizer) -> Decoder:
    assert isinstance(synth.engine, EmbeddedEngine)
    return synth.engine.decoder


def test_dynamics_tell_what_playing_louder_does(synth: Synthesizer) -> None:
    embedding = torch.from_numpy(synth.embed(TextTimbre("acoustic grand piano")))[None]
    with torch.no_grad():
        louder_db, fallen = VelocityResponse(decoder_of(synth), [48, 60, 72]).of(embedding)
    assert louder_db.shape[0] == len(fallen) == 6
    assert float(louder_db.mean()) > 2.0
    assert float(fallen.mean()) < 0.03


def wrongly_heard(synth: Synthesizer, embedding: np.ndarray) -> tuple[np.ndarray, list[Note]]:
    """A melody's sound, and its notes with their velocities the wrong way round."""
    true = [Note(0.4 * i, 55 + 2 * i, v, 0.35) for i, v in enumerate((110, 40, 100, 50, 110, 40))]
    sound = synth.engine.render([RenderRequest(Clip.of("true", true), embedding)])[0][0]
    wrong = [Note(n.start_s, n.pitch, 150 - n.velocity, n.duration_s) for n in true]
    return sound, wrong


def test_a_fit_with_wrong_velocities_keeps_the_dynamics_it_began_with(synth: Synthesizer) -> None:
    decoder = decoder_of(synth)
    embedding = synth.embed(TextTimbre("acoustic grand piano"))
    sound, wrong = wrongly_heard(synth, embedding)
    dynamics = VelocityResponse(decoder, [57, 60, 63])

    def changed(weight: float) -> float:
        settings = FitSettings(steps=25, prototypes=0, aligned=(), dynamics=weight, duller=0.0)
        none, error_std = torch.zeros(0, 512), torch.full((511,), 0.05)
        found = fit(decoder, embedding, sound, wrong, error_std, none, settings)
        with torch.no_grad():
            before, _ = dynamics.of(torch.from_numpy(embedding)[None])
            after, _ = dynamics.of(torch.from_numpy(found)[None])
            return float((after - before).abs().mean())

    assert changed(0.3) < 0.7 * changed(0.0)


def test_a_fit_does_not_make_an_instrument_duller_when_played_harder(synth: Synthesizer) -> None:
    """Velocities heard the wrong way round say it is; hardly any instrument is."""
    decoder = decoder_of(synth)
    embedding = synth.embed(TextTimbre("warm pad"))
    sound, wrong = wrongly_heard(synth, embedding)

    def duller(weight: float) -> float:
        settings = FitSettings(steps=25, prototypes=0, aligned=(), dynamics=0.0, duller=weight)
        none, error_std = torch.zeros(0, 512), torch.full((511,), 0.05)
        found = fit(decoder, embedding, sound, wrong, error_std, none, settings)
        with torch.no_grad():
            _, fallen = VelocityResponse(decoder, [57, 60, 63]).of(torch.from_numpy(found)[None])
        return float(fallen.mean())

    assert duller(0.0) > 0.05
    assert duller(FitSettings().duller) < 0.02
