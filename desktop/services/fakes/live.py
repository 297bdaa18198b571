"""Live playing without a process: remembers what was played."""

from __future__ import annotations

from desktop.services.interfaces import LiveState


class FakeLive:
    """Says what a test wants it to.

    Attributes:
        orders: what was asked of it.
        state: as of the interface; set it.
    """

    def __init__(self) -> None:
        self.orders: list[tuple[str | int, ...]] = []
        self.state = LiveState(key_to_sound_ms=18.7, midi_inputs=("Keystation",))

    def begin(self, preset_id: str, device: str = "") -> None:
        """As the interface says."""
        self.orders.append(("begin", preset_id, device))

    def end(self) -> None:
        """As the interface says."""
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
