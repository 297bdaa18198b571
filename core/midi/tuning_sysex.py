"""System-exclusive messages that tune: what they say, as values.

Sources: MIDI 1.0 Detailed Specification (master tuning, device control), "MIDI Tuning
Updated Specification" (CA-020, CA-021), and the resets of General MIDI, Roland GS and
Yamaha XG.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_NON_REAL_TIME, _REAL_TIME = 0x7E, 0x7F
_CENTRE = 0x2000
"""Of a 14-bit value."""
_ROLAND_RESET = bytes((0x42, 0x12, 0x40, 0x00, 0x7F, 0x00))
_YAMAHA_RESET = bytes((0x4C, 0x00, 0x00, 0x7E, 0x00))


@dataclass(frozen=True)
class MasterTuning:
    """All channels, up or down; ``fine`` within a semitone, or ``coarse`` in whole ones."""

    fine: float | None = None
    coarse: int | None = None


@dataclass(frozen=True)
class ScaleTuning:
    """Offsets in semitones of the twelve pitch classes from C, on channels 0–15."""

    channels: tuple[int, ...]
    offsets: tuple[float, ...]


@dataclass(frozen=True)
class KeyTuning:
    """Pitches of single keys, as fractions of MIDI keys, in a tuning program of a bank."""

    bank: int
    program: int
    pitches: Mapping[int, float]


@dataclass(frozen=True)
class SystemReset:
    """Everything is as when the instrument was switched on."""


TuningMessage = MasterTuning | ScaleTuning | KeyTuning | SystemReset


def parse_tuning(body: bytes) -> TuningMessage | None:
    """What a system-exclusive message tunes.

    Args:
        body: from behind its first byte F0; the closing F7 may be there.

    Returns:
        None for a message of another kind.
    """
    body = body.removesuffix(b"\xf7")
    if len(body) < 4 or max(body) > 127:
        return None
    if body[0] in (_NON_REAL_TIME, _REAL_TIME):
        return _universal(body[0], body[2], body[3], body[4:])
    if body[0] == 0x41 and body[2:8] == _ROLAND_RESET:
        return SystemReset()
    if body[0] == 0x43 and body[2:7] == _YAMAHA_RESET:
        return SystemReset()
    return None


def _universal(area: int, kind: int, which: int, rest: bytes) -> TuningMessage | None:
    if area == _NON_REAL_TIME and kind == 0x09:
        return SystemReset()
    if area == _REAL_TIME and kind == 0x04 and len(rest) >= 2:
        if which == 0x03:
            return MasterTuning(fine=_fraction(rest[1], rest[0]))
        if which == 0x04:
            return MasterTuning(coarse=rest[1] - 64)
    if kind != 0x08:
        return None
    if which == 0x01 and len(rest) >= 17 + 3 * 128:
        return KeyTuning(0, rest[0], _pitches(_numbered(rest[17 : 17 + 3 * 128])))
    if which == 0x04 and len(rest) >= 18 + 3 * 128:
        return KeyTuning(rest[0], rest[1], _pitches(_numbered(rest[18 : 18 + 3 * 128])))
    if which == 0x02 and len(rest) >= 2:
        return KeyTuning(0, rest[0], _pitches(rest[2 : 2 + 4 * rest[1]]))
    if which == 0x07 and len(rest) >= 3:
        return KeyTuning(rest[0], rest[1], _pitches(rest[3 : 3 + 4 * rest[2]]))
    if which == 0x08 and len(rest) >= 3 + 12:
        cents = tuple(value - 64 for value in rest[3:15])
        return ScaleTuning(_channels(rest), tuple(value / 100 for value in cents))
    if which == 0x09 and len(rest) >= 3 + 24:
        pairs = zip(rest[3:27:2], rest[4:27:2], strict=True)
        return ScaleTuning(_channels(rest), tuple(_fraction(*pair) for pair in pairs))
    return None


def _fraction(high: int, low: int) -> float:
    """−1 to 1, of two bytes with the centre at 2000H."""
    return ((high << 7 | low) - _CENTRE) / _CENTRE


def _channels(rest: bytes) -> tuple[int, ...]:
    """Three bytes of seven bits, channels 15–16, 8–14 and 1–7 of them."""
    bits = rest[0] << 14 | rest[1] << 7 | rest[2]
    return tuple(channel for channel in range(16) if bits >> channel & 1)


def _numbered(triples: bytes) -> bytes:
    """Give the entries of a dump their keys, as single changes have them."""
    return b"".join(
        bytes((key,)) + triples[3 * key : 3 * key + 3] for key in range(len(triples) // 3)
    )


def _pitches(changes: bytes) -> dict[int, float]:
    """Key, semitone, and 14 bits of a semitone's fraction; 7F 7F 7F is no change."""
    pitches = {}
    for at in range(0, len(changes) - 3, 4):
        key, semitone, high, low = changes[at : at + 4]
        if (semitone, high, low) != (127, 127, 127):
            pitches[key] = semitone + (high << 7 | low) / (1 << 14)
    return pitches
