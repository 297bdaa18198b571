"""Do the notes of an instrument sound like one instrument?

Task: compare the spectral envelopes of several notes, of one performance (is it consistent?)
or of two (is it the same instrument?).

Conventions: sounds are float32 [frames] or [channels, frames] with their rate in hertz; notes to
compare are cut to a quarter of a second, [n, samples] at 44.1 kHz. Distances are of
natural logarithms of power, ≥ 0, lower is more alike.

``tc``: timbral consistency after InstrumentGen (Nercessian and Imort, 2023, equations 1–2).
A note's log-mel spectrogram (80 bands) is liftered to its first 13 cepstra, which keeps the
envelope and drops the pitch; TC is the mean L1 distance over all pairs of notes. Lower is more
consistent, which is not better: noise and a sine wave are very consistent, and an instrument whose
registers differ is not. Read it beside the truth's own. Differentiable.

``tc_target``: ours. The same distance over all pairs of one note from the render and one from
the target. ``tc_zero`` is what it is when the render is the target: its zero. Frames are compared
from the score's onset on, so timing is in it: a render that is 20 ms late moves away by about as
much as the attack differs from what follows it (a test has the number).

``clap_consistency``: ours, labelled so. Mean cosine over pairs of a timbre encoder's embeddings
of the notes, −1 to 1, higher is more consistent.

How it differs from the paper: its sum states no normalisation. Here each pair's distance is the
mean over frames and bands and the pairs are averaged, so values do not carry over from the paper.
Notes are scaled to equal power first (a soft note is no other instrument), and bands are floored
80 dB below a note's strongest one, as quiet noise would otherwise rule the logarithm. Fewer
than two sounding notes have no consistency: None.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch

from core.audio.conform import is_silent, mono
from core.clip import Note
from core.coercion.arrays import AudioLike, SoundLike, as_audio
from core.errors import AudioError
from core.midi import NotesLike, as_notes
from core.types import FloatArray
from evaluation.metrics import Figures

SAMPLE_RATE = 44_100
FFT_SIZE = 2048
HOP = 512
MEL_BANDS = 80
CEPSTRA = 13
NOTE_S = 0.25
"""Length of each note compared, seconds from its onset; shorter ones are padded with zeros."""
DYNAMIC_RANGE = 1e-8
"""Least band power relative to the note's strongest: −80 dB."""


def validate(notes: torch.Tensor) -> None:
    """Raises AudioError unless the notes are finite and [n, frames]."""
    if notes.ndim != 2 or not notes.shape[1]:
        raise AudioError(f"notes to compare must be [n, frames], got {tuple(notes.shape)}")
    if not bool(torch.isfinite(notes).all()):
        raise AudioError("the notes to compare hold NaN or infinite samples")


@cache
def _mel_filters() -> torch.Tensor:
    """Slaney's mel filters with unit area [FFT_SIZE/2 + 1 bins, 80 bands], as librosa's default."""
    import torchaudio

    return torchaudio.functional.melscale_fbanks(
        FFT_SIZE // 2 + 1,
        0.0,
        SAMPLE_RATE / 2,
        MEL_BANDS,
        SAMPLE_RATE,
        norm="slaney",
        mel_scale="slaney",
    )


@cache
def _lifter() -> torch.Tensor:
    """Projection [80, 80] of a log-mel spectrum onto its first 13 cepstra (orthonormal DCT-II)."""
    band = torch.arange(MEL_BANDS, dtype=torch.float64)  # [bands]
    order = torch.arange(CEPSTRA, dtype=torch.float64)[:, None]  # [cepstra, 1]
    basis = torch.cos(torch.pi * order * (2 * band + 1) / (2 * MEL_BANDS))  # [cepstra, bands]
    basis = basis * (2.0 / MEL_BANDS) ** 0.5
    basis[0] /= 2**0.5
    # To cepstra and back in one step, as the rows of the basis are orthonormal.
    return (basis.T @ basis).to(torch.float32)  # [bands, bands]


def spectral_envelopes(notes: torch.Tensor) -> torch.Tensor:
    """Liftered log-mel spectrograms (equation 1).

    Args:
        notes: [n, samples] at :data:`SAMPLE_RATE`.

    Returns:
        [n, frames, 80], natural logarithm of power.

    Raises:
        AudioError: if the notes are not [n, samples] or hold NaN.
    """
    validate(notes)
    power = notes.square().mean(dim=1, keepdim=True)  # [n, 1]
    notes = notes / (power + 1e-12).sqrt()
    spectrum = torch.stft(
        notes,
        FFT_SIZE,
        HOP,
        window=torch.hann_window(FFT_SIZE, dtype=notes.dtype, device=notes.device),
        center=True,
        pad_mode="constant",
        return_complex=True,
    )  # [n, bins, frames]
    mel = spectrum.abs().square().transpose(1, 2) @ _mel_filters().to(notes)  # [n, frames, 80]
    # Detached: the floor is where a note ends, not something a gradient should push about.
    floor = mel.detach().amax(dim=(1, 2), keepdim=True) * DYNAMIC_RANGE + 1e-20
    lifted: torch.Tensor = torch.maximum(mel, floor).log() @ _lifter().to(notes)
    return lifted


def timbral_consistency(notes: torch.Tensor) -> torch.Tensor:
    """TC of n ≥ 2 notes [n, samples] at :data:`SAMPLE_RATE` (equation 2): a scalar ≥ 0.

    Raises:
        AudioError: if there are fewer than two notes, or they hold NaN.
    """
    lifted = spectral_envelopes(notes)
    if len(lifted) < 2:
        raise AudioError("timbral consistency needs at least two notes")
    first, second = torch.triu_indices(len(lifted), len(lifted), offset=1)  # [pairs] each
    return (lifted[first] - lifted[second]).abs().mean()  # over [pairs, frames, 80]


def cross_consistency(notes: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Mean distance over all pairs of one note from each set: a scalar ≥ 0. Ours.

    Args:
        notes: [n ≥ 1, samples] at :data:`SAMPLE_RATE`.
        others: [m ≥ 1, samples], of the same length.

    Raises:
        AudioError: if the notes are not [n, samples] or hold NaN.
    """
    own, other = spectral_envelopes(notes), spectral_envelopes(others)
    return (own[:, None] - other[None]).abs().mean()  # over [n, m, frames, 80]


def pairwise_cosine(embeddings: FloatArray) -> float | None:
    """Mean cosine over pairs of unit vectors [n, d]; None below two. Ours."""
    count = len(embeddings)
    if count < 2:
        return None
    gram = embeddings.astype(np.float64) @ embeddings.astype(np.float64).T  # [n, n]
    # The diagonal is each note with itself, which says nothing.
    return float((gram.sum() - np.trace(gram)) / (count * (count - 1)))


def note_segments(
    audio: SoundLike, sample_rate: int, notes: Sequence[Note], max_notes: int = 16
) -> torch.Tensor:
    """The beginnings of a performance's notes.

    Notes that start while another sounds are left out where enough stand alone: their
    envelope is not their own. Of many, ``max_notes`` spread evenly are chosen.

    Args:
        audio: float32 [frames] or [channels, frames].
        sample_rate: Hz.
        notes: the score it plays, times in seconds from the sound's first sample.
        max_notes: ≥ 1.

    Returns:
        float32 [n, samples] at :data:`SAMPLE_RATE`; silent segments are left out, n may be 0.

    Raises:
        AudioError: if the sound is empty or holds NaN.
    """
    sound = mono(audio, sample_rate, SAMPLE_RATE)
    chosen = [note for note in notes if is_isolated(note, notes)]
    if len(chosen) < 2:
        chosen = list(notes)
    if len(chosen) > max_notes:
        picks = np.linspace(0, len(chosen) - 1, max_notes).round().astype(int)
        chosen = [chosen[pick] for pick in picks]
    length = round(NOTE_S * SAMPLE_RATE)
    segments = []
    for note in chosen:
        first = round(note.start_s * SAMPLE_RATE)
        sounding = min(length, max(1, round(note.duration_s * SAMPLE_RATE)))
        segment = sound[first : first + sounding]
        if not is_silent(segment):
            segments.append(np.pad(segment, (0, length - len(segment))))
    return torch.from_numpy(np.array(segments, np.float32).reshape(-1, length))


def is_isolated(note: Note, notes: Sequence[Note]) -> bool:
    """Whether no other note sounds during the first :data:`NOTE_S` of this one.

    Args:
        note: one of ``notes``; an equal one beside it counts as another.
        notes: of the performance.
    """
    # A millisecond of overlap is a rounded time, not a chord.
    end_s = note.start_s + min(note.duration_s, NOTE_S)
    return not any(
        other is not note and other.start_s < end_s - 1e-3 and other.end_s > note.start_s + 1e-3
        for other in notes
    )


def evaluate(
    audio: SoundLike,
    sample_rate: int,
    notes: NotesLike,
    target: AudioLike | None = None,
) -> Figures:
    """Consistency of a render with itself and with a target of the same notes.

    Args:
        audio: the render, as :func:`core.coercion.arrays.as_samples` takes it.
        sample_rate: Hz.
        notes: the score that both play, as :func:`core.midi.as_notes` takes it.
        target: a recording, and its sample rate; None: the render alone.

    Returns:
        ``tc``: None below two sounding notes. ``tc_target`` and ``tc_zero``: None without a
        target or where render or target has no sounding note.

    Raises:
        AudioError: if a sound is empty or holds NaN.
        TypeError: if an argument is of a type that is not taken.
    """
    notes = as_notes(notes)
    with torch.no_grad():
        own = note_segments(audio, sample_rate, notes)
        figures: Figures = {
            "tc": float(timbral_consistency(own)) if len(own) >= 2 else None,
            "tc_target": None,
            "tc_zero": None,
        }
        if target is not None:
            other = note_segments(*as_audio(target, "the target"), notes)
            if len(own) and len(other):
                figures["tc_target"] = float(cross_consistency(own, other))
                figures["tc_zero"] = float(cross_consistency(other, other))
    return figures
