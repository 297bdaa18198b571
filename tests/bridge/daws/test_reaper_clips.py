"""What REAPER would play is what is sent: loops, tempo, takes and edges included."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bridge.daws.reaper import SCRIPTS, SHARED, Reaper, lua

LOAD = f"JSON = dofile({lua(str(SHARED / 'json.lua'))}); "
PARTS = " or ".join(
    f"io.open({lua(str(folder))} .. '/' .. name .. '.lua') and {lua(str(folder))}"
    for folder in (SCRIPTS / "timbre", SHARED)
)
LOAD += (
    f"TIMBRE = {{ load = function(name) return dofile(({PARTS}) .. '/' .. name .. '.lua') end }}; "
)
LOAD += f"CLIPS = dofile({lua(str(SCRIPTS / 'timbre' / 'clips.lua'))})"


@pytest.fixture(params=["lua5.3", "lua5.4"])
def reaper(request: pytest.FixtureRequest) -> Iterator[Reaper]:
    with Reaper(request.param) as started:
        started.do(LOAD)
        started.do("S.add_track('Keys')")
        yield started


def selected(reaper: Reaper) -> tuple[list[dict[str, Any]], list[str]]:
    """Clips and remarks, through the script's own JSON."""
    reaper.do("FOUND, REMARKS = CLIPS.selected()")
    reaper.do("for _, c in ipairs(FOUND) do c.item, c.track, c.left_out = nil, nil, nil end")
    count = reaper.do("return #FOUND")
    clips = json.loads(reaper.do("return JSON.encode(FOUND)")) if count else []
    return clips, reaper.do("return REMARKS")


def played(clip: dict[str, Any]) -> list[tuple[int, float, float]]:
    return [(n["pitch"], round(n["start_s"], 6), round(n["duration_s"], 6)) for n in clip["notes"]]


def test_times_are_seconds_from_the_items_left_edge(reaper: Reaper) -> None:
    reaper.add_midi([(60, 100, 0, 960), (64, 1, 1440, 1920)], position=10.0, length=4.0)
    (clip,), remarks = selected(reaper)
    assert played(clip) == [(60, 0.0, 0.5), (64, 0.75, 0.25)]
    assert [note["velocity"] for note in clip["notes"]] == [100, 1]
    assert (clip["position"], clip["length_s"], clip["name"]) == (10.0, 4.0, "riff")
    assert remarks == []


def test_times_are_whole_nanoseconds_wherever_an_item_stands(reaper: Reaper) -> None:
    for position in (0.1, 3.3, 123.7):
        reaper.add_midi([(60, 100, 192, 768)], position=position, length=0.1 + 0.2)
    clips, _ = selected(reaper)
    for clip in clips:
        (note,) = clip["notes"]
        assert (note["start_s"], note["duration_s"], clip["length_s"]) == (0.1, 0.2, 0.3)


def test_tempo_changes_inside_an_item_are_followed(reaper: Reaper) -> None:
    reaper.do("S.project.tempo = {{time=0,bpm=120},{time=11,bpm=60},{time=12,bpm=240}}")
    notes = [(60, 90, 960 * quarter, 960 * (quarter + 1)) for quarter in range(5)]
    reaper.add_midi(notes, position=10.0, length=4.0)
    (clip,), _ = selected(reaper)
    # Two quarters at 120, one at 60, the others at 240 beats a minute.
    assert played(clip) == [
        (60, 0.0, 0.5), (60, 0.5, 0.5), (60, 1.0, 1.0), (60, 2.0, 0.25), (60, 2.25, 0.25),
    ]  # fmt: skip


def test_a_looped_item_plays_its_source_again_and_again(reaper: Reaper) -> None:
    reaper.add_midi(
        [(60, 90, 0, 480), (67, 90, 960, 2500)],  # the second rings past the source's end
        length=2.75,
        source_ppq=1920,
        B_LOOPSRC=1,
        offset_ppq=960,
    )
    (clip,), _ = selected(reaper)
    assert played(clip) == [
        (67, 0.0, 0.5), (60, 0.5, 0.25), (67, 1.0, 0.5), (60, 1.5, 0.25), (67, 2.0, 0.5),
        (60, 2.5, 0.25),
    ]  # fmt: skip


def test_without_looping_a_source_is_played_once(reaper: Reaper) -> None:
    reaper.add_midi([(60, 90, 0, 480)], length=8.0, source_ppq=960)
    assert played(selected(reaper)[0][0]) == [(60, 0.0, 0.25)]


def test_the_takes_rate_and_pitch_are_obeyed(reaper: Reaper) -> None:
    reaper.add_midi(
        [(60, 90, 0, 960), (120, 90, 960, 1920)],
        D_PLAYRATE=2.0,
        D_PITCH=12.0,
        source_ppq=1920,
        B_LOOPSRC=1,
        length=1.0,
    )
    (clip,), remarks = selected(reaper)
    assert played(clip) == [(72, 0.0, 0.25), (72, 0.5, 0.25)]
    assert remarks == ["riff: 1 note(s) outside MIDI's range after transposing are left out"]


def test_what_does_not_sound_is_left_out_and_said(reaper: Reaper) -> None:
    reaper.add_midi(
        [
            (60, 90, 0, 960),  # begins before the left edge
            (61, 90, 960, 1920, True),  # muted
            (62, 90, 1920, 9000),  # rings past the right edge
            (63, 90, 6720, 7000),  # begins past it
            (64, 90, 2000, 2000),  # of no length
        ],
        offset_ppq=480,
        length=2.0,
    )
    (clip,), remarks = selected(reaper)
    assert played(clip) == [(62, 0.75, 1.25)]
    assert remarks == [
        "riff: 1 note(s) muted are left out",
        "riff: 1 note(s) of no length are left out",
        "riff: 2 note(s) outside the item's edges are left out",
    ]


def test_of_several_takes_the_active_one_counts(reaper: Reaper) -> None:
    reaper.add_midi([(60, 90, 0, 960)])
    take = "{P_NAME='two', D_PITCH=0, D_PLAYRATE=1, offset_ppq=0, midi=true, item=I, "
    take += "notes={{72,90,0,960}}, source_ppq=960}"
    reaper.do(f"local I = S.project.tracks[1].items[1]; I.takes[2] = {take}; I.active = 2")
    (clip,), _ = selected(reaper)
    assert (clip["name"], played(clip)) == ("two", [(72, 0.0, 0.5)])


def test_items_with_nothing_to_play_are_named(reaper: Reaper) -> None:
    reaper.add_midi([])
    reaper.add_midi([(60, 90, 0, 960)])
    reaper.add_midi([(60, 90, 0, 960)], midi=False)
    reaper.add_midi([(60, 90, 0, 960, True)])
    reaper.do("S.project.tracks[1].items[2].takes = {}")
    clips, remarks = selected(reaper)
    assert clips == []
    assert remarks == [
        "Selected item 1 has no notes that sound.",
        "Selected item 2 is empty.",
        "Selected item 3 is audio, or its active take is.",
        "Selected item 4 has no notes that sound.",
    ]


def test_a_loop_without_end_is_refused_and_not_counted_out(reaper: Reaper) -> None:
    reaper.add_midi([(60, 90, 0, 1)], source_ppq=1, B_LOOPSRC=1, length=3600.0)
    clips, remarks = selected(reaper)
    assert clips == []
    assert "more than 100000 notes" in remarks[0]


def bends(clip: dict[str, Any]) -> list[list[list[float]] | None]:
    return [note.get("bend") for note in clip["notes"]]


def wheel(ppq: int, share: float, channel: int = 0, **more: Any) -> tuple[Any, ...]:
    value = min(16383, round(8192 + 8192 * share))
    shape, is_muted = more.get("shape", 0), more.get("muted", False)
    return (ppq, channel, 0xE0, value % 128, value // 128, shape, is_muted)


def control(ppq: int, number: int, value: int, channel: int = 0) -> tuple[Any, ...]:
    return (ppq, channel, 0xB0, number, value, 0, False)


def test_the_wheel_of_a_notes_channel_bends_it(reaper: Reaper) -> None:
    reaper.add_midi(
        [(60, 90, 0, 1920), (64, 90, 0, 1920, False, 1), (67, 90, 2880, 3840)],
        cc=[wheel(480, 0.5), wheel(960, 1.0, muted=True), wheel(1440, -0.5), wheel(3840, 0.0)],
    )
    (clip,), _ = selected(reaper)
    # A step: held until 5 ms before the event.
    stepped = [[0, 0], [0.245, 0], [0.25, 1], [0.745, 1], [0.75, -1]]
    assert bends(clip) == [stepped, None, [[0, -1]]]


def test_lines_between_events_are_lines(reaper: Reaper) -> None:
    reaper.add_midi(
        [(60, 90, 0, 1440), (60, 90, 1440, 2400)],
        cc=[wheel(480, 0.0, shape=1), wheel(1920, -1.0, shape=1), wheel(4000, -1.0)],
    )
    (clip,), _ = selected(reaper)
    cut = pytest.approx(-4 / 3)
    assert bends(clip)[0] == [[0, 0], [0.245, 0], [0.25, 0], [0.75, cut]]
    assert bends(clip)[1] == [[0, cut], [0.25, -2], [0.5, -2]]


def test_the_channels_range_counts_and_the_takes_rate(reaper: Reaper) -> None:
    ranges = [control(0, 101, 0), control(0, 100, 0), control(0, 6, 12), control(0, 38, 50)]
    tuning = [control(0, 101, 0, 3), control(0, 100, 1, 3), control(0, 6, 70, 3)]
    reaper.add_midi(
        [(60, 90, 0, 1920), (60, 90, 0, 1920, False, 3)],
        cc=[*ranges, *tuning, wheel(960, -1.0), wheel(960, -1.0, channel=3)],
        D_PLAYRATE=2.0,
    )
    (clip,), _ = selected(reaper)
    steps = [[[0, 0], [0.245, 0], [0.25, -semitones]] for semitones in (12.5, 2)]
    assert bends(clip) == steps


def test_a_loop_bends_each_time_and_parts_of_semitones_are_bends(reaper: Reaper) -> None:
    reaper.add_midi(
        [(60, 90, 0, 960)], cc=[wheel(0, 1.0)], source_ppq=960, B_LOOPSRC=1, length=1.0,
        D_PITCH=-0.25,
    )  # fmt: skip
    (clip,), _ = selected(reaper)
    assert [note["pitch"] for note in clip["notes"]] == [60, 60]
    assert bends(clip) == [[[0, pytest.approx(1.75, abs=1e-3)]]] * 2
