"""MIDI files to clips and back.

A clip has what a player of one timbre needs: keys, velocities and times in seconds.
What a file says beyond that (drums, bends, controllers) is left out, and every such
thing is remarked on; nothing goes silently.
"""

from __future__ import annotations

import heapq
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.clip import Clip, Note
from core.errors import MidiError
from core.files import replacing
from core.midi import note_pairing, smf

DRUM_CHANNEL = 9
"""General MIDI's percussion channel, counted from 0 (channel 10 to musicians)."""

MIN_NOTE_S = 0.03
"""Duration given to notes of zero length, seconds."""

TICKS_PER_BEAT = 960
"""Resolution of written files; at their 120 beats per minute a tick is 0.52 ms."""

_MAX_TRACKS = 30_000
_LEFT_OUT_CONTROLS = {
    1: "modulation wheel",
    2: "breath",
    11: "expression",
    66: "sostenuto pedal",
    67: "soft pedal",
}


@dataclass(frozen=True, slots=True)
class Remark:
    """Something in the file that the clip says differently, or not at all.

    Attributes:
        code: stable, for programs: ``drums``, ``zero_length``, ``unended``, ``sustain``,
            ``pitch_bend``, ``controllers``, ``tempo``.
        message: one line, for people.
    """

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class TrackInfo:
    """What a file holds in one of its tracks.

    Attributes:
        number: from 1, in file order; in a file of type 0, which has one track for all
            channels, the channel.
        name: as written in the file; may be empty.
        note_count: notes that can be played.
        drum_count: notes on the drum channel.
    """

    number: int
    name: str
    note_count: int
    drum_count: int


@dataclass(frozen=True)
class MidiReading:
    """A clip read from a file, and what reading it came across."""

    clip: Clip
    remarks: tuple[Remark, ...]
    tracks: tuple[TrackInfo, ...]


def read_midi(path: str | os.PathLike[str], track: int | None = None) -> MidiReading:
    """Read a MIDI file of type 0, 1 or 2.

    All tracks are merged, or one is chosen. Tempo changes are followed. The sustain
    pedal holds released notes of its channel until it is lifted or the same key is
    struck again. Two notes of one pitch that overlap on a channel end in the order they
    began; a note the file never ends, ends where its key is next struck, or with the
    track. Notes on the drum channel are left out.

    Args:
        path: the file.
        track: a :attr:`TrackInfo.number`; None merges all.

    Returns:
        A clip of at least one note, from the file's first tick to the end of its last
        track; with remarks, and what tracks there are.

    Raises:
        MidiError: if the file cannot be read or has nothing to play.
    """
    file = Path(path)
    data = smf.read_bytes(file)
    try:
        parts = _parts(smf.parse(data))
        chosen, tracks = _choose(parts, track)
        tempo = _tempo_map(parts, chosen)
        notes, remarks = _notes(parts, chosen, tempo)
        name = file.stem
        if track is not None and chosen[0].name:
            name = f"{name}, {chosen[0].name}"
        clip = Clip(name, notes, _length_s(parts, chosen, tempo, notes))
    except MidiError as error:
        raise MidiError(f"{file}: {error}") from None
    return MidiReading(clip, tuple(remarks), tracks)


@dataclass(frozen=True)
class _MidiPart:
    """A track of the file; or, of a file of type 0, one channel."""

    number: int
    name: str
    events: Sequence[smf.MidiEvent]
    tempos: Sequence[tuple[int, int]]
    end_tick: int


@dataclass(frozen=True)
class _MidiParts:
    all: tuple[_MidiPart, ...]
    parallel: bool
    division: int
    smpte_ticks_per_s: float | None


def _parts(data: smf.MidiData) -> _MidiParts:
    if data.format == 0 and len(data.tracks) == 1:
        only, end_tick = data.tracks[0], data.tracks[0].end_tick
        by_channel: dict[int, list[smf.MidiEvent]] = defaultdict(list)
        for event in only.events:
            by_channel[event.channel].append(event)
        listed = [
            # The tempos are the whole file's; one part brings them.
            _MidiPart(
                channel + 1, only.name, by_channel[channel], only.tempos * (at == 0), end_tick
            )
            for at, channel in enumerate(sorted(by_channel))
        ]
    else:
        listed = [
            _MidiPart(index + 1, track.name, track.events, track.tempos, track.end_tick)
            for index, track in enumerate(data.tracks)
        ]
    return _MidiParts(tuple(listed), data.format != 2, data.division, data.smpte_ticks_per_s)


def _choose(parts: _MidiParts, number: int | None) -> tuple[list[_MidiPart], tuple[TrackInfo, ...]]:
    """The parts to play, and the list of all."""
    infos = []
    for part in parts.all:
        strikes = [event.channel for event in part.events if event.kind == smf.NOTE_ON]
        drums = strikes.count(DRUM_CHANNEL)
        infos.append(TrackInfo(part.number, part.name, len(strikes) - drums, drums))
    playable = [info for info in infos if info.note_count]
    listing = ", ".join(
        f"{info.number}{f' ({info.name})' if info.name else ''}" for info in playable[:20]
    )
    if not playable:
        drums = sum(info.drum_count for info in infos)
        if drums:
            raise MidiError(f"it has only drums ({drums} notes); there is no pitch to play")
        raise MidiError("it has no notes")
    if number is None:
        if not parts.parallel and len(playable) > 1:
            raise MidiError(
                f"its tracks are independent of each other (type 2); choose one of: {listing}"
            )
        wanted = {info.number for info in (infos if parts.parallel else playable)}
    elif number in [info.number for info in playable]:
        wanted = {number}
    else:
        raise MidiError(f"it has no track {number} with notes; choose one of: {listing}")
    return [part for part in parts.all if part.number in wanted], tuple(infos)


def _tempo_map(parts: _MidiParts, chosen: Sequence[_MidiPart]) -> smf.TempoMap:
    """Tempo belongs in the first track, but applies wherever it is found.

    The tracks of a file of type 2 keep their own time.
    """
    sources = parts.all if parts.parallel else chosen
    tempos = [tempo for part in sources for tempo in part.tempos]
    return smf.TempoMap.of(tempos, parts.division, parts.smpte_ticks_per_s)


def _notes(
    parts: _MidiParts, chosen: Sequence[_MidiPart], tempo: smf.TempoMap
) -> tuple[tuple[Note, ...], list[Remark]]:
    held: list[note_pairing.Held] = []
    unended = drums = 0
    for part in chosen:
        paired, open_count = note_pairing.pair(part.events, part.end_tick)
        melodic = [key for key in paired if key.channel != DRUM_CHANNEL]
        drums += len(paired) - len(melodic)
        held += melodic
        unended += open_count
    sources = parts.all if parts.parallel else chosen
    pedals = note_pairing.pedal_times(
        [part.events for part in sources], max(part.end_tick for part in sources)
    )
    sustained = note_pairing.sustain(held, pedals)
    starts_s = tempo.seconds([key.on_tick for key in held])
    durations_s = tempo.seconds([key.off_tick for key in held]) - starts_s
    zero = int(np.count_nonzero(durations_s <= 0))
    durations_s[durations_s <= 0] = MIN_NOTE_S
    notes = tuple(
        Note(start_s, key.pitch, key.velocity, duration_s)
        for key, start_s, duration_s in zip(
            held, starts_s.tolist(), durations_s.tolist(), strict=True
        )
    )
    remarks = []

    def remark(code: str, count: int, message: str) -> None:
        if count:
            remarks.append(Remark(code, f"{message}: {count}"))

    remark("drums", drums, "drum notes (channel 10) left out")
    remark("zero_length", zero, f"notes of zero length, played for {MIN_NOTE_S} s")
    remark("unended", unended, "notes without an end, ended at the next strike or with the track")
    remark("sustain", sustained, "notes lengthened by the sustain pedal")
    remark("tempo", tempo.ignored, "tempo changes to zero, ignored")
    return notes, remarks + _left_out(chosen)


def _length_s(
    parts: _MidiParts, chosen: Sequence[_MidiPart], tempo: smf.TempoMap, notes: Iterable[Note]
) -> float:
    """The end of the last track; 0 (the notes decide) when that is no rest."""
    end_tick = max(part.end_tick for part in (parts.all if parts.parallel else chosen))
    before_end_s, end_s = tempo.seconds([max(0, end_tick - 1), end_tick]).tolist()
    # Many programs end a file a tick after the last release.
    return float(end_s) if before_end_s > max(note.end_s for note in notes) else 0.0


def _left_out(parts: Iterable[_MidiPart]) -> list[Remark]:
    """Remarks on events that a clip has no place for."""
    bends = 0
    controls: Counter[str] = Counter()
    volumes: dict[int, set[int]] = defaultdict(set)
    for part in parts:
        for _, kind, channel, number, value in part.events:
            if channel == DRUM_CHANNEL:
                continue
            if kind == smf.PITCH_BEND:
                bends += (number, value) != (0, 64)
            elif kind == smf.CONTROL and number == 7:
                volumes[channel].add(value)
            elif kind == smf.CONTROL and number in _LEFT_OUT_CONTROLS:
                # Setting a controller to its resting value says nothing.
                controls[_LEFT_OUT_CONTROLS[number]] += value != (127 if number == 11 else 0)
    # One volume per channel is a mixer setting, not a part of the music.
    controls["volume"] += sum(len(values) - 1 for values in volumes.values())
    remarks = []
    if bends:
        remarks.append(Remark("pitch_bend", f"pitch bends left out: {bends}"))
    named = [f"{name} ({count})" for name, count in sorted(controls.items()) if count]
    if named:
        remarks.append(Remark("controllers", f"controller changes left out: {', '.join(named)}"))
    return remarks


def write_midi(clip: Clip, path: str | os.PathLike[str]) -> None:
    """Write a clip as a MIDI file at 120 beats per minute.

    Times are rounded to the nearest tick (0.52 ms); a note keeps at least one. Notes of
    one pitch that overlap go to tracks of their own, so that reading gives them back.

    Args:
        clip: what to write.
        path: the file; one that is there is replaced.

    Raises:
        OutputError: if the file cannot be written.
        MidiError: if more notes of one pitch overlap than a file has tracks.
    """
    import pretty_midi

    score = pretty_midi.PrettyMIDI(
        resolution=TICKS_PER_BEAT, initial_tempo=6e7 / smf.DEFAULT_TEMPO_US, charset="utf-8"
    )
    tick_s = smf.DEFAULT_TEMPO_US * 1e-6 / TICKS_PER_BEAT
    voices: list[pretty_midi.Instrument] = []
    ends_by_pitch: dict[int, list[tuple[int, int]]] = defaultdict(list)  # heaps: end tick, voice
    for note in clip.notes:
        on_tick = round(note.start_s / tick_s)
        off_tick = max(on_tick + 1, round(note.end_s / tick_s))
        ends = ends_by_pitch[note.pitch]
        if ends and ends[0][0] <= on_tick:
            _, voice = heapq.heappop(ends)
        else:
            voice = len(ends)
            if voice == len(voices):
                voices.append(pretty_midi.Instrument(program=0, name=clip.name))
        heapq.heappush(ends, (off_tick, voice))
        voices[voice].notes.append(
            pretty_midi.Note(note.velocity, note.pitch, on_tick * tick_s, off_tick * tick_s)
        )
    if len(voices) > _MAX_TRACKS:
        raise MidiError(
            f"{len(voices)} notes of one pitch overlap in clip {clip.name!r}; a MIDI file "
            f"holds {_MAX_TRACKS}"
        )
    score.instruments = voices
    last_tick = max((end for ends in ends_by_pitch.values() for end, _ in ends), default=0)
    length_ticks = round(clip.length_s / tick_s)
    if length_ticks > last_tick + 1:
        # The only way to a rest at the end: a file ends one tick after its last event.
        score.text_events.append(pretty_midi.Text("end of clip", (length_ticks - 1) * tick_s))
    with replacing(path) as stream:
        score.write(stream)
