"""What a blend is while it is made: presets with weights, some of them on corners of the pad.

List and pad show this one blend. A point of the pad sets the weights of what is on its corners;
weights set in the list move the point to where they lie, if they lie on the pad at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from PyQt6.QtCore import QObject, pyqtSignal

from core.timbre import MAX_PARTS, BlendMode
from desktop.pages.make.blend.bilinear import MIDDLE, Point, nearest_point
from desktop.pages.make.blend.entries import (
    FULL,
    BlendEntry,
    heard_shares,
    heard_weights,
    moved_to,
    parts_heard,
    to_full,
)
from desktop.pages.make.blend.path import PathPoint
from desktop.services.interfaces import BlendPart


class BlendModel(QObject):
    """See the module's first lines.

    Attributes:
        parts_changed: presets came, went or changed corners; weights may be others too.
        weights_changed: weights are others, or what is muted; not which presets there are.
        path_changed: the path is another.
        refused: what could not be done and why, in words.
    """

    parts_changed = pyqtSignal()
    weights_changed = pyqtSignal()
    path_changed = pyqtSignal()
    refused = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[BlendEntry, ...] = ()
        self._point: Point = MIDDLE
        self._is_on_pad = True
        self._path: tuple[PathPoint, ...] = ()
        self.mode: BlendMode = "slerp"

    @property
    def entries(self) -> tuple[BlendEntry, ...]:
        """In the order of the list."""
        return self._entries

    @property
    def point(self) -> Point:
        """Of the pad."""
        return self._point

    @property
    def is_on_pad(self) -> bool:
        """Whether the weights are those of :attr:`point`."""
        return self._is_on_pad

    @property
    def path(self) -> tuple[PathPoint, ...]:
        """Across the pad; empty for none."""
        return self._path

    @property
    def corners(self) -> tuple[BlendEntry | None, ...]:
        """What is on the pad's corners, [4]."""
        on = {entry.corner: entry for entry in self._entries if entry.corner is not None}
        return tuple(on.get(corner) for corner in range(4))

    @property
    def heard(self) -> tuple[float, ...]:
        """Weights with what is muted at 0, in the order of :attr:`entries`."""
        return heard_weights(self._entries)

    @property
    def shares(self) -> tuple[float, ...]:
        """Of the whole, 0…1, in the order of :attr:`entries`; all 0 if nothing is heard."""
        return heard_shares(self._entries)

    @property
    def silence(self) -> str:
        """Why nothing of it can be heard, in words; empty if it can."""
        if not self._entries:
            return self.tr("No presets yet: search for them here, or add them in Browse")
        if not any(entry.weight for entry in self._entries):
            return self.tr("Every weight is 0: raise one")
        if not any(self.heard):
            return self.tr("Everything with a weight is muted: let something be heard")
        return ""

    @property
    def problem(self) -> str:
        """Why it is no blend that could be kept, in words; empty if it is."""
        silence = self.silence
        if silence:
            return silence
        if len(self._entries) == 1:
            return self.tr("One preset is no blend: add another")
        if sum(weight > 0 for weight in self.heard) == 1:
            return self.tr("Only one preset is heard: give another a weight, or let it be heard")
        return ""

    def parts_heard(self) -> list[tuple[str, float]]:
        """Presets by id that are heard, with their shares."""
        return parts_heard(self._entries)

    def parts_at(self, point: Point) -> list[tuple[str, float]]:
        """What :meth:`parts_heard` would be at another point of the pad."""
        return parts_heard(moved_to(self._entries, point))

    def add(
        self, preset_id: str, name: str, corner: int | None = None, weight: float | None = None
    ) -> bool:
        """Put a preset in.

        Args:
            preset_id, name: of the preset.
            corner: where it goes on the pad, in place of what is there; None takes one that is
                free, if one is.
            weight: None gives it an equal share.

        Returns:
            Whether it is in now and was not before.
        """
        known = next((entry for entry in self._entries if entry.preset_id == preset_id), None)
        if known is not None:
            if corner is not None and known.corner != corner:
                self._place(known, corner)
                return False
            self.refused.emit(self.tr("{} is in the blend already").format(name))
            return False
        there = self.corners[corner] if corner is not None else None
        if there is not None:
            new = replace(there, preset_id=preset_id, name=name, is_muted=False, is_solo=False)
            self._set(new if entry is there else entry for entry in self._entries)
            return True
        if len(self._entries) >= MAX_PARTS:
            self.refused.emit(self.tr("A blend has at most {} presets").format(MAX_PARTS))
            return False
        free = [number for number, entry in enumerate(self.corners) if entry is None]
        corner = corner if corner is not None else next(iter(free), None)
        if weight is None:
            weights = [entry.weight for entry in self._entries]
            weight = sum(weights) / len(weights) if any(weights) else FULL
        self._set(to_full([*self._entries, BlendEntry(preset_id, name, weight, corner)]))
        return True

    def remove(self, preset_id: str) -> None:
        """Take a preset out."""
        self._set(entry for entry in self._entries if entry.preset_id != preset_id)

    def set_parts(self, parts: Sequence[BlendPart], mode: BlendMode = "slerp") -> None:
        """Take a blend that there is; its first four go onto the pad.

        Args:
            parts: its presets.
            mode: how they are mixed.
        """
        self.mode, self._point = mode, MIDDLE
        self.set_path(())
        self._set(
            to_full(
                BlendEntry(part.preset_id, part.name, part.weight, n if n < 4 else None)
                for n, part in enumerate(parts)
            )
        )

    def swap_corners(self, one: int, other: int) -> None:
        """Let two corners change places; one of them may be empty.

        Args:
            one, other: of the pad, 0–3.
        """
        places = {one: other, other: one}
        self._set(
            replace(entry, corner=places.get(entry.corner, entry.corner))
            if entry.corner is not None
            else entry
            for entry in self._entries
        )

    def set_weight(self, preset_id: str, weight: float) -> None:
        """Weigh a preset anew; the pad's point goes to where the weights are, or close by.

        Args:
            preset_id: which.
            weight: 0 – :data:`FULL`.
        """
        self._change(preset_id, weight=min(FULL, max(0.0, weight)))
        self._find_point()
        self.weights_changed.emit()

    def mute(self, preset_id: str, is_muted: bool) -> None:
        """Let a preset not be heard, or be heard again.

        Args:
            preset_id: which.
            is_muted: or not.
        """
        self._change(preset_id, is_muted=is_muted)
        self.weights_changed.emit()

    def solo(self, preset_id: str, is_solo: bool) -> None:
        """Hear only what is solo, or all again.

        Args:
            preset_id: which.
            is_solo: or not.
        """
        self._change(preset_id, is_solo=is_solo)
        self.weights_changed.emit()

    def move(self, point: Point) -> None:
        """Move the pad's point, and with it the weights of what is on the corners."""
        self._point = min(1.0, max(0.0, point[0])), min(1.0, max(0.0, point[1]))
        self._entries = moved_to(self._entries, self._point)
        self._is_on_pad = any(self.corners)
        self.weights_changed.emit()

    def set_path(self, path: Sequence[PathPoint]) -> None:
        """Keep a path; none takes it away."""
        if tuple(path) != self._path:
            self._path = tuple(path)
            self.path_changed.emit()

    def _place(self, entry: BlendEntry, corner: int) -> None:
        if entry.corner is not None:
            self.swap_corners(entry.corner, corner)
            return
        there = self.corners[corner]
        if there is not None:
            self._change(there.preset_id, corner=None)
        self._change(entry.preset_id, corner=corner)
        self._set(self._entries)

    def _change(self, preset_id: str, **changes: object) -> None:
        self._entries = tuple(
            replace(entry, **changes) if entry.preset_id == preset_id else entry  # type: ignore[arg-type]
            for entry in self._entries
        )

    def _set(self, entries: Iterable[BlendEntry]) -> None:
        self._entries = tuple(entries)
        self._find_point()
        self.parts_changed.emit()

    def _find_point(self) -> None:
        corners = self.corners
        weights = [0.0 if entry is None else entry.weight for entry in corners]
        filled = [entry is not None for entry in corners]
        self._point, self._is_on_pad = nearest_point(weights, filled, self._point)
