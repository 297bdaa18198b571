"""What hands and feet do: from key and pedal messages to how long each note is held.

Everything here is in ticks; time in seconds is :class:`core.smf.TempoMap`'s.
"""

from __future__ import annotations

import bisect
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core import smf

_SUSTAIN, _ALL_SOUND_OFF, _RESET, _ALL_NOTES_OFF = 64, 120, 121, 123


@dataclass(slots=True)
class Held:
    """A key from its press to its release, in ticks."""

    on_tick: int
    off_tick: int
    channel: int
    pitch: int
    velocity: int


def pair(events: Iterable[smf.Event], end_tick: int) -> tuple[list[Held], int]:
    """Match presses with releases, first pressed first released.

    Returns:
        The keys in order of release, and how many of them the file never ended.
    """
    done: list[Held] = []
    pressed: dict[int, dict[int, deque[Held]]] = defaultdict(lambda: defaultdict(deque))
    last_off: dict[tuple[int, int], int] = {}
    for tick, kind, channel, number, value in events:
        if kind == smf.NOTE_ON:
            pressed[channel][number].append(Held(tick, end_tick, channel, number, value))
        elif kind == smf.NOTE_OFF:
            last_off[channel, number] = tick
            if pressed[channel][number]:
                released = pressed[channel][number].popleft()
                released.off_tick = tick
                done.append(released)
        elif kind == smf.CONTROL and number in (_ALL_SOUND_OFF, _ALL_NOTES_OFF):
            for held in pressed.pop(channel, {}).values():
                for released in held:
                    released.off_tick = tick
                done += held
    stuck = [held for keys in pressed.values() for held in keys.values()]
    for held in stuck:
        _end_stuck(held, last_off)
        done += held
    return done, sum(len(held) for held in stuck)


def _end_stuck(held: Sequence[Held], last_off: Mapping[tuple[int, int], int]) -> None:
    """End presses of one key that were never released.

    Some files release a key once for several presses; others forget to.
    """
    for index, key in enumerate(held):
        released = last_off.get((key.channel, key.pitch), -1)
        if released > key.on_tick:
            key.off_tick = released
        elif index + 1 < len(held):
            key.off_tick = held[index + 1].on_tick


Pedals = Mapping[int, tuple[Sequence[int], Sequence[int]]]
"""Per channel: ticks at which the sustain pedal goes down, and comes up; in pairs."""


def sustain(held: Iterable[Held], pedals: Pedals) -> int:
    """Lengthen, in place, keys released while their channel's pedal is down.

    They sound until it is lifted, or until the same key of the channel is struck again.

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


def pedal_times(parts: Iterable[Iterable[smf.Event]], end_tick: int) -> Pedals:
    """When the sustain pedal of each channel is down.

    The pedal is a channel message: it holds the notes of every track on its channel. One
    that is never lifted comes up at ``end_tick``.
    """
    moves: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for events in parts:
        for tick, kind, channel, number, value in events:
            if kind == smf.CONTROL and number == _SUSTAIN:
                moves[channel].append((tick, value >= 64))
            elif kind == smf.CONTROL and number in (_ALL_SOUND_OFF, _RESET):
                moves[channel].append((tick, False))
    pedals = {}
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
    return pedals
