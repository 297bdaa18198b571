"""The clip that is selected in Live, as a clip of ours: seconds from where it begins to play."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from bridge.hosts.ableton.live import Live, LiveRefused, Question
from bridge.hosts.ableton.notes import LiveNote, NotesReader
from core.clip import Clip, Note

_Kind = TypeVar("_Kind", int, float, str)


@dataclass(frozen=True)
class Selection:
    """What is selected.

    Attributes:
        track, scene: where, counted from 0.
        track_name: of its track.
        clip: the part of it that plays (the loop, if it loops), at the song's tempo.
        remarks: what of the clip is left out, for the user.
    """

    track: int
    scene: int
    track_name: str
    clip: Clip
    remarks: tuple[str, ...]


def read_selection(live: Live, is_cancelled: Callable[[], bool] = lambda: False) -> Selection:
    """Read the clip in the selected slot of the Session View.

    Args:
        live: who is asked; for one thread at a time.
        is_cancelled: asked now and then, while there is much to read.

    Raises:
        LiveRefused: if there is no MIDI clip with notes that sound.
        LiveUnreachable: if Live does not answer.
        Cancelled: if ``is_cancelled`` says so.
    """
    track, scene = _selected_slot(live)
    ids = (track, scene)
    (has_clip,) = live.ask(Question("/live/clip_slot/get/has_clip", ids))
    if not has_clip:
        raise LiveRefused(
            f"the selected slot (track {track + 1}, scene {scene + 1}) is empty; "
            "select a MIDI clip in the Session View"
        )
    properties = ("is_midi_clip", "name", "loop_start", "loop_end", "looping", "start_marker")
    answers = live.ask_all(
        [
            *(Question(f"/live/clip/get/{name}", ids) for name in properties),
            Question("/live/track/get/name", (track,)),
            Question("/live/song/get/tempo"),
        ]
    )
    if not _first(answers[0], int):
        raise LiveRefused("the selected clip is audio; select a MIDI clip")
    name, track_name = _first(answers[1], str), _first(answers[6], str)
    start, end, marker = (_first(answers[index], float) for index in (2, 3, 5))
    tempo = _first(answers[7], float)
    if not (tempo > 0 and end > start):
        raise LiveRefused(f"Live says the clip plays from beat {start} to {end} at {tempo} BPM")
    notes = NotesReader(live, track, scene, is_cancelled).read((start, end))
    clip, remarks = playing_part(name or track_name, notes, start, end, tempo)
    if _first(answers[4], int) and marker != start:
        remarks.append("the clip starts elsewhere than its loop; the loop is rendered")
    return Selection(track, scene, track_name, clip, tuple(remarks))


def playing_part(
    name: str, notes: list[LiveNote], start: float, end: float, tempo: float
) -> tuple[Clip, list[str]]:
    """What plays of a clip between two beats.

    Args:
        name: the clip's.
        notes: all it has.
        start, end: beats.
        tempo: beats per minute.

    Returns:
        The clip, cut at its end as Live cuts it; and remarks on what is left out.

    Raises:
        LiveRefused: if nothing sounds.
    """
    beat_s = 60.0 / tempo
    kept, muted, outside = [], 0, 0
    for note in notes:
        if not start <= note.start < end:
            outside += 1
        elif note.mute:
            muted += 1
        else:
            duration = min(note.duration, end - note.start)
            velocity = min(max(round(note.velocity), 1), 127)
            starts_s = (note.start - start) * beat_s
            kept.append(Note(starts_s, note.pitch, velocity, max(duration * beat_s, 0.001)))
    remarks = [
        f"{count} notes {why} are left out"
        for count, why in ((muted, "that are deactivated"), (outside, "outside the part played"))
        if count
    ]
    if not kept:
        why = "; ".join(remarks) or "it has no notes"
        raise LiveRefused(f"nothing sounds in the selected clip: {why}")
    return Clip.of(name, kept, (end - start) * beat_s), remarks


def _selected_slot(live: Live) -> tuple[int, int]:
    try:
        track, scene = live.ask(Question("/live/view/get/selected_clip"))
    except LiveRefused as error:  # return tracks and the main track are not in its list
        raise LiveRefused(f"select a clip on a MIDI track in the Session View ({error})") from None
    return _first([track], int), _first([scene], int)


def _first(answer: list[object], kind: type[_Kind]) -> _Kind:
    value = answer[0] if answer else None
    if isinstance(value, str) != (kind is str) or not isinstance(value, str | int | float):
        raise LiveRefused("AbletonOSC's answers are not as documented; update AbletonOSC")
    return kind(value)
