"""The embedded engine, live: notes go in as they are played, sound comes out block by block.

What comes out is what :class:`core.engines.embedded.engine.EmbeddedEngine` renders of the
same notes, :attr:`Stream.latency` samples later, whatever the sizes of the blocks. It differs
in two things that need to know the future: a clip that would exceed full scale is rendered
softer as a whole, a stream is not and may exceed it; and a stream has a largest number of
voices (see :class:`Stream`).
"""

from __future__ import annotations

import copy
import heapq
from collections import defaultdict, deque
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import torch

from core.clip import MAX_BEND_SEMITONES, Bend, Note
from core.engines.embedded.bending import Ints, LiveBend
from core.engines.embedded.controls import PITCH_RANGE, SAMPLE_RATE
from core.engines.embedded.decoder import Decoder
from core.engines.embedded.leakage import prepare as prepare_leakage
from core.engines.embedded.levels import held_blocks
from core.engines.embedded.noise import NOISE_FFT, NOISE_HOP, NoiseSource
from core.engines.embedded.synthesis import BLOCK
from core.engines.embedded.vibrato import AHEAD, read_voices_late
from core.engines.embedded.voice_decoding import VoiceDecoder
from core.engines.embedded.voices import FADE, LAG, NEVER, Voices
from core.errors import MidiError, SettingsError
from core.types import EMBEDDING_DIM, Embedding, EmbeddingPath, FloatArray

_PIECE = 1024  # most samples rendered at once; bounds what is kept of a voice
_LATENCY = NOISE_FFT // 2  # a window of noise begins this long before its centre


class _EventKind(IntEnum):
    ON, OFF, RELEASE, ALL_OFF, BEND, BEND_ALL = range(6)


@dataclass(frozen=True, order=True)
class _NoteEvent:
    at: int
    order: int
    kind: _EventKind = field(compare=False)
    note_id: int = field(compare=False, default=0)
    pitch: int = field(compare=False, default=0)
    velocity: int = field(compare=False, default=0)
    bend: Bend = field(compare=False, default=())
    semitones: float = field(compare=False, default=0.0)


class Stream:
    """See the module's first lines. Not safe to call from several threads at once.

    When a note begins while ``max_voices`` sound, one makes room and fades out within 256
    samples (6 ms): of those released the one released first, else the oldest. (Only if more
    than ``max_voices`` notes have to make room within one block does one end at once.)

    Args:
        decoder: trained network; if it is on another device, a copy of it runs on the CPU.
        embedding: float32 [512], unit norm, or a path of them from the stream's beginning.
        seed: with the same one, the same notes sound the same. Notes are numbered as they
            begin, those that begin together as they were asked for.
        max_voices: most notes sounding at once, ≥ 1; a released one counts until its end.
        sample_rate: 44,100 Hz is the only one; resample the result for another.

    Attributes:
        latency: samples by which everything sounds later than it was asked for.
        sample_rate: of the audio, Hz.

    Raises:
        SettingsError: if an argument is outside its range.
    """

    latency = _LATENCY

    def __init__(
        self,
        decoder: Decoder,
        embedding: Embedding,
        *,
        seed: int = 0,
        max_voices: int = 64,
        sample_rate: int = SAMPLE_RATE,
    ) -> None:
        if sample_rate != SAMPLE_RATE:
            raise SettingsError(f"a stream runs at {SAMPLE_RATE} Hz, not {sample_rate}")
        if max_voices < 1:
            raise SettingsError(f"a stream needs at least one voice, not {max_voices}")
        self.sample_rate = sample_rate
        if next(decoder.parameters()).device.type != "cpu":
            decoder = copy.deepcopy(decoder).cpu()  # an engine may be rendering with it
        self._decoder = decoder.eval()
        self._seed, self._max_voices = seed, max_voices
        self._begin(embedding)
        # Whatever is set up at its first use is set up now, not at the first note played.
        prepare_leakage(set(range(PITCH_RANGE[0], PITCH_RANGE[1] + 1)))
        self.note_on(60, 100)
        self.process(_PIECE)
        self._begin(embedding)

    @torch.inference_mode()
    def _begin(self, embedding: Embedding) -> None:
        _check(embedding)
        self._voice_decoder = VoiceDecoder(self._decoder, self._seed, embedding)
        state = self._decoder.note_state(
            torch.zeros(1, EMBEDDING_DIM), torch.tensor([60.0]), torch.tensor([100.0])
        )
        self._voices = Voices(2 * self._max_voices, self._decoder.conditioning(state))
        self._noise = NoiseSource(torch.Generator().manual_seed(self._seed & 0xFFFFFFFF))
        self._mix = np.zeros(_PIECE + NOISE_FFT + BLOCK, np.float32)
        self._clock = self._frame = self._scheduled = self._started = 0
        self._events: list[_NoteEvent] = []
        self._wheel = 0.0
        # Keys that are down, by pitch; one whose voice made room is still down.
        self._down: dict[int, deque[int]] = defaultdict(lambda: deque(maxlen=self._max_voices))

    @property
    def sounding(self) -> int:
        """How many voices sound, tails and those that make room included."""
        return self._voices.count

    def note_on(self, pitch: int, velocity: int, at: int = 0, bend: Bend = ()) -> int:
        """Begin a note.

        Args:
            pitch: MIDI key, 0–127.
            velocity: 1–127.
            at: samples into the next block, ≥ 0.
            bend: its curve, as of :class:`core.clip.Note`; :meth:`bend` adds to it.

        Returns:
            The note's id, for :meth:`release` and :meth:`bend`.

        Raises:
            MidiError: if a value is outside its range.
        """
        note = Note(0.0, pitch, velocity, 1.0, bend)  # which checks them
        return self._schedule(
            _EventKind.ON, at, pitch=note.pitch, velocity=note.velocity, bend=note.bend
        )

    def note_off(self, pitch: int, at: int = 0) -> None:
        """Release the note of a key, the one that began first if it has several.

        Without one this does nothing. A release takes effect up to 64 samples late, as it
        does offline.

        Args:
            pitch: MIDI key, 0–127.
            at: samples into the next block, ≥ 0.

        Raises:
            MidiError: if ``at`` is below 0.
        """
        self._schedule(_EventKind.OFF, at, pitch=pitch)

    def release(self, note_id: int, at: int = 0) -> None:
        """Release a note by its id, from :meth:`note_on`; ``at`` as in :meth:`note_off`."""
        self._schedule(_EventKind.RELEASE, at, note_id=note_id)

    def all_notes_off(self, at: int = 0) -> None:
        """Release every note that has begun by then; see :meth:`note_off`."""
        self._schedule(_EventKind.ALL_OFF, at)

    def bend(self, semitones: float, note_id: int | None = None, at: int = 0) -> None:
        """Turn a wheel: bend what sounds, and what begins later, from where it stands now.

        The wheel for all notes, and the one of each note, add up with the note's own curve. A
        move takes 12 ms, from the next edge of a note's blocks of 64 samples on. Levels follow
        with the next breakpoints, within 0.1 s or so.

        Args:
            semitones: where the wheel stands, up or down.
            note_id: from :meth:`note_on`, for that note's own wheel; None for all notes.
            at: samples into the next block, ≥ 0.

        Raises:
            MidiError: if ``semitones`` is outside ±96, or ``at`` is below 0.
        """
        if not abs(semitones) <= MAX_BEND_SEMITONES:
            raise MidiError(f"a bend of {semitones} semitones is outside ±{MAX_BEND_SEMITONES:g}")
        kind = _EventKind.BEND_ALL if note_id is None else _EventKind.BEND
        self._schedule(kind, at, note_id=note_id or 0, semitones=float(semitones))

    def set_timbre(self, embedding: Embedding) -> None:
        """Play on in another timbre; times of a path count from the stream's beginning.

        Notes whose keys are down move there within 30 ms, released ones with their next
        breakpoints; what stays as it is through a note (tuning, vibrato) stays.

        Raises:
            SettingsError: if the shape does not fit.
        """
        _check(embedding)
        self._voice_decoder.set_timbre(embedding)

    def _schedule(
        self, kind: _EventKind, at: int, *, note_id: int = 0, pitch: int = 0, velocity: int = 0,
        bend: Bend = (), semitones: float = 0.0,
    ) -> int:  # fmt: skip
        if at < 0:
            raise MidiError(f"sample {at} of the next block is past")
        self._scheduled += 1
        note_id = self._scheduled if kind is _EventKind.ON else note_id
        event = _NoteEvent(
            self._clock + at, self._scheduled, kind, note_id, pitch, velocity, bend, semitones
        )
        heapq.heappush(self._events, event)
        return note_id

    @torch.inference_mode()
    def process(self, samples: int) -> FloatArray:
        """Render the next block: float32 [samples], finite, of any length."""
        out = np.empty(samples, np.float32)
        for first in range(0, samples, _PIECE):
            piece = out[first : first + _PIECE]
            piece[:] = self._process_piece(len(piece))
        return out

    def _process_piece(self, samples: int) -> FloatArray:
        end = self._clock + samples
        while self._events and self._events[0].at < end:
            self._dispatch(heapq.heappop(self._events))
        if self._voices.count:
            self._render_partials(end)
        self._render_noise(end)
        self._remove_ended()
        mix = self._mix
        done = mix[:samples].copy()
        mix[:-samples] = mix[samples:]
        mix[-samples:] = 0.0
        self._clock = end
        return done

    def _render_partials(self, end: int) -> None:
        """Mix in every block that begins before ``end``: what happens later cannot change it."""
        voices = self._voices
        count = voices.count
        front = voices.start[:count] + voices.block[:count] * BLOCK
        blocks: Ints = np.maximum(-(-(end - front) // BLOCK), 0)
        self._voice_decoder.decode_ahead(voices, blocks)
        if not blocks.any():
            return
        sound = voices.advance(blocks)  # [V, most · 64]
        first = front - self._clock + _LATENCY
        late = np.flatnonzero(voices.vibrato[:count])
        if len(late):
            sound[late] = read_voices_late(voices, late, sound[late], blocks[late])
            first[late] -= AHEAD
        mix, length = self._mix, blocks * BLOCK
        for row, begin, n in zip(sound.numpy(), first.tolist(), length.tolist(), strict=True):
            mix[begin : begin + n] += row[:n]

    def _render_noise(self, end: int) -> None:
        frames = np.arange(self._frame, -(-end // NOISE_HOP)) * NOISE_HOP
        if not len(frames):
            return
        self._frame += len(frames)
        sound = self._noise.next(self._voices.noise_power(frames))
        if sound is not None:
            begin = int(frames[0]) - self._clock
            self._mix[begin : begin + len(sound)] += sound.numpy()

    def _dispatch(self, event: _NoteEvent) -> None:
        voices = self._voices
        if event.kind is _EventKind.ON:
            self._make_room(event.at)
            bend = LiveBend(event.bend, self._wheel)
            voices.add(event.note_id, self._started, event.pitch, event.velocity, event.at, bend)
            self._started += 1
            self._down[event.pitch].append(event.note_id)
            return
        if event.kind is _EventKind.BEND_ALL:
            self._wheel = event.semitones
            for row in range(voices.count):
                voices.turn_wheel(row, event.at, event.semitones, None)
            return
        if event.kind is _EventKind.BEND:
            for row in np.flatnonzero(voices.ids[: voices.count] == event.note_id).tolist():
                voices.turn_wheel(row, event.at, None, event.semitones)
            return
        down = self._down.get(event.pitch)
        if event.kind is _EventKind.ALL_OFF:
            ids = {note_id for notes in self._down.values() for note_id in notes}
            self._down.clear()
        elif event.kind is _EventKind.RELEASE:
            ids = {event.note_id}
            for notes in self._down.values():
                if event.note_id in notes:
                    notes.remove(event.note_id)
        else:
            ids = {down.popleft()} if down else set()
        for row in range(voices.count):
            if int(voices.ids[row]) in ids and voices.held[row] == NEVER:
                length = event.at - int(voices.start[row])
                voices.release(row, held_blocks(length, BLOCK))

    def _make_room(self, at: int) -> None:
        voices = self._voices
        count = voices.count
        start, held = voices.start[:count], voices.held[:count]
        ends = start + voices.samples[:count]
        sounding = np.flatnonzero((voices.fade[:count] == NEVER) & (ends > at))
        if len(sounding) >= self._max_voices:
            released = sounding[held[sounding] < NEVER]
            if len(released):
                row = int(released[np.argmin(start[released] + held[released] * BLOCK)])
            else:
                row = int(sounding[np.argmin(voices.ids[sounding])])
            fade = -(-(at - int(start[row])) // BLOCK) * BLOCK
            voices.fade[row] = fade
            voices.samples[row] = min(int(voices.samples[row]), fade + FADE + LAG)
        if count == voices.rows:
            ends = start + voices.samples[:count]
            self._remove(int(np.argmin(ends)))

    def _remove_ended(self) -> None:
        voices = self._voices
        count = voices.count
        over = voices.block[:count] * BLOCK >= voices.samples[:count] + AHEAD
        for row in np.flatnonzero(over)[::-1].tolist():
            self._remove(row)

    def _remove(self, row: int) -> None:
        voices = self._voices
        voices.count -= 1
        if row != voices.count:
            voices.move(voices.count, row)


def _check(embedding: Embedding) -> None:
    if not isinstance(embedding, EmbeddingPath) and embedding.shape != (EMBEDDING_DIM,):
        raise SettingsError(f"an embedding has {EMBEDDING_DIM} values, not {embedding.shape}")
