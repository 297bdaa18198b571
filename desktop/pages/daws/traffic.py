"""The last clips of DAWs and where their renders went, newest first."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from desktop.services.jobs_interface import DROPPED, ClipItem, TakeItem
from desktop.translations.words import translate

SHOWN = 50
"""Rows."""

_OWN = "this window"


@dataclass(frozen=True)
class TrafficRow:
    """A clip of a DAW, or one render of it.

    Attributes:
        came: when the clip came, for people; empty if that was in an earlier run.
        clip: its name.
        source: who sent it.
        take: its render; None before one is asked for.
    """

    came: str
    clip: str
    source: str
    take: TakeItem | None = None

    @property
    def state(self) -> str:
        """How the render stands, in words."""
        if self.take is None:
            return translate("Daws", "came, not rendered yet")
        return self.take.error or self.take.stage

    @property
    def files(self) -> str:
        """What it made, and where."""
        if self.take is None or not self.take.files:
            return ""
        return ", ".join(str(file) for file in self.take.files)


class Traffic:
    """Clips and renders as they are said."""

    def __init__(self) -> None:
        self._clips: OrderedDict[str, ClipItem] = OrderedDict()
        self._takes: dict[int, TakeItem] = {}

    def add_clip(self, clip: ClipItem) -> bool:
        """A clip came; whether it is one of a DAW."""
        if clip.source == DROPPED or clip.source == _OWN or clip.source.startswith("from "):
            return False
        self._clips[clip.id] = clip
        self._clips.move_to_end(clip.id)
        if len(self._clips) > SHOWN:
            gone, _ = self._clips.popitem(last=False)
            self._takes = {i: take for i, take in self._takes.items() if take.clip_id != gone}
        return True

    def add_take(self, take: TakeItem) -> bool:
        """A render got further; whether it is one of a DAW's clip, asked for by a DAW."""
        if take.clip_id not in self._clips or take.source == _OWN:
            return False
        self._takes[take.id] = take
        return True

    def rows(self) -> Sequence[TrafficRow]:
        """All, the newest first."""
        takes: dict[str, list[TakeItem]] = {}
        for take in sorted(self._takes.values(), key=lambda take: -take.id):
            takes.setdefault(take.clip_id, []).append(take)
        rows: list[TrafficRow] = []
        for clip in reversed(self._clips.values()):
            came = time.strftime("%H:%M", time.localtime(clip.came_at)) if clip.came_at else ""
            mine: list[TakeItem | None] = [*takes.get(clip.id, [])]
            rows += [
                TrafficRow(came, clip.clip.name or translate("Daws", "clip"), clip.source, take)
                for take in mine or [None]
            ]
        return rows[:SHOWN]
