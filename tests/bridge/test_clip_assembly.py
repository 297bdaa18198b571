"""Whatever happens to the packets, the end is the same clip, or a list of what is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.bend_points import MAX_CLIP_POINTS
from bridge.clip_assembly import MAX_CLIP_NOTES, ClipAssembler
from bridge.errors import RequestRefused
from bridge.protocol import BendPoint, ClipBegin, ClipBend, ClipEnd, ClipNotes
from bridge.protocol.replies import ClipMissing, ClipOk, NoteRange
from core.clip import Clip, Note
from tests.bridge.protocol import strategies

END = ClipEnd("c")


Part = ClipBegin | ClipNotes | ClipBend


def messages(clip: Clip, size: int) -> list[Part]:
    points = sum(len(note.bend) for note in clip.notes)
    begin = ClipBegin("c", clip.name, len(clip.notes), clip.length_s, points)
    starts = range(0, len(clip.notes), size)
    notes = [ClipNotes("c", at, clip.notes[at : at + size]) for at in starts]
    bends = [
        ClipBend("c", number, tuple(BendPoint(*point) for point in note.bend[at : at + size]))
        for number, note in enumerate(clip.notes)
        for at in range(0, len(note.bend), size)
    ]
    return [begin, *notes, *bends]


def feed(assembly: ClipAssembler, message: Part) -> None:
    if isinstance(message, ClipBegin):
        assembly.begin("me", message)
    elif isinstance(message, ClipBend):
        assembly.bend("me", message)
    else:
        assembly.notes("me", message)


clips = st.builds(
    Clip.of, strategies.texts, st.lists(strategies.notes, min_size=1, max_size=60), st.just(0.0)
)
bent_clips = st.builds(
    Clip.of,
    strategies.texts,
    st.lists(st.builds(replace, strategies.notes, bend=strategies.bends), min_size=1, max_size=9),
)


@given(clips, st.integers(1, 17), st.data())
@settings(max_examples=150, deadline=None)
def test_any_order_loss_or_repetition_ends_in_the_clip_or_in_missing(
    clip: Clip, size: int, data: st.DataObject
) -> None:
    sent = messages(clip, size)
    arrived = data.draw(st.lists(st.sampled_from(sent), max_size=3 * len(sent)))
    assembly = ClipAssembler()
    for message in arrived:
        feed(assembly, message)
    came = {
        index
        for message in arrived
        if isinstance(message, ClipNotes)
        for index in range(message.first_index, message.first_index + len(message.notes))
    }
    answer = assembly.end("me", END)
    if sent[0] not in arrived:
        assert answer == ClipMissing("c", ())
    elif len(came) == len(clip.notes):
        assert answer == ClipOk("c", len(clip.notes))
    else:
        assert isinstance(answer, ClipMissing)
        asked = [
            index
            for run in answer.ranges
            for index in range(run.first_index, run.first_index + run.count)
        ]
        assert asked == sorted(set(range(len(clip.notes))) - came)
    if not isinstance(answer, ClipOk):
        with pytest.raises(RequestRefused, match="not here as a whole"):
            assembly.clip("me", "c")
        for message in sent:
            feed(assembly, message)
        assert assembly.end("me", END) == ClipOk("c", len(clip.notes))
    assert assembly.clip("me", "c") == clip


@given(bent_clips, st.integers(1, 17), st.data())
@settings(max_examples=60, deadline=None)
def test_bends_come_through_any_order_loss_or_repetition(
    clip: Clip, size: int, data: st.DataObject
) -> None:
    sent = messages(clip, size)
    arrived = data.draw(st.lists(st.sampled_from(sent), max_size=3 * len(sent)))
    assembly = ClipAssembler()
    for message in arrived:
        feed(assembly, message)
    answer = assembly.end("me", END)
    if all(message in arrived for message in sent):
        assert answer == ClipOk("c", len(clip.notes))
    else:
        assert isinstance(answer, ClipMissing)
        for message in sent:
            feed(assembly, message)
        assert assembly.end("me", END) == ClipOk("c", len(clip.notes))
    assert assembly.clip("me", "c") == clip


BENT = Clip.of("bent", [Note(0.5 * i, 60, 90, 0.5, ((0.0, 0.0), (0.2, 1.0 * i))) for i in range(3)])


def test_bends_that_were_not_announced_are_not_asked_for() -> None:
    assembly = ClipAssembler()
    begin, notes, *bends = messages(BENT, 100)
    assert isinstance(begin, ClipBegin)
    for message in (bends[1], replace(begin, bend_point_count=0), notes):
        feed(assembly, message)
    assert assembly.end("me", END) == ClipOk("c", 3)
    assert [note.bend for note in assembly.clip("me", "c").notes] == [(), BENT.notes[1].bend, ()]


def test_bends_of_two_contents_are_never_mixed() -> None:
    assembly = ClipAssembler()
    for message in messages(BENT, 100):
        feed(assembly, message)
    assert assembly.clip("me", "c") == BENT
    feed(assembly, ClipBend("c", 1, (BendPoint(0.2, -5.0),)))
    assert assembly.end("me", END) == ClipMissing("c", (NoteRange(0, 3),))
    with pytest.raises(RequestRefused, match="not here as a whole"):
        assembly.clip("me", "c")


def test_bends_past_the_limits_are_refused() -> None:
    assembly = ClipAssembler()
    feed(assembly, ClipBegin("c", "", 3, 1.0))
    with pytest.raises(RequestRefused, match="ends with note 2"):
        feed(assembly, ClipBend("c", 3, (BendPoint(0.0, 1.0),)))
    for at in range(0, MAX_CLIP_POINTS, 100):
        points = tuple(BendPoint(0.001 * (at + i), 1.0) for i in range(100))
        feed(assembly, ClipBend("c", 0, points))
    with pytest.raises(RequestRefused, match="points") as caught:
        feed(assembly, ClipBend("c", 1, points))
    assert caught.value.code == "too_large"
    assert assembly.size_bytes < 4 * 2**20
    assembly.forget("me")
    assert assembly.size_bytes == 0


def riff(count: int, pitch: int = 60) -> Clip:
    return Clip.of("riff", [Note(0.1 * i, pitch, 100, 0.1) for i in range(count)])


def test_two_contents_under_one_id_are_never_mixed() -> None:
    assembly = ClipAssembler()
    for message in messages(riff(20), 5):
        feed(assembly, message)
    other = messages(riff(20, 72), 5)
    feed(assembly, other[2])
    assert assembly.end("me", END) == ClipMissing("c", (NoteRange(0, 5), NoteRange(10, 10)))
    for message in other:
        feed(assembly, message)
    assert assembly.clip("me", "c") == riff(20, 72)


def test_a_begin_of_fewer_notes_than_came_starts_anew() -> None:
    assembly = ClipAssembler()
    for message in messages(riff(20), 5)[1:]:
        feed(assembly, message)
    feed(assembly, messages(riff(10), 5)[0])
    assert assembly.end("me", END) == ClipMissing("c", (NoteRange(0, 10),))
    for message in messages(riff(10), 5):
        feed(assembly, message)
    assert assembly.clip("me", "c") == riff(10)


def test_clients_do_not_see_each_others_clips() -> None:
    assembly = ClipAssembler()
    for message in messages(riff(3), 5):
        feed(assembly, message)
    with pytest.raises(RequestRefused) as caught:
        assembly.clip("you", "c")
    assert caught.value.code == "unknown_clip"
    assembly.forget("me")
    assert assembly.size_bytes == 0


def test_what_is_kept_is_bounded_and_the_newest_clip_stays() -> None:
    assembly = ClipAssembler(max_client_bytes=200_000, max_total_bytes=400_000)
    note = Note(0.0, 60, 100, 1.0)
    for client in ("a", "b", "c"):
        for number in range(60):
            name = f"clip {number}"
            assembly.begin(client, ClipBegin(name, name, 1000, 1.0))
            for first in range(0, 1000, 100):
                assembly.notes(client, ClipNotes(name, first, (note,) * 100))
            assert assembly.size_bytes <= 400_000
            assert len(assembly.clip(client, name).notes) == 1000
    with pytest.raises(RequestRefused, match="not here"):
        assembly.clip("c", "clip 0")


def test_ten_thousand_notes_make_a_clip() -> None:
    assembly = ClipAssembler()
    clip = riff(10_000)
    for message in messages(clip, 100):
        feed(assembly, message)
    assert assembly.clip("me", "c") == clip


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (ClipBegin("c", "n", MAX_CLIP_NOTES + 1, 1.0), "too_large"),
        (ClipBegin("c", "n", 10, 5 * 3600.0), "too_large"),
        (ClipNotes("c", MAX_CLIP_NOTES, (Note(0.0, 60, 1, 1.0),)), "too_large"),
    ],
)
def test_endless_clips_are_refused(message: ClipBegin | ClipNotes, code: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        feed(ClipAssembler(), message)
    assert (caught.value.code, caught.value.about) == (code, "c")


def test_notes_past_the_end_of_their_clip_are_refused() -> None:
    assembly = ClipAssembler()
    feed(assembly, messages(riff(5), 5)[0])
    with pytest.raises(RequestRefused, match="ends with note 4; note 5 is past it"):
        assembly.notes("me", ClipNotes("c", 5, riff(1).notes))
