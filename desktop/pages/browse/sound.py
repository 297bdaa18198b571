"""What the page does by how presets sound: bars, edits, searches from one preset, variations."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QObject, pyqtSignal

from core.descriptors.adjectives import ADJECTIVES, Adjective, beyond
from core.library.presets import Preset, PresetMeasures
from desktop.pages.browse.details import DetailPane
from desktop.pages.browse.edits import PresetEdits
from desktop.pages.browse.filters import FilterBar
from desktop.pages.browse.measuring import PresetMeasuring
from desktop.pages.browse.model import PresetModel
from desktop.services.interfaces import PresetService
from desktop.tasks import Lane, TaskControl, Tasks
from desktop.translations.words import translate

DIRECTIONS = tuple(
    (adjective, is_higher, adjective.higher if is_higher else adjective.lower)
    for adjective in ADJECTIVES
    for is_higher in (False, True)
)
"""A pair, whether towards its high end, and the word for that."""


def sound_actions() -> tuple[tuple[str, str, str], ...]:
    """Name, text and key, as of :data:`desktop.pages.browse.actions.PAGE_ACTIONS`."""
    more = translate("Browse", "{more} than this")  # such as Brighter than this
    vary = translate("Browse", "Like this, but {more}")
    alike = translate("Browse", "Alike in {sound}")
    words = [word for _, _, word in DIRECTIONS]
    return (
        *((f"browse.find_{word}", more.format(more=word.capitalize()), "") for word in words),
        *((f"browse.vary_{word}", vary.format(more=word), "") for word in words),
        ("browse.vary_near", translate("Browse", "Something near this"), ""),
        *((f"browse.find_as_{one.name}", alike.format(sound=one.name), "") for one in ADJECTIVES),
        ("browse.any_sound", translate("Browse", "Any sound: take the ranges off"), ""),
    )


class SoundControls(QObject):
    """See the module's first line.

    Args:
        presets, tasks: as of the page.
        edits: what can be undone.
        model: the list.
        filters: what it is narrowed by.
        details: the pane of the preset at hand.

    Attributes:
        status: what is or was done, in words.
        failed: what could not be done and why, in words.
    """

    status = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(
        self,
        presets: PresetService,
        tasks: Tasks,
        edits: PresetEdits,
        model: PresetModel,
        filters: FilterBar,
        details: DetailPane,
    ) -> None:
        super().__init__(details)
        self._presets, self._tasks, self._edits = presets, tasks, edits
        self._model, self._filters, self._details = model, filters, details
        self._measuring: PresetMeasuring = model.measuring
        self._measuring.arrived.connect(self._arrived)
        details.sound.edited.connect(self._edit)
        details.sound.all_reset.connect(self._reset)
        edits.measures_changed.connect(self._measuring.forget)
        model.loaded.connect(self._say_left_out)

    def does(self, current: Callable[[], Preset | None]) -> dict[str, Callable[[], object]]:
        """What is done, by the name of its action.

        Args:
            current: gives the preset at hand.
        """

        def with_current(do: Callable[[Preset], object]) -> Callable[[], object]:
            def run() -> None:
                preset = current()
                if preset is not None:
                    do(preset)

            return run

        found: dict[str, Callable[[], object]] = {
            "browse.vary_near": with_current(lambda preset: self._vary(preset, None, False)),
            "browse.any_sound": lambda: self._filters.set_ranges(()),
        }
        for one in ADJECTIVES:
            found[f"browse.find_as_{one.name}"] = with_current(
                partial(self._filters.show_alike, aspect=one.name)
            )
        for pair, is_higher, word in DIRECTIONS:
            found[f"browse.find_{word}"] = with_current(
                partial(self._find, pair=pair, is_higher=is_higher)
            )
            found[f"browse.vary_{word}"] = with_current(
                partial(self._vary, pair=pair, is_higher=is_higher)
            )
        return found

    def show(self, preset: Preset) -> None:
        """Show in the pane what a preset measures."""
        measures = self._measuring.measures(preset)
        problem = self._measuring.problem(preset)
        if not problem and self._measuring.is_waiting(preset):
            problem = self.tr("measuring …")
        self._details.sound.show_measures(measures, problem)

    def _arrived(self, preset_id: str) -> None:
        preset = self._details.preset
        if preset is not None and preset.id == preset_id:
            self.show(preset)

    # Edits.

    def _edit(self, name: str, place: float | None) -> None:
        preset = self._details.preset
        if preset is None:
            return
        known = self._measuring.measures(preset) or PresetMeasures()
        before = known.edited.get(name)
        if place != before:
            self._edits.edit_measures(preset, {name: place}, {name: before})

    def _reset(self) -> None:
        preset = self._details.preset
        if preset is not None:
            before = (self._measuring.measures(preset) or PresetMeasures()).edited
            if before:
                self._edits.edit_measures(preset, dict.fromkeys(before), dict(before))

    # Searches from one preset.

    def _find(self, preset: Preset, pair: Adjective, is_higher: bool) -> None:
        """*Darker than this*: narrow the list to what is further in a direction."""

        def place(control: TaskControl) -> float:
            known = self._presets.measures([preset.id]).get(preset.id, PresetMeasures())
            if pair.name not in known.places:
                control.stage(self.tr("measuring {}").format(preset.name))
                known = self._presets.measure(preset.id, control)
            return known.places[pair.name]

        def narrow(found: float) -> None:
            word = pair.higher if is_higher else pair.lower
            words = self.tr("{} than {}").format(word, preset.name)
            self._filters.set_range(beyond(pair, found, is_higher=is_higher), words)

        self._tasks.run(
            place,
            then=narrow,
            failed=self._tell,
            lane=Lane.FILES,
            owner=self,
            replaces=f"find by sound {id(self):x}",
            staged=self.status.emit,
        )

    def _say_left_out(self) -> None:
        if self._model.query.ranges:
            self._tasks.run(
                lambda _control: self._presets.not_measured(),
                then=self._left_out,
                failed=self._tell,
                owner=self,
                replaces=f"left out {id(self):x}",
            )

    def _left_out(self, count: int) -> None:
        if count and self._model.query.ranges:
            total = self._model.total
            words = (
                self.tr("1 preset") if total == 1 else self.tr("{} presets").format(f"{total:,}")
            )
            left = self.tr("{}; {} not measured yet are left out").format(words, f"{count:,}")
            self.status.emit(left)

    # Variations.

    def _vary(self, preset: Preset, pair: Adjective | None, is_higher: bool) -> None:
        """*Like this, but brighter*, or something near."""
        name = "" if pair is None else pair.name
        self._edits.add(
            self.tr("Variation of {}").format(preset.name),
            lambda control: self._presets.vary(preset.id, name, is_higher, control),
            self.status.emit,
        )

    def _tell(self, error: Exception) -> None:
        self._edits.tell(error)
