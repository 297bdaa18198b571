"""Knots for the voices of a stream, as few and as late as will do.

One call of the decoder a piece of sound gives every voice the knots it runs out of, so a
chord costs little more than a note, and no note more at its onset than later.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from core.engines.embedded.controls import SAMPLE_RATE, held_time, tail_times
from core.engines.embedded.decoder import Decoder, NoteTerms
from core.engines.embedded.levels import TAIL_S, KnotTimes, knot_levels, note_shapes
from core.engines.embedded.synthesis import NotePhases, amplitude
from core.engines.embedded.voices import BLOCK_S, Floats, Ints, Voices
from core.types import Embedding, EmbeddingPath

_TAIL_S = tail_times(TAIL_S)


@dataclass
class _Wanted:
    """Knots to decode: of rows, by number, at times; and releases to put in after that."""

    rows: list[int] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    since_s: list[float] = field(default_factory=list)
    off_s: list[float] = field(default_factory=list)
    joins: list[tuple[int, int]] = field(default_factory=list)

    def add(self, row: int, number: int, since_s: float, off_s: float) -> None:
        self.rows.append(row)
        self.numbers.append(number)
        self.since_s.append(since_s)
        self.off_s.append(off_s)


class VoiceDecoder:
    """See the module's first lines.

    Args:
        decoder: trained network, on the CPU.
        seed: of the phases.
        embedding: float32 [512], unit norm, or a path of them from the stream's beginning.
    """

    def __init__(self, decoder: Decoder, seed: int, embedding: Embedding) -> None:
        self._decoder, self._seed, self._embedding = decoder, seed, embedding
        self._timbre = 0

    def set_timbre(self, embedding: Embedding) -> None:
        """Decode with another timbre from now on."""
        self._embedding = embedding
        self._timbre += 1

    def feed(self, voices: Voices, blocks: Ints) -> None:
        """Make known what is needed to render the next blocks [V] of every voice."""
        wanted = _plan(voices, (voices.block[: voices.count] + blocks) * BLOCK_S)
        if wanted.rows:
            self._decode(voices, wanted)
        for row, number in wanted.joins:
            voices.join(row, number)

    def _decode(self, voices: Voices, wanted: _Wanted) -> None:
        rows, numbers = np.array(wanted.rows), np.array(wanted.numbers)
        times = KnotTimes(np.array(wanted.since_s), np.array(wanted.off_s))
        terms, which = self._terms(voices, rows, times.since_s)
        begins = np.flatnonzero(numbers == 0)
        if len(begins):
            pitches = [int(voices.pitch[row]) for row in rows[begins]]
            shapes = note_shapes(terms.statics[which[begins]], pitches)
            for row, shape in zip(rows[begins], shapes, strict=True):
                phases = NotePhases.draw(self._seed, int(voices.numbers[row]))
                voices.shape(int(row), shape, phases)
        partial_db, noise_db = knot_levels(
            self._decoder, terms, which, times, voices.index[rows], voices.fraction[rows],
            np.asarray(voices.pitch[rows], np.int64),
        )  # fmt: skip
        voices.write_knots(
            rows, numbers, times.since_s,
            amplitude(partial_db), amplitude(noise_db),
        )  # fmt: skip

    def _terms(self, voices: Voices, rows: Ints, since_s: Floats) -> tuple[NoteTerms, torch.Tensor]:
        """Terms of notes, and which of them each knot uses."""
        decoder = self._decoder
        if isinstance(self._embedding, EmbeddingPath):
            at_s = voices.start[rows] / SAMPLE_RATE + since_s
            embedding = torch.from_numpy(self._embedding.at(at_s))
            state = decoder.note_state(embedding, voices.pitch[rows], voices.velocity[rows])
            return decoder.terms(state), torch.arange(len(rows))
        old = np.unique(rows[voices.timbre[rows] != self._timbre])
        if len(old):
            embedding = torch.from_numpy(self._embedding)[None].expand(len(old), -1)
            state = decoder.note_state(embedding, voices.pitch[old], voices.velocity[old])
            fresh, kept = decoder.terms(state), voices.terms
            for known, new in zip(vars(kept).values(), vars(fresh).values(), strict=True):
                known[old] = new
            voices.timbre[old] = self._timbre
        return voices.terms, torch.from_numpy(rows)


def _plan(voices: Voices, until_s: Floats) -> _Wanted:
    """What every voice lacks up to a time since its onset [V]."""
    wanted = _Wanted()
    count = voices.count
    known_s = voices.until_s[:count]
    held_s = voices.held[:count] * BLOCK_S
    unjoined = (voices.tail[:count] == 0) & (known_s >= held_s)
    for row in np.flatnonzero((known_s < until_s) | unjoined).tolist():
        number, tail = int(voices.decoded[row]), int(voices.tail[row])
        known, release_s = float(known_s[row]), float(held_s[row])
        while True:
            if tail == 0 and known >= release_s:
                wanted.joins.append((row, number - 1))
                tail, known = 1, release_s
            if known >= until_s[row]:
                break
            if tail == 0:
                known = held_time(number)
                wanted.add(row, number, known, 0.0)
            else:
                known = release_s + float(_TAIL_S[tail])
                wanted.add(row, number, known, float(_TAIL_S[tail]))
                tail += 1
                if tail == len(_TAIL_S):
                    known = np.inf
            number += 1
        voices.decoded[row], voices.tail[row], voices.until_s[row] = number, tail, known
    return wanted
