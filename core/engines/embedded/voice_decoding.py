"""Breakpoints for the voices of a stream, as few and as late as will do.

One call of the decoder gives every voice the breakpoints it runs out of soon, so a chord costs
little more than a note, and no note more at its onset than later.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from core.engines.embedded.bending import BLOCK_S, Ints, ratios, sounding_pitches
from core.engines.embedded.controls import N_PARTIALS, SAMPLE_RATE, held_time, tail_times
from core.engines.embedded.decoder import Decoder, NoteConditioning, envelope_weights
from core.engines.embedded.levels import TAIL_S, KnotTimes, knot_levels, note_shapes
from core.engines.embedded.moving_conditioning import (
    Conditioning,
    MovingConditioning,
    conditioning_of,
)
from core.engines.embedded.short_ways import HeldMoments, SingleNoteDecoder
from core.engines.embedded.synthesis import NotePhases, amplitude
from core.engines.embedded.voices import NEVER, Voices
from core.types import Embedding, EmbeddingPath, Float64Array

_TAIL_S = tail_times(TAIL_S)
_AHEAD_S = 0.02
_CHANGE_S = 0.03
"""How long a held note takes to become another timbre: no click, and no wait."""


@dataclass
class _BreakpointRequest:
    """Breakpoints to decode: of rows, by number, at times; and releases to put in after that."""

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
        self._decoder, self._seed = decoder, seed
        self._single_note, self._held_moments = SingleNoteDecoder(decoder), HeldMoments(decoder)
        self._phases: dict[int, NotePhases] = {}  # of the note that begins next
        self._timbre = -1
        self.set_timbre(embedding)

    def set_timbre(self, embedding: Embedding) -> None:
        """Decode with another timbre from now on."""
        self._path: MovingConditioning | None = None
        if isinstance(embedding, EmbeddingPath):
            self._path = MovingConditioning(self._decoder, embedding, torch.device("cpu"))
        else:
            self._embedding = embedding
        self._timbre += 1
        self._is_new = True  # to the notes that sound
        self._timbre_state: torch.Tensor | None = None  # made when a note first needs it

    def decode_ahead(self, voices: Voices, blocks: Ints) -> None:
        """Decode what is needed to render the next blocks of every voice.

        Args:
            voices: given their breakpoints.
            blocks: int64 [V], how many.
        """
        if self._is_new:
            _hurry(voices)
            self._is_new = False
        request = _plan(voices, (voices.block[: voices.count] + blocks) * BLOCK_S)
        if request.rows:
            self._decode(voices, request)
        else:  # a block with time to spare
            self._draw_next(voices)
        for row, number in request.joins:
            voices.join(row, number)

    def _draw_next(self, voices: Voices) -> None:
        """Draw the phases of the note that will begin next, which takes a while."""
        number = int(voices.numbers[: voices.count].max()) + 1
        if number not in self._phases:
            self._phases = {number: NotePhases.draw(self._seed, number)}

    def _phases_of(self, number: int) -> NotePhases:
        return self._phases.pop(number, None) or NotePhases.draw(self._seed, number)

    def _decode(self, voices: Voices, request: _BreakpointRequest) -> None:
        rows, numbers = np.array(request.rows), np.array(request.numbers)
        times = KnotTimes(np.array(request.since_s), np.array(request.off_s))
        semitones = voices.semitones(rows, times.since_s / BLOCK_S)
        keys = voices.pitch[rows].numpy()
        pitches = sounding_pitches(keys, semitones)
        conditioning, which = self._condition(voices, rows, times.since_s, pitches)
        begins = np.flatnonzero(numbers == 0)
        if len(begins):
            notes, firsts = conditioning_of(conditioning, which[begins])
            shapes = note_shapes(notes.statics[firsts], keys[begins].astype(np.int64).tolist())
            for row, shape in zip(rows[begins], shapes, strict=True):
                voices.shape(int(row), shape, self._phases_of(int(voices.numbers[row])))
        index, fraction = voices.index[rows], voices.fraction[rows]
        for i in np.flatnonzero(semitones).tolist():
            hz = voices.partials_hz(int(rows[i]))[:N_PARTIALS] * ratios(semitones[i])
            index[i], fraction[i] = (torch.from_numpy(each) for each in envelope_weights(hz))
        partial_db, noise_db = knot_levels(
            self._held_moments, conditioning, which, times, index, fraction,
            np.rint(pitches).astype(np.int64),
        )  # fmt: skip
        voices.write_knots(
            rows, numbers, times.since_s,
            amplitude(partial_db), amplitude(noise_db),
        )  # fmt: skip

    def _condition(
        self, voices: Voices, rows: Ints, since_s: Float64Array, pitches: Float64Array
    ) -> tuple[Conditioning, torch.Tensor]:
        """Conditioning of notes, made anew where the timbre has changed.

        Args:
            voices: of which the conditioning is kept.
            rows: int64 [J], the voice of each breakpoint.
            since_s: float64 [J], its time since the onset.
            pitches: float64 [J], what sounds then.

        Returns:
            Conditioning of notes, and which of them each breakpoint uses, int64 [J].
        """
        decoder = self._decoder
        pitch = torch.from_numpy(pitches.astype(np.float32))
        if self._path is not None:
            at_s = voices.start[rows] / SAMPLE_RATE + since_s
            velocity = voices.velocity[rows].numpy().astype(np.float64)
            moving = self._path.conditioning(at_s, since_s == 0.0, pitches, velocity)
            return moving, torch.arange(len(rows))
        bent = pitches != voices.pitch[rows].numpy()
        still = rows[~bent]
        old = np.unique(still[voices.timbre[still] != self._timbre])
        if len(old):
            if self._timbre_state is None:
                self._timbre_state = decoder.timbre_state(torch.from_numpy(self._embedding)[None])
            struck = (self._timbre_state, voices.pitch[old], voices.velocity[old])
            if len(old) == 1:
                fresh = self._single_note.conditioning(*struck)
            else:
                fresh = decoder.conditioning(decoder.note_state_in(*struck))
            kept = voices.conditioning
            for old_rows, new_rows in zip(vars(kept).values(), vars(fresh).values(), strict=True):
                old_rows[old] = new_rows
            voices.timbre[old] = self._timbre
        which, kept = torch.from_numpy(rows), voices.conditioning
        if not bent.any():
            return kept, which
        # Those that are bent are at another pitch at each breakpoint; nothing of it is kept.
        embedding = torch.from_numpy(self._embedding)[None].expand(int(bent.sum()), -1)
        state = decoder.note_state(embedding, pitch[bent], voices.velocity[rows[bent]])
        fresh = decoder.conditioning(state)
        which = which.clone()
        which[bent] = voices.rows + torch.arange(int(bent.sum()))
        pairs = zip(vars(kept).values(), vars(fresh).values(), strict=True)
        return NoteConditioning(*(torch.cat(pair) for pair in pairs)), which


def _hurry(voices: Voices) -> None:
    """Bring held notes to their next breakpoints soon, but those whose attacks have many."""
    count = voices.count
    is_held = (voices.held[:count] == NEVER) & (voices.fade[:count] == NEVER)
    for row in np.flatnonzero(is_held & (voices.decoded[:count] >= 2)).tolist():
        now_s = float(voices.block[row] * BLOCK_S)
        if held_time(int(voices.grid[row])) - now_s > 2 * _CHANGE_S:
            voices.hurry(row, now_s + _CHANGE_S)


def _plan(voices: Voices, until_s: Float64Array) -> _BreakpointRequest:
    """What every voice lacks up to a time since its onset; nothing while none lacks anything.

    Most of a call of the decoder's cost is the same for few breakpoints as for many, so that
    with one voice's all get those that they would lack soon.

    Args:
        voices: their places are moved to what will be decoded.
        until_s: float64 [V].
    """
    request = _BreakpointRequest()
    count = voices.count
    decoded_until_s = voices.until_s[:count]
    held_s = voices.held[:count] * BLOCK_S
    unjoined = (voices.tail[:count] == 0) & (decoded_until_s >= held_s)
    begins = (voices.decoded[:count] == 0).any()  # costs enough by itself
    if not begins and (decoded_until_s < until_s).any():
        until_s = until_s + _AHEAD_S
    for row in np.flatnonzero((decoded_until_s < until_s) | unjoined).tolist():
        number, tail = int(voices.decoded[row]), int(voices.tail[row])
        decoded_s, release_s = float(decoded_until_s[row]), float(held_s[row])
        while True:
            if tail == 0 and decoded_s >= release_s:
                request.joins.append((row, number - 1))
                tail, decoded_s = 1, release_s
            if decoded_s >= until_s[row]:
                break
            if tail == 0:
                decoded_s = float(voices.soon_s[row])
                if decoded_s < np.inf:
                    voices.soon_s[row] = np.inf
                else:
                    decoded_s = held_time(int(voices.grid[row]))
                    voices.grid[row] += 1
                request.add(row, number, decoded_s, 0.0)
            else:
                decoded_s = release_s + float(_TAIL_S[tail])
                request.add(row, number, decoded_s, float(_TAIL_S[tail]))
                tail += 1
                if tail == len(_TAIL_S):
                    decoded_s = np.inf
            number += 1
        voices.decoded[row], voices.tail[row], voices.until_s[row] = number, tail, decoded_s
    return request
