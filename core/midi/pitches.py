"""Keys and tunings to the pitch of each note: a key, and a bend for the rest."""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.clip import MAX_BEND_SEMITONES, Bend
from core.errors import MidiError
from core.midi.bend_curve import Points, lines_from_steps, tidy, value_at
from core.midi.note_pairing import Held
from core.midi.tempo import TempoMap
from core.midi.tuning import Tuning

RELEASE_S = 2.0
"""How long a wheel still bends a note after its release, if nothing else is struck on the
channel: the wheel is the next note's from there on."""

MAX_BEND_POINTS = 500_000
"""In all notes of a clip; hours of bent playing have fewer."""

HIGHEST_KEY = 127


@dataclass
class NotePitches:
    """What was made of the keys.

    Attributes:
        keys: of each note, 0–127.
        bends: of each note.
        moved: notes whose tuning is another key's.
        out_of_range: notes whose tuning is beyond the keys there are.
        limited: notes with bends over :data:`~core.clip.MAX_BEND_SEMITONES`.
    """

    keys: list[int]
    bends: list[Bend]
    moved: int = 0
    out_of_range: int = 0
    limited: int = 0


def note_pitches(held: Sequence[Held], tuning: Tuning, tempo: TempoMap) -> NotePitches:
    """Find the key and the bend of each note.

    Whole semitones of a tuning move the key, as far as there are keys. The rest, and what
    the wheel does from the strike to the end of the release, is the bend.

    Args:
        held: the notes, in any order.
        tuning: of the file.
        tempo: of the file.

    Raises:
        MidiError: if the bends are too many to keep.
    """
    result = NotePitches([0] * len(held), [()] * len(held))
    by_channel: dict[int, list[int]] = defaultdict(list)
    for index, key in enumerate(held):
        by_channel[key.channel].append(index)
    points_left = MAX_BEND_POINTS
    for channel, indices in by_channel.items():
        wheel = _Movement.of(tuning, channel, tempo)
        strikes_s = sorted(tempo.seconds([held[index].on_tick for index in indices]).tolist())
        spans_s = zip(
            tempo.seconds([held[index].on_tick for index in indices]).tolist(),
            tempo.seconds([held[index].off_tick for index in indices]).tolist(),
            strict=True,
        )
        for index, (on_s, off_s) in zip(indices, spans_s, strict=True):
            key = held[index]
            offset = tuning.at_strike(channel, key.pitch, key.on_tick)
            whole = round(offset + wheel.fine_at(key.on_tick))
            played = min(max(key.pitch + whole, 0), HIGHEST_KEY)
            result.keys[index] = played
            result.moved += whole != 0
            result.out_of_range += played != key.pitch + whole
            rest = key.pitch + offset - played
            following = max(bisect.bisect_left(strikes_s, off_s), bisect.bisect(strikes_s, on_s))
            end_s = off_s + RELEASE_S
            if following < len(strikes_s):
                end_s = min(end_s, strikes_s[following])
            points = wheel.between(on_s, end_s, points_left)
            bent = [(at_s - on_s, semitones + rest) for at_s, semitones in points]
            furthest = max(abs(semitones) for _, semitones in bent)
            if furthest > MAX_BEND_SEMITONES:
                # A cent too far is the wheel's step, and not worth a word.
                result.limited += furthest > MAX_BEND_SEMITONES + 0.01
                bent = [(at_s, _limited(semitones)) for at_s, semitones in bent]
            result.bends[index] = bend = tidy(bent)
            points_left -= len(bend)
    return result


def _limited(semitones: float) -> float:
    return min(max(semitones, -MAX_BEND_SEMITONES), MAX_BEND_SEMITONES)


@dataclass(frozen=True)
class _Movement:
    """What moves the pitch of a channel while its notes sound.

    Attributes:
        times_s: of its steps.
        lines, line_times_s: the movement as lines; ``line_times_s`` are their points' times.
        tuning, channel: where it is from.
    """

    times_s: list[float]
    lines: Points
    line_times_s: list[float]
    tuning: Tuning
    channel: int

    @classmethod
    def of(cls, tuning: Tuning, channel: int, tempo: TempoMap) -> _Movement:
        ticks, semitones = tuning.moving(channel)
        times_s = tempo.seconds(ticks).tolist()
        lines = lines_from_steps(times_s, semitones.tolist())
        return cls(times_s, lines, [at_s for at_s, _ in lines], tuning, channel)

    def fine_at(self, tick: int) -> float:
        return self.tuning.fine_at(self.channel, tick)

    def between(self, on_s: float, end_s: float, most: int) -> Iterable[tuple[float, float]]:
        """Points from a strike on, up to the last step before an end.

        Args:
            on_s: the strike, seconds.
            end_s: when steps are no longer this note's, seconds.
            most: points that may be made.

        Raises:
            MidiError: if there would be more.
        """
        first = bisect.bisect_right(self.line_times_s, on_s)
        at_strike = (on_s, value_at(self.lines, on_s, first))
        last_step_s = self.times_s[max(0, bisect.bisect_left(self.times_s, end_s) - 1)]
        if last_step_s <= on_s:
            return (at_strike,)
        last = bisect.bisect_left(self.line_times_s, last_step_s)
        if last - first + 2 > most:
            raise MidiError(
                f"its pitch bends take over {MAX_BEND_POINTS} points; play fewer tracks at a time"
            )
        at_end = (last_step_s, value_at(self.lines, last_step_s, last))
        return (at_strike, *self.lines[first:last], at_end)
