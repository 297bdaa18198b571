"""Favourites and presets heard lately, as lists one steps through from any page, hearing each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

from PyQt6.QtCore import QObject, pyqtSignal

from core.library.presets import Preset
from desktop.commands import Commands
from desktop.services.interfaces import PresetQuery, PresetService
from desktop.tasks import TaskControl, Tasks

SteppedList = Literal["favourites", "recent"]

MOST_STEPPED = 1000
_QUERIES: dict[SteppedList, PresetQuery] = {
    "favourites": PresetQuery(favourites=True, order="name"),
    "recent": PresetQuery(order="recent"),
}


@dataclass(frozen=True)
class PresetStep:
    """Where a step led.

    Attributes:
        preset: which is to be heard; None if the list is empty.
        place: in the list, from 1.
        ids: of the whole list, in its order.
    """

    preset: Preset | None
    place: int
    ids: tuple[str, ...]


class PresetSteps(QObject):
    """See the module's first line.

    Args:
        presets: where the lists come from.
        tasks: the one door.
        parent: the window.

    Attributes:
        heard: the id and name of a preset that is to be heard.
        status: where in the list one is, or why there is no list, in words.
        failed: the error that kept a list from being read.
    """

    heard = pyqtSignal(str, str)
    status = pyqtSignal(str)
    failed = pyqtSignal(object)

    def __init__(self, presets: PresetService, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._presets, self._tasks = presets, tasks
        self._current = ""
        self._walk: tuple[str, ...] = ()

    def set_current(self, preset_id: str) -> None:
        """Another preset is at hand: the next step begins there, if it is in the list."""
        if preset_id and preset_id != self._current:
            self._current, self._walk = preset_id, ()

    def offer(self, commands: Commands) -> None:
        """Add the commands, which work on every page and in the small window."""
        for name, title, list_, step, key in (
            ("next_favourite", self.tr("Hear the next favourite"), "favourites", 1, "Alt+PgDown"),
            ("last_favourite", self.tr("Hear the favourite before"), "favourites", -1, "Alt+PgUp"),
            ("next_recent", self.tr("Hear what was heard before"), "recent", 1, "Alt+Shift+PgDown"),
            ("last_recent", self.tr("Hear what was heard after"), "recent", -1, "Alt+Shift+PgUp"),
        ):
            walked: SteppedList = "favourites" if list_ == "favourites" else "recent"
            commands.add(f"steps.{name}", title, partial(self.step, walked, step), keys=key)

    def step(self, name: SteppedList, by: int) -> None:
        """Go on in a list, from its end to its start.

        Args:
            name: the list.
            by: +1 or −1.
        """
        current, walk = self._current, self._walk
        self._tasks.run(
            lambda _control: self._find(name, by, current, walk),
            then=partial(self._stepped, name),
            failed=self.failed.emit,
            owner=self,
            replaces=f"step {id(self):x}",
        )

    def _find(self, name: SteppedList, by: int, current: str, walk: tuple[str, ...]) -> PresetStep:
        page = self._presets.page(_QUERIES[name], 0, MOST_STEPPED)
        presets = {preset.id: preset for preset in page.presets}
        ids = tuple(presets)
        if name == "recent" and walk and {*walk} == {*ids}:
            ids = walk  # hearing them changes the list; one walks through it as it was
        if not ids:
            return PresetStep(None, 0, ())
        place = (ids.index(current) + by) % len(ids) if current in ids else (0 if by > 0 else -1)
        return PresetStep(presets[ids[place]], place % len(ids) + 1, ids)

    def _stepped(self, name: SteppedList, step: PresetStep) -> None:
        preset = step.preset
        if preset is None:
            empty = {
                "favourites": self.tr("No favourites yet; F marks the preset at hand as one"),
                "recent": self.tr("No preset was heard yet"),
            }
            self.status.emit(empty[name])
            return
        self._current, self._walk = preset.id, step.ids
        words = {"favourites": self.tr("favourite {} of {}: {}"), "recent": self.tr("{} of {}: {}")}
        self.status.emit(words[name].format(step.place, f"{len(step.ids):,}", preset.name))
        self.heard.emit(preset.id, preset.name)

        def note(_control: TaskControl) -> None:
            self._presets.note_heard(preset.id)

        self._tasks.run(note, owner=self, replaces=f"note a step {id(self):x}")
