"""Takes measured by no listener: what is heard of a take depends on its name alone."""

from __future__ import annotations

import zlib
from pathlib import Path

from core.clip import Clip, Note
from core.errors import TimbreError
from desktop.services.checks.interface import TakeCheck
from desktop.services.fakes.jobs import fake_clip
from desktop.tasks import TaskControl


class FakeChecks:
    """A :class:`desktop.services.checks.interface.CheckService`.

    Attributes:
        clip: every take plays it.
        checked: files that were measured, in order.
        results: by file name, what is heard; others are made up.
        kept: what was measured before, by file name.
        problem: raised instead of measuring.
    """

    def __init__(self, clip: Clip | None = None) -> None:
        self.clip = clip or fake_clip()
        self.checked: list[Path] = []
        self.results: dict[str, TakeCheck] = {}
        self.kept: dict[str, TakeCheck] = {}
        self.problem: TimbreError | None = None

    def known(self, file: Path) -> TakeCheck | None:
        """As the interface says."""
        return self.kept.get(file.name)

    def check(self, file: Path, control: TaskControl) -> TakeCheck:
        """As the interface says."""
        if file.name not in self.kept:
            self.checked.append(file)
            control.progress(0.5)
            if self.problem is not None:
                raise self.problem
            self.kept[file.name] = self.results.get(file.name) or fake_check(self.clip, file.name)
        return self.kept[file.name]


def checks_with_results() -> FakeChecks:
    """One that measured the takes of :func:`desktop.services.fakes.jobs.jobs_with_takes`."""
    checks = FakeChecks()
    for name in ("riff-warm-drawbars.wav", "riff-hollow-flute.wav"):
        checks.kept[name] = fake_check(checks.clip, name)
    return checks


def fake_check(clip: Clip, name: str) -> TakeCheck:
    """Some notes missed and some added.

    Args:
        clip: what the take plays.
        name: of the take; decides which.
    """
    number = zlib.crc32(name.encode())
    missed = clip.notes[number % 7 :: 11]
    added = tuple(
        Note(note.start_s + 0.1, min(note.pitch + 12, 127), 60, 0.2)
        for note in clip.notes[number % 5 :: 9]
    )
    heard = len(clip.notes) - len(missed)
    note_f = 2 * heard / (len(clip.notes) + heard + len(added))
    likeness = 0.6 + (number % 37) / 100
    return TakeCheck(
        len(clip.notes), missed, added, note_f, likeness, "the recording cello.flac", "embedded-1"
    )
