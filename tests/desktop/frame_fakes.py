"""What the window needs to open in a test: services that do next to nothing, at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QWidget

from core.errors import Cancelled
from core.library.errors import NameTaken
from core.library.presets import Preset
from core.timbre import Timbre
from desktop.parts import Services
from desktop.services.fakes.audition import FakeAuditions
from desktop.services.fakes.bridge import FakeBridge
from desktop.services.fakes.daws import FakeDaws
from desktop.services.fakes.evaluations import FakeEvaluations
from desktop.services.fakes.jobs import FakeJobs
from desktop.services.fakes.making import fake_making
from desktop.services.fakes.models import FakeModels
from desktop.services.fakes.votes import FakeVotes
from desktop.services.interfaces import PresetDetails
from desktop.tasks import TaskControl


@dataclass
class AddedPresets:
    """Presets that were added, by name.

    Attributes:
        may_go_on: cleared, an addition waits for it.
        error: raised instead of adding.
    """

    made: dict[str, Timbre] = field(default_factory=dict)
    may_go_on: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None

    def __post_init__(self) -> None:
        self.may_go_on.set()

    def add(self, name: str, timbre: Timbre, control: TaskControl) -> Preset:
        if name in self.made:
            raise NameTaken(name)
        control.stage("listening")
        while not self.may_go_on.wait(0.01):
            if not control.progress(0.5):
                raise Cancelled
        if self.error is not None:
            raise self.error
        self.made[name] = timbre
        return Preset(f"id of {name}", name, 1, "text", "")

    def details(self, preset_id: str) -> PresetDetails:
        return PresetDetails(Preset(preset_id, preset_id.removeprefix("id of "), 1, "text", ""), ())


class QuietAudio:
    """No sound."""

    device = ""


def services(presets: AddedPresets | None = None) -> Services:
    """For a window without a model, a library or a sound device."""
    return Services(
        cast(Any, presets or AddedPresets()),
        FakeAuditions(),
        cast(Any, QuietAudio()),
        FakeDaws(),
        FakeJobs(),
        FakeBridge(),
        fake_making(),
        models=FakeModels(),
        evaluations=FakeEvaluations(),
        votes=FakeVotes(),
    )


class FakePage(QWidget):
    """A page with the signals of the list of presets."""

    current_changed = pyqtSignal(str)
    play_wanted = pyqtSignal(str)
    timbre_wanted = pyqtSignal(object, str)
    render_wanted = pyqtSignal(list)
    blind_wanted = pyqtSignal(list)
    blend_wanted = pyqtSignal(list)
    edit_blend_wanted = pyqtSignal(str)
    status = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self, *_: object) -> None:
        super().__init__()
        self.is_compact = False

    def set_compact(self, is_compact: bool) -> None:
        self.is_compact = is_compact


class FakeStage(QWidget):
    """A stage that writes down what it is told."""

    playing_changed = pyqtSignal(bool)
    status = pyqtSignal(str)
    failed = pyqtSignal(str)
    clip_opened = pyqtSignal(Path)

    def __init__(self, *_: object) -> None:
        super().__init__()
        self.told: list[object] = []
        self.clip: object = "a phrase"
        self.live_panel: object = None

    def set_clip(self, clip: object) -> None:
        self.clip = clip

    def set_preset(self, preset_id: str, name: str) -> None:
        self.told.append((preset_id, name))

    def set_timbre(self, timbre: Timbre, name: str) -> None:
        self.told.append((timbre, name))

    def play(self) -> None:
        self.told.append("play")

    def toggle(self) -> None:
        self.told.append("toggle")


@dataclass(frozen=True)
class MadeBy:
    """In the place of a :class:`desktop.parts.Part` that is there."""

    make: Callable[..., Any]

    def load(self) -> None:
        """It is there."""


def local_files(folder: Path, *names: str) -> Sequence[Path]:
    """Empty files of some names."""
    for name in names:
        (folder / name).write_bytes(b"")
    return [folder / name for name in names]
