"""What hands and feet do: from key and pedal messages to how long each note is held.

Everything here is in ticks; :class:`core.midi.tempo.TempoMap` has the seconds.
"""

from __future__ import annotations

import bisect
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.midi import smf_track as smf

_SUSTAIN, _ALL_SOUND_OFF, _RESET, _ALL_NOTES_OFF = 64, 120, 121, 123


@dataclass(slots=True)
class Held:
    """A key from its press to its release, in ticks."""

    on_tick: int
    off_tick: int
    channel: int
    pitch: int
    velocity: int


_Move = tuple[int, int]
"""What happens to one key: a tick, and the velocity of a strike, or one of these."""
_RELEASE, _RELEASE_ALL = 0, -1


def pair(events: Iterable[smf.MidiEvent], end_tick: int) -> tuple[list[Held], int]:
    """Match presses with releases.

    Presses of one key that overlap are released in the order they were pressed. Where a
    file leaves a press of a key unreleased that cannot be relied on (one missing release
    would shift all that follow), and each press of that key ends at the next one.

    Args:
        events: of one track, in the file's order.
        end_tick: where the track ends, and with it what was never released.

    Returns:
        The keys, and how many of them the file never released.
    """
    held: list[Held] = []
    unreleased = 0
    for (channel, pitch), moves in _moves_by_key(events).items():
        ordered = _zero_lengths_in_order(moves)
        spans, missing = _in_turn(ordered, end_tick)
        if missing:
            spans, missing = _one_at_a_time(ordered, end_tick)
        held += [Held(on, off, channel, pitch, velocity) for on, off, velocity in spans]
        unreleased += missing
    return held, unreleased


def _moves_by_key(events: Iterable[smf.MidiEvent]) -> dict[tuple[int, int], list[_Move]]:
    """Moves of each key (channel, pitch) in order."""
    moves: dict[tuple[int, int], list[_Move]] = defaultdict(list)
    moved: dict[int, set[int]] = defaultdict(set)  # pitches since the channel's last "all off"
    for tick, kind, channel, number, value in events:
        if kind in (smf.NOTE_ON, smf.NOTE_OFF):
            moves[channel, number].append((tick, value if kind == smf.NOTE_ON else _RELEASE))
            moved[channel].add(number)
        elif kind == smf.CONTROL and number in (_ALL_SOUND_OFF, _ALL_NOTES_OFF):
            for pitch in moved.pop(channel, ()):
                moves[channel, pitch].append((tick, _RELEASE_ALL))
    return moves


def _zero_lengths_in_order(moves: Sequence[_Move]) -> list[_Move]:
    """Put the release of a note of zero length behind its strike.

    Programs that write releases before strikes at every tick turn such notes, often grace
    notes, inside out.
    """
    ordered = list(moves)
    down = 0
    for index, (tick, move) in enumerate(moves):
        if move > 0:
            down += 1
        elif move == _RELEASE_ALL:
            down = 0
        elif down:
            down -= 1
        elif index + 1 < len(moves) and moves[index + 1][0] == tick and moves[index + 1][1] > 0:
            ordered[index], ordered[index + 1] = moves[index + 1], moves[index]
            down -= 1  # the strike that comes next is already released
    return ordered


_Spans = list[tuple[int, int, int]]
"""Tick of strike, tick of release, velocity."""


def _in_turn(moves: Iterable[_Move], end_tick: int) -> tuple[_Spans, int]:
    """First pressed, first released; and how many were never."""
    spans: _Spans = []
    down: deque[_Move] = deque()
    for tick, move in moves:
        if move > 0:
            down.append((tick, move))
            continue
        for _ in range(len(down) if move == _RELEASE_ALL else min(1, len(down))):
            on_tick, velocity = down.popleft()
            spans.append((on_tick, tick, velocity))
    spans += [(on_tick, end_tick, velocity) for on_tick, velocity in down]
    return spans, len(down)


def _one_at_a_time(moves: Iterable[_Move], end_tick: int) -> tuple[_Spans, int]:
    """A strike ends the one before, a release ends all; and how many were never released."""
    spans: _Spans = []
    down: list[_Move] = []
    missing = 0
    for tick, move in moves:
        if move > 0:
            if down and down[0][0] < tick:
                spans += [(on_tick, tick, velocity) for on_tick, velocity in down]
                missing += len(down)
                down = []
            down.append((tick, move))
        else:
            spans += [(on_tick, tick, velocity) for on_tick, velocity in down]
            down = []
    spans += [(on_tick, end_tick, velocity) for on_tick, velocity in down]
    return spans, missing + len(down)


Pedals = Mapping[int, tuple[Sequence[int], Sequence[int]]]
"""Per channel: ticks at which the sustain pedal goes down, and comes up; in pairs."""


def sustain(held: Iterable[Held], pedals: Pedals) -> int:
    """Lengthen, in place, keys released while their channel's pedal is down.

    They sound until it is lifted, or until the same key of the channel is struck again.

    Args:
        held: keys, of any channels.
        pedals: from :func:`pedal_times`.

    Returns:
        How many were lengthened.
    """
    under_pedal = [key for key in held if key.channel in pedals]
    strikes: dict[tuple[int, int], list[int]] = defaultdict(list)
    for key in under_pedal:
        strikes[key.channel, key.pitch].append(key.on_tick)
    for ticks in strikes.values():
        ticks.sort()
    count = 0
    for key in under_pedal:
        downs, ups = pedals[key.channel]
        # A pedal pressed at the very tick of the release belongs to what follows.
        index = bisect.bisect_left(downs, key.off_tick) - 1
        if index < 0 or ups[index] <= key.off_tick:
            continue
        ticks = strikes[key.channel, key.pitch]
        # A key of zero length is no new strike of itself.
        following = max(
            bisect.bisect_left(ticks, key.off_tick), bisect.bisect_right(ticks, key.on_tick)
        )
        restruck = ticks[following] if following < len(ticks) else ups[index]
        end_tick = min(ups[index], restruck)
        if end_tick > key.off_tick:
            key.off_tick = end_tick
            count += 1
    return count


def pedal_times(
    parts: Iterable[Iterable[smf.MidiEvent]], end_tick: int, managers: Mapping[int, int]
) -> Pedals:
    """When the sustain pedal of each channel is down.

    The pedal is a channel message: it holds the notes of every track on its channel. One
    that is never lifted comes up at the end.

    Args:
        parts: the events of every track.
        end_tick: where the last track ends.
        managers: of each MPE member channel, the channel whose pedal holds its notes too.
    """
    moves: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for events in parts:
        for tick, kind, channel, number, value in events:
            if kind == smf.CONTROL and number == _SUSTAIN:
                moves[channel].append((tick, value >= 64))
            elif kind == smf.CONTROL and number in (_ALL_SOUND_OFF, _RESET):
                moves[channel].append((tick, False))
    pedals: dict[int, tuple[list[int], list[int]]] = {}
    for channel, sequence in moves.items():
        downs: list[int] = []
        ups: list[int] = []
        # Stable: within a track, moves at one tick stay in the file's order.
        for tick, down in sorted(sequence, key=lambda move: move[0]):
            if down and len(downs) == len(ups):
                downs.append(tick)
            elif not down and len(downs) > len(ups):
                ups.append(tick)
        if len(downs) > len(ups):
            ups.append(end_tick)
        if downs:
            pedals[channel] = (downs, ups)
    none: tuple[list[int], list[int]] = ([], [])
    for member, manager in managers.items():
        if manager in pedals:
            pedals[member] = _either(pedals.get(member, none), pedals[manager])
    return pedals


def _either(
    one: tuple[list[int], list[int]], other: tuple[list[int], list[int]]
) -> tuple[list[int], list[int]]:
    """A pedal that is down while one of two is."""
    moves = sorted(
        (tick, down)
        for downs, ups in (one, other)
        for pair_ticks in zip(downs, ups, strict=True)
        if pair_ticks[0] < pair_ticks[1]
        for tick, down in zip(pair_ticks, (True, False), strict=True)
    )
    merged: tuple[list[int], list[int]] = ([], [])
    depth = 0
    for tick, down in moves:  # of one tick, lifting comes first
        if down and depth == 0:
            merged[0].append(tick)
        depth += 1 if down else -1
        if not down and depth == 0:
            merged[1].append(tick)
    return merged
