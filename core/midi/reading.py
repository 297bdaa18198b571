"""MIDI files to clips.

A clip has what a player of one timbre needs: keys, velocities, times in seconds, and how
each note is bent. What a file says beyond that (drums, controllers) is left out, and every
such thing is remarked on; nothing goes silently.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.clip import Clip, Note
from core.coercion.type_errors import as_path
from core.errors import MidiError
from core.midi import note_pairing, smf
from core.midi.pitches import NotePitches, note_pitches
from core.midi.remarks import Remark, left_out
from core.midi.silence import is_silent
from core.midi.smf_track import NOTE_ON, MidiEvent
from core.midi.tempo import TempoMap
from core.midi.tuning import Tuning

MIN_NOTE_S = 0.03
"""Duration given to notes of zero length, seconds."""


@dataclass(frozen=True, slots=True)
class TrackInfo:
    """What a file holds in one of its tracks.

    Attributes:
        number: from 1, in file order; in a file of type 0, which has one track for all
            channels, the channel, or the channel that manages an MPE zone.
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


def read_midi(
    path: str | os.PathLike[str], track: int | None = None, *, drums: bool = False
) -> MidiReading:
    """Read a MIDI file of type 0, 1 or 2, also inside a RIFF file.

    All tracks are merged, or one is chosen. Tempo changes are followed. The sustain
    pedal holds released notes of its channel until it is lifted or the same key is
    struck again. Two notes of one pitch that overlap on a channel end in the order they
    began; a note the file never ends, ends where its key is next struck, or with the
    track. Tunings move keys, and what is left of them bends notes, as the wheel does.
    Notes whose channel is at volume 0 while they sound are left out.

    Args:
        path: the file.
        track: a :attr:`TrackInfo.number`; None merges all.
        drums: play the notes of channel 10 too, as keys; they are left out otherwise.

    Returns:
        A clip of at least one note, from the file's first tick to the end of its last
        track; with remarks, and what tracks there are.

    Raises:
        MidiError: if the file cannot be read or has nothing to play.
    """
    file = as_path("the MIDI file", path, "a path; core.as_clip takes other scores too")
    return read_midi_bytes(smf.read_bytes(file), file.stem, track, drums=drums, where=str(file))


def read_midi_bytes(
    data: bytes,
    name: str,
    track: int | None = None,
    *,
    drums: bool = False,
    where: str = "the score",
) -> MidiReading:
    """As :func:`read_midi`, of what a MIDI file holds.

    Args:
        data: of the file.
        name: of the clip.
        track, drums: as there.
        where: what errors are about, in words.

    Raises:
        MidiError: as there.
    """
    try:
        score = smf.parse(data)
        parts = _parts(score)
        try:
            chosen, tracks = _choose(parts, track, drums)
        except MidiError as error:
            reasons = score.oddities.of(("damaged", "cut_off", "data_byte"))
            told = "".join(f"; {reason}" for reason in reasons)
            raise MidiError(f"{error}{told}") from None
        notes, remarks = _notes(parts, chosen, drums)
        if track is not None and chosen[0].name:
            name = f"{name}, {chosen[0].name}"
        clip = Clip(name, notes, _length_s(parts, chosen, notes))
    except MidiError as error:
        raise MidiError(f"{where}: {error}") from None
    oddities = [Remark(code, message) for code, message in score.oddities.messages()]
    return MidiReading(clip, (*oddities, *remarks), tracks)


@dataclass(frozen=True)
class _MidiPart:
    """A track of the file; or, of a file of type 0, one channel or one MPE zone."""

    number: int
    name: str
    events: Sequence[MidiEvent]
    tempos: Sequence[tuple[int, int]]
    end_tick: int
    tuning: Tuning

    def is_drums(self, event: MidiEvent) -> bool:
        return self.tuning.is_drums(event.channel)


@dataclass(frozen=True)
class _MidiParts:
    all: tuple[_MidiPart, ...]
    parallel: bool
    division: int
    smpte_ticks_per_s: float | None

    def heard_with(self, chosen: Sequence[_MidiPart]) -> Sequence[_MidiPart]:
        """The parts whose tempos, pedals and lengths count: all that run side by side."""
        return self.all if self.parallel else chosen

    def tempo_map(self, chosen: Sequence[_MidiPart]) -> TempoMap:
        """Tempo belongs in the first track, but applies wherever it is found."""
        tempos = [tempo for part in self.heard_with(chosen) for tempo in part.tempos]
        return TempoMap.of(tempos, self.division, self.smpte_ticks_per_s)


def _parts(data: smf.MidiData) -> _MidiParts:
    if data.format == 0 and len(data.tracks) == 1:
        only, end_tick = data.tracks[0], data.tracks[0].end_tick
        tuning = Tuning.of(data.tracks)
        by_channel: dict[int, list[MidiEvent]] = defaultdict(list)
        for event in only.events:
            by_channel[tuning.managers.get(event.channel, event.channel)].append(event)
        listed = [
            # The tempos are the whole file's; one part brings them.
            _MidiPart(
                *(channel + 1, only.name, by_channel[channel], only.tempos * (at == 0)),
                *(end_tick, tuning),
            )
            for at, channel in enumerate(sorted(by_channel))
        ]
    else:
        parallel = data.format != 2
        common = Tuning.of(data.tracks) if parallel else None
        listed = [
            _MidiPart(
                *(index + 1, track.name, track.events, track.tempos, track.end_tick),
                common or Tuning.of([track]),
            )
            for index, track in enumerate(data.tracks)
        ]
    return _MidiParts(tuple(listed), data.format != 2, data.division, data.smpte_ticks_per_s)


def _choose(
    parts: _MidiParts, number: int | None, drums: bool
) -> tuple[list[_MidiPart], tuple[TrackInfo, ...]]:
    """The parts to play, and the list of all."""
    infos = []
    for part in parts.all:
        strikes = [part.is_drums(event) for event in part.events if event.kind == NOTE_ON]
        infos.append(TrackInfo(part.number, part.name, strikes.count(False), strikes.count(True)))
    playable = [info for info in infos if info.note_count or (drums and info.drum_count)]
    listing = ", ".join(
        f"{info.number}{f' ({info.name})' if info.name else ''}" for info in playable[:20]
    )
    if not playable:
        drum_count = sum(info.drum_count for info in infos)
        if drum_count:
            raise MidiError(
                f"it has only drums ({drum_count} notes on channel 10); --drums plays them as keys"
            )
        raise MidiError("it has no notes")
    if number is None:
        if not parts.parallel and len(playable) > 1:
            raise MidiError(
                "its tracks are independent of each other (type 2); choose one with --track: "
                f"{listing}"
            )
        wanted = {info.number for info in (infos if parts.parallel else playable)}
    elif number in [info.number for info in playable]:
        wanted = {number}
    else:
        raise MidiError(f"it has no track {number} with notes; choose one of: {listing}")
    return [part for part in parts.all if part.number in wanted], tuple(infos)


def _notes(
    parts: _MidiParts, chosen: Sequence[_MidiPart], drums: bool
) -> tuple[tuple[Note, ...], list[Remark]]:
    held: list[note_pairing.Held] = []
    unended = drum_count = 0
    tuning = chosen[0].tuning
    for part in chosen:
        paired, open_count = note_pairing.pair(part.events, part.end_tick)
        played = [key for key in paired if drums or not tuning.is_drums(key.channel)]
        drum_count += len(paired) - len(played)
        held += played
        unended += open_count
    sources = parts.heard_with(chosen)
    events = [part.events for part in sources]
    end_tick = max(part.end_tick for part in sources)
    pedals = note_pairing.pedal_times(events, end_tick, tuning.managers)
    sustained = note_pairing.sustain(held, pedals)
    silent = is_silent(held, events, tuning.managers)
    held = [key for key, is_mute in zip(held, silent, strict=True) if not is_mute]
    if not held:
        raise MidiError(
            f"all its notes are silent: their channel's volume is 0 ({len(silent)} notes)"
        )
    tempo = parts.tempo_map(chosen)
    starts_s = tempo.seconds([key.on_tick for key in held])
    durations_s = tempo.seconds([key.off_tick for key in held]) - starts_s
    zero = int(np.count_nonzero(durations_s <= 0))
    durations_s[durations_s <= 0] = MIN_NOTE_S
    pitches = note_pitches(held, tuning, tempo)
    notes = tuple(
        Note(start_s, pitch, key.velocity, duration_s, bend)
        for key, start_s, pitch, duration_s, bend in zip(
            held, starts_s.tolist(), pitches.keys, durations_s.tolist(), pitches.bends, strict=True
        )
    )
    remarks = []

    def remark(code: str, count: int, message: str) -> None:
        if count:
            remarks.append(Remark(code, f"{message}: {count}"))

    remark("drums", drum_count, "drum notes (channel 10) left out (--drums plays them)")
    remark("muted", silent.count(True), "notes left out because their channel's volume is 0")
    remark("zero_length", zero, f"notes of zero length, played for {MIN_NOTE_S} s")
    remark("unended", unended, "notes without an end, ended at the next strike or with the track")
    remark("sustain", sustained, "notes lengthened by the sustain pedal")
    remark("tempo", tempo.ignored, "tempo changes to zero, ignored")
    _remark_on_pitches(pitches, remark)
    bent_tens = sum(key.channel in tuning.bent_tens for key in held)
    remark(
        "mpe", bent_tens, "notes of channel 10 taken for MPE, as they are bent, and not for drums"
    )
    others = (tuning.other_parameters, tuning.other_sysex)
    plays = tuning.is_drums
    return notes, remarks + left_out(
        [part.events for part in chosen], lambda channel: drums or not plays(channel), *others
    )


def _remark_on_pitches(pitches: NotePitches, remark: Callable[[str, int, str], None]) -> None:
    remark("tuning", pitches.moved, "notes moved to other keys by the file's tuning")
    remark("tuning", pitches.out_of_range, "notes tuned beyond the keys there are, bent there")
    remark("pitch_bend", pitches.limited, "notes bent further than 96 semitones, bent that far")


def _length_s(parts: _MidiParts, chosen: Sequence[_MidiPart], notes: Iterable[Note]) -> float:
    """The end of the last track; 0 (the notes decide) when that is no rest."""
    end_tick = max(part.end_tick for part in parts.heard_with(chosen))
    ends_s = parts.tempo_map(chosen).seconds([max(0, end_tick - 1), end_tick])
    before_end_s, end_s = ends_s.tolist()
    # Many programs end a file a tick after the last release.
    return float(end_s) if before_end_s > max(note.end_s for note in notes) else 0.0
