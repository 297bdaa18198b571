"""Recordings, a microphone and words with nothing behind them."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.clip import Note
from core.encoders.base import HeardNotes
from core.errors import Cancelled, TimbreError
from core.library.presets import Neighbour
from desktop.services.fakes.presets import FakePresets
from desktop.services.interfaces import PresetQuery
from desktop.services.making.interface import MakingServices, RecordingState

if TYPE_CHECKING:
    from core.audio.regions import SoundOutline
    from core.types import FloatArray
    from desktop.tasks import TaskControl

RATE = 8000
_PITCHES = (48, 55, 60, 64, 67, 72)


class FakeRecordings:
    """Every file is twelve seconds of plucked notes, one every two seconds.

    Attributes:
        seconds: how long files are.
        failure: raised by whatever is called next and after, unless None.
        remarks: on what is heard.
        waiting: recordings of the microphone that are no presets yet.
        heard: regions that were listened to.
        parts: regions that files were made of.
        let_go: listening waits until it is set.
    """

    def __init__(self, seconds: float = 12.0) -> None:
        self.seconds = seconds
        self.failure: TimbreError | None = None
        self.remarks: tuple[str, ...] = ()
        self.waiting: list[Path] = []
        self.heard: list[tuple[float, float]] = []
        self.parts: list[tuple[float, float] | None] = []
        self.let_go = threading.Event()
        self.let_go.set()

    def outline(
        self, file: Path, start_s: float, end_s: float | None, control: TaskControl
    ) -> SoundOutline:
        """As the interface says, and all that follow."""
        from core.audio.regions import SoundOutline

        self._check()
        end_s = self.seconds if end_s is None else end_s
        times = np.linspace(start_s, end_s, 1500)
        since = times % 2.0
        height = np.exp(-2.0 * since) * (0.6 + 0.3 * np.sin(40 * times)) * np.minimum(1, 60 * since)
        peaks = np.stack([-height * 0.9, height]).astype(np.float32)
        return SoundOutline(peaks, start_s, end_s, RATE, 1)

    def sound(self, file: Path, start_s: float, end_s: float) -> tuple[FloatArray, int]:
        self._check()
        return np.zeros((1, round((end_s - start_s) * RATE)), np.float32), RATE

    def heard_notes(
        self, file: Path, start_s: float, end_s: float, control: TaskControl
    ) -> HeardNotes:
        self._check()
        control.stage("listening for notes")
        while not self.let_go.wait(0.005):
            if control.is_cancelled:
                raise Cancelled("cancelled")
        self.heard.append((start_s, end_s))
        notes = [
            Note(start, _PITCHES[number % len(_PITCHES)], 90, 1.6)
            for number, start in enumerate(np.arange(0.0, self.seconds, 2.0).tolist())
            if start_s <= start < end_s
        ]
        return HeardNotes(tuple(notes), start_s, min(end_s, start_s + 8.0), self.remarks)

    def part(self, file: Path, region: tuple[float, float] | None, control: TaskControl) -> Path:
        self._check()
        self.parts.append(region)
        return file

    def kept(self) -> Sequence[Path]:
        return tuple(self.waiting)

    def release(self, file: Path) -> Path:
        if file in self.waiting:
            self.waiting.remove(file)
        return file

    def _check(self) -> None:
        if self.failure is not None:
            raise self.failure


class FakeMicrophone:
    """Records nothing; a test moves its time.

    Attributes:
        names: of devices.
        file: what the next recording becomes.
        problem: why the next recording does not begin.
        state: as of the interface; set it.
        asked: devices that were recorded from.
    """

    def __init__(self, file: Path = Path("Recording 1.wav")) -> None:
        self.names: tuple[str, ...] = ("Built-in Microphone", "USB Interface")
        self.file, self.problem = file, ""
        self.state = RecordingState()
        self.asked: list[str] = []

    def devices(self) -> Sequence[str]:
        """As the interface says."""
        return self.names

    def start(self, device: str = "") -> None:
        """As the interface says."""
        self.asked.append(device)
        self.state = RecordingState(is_recording=not self.problem, problem=self.problem)

    def stop(self) -> None:
        """As the interface says."""
        self.state = replace(self.state, is_recording=False, level_db=-math.inf, file=self.file)


class FakeWords:
    """Presets whose names or tags share letters with the words.

    Attributes:
        presets: that are found.
        asked: words.
        failure: raised by the next question and after, unless None.
        let_go: an answer waits until it is set.
    """

    def __init__(self, presets: FakePresets | None = None) -> None:
        self.presets = presets or FakePresets()
        self.asked: list[str] = []
        self.failure: TimbreError | None = None
        self.let_go = threading.Event()
        self.let_go.set()

    def nearest(self, words: str, limit: int, control: TaskControl) -> Sequence[Neighbour]:
        """As the interface says."""
        if self.failure is not None:
            raise self.failure
        control.stage("loading the model")
        while not self.let_go.wait(0.005):
            if control.is_cancelled:
                raise Cancelled("cancelled")
        self.asked.append(words)
        wanted = set(words.casefold().replace(" ", ""))
        found = []
        for preset in self.presets.page(PresetQuery(), 0, 1000).presets:
            letters = set(preset.name.casefold().replace(" ", ""))
            found.append(Neighbour(preset, len(wanted & letters) / max(1, len(wanted | letters))))
        found.sort(key=lambda one: (-one.similarity, one.preset.name))
        return found[:limit]


def fake_making() -> MakingServices:
    """All of them."""
    return MakingServices(FakeRecordings(), FakeMicrophone(), FakeWords())
