"""Live playing without a process: remembers what was played."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.timbre import BlendMode
from desktop.services.interfaces import LiveState


class FakeLive:
    """Says what a test wants it to.

    Attributes:
        orders: what was asked of it.
        state: as of the interface; set it.
        plays_blend: as of the interface.
    """

    def __init__(self) -> None:
        self.plays_blend = False
        self.orders: list[tuple[Any, ...]] = []
        self.state = LiveState(key_to_sound_ms=18.7, midi_inputs=("Keystation",))

    def begin(self, preset_id: str, device: str = "") -> None:
        """As the interface says."""
        self.plays_blend = False
        self.orders.append(("begin", preset_id, device))

    def begin_blend(
        self, parts: Sequence[tuple[str, float]], device: str = "", *, mode: BlendMode = "slerp"
    ) -> None:
        """As the interface says."""
        self.plays_blend = True
        self.orders.append(("begin blend", tuple(parts), device, mode))

    def set_weights(self, weights: Sequence[float]) -> None:
        """As the interface says."""
        self.orders.append(("weights", tuple(weights)))

    def end(self) -> None:
        """As the interface says."""
        self.plays_blend = False
        self.orders.append(("end",))

    def note_on(self, pitch: int, velocity: int) -> None:
        """As the interface says."""
        self.orders.append(("on", pitch, velocity))

    def note_off(self, pitch: int) -> None:
        """As the interface says."""
        self.orders.append(("off", pitch))

    def all_notes_off(self) -> None:
        """As the interface says."""
        self.orders.append(("all off",))
