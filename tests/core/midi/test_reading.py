"""Reading and writing MIDI files."""

from __future__ import annotations

import time
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pretty_midi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clip import Clip, Note
from core.errors import MidiError, OutputError
from core.midi import MIN_NOTE_S, TICKS_PER_BEAT, MidiReading, read_midi, write_midi
from core.midi.smf import MAX_FILE_BYTES
from tests.data.midi import make

CORPUS = Path(make.__file__).parent
TICK_S = 0.5 / TICKS_PER_BEAT


def score_of(folder: Path, content: bytes, track: int | None = None) -> MidiReading:
    path = folder / "score.mid"
    path.write_bytes(content)
    return read_midi(path, track)


def spans(score: MidiReading) -> list[tuple[int, float, float]]:
    return [(note.pitch, round(note.start_s, 6), round(note.end_s, 6)) for note in score.clip.notes]


def codes(score: MidiReading) -> list[str]:
    return [remark.code for remark in score.remarks]


def test_the_corpus_is_what_its_script_makes() -> None:
    for folder, files in (("damaged", make.damaged()), ("curious", make.curious())):
        made = {f"{stem}.mid": content for stem, content in files}
        assert {file.name: file.read_bytes() for file in (CORPUS / folder).iterdir()} == made


@pytest.mark.parametrize("stem", [stem for stem, _ in make.damaged()])
def test_damaged_files_are_refused_in_one_line(stem: str) -> None:
    path = CORPUS / "damaged" / f"{stem}.mid"
    with pytest.raises(MidiError) as caught:
        read_midi(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


# Stem of the file, (pitch, start, end) of its notes in seconds, codes of its remarks.
ONE: list[tuple[int, float, float]] = [(60, 0, 0.5)]
TWO: list[tuple[int, float, float]] = [(60, 0, 0.5), (64, 0, 0.5)]
CURIOUS: list[tuple[str, list[tuple[int, float, float]], list[str]]] = [
    ("zero_length", [(60, 0, MIN_NOTE_S), (62, 0.5, 1.0)], ["zero_length"]),
    ("never_released", [(60, 0, 0.5), (60, 0.5, 1.0), (64, 0.5, 1.0)], ["unended"]),
    ("alien_chunk", ONE, ["unknown_chunk"]),
    ("trailing_garbage", ONE, ["garbage"]),
    ("no_end_of_track", ONE, ["no_end"]),
    ("running_status", [(60, 0, 0.5), (62, 0.5, 0.509375)], []),
    ("smpte", [(60, 0, 1.0)], []),
    ("tempo_of_zero", ONE, ["tempo"]),
    ("tempo_changes", [(60, 0, 1.0), (60, 1.0, 1.25), (60, 1.25, 1.5)], []),
    ("drums_beside_piano", ONE, ["drums"]),
    ("pedal", [(60, 0, 1.0), (62, 1.0, 1.5)], ["sustain"]),
    ("bends_and_wheels", ONE, ["controllers", "controllers"]),
    ("type_0_two_channels", [(60, 0, 0.5), (64, 0.5, 1.0)], ["drums"]),
    ("grace_note_inside_out", [(60, 0, MIN_NOTE_S), (60, 0.5, 1.0)], ["zero_length"]),
    ("one_release_for_two", [(60, 0, 0.5), (60, 0.5, 1.0), (60, 1.5, 2.0)], ["unended"]),
    ("overlapping_equal", [(60, 0, 1.0), (60, 0.5, 1.5)], []),
    ("cut_in_track", ONE, ["cut_off", "unended"]),
    ("header_too_short", ONE, ["header"]),
    ("header_too_long", ONE, ["header"]),
    ("header_of_10_bytes", ONE, ["header"]),
    ("type_3", ONE, ["header"]),
    ("type_0_two_tracks", TWO, ["header"]),
    ("tracks_missing", ONE, ["track_count"]),
    ("65535_tracks", ONE, ["track_count"]),
    ("more_tracks_than_said", TWO, ["track_count"]),
    ("track_claims_4_gb", ONE, ["track_length"]),
    ("tracks_claim_nothing", TWO, ["track_length", "track_length"]),
    ("tracks_claim_too_much", TWO, ["track_length"]),
    ("zeros_between_tracks", TWO, ["garbage"]),
    ("value_too_high", [(60, 0, MIN_NOTE_S)], ["data_byte", "zero_length", "unended"]),
    ("key_over_127", ONE, ["data_byte"]),
    ("event_cut_by_track_end", [(60, 0, 0.001042)], ["cut_off", "unended"]),
    ("delta_without_event", ONE, ["cut_off"]),
    ("meta_claims_256_mb", ONE, ["cut_off"]),
    ("sysex_claims_256_mb", ONE, ["cut_off"]),
    ("damaged_in_the_middle", TWO, ["damaged"]),
    ("riff", ONE, ["wrapped"]),
    ("riff_of_wrong_size", ONE, ["wrapped"]),
    ("behind_another_header", ONE, ["wrapped"]),
    ("clock_inside_events", ONE, ["real_time"]),
    ("song_position_inside", ONE, ["real_time"]),
    (
        "running_status_after_a_name",
        [(60, 0, 0.5), (62, 0.5, 0.5 + MIN_NOTE_S)],
        ["running_status", "zero_length", "unended", "controllers"],
    ),
    ("volume_0", [(62, 0.5, 1.0)], ["muted", "controllers", "controllers"]),
    ("shift_jis", ONE, ["text"]),
    ("windows_1252", ONE, ["text"]),
    ("utf_8_with_a_mark", ONE, []),
    ("nothing_but_remarks", ONE, ["controllers"]),
]


@pytest.mark.parametrize(("stem", "expected", "remarks"), CURIOUS)
def test_curious_files_are_read_and_remarked_on(
    stem: str, expected: list[tuple[int, float, float]], remarks: list[str]
) -> None:
    score = read_midi(CORPUS / "curious" / f"{stem}.mid")
    assert spans(score) == expected
    assert codes(score) == remarks


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("shift_jis", "ピアノ 右手"),
        ("windows_1252", "Flöte – créée"),
        ("utf_8_with_a_mark", "Пиано"),
    ],
)
def test_names_are_text(stem: str, name: str) -> None:
    assert [track.name for track in read_midi(CORPUS / "curious" / f"{stem}.mid").tracks] == [name]


def test_what_is_left_out_is_said_once_with_counts() -> None:
    (remark,) = read_midi(CORPUS / "curious" / "nothing_but_remarks.mid").remarks
    assert remark.message == (
        "left out: bank selects (1), channel aftertouch (1), effect sends (reverb, chorus and the "
        "like) (1), key aftertouch (1), pan (1), portamento (2), program changes (1), soft pedal "
        "(1), sostenuto pedal (1), sound controllers (brightness, attack and the like) (1)"
    )


def test_drums_are_played_when_asked() -> None:
    beside = CORPUS / "curious" / "drums_beside_piano.mid"
    score = read_midi(beside, drums=True)
    assert spans(score) == [(36, 0, 0.5), (60, 0, 0.5)]
    assert codes(score) == []
    assert spans(read_midi(beside, track=1, drums=True)) == [(36, 0, 0.5)]
    only = read_midi(CORPUS / "damaged" / "only_drums.mid", drums=True)
    assert spans(only) == [(36, 0, 0.5), (38, 0.5, 1.0)]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        # Faded in from nothing: heard.
        ((make.control(0, 11, 0), make.on(0, 60), make.control(240, 11, 9), make.off(240, 60)), 1),
        # Shut while it sounds: heard until then.
        ((make.on(0, 60), make.control(240, 7, 0), make.off(240, 60)), 1),
        # Open again only at its end: not heard.
        ((make.control(0, 11, 0), make.note(), make.control(0, 11, 99)), 0),
        # Volume 0 outlives a reset of the controllers, expression 0 does not.
        ((make.control(0, 7, 0), make.control(0, 121, 0), make.note()), 0),
        ((make.control(0, 11, 0), make.control(0, 121, 0), make.note()), 1),
        # Another channel's volume.
        ((make.control(0, 7, 0, 1), make.note()), 1),
    ],
)
def test_notes_at_volume_0_are_left_out(
    tmp_path: Path, events: tuple[bytes, ...], expected: int
) -> None:
    after = make.note(72, channel=5)
    score = score_of(tmp_path, make.file(make.track(*events, after)))
    assert len(score.clip.notes) == expected + 1
    assert ("muted" in codes(score)) == (expected == 0)


def test_a_file_of_silence_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MidiError, match=r"volume is 0 \(1 notes\)"):
        score_of(tmp_path, make.file(make.track(make.control(0, 7, 0), make.note())))


def test_ports_are_channels_of_their_own(tmp_path: Path) -> None:
    pedal = make.control(0, 64, 127)
    other = make.track(b"\0\xff\x21\1\1", make.note(64), make.note(67))
    content = make.file(make.track(pedal, make.note(), make.note(62)), other)
    expected = [(60, 0, 1.0), (62, 0.5, 1.0), (64, 0, 0.5), (67, 0.5, 1.0)]
    assert sorted(spans(score_of(tmp_path, content))) == expected


def test_every_curious_file_is_looked_at() -> None:
    assert {stem for stem, _, _ in CURIOUS} == {stem for stem, _ in make.curious()}


def test_not_a_file(tmp_path: Path) -> None:
    for path, words in [(tmp_path / "none.mid", "no such file"), (tmp_path, "is not a file")]:
        with pytest.raises(MidiError, match=words):
            read_midi(path)


def test_a_file_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.mid"
    with path.open("wb") as stream:
        stream.truncate(2**33)
    with pytest.raises(MidiError, match="larger than 8 MB"):
        read_midi(path)


def pedal_file(*events: bytes) -> bytes:
    return make.file(make.track(*events))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        # Lifted after the release: the note ends with the pedal.
        (
            pedal_file(
                make.control(0, 64, 127),
                make.on(0, 60),
                make.off(480, 60),
                make.control(480, 64, 0),
            ),
            [(60, 0, 1.0)],
        ),
        # Lifted before the release: the key decides.
        (
            pedal_file(
                make.control(0, 64, 127),
                make.on(0, 60),
                make.control(240, 64, 0),
                make.off(240, 60),
            ),
            [(60, 0, 0.5)],
        ),
        # Struck again under the pedal: the first sounding of the key ends there.
        (
            pedal_file(
                make.control(0, 64, 64),
                *(make.on(0, 60) + make.off(240, 60) + make.on(240, 60) + make.off(240, 60),),
                make.control(240, 64, 63),
            ),
            [(60, 0, 0.5), (60, 0.5, 1.0)],
        ),
        # Never lifted: the end of the file lifts it.
        (
            pedal_file(make.control(0, 64, 127), make.note(), make.note(64)),
            [(60, 0, 1.0), (64, 0.5, 1.0)],
        ),
        # Changed with the harmony: what is released at the change does not ring on.
        (
            pedal_file(
                make.control(0, 64, 127),
                make.note(),
                make.control(0, 64, 0),
                make.control(0, 64, 127),
                make.note(64),
                make.control(480, 64, 0),
            ),
            [(60, 0, 0.5), (64, 0.5, 1.5)],
        ),
        # Another channel's pedal, and the half-pressed pedal, hold nothing.
        (
            pedal_file(
                make.control(0, 64, 127, 1), make.control(0, 64, 63), make.note(), make.note(64)
            ),
            [(60, 0, 0.5), (64, 0.5, 1.0)],
        ),
        # All notes off ends what sounds.
        (pedal_file(make.on(0, 60), make.control(480, 123, 0), make.note(64)), None),
    ],
)
def test_the_sustain_pedal(
    tmp_path: Path, content: bytes, expected: list[tuple[int, float, float]] | None
) -> None:
    assert spans(score_of(tmp_path, content)) == (expected or [(60, 0, 0.5), (64, 0.5, 1.0)])


def test_the_pedal_in_one_staff_holds_both(tmp_path: Path) -> None:
    """Notation programs write a piano's staves as tracks of one channel, the pedal in one."""
    right = make.track(make.note(72))
    left = make.track(make.control(0, 64, 127), make.note(48), make.control(480, 64, 0))
    content = make.file(right, left)
    assert spans(score_of(tmp_path, content)) == [(48, 0, 1.0), (72, 0, 1.0)]
    assert spans(score_of(tmp_path, content, track=1)) == [(72, 0, 1.0)]


def test_one_track_can_be_chosen(tmp_path: Path) -> None:
    path = CORPUS / "curious" / "drums_beside_piano.mid"
    score = read_midi(path, track=2)
    assert score.clip.name == "drums_beside_piano, Klavier ä"
    assert [(t.number, t.name, t.note_count, t.drum_count) for t in score.tracks] == [
        (1, "Drums", 0, 1),
        (2, "Klavier ä", 1, 0),
    ]
    assert codes(score) == []
    for track in (0, 1, 3):
        with pytest.raises(MidiError, match=rf"no track {track} with notes.*2 \(Klavier ä\)"):
            read_midi(path, track=track)
    two_channels = CORPUS / "curious" / "type_0_two_channels.mid"
    assert spans(read_midi(two_channels, track=2)) == [(64, 0.5, 1.0)]


def test_independent_tracks_are_played_one_by_one() -> None:
    path = CORPUS / "damaged" / "independent_tracks.mid"
    assert spans(read_midi(path, track=2)) == [(64, 0, 0.5)]


def test_a_rest_at_the_end_is_kept(tmp_path: Path) -> None:
    end = make.number(960) + make.END[1:]
    assert score_of(tmp_path, make.file(make.track(make.note(), end=end))).clip.length_s == 1.5


def test_twenty_thousand_notes_and_an_hour(tmp_path: Path) -> None:
    """Measured 0.2 s on one busy core; the bound leaves room for slow machines."""
    notes = [Note(0.18 * i, 30 + i * 7 % 60, 1 + i % 127, 0.5) for i in range(20_000)]
    write_midi(Clip.of("long", notes), tmp_path / "long.mid")
    began = time.process_time()
    score = read_midi(tmp_path / "long.mid")
    assert time.process_time() - began < 5
    assert len(score.clip.notes) == 20_000
    assert score.clip.length_s == pytest.approx(3600.32, abs=0.01)


@pytest.mark.parametrize(
    "body",
    [
        b"\xff" * 300_000,
        make.on(0, 60) * 60_000,
        make.on(0, 60) * 30_000 + make.control(0, 123, 0) * 30_000,
        make.control(0, 64, 127) + (make.on(0, 60) + make.off(0, 60)) * 30_000,
        make.tempo(1, 1) * 40_000 + make.note(),
        make.on(2**28 - 1, 60) * 30_000,
        make.on(0, 60) + (make.wheel(9, 8000) + make.wheel(9, -8000)) * 35_000 + make.off(0, 60),
        (make.on(0, 60) + make.wheel(1, 8000) + make.wheel(1, -8000)) * 25_000,
        make.registered(6, 15) + make.note(60, 7) + make.wheel(1, 9) * 70_000,
        make.registered(6, 15) * 18_000 + make.note(),
        (make.wheel(1, 99) + make.sysex(0x7E, 0x7F, 9, 1)) * 25_000 + make.note(),
        make.sysex(0x7F, 0, 8, 8, 3, 127, 127, *[1] * 12) * 14_000 + make.note(),
        make.sysex(0x7F, 0, 8, 2, 0, 127, *[1] * 508) * 570 + make.note(),
        (make.control(1, 7, 0) + make.on(0, 60) + make.control(1, 7, 1)) * 25_000,
        b"\0\x90" + b"\xf8" * 300_000,
        b"\0\x90\xf8\xf8\xf8\xf8\x3c\x50" * 38_000,
        make.name(b"\x83\x73" * 1000) * 150 + make.note(),
    ],
    ids=[
        *("numbers", "stuck keys", "all notes off", "pedal", "tempos", "ages", "one long wheel"),
        *("wheels and stuck keys", "manager's wheel", "zones", "resets", "scales", "key tunings"),
        *("volumes", "one long clock", "clocks in events", "names"),
    ],
)
def test_hostile_files_take_time_in_proportion_to_their_size(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "hostile.mid"
    path.write_bytes(make.file(make.track(body)))
    began = time.process_time()
    read_or_refuse(path)
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    "chunk",
    [b"MTrk\0\0\0\0", b"MTrk\xff\xff\xff\xff", b"ABCD\0\0\0\0", b"MTr", b"\0"],
    ids=["empty tracks", "endless tracks", "alien chunks", "almost tracks", "nothing"],
)
def test_files_of_many_chunks_take_time_in_proportion_too(tmp_path: Path, chunk: bytes) -> None:
    began = time.process_time()
    score = score_of(tmp_path, make.file(chunk * (300_000 // len(chunk)), make.track(make.note())))
    assert time.process_time() - began < 10
    assert len(score.clip.notes) == 1
    assert len(score.remarks) < 20


def test_claims_of_gigabytes_allocate_nothing() -> None:
    tracemalloc.start()
    try:
        for path in (CORPUS / "damaged").iterdir():
            read_or_refuse(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Reading keeps a buffer of the largest size allowed, and nothing near what files claim.
    assert peak < 2 * MAX_FILE_BYTES


def read_or_refuse(path: Path) -> None:
    """Read a file that may be anything; MidiError is the only error there is."""
    outcome: MidiReading | str
    try:
        outcome = read_midi(path)
    except MidiError as error:
        outcome = str(error)
    if isinstance(outcome, MidiReading):
        assert outcome.clip.notes
    else:
        assert "\n" not in outcome


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, framed: bool
) -> None:
    content = make.file(make.track(body, end=b"")) if framed else body
    path = tmp_path_factory.getbasetemp() / "any.mid"
    path.write_bytes(content)
    read_or_refuse(path)


FILES = [content for _, content in (*make.damaged(), *make.curious())]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(FILES), st.data())
def test_any_damage_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, data: st.DataObject
) -> None:
    mutated = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(mutated)))
        end = data.draw(st.integers(start, min(start + 4, len(mutated))))
        mutated[start:end] = data.draw(st.binary(max_size=4))
    path = tmp_path_factory.getbasetemp() / "damaged.mid"
    path.write_bytes(mutated)
    read_or_refuse(path)


NOTES = st.builds(
    Note,
    start_s=st.floats(0, 600),
    pitch=st.integers(0, 127) | st.sampled_from([60, 61]),
    velocity=st.integers(1, 127),
    duration_s=st.floats(1e-6, 30),
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(NOTES, min_size=1, max_size=12), st.floats(0, 700))
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, notes: list[Note], length_s: float
) -> None:
    """Every note, to half a tick, equal pitches that overlap included."""
    path = tmp_path_factory.getbasetemp() / "round.mid"
    clip = Clip.of("Überlauf – 音", notes, length_s)
    write_midi(clip, path)
    score = read_midi(path)
    assert score.remarks == ()

    def in_ticks(clip: Clip) -> list[tuple[int, int, int, int]]:
        ticks = []
        for note in clip.notes:
            on = round(note.start_s / TICK_S)
            off = max(on + 1, round(note.end_s / TICK_S))
            ticks.append((on, note.pitch, note.velocity, off))
        return sorted(ticks)

    assert in_ticks(score.clip) == in_ticks(clip)
    assert score.clip.length_s == pytest.approx(clip.length_s, abs=2 * TICK_S)


def test_writing_says_what_is_wrong(tmp_path: Path) -> None:
    clip = Clip.of("a", [Note(0, 60, 64, 1)])
    with pytest.raises(OutputError, match="folder does not exist"):
        write_midi(clip, tmp_path / "no" / "a.mid")
    crowd = Clip.of("a", [Note(0, 60, 64, 1 + i * 1e-3) for i in range(30_001)])
    with pytest.raises(MidiError, match="30001 notes of one pitch"):
        write_midi(crowd, tmp_path / "a.mid")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("work", ["bach/bwv66.6", "bach/bwv269", "schoenberg/opus19/movement2"])
def test_real_scores_agree_with_pretty_midi(tmp_path: Path, work: str) -> None:
    """On ordinary files, what pretty_midi hears is what we hear."""
    music21 = pytest.importorskip("music21")
    path = tmp_path / "score.mid"
    music21.corpus.parse(work).write("midi", fp=path)
    with warnings.catch_warnings():
        # music21 repeats the key signature in every track, which pretty_midi warns of.
        warnings.simplefilter("ignore", RuntimeWarning)
        reference = pretty_midi.PrettyMIDI(str(path))
    expected = sorted(
        (note.start, note.pitch, note.velocity, note.end - note.start)
        for instrument in reference.instruments
        for note in instrument.notes
    )
    heard = [
        (note.start_s, note.pitch, note.velocity, note.duration_s)
        for note in read_midi(path).clip.notes
    ]
    assert len(heard) == len(expected) > 50
    assert np.allclose(heard, expected, atol=1e-6)
