"""Pages' wishes to hear a preset, brought to the stage, which comes after the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject, pyqtSignal

from desktop.faults import as_fault, fault_of
from desktop.parts import MAP, STAGE, Services
from desktop.tasks import HEAR, Lane, Tasks
from desktop.window import MainWindow

if TYPE_CHECKING:
    from core.clip import Clip
    from core.timbre import Timbre


class StageLink(QObject):
    """See the module's first line.

    Args:
        window: where the stage goes.
        services: what it is given.
        tasks: the one door.

    Attributes:
        clip_opened: a MIDI file was opened on the stage.
    """

    clip_opened = pyqtSignal(Path)

    def __init__(self, window: MainWindow, services: Services, tasks: Tasks) -> None:
        super().__init__(window)
        self._window, self._services, self._tasks = window, services, tasks
        self._stage: Any = None
        self._waiting: tuple[str | Timbre, str, bool] | None = None
        self._clip: Clip | None = None

    def load(self) -> None:
        """Have the stage made and put in; what draws its sound takes a while to import."""
        lane, failed = Lane.BACKGROUND, lambda error: self._window.say_fault(fault_of(error))
        self._tasks.run(lambda _: STAGE.load(), self._add, failed=failed, lane=lane, owner=self)
        # What opens at a click later: its import would hold the window then.
        self._tasks.run(lambda _: MAP.load(), failed=failed, lane=lane, owner=self)

    def _add(self, _: None) -> None:
        services, window = self._services, self._window
        stage = STAGE.make(services.auditions, services.audio, self._tasks, services.live)
        stage.status.connect(lambda words: window.say("stage", words))
        stage.failed.connect(lambda said: window.say_fault(as_fault(said)))
        stage.clip_opened.connect(self.clip_opened)
        window.set_stage(stage)
        window.commands.add(
            "stage.toggle", window.tr("Play or stop"), stage.toggle, keys="Ctrl+Space"
        )
        self._stage = stage
        if self._clip is not None:
            stage.set_clip(self._clip)
        # So that the first preset is heard at once; who hears nothing loses nothing.
        warm_up = services.auditions.warm_up
        self._tasks.run(
            warm_up, failed=lambda _: None, lane=Lane.AUDITION, owner=self, replaces=HEAR
        )
        if self._waiting is not None:
            self._bring(*self._waiting)

    @property
    def clip(self) -> Clip | str:
        """What presets are heard with: a clip, or a phrase by its name."""
        if self._stage is not None:
            heard: Clip | str = self._stage.clip
            return heard
        return self._clip or self._services.auditions.phrases()[0]

    def give_back_stream(self) -> None:
        """Something else had the live stream; keys play the preset again."""
        if self._stage is not None and self._stage.live_panel is not None:
            self._stage.live_panel.begin_again()

    def use_clip(self, clip: Clip) -> None:
        """Presets are heard with a clip from now on."""
        self._clip = clip
        if self._stage is not None:
            self._stage.set_clip(clip)

    def choose(self, preset_id: str) -> None:
        """A preset is the one that is looked at."""
        self._ask(preset_id, is_played=False)

    def play(self, preset_id: str) -> None:
        """A preset wants to be heard."""
        self._ask(preset_id, is_played=True)

    def hear(self, preset_id: str, name: str) -> None:
        """A preset whose name is known wants to be heard."""
        self._bring(preset_id, name, True)

    def hear_timbre(self, timbre: Timbre, name: str) -> None:
        """A timbre that is no preset yet wants to be heard."""
        self._bring(timbre, name, True)

    def _ask(self, preset_id: str, *, is_played: bool) -> None:
        if not preset_id:
            return
        presets = self._services.presets
        self._tasks.run(
            lambda _: presets.details(preset_id).preset.name,
            lambda name: self._bring(preset_id, name, is_played),
            owner=self,
            # A wish to hear outlives the notice, after it, that the preset is looked at.
            replaces="preset to play" if is_played else "preset to look at",
        )

    def _bring(self, chosen: str | Timbre, name: str, is_played: bool) -> None:
        """Bring a preset, by its id, or a timbre that is none yet."""
        if self._stage is None:
            self._waiting = (chosen, name, is_played)
            return
        if isinstance(chosen, str):
            self._stage.set_preset(chosen, name)
        else:
            self._stage.set_timbre(chosen, name)
        if is_played:
            self._stage.play()
