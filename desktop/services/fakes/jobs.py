"""Clips and renders with no queue behind them, for tests and the gallery."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.clip import Clip, Note
from core.errors import AudioError, MidiError, UserInputError
from desktop.services.fakes.take_files import fake_take_file
from desktop.services.jobs_interface import (
    DROPPED,
    ClipItem,
    JobEvents,
    PresetChoice,
    TakeItem,
)
from desktop.tasks import TaskControl

FAKE_PRESETS = ("Warm Drawbars", "Small Bell", "My cello", "Hollow flute", "Slow strings")


def fake_clip(name: str = "riff", notes: int = 32) -> Clip:
    """A clip with chords, velocities that swell, and a bent note.

    Args:
        name: of the clip.
        notes: how many.
    """
    scale = (0, 3, 5, 7, 10, 12, 10, 7)
    made = []
    for number in range(notes):
        bend = ((0.0, 0.0), (0.2, 2.0), (0.4, 0.0)) if number % 8 == 5 else ()
        made.append(
            Note(
                0.25 * number,
                52 + scale[number % 8] + 12 * (number % 16 == 12),
                30 + (number * 9) % 97,
                0.45 if number % 4 == 0 else 0.22,
                bend,
            )
        )
    return Clip.of(name, made)


class FakeJobs:
    """A :class:`desktop.services.jobs_interface.JobService` whose jobs move when they are told to.

    Attributes:
        asked: what was asked for, in order, for tests.
        problem: raised by every slow call, if there is one.
        known_limits: what :meth:`limits` answers.
    """

    def __init__(self) -> None:
        self._events = JobEvents()
        self._clips: dict[str, ClipItem] = {}
        self._takes: dict[int, TakeItem] = {}
        self.asked: list[tuple[object, ...]] = []
        self.problem: UserInputError | None = None
        self.known_limits: tuple[str, ...] = ()

    @property
    def events(self) -> JobEvents:
        """See :class:`JobService`."""
        return self._events

    @property
    def under_way(self) -> int:
        """See :class:`JobService`."""
        return sum(not take.is_over for take in self._takes.values())

    # What tests and the gallery do

    def receive(self, clip: Clip, source: str = "Ardour", remarks: tuple[str, ...] = ()) -> str:
        """A clip comes.

        Args:
            clip: the notes.
            source: who sends it.
            remarks: about it.

        Returns:
            Its id.
        """
        item = ClipItem(f"clip {clip.name}", clip, source, time.time(), remarks)
        self._clips.pop(item.id, None)
        self._clips[item.id] = item
        self._events.clip_came.emit(item)
        return item.id

    def change(self, take_id: int, **values: object) -> TakeItem:
        """A take gets further.

        Args:
            take_id: which.
            values: fields of :class:`TakeItem`.
        """
        take = self._takes[take_id] = replace(self._takes[take_id], **values)  # type: ignore[arg-type]
        self._events.take_changed.emit(take)
        return take

    def render_fraction(self, take_id: int, fraction: float, seconds_left: float) -> TakeItem:
        """A take is being rendered.

        Args:
            take_id: which.
            fraction: how far it is, 0…1.
            seconds_left: until it is done.
        """
        return self.change(
            take_id,
            state="running",
            stage=f"rendering {100 * fraction:.0f} %",
            fraction=fraction,
            seconds_left=seconds_left,
        )

    def finish(self, take_id: int, *files: Path) -> TakeItem:
        """A take is done.

        Args:
            take_id: which.
            files: it made.
        """
        return self.change(
            take_id, state="done", stage="done", fraction=1.0, seconds_left=None, files=files
        )

    def fail(self, take_id: int, error: str, way_out: str = "retry renders it again") -> TakeItem:
        """A take fails.

        Args:
            take_id: which.
            error: why.
            way_out: what to do.
        """
        return self.change(
            take_id,
            state="failed",
            stage="failed",
            error=error,
            way_out=way_out,
            seconds_left=None,
        )

    # What the page asks

    def clips(self) -> Sequence[ClipItem]:
        """See :class:`JobService`."""
        self._check("clips")
        return list(reversed(self._clips.values()))

    def takes(self, clip_id: str) -> Sequence[TakeItem]:
        """See :class:`JobService`."""
        self._check("takes", clip_id)
        return [t for t in reversed(self._takes.values()) if t.clip_id == clip_id]

    def presets(self, text: str) -> Sequence[PresetChoice]:
        """See :class:`JobService`."""
        self._check("presets", text)
        fits = [name for name in FAKE_PRESETS if text.lower() in name.lower()]
        return [PresetChoice(f"id of {name}", name) for name in fits]

    def add_file(self, file: Path, control: TaskControl) -> ClipItem:
        """See :class:`JobService`; what is in the file does not matter."""
        self._check("add_file", file)
        control.stage(f"reading {file.name}")
        if "broken" in file.name:
            raise MidiError(f"{file.name} is no MIDI file; export it again from the DAW")
        return self._clips[self.receive(fake_clip(file.stem), DROPPED)]

    def render_again(self, file: Path) -> TakeItem:
        """See :class:`JobService`; files called ``take…`` are ours."""
        self._check("render_again", file)
        if not file.name.startswith("take"):
            raise AudioError(f"{file.name} holds no provenance; it was not rendered here")
        clip_id = self.receive(fake_clip(file.stem), f"from {file.name}")
        return self._add(clip_id, "My cello", 7)

    def submit(
        self, clip_id: str, presets: Sequence[str], *, seed: int = 0, takes: int = 1
    ) -> Sequence[TakeItem]:
        """See :class:`JobService`."""
        self._check("submit", clip_id, tuple(presets), seed, takes)
        names = [preset.removeprefix("id of ") for preset in presets]
        return [self._add(clip_id, name, seed + take) for name in names for take in range(takes)]

    def cancel(self, take_id: int) -> None:
        """See :class:`JobService`."""
        self._check("cancel", take_id)
        self.change(take_id, state="cancelled", stage="cancelled", seconds_left=None)

    def retry(self, take_id: int) -> TakeItem:
        """See :class:`JobService`."""
        self._check("retry", take_id)
        take = self._takes[take_id]
        return self._add(take.clip_id, take.preset, take.seed)

    def put_first(self, take_id: int) -> None:
        """See :class:`JobService`."""
        self._check("put_first", take_id)
        self.change(take_id, stage="queued, next")

    def limits(self, clip_id: str, control: TaskControl) -> Sequence[str]:
        """See :class:`JobService`."""
        self._check("limits", clip_id)
        control.progress(1.0)
        return self.known_limits

    def _check(self, *asked: object) -> None:
        self.asked.append(asked)
        if self.problem is not None:
            raise self.problem

    def _add(self, clip_id: str, preset: str, seed: int) -> TakeItem:
        number = len(self._takes) + 1
        waiting = self.under_way
        stage = f"queued behind {waiting}" if waiting else "queued, next"
        take = TakeItem(number, clip_id, preset, "this window", "queued", stage, seed=seed)
        self._takes[number] = take
        self._events.take_changed.emit(take)
        return take


def jobs_with_takes() -> FakeJobs:
    """One with two clips, and takes of one in every state: for pictures and the gallery."""
    jobs = FakeJobs()
    jobs.receive(fake_clip("chorale", 200), "dropped here")
    riff = jobs.receive(fake_clip("riff, bar 17", 32))
    for preset in ("Warm Drawbars", "Small Bell", "My cello", "Hollow flute"):
        jobs.submit(riff, [preset])
    jobs.finish(1, fake_take_file(fake_clip(), "riff-warm-drawbars.wav", 0.2))
    jobs.finish(4, fake_take_file(fake_clip(), "riff-hollow-flute.wav", 0.8))
    jobs.render_fraction(2, 0.42, 8.0)
    jobs.fail(3, "the recording “cello.flac” is gone from the library")
    return jobs
