"""Notes heard in sound, and how they are scored."""

from __future__ import annotations

import json
import logging
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage

from core.clip import Clip, Note, pitch_hz
from core.errors import AudioError, MidiError
from core.transcription import basic_pitch
from evaluation.metrics import transcription
from tests.evaluation import sounds

GOLDEN = Path(__file__).parent / "golden"


def test_it_hears_what_the_published_package_hears() -> None:
    golden = json.loads((GOLDEN / "basic_pitch.json").read_text())
    heard = transcription.transcribe(sounds.play(sounds.melody()), sounds.RATE)
    assert [(note.pitch, note.velocity) for note in heard] == [(p, v) for _, _, p, v in golden]
    times = [(note.start_s, note.end_s) for note in heard]
    assert np.allclose(times, [(s, e) for s, e, _, _ in golden], atol=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_note_creation_equals_the_published_one(seed: int) -> None:
    logging.disable(logging.WARNING)
    try:
        from basic_pitch import note_creation
    finally:
        logging.disable(logging.NOTSET)
    rng = np.random.default_rng(seed)
    steps = int(rng.integers(40, 400))
    frames, onsets = (
        scipy.ndimage.gaussian_filter(rng.random((steps, 88)), width).astype(np.float32)
        for width in ((3, 0.6), (1, 0.3))
    )
    frames, onsets = ((x - x.min()) / (x.max() - x.min()) for x in (frames, onsets))
    found = note_creation.output_to_notes_polyphonic(
        frames.copy(), onsets.copy(), 0.5, 0.3, 11, True, None, None
    )
    times = note_creation.model_frames_to_time(steps)
    theirs = sorted(
        (times[start], int(pitch), round(127 * float(level)), times[end] - times[start])
        for start, end, pitch, level in found
    )
    ours = [
        (note.start_s, note.pitch, note.velocity, note.duration_s)
        for note in basic_pitch.activations_to_notes(
            frames, onsets, basic_pitch.TranscriptionSettings()
        )
    ]
    assert len(ours) == len(theirs) > 100
    assert np.allclose(ours, theirs, atol=1e-9)


def test_rate_channels_and_threads_do_not_change_the_notes() -> None:
    sound = sounds.play(sounds.melody())
    alone = transcription.transcribe(sound, sounds.RATE)
    stereo = np.stack([sound, sound])
    assert transcription.transcribe(stereo, sounds.RATE, threads=2) == alone
    high = transcription.transcribe(sounds.play(sounds.melody(), 44_100), 44_100)
    assert {note.pitch for note in sounds.melody().notes} <= {note.pitch for note in high}


def test_sound_longer_than_a_batch_of_windows_is_heard_to_its_end() -> None:
    notes = [Note(2.0 * i + 0.5, 60 + i % 12, 100, 0.6) for i in range(20)]
    clip = Clip.of("long", notes, 41.0)
    heard = transcription.transcribe(sounds.play(clip), sounds.RATE)
    assert transcription.note_scores(clip.notes, heard)[1] == 1.0


def test_silence_and_a_click_have_no_notes() -> None:
    assert transcription.transcribe(np.zeros(44_100, np.float32), 44_100) == ()
    assert transcription.transcribe(np.ones(3, np.float32), 44_100) == ()


@pytest.mark.parametrize(
    ("sound", "words"),
    [
        (np.zeros(0, np.float32), "shape"),
        (np.full(1000, np.nan, np.float32), "NaN"),
        (np.zeros((1, 2, 3), np.float32), "shape"),
    ],
)
def test_unusable_sound_is_refused(sound: np.ndarray, words: str) -> None:
    with pytest.raises(AudioError, match=words):
        transcription.transcribe(sound, 44_100)


def test_the_score_itself_scores_one_on_every_level() -> None:
    clip = sounds.melody()
    figures = transcription.evaluate(clip, clip.notes)
    for level in transcription.LEVELS:
        assert figures[f"{level}_f"] == 1.0


def test_levels_ask_for_more_and_more() -> None:
    clip = Clip.of("c", [Note(0.0, 60, 40, 1.0), Note(1.0, 62, 80, 1.0), Note(2.0, 64, 120, 1.0)])
    heard = [Note(0.02, 60, 120, 0.5), Note(1.0, 62, 40, 1.0), Note(2.0, 64, 80, 1.0)]
    figures = transcription.evaluate(clip, heard)
    assert figures["onset_f"] == 1.0
    assert figures["offset_f"] == pytest.approx(2 / 3)  # the first stops too early
    # Two matched notes fit any line, so both velocities agree; the third is not matched.
    assert figures["velocity_f"] == pytest.approx(2 / 3)


def test_nothing_heard_is_zero_and_nothing_asked_is_an_error() -> None:
    figures = transcription.evaluate(sounds.melody(), [])
    assert all(figures[f"{level}_f"] == 0.0 for level in transcription.LEVELS)
    with pytest.raises(MidiError, match="no notes"):
        transcription.evaluate(Clip.of("empty", []), [])


def test_figures_agree_with_mir_eval() -> None:
    import mir_eval

    clip, rng = sounds.melody(), np.random.default_rng(1)
    heard = [
        Note(
            max(0.0, note.start_s + float(rng.normal(0, 0.04))),
            note.pitch + int(rng.random() < 0.2),
            int(rng.integers(30, 120)),
            note.duration_s * float(rng.uniform(0.7, 1.3)),
        )
        for note in clip.notes
    ]

    def arrays(notes: list[Note]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return (
            np.array([(n.start_s, n.end_s) for n in notes]),
            np.array([pitch_hz(n.pitch) for n in notes]),
            np.array([n.velocity for n in notes]),
        )

    reference, estimate = arrays(list(clip.notes)), arrays(heard)
    figures = transcription.evaluate(clip, heard)
    onset = mir_eval.transcription.precision_recall_f1_overlap(
        *reference[:2], *estimate[:2], offset_ratio=None
    )
    offset = mir_eval.transcription.precision_recall_f1_overlap(*reference[:2], *estimate[:2])
    velocity = mir_eval.transcription_velocity.precision_recall_f1_overlap(*reference, *estimate)
    for level, theirs in (("onset", onset), ("offset", offset), ("velocity", velocity)):
        ours = [figures[f"{level}_{name}"] for name in ("precision", "recall", "f")]
        assert ours == pytest.approx(theirs[:3])
    # Frames: mir_eval's multipitch metrics on the same 10 ms grid.
    times = np.arange(0, 3.5, 0.01)

    def sounding(notes: list[Note]) -> list[np.ndarray]:
        return [
            np.array(
                sorted({pitch_hz(n.pitch) for n in notes if n.start_s - 1e-9 <= t < n.end_s - 1e-9})
            )
            for t in times
        ]

    theirs = mir_eval.multipitch.evaluate(times, sounding(list(clip.notes)), times, sounding(heard))
    assert figures["frame_precision"] == pytest.approx(theirs["Precision"], abs=0.01)
    assert figures["frame_recall"] == pytest.approx(theirs["Recall"], abs=0.01)


def test_ratio_stands_beside_the_ceiling() -> None:
    clip = sounds.melody()
    ceiling = transcription.evaluate(clip, clip.notes[:6])
    own = transcription.evaluate(clip, clip.notes[:3])
    beside = transcription.ratio(own, ceiling)
    assert beside["onset_f_ceiling"] == ceiling["onset_f"]
    # Of eight notes three are right in the one and six in the other, and none is wrong.
    assert beside["onset_f_ratio"] == pytest.approx((2 * 3 / 11) / (2 * 6 / 14))
    nothing = transcription.evaluate(clip, [])
    assert transcription.ratio(own, nothing)["onset_f_ratio"] is None


def test_every_figure_is_finite_whatever_is_heard() -> None:
    odd = [Note(100.0, 0, 1, 1e-3), Note(0.0, 127, 127, 50.0)]
    figures = transcription.evaluate(sounds.melody(), odd)
    assert all(value is not None and math.isfinite(value) for value in figures.values())


def test_hearing_does_not_import_the_package_it_replaces() -> None:
    code = (
        "import sys, numpy as np; from evaluation.metrics import transcription as t;"
        "t.transcribe(np.ones(22050, 'f4') * 0.1, 22050);"
        "assert not {'basic_pitch', 'librosa', 'mir_eval', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
