"""A take shows itself in a notebook, and tqdm shows how far one is."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core import Clip, Note, Take, TextTimbre, tqdm_progress
from core.audio.formats import writable_formats
from core.engines.base import Limit
from core.notebooks import player
from core.provenance import PresetVersion, Provenance, read_provenance
from core.timbre import Timbre

RATE = 44_100


def take(
    audio: np.ndarray,
    timbre: Timbre | None = None,
    preset: PresetVersion | None = None,
    limits: tuple[Limit, ...] = (),
) -> Take:
    embedding = np.zeros(512, np.float32)
    embedding[0] = 1
    provenance = Provenance(
        clip=Clip.of("riff", [Note(0.0, 60, 90, 1.0)]),
        embedding=embedding,
        seed=3,
        model_id="embedded",
        model_sha256="0" * 64,
        sample_rate=RATE,
        timbre=timbre,
        preset=preset,
    )
    return Take(audio, RATE, provenance, limits)


def tone(seconds: float, peak: float = 0.5) -> np.ndarray:
    time_s = np.arange(round(seconds * RATE)) / RATE
    return (peak * np.sin(2 * np.pi * 440 * time_s)).astype(np.float32)[None]


def heard(html: str) -> tuple[np.ndarray, int]:
    match = re.search(r'src="data:audio/mpeg;base64,([^"]+)"', html)
    assert match, html[:200]
    return soundfile.read(io.BytesIO(base64.b64decode(match[1])), dtype="float32", always_2d=True)


def test_a_take_says_in_a_line_what_it_is() -> None:
    bell = TextTimbre("a glassy bell")
    assert repr(take(tone(10), bell)) == "<Take 10.0 s, 44100 Hz, 'a glassy bell', seed 3>"
    preset = PresetVersion("Small Bell", 2)
    assert repr(take(tone(1), bell, preset)) == "<Take 1.0 s, 44100 Hz, 'Small Bell', seed 3>"
    assert repr(take(tone(1))) == "<Take 1.0 s, 44100 Hz, seed 3>"
    assert len(repr(take(tone(1), TextTimbre("x" * 1000)))) < 120


def test_the_player_holds_the_sound_compactly() -> None:
    html = take(tone(10), TextTimbre("a glassy bell"))._repr_html_()
    assert len(html) < 250_000  # a tenth of 10 s of float samples
    sound, rate = heard(html)
    assert rate == RATE
    assert len(sound) / rate == pytest.approx(10.0, abs=0.1)
    assert np.abs(sound).max() == pytest.approx(0.5, rel=0.1)


def test_a_long_take_is_cut_in_the_player_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "MAX_PLAYER_S", 2.0)
    html = take(tone(5))._repr_html_()
    assert "the first 2 s of 5.0 s; save() writes all" in html
    sound, rate = heard(html)
    assert len(sound) / rate == pytest.approx(2.0, abs=0.1)
    assert "save()" not in take(tone(1))._repr_html_()


def test_words_and_remarks_are_text_and_never_markup() -> None:
    limits = (Limit("x", "3 notes < C1 & more"),)
    html = take(tone(1), TextTimbre("<script>alert('x')</script>"), None, limits)._repr_html_()
    assert "<script" not in html
    assert "3 notes &lt; C1 &amp; more" in html


def test_peaks_over_full_scale_are_not_clipped_in_the_player() -> None:
    sound, _ = heard(player.player_html(tone(1, peak=2.0), RATE, "loud"))
    spectrum = np.abs(np.fft.rfft(sound[:RATE, 0] * np.hanning(RATE)))
    assert spectrum[1320] < 0.01 * spectrum[440]  # a clipped sine has a third partial


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000, 37_800])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_any_rate_and_channels_play(rate: int, channels: int) -> None:
    sound, played_hz = heard(player.player_html(np.repeat(tone(1), channels, 0), rate, "x"))
    assert len(sound) / played_hz == pytest.approx(RATE / rate, abs=0.1)
    assert sound.shape[1] == min(channels, 2) if channels < 3 else sound.shape[1] == 1


def test_an_old_libsndfile_plays_ogg_or_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    older = [each for each in writable_formats() if each.suffix != ".mp3"]
    monkeypatch.setattr(player, "writable_formats", lambda: older)
    assert "data:audio/ogg;base64," in player.player_html(tone(1), RATE, "x")
    monkeypatch.setattr(player, "writable_formats", list)
    html = player.player_html(tone(1), RATE, "x")
    assert "<audio" not in html
    assert "save() it to hear it" in html


def test_numpy_takes_a_take_for_its_audio() -> None:
    made = take(tone(1))
    assert np.asarray(made) is made.audio
    assert np.array(made, np.float64).dtype == np.float64
    copied = made.__array__(copy=True)
    copied[:] = 0
    assert made.audio.any()
    assert np.abs(made).max() == np.abs(made.audio).max()


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3"])
def test_a_take_is_saved_in_the_format_of_the_name(suffix: str, tmp_path: Path) -> None:
    path = take(tone(1), TextTimbre("bell")).save(tmp_path / f"x{suffix}")
    assert soundfile.info(path).format == {".ogg": "OGG"}.get(suffix, suffix[1:].upper())
    assert read_provenance(path).timbre == TextTimbre("bell")


def test_a_bar_shows_progress_and_begins_anew() -> None:
    shown = io.StringIO()
    on_progress = tqdm_progress("bell", file=shown, mininterval=0)
    for fraction in (0.0, 0.5, 1.0, 0.25, 0.1):  # done; then broken off and begun again
        assert on_progress(fraction)
    lines = re.split(r"[\r\n]+", shown.getvalue())
    assert any(line.startswith("bell:  50%") for line in lines)
    assert any(line.startswith("bell: 100%") for line in lines)
    assert any(line.startswith("bell:  10%") for line in lines)


def test_parts_of_the_work_share_a_bar_however_they_are_rounded() -> None:
    shown = io.StringIO()
    on_progress = tqdm_progress("bell", file=shown, mininterval=0)
    for fraction in (0.0, 0.1 + 0.2, 0.3, 0.9):  # 0.1 + 0.2 is a little more than 0.3
        assert on_progress(fraction)
    assert "\n" not in shown.getvalue()  # where a bar ends, and another begins
