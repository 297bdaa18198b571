"""Clips to MIDI files.

A bent note has a channel for itself for as long as it sounds, with a wheel that reaches as
far as the clip's largest bend (registered parameter 0). Channels are counted on in ports
when sixteen are not enough.
"""

from __future__ import annotations

import heapq
import itertools
import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from core.clip import MAX_BEND_SEMITONES, Clip, Note
from core.coercion.type_errors import as_path, check_type
from core.errors import MidiError
from core.files import replacing
from core.midi.bend_curve import GLIDE_GAP_S, value_at
from core.midi.pitches import RELEASE_S
from core.midi.tempo import DEFAULT_TEMPO_US
from core.midi.tuning import DRUM_CHANNEL

TICKS_PER_BEAT = 960
"""Resolution of written files; at their 120 beats per minute a tick is 0.52 ms."""

_TICK_S = DEFAULT_TEMPO_US * 1e-6 / TICKS_PER_BEAT
_MAX_TRACKS = 30_000
_RANGES = (2, 12, 24, 48, int(MAX_BEND_SEMITONES), int(MAX_BEND_SEMITONES) + 1)
"""Semitones; the last one because a wheel goes up one step less than it goes down."""
_CENTRE = 8192
_PORTS = 128
_CHANNELS_OF_PORT = 15
"""Without the drums'."""
_STEP_SEMITONES = 0.05
"""A wheel moves in steps of about that much, so that it is not heard to go in steps."""
_LONGEST_STEP_S = 0.04
_SHORTEST_STEP_S = GLIDE_GAP_S / 2

_Timed = tuple[int, int, int, int, int]
"""Tick, order at that tick, status without channel, and two data bytes."""


@dataclass
class _MidiVoice:
    """Notes for one track, of which no two of one pitch overlap, and no two at all if bent."""

    bent: bool
    notes: list[tuple[int, int, Note]] = field(default_factory=list)
    """Ticks of strike and release, and the note."""


def write_midi(clip: Clip, path: str | os.PathLike[str]) -> None:
    """Write a clip as a MIDI file at 120 beats per minute.

    Times are rounded to the nearest tick (0.52 ms); a note keeps at least one. Notes of
    one pitch that overlap go to tracks of their own, so that reading gives them back.
    Bends are written to a cent, until 2 s after the release.

    Args:
        clip: what to write.
        path: the file; one that is there is replaced.

    Raises:
        OutputError: if the file cannot be written.
        MidiError: if more notes of one pitch overlap than a file has tracks, or more bent
            notes than it has channels.
    """
    import mido

    check_type("the clip", clip, Clip, "a Clip; then comes the path (core.as_clip makes clips)")
    as_path("the MIDI file", path)
    plain, bent = _plain_voices(clip), _bent_voices(clip)
    channels = _channels(len(plain), len(bent), clip.name)
    reach = _range(clip)
    score = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8")
    last_tick = max((off for voice in (*plain, *bent) for _, off, _ in voice.notes), default=0)
    length_ticks = round(clip.length_s / _TICK_S)
    conductor = score.add_track()
    conductor.append(mido.MetaMessage("set_tempo", tempo=DEFAULT_TEMPO_US))
    # A rest at the end, where there is one: reading takes the last end of a track for it.
    end_tick = length_ticks if length_ticks > last_tick + 1 else 0
    conductor.append(mido.MetaMessage("end_of_track", time=end_tick))
    name = clip.name.encode("utf-8", "replace").decode()
    for voice, (port, channel) in zip((*plain, *bent), channels, strict=True):
        track = score.add_track(name)
        if port:
            track.append(mido.MetaMessage("midi_port", port=port))
        before_tick = 0
        for tick, _, status, first, second in sorted(_messages(voice, reach)):
            delta, before_tick = tick - before_tick, tick
            track.append(mido.Message.from_bytes((status | channel, first, second), time=delta))
    with replacing(path) as stream:
        score.save(file=stream)


def _ticks(note: Note) -> tuple[int, int]:
    on_tick = round(note.start_s / _TICK_S)
    return on_tick, max(on_tick + 1, round(note.end_s / _TICK_S))


def _plain_voices(clip: Clip) -> list[_MidiVoice]:
    """Notes without a bend, as few voices as notes of one pitch overlap."""
    voices: list[_MidiVoice] = []
    ends_by_pitch: dict[int, list[tuple[int, int]]] = defaultdict(list)  # heaps: end tick, voice
    for note in clip.notes:
        if note.bend:
            continue
        on_tick, off_tick = _ticks(note)
        ends = ends_by_pitch[note.pitch]
        if ends and ends[0][0] <= on_tick:
            _, place = heapq.heappop(ends)
        else:
            place = len(ends)
            if place == len(voices):
                voices.append(_MidiVoice(bent=False))
        heapq.heappush(ends, (off_tick, place))
        voices[place].notes.append((on_tick, off_tick, note))
    if len(voices) > _MAX_TRACKS:
        raise MidiError(
            f"{len(voices)} notes of one pitch overlap in clip {clip.name!r}; a MIDI file "
            f"holds {_MAX_TRACKS}"
        )
    return voices


def _bent_voices(clip: Clip) -> list[_MidiVoice]:
    """Notes with a bend, one at a time in each voice.

    A voice rests until its last note has died away, as long as one port has channels for
    that; then the voice that was released first is next.
    """
    voices: list[_MidiVoice] = []
    ends: list[tuple[int, int]] = []  # a heap: end tick, voice
    release_ticks = round(RELEASE_S / _TICK_S)
    for note in clip.notes:
        if not note.bend:
            continue
        on_tick, off_tick = _ticks(note)
        free = bool(ends) and ends[0][0] <= on_tick
        rested = free and ends[0][0] + release_ticks <= on_tick
        if rested or (free and len(voices) >= _CHANNELS_OF_PORT - 1):
            _, place = heapq.heappop(ends)
        else:
            place = len(voices)
            voices.append(_MidiVoice(bent=True))
        heapq.heappush(ends, (off_tick, place))
        voices[place].notes.append((on_tick, off_tick, note))
    return voices


def _channels(plain: int, bent: int, name: str) -> list[tuple[int, int]]:
    """Port and channel of each voice: bent ones have theirs alone, the others share."""
    all_channels = [
        (port, channel)
        for port, channel in itertools.product(range(_PORTS), range(16))
        if channel != DRUM_CHANNEL
    ]
    shared = min(plain, max(1, _CHANNELS_OF_PORT - bent))
    if shared + bent > len(all_channels):
        raise MidiError(
            f"{bent} bent notes sound at a time in clip {name!r}; a MIDI file has "
            f"{len(all_channels) - shared} channels for them"
        )
    return [all_channels[voice % shared] for voice in range(plain)] + all_channels[
        shared : shared + bent
    ]


def _range(clip: Clip) -> int:
    """Semitones that a wheel must reach."""
    bends = [semitones for note in clip.notes for _, semitones in note.bend]
    highest, lowest = max(bends, default=0.0), min(bends, default=0.0)
    return next(
        reach
        for reach in _RANGES
        if highest <= reach * (_CENTRE - 1) / _CENTRE and lowest >= -reach
    )


def _messages(voice: _MidiVoice, reach: int) -> Iterable[_Timed]:
    """Everything a voice plays; releases come first at a tick, and strikes last."""
    if voice.bent:
        setting = ((101, 0), (100, 0), (6, reach), (38, 0), (101, 127), (100, 127))
        for place, (controller, value) in enumerate(setting):
            yield 0, place - len(setting), 0xB0, controller, value
    strikes = [on_tick for on_tick, _, _ in voice.notes]
    for (on_tick, off_tick, note), next_tick in itertools.zip_longest(voice.notes, strikes[1:]):
        yield on_tick, 2, 0x90, note.pitch, note.velocity
        yield off_tick, 0, 0x80, note.pitch, 64
        for tick, semitones in _wheel(note, on_tick).items():
            if next_tick is None or tick < next_tick:
                wheel = min(_CENTRE + round(semitones * _CENTRE / reach), 2 * _CENTRE - 1)
                yield tick, 1, 0xE0, wheel & 0x7F, wheel >> 7


def _wheel(note: Note, on_tick: int) -> dict[int, float]:
    """Semitones at each tick at which the wheel of a bent note is set.

    A movement has a value at its start, at its end, and in between at times close enough
    to be read as one movement again.
    """
    values: dict[int, float] = {}
    if not note.bend:
        return values
    values[on_tick] = note.bend[0][1]
    last_s = note.duration_s + RELEASE_S
    for place, ((from_s, before), (to_s, after)) in enumerate(itertools.pairwise(note.bend), 1):
        if before == after or from_s >= last_s:
            continue
        until_s = min(to_s, last_s)
        steps = max(
            1,
            round((until_s - from_s) / _LONGEST_STEP_S + 0.5),
            min(
                round(abs(after - before) / _STEP_SEMITONES),
                round((until_s - from_s) / _SHORTEST_STEP_S),
            ),
        )
        for step in range(steps + 1):
            ticks = round((from_s + (until_s - from_s) * step / steps) / _TICK_S)
            # The ends are exact, also where they are not at a tick.
            at_s = to_s if step == steps and until_s == to_s else ticks * _TICK_S
            at_s = from_s if step == 0 else min(max(at_s, from_s), to_s)
            values[on_tick + ticks] = value_at(note.bend, at_s, place)
    return values
