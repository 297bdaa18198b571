"""What a file says and a clip cannot, in words for people.

The engines know a note's key, velocity, times and bend. Controllers that shape loudness or
sound while notes ring are left out and counted; velocities are never scaled by volume or
expression, because an engine that is played softer sounds different, not only softer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.midi.smf_track import CHANNEL_PRESSURE, CONTROL, KEY_PRESSURE, PROGRAM, MidiEvent
from core.midi.tuning import PARAMETER_CONTROLS


@dataclass(frozen=True, slots=True)
class Remark:
    """Something in the file that the clip says differently, or not at all.

    Attributes:
        code: stable, for programs. About the music: ``drums``, ``muted``, ``zero_length``,
            ``unended``, ``sustain``, ``tempo``, ``pitch_bend``, ``tuning``, ``mpe``,
            ``controllers``.
            About the file: ``wrapped``, ``header``, ``track_count``, ``track_length``,
            ``cut_off``, ``damaged``, ``no_end``, ``garbage``, ``unknown_chunk``,
            ``running_status``, ``data_byte``, ``real_time``, ``text``.
        message: one line, for people.
    """

    code: str
    message: str


# Controllers by name, and the value at which each says nothing.
_CONTROLS: dict[int, tuple[str, int]] = {
    0: ("bank selects", 0),
    1: ("modulation wheel", 0),
    2: ("breath", 0),
    4: ("foot controller", 0),
    5: ("portamento", 0),
    8: ("balance", 64),
    10: ("pan", 64),
    11: ("expression", 127),
    32: ("bank selects", 0),
    65: ("portamento", 0),
    66: ("sostenuto pedal", 0),
    67: ("soft pedal", 0),
    68: ("legato pedal", 0),
    69: ("second hold pedal", 0),
    84: ("portamento", -1),
    **dict.fromkeys(range(70, 80), ("sound controllers (brightness, attack and the like)", 64)),
    **dict.fromkeys(range(91, 96), ("effect sends (reverb, chorus and the like)", 0)),
    126: ("mono mode", -1),
}
_VOLUME = 7
_OBEYED = PARAMETER_CONTROLS | {64, 120, 121, 123}
_UNHEARD = frozenset((*(122, 124, 125, 127), *(n for n in range(33, 64))))
"""Modes that change nothing here, and the low halves of controllers that are counted."""


def left_out(
    parts: Iterable[Iterable[MidiEvent]],
    plays: Callable[[int], bool],
    other_parameters: int,
    other_sysex: int,
) -> list[Remark]:
    """Remarks on what a clip has no place for; what stays at rest says nothing.

    Args:
        parts: the events of the tracks that play.
        plays: whether a channel's notes are in the clip.
        other_parameters: registered and makers' parameters that are not obeyed.
        other_sysex: system-exclusive messages that are not obeyed.
    """
    counts: Counter[str] = Counter()
    volumes: dict[int, set[int]] = defaultdict(set)
    programs: dict[int, int] = {}
    for events in parts:
        for _, kind, channel, number, value in events:
            if not plays(channel):
                continue
            if kind == CONTROL and number == _VOLUME:
                volumes[channel].add(value)
            elif kind == CONTROL:
                name, rest = _CONTROLS.get(number, ("other controllers", 0))
                if number not in _OBEYED and number not in _UNHEARD:
                    counts[name] += value != rest
            elif kind == PROGRAM:
                counts["program changes"] += programs.get(channel, 0) != value
                programs[channel] = value
            elif kind == CHANNEL_PRESSURE:
                counts["channel aftertouch"] += value != 0
            elif kind == KEY_PRESSURE:
                counts["key aftertouch"] += value != 0
    counts["volume"] = sum(len(values) for values in volumes.values())
    if len(set(map(frozenset, volumes.values()))) <= 1:
        # One volume for all is a mixer setting, not a part of the music.
        counts["volume"] -= len(volumes)
    counts["parameters of other kinds"] = other_parameters
    counts["system-exclusive messages"] = other_sysex
    named = [f"{name} ({count})" for name, count in sorted(counts.items()) if count]
    if not named:
        return []
    remarks = [Remark("controllers", f"left out: {', '.join(named)}")]
    if counts["volume"] or counts["expression"]:
        remarks.append(
            Remark("controllers", "volume and expression do not change how loud notes are played")
        )
    return remarks
