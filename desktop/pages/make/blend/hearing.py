"""The blend that is made, heard live while it changes."""

from __future__ import annotations

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from desktop.pages.make.blend.model import BlendModel
from desktop.services.interfaces import LiveService, LiveState

_LOOK_MS = 40


class BlendHearing(QObject):
    """Begins the blend when its presets change, and moves it when their weights do.

    Args:
        live: plays.
        model: the blend.
        parent: as of any QObject.

    Attributes:
        state_changed: how the playing stands, a :class:`LiveState`.
        failed: why it cannot be heard, in words.
        begun_again: somebody else had taken the live stream, and notes that were held are gone.
        ended: the live stream is let go of; whoever played before may begin again.
    """

    state_changed = pyqtSignal(object)
    failed = pyqtSignal(str)
    begun_again = pyqtSignal()
    ended = pyqtSignal()

    def __init__(self, live: LiveService, model: BlendModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._live, self._model = live, model
        self._is_on = False
        self._device = ""
        self._begun: tuple[object, ...] | None = None
        self._sent: tuple[float, ...] = ()
        self._told = LiveState()
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)
        model.parts_changed.connect(self._play)
        model.weights_changed.connect(self._play)

    @property
    def is_on(self) -> bool:
        """Whether it is heard."""
        return self._is_on

    @property
    def problem(self) -> str:
        """Why it cannot be heard, with the names of its presets; empty if it can."""
        names = {entry.preset_id: entry.name for entry in self._model.entries}
        return self._told.problem_with(names)

    @property
    def state(self) -> LiveState:
        """How it stood when it was last looked at."""
        return self._told

    def set_on(self, is_on: bool) -> None:
        """Let it be heard, or no longer."""
        if is_on == self._is_on:
            return
        self._is_on = is_on
        self._begun = None
        if is_on:
            self._timer.start()
            self._play()
            self.look()
            return
        self._timer.stop()
        self._live.end()
        self._told = LiveState()
        self.state_changed.emit(self._told)
        self.ended.emit()

    def set_device(self, device: str) -> None:
        """Play through a device from now on; empty is the system's own."""
        self._device = device
        self._play()

    def look(self) -> None:
        """See how it stands."""
        if self._is_on and self._begun is not None and not self._live.plays_blend:
            self._begun = None
            self._play()
            self.begun_again.emit()
        state = self._live.state
        if state == self._told:
            return
        before = self.problem
        self._told = state
        self.state_changed.emit(state)
        if self.problem and self.problem != before:
            self.failed.emit(self.problem)

    def _play(self) -> None:
        if not self._is_on:
            return
        model = self._model
        weights = model.heard
        if model.silence:
            self._live.all_notes_off()
            return
        ids = tuple(entry.preset_id for entry in model.entries)
        wanted = (ids, model.mode, self._device)
        if wanted != self._begun:
            parts = list(zip(ids, weights, strict=True))
            self._live.begin_blend(parts, self._device, mode=model.mode)
            self._begun = wanted
        elif weights != self._sent:
            self._live.set_weights(weights)
        self._sent = weights
