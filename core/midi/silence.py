"""Notes that a file keeps silent: their channel's volume or expression is 0 all along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core.midi.note_pairing import Held
from core.midi.smf_track import CONTROL, MidiEvent
from core.midi.step_curve import StepCurve

_VOLUME, _EXPRESSION, _RESET_CONTROLLERS = 7, 11, 121


def is_silent(
    held: Sequence[Held], parts: Iterable[Iterable[MidiEvent]], managers: Mapping[int, int]
) -> list[bool]:
    """Whether each note is silent from its strike to its end.

    Args:
        held: the notes.
        parts: the events of every track that plays.
        managers: of each MPE member channel, the channel whose volume is its zone's.
    """
    shut = _shut(parts)
    return [
        _shut_throughout(shut.get(key.channel), key)
        or _shut_throughout(shut.get(managers.get(key.channel, -1)), key)
        for key in held
    ]


def _shut(parts: Iterable[Iterable[MidiEvent]]) -> dict[int, StepCurve[bool]]:
    """When each channel is at volume 0 or expression 0; only channels that ever are."""
    moves = [
        event
        for events in parts
        for event in events
        if event.kind == CONTROL and event.number in (_VOLUME, _EXPRESSION, _RESET_CONTROLLERS)
    ]
    moves.sort(key=lambda event: event.tick)
    zeros: dict[int, set[int]] = {}
    shut: dict[int, StepCurve[bool]] = {}
    for tick, _, channel, number, value in moves:
        at_zero = zeros.setdefault(channel, set())
        if number == _RESET_CONTROLLERS:  # it leaves the volume as it is
            at_zero.discard(_EXPRESSION)
        elif value == 0:
            at_zero.add(number)
        else:
            at_zero.discard(number)
        curve = shut.setdefault(channel, StepCurve(False))
        if curve.last != bool(at_zero):
            curve.set(tick, bool(at_zero))
    return shut


def _shut_throughout(shut: StepCurve[bool] | None, key: Held) -> bool:
    return (
        shut is not None
        and shut.at(key.on_tick)
        and not shut.changes_between(key.on_tick, key.off_tick)
    )
