"""The notes of clips decoded, each kind of note once.

What a note's breakpoints say depends on its timbre, key, velocity, bend and how long it is held,
not on when it begins; music repeats itself. And of two notes that are held for different times,
the breakpoints up to the shorter one's release are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.clip import Bend, Note
from core.engines.embedded.bending import knot_semitones, ratios, sounding_pitches
from core.engines.embedded.controls import SAMPLE_RATE, held_times, tail_times
from core.engines.embedded.decoder import Decoder
from core.engines.embedded.levels import (
    TAIL_S,
    KnotTimes,
    NoteShape,
    held_blocks,
    knot_levels,
    note_shapes,
    silence_unheard,
)
from core.engines.embedded.moving_conditioning import (
    Conditioning,
    MovingConditioning,
    conditioning_of,
)
from core.engines.embedded.synthesis import BLOCK, NotePhases, NoteTracks, amplitude, level_db
from core.types import Embedding, EmbeddingPath, Float64Array

_NOTES_AT_ONCE = 512
_KNOTS_AT_ONCE = 32_768
_KEPT_KNOTS = 65_536  # some 50 MB
_PITCHES = _VELOCITIES = 128

_KindKey = tuple[int, int, int, Bend]
"""Key, velocity, blocks until the release, and the bend of a note that has one."""


def released_s(note: Note) -> float:
    """When a note's release takes effect, seconds from its onset: at the next block's edge."""
    return _held_blocks(note) * (BLOCK / SAMPLE_RATE)


def _bend_of(note: Note) -> Bend:
    return note.bend if note.is_bent else ()


def _held_blocks(note: Note) -> int:
    return held_blocks(note.duration_s * SAMPLE_RATE, BLOCK)


@dataclass(frozen=True)
class _NoteKind:
    """What notes of one kind share; the fields are those of :class:`NoteTracks`."""

    shape: NoteShape
    samples: int
    knots_s: Float64Array
    partial_db: Tensor
    noise_db: Tensor
    bend: Bend

    def played(self, start_s: float, phases: NotePhases) -> NoteTracks:
        """One of the notes.

        Args:
            start_s: of its onset, seconds.
            phases: where its oscillations begin.
        """
        return NoteTracks(
            start=round(start_s * SAMPLE_RATE), samples=self.samples, knots_s=self.knots_s,
            partials_hz=self.shape.partials_hz, partial_db=self.partial_db, noise_db=self.noise_db,
            phases=phases, modulation=self.shape.modulation, bend=self.bend,
        )  # fmt: skip


class NoteDecoder:
    """Decodes notes that are played in one timbre, or along one path of timbres.

    Args:
        decoder: trained network.
        embedding: float32 [512], unit norm, or a path of them.
        device: where to compute.
    """

    def __init__(self, decoder: Decoder, embedding: Embedding, device: torch.device) -> None:
        self._decoder, self._device = decoder, device
        self._path: MovingConditioning | None = None
        if isinstance(embedding, EmbeddingPath):
            self._path = MovingConditioning(decoder, embedding, device)
        else:
            self._embedding = embedding
        self._kept: dict[_KindKey, _NoteKind] = {}
        self._kept_knots = 0

    def tracks(self, notes: Sequence[Note], seed: int) -> Iterator[NoteTracks]:
        """Every note, ready to sound.

        Args:
            notes: of a clip, in their order.
            seed: of the phases.
        """
        number = 0
        for group in _groups(notes):
            for note, levels in zip(group, self._levels_of(group), strict=True):
                yield levels.played(note.start_s, NotePhases.draw(seed, number))
                number += 1

    def _levels_of(self, notes: Sequence[Note]) -> list[_NoteKind]:
        if self._path is not None:
            return self._decode(notes)  # a moving timbre makes every note another
        kinds: list[_KindKey] = [
            (note.pitch, note.velocity, _held_blocks(note), _bend_of(note)) for note in notes
        ]
        first_of = dict(zip(kinds[::-1], notes[::-1], strict=True))
        missing = sorted(kind for kind in first_of if kind not in self._kept)
        decoded = self._decode([first_of[kind] for kind in missing])
        found = {kind: self._kept[kind] for kind in first_of if kind in self._kept}
        found.update(zip(missing, decoded, strict=True))
        self._keep({kind: found[kind] for kind in missing})
        return [found[kind] for kind in kinds]

    def _keep(self, fresh: dict[_KindKey, _NoteKind]) -> None:
        self._kept_knots += sum(len(levels.knots_s) for levels in fresh.values())
        self._kept.update(fresh)
        if self._kept_knots > _KEPT_KNOTS:
            self._kept.clear()
            self._kept_knots = 0

    def _decode(self, notes: Sequence[Note]) -> list[_NoteKind]:
        if not notes:
            return []
        knots = _knots_of(notes)
        semitones = knot_semitones(notes, knots.of_note, knots.times.since_s)
        keys = np.array([note.pitch for note in notes], np.int64)[knots.of_note]
        pitches = sounding_pitches(keys, semitones)
        conditioning, which = self._condition(notes, knots, pitches)
        notes_of, firsts = conditioning_of(conditioning, which[self._to_device(knots.first)])
        statics = notes_of.statics[firsts]
        shapes = note_shapes(statics, [note.pitch for note in notes])
        index = np.stack([shape.index for shape in shapes])[knots.of_note]
        fraction = np.stack([shape.fraction for shape in shapes])[knots.of_note]
        bent = np.flatnonzero(semitones)
        for knot, ratio in zip(bent.tolist(), ratios(semitones[bent]).tolist(), strict=True):
            index[knot], fraction[knot] = shapes[knots.of_note[knot]].places(ratio)
        partial_db, noise_db = knot_levels(
            self._decoder, conditioning, which, knots.times,
            self._to_device(index), self._to_device(fraction), np.rint(pitches).astype(np.int64),
        )  # fmt: skip
        levels = []
        for i, (note, shape) in enumerate(zip(notes, shapes, strict=True)):
            rows, down, held_s = knots.of(i), int(knots.down[i]), float(knots.held_s[i])
            times_s = knots.times.since_s[rows]
            bend = _bend_of(note)
            # What of a bent note is too high to sound changes with its pitch.
            partials = partial_db[rows] if bend else silence_unheard(partial_db[rows], shape)
            levels.append(
                _NoteKind(
                    shape, round((held_s + TAIL_S) * SAMPLE_RATE),
                    np.concatenate([times_s[: down - 1], [held_s], times_s[down:]]),
                    _joined(partials, times_s, down, held_s),
                    _joined(noise_db[rows], times_s, down, held_s), bend,
                )
            )  # fmt: skip
        return levels

    def _condition(
        self, notes: Sequence[Note], knots: _Knots, pitches: Float64Array
    ) -> tuple[Conditioning, Tensor]:
        """Conditioning, and which of it each knot uses, int64 [J].

        Args:
            notes: in question.
            knots: theirs.
            pitches: [J], what sounds at them, in keys.
        """
        of_note = knots.of_note
        velocity = np.array([note.velocity for note in notes], np.float64)[of_note]
        if self._path is not None:
            starts_s = np.array([note.start_s for note in notes], np.float64)
            at_s = starts_s[of_note] + knots.times.since_s
            begins = knots.times.since_s == 0.0
            conditioning = self._path.conditioning(at_s, begins, pitches, velocity)
            return conditioning, torch.arange(len(of_note), device=self._device)
        # Notes of a key struck alike have the same one, and share breakpoints by that; a
        # bent note has its own tuning wherever it is, and shares nothing.
        own = np.array([(i + 1) * note.is_bent for i, note in enumerate(notes)])[of_note]
        struck = (own * _PITCHES + pitches) * _VELOCITIES + velocity
        _, first, which = np.unique(struck, return_index=True, return_inverse=True)
        pitches, velocity = pitches[first], velocity[first]
        points = np.repeat(self._embedding[None], len(first), axis=0)
        state = self._decoder.note_state(
            *(
                self._to_device(array.astype(np.float32, copy=False))
                for array in (points, pitches, velocity)
            )
        )
        return self._decoder.conditioning(state), self._to_device(which)

    def _to_device(self, array: npt.NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)


@dataclass(frozen=True)
class _Knots:
    """The knots of many notes, one after the other.

    A note's knots are those of its key being down, up to the first past its release, and
    those of its tail. What sounds at the release lies between two of the former: nothing
    depends on how long a key will be held.

    Attributes:
        of_note: int64 [J], which note each knot is of.
        times: of the knots.
        first: int64 [M], each note's first knot; down: int64 [M], how many are of its key down.
        held_s: float64 [M], when it is released.
    """

    of_note: npt.NDArray[np.int64]
    times: KnotTimes
    first: npt.NDArray[np.int64]
    down: npt.NDArray[np.int64]
    held_s: npt.NDArray[np.float64]

    def of(self, note: int) -> slice:
        """The knots of a note."""
        last = self.first[note + 1] if note + 1 < len(self.first) else len(self.of_note)
        return slice(int(self.first[note]), int(last))


def _knots_of(notes: Sequence[Note]) -> _Knots:
    held_s = np.array([released_s(note) for note in notes])
    down = [held_times(float(until)) for until in held_s]
    tail = tail_times(TAIL_S)[1:]
    counts = np.array([len(times) + len(tail) for times in down])
    since_s = np.concatenate(
        [np.concatenate([d, h + tail]) for d, h in zip(down, held_s, strict=True)]
    )
    off_s = np.concatenate([np.concatenate([np.zeros(len(d)), tail]) for d in down])
    return _Knots(
        np.repeat(np.arange(len(notes)), counts), KnotTimes(since_s, off_s),
        np.concatenate([[0], np.cumsum(counts)[:-1]]), np.array([len(d) for d in down]), held_s,
    )  # fmt: skip


def _joined(levels_db: Tensor, times_s: Float64Array, down: int, held_s: float) -> Tensor:
    """A note's levels at its knots [n, C] to those at: key down, its release, its tail."""
    before_s, after_s = times_s[down - 2], times_s[down - 1]
    before, after = amplitude(levels_db[down - 2 : down])
    release = torch.lerp(before, after, float((held_s - before_s) / (after_s - before_s)))
    return torch.cat([levels_db[: down - 1], level_db(release)[None], levels_db[down:]])


def _groups(notes: Sequence[Note]) -> Iterator[Sequence[Note]]:
    """Notes in runs that are decoded together: as many as memory allows, at least one."""
    first, knots = 0, 0
    for i, note in enumerate(notes):
        knots += len(held_times(note.duration_s))
        if i > first and (knots > _KNOTS_AT_ONCE or i - first == _NOTES_AT_ONCE):
            yield notes[first:i]
            first, knots = i, len(held_times(note.duration_s))
    if notes:
        yield notes[first:]
