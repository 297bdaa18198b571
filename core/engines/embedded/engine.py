"""The embedded engine: any clip, note by note, in tune by construction, at 44.1 kHz.

All notes of all requests go through the decoder together; then each clip is summed from its
notes. It has no settings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.clip import Note
from core.engines.base import Engine, Limit, RenderRequest, ignored_settings
from core.engines.embedded.bending import (
    BentPartialBank,
    knot_semitones,
    ratios,
    sounding_pitches,
)
from core.engines.embedded.controls import (
    N_NOISE,
    PITCH_RANGE,
    SAMPLE_RATE,
    held_times,
    tail_times,
)
from core.engines.embedded.declaration import DECLARATION
from core.engines.embedded.decoder import Decoder
from core.engines.embedded.levels import (
    TAIL_S,
    KnotTimes,
    held_blocks,
    knot_levels,
    note_shapes,
    silence_unheard,
)
from core.engines.embedded.noise import NOISE_FFT, NOISE_HOP, add_noise_power, filtered_noise
from core.engines.embedded.streaming import Stream
from core.engines.embedded.synthesis import (
    BLOCK,
    NotePhases,
    NoteTracks,
    add_partials,
    amplitude,
    level_db,
)
from core.engines.embedded.weights import load_decoder
from core.models.registry import Bundle
from core.progress import ProgressCallback, always_continue, report
from core.types import Embedding, EmbeddingPath, FloatArray

_NOTES_AT_ONCE = 128

_Step = Callable[[float], None]


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


def released_s(note: Note) -> float:
    """When a note's release takes effect, seconds from its onset: at the next block's edge."""
    return held_blocks(note.duration_s * SAMPLE_RATE, BLOCK) * (BLOCK / SAMPLE_RATE)


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


def _joined(
    levels_db: Tensor, times_s: npt.NDArray[np.float64], down: int, held_s: float
) -> Tensor:
    """A note's levels at its knots [n, C] to those at: key down, its release, its tail."""
    before_s, after_s = times_s[down - 2], times_s[down - 1]
    before, after = amplitude(levels_db[down - 2 : down])
    release = torch.lerp(before, after, float((held_s - before_s) / (after_s - before_s)))
    return torch.cat([levels_db[: down - 1], level_db(release)[None], levels_db[down:]])


class EmbeddedEngine(Engine):
    """See the module's first lines.

    Args:
        decoder: trained network.
        device: where to compute.
    """

    declaration = DECLARATION
    sample_rate = SAMPLE_RATE

    def __init__(self, decoder: Decoder, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self.decoder = decoder.eval().to(self.device)

    def limits(self, request: RenderRequest) -> list[Limit]:
        """See :meth:`core.engines.base.Engine.limits`."""
        low, high = PITCH_RANGE
        found = []
        outside = tuple(
            note
            for note in request.clip.notes
            if not all(low <= note.pitch + by <= high for by in {st for _, st in note.bend} or {0})
        )
        if outside:
            message = f"{len(outside)} notes lie outside keys {low}–{high}; timbre is a guess there"
            found.append(Limit("pitch_range", message, outside))
        return found + ignored_settings(DECLARATION, request.settings)

    def stream(self, embedding: Embedding, *, seed: int = 0, max_voices: int = 64) -> Stream:
        """See :meth:`core.engines.base.Engine.stream`."""
        return Stream(self.decoder, embedding, seed=seed, max_voices=max_voices)

    @torch.inference_mode()
    def render(
        self, requests: Sequence[RenderRequest], on_progress: ProgressCallback = always_continue
    ) -> list[FloatArray]:
        """See :meth:`core.engines.base.Engine.render`; one channel."""
        report(on_progress, 0.0)
        total = max(1, sum(len(request.clip.notes) for request in requests))
        done = 0
        rendered = []
        for request in requests:
            share = len(request.clip.notes) / total

            def step(fraction: float, before: float = done / total, share: float = share) -> None:
                report(on_progress, before + share * fraction)

            rendered.append(self._render_clip(request, step))
            done += len(request.clip.notes)
        report(on_progress, 1.0)
        return rendered

    def _render_clip(self, request: RenderRequest, step: _Step) -> FloatArray:
        notes = request.clip.notes
        end_s = max([request.clip.length_s, *(note.end_s + TAIL_S for note in notes)])
        samples = round(end_s * SAMPLE_RATE)
        out = torch.zeros(samples, device=self.device)
        power = torch.zeros(
            samples // NOISE_HOP + NOISE_FFT // NOISE_HOP, N_NOISE, device=self.device
        )
        for first in range(0, len(notes), _NOTES_AT_ONCE):
            group = notes[first : first + _NOTES_AT_ONCE]
            for index, tracks in enumerate(self._decode(group, request, first)):
                bent = BentPartialBank(tracks, out.device) if tracks.bend else None
                add_partials(out, tracks, bent)
                add_noise_power(power, tracks)
                if index % 8 == 0:
                    step(0.9 * (first + index) / len(notes))
        generator = torch.Generator().manual_seed(request.seed & 0xFFFFFFFF)
        out += filtered_noise(power, samples, generator, lambda part: step(0.9 + 0.1 * part))
        audio: FloatArray = out.cpu().numpy()[None]
        return audio

    def _decode(
        self, notes: Sequence[Note], request: RenderRequest, number: int
    ) -> list[NoteTracks]:
        """Controls of some notes of a clip, the first of which is its ``number``-th."""
        knots = _knots_of(notes)
        to_device = self._to_device
        of_note = to_device(knots.of_note)
        keys = np.array([note.pitch for note in notes], np.int64)
        velocity = to_device(np.array([note.velocity for note in notes], np.float32))
        semitones = knot_semitones(notes, knots.of_note, knots.times.since_s)
        pitches = sounding_pitches(keys[knots.of_note], semitones)
        # What differs in note or bend: one a note, and more of those that move.
        kinds, first, kind = np.unique(
            knots.of_note + 1j * semitones, return_index=True, return_inverse=True
        )
        note_of_kind = kinds.real.astype(np.int64)
        pitch = to_device(pitches[first].astype(np.float32))
        if isinstance(request.embedding, EmbeddingPath):
            starts_s = np.array([note.start_s for note in notes], np.float64)
            embedding = to_device(
                request.embedding.at(starts_s[knots.of_note] + knots.times.since_s)
            )
            pitch = to_device(pitches.astype(np.float32))
            state = self.decoder.note_state(embedding, pitch, velocity[of_note])
            which = torch.arange(len(of_note), device=self.device)
        else:
            embedding = to_device(request.embedding)[None].expand(len(kinds), -1)
            state = self.decoder.note_state(embedding, pitch, velocity[to_device(note_of_kind)])
            which = to_device(kind)
        terms = self.decoder.conditioning(state)
        shapes = note_shapes(
            terms.statics[which[to_device(knots.first)]], [note.pitch for note in notes]
        )
        places = [
            shapes[i].places(float(ratio))
            for i, ratio in zip(note_of_kind, ratios(semitones[first]), strict=True)
        ]
        index, fraction = (
            to_device(np.stack(each))[to_device(kind)] for each in zip(*places, strict=True)
        )
        partial_db, noise_db = knot_levels(
            self.decoder, terms, which, knots.times, index, fraction,
            np.rint(pitches).astype(np.int64),
        )  # fmt: skip
        tracks = []
        for i, (note, shape) in enumerate(zip(notes, shapes, strict=True)):
            rows, down, held_s = knots.of(i), int(knots.down[i]), float(knots.held_s[i])
            times_s = knots.times.since_s[rows]
            bend = note.bend if note.is_bent else ()
            partials = partial_db[rows] if bend else silence_unheard(partial_db[rows], shape)
            tracks.append(
                NoteTracks(
                    start=round(note.start_s * SAMPLE_RATE),
                    samples=round((held_s + TAIL_S) * SAMPLE_RATE),
                    knots_s=np.concatenate([times_s[: down - 1], [held_s], times_s[down:]]),
                    partials_hz=shape.partials_hz,
                    partial_db=_joined(partials, times_s, down, held_s),
                    noise_db=_joined(noise_db[rows], times_s, down, held_s),
                    phases=NotePhases.draw(request.seed, number + i),
                    modulation=shape.modulation,
                    bend=bend,
                )
            )
        return tracks

    def _to_device(self, array: npt.NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)


def load(bundle: Bundle, device: str) -> EmbeddedEngine:
    """Entry of :mod:`core.engines.registry`: the engine with a bundle's weights.

    Raises:
        ModelMissing, ModelDamaged: if the file is absent, or is not what it should be.
    """
    return EmbeddedEngine(load_decoder(bundle.file("weights")), device)
