"""The embedded engine: any clip, note by note, in tune by construction, at 44.1 kHz.

All notes of all requests go through the decoder together; then each clip is summed from its
notes. It does not sample tokens, so the sampling settings do not apply to it, and says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.engines.base import (
    EmbeddingPath,
    Engine,
    FloatArray,
    Limit,
    Progress,
    RenderRequest,
    always_continue,
    report,
)
from core.engines.embedded.controls import (
    MAX_PARTIAL_HZ,
    N_NOISE,
    SAMPLE_RATE,
    held_times,
    partial_hz,
    tail_times,
)
from core.engines.embedded.decoder import Decoder, envelope_weights, partial_levels
from core.engines.embedded.modulation import Modulation
from core.engines.embedded.synthesis import (
    BLOCK,
    NOISE_FFT,
    NOISE_HOP,
    NotePhases,
    NoteTracks,
    add_noise_power,
    add_partials,
    amplitude,
    filtered_noise,
    level_db,
)
from core.score import Note, pitch_hz

TAIL_S = 1.2
"""Time a note may sound after its release; its last quarter fades out."""

PITCH_RANGE = (24, 98)
"""MIDI keys the decoder was trained on. Others play, with an extrapolated timbre."""

_KNOWN_HELD_S = 3.5  # longest time since onset the decoder was trained on
_SLOPE_S = 1.0
_NOTES_AT_ONCE = 128

_Step = Callable[[float], None]


@dataclass(frozen=True)
class _Knots:
    """The knots of many notes, one after the other.

    A note's knots are those of its key being down, up to the first past its release, and
    those of its tail. What sounds at the release lies between two of the former: nothing
    depends on how long a key will be held.

    Attributes:
        of_note: int64 [J]; on_s, off_s, past_s: float32 [J], the last of which is how long
            the key has been held past the longest time the decoder knows.
        times_s: float64 [J], from the note's onset.
        first: int64 [M], each note's first knot; down: int64 [M], how many are of its key down.
        held_s: float64 [M], when it is released.
    """

    of_note: npt.NDArray[np.int64]
    on_s: npt.NDArray[np.float32]
    off_s: npt.NDArray[np.float32]
    past_s: npt.NDArray[np.float32]
    times_s: npt.NDArray[np.float64]
    first: npt.NDArray[np.int64]
    down: npt.NDArray[np.int64]
    held_s: npt.NDArray[np.float64]

    def of(self, note: int) -> slice:
        """The knots of a note."""
        last = self.first[note + 1] if note + 1 < len(self.first) else len(self.of_note)
        return slice(int(self.first[note]), int(last))


def released_s(note: Note) -> float:
    """When a note's release takes effect, seconds from its onset: at the next block's edge."""
    block_s = BLOCK / SAMPLE_RATE
    return max(1, math.ceil(note.duration_s / block_s - 1e-6)) * block_s


def _knots_of(notes: Sequence[Note]) -> _Knots:
    held_s = np.array([released_s(note) for note in notes])
    down = [held_times(float(until)) for until in held_s]
    tail = tail_times(TAIL_S)[1:]
    counts = np.array([len(times) + len(tail) for times in down])
    of_note = np.repeat(np.arange(len(notes)), counts)
    times_s = np.concatenate(
        [np.concatenate([d, h + tail]) for d, h in zip(down, held_s, strict=True)]
    )
    off_s = np.concatenate([np.concatenate([np.zeros(len(d)), tail]) for d in down])
    past_s = np.maximum(times_s - off_s - _KNOWN_HELD_S, 0.0)
    known_s, past32, off32 = (a.astype(np.float32) for a in (times_s - past_s, past_s, off_s))
    return _Knots(
        of_note, known_s, off32, past32, times_s,
        np.concatenate([[0], np.cumsum(counts)[:-1]]), np.array([len(d) for d in down]), held_s,
    )  # fmt: skip


def _joined(
    levels_db: Tensor, times_s: npt.NDArray[np.float64], down: int, held_s: float
) -> Tensor:
    """A note's levels at its knots [n, C] to those at: key down, its release, its tail."""
    before, after = times_s[down - 2], times_s[down - 1]
    at_release = torch.lerp(
        amplitude(levels_db[down - 2]),
        amplitude(levels_db[down - 1]),
        float((held_s - before) / (after - before)),
    )
    return torch.cat([levels_db[: down - 1], level_db(at_release)[None], levels_db[down:]])


class EmbeddedEngine(Engine):
    """See the module's first lines.

    Args:
        decoder: trained network.
        device: where to compute.
    """

    sample_rate = SAMPLE_RATE

    def __init__(self, decoder: Decoder, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self.decoder = decoder.eval().to(self.device)

    def limits(self, request: RenderRequest) -> list[Limit]:
        """See :meth:`core.engines.base.Engine.limits`."""
        low, high = PITCH_RANGE
        found = []
        outside = tuple(note for note in request.clip.notes if not low <= note.pitch <= high)
        if outside:
            message = f"{len(outside)} notes lie outside keys {low}–{high}; timbre is a guess there"
            found.append(Limit("pitch_range", message, outside))
        given = [name for name, value in _sampling_settings(request).items() if value is not None]
        if given:
            message = f"the embedded engine does not sample; {', '.join(given)} has no effect"
            found.append(Limit("setting_ignored", message))
        return found

    @torch.inference_mode()
    def render(
        self, requests: Sequence[RenderRequest], on_progress: Progress = always_continue
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
                add_partials(out, tracks)
                add_noise_power(power, tracks)
                if index % 8 == 0:
                    step(0.9 * (first + index) / len(notes))
        generator = torch.Generator().manual_seed(request.seed & 0xFFFFFFFF)
        out += filtered_noise(power, samples, generator, lambda part: step(0.9 + 0.1 * part))
        peak = float(out.abs().max()) if samples else 0.0
        if peak > 1.0:
            out *= 0.999 / peak
        audio: FloatArray = out.cpu().numpy()[None]
        return audio

    def _decode(
        self, notes: Sequence[Note], request: RenderRequest, number: int
    ) -> list[NoteTracks]:
        """Controls of some notes of a clip, the first of which is its ``number``-th."""
        knots = _knots_of(notes)
        to_device = self._to_device
        of_note = to_device(knots.of_note)
        pitch = to_device(np.array([note.pitch for note in notes], np.float32))
        velocity = to_device(np.array([note.velocity for note in notes], np.float32))
        if isinstance(request.embedding, EmbeddingPath):
            starts_s = np.array([note.start_s for note in notes], np.float64)
            at_s = starts_s[knots.of_note] + knots.times_s
            embedding = to_device(request.embedding.at(at_s))
            state = self.decoder.note_state(embedding, pitch[of_note], velocity[of_note])
            which = torch.arange(len(of_note), device=self.device)
        else:
            embedding = to_device(request.embedding)[None].expand(len(notes), -1)
            state = self.decoder.note_state(embedding, pitch, velocity)
            which = of_note
        on_s, off_s = to_device(knots.on_s), to_device(knots.off_s)
        controls = self.decoder(state, which, on_s, off_s)
        first_knot = knots.first
        # Rounded, because phases grow with time: the last bit of a network's output, which may
        # differ with the batch's shape and the device, must not be heard seconds later.
        cents = controls.detune_cents[to_device(first_knot)].double().cpu().numpy().round(2)
        stiffness = controls.inharmonicity[to_device(first_knot)].double().cpu().numpy().round(6)
        partials_hz = [
            partial_hz(pitch_hz(note.pitch + cents[i] / 100), float(stiffness[i]))
            for i, note in enumerate(notes)
        ]
        index, fraction = zip(*(envelope_weights(hz) for hz in partials_hz), strict=True)
        index_of = to_device(np.stack(index))[of_note]
        fraction_of = to_device(np.stack(fraction))[of_note]
        partial_db = partial_levels(controls, index_of, fraction_of)
        noise_db = controls.noise_db
        if knots.past_s.any():
            slope_db, noise_slope_db = self._slopes(state, which, index_of, fraction_of)
            past_s = to_device(knots.past_s)[:, None]
            partial_db = partial_db + slope_db * past_s
            noise_db = noise_db + noise_slope_db * past_s
        modulation = controls.modulation[to_device(first_knot)].double().cpu().numpy().round(4)
        tracks = []
        for i, note in enumerate(notes):
            rows, down, held_s = knots.of(i), int(knots.down[i]), float(knots.held_s[i])
            times_s = knots.times_s[rows]
            fade = to_device(_tail_fade_db(knots.off_s[rows]))[:, None]
            silent = to_device(partials_hz[i] >= MAX_PARTIAL_HZ)
            partials = (partial_db[rows] + fade).masked_fill(silent, -200.0)
            tracks.append(
                NoteTracks(
                    start=round(note.start_s * SAMPLE_RATE),
                    samples=round((held_s + TAIL_S) * SAMPLE_RATE),
                    knots_s=np.concatenate([times_s[: down - 1], [held_s], times_s[down:]]),
                    partials_hz=partials_hz[i],
                    partial_db=_joined(partials, times_s, down, held_s),
                    noise_db=_joined(noise_db[rows] + fade, times_s, down, held_s),
                    phases=NotePhases.draw(request.seed, number + i),
                    modulation=Modulation(*modulation[i].tolist()),
                )
            )
        return tracks

    def _slopes(
        self, state: Tensor, which: Tensor, index: Tensor, fraction: Tensor
    ) -> tuple[Tensor, Tensor]:
        """How fast partials [J, K] and noise [J, N] fall, dB a second ≤ 0, at the last known time.

        Past that time a held note goes on falling as it last did.
        """
        late = torch.full((len(which),), _KNOWN_HELD_S, device=self.device)
        held = torch.zeros_like(late)
        now = self.decoder(state, which, late, held)
        before = self.decoder(state, which, late - _SLOPE_S, held)
        partials = partial_levels(now, index, fraction) - partial_levels(before, index, fraction)
        noise = now.noise_db - before.noise_db
        return (partials / _SLOPE_S).clamp_max(0.0), (noise / _SLOPE_S).clamp_max(0.0)

    def _to_device(self, array: npt.NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)


def _sampling_settings(request: RenderRequest) -> dict[str, float | None]:
    settings = request.settings
    return {
        "temperature": settings.temperature,
        "top_k": settings.top_k,
        "top_p": settings.top_p,
        "guidance": settings.guidance,
    }


def _tail_fade_db(off_s: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Gain over the tail, dB [J]: nothing at first, silence at its end."""
    left = np.clip((TAIL_S - off_s) / (TAIL_S / 4), 1e-6, 1.0)
    return (20.0 * np.log10(left)).astype(np.float32)
