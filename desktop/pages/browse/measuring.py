"""What presets measure: those in view are asked for, and measured first, in the background."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Mapping
from functools import partial

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from core.errors import TimbreError
from core.library.presets import Preset, PresetMeasures
from desktop.faults import words_of
from desktop.services.interfaces import PresetService
from desktop.tasks import Lane, LaneTask, Tasks

_MOST_KEPT = 4000
_MOST_WAITING = 48
"""More than a screen of them; of a list that is scrolled fast, the oldest wishes are dropped."""

_log = logging.getLogger(__name__)
_Key = tuple[str, int]
"""A preset's id and version: one sound."""


class PresetMeasuring(QObject):
    """Measures by preset, kept while they are in use.

    Nobody's child: a page may be collected while one arrives, and takes its children with it.

    Args:
        presets: measure them.
        tasks: the door to other threads.

    Attributes:
        arrived: the id of a preset whose measures are there, or cannot be.
    """

    arrived = pyqtSignal(str)

    def __init__(self, presets: PresetService, tasks: Tasks) -> None:
        super().__init__()
        self._presets, self._tasks = presets, tasks
        self._known: OrderedDict[_Key, PresetMeasures] = OrderedDict()
        self._asked: dict[_Key, None] = {}
        self._waiting: OrderedDict[_Key, LaneTask[PresetMeasures]] = OrderedDict()
        self._problems: dict[_Key, str] = {}
        # What is painted in one go is asked for in one go.
        self._asking = QTimer(self)
        self._asking.setSingleShot(True)
        self._asking.setInterval(0)
        self._asking.timeout.connect(self._ask)

    def measures(self, preset: Preset) -> PresetMeasures | None:
        """What a preset measures; None until that is known."""
        key = (preset.id, preset.version)
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        if key not in self._asked:
            self._asked[key] = None
            self._asking.start()
        return None

    def problem(self, preset: Preset) -> str:
        """Why a preset cannot be measured; empty if it can, or nobody knows yet."""
        return self._problems.get((preset.id, preset.version), "")

    def is_waiting(self, preset: Preset) -> bool:
        """Whether it is still to be measured."""
        return (preset.id, preset.version) in self._waiting

    def forget(self, preset_id: str) -> None:
        """What a preset measures has changed."""
        for key in [key for key in self._known if key[0] == preset_id]:
            del self._known[key]
        self.arrived.emit(preset_id)

    def _ask(self) -> None:
        keys = [key for key in self._asked if key not in self._known]
        if keys:
            self._tasks.run(
                lambda _control: self._presets.measures([key[0] for key in keys]),
                then=partial(self._take, keys),
                failed=partial(self._not_told, keys),
                owner=self,
            )

    def _take(self, keys: list[_Key], found: Mapping[str, PresetMeasures]) -> None:
        for key in keys:
            self._asked.pop(key, None)
            measures = found.get(key[0], PresetMeasures())
            if not measures.is_measured and key[0] in found and key not in self._problems:
                self._measure(key)
            self._keep(key, measures)

    def _not_told(self, keys: list[_Key], error: Exception) -> None:
        # The list says what is wrong with the library; here the bars stay empty.
        _log.info("no measures: %s", error)
        for key in keys:
            self._asked.pop(key, None)
            self._keep(key, PresetMeasures())

    def _measure(self, key: _Key) -> None:
        if key in self._waiting:
            return
        self._waiting[key] = self._tasks.run(
            lambda control: self._presets.measure(key[0], control),
            then=partial(self._measured, key),
            failed=partial(self._fail, key),
            lane=Lane.BACKGROUND,
            owner=self,
        )
        if len(self._waiting) > _MOST_WAITING:
            oldest, task = self._waiting.popitem(last=False)
            task.cancel()
            self._known.pop(oldest, None)  # asked for again when it comes into view

    def _measured(self, key: _Key, measures: PresetMeasures) -> None:
        self._waiting.pop(key, None)
        self._keep(key, measures)

    def _fail(self, key: _Key, error: Exception) -> None:
        self._waiting.pop(key, None)
        if not isinstance(error, TimbreError):
            _log.error("%s cannot be measured", key[0], exc_info=error)
        self._problems[key] = words_of(error)
        self.arrived.emit(key[0])

    def _keep(self, key: _Key, measures: PresetMeasures) -> None:
        self._known[key] = measures
        if len(self._known) > _MOST_KEPT:
            self._known.popitem(last=False)
        self.arrived.emit(key[0])
