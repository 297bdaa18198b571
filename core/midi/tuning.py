"""What a file says about pitch beside keys: wheels and their ranges, tunings, MPE zones.

Read once over all tracks, then asked by channel. A channel's pitch has two parts: what
moves while a note sounds (wheel, fine tuning), and what counts at its strike (coarse
tuning, scale and key tunings).

A channel that is ever a member of an MPE zone is one throughout: zones are set once,
before the first note, in all files we know.

Sources: MIDI 1.0 Detailed Specification; General MIDI 2 (registered parameters 0–4);
"MIDI Polyphonic Expression" (M1-100-UM, 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.midi.smf_track import CONTROL, PITCH_BEND, MidiEvent, MidiTrack
from core.midi.step_curve import StepCurve, all_ticks, sample
from core.midi.tuning_sysex import (
    KeyTuning,
    MasterTuning,
    ScaleTuning,
    SystemReset,
    TuningMessage,
    parse_tuning,
)
from core.types import Float64Array

DRUM_CHANNEL = 9
"""General MIDI's percussion channel, counted from 0 (channel 10 to musicians)."""

DEFAULT_RANGE = 2.0
"""Semitones that a wheel bends, up and down, until a file says otherwise."""
MPE_RANGE = 48.0
"""The same for the member channels of an MPE zone."""

_DATA_HIGH, _DATA_LOW, _INCREMENT, _DECREMENT = 6, 38, 96, 97
_OTHER_LOW, _OTHER_HIGH, _REGISTERED_LOW, _REGISTERED_HIGH = 98, 99, 100, 101
_RESET_CONTROLLERS = 121
PARAMETER_CONTROLS = frozenset(
    (
        *(_DATA_HIGH, _DATA_LOW, _INCREMENT, _DECREMENT),
        *(_OTHER_LOW, _OTHER_HIGH, _REGISTERED_LOW, _REGISTERED_HIGH),
    )
)
_BEND_RANGE, _FINE, _COARSE, _TUNING_PROGRAM, _TUNING_BANK, _MPE = 0, 1, 2, 3, 4, 6
_NONE = 0x3FFF
_CENTRE = 0x2000
_EQUAL = (0.0,) * 12


@dataclass
class _ChannelPitch:
    """Everything about one channel, semitones but for ``wheel``, which is −1 to 1."""

    wheel: StepCurve[float] = field(default_factory=lambda: StepCurve(0.0))
    range: StepCurve[float] = field(default_factory=lambda: StepCurve(DEFAULT_RANGE))
    fine: StepCurve[float] = field(default_factory=lambda: StepCurve(0.0))
    coarse: StepCurve[int] = field(default_factory=lambda: StepCurve(0))
    scale: StepCurve[tuple[float, ...]] = field(default_factory=lambda: StepCurve(_EQUAL))
    program: StepCurve[int] = field(default_factory=lambda: StepCurve(0))
    bank: StepCurve[int] = field(default_factory=lambda: StepCurve(0))
    member_range: StepCurve[float] = field(default_factory=lambda: StepCurve(MPE_RANGE))
    """Of the members of its zone, if it manages one."""
    parameter: int = _NONE
    data: dict[int, int] = field(default_factory=dict)
    """14-bit value of each registered parameter."""

    def reset(self, tick: int) -> None:
        """Back to how it was switched on."""
        self.wheel.set(tick, 0.0)
        self.range.set(tick, DEFAULT_RANGE)
        self.fine.set(tick, 0.0)
        self.coarse.set(tick, 0)
        self.scale.set(tick, _EQUAL)
        self.program.set(tick, 0)
        self.bank.set(tick, 0)
        self.parameter = _NONE
        self.data.clear()


@dataclass
class _PortPitch:
    """What holds for the sixteen channels of a port."""

    fine: StepCurve[float] = field(default_factory=lambda: StepCurve(0.0))
    coarse: StepCurve[int] = field(default_factory=lambda: StepCurve(0))
    keys: dict[tuple[int, int, int], StepCurve[float]] = field(default_factory=dict)
    """Pitch of each bank, tuning program and key that is not where it should be."""


_UNTOUCHED, _UNTOUCHED_PORT = _ChannelPitch(), _PortPitch()


@dataclass
class Tuning:
    """The pitch of every channel over time.

    Attributes:
        managers: of each MPE member channel, the channel that manages its zone.
        bent_tens: channels 10 that no zone has, and that are bent in one track with a
            neighbour: MPE from a program that left its settings out, and no drums.
        other_parameters: changes of parameters that are not about pitch.
        other_sysex: system-exclusive messages that are not about pitch.
    """

    managers: dict[int, int] = field(default_factory=dict)
    bent_tens: set[int] = field(default_factory=set)
    other_parameters: int = 0
    other_sysex: int = 0
    _channels: dict[int, _ChannelPitch] = field(default_factory=dict)
    _ports: dict[int, _PortPitch] = field(default_factory=dict)
    _touched: set[int] = field(default_factory=set)
    """Channels that are not as they were switched on."""

    @classmethod
    def of(cls, tracks: Sequence[MidiTrack]) -> Tuning:
        """Read it from tracks that play together."""
        tuning = cls()
        changes: list[tuple[int, MidiEvent | tuple[int, TuningMessage]]] = []
        for track in tracks:
            # Order in the track: a message comes before the event at its place.
            ordered: list[tuple[int, int, MidiEvent | tuple[int, TuningMessage]]] = []
            for tick, place, port, body in track.sysex:
                message = parse_tuning(body)
                if message is None:
                    tuning.other_sysex += 1
                else:
                    ordered.append((tick, place, (port, message)))
            ordered += [
                (event.tick, place, event)
                for place, event in enumerate(track.events)
                if _tunes(event)
            ]
            ordered.sort(key=lambda change: change[:2])
            changes += [(tick, change) for tick, _, change in ordered]
            bent = {event.channel for event in track.events if _bends(event)}
            tuning.bent_tens |= {
                channel
                for channel in bent
                if channel % 16 == DRUM_CHANNEL and bent & {channel - 1, channel + 1}
            }
        changes.sort(key=lambda change: change[0])  # stable: else as in the file
        for tick, change in changes:
            if not isinstance(change, MidiEvent):
                tuning._take_message(tick, *change)
            elif change.kind == PITCH_BEND:
                wheel = ((change.value << 7 | change.number) - _CENTRE) / _CENTRE
                tuning._channel(change.channel).wheel.set(tick, wheel)
            else:
                tuning._take_control(change)
        tuning.bent_tens -= tuning.managers.keys()
        return tuning

    def is_drums(self, channel: int) -> bool:
        """Whether a channel plays percussion; MPE zones may reach over channel 10."""
        melodic = channel in self.managers or channel in self.bent_tens
        return channel % 16 == DRUM_CHANNEL and not melodic

    def moving(self, channel: int) -> tuple[npt.NDArray[np.int64], Float64Array]:
        """What changes while notes sound.

        Returns:
            Ticks, int64 [n], from 0 on; and semitones from each to the next, float64 [n].
        """
        own = self._channels.get(channel, _UNTOUCHED)
        manager = self._channels.get(self.managers.get(channel, -1))
        master = self._ports.get(channel // 16, _UNTOUCHED_PORT).fine
        own_range = own.range if manager is None else manager.member_range
        curves = [own.wheel, own_range, own.fine, master]
        if manager is not None:
            curves += [manager.wheel, manager.range]
        ticks = all_ticks(curves)
        semitones = sample(own.wheel, ticks) * sample(own_range, ticks)
        semitones += sample(own.fine, ticks) + sample(master, ticks)
        if manager is not None:
            semitones += sample(manager.wheel, ticks) * sample(manager.range, ticks)
        return ticks, semitones

    def at_strike(self, channel: int, key: int, tick: int) -> float:
        """What counts for a note from its strike on, in semitones."""
        own = self._channels.get(channel, _UNTOUCHED)
        port = self._ports.get(channel // 16, _UNTOUCHED_PORT)
        if (own is _UNTOUCHED and port is _UNTOUCHED_PORT) or self.is_drums(channel):
            return 0.0
        pitch = port.keys.get((own.bank.at(tick), own.program.at(tick), key))
        tuned = pitch.at(tick) - key if pitch else 0.0
        return tuned + own.coarse.at(tick) + port.coarse.at(tick) + own.scale.at(tick)[key % 12]

    def fine_at(self, channel: int, tick: int) -> float:
        """The part of :meth:`moving` that is no bend but tuning, in semitones."""
        own = self._channels.get(channel, _UNTOUCHED)
        port = self._ports.get(channel // 16, _UNTOUCHED_PORT)
        return own.fine.at(tick) + port.fine.at(tick)

    def _channel(self, channel: int) -> _ChannelPitch:
        self._touched.add(channel)
        return self._channels.setdefault(channel, _ChannelPitch())

    def _take_control(self, event: MidiEvent) -> None:
        """A controller that tunes, or that says which parameter the next one sets."""
        own = self._channel(event.channel)
        number, value = event.number, event.value
        if number == _RESET_CONTROLLERS:
            own.wheel.set(event.tick, 0.0)
            own.parameter = _NONE
        elif number == _REGISTERED_HIGH:
            own.parameter = value << 7 | own.parameter & 0x7F
        elif number == _REGISTERED_LOW:
            own.parameter = own.parameter & 0x3F80 | value
        elif number in (_OTHER_LOW, _OTHER_HIGH):
            own.parameter = -1  # of the maker's own
        elif own.parameter == -1 or own.parameter == _NONE:
            self.other_parameters += own.parameter == -1
        else:
            self._set_parameter(own, event)

    def _set_parameter(self, own: _ChannelPitch, event: MidiEvent) -> None:
        parameter, tick = own.parameter, event.tick
        data = own.data.get(parameter, _DEFAULT_DATA.get(parameter, 0))
        if event.number == _DATA_HIGH:
            data = event.value << 7 | data & 0x7F
        elif event.number == _DATA_LOW:
            data = data & 0x3F80 | event.value
        else:
            step = 1 if parameter == _FINE else 128
            data += step if event.number == _INCREMENT else -step
        own.data[parameter] = data = min(max(data, 0), 0x3FFF)
        if parameter == _BEND_RANGE:
            semitones = (data >> 7) + (data & 0x7F) / 100
            manager = self.managers.get(event.channel)
            if manager is None:
                own.range.set(tick, semitones)
            else:  # one for all members of a zone
                self._channel(manager).member_range.set(tick, semitones)
        elif parameter == _FINE:
            own.fine.set(tick, (data - _CENTRE) / _CENTRE)
        elif parameter == _COARSE:
            own.coarse.set(tick, (data >> 7) - 64)
        elif parameter == _TUNING_PROGRAM:
            own.program.set(tick, data >> 7)
        elif parameter == _TUNING_BANK:
            own.bank.set(tick, data >> 7)
        elif parameter == _MPE and event.channel % 16 in (0, 15):
            self._set_zone(event.channel, min(data >> 7, 15), tick)
        else:
            self.other_parameters += 1

    def _set_zone(self, manager: int, count: int, tick: int) -> None:
        """Make a channel the manager of its neighbours; a zone of none changes nothing."""
        if count == 0:
            return
        step = 1 if manager % 16 == 0 else -1
        members = {manager + step * place for place in range(1, count + 1)}
        kept = {one: its for one, its in self.managers.items() if its != manager}
        self.managers = kept | dict.fromkeys(members, manager)
        own = self._channel(manager)
        own.range.set(tick, DEFAULT_RANGE)
        own.member_range.set(tick, MPE_RANGE)

    def _take_message(self, tick: int, port: int, message: TuningMessage) -> None:
        state = self._ports.setdefault(port, _PortPitch())
        match message:
            case MasterTuning(fine, coarse):
                if fine is not None:
                    state.fine.set(tick, fine)
                if coarse is not None:
                    state.coarse.set(tick, coarse)
            case ScaleTuning(channels, offsets):
                for channel in channels:
                    self._channel(channel | port << 4).scale.set(tick, offsets)
            case KeyTuning(bank, program, pitches):
                for key, pitch in pitches.items():
                    place = (bank, program, key)
                    state.keys.setdefault(place, StepCurve(float(key))).set(tick, pitch)
            case SystemReset():
                touched = [channel for channel in self._touched if channel // 16 == port]
                for channel in touched:
                    self._channels[channel].reset(tick)
                self._touched.difference_update(touched)
                if state.fine.last or state.coarse.last:
                    state.fine.set(tick, 0.0)
                    state.coarse.set(tick, 0)


_DEFAULT_DATA = {_BEND_RANGE: 2 << 7, _FINE: _CENTRE, _COARSE: 64 << 7}


def _tunes(event: MidiEvent) -> bool:
    if event.kind == PITCH_BEND:
        return True
    return event.kind == CONTROL and (
        event.number in PARAMETER_CONTROLS or event.number == _RESET_CONTROLLERS
    )


def _bends(event: MidiEvent) -> bool:
    return event.kind == PITCH_BEND and (event.number, event.value) != (0, 64)
