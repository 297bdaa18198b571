"""Makes the MIDI files of this folder: damaged ones, and sound ones with a catch.

    python tests/data/midi/make.py

Each file is written byte by byte, because no MIDI library writes files like these.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

END = b"\x00\xff\x2f\x00"
BEAT = 480


def number(value: int) -> bytes:
    """A variable-length number."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))


def event(delta: int, *message: int) -> bytes:
    return number(delta) + bytes(message)


def on(delta: int, pitch: int, channel: int = 0, velocity: int = 80) -> bytes:
    return event(delta, 0x90 | channel, pitch, velocity)


def off(delta: int, pitch: int, channel: int = 0) -> bytes:
    return event(delta, 0x80 | channel, pitch, 64)


def control(delta: int, controller: int, value: int, channel: int = 0) -> bytes:
    return event(delta, 0xB0 | channel, controller, value)


def registered(parameter: int, high: int, low: int = 0, channel: int = 0) -> bytes:
    """Set a registered parameter."""
    which = ((101, parameter >> 7), (100, parameter & 0x7F), (6, high), (38, low))
    return b"".join(control(0, controller, value, channel) for controller, value in which)


def wheel(delta: int, value: int, channel: int = 0) -> bytes:
    """A pitch bend, −8192 to 8191."""
    value += 8192
    return event(delta, 0xE0 | channel, value & 0x7F, value >> 7)


def sysex(*body: int) -> bytes:
    return b"\x00\xf0" + number(len(body) + 1) + bytes(body) + b"\xf7"


def tempo(delta: int, microseconds: int) -> bytes:
    return number(delta) + b"\xff\x51\x03" + microseconds.to_bytes(3, "big")


def name(text: bytes) -> bytes:
    return b"\x00\xff\x03" + number(len(text)) + text


def track(*events: bytes, end: bytes = END) -> bytes:
    body = b"".join(events) + end
    return b"MTrk" + len(body).to_bytes(4, "big") + body


def file(*tracks: bytes, kind: int = 1, division: int = BEAT, count: int | None = None) -> bytes:
    count = len(tracks) if count is None else count
    fields = b"".join(value.to_bytes(2, "big") for value in (kind, count, division))
    return b"MThd" + (6).to_bytes(4, "big") + fields + b"".join(tracks)


def claiming(chunk: bytes, size: int) -> bytes:
    """A chunk that says it has another size than it has."""
    return chunk[:4] + size.to_bytes(4, "big") + chunk[8:]


def riff(content: bytes, claimed: int | None = None) -> bytes:
    """A MIDI file in a RIFF file, behind an information chunk."""
    data = b"data" + len(content).to_bytes(4, "little") + content + b"\0" * (len(content) % 2)
    body = b"RMID" + b"DISP\3\0\0\0abc\0" + data
    return b"RIFF" + (claimed or len(body)).to_bytes(4, "little") + body


def note(pitch: int = 60, channel: int = 0) -> bytes:
    return on(0, pitch, channel) + off(BEAT, pitch, channel)


GOOD = file(track(note()))


def damaged() -> Iterable[tuple[str, bytes]]:
    """Files that must be refused."""
    yield "empty", b""
    yield "text", b"This is not music.\n" * 20
    yield "wave", b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(30)
    yield "header_only", GOOD[:14]
    yield "cut_in_header", GOOD[:9]
    yield "cut_in_track_header", GOOD[:18]
    yield "division_0", file(track(note()), division=0)
    yield "smpte_division_0", file(track(note()), division=0xE700)
    yield "no_tracks", file()
    yield "no_notes", file(track(tempo(0, 400_000), name(b"Conductor")))
    yield "only_releases", file(track(off(0, 60), off(10, 62)))
    yield "only_drums", file(track(note(36, 9), note(38, 9)))
    yield "data_byte_too_high", file(track(event(0, 0x90, 0xFF, 0x50)))
    yield "no_status", file(track(event(0, 60, 80)))
    yield "undefined_status", file(track(event(0, 0xF5, 1, 2)))
    yield "delta_of_5_bytes", file(track(b"\xff\xff\xff\xff\x7f\x90\x3c\x50"))
    yield "endless_delta", file(track(b"\xff" * 300))
    yield "days_long", file(track(note(), b"".join(on(2**28 - 1, 60) for _ in range(9))))
    yield "independent_tracks", file(track(note()), track(note(64)), kind=2)


def curious() -> Iterable[tuple[str, bytes]]:
    """Files that must be read, and what is odd about them remarked on."""
    yield "zero_length", file(track(on(0, 60), off(0, 60), on(BEAT, 62), off(BEAT, 62)))
    yield "never_released", file(track(on(0, 60), on(BEAT, 60), on(0, 64), control(BEAT, 7, 100)))
    yield "alien_chunk", file(track(note()))[:14] + b"XFIH\0\0\0\2ab" + track(note())
    yield "trailing_garbage", GOOD + b"\0" * 50
    yield "no_end_of_track", file(track(note(), end=b""))
    yield "running_status", file(track(on(0, 60), event(BEAT, 60, 0), event(0, 62, 90), off(9, 62)))
    yield "smpte", file(track(on(0, 60), off(1000, 60)), division=0xE728)
    yield "tempo_of_zero", file(track(tempo(0, 0), note()))
    yield "tempo_changes", file(track(tempo(0, 1_000_000), tempo(BEAT, 250_000)), track(note() * 3))
    yield (
        "drums_beside_piano",
        file(track(name(b"Drums"), note(36, 9)), track(name("Klavier ä".encode()), note())),
    )
    yield "pedal", file(track(control(0, 64, 127), note(), control(BEAT, 64, 0), note(62)))
    yield (
        "bends_and_wheels",
        file(track(event(0, 0xE0, 0, 80), control(0, 1, 64), control(0, 11, 90), note())),
    )
    yield "type_0_two_channels", file(track(note(60, 0), note(64, 1), note(36, 9)), kind=0)
    yield "grace_note_inside_out", file(track(off(0, 60), on(0, 60), off(BEAT, 62), note(60)))
    yield (
        "one_release_for_two",
        file(track(on(0, 60), on(BEAT, 60), off(BEAT, 60), on(BEAT, 60), off(BEAT, 60))),
    )
    yield "overlapping_equal", file(track(on(0, 60), on(BEAT, 60), off(BEAT, 60), off(BEAT, 60)))
    yield "cut_in_track", GOOD[:-6]
    yield "header_too_short", b"MThd" + (2).to_bytes(4, "big") + GOOD[8:]
    yield "header_too_long", b"MThd" + (2**32 - 1).to_bytes(4, "big") + GOOD[8:]
    yield "type_3", file(track(note()), kind=3)
    yield "tracks_missing", file(track(note()), count=3)
    yield "65535_tracks", file(track(note()), count=65535)
    yield "track_claims_4_gb", GOOD[:18] + b"\xff\xff\xff\xff" + GOOD[22:]
    yield "value_too_high", file(track(event(0, 0x90, 60, 0x80)))
    yield "event_cut_by_track_end", file(track(on(0, 60), event(1, 0x80, 60), end=b""))
    yield "delta_without_event", file(track(note(), b"\x00", end=b""))
    yield "meta_claims_256_mb", file(track(note(), b"\x00\xff\x01\xff\xff\xff\x7f"))
    yield "sysex_claims_256_mb", file(track(note(), b"\x00\xf0\xff\xff\xff\x7f"))
    yield "riff", riff(GOOD)
    yield "riff_of_wrong_size", riff(GOOD, claimed=9)
    yield "behind_another_header", bytes(128) + GOOD
    yield (
        "header_of_10_bytes",
        GOOD[:4] + (10).to_bytes(4, "big") + GOOD[8:14] + b"abcd" + GOOD[14:],
    )
    yield "more_tracks_than_said", file(track(note()), track(note(64)), count=1)
    yield "type_0_two_tracks", file(track(note()), track(note(64)), kind=0)
    yield "tracks_claim_nothing", file(claiming(track(note()), 0), claiming(track(note(64)), 0))
    yield "tracks_claim_too_much", file(claiming(track(note()), 99), track(note(64)))
    yield "zeros_between_tracks", file(track(note()), bytes(3), track(note(64)), count=2)
    yield (
        "clock_inside_events",
        file(track(b"\0\xf8", b"\0\x90\xf8\x3c\xfe\x50", b"\0\xfe", off(BEAT, 60))),
    )
    yield "song_position_inside", file(track(b"\0\xf2\1\2\0\xf6", note()))
    yield "key_over_127", file(track(on(0, 200), note(), event(0, 0x80, 200, 64)))
    yield (
        "running_status_after_a_name",
        file(track(on(0, 60), name(b"a"), event(BEAT, 60, 0), b"\0\xf0\1\xf7", event(0, 62, 90))),
    )
    yield "damaged_in_the_middle", file(track(note(), b"\xff" * 5, note()), track(note(64)))
    yield "volume_0", file(track(control(0, 7, 0), note(), control(0, 7, 90), note(62)))
    yield "shift_jis", file(track(name("ピアノ 右手".encode("cp932")), note()))
    yield "windows_1252", file(track(name("Flöte – créée".encode("cp1252")), note()))
    yield "utf_8_with_a_mark", file(track(name("\ufeffПиано".encode()), note()))
    yield (
        "nothing_but_remarks",
        file(
            track(
                *(event(0, 0xC0, 40), event(0, 0xD0, 9), event(0, 0xA0, 60, 9), control(0, 10, 0)),
                *(control(0, 5, 64), control(0, 65, 127), control(0, 0, 1), control(0, 66, 127)),
                *(control(0, 67, 127), control(0, 74, 0), control(0, 91, 40), note(60)),
            )
        ),
    )


def main() -> None:
    here = Path(__file__).parent
    for folder, files in (("damaged", damaged()), ("curious", curious())):
        (here / folder).mkdir(exist_ok=True)
        for stem, content in files:
            (here / folder / f"{stem}.mid").write_bytes(content)


if __name__ == "__main__":
    main()
