"""The published vocabulary: notes ↔ MIDI tokens, codec codes ↔ audio tokens.

A position of the sequence carries ten tokens: one MIDI token and one audio token for
each of nine codebooks, 0 where there is none. A note is four MIDI tokens on end: onset,
offset, pitch, velocity. Times are steps of 10 ms, rounded down, below 5 s.

    0          none; all ten tokens 0 end the sequence
    1–500      onset      1 + ⌊100 t⌋
    501–1000   offset   501 + ⌊100 t⌋
    1001–1128  pitch   1001 + p
    1129–1132  velocity, the nearest of 25, 50, 100, 127 (the softer of two as near)

Audio tokens are codec codes + 1. Source: ``tokensynth.utils`` of the PyPI package
tokensynth 0.0.4. It leaves out every note from the first that ends after 5 s on; here
such a note is refused, and :mod:`.windows` sees to it that none comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch

from core.clip import Note
from core.errors import MidiError

STEPS_PER_S = 100
WINDOW_STEPS = 500
WINDOW_S = WINDOW_STEPS / STEPS_PER_S
"""Span of one sequence, seconds. Every onset and offset lies below it."""

VELOCITIES = (25, 50, 100, 127)
TOKENS_PER_NOTE = 4
CODEBOOKS = 9
CHANNELS = 1 + CODEBOOKS
"""Tokens at one position: MIDI first, then the codebooks."""

NONE = 0
ONSET = 1
OFFSET = ONSET + WINDOW_STEPS
PITCH = OFFSET + WINDOW_STEPS
VELOCITY = PITCH + 128
MIDI_VOCAB = VELOCITY + len(VELOCITIES)
CODEBOOK_SIZE = 1024
AUDIO_VOCAB = CODEBOOK_SIZE + 1


def time_step(time_s: float) -> int:
    """The 10 ms step a time falls in, exactly as the published code rounds it."""
    return int(time_s * STEPS_PER_S)


def velocity_index(velocity: int) -> int:
    """Index of the nearest of :data:`VELOCITIES`."""
    distances = [abs(velocity - level) for level in VELOCITIES]
    return distances.index(min(distances))


def nearest_velocity(velocity: int) -> int:
    """The velocity the model plays instead of ``velocity``."""
    return VELOCITIES[velocity_index(velocity)]


def encode_notes(notes: Iterable[Note]) -> list[int]:
    """MIDI tokens of notes, four a note, in the order given.

    Raises:
        MidiError: if a note starts or ends at or after :data:`WINDOW_S`.
    """
    tokens: list[int] = []
    for note in notes:
        onset, offset = time_step(note.start_s), time_step(note.end_s)
        if max(onset, offset) >= WINDOW_STEPS:
            raise MidiError(f"{note.describe()} does not end within one window of {WINDOW_S} s")
        tokens += [
            ONSET + onset,
            OFFSET + offset,
            PITCH + note.pitch,
            VELOCITY + velocity_index(note.velocity),
        ]
    return tokens


def decode_notes(tokens: Sequence[int]) -> list[Note]:
    """The notes MIDI tokens stand for; :func:`encode_notes` gives the same tokens back.

    Times are the middles of their steps, so that each is within 5 ms of what was encoded.
    A note whose onset and offset share a step gets a quarter of a step on either side.

    Raises:
        MidiError: if a token is not of the kind its place calls for, or a note ends
            before it starts.
    """
    if len(tokens) % TOKENS_PER_NOTE:
        raise MidiError(f"{len(tokens)} MIDI tokens are not a whole number of notes")
    return [_decode_note(tokens[i : i + 4]) for i in range(0, len(tokens), TOKENS_PER_NOTE)]


def _decode_note(quad: Sequence[int]) -> Note:
    onset, offset, pitch, velocity = (
        _value(token, start, stop)
        for token, start, stop in zip(
            quad,
            (ONSET, OFFSET, PITCH, VELOCITY),
            (OFFSET, PITCH, VELOCITY, MIDI_VOCAB),
            strict=True,
        )
    )
    if offset < onset:
        raise MidiError(f"MIDI tokens {list(quad)} end a note before it starts")
    inset = 0.25 if offset == onset else 0.5
    start_s = (onset + inset) / STEPS_PER_S
    end_s = (offset + 1 - inset) / STEPS_PER_S
    return Note(start_s, pitch, VELOCITIES[velocity], end_s - start_s)


def _value(token: int, start: int, stop: int) -> int:
    if not start <= token < stop:
        raise MidiError(f"MIDI token {token} stands where one of {start}–{stop - 1} belongs")
    return token - start


def prompt_tokens(notes: Iterable[Note]) -> torch.Tensor:
    """The prompt after the start embedding: the notes, then one empty position.

    Returns:
        int64 [4 n + 1, 10].
    """
    midi = encode_notes(notes)
    prompt = torch.zeros((len(midi) + 1, CHANNELS), dtype=torch.long)
    prompt[: len(midi), 0] = torch.tensor(midi, dtype=torch.long)
    return prompt


def audio_tokens(codes: torch.Tensor) -> torch.Tensor:
    """Codec codes (0–1023) → audio tokens (1–1024)."""
    return codes + 1


def codec_codes(tokens: torch.Tensor) -> torch.Tensor:
    """Audio tokens → codec codes; "none" inside the sound becomes code 0, as published."""
    return (tokens - 1).clamp(min=0)
