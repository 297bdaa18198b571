"""The selected clip comes whole, whatever AbletonOSC and the network do to its answers."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pythonosc.osc_message_builder import OscMessageBuilder

from bridge.hosts.ableton import live as live_module
from bridge.hosts.ableton import notes as notes_module
from bridge.hosts.ableton.live import Live, LiveRefused, LiveUnreachable
from bridge.hosts.ableton.notes import NotePage
from bridge.hosts.ableton.selection import Selection, read_selection
from core.errors import Cancelled, UserInputError
from tests.bridge.hosts.ableton.live_stand_in import (
    FakeLive,
    LiveClip,
    MidiNote,
    free_port,
    live_with,
)
from tests.bridge.hosts.ableton.stepped import stepped
from tests.helpers.waiting import LAST_RESORT_S


@contextmanager
def asking(live: FakeLive) -> Iterator[Live]:
    asker = Live(live.ports.live, live.ports.reply)
    try:
        yield asker
    finally:
        asker.close()


def read(live: FakeLive) -> Selection:
    with asking(live) as asker:
        return read_selection(asker)


def dense(count: int, beats: int = 64, seed: int = 0) -> LiveClip:
    """A long clip with bars full of notes and bars with none."""
    luck = random.Random(seed)
    quarters = [beat for beat in range(beats) if beat // 4 % 3]
    notes = [
        MidiNote(luck.randrange(128), luck.choice(quarters) + luck.randrange(256) / 256, 0.25)
        for _ in range(count)
    ]
    return LiveClip("long", notes, loop_end=float(beats))


def sounding(selection: Selection, tempo: float = 120.0) -> list[tuple[int, float]]:
    return sorted((n.pitch, round(n.start_s * tempo / 60, 6)) for n in selection.clip.notes)


def written(clip: LiveClip) -> list[tuple[int, float]]:
    return sorted((note.pitch, round(note.start_time, 6)) for note in clip.notes)


def test_answers_are_laid_out_as_abletonosc_lays_them_out() -> None:
    """Its readme: `/live/clip/get/notes` answers track, clip, then pitch, start, duration, … ."""
    clip = LiveClip(
        notes=[MidiNote(60, 0.5, 0.25, 100.0, False), MidiNote(127, 1.0, 2.0, 1.5, True)]
    )
    with live_with(clip) as live, socket.socket(type=socket.SOCK_DGRAM) as hears:
        hears.bind(("127.0.0.1", live.ports.reply))
        hears.settimeout(LAST_RESORT_S)
        builder = OscMessageBuilder("/live/clip/get/notes")
        for value in (1, 1, 0, 128, -8192.0, 16384.0):
            builder.add_arg(value)
        with socket.socket(type=socket.SOCK_DGRAM) as asks:  # answered at 11001, not to the asker
            asks.sendto(builder.build().dgram, ("127.0.0.1", live.ports.live))
            assert hears.recv(65_536) == (
                b"/live/clip/get/notes\0\0\0\0,iiifffFifffT\0\0\0"
                b"\0\0\0\1\0\0\0\1"
                b"\0\0\0\x3c\x3f\0\0\0\x3e\x80\0\0\x42\xc8\0\0"
                b"\0\0\0\x7f\x3f\x80\0\0\x40\0\0\0\x3f\xc0\0\0"
            )
            asks.sendto(b"/live/nothing\0\0\0,\0\0\0", ("127.0.0.1", live.ports.live))
            assert hears.recv(65_536) == (
                b"/live/error\0,s\0\0Unknown OSC address: /live/nothing\0\0"
            )


def test_the_loop_is_read_in_seconds_with_what_is_left_out_said() -> None:
    notes = [
        MidiNote(127, 4.0, 1.0, 64.4),
        MidiNote(0, 5.5, 9.0),  # rings past the loop's end
        MidiNote(60, 6.0, 0.5, 100.0, True),
        MidiNote(61, 3.0, 4.0),  # begins before the loop
        MidiNote(62, 8.0, 1.0),
        MidiNote(63, -3.0, 1.0),
    ]
    clip = LiveClip("Hook λ", notes, loop_start=4.0, loop_end=8.0, start_marker=2.0)
    with live_with(clip) as live:
        live.song().tempo = 90.0
        selection = read(live)
    assert (selection.track, selection.scene, selection.track_name) == (1, 1, "Keys")
    assert selection.clip.name == "Hook λ"
    assert selection.clip.length_s == pytest.approx(4 * 60 / 90)
    found = [(n.pitch, n.velocity, n.start_s, n.duration_s) for n in selection.clip.notes]
    assert found[0] == pytest.approx((127, 64, 0.0, 60 / 90))
    assert found[1] == pytest.approx((0, 100, 1.5 * 60 / 90, 2.5 * 60 / 90))
    assert selection.remarks == (
        "1 notes that are deactivated are left out",
        "3 notes outside the part played are left out",
        "the clip starts elsewhere than its loop; the loop is rendered",
    )


def test_ends_between_the_grids_lines_lose_and_double_nothing() -> None:
    start, end = 0.1234567, 3.9876543
    times = [start, 0.1240, 0.99999999999, 3.98437499999, 3.98765]  # some round up to a page's end
    clip = LiveClip(notes=[MidiNote(60, at, 0.1) for at in times], loop_start=start, loop_end=end)
    clip.start_marker = start
    with live_with(clip) as live:
        selection = read(live)
    starts = [note.start_s * 2 for note in selection.clip.notes]
    assert starts == pytest.approx([at - start for at in times], abs=1e-5)
    assert selection.remarks == ()


@pytest.mark.parametrize("max_datagram", [65_507, 9_216])
def test_what_does_not_fit_a_datagram_is_read_in_pages(max_datagram: int) -> None:
    clip = dense(4000)
    with live_with(clip, tick_s=0.02) as live:
        live.osc.max_datagram = max_datagram
        assert sounding(read(live)) == written(clip)
        asked = [params for address, params in live.osc.heard if address.endswith("get/notes")]
    assert max(params[4] + params[5] for params in asked) == 8192
    assert min(params[4] for params in asked) == -8192
    assert all(params[2:4] == [0, 128] for params in asked)


def test_more_notes_at_one_time_than_fit_are_parted_by_pitch() -> None:
    clip = LiveClip(notes=[MidiNote(pitch % 128, 1.0, 0.5) for pitch in range(640)])
    with live_with(clip, tick_s=0.005) as live:
        live.osc.max_datagram = 9_216
        assert sounding(read(live)) == written(clip)


@pytest.mark.parametrize("seed", range(6))
def test_loss_lateness_and_others_errors_change_nothing(seed: int) -> None:
    clip = dense(1200, seed=seed)
    with stepped(clip, seed) as (asker, osc, _clock):
        osc.loss, osc.late_s, osc.chatter = 0.2, 0.75, seed % 2 == 1
        osc.max_datagram = 9_216
        assert sounding(read_selection(asker)) == written(clip)


def test_a_live_that_stands_still_for_a_while_is_waited_for() -> None:
    clip = dense(1200)
    with stepped(clip, stall=(0.5, 7.0)) as (asker, osc, clock):
        osc.max_datagram = 9_216
        assert sounding(read_selection(asker)) == written(clip)
    assert 7.0 < clock.now < 30.0


def test_without_live_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "GIVE_UP_S", 0.5)
    asker = Live(free_port(), free_port())
    with pytest.raises(LiveUnreachable, match="choose AbletonOSC as a control surface"):
        read_selection(asker)
    with pytest.raises(UserInputError, match="close the other program"):
        Live(free_port(), asker.reply_port)
    asker.close()


@pytest.mark.parametrize(
    ("clip", "selected", "says"),
    [
        (None, (1, 1), "track 2, scene 2.* is empty"),
        (LiveClip(is_midi_clip=False), (1, 1), "is audio"),
        (LiveClip(), (1, 1), "nothing sounds .*it has no notes"),
        (LiveClip(notes=[MidiNote(60, 1, 1, 9, True)]), (1, 1), "1 notes that are deactivated"),
        (LiveClip(loop_end=0.0), (1, 1), "from beat 0.0 to 0.0"),
        (LiveClip(), (7, 0), "on a MIDI track in the Session View"),
    ],
)
def test_what_cannot_be_read_is_said(
    clip: LiveClip | None, selected: tuple[int, int], says: str
) -> None:
    with live_with(clip, tick_s=0.02) as live:
        live.song().selected = selected
        with pytest.raises(LiveRefused, match=says):
            read(live)


def test_an_abletonosc_that_answers_otherwise_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with live_with(LiveClip(notes=[MidiNote(60, 0, 1)]), tick_s=0.02) as live:
        monkeypatch.setattr(live.osc, "_notes", lambda *_: (1, 1, 60, 0.0, 1.0))
        with pytest.raises(LiveRefused, match="not as documented"):
            read(live)


def test_a_clip_removed_meanwhile_ends_the_reading() -> None:
    with live_with(dense(300), tick_s=0.02) as live:
        slot = live.song().tracks[1].clip_slots[1]
        notes = live.osc._notes

        def removed(*params: Any) -> object:
            slot.clip = None
            return notes(*params)

        live.osc._notes = removed  # type: ignore[method-assign,assignment]
        with pytest.raises(LiveRefused, match=r"AbletonOSC says: .*NoneType"):
            read(live)


def test_reading_can_be_cancelled_between_pages() -> None:
    pages: list[int] = []

    def third() -> bool:
        pages.append(len(pages))
        return len(pages) == 3

    with (
        live_with(dense(1000), tick_s=0.02) as live,
        asking(live) as asker,
        pytest.raises(Cancelled),
    ):
        read_selection(asker, third)
    assert pages == [0, 1, 2]


def test_a_page_is_the_sum_of_its_halves() -> None:
    page = NotePage(-3, 4)
    while halves := page.halves():
        first, second = halves
        assert first != second
        for pitch in range(page.from_pitch, page.to_pitch):
            for time_ in range(page.from_time, page.to_time):
                note = notes_module.LiveNote(pitch, (time_ + 0.5) / 256, 1, 1, False)
                assert page.holds(note)
                assert first.holds(note) != second.holds(note)
        page = second
