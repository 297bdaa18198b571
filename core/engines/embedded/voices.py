"""The voices of a stream: all that sounds now, as arrays over voices.

Voices occupy the first rows of every array, so that each step of the work is one call for
all of them; one that ends gives its row to the last. A voice advances in whole blocks of 64
samples since its own onset, as a note does offline.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from core.engines.embedded.bending import (
    BLOCK_S,
    Ints,
    LiveBend,
    ratios,
    sweep_voices,
)
from core.engines.embedded.controls import N_NOISE, N_PARTIALS, N_TONES, SAMPLE_RATE, held_time
from core.engines.embedded.decoder import NoteConditioning
from core.engines.embedded.levels import TAIL_S, NoteShape
from core.engines.embedded.modulation import COARSE_BLOCKS, MAX_LAG_S, N_MODULATION, gains_of
from core.engines.embedded.synthesis import (
    BLOCK,
    MIDDLE,
    NotePhases,
    angle,
    half_basis,
    join_halves,
)
from core.types import Float64Array, FloatArray

NEVER = 2**62
"""Sample or block of what has not been decided yet."""

FADE = 256
"""Samples over which a voice that must make room fades out."""

LAG = math.ceil(MAX_LAG_S * SAMPLE_RATE) + 8
"""Samples a voice may still sound late, for vibrato."""

KNOTS = 16
"""Breakpoints kept of a voice: more than lie within the longest piece rendered at once."""

_COARSE = 4  # points of modulation kept of a voice


class Voices:
    """See the module's first lines.

    Args:
        rows: most voices at once.
        like: conditioning of any one note, for their sizes.

    Attributes:
        count: how many sound; they are rows 0 … count − 1.
        ids, numbers: int64 [rows], of the notes, as they were asked for and as they began.
        pitch, velocity: float32 tensors [rows].
        start: int64 [rows], sample of the onset.
        block: int64 [rows], blocks since then that are rendered.
        held: int64 [rows], blocks until the release; :data:`NEVER` while the key is down.
        samples: int64 [rows], how long it sounds, tail included.
        fade: int64 [rows], sample since the onset at which a stolen voice begins to fade.
        decoded: int64 [rows], breakpoints that are known so far.
        tail: int64 [rows], which breakpoint of the tail comes next; 0 before the release's is made.
        until_s: float64 [rows], time of the last known breakpoint.
        grid: int64 [rows], which of the times that breakpoints of a held note have comes next.
        soon_s: float64 [rows], time of a breakpoint that comes before it; infinite for none.
        timbre: int64 [rows], which timbre ``conditioning`` was made with.
        conditioning: of the notes.
        history: float32 [rows, LAG], the last samples of partials, for vibrato.
        bends: objects [rows], where each voice's pitch is.
        bent: bool [rows], which of them are away from their keys, or will be.
    """

    def __init__(self, rows: int, like: NoteConditioning) -> None:
        self.count = 0
        self.rows = rows

        def ints(value: int) -> Ints:
            return np.full(rows, value, np.int64)

        self.ids, self.numbers, self.start, self.block = ints(0), ints(0), ints(0), ints(0)
        self.held, self.samples, self.fade = ints(NEVER), ints(NEVER), ints(NEVER)
        self.decoded, self.tail = ints(0), ints(0)
        self.until_s = np.full(rows, -1.0)
        self.grid, self.soon_s = ints(0), np.full(rows, np.inf)
        self.pitch, self.velocity = torch.zeros(rows), torch.zeros(rows)
        self.conditioning = NoteConditioning(
            *(torch.zeros(rows, a.shape[1]) for a in vars(like).values())
        )
        self.timbre = ints(-1)
        self.history = torch.zeros(rows, LAG)
        self.bends = np.full(rows, LiveBend((), 0.0), object)
        self.bent = np.zeros(rows, bool)
        # Knots: a ring of each voice's; times are infinite where none is known.
        self._oldest = ints(0)
        self._times = np.full((rows, KNOTS), np.inf)
        self._partials = torch.zeros(rows, KNOTS, N_TONES)
        self._noise = torch.zeros(rows, KNOTS, N_NOISE)
        # What turns; phases are those in the middle of blocks.
        self.index = torch.zeros(rows, N_PARTIALS, dtype=torch.int64)
        self.fraction = torch.zeros(rows, N_PARTIALS)
        self._turns = torch.zeros(rows, N_TONES, dtype=torch.float64)  # a block
        self._phase = torch.zeros(rows, N_TONES, dtype=torch.float64)
        self._basis = torch.zeros(rows, 2, N_TONES, BLOCK // 2)
        # What moves.
        self.vibrato = np.zeros(rows, bool)
        self._moves = np.zeros(rows, bool)
        self.modulation = np.zeros((rows, N_MODULATION))
        self.vibrato_phase, self._tremolo = np.zeros(rows), np.zeros(rows)
        self._shimmer, self._rates = np.zeros((2, rows, 3, N_TONES))
        self._points = torch.ones(rows, _COARSE, N_TONES)
        self._pointed = ints(0)

    def add(
        self, note_id: int, number: int, pitch: int, velocity: int, start: int, bend: LiveBend
    ) -> None:
        """Begin a voice; its breakpoints must follow before it renders.

        Args:
            note_id: by which it was asked for.
            number: of the note in the performance, which its phases are drawn by.
            pitch: MIDI key.
            velocity: 1–127.
            start: sample of the onset in the stream.
            bend: where its pitch is.
        """
        row = self.count
        self.bends[row] = bend
        self.bent[row] = bend.forget(0)
        self.count += 1
        self.ids[row], self.numbers[row], self.start[row] = note_id, number, start
        self.block[row] = self.decoded[row] = self.tail[row] = self.grid[row] = 0
        self.soon_s[row] = np.inf
        self._oldest[row] = self._pointed[row] = 0
        self.held[row] = self.samples[row] = self.fade[row] = NEVER
        self.until_s[row] = self.timbre[row] = -1
        self.history[row] = 0.0
        self._times[row] = np.inf
        self.pitch[row], self.velocity[row] = float(pitch), float(velocity)

    def shape(self, row: int, shape: NoteShape, phases: NotePhases) -> None:
        """Set what stays as it is through a voice's note.

        Args:
            row: of the voice.
            shape: tuning and modulation.
            phases: where its oscillations begin.
        """
        turns = torch.from_numpy(shape.partials_hz / SAMPLE_RATE)
        self.index[row] = torch.from_numpy(shape.index)
        self.fraction[row] = torch.from_numpy(shape.fraction)
        self._turns[row] = turns * BLOCK
        self._phase[row] = torch.from_numpy(phases.partials) + MIDDLE * turns
        audible = torch.from_numpy(shape.audible)[:, None]
        for basis, wave in zip(self._basis[row], half_basis(turns), strict=True):
            torch.mul(wave, audible, out=basis)
        modulation = shape.modulation
        self.modulation[row] = modulation.astuple()
        self.vibrato[row] = modulation.has_vibrato
        self._moves[row] = modulation.moves_level
        self._points[row] = 1.0
        self.vibrato_phase[row] = phases.modulation.vibrato
        self._tremolo[row] = phases.modulation.tremolo
        self._shimmer[row], self._rates[row] = phases.modulation.shimmer, phases.modulation.rates

    def turn_wheel(self, row: int, at: int, everywhere: float | None, own: float | None) -> None:
        """Move a wheel of a voice, smoothly from the next edge of its blocks on.

        Args:
            row: of the voice.
            at: sample of the stream, not rendered yet.
            everywhere, own: see :meth:`core.engines.embedded.bending.LiveBend.turn`.
        """
        edge = max(0, -(-(at - int(self.start[row])) // BLOCK))
        self.bends[row].turn(edge, everywhere=everywhere, own=own)
        self.bent[row] = True

    def semitones(self, rows: Ints, edges: Ints | Float64Array) -> Float64Array:
        """How far voices are from their keys.

        Args:
            rows: int64 [R], of the voices.
            edges: [R] or [R, n], of their blocks; fractions of blocks allowed.

        Returns:
            Of the same shape.
        """
        away = np.zeros(edges.shape)
        for i in np.flatnonzero(self.bent[rows]).tolist():
            away[i] = self.bends[rows[i]].semitones(edges[i])
        return away

    def partials_hz(self, row: int) -> Float64Array:
        """Frequencies of a voice's partials, unbent [144]."""
        return np.asarray(self._turns[row]) * (SAMPLE_RATE / BLOCK)

    def move(self, source: int, target: int) -> None:
        """Give a voice the row of one that has ended.

        Args:
            source: row of the voice.
            target: row of the one that has ended.
        """
        conditioning = self.conditioning
        for array in (*vars(self).values(), *vars(conditioning).values()):
            if isinstance(array, np.ndarray | Tensor) and array.shape[0] == self.rows:
                array[target] = array[source]

    def release(self, row: int, held: int) -> None:
        """Release a voice, and forget the breakpoints past that.

        Args:
            row: of the voice.
            held: blocks from its onset to its release.
        """
        self.held[row] = held
        end = round((held * BLOCK_S + TAIL_S) * SAMPLE_RATE)
        self.samples[row] = min(int(self.samples[row]), end)
        late = self._times[row] >= held * BLOCK_S
        ahead = late & np.isfinite(self._times[row])
        if ahead.any():
            first = float(self._times[row][ahead].min())
            surplus = int(ahead.sum()) - 1
            self._times[row, self._times[row] > first] = np.inf
            self.decoded[row] -= surplus
            self.until_s[row] = first

    def hurry(self, row: int, next_s: float) -> None:
        """Have a voice come to a new breakpoint soon, from where its levels are now.

        What was known past now is forgotten.

        Args:
            row: of the voice, whose key is down and which has two breakpoints at least.
            next_s: time of the new one since the onset, past the edge of its blocks.
        """
        now_s = float(self.block[row] * BLOCK_S)
        oldest, last = int(self._oldest[row]), int(self.decoded[row]) - 2
        passed = int((self._times[row] <= now_s).sum())
        left = min(max(oldest - 1 + passed, oldest), max(last, oldest))
        before, after = left % KNOTS, (left + 1) % KNOTS
        from_s, to_s = self._times[row, before], self._times[row, after]
        fraction = float(np.clip((now_s - from_s) / (to_s - from_s), 0.0, 1.0))
        for levels in (self._partials, self._noise):
            levels[row, before] = torch.lerp(levels[row, before], levels[row, after], fraction)
        self._times[row, before] = self.until_s[row] = now_s
        self._times[row, self._times[row] > now_s] = np.inf
        self.decoded[row], self.soon_s[row] = left + 1, next_s
        while held_time(int(self.grid[row]) - 1) > next_s:
            self.grid[row] -= 1
        while held_time(int(self.grid[row])) <= next_s:
            self.grid[row] += 1

    def write_knots(
        self, rows: Ints, numbers: Ints, times_s: Float64Array, partials: Tensor, noise: Tensor
    ) -> None:
        """Keep amplitudes at breakpoints of voices; each voice's oldest make room.

        Args:
            rows: int64 [J], of the voices.
            numbers: int64 [J], which of its voice's breakpoints each one is.
            times_s: float64 [J], since the onset.
            partials: [J, 144].
            noise: [J, 32].
        """
        slots = numbers % KNOTS
        self._times[rows, slots] = times_s
        at = torch.from_numpy(rows), torch.from_numpy(slots)
        self._partials[at], self._noise[at] = partials, noise
        np.maximum.at(self._oldest, rows, numbers + 1 - KNOTS)

    def join(self, row: int, number: int) -> None:
        """Put a voice's release in the place of its first breakpoint at or past it.

        Args:
            row: of the voice.
            number: of that breakpoint.
        """
        before, after = (number - 1) % KNOTS, number % KNOTS
        held_s = float(self.held[row] * BLOCK_S)
        from_s, to_s = self._times[row, before], self._times[row, after]
        fraction = float((held_s - from_s) / (to_s - from_s))
        for levels in (self._partials, self._noise):
            levels[row, after] = torch.lerp(levels[row, before], levels[row, after], fraction)
        self._times[row, after] = held_s

    def _levels(self, knots: Tensor, at_s: Float64Array) -> Tensor:
        """Amplitudes of all voices between their breakpoints.

        Args:
            knots: [rows, 16, C], amplitudes at breakpoints.
            at_s: [V, n], times since the voices' onsets.

        Returns:
            [V, n, C].
        """
        times, oldest = self._times[: self.count], self._oldest[: self.count, None]
        passed = (times[:, None, :] <= at_s[:, :, None]).sum(axis=2)  # [V, n, 16] counted: [V, n]
        last = self.decoded[: self.count, None] - 2
        left = np.clip(oldest - 1 + passed, oldest, np.maximum(last, oldest))
        row = np.arange(self.count)[:, None]
        from_s, to_s = times[row, left % KNOTS], times[row, (left + 1) % KNOTS]
        fraction = np.clip((at_s - from_s) / (to_s - from_s), 0.0, 1.0).astype(np.float32)
        flat = knots.flatten(0, 1)  # [rows · 16, C]
        here = flat[torch.from_numpy(row * KNOTS + left % KNOTS)]
        there = flat[torch.from_numpy(row * KNOTS + (left + 1) % KNOTS)]
        return here.lerp_(there, torch.from_numpy(fraction)[:, :, None])

    def _stolen(self, at: Ints) -> FloatArray:
        """Gain of voices that make room, at samples since their onsets [V, n]."""
        past = (at - np.minimum(self.fade[: self.count, None], NEVER // 2)) / FADE
        return np.clip(1.0 - past, 0.0, 1.0).astype(np.float32)

    def noise_power(self, frames: Ints) -> Tensor:
        """Noise of all voices at some samples of the stream, int64 [F]: power [F, N]."""
        at = frames[None] - self.start[: self.count, None]
        levels = self._levels(self._noise, at / SAMPLE_RATE)
        gain = self._stolen(at) * ((at >= 0) & (at <= self.samples[: self.count, None]))
        levels *= torch.from_numpy(gain.astype(np.float32))[:, :, None]  # [V, F, N]
        return levels.square_().sum(dim=0)

    def advance(self, blocks: Ints) -> Tensor:
        """Render the next blocks of every voice's partials, without vibrato.

        Args:
            blocks: int64 [V], how many.

        Returns:
            float32 [V, most · 64]; past a voice's number of blocks it means nothing.
        """
        count, most = self.count, int(blocks.max())
        edges = self.block[:count, None] + np.arange(most + 1)  # [V, most + 1]
        # Few instruments have half partials, and they need not cost the others anything.
        any_half = bool(self._partials[:count, :, N_PARTIALS:].any())
        used = N_TONES if any_half else N_PARTIALS
        levels = self._levels(self._partials[..., :used], edges * BLOCK_S)  # [V, most + 1, used]
        gain = self._stolen(edges * BLOCK) * (edges > 0)  # no step at the onset
        levels *= torch.from_numpy(gain.astype(np.float32))[:, :, None]
        if self._moves[:count].any():
            levels *= self._gains(edges, self.block[:count] + blocks)[..., :used]
        steps = torch.arange(most, dtype=torch.float64)[:, None]
        turns, phase = self._turns[:count], self._phase[:count]
        turned = angle(phase[:, None, :used] + steps * turns[:, None, :used])  # [V, most, used]
        # As in core.engines.embedded.synthesis.
        halves = []
        weighed = torch.empty(count, 2, most, used)
        for basis, wave in zip(self._basis[:count].unbind(1), (torch.sin, torch.cos), strict=True):
            turning = wave(turned)
            torch.mul(levels[:, :-1], turning, out=weighed[:, 0])
            torch.mul(levels[:, 1:], turning, out=weighed[:, 1])
            # [V, 2 · most, used] @ [V, used, 32]
            product = torch.bmm(weighed.view(count, 2 * most, used), basis[:, :used])
            halves.append(product.view(count, 2, most, -1).transpose(0, 1))
        sound = join_halves(*halves).reshape(count, -1)
        run = torch.from_numpy(blocks).double()
        bent = np.flatnonzero(self.bent[:count])
        if len(bent):
            turns_of = turns[bent, :used].numpy() / BLOCK
            begins = phase[bent, :used].numpy() - MIDDLE * turns_of
            ratio = ratios(self.semitones(bent, edges[bent]))
            sound[bent], run_of = sweep_voices(turns_of, begins, ratio, levels[bent])
            run[bent] = torch.from_numpy(run_of[np.arange(len(bent)), blocks[bent]] / BLOCK)
        phase += run[:, None] * turns
        phase -= phase.floor()
        self.block[:count] += blocks
        for row in bent.tolist():
            self.bent[row] = self.bends[row].forget(int(self.block[row]))
        return sound

    def _gains(self, edges: Ints, last: Ints) -> Tensor:
        """Modulation of all voices at edges of blocks.

        Args:
            edges: int64 [V, n], blocks since the onset.
            last: int64 [V], the last edge of each voice that will be used.

        Returns:
            Factors on amplitudes, [V, n, 144].
        """
        count = self.count
        needed = last // COARSE_BLOCKS + 2  # points, from the onset's
        while True:
            rows = np.flatnonzero(self._moves[:count] & (self._pointed[:count] < needed))
            if not len(rows):
                break
            number = self._pointed[rows]
            factor = gains_of(
                self.modulation[rows], self._tremolo[rows], self._shimmer[rows], self._rates[rows],
                number * (COARSE_BLOCKS * BLOCK_S),
            )  # fmt: skip
            at = torch.from_numpy(rows), torch.from_numpy(number % _COARSE)
            self._points[at] = torch.from_numpy(factor)
            self._pointed[rows] += 1
        left = edges // COARSE_BLOCKS
        part = torch.from_numpy((edges % COARSE_BLOCKS / COARSE_BLOCKS).astype(np.float32))
        flat = self._points.view(-1, N_TONES)
        row = np.arange(count)[:, None] * _COARSE
        here = flat[torch.from_numpy(row + left % _COARSE)]
        there = flat[torch.from_numpy(row + (left + 1) % _COARSE)]
        return here.lerp_(there, part[:, :, None])
