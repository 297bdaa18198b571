"""Tunings, wheels and MPE: what pitch notes of a file have."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from core.clip import Note
from core.midi import MidiReading, read_midi
from core.midi.note_pairing import pedal_times
from core.midi.smf import parse
from core.midi.tuning import Tuning
from tests.data.midi import make

Events = tuple[bytes, ...]


def read(folder: Path, *tracks: bytes, kind: int = 1) -> MidiReading:
    path = folder / "score.mid"
    path.write_bytes(make.file(*tracks, kind=kind))
    return read_midi(path)


def bend_at(note: Note, at_s: float) -> float:
    """Semitones from the key, as the definition of a bend says."""
    if not note.bend:
        return 0.0
    times_s, semitones = zip(*note.bend, strict=True)
    return float(np.interp(at_s, times_s, semitones))


def sounding(note: Note, at_s: float = 0.0) -> float:
    """Fractional key heard some seconds after the strike."""
    return note.pitch + bend_at(note, at_s)


OCTAVE_UP: dict[str, Events] = {
    "coarse tuning": (make.registered(2, 64 + 12),),
    "master coarse tuning": (make.sysex(0x7F, 0x7F, 0x04, 0x04, 0, 64 + 12),),
    "key tuning": (make.sysex(0x7F, 0, 0x08, 0x02, 0, 1, 60, 72, 0, 0),),
    "key tuning of a bank": (make.sysex(0x7E, 0, 0x08, 0x07, 0, 0, 1, 60, 72, 0, 0),),
    "dump of key tunings": (
        make.sysex(
            *(0x7E, 0, 0x08, 0x01, 0, *bytes(16)),
            *itertools.chain(*((min(key + 12, 127), 0, 0) for key in range(128))),
            0,
        ),
    ),
    "half coarse, half master": (
        make.registered(2, 64 + 6),
        make.sysex(0x7F, 0x7F, 0x04, 0x04, 0, 64 + 6),
    ),
    "increments": (make.registered(2, 64), make.control(0, 96, 0) * 12),
}


@pytest.mark.parametrize("how", OCTAVE_UP)
def test_a_file_tuned_up_an_octave_sounds_an_octave_up(tmp_path: Path, how: str) -> None:
    score = read(tmp_path, make.track(*OCTAVE_UP[how], make.note()))
    assert [(note.pitch, note.bend) for note in score.clip.notes] == [(72, ())]
    assert [(r.code, r.message) for r in score.remarks] == [
        ("tuning", "notes moved to other keys by the file's tuning: 1")
    ]


CENTS: dict[str, tuple[Events, float]] = {
    "fine tuning up": ((make.registered(1, 64 + 32),), 50),
    "fine tuning down, low half first": (
        (
            *(make.control(0, 101, 0), make.control(0, 100, 1)),
            *(make.control(0, 38, 64), make.control(0, 6, 63)),
        ),
        -100 * 64 / 8192,
    ),
    "master fine tuning": ((make.sysex(0x7F, 0x7F, 0x04, 0x03, 0, 96),), 50),
    "scale of a byte": ((make.sysex(0x7F, 0, 0x08, 0x08, 3, 127, 127, 64 - 40, *[64] * 11),), -40),
    "scale of another channel": ((make.sysex(0x7E, 0, 0x08, 0x08, 0, 0, 2, 24, *[64] * 11),), 0),
    "scale of two bytes": ((make.sysex(0x7F, 0, 8, 9, 0, 0, 1, 96, 0, *[64, 0] * 11),), 50),
    "key tuning": ((make.sysex(0x7F, 0, 0x08, 0x02, 0, 1, 60, 60, 0x20, 0),), 25),
    "key tuning without a change": (
        (make.sysex(0x7F, 0, 0x08, 0x02, 0, 1, 60, 127, 127, 127),),
        0,
    ),
    "key tuning of a program not chosen": ((make.sysex(0x7F, 0, 8, 2, 5, 1, 60, 60, 32, 0),), 0),
    "key tuning of a program chosen": (
        (make.sysex(0x7F, 0, 8, 2, 5, 1, 60, 60, 32, 0), make.registered(3, 5)),
        25,
    ),
    "all together": (
        (make.registered(1, 96), make.sysex(0x7F, 0x7F, 4, 3, 0, 96), make.wheel(0, 4096)),
        200,
    ),
    "a parameter that is none": ((make.registered(0x3FFF, 0), make.control(0, 6, 127)), 0),
    "a maker's parameter": (
        (make.control(0, 99, 0), make.control(0, 98, 2), make.control(0, 6, 76)),
        0,
    ),
    "switched on again": ((make.registered(1, 96), make.sysex(0x7E, 0x7F, 9, 1)), 0),
    "switched on again, Roland": (
        (make.registered(2, 70), make.sysex(0x41, 16, 0x42, 0x12, 0x40, 0, 0x7F, 0, 0x41)),
        0,
    ),
}


@pytest.mark.parametrize("how", CENTS)
def test_tunings_within_a_semitone_bend(tmp_path: Path, how: str) -> None:
    events, cents = CENTS[how]
    (note,) = read(tmp_path, make.track(*events, make.note())).clip.notes
    assert 100 * (sounding(note) - 60) == pytest.approx(cents, abs=0.1)
    assert len(note.bend) <= 1


def test_what_is_left_of_a_tuning_after_whole_keys_is_a_bend(tmp_path: Path) -> None:
    events = (make.registered(2, 64 - 12), make.registered(1, 64 + 48))
    (note,) = read(tmp_path, make.track(*events, make.note())).clip.notes
    assert note.pitch == 49
    assert bend_at(note, 0) == pytest.approx(-0.25, abs=1e-3)


def test_tuning_beyond_the_keys_is_said(tmp_path: Path) -> None:
    score = read(tmp_path, make.track(make.registered(2, 64 + 24), make.note(120), make.note(60)))
    assert [(note.pitch, sounding(note)) for note in score.clip.notes] == [(127, 144), (84, 84)]
    assert [(remark.code, remark.message) for remark in score.remarks] == [
        ("tuning", "notes moved to other keys by the file's tuning: 2"),
        ("tuning", "notes tuned beyond the keys there are, bent there: 1"),
    ]


def test_a_tuning_counts_from_its_tick_on(tmp_path: Path) -> None:
    events = (make.note(), make.registered(2, 65), make.note(), make.registered(2, 64), make.note())
    notes = read(tmp_path, make.track(*events)).clip.notes
    assert [note.pitch for note in notes] == [60, 61, 60]


def test_drums_are_not_transposed(tmp_path: Path) -> None:
    path = tmp_path / "drums.mid"
    master = make.sysex(0x7F, 0x7F, 4, 4, 0, 76)
    path.write_bytes(make.file(make.track(master, make.note(36, 9))))
    assert [note.pitch for note in read_midi(path, drums=True).clip.notes] == [36]


@pytest.mark.parametrize(
    ("events", "semitones"),
    [
        ((make.wheel(0, 4096),), 1.0),
        ((make.wheel(0, -8192),), -2.0),
        ((make.registered(0, 12), make.wheel(0, 4096)), 6.0),
        ((make.wheel(0, 4096), make.registered(0, 12)), 6.0),
        ((make.registered(0, 2, 50), make.wheel(0, -8192)), -2.5),
        ((make.wheel(0, 4096), make.control(0, 121, 0)), 0.0),
        ((make.wheel(0, 4096, 3),), 0.0),
    ],
)
def test_the_wheel_and_its_range(tmp_path: Path, events: Events, semitones: float) -> None:
    (note,) = read(tmp_path, make.track(*events, make.note())).clip.notes
    assert note.pitch == 60
    assert bend_at(note, 0) == bend_at(note, 9) == pytest.approx(semitones, abs=1e-3)


def test_a_wheel_beyond_what_a_note_can_carry_is_said(tmp_path: Path) -> None:
    score = read(tmp_path, make.track(make.registered(0, 127), make.wheel(0, -8192), make.note()))
    assert score.clip.notes[0].bend == ((0.0, -96.0),)
    assert [remark.code for remark in score.remarks] == ["pitch_bend"]


def sweep(ticks: int, steps: int, last: int = 8191) -> bytes:
    """A wheel from the centre up, in equal steps."""
    return b"".join(
        make.wheel(ticks // steps, round(last * (step + 1) / steps)) for step in range(steps)
    )


def test_a_sweep_of_many_steps_is_a_few_lines(tmp_path: Path) -> None:
    """Half a second of 240 steps, each 2 ms after the other."""
    (note,) = read(
        tmp_path, make.track(make.on(0, 60), sweep(480, 240), make.off(480, 60))
    ).clip.notes
    assert len(note.bend) < 10
    for at_s in np.linspace(0.01, 0.49, 49):
        assert bend_at(note, at_s) == pytest.approx(2 * at_s / 0.5, abs=0.01)


def test_a_vibrato_is_kept_to_a_cent(tmp_path: Path) -> None:
    """Six swings a second of half a semitone, sent every 2 ms for 3 s."""
    tick_s = 0.5 / make.BEAT
    moves, expected = [], []
    for step in range(1, 1500):
        semitones = 0.5 * np.sin(2 * np.pi * 6 * step * 2 * tick_s)
        moves.append(make.wheel(2, round(semitones / 2 * 8192)))
        expected.append((step * 2 * tick_s, semitones))
    track = make.track(make.on(0, 60), *moves, make.off(2, 60))
    (note,) = read(tmp_path, track).clip.notes
    assert max(abs(bend_at(note, at_s) - semitones) for at_s, semitones in expected) < 0.01
    assert len(note.bend) < 500


def test_a_wheel_set_anew_jumps(tmp_path: Path) -> None:
    events = (make.on(0, 60), make.wheel(480, 8191), make.off(480, 60))
    (note,) = read(tmp_path, make.track(*events)).clip.notes
    assert [round(bend_at(note, at_s), 2) for at_s in (0, 0.49, 0.5, 1.0)] == [0, 0, 2, 2]


def test_a_release_follows_the_wheel_until_the_next_strike(tmp_path: Path) -> None:
    """A string bent up, let go, and bent back as it dies away; then the next note's own bend."""
    bent = (make.wheel(0, 4096), make.on(0, 60), make.off(480, 60))
    alone = (*bent, make.wheel(480, 0), make.note(84, 5))
    note = read(tmp_path, make.track(*alone)).clip.notes[0]
    assert [round(bend_at(note, at_s), 2) for at_s in (0, 0.9, 1.1)] == [1, 1, 0]
    followed = (*bent, make.wheel(480, 8191), make.note(62))
    first, second = read(tmp_path, make.track(*followed)).clip.notes
    assert first.bend == ((0.0, 1.0),)
    assert bend_at(second, 0) == pytest.approx(2, abs=0.001)


def test_a_wheel_at_rest_makes_no_bend(tmp_path: Path) -> None:
    score = read(tmp_path, make.track(make.wheel(0, 0), make.note(), make.wheel(0, 0)))
    assert score.clip.notes[0].bend == ()
    assert score.remarks == ()


MPE = make.registered(6, 15, channel=0)


def glide(channel: int, key: int, last: int) -> bytes:
    """A note of one MPE channel, bent from its middle on."""
    return make.on(0, key, channel) + make.wheel(240, last, channel) + make.off(240, key, channel)


def test_mpe_keeps_every_note_of_every_channel(tmp_path: Path) -> None:
    """Fifteen channels hold one key, one of them channel 10, each with a bend of its own."""
    strikes = [make.on(0, 60, channel, 10 + channel) for channel in range(1, 16)]
    bends = [make.wheel(10 * (channel == 1), 10 * channel, channel) for channel in range(1, 16)]
    releases = [make.off(470 * (channel == 1), 60, channel) for channel in range(1, 16)]
    for kind in (0, 1):
        score = read(tmp_path, make.track(MPE, *strikes, *bends, *releases), kind=kind)
        assert [note.velocity for note in score.clip.notes] == list(range(11, 26))
        for channel, note in enumerate(score.clip.notes, 1):
            assert bend_at(note, 0.4) == pytest.approx(48 * 10 * channel / 8192, abs=1e-3)
        assert score.remarks == ()
        assert [track.note_count for track in score.tracks] == [15]


@pytest.mark.parametrize(
    ("settings", "semitones"),
    [
        ((MPE,), 24),
        # The range of one member is that of all.
        ((MPE, make.registered(0, 24, channel=3)), 12),
        # The manager's own range is another, and its wheel bends all.
        ((MPE, make.registered(0, 4, channel=0), make.wheel(0, 8191, 0)), 28),
        ((MPE, make.wheel(0, -8192, 0)), 22),
        # The upper zone has its manager at the other end.
        ((make.registered(6, 15, channel=15),), 24),
        # A zone of one channel, which is not this one; a zone of none.
        ((make.registered(6, 1, channel=0),), 1),
        ((make.registered(6, 0, channel=0),), 1),
        # Not a channel that can manage.
        ((make.registered(6, 15, channel=4),), 1),
    ],
)
def test_mpe_ranges(tmp_path: Path, settings: Events, semitones: float) -> None:
    (note,) = read(tmp_path, make.track(*settings, glide(5, 60, 4096))).clip.notes
    assert bend_at(note, 0.4) == pytest.approx(semitones, abs=0.01)


def test_a_bent_channel_10_among_bent_neighbours_is_no_drum(tmp_path: Path) -> None:
    """What programs write that leave out MPE's settings; the wheel has its usual range then."""
    events = [glide(channel, 50 + channel, 4096) for channel in range(1, 12)]
    score = read(tmp_path, make.track(*events))
    assert [note.pitch for note in score.clip.notes] == list(range(51, 62))
    assert {round(bend_at(note, 0.4), 2) for note in score.clip.notes} == {1}
    assert [remark.code for remark in score.remarks] == ["mpe"]
    # A drum channel beside bent ones, and a bent drum channel in a track of its own.
    for drums in (make.note(36, 9), make.track(glide(9, 36, 99))):
        lead = (glide(8, 60, 4096), glide(10, 62, 4096))
        whole = drums.startswith(b"MTrk")
        tracks = (make.track(*lead), drums) if whole else (make.track(*lead, drums),)
        score = read(tmp_path, *tracks)
        assert [note.pitch for note in score.clip.notes] == [60, 62]
        assert [remark.code for remark in score.remarks] == ["drums"]


def test_the_managers_pedal_holds_the_members(tmp_path: Path) -> None:
    lifted = make.control(480, 64, 0)
    events = (MPE, make.control(0, 64, 127), make.note(60, 1), make.note(64, 2), lifted)
    notes = read(tmp_path, make.track(*events)).clip.notes
    assert [(note.pitch, note.end_s) for note in notes] == [(60, 1.5), (64, 1.5)]


def test_a_pedal_of_two_is_down_while_one_is() -> None:
    def pedal(channel: int, *moves: int) -> bytes:
        """Down and up by turns, ticks apart."""
        return make.track(
            *(
                make.control(delta, 64, 0 if place % 2 else 127, channel)
                for place, delta in enumerate(moves)
            )
        )

    data = parse(make.file(pedal(0, 10, 10, 20, 10), pedal(1, 15, 10, 20, 55)))
    pedals = pedal_times([track.events for track in data.tracks], 100, {1: 0, 2: 0, 3: 7})
    assert pedals == {
        0: ([10, 40], [20, 50]),
        1: ([10, 40], [25, 100]),
        2: ([10, 40], [20, 50]),
    }


def test_bends_without_end_are_refused(tmp_path: Path) -> None:
    """Each of 1,500 notes held under all of 1,500 random moves."""
    strikes = b"".join(make.on(0, place % 128, 0) for place in range(1500))
    values = np.random.default_rng(0).integers(-8192, 8191, 1500)
    moves = b"".join(make.wheel(20, int(value)) for value in values)
    with pytest.raises(Exception, match="its pitch bends take over 500000 points"):
        read(tmp_path, make.track(strikes, moves))


def test_what_a_tuning_does_not_obey_is_counted() -> None:
    events = (make.registered(5, 1), make.sysex(0x7F, 0x7F, 4, 1, 0, 100), make.sysex(0x43, 1))
    tuning = Tuning.of(parse(make.file(make.track(*events))).tracks)
    assert (tuning.other_parameters, tuning.other_sysex) == (2, 2)
