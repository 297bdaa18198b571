"""Music repeats itself: nothing is decoded twice, and every note is what it would be alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.clip import Note
from core.engines.embedded import note_decoding
from core.engines.embedded.decoder import (
    DecodedLevels,
    Decoder,
    MomentConditioning,
    NoteConditioning,
)
from core.engines.embedded.note_decoding import NoteDecoder
from core.types import EmbeddingPath
from tests.helpers.decoders import SMALL, lively_decoder, timbre

CPU = torch.device("cpu")
HELD_S = (0.001, 0.1, 0.25, 1.0, 3.49, 3.6, 5.0, 9.0)


class CountingDecoder(Decoder):
    """Knows how many breakpoints it was asked for."""

    rows = 0

    def levels(
        self,
        conditioning: NoteConditioning,
        note_of_knot: torch.Tensor,
        moments: MomentConditioning,
    ) -> DecodedLevels:
        found = super().levels(conditioning, note_of_knot, moments)
        self.rows += len(found.noise_db)
        return found


def counting() -> CountingDecoder:
    decoder = CountingDecoder(SMALL).requires_grad_(False)
    decoder.load_state_dict(lively_decoder().state_dict())
    return decoder


def rows_of(notes: list[Note], runs: int = 1) -> int:
    decoder = counting()
    decoding = NoteDecoder(decoder, timbre(1), CPU)
    for _ in range(runs):
        assert len(list(decoding.tracks(notes, 1))) == len(notes)
    return decoder.rows


def melody(times: int, held_s: float = 0.3) -> list[Note]:
    return [Note(0.5 * i, 50 + i % 12, 80, held_s) for i in range(12 * times)]


def test_what_repeats_is_decoded_once() -> None:
    assert rows_of(melody(20)) == rows_of(melody(1))
    assert rows_of(melody(1), runs=3) == rows_of(melody(1))


def test_notes_held_for_other_times_share_what_they_have_in_common() -> None:
    both = sorted(melody(1, 1.0) + melody(1, 0.3))
    assert rows_of(both) < 0.8 * (rows_of(melody(1, 1.0)) + rows_of(melody(1, 0.3)))
    # Of keys held longer than what was trained on, nothing more is decoded.
    very_long = [Note(0.0, 50 + i, 80, 60.0) for i in range(12)]
    assert rows_of(very_long) < 1.1 * rows_of(melody(1, 3.6))


@pytest.mark.parametrize("moving", [False, True])
def test_every_note_is_what_it_would_be_alone(moving: bool) -> None:
    embedding = (
        EmbeddingPath(np.array([0.0, 5.0]), np.stack([timbre(1), timbre(2)]))
        if moving
        else timbre(1)
    )
    notes = sorted(
        Note(0.2 * i, 40 + 13 * (i % 3), (60, 90)[i % 2], held_s)
        for i, held_s in enumerate(HELD_S * 6)
    )
    decoder = lively_decoder()
    together = list(NoteDecoder(decoder, embedding, CPU).tracks(notes, 1))
    for note, tracks in zip(notes, together, strict=True):
        (alone,) = NoteDecoder(decoder, embedding, CPU).tracks([note], 1)
        np.testing.assert_array_equal(tracks.knots_s, alone.knots_s)
        np.testing.assert_array_equal(tracks.partials_hz, alone.partials_hz)
        assert (tracks.start, tracks.samples) == (alone.start, alone.samples)
        torch.testing.assert_close(tracks.partial_db, alone.partial_db, atol=1e-3, rtol=0)
        torch.testing.assert_close(tracks.noise_db, alone.noise_db, atol=1e-3, rtol=0)


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(note_decoding, "_KEPT_KNOTS", 500)
    monkeypatch.setattr(note_decoding, "_NOTES_AT_ONCE", 4)
    notes = melody(3)
    decoding = NoteDecoder(lively_decoder(), timbre(1), CPU)
    few = list(decoding.tracks(notes, 1))
    assert sum(len(levels.knots_s) for levels in decoding._kept.values()) <= 500
    monkeypatch.undo()
    for here, there in zip(few, NoteDecoder(lively_decoder(), timbre(1), CPU).tracks(notes, 1),
                           strict=True):  # fmt: skip
        torch.testing.assert_close(here.partial_db, there.partial_db, atol=1e-3, rtol=0)
