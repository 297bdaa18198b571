"""What the window knows of the bridge: on or off, who speaks with it, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PyQt6.QtCore import QObject, pyqtSignal


@dataclass(frozen=True)
class BridgeState:
    """How the bridge stands.

    Attributes:
        is_on: whether DAWs are answered.
        words: the same in one line, for people.
        port: where it listens, UDP and TCP; 0 if it does not.
        clients: names of who spoke with it, the newest last.
        problem: why it is not on though it should be, and what to do; else empty.
        deliveries: the last renders of DAWs' clips and where they went, the newest first.
    """

    is_on: bool = False
    words: str = "bridge off"
    port: int = 0
    clients: tuple[str, ...] = ()
    problem: str = ""
    deliveries: tuple[str, ...] = ()


class BridgeEvents(QObject):
    """What happens, said on the thread of the window.

    Attributes:
        changed: the :class:`BridgeState` is another.
    """

    changed = pyqtSignal(object)


class BridgeControl(Protocol):
    """The bridge's switch."""

    @property
    def events(self) -> BridgeEvents:
        """Quick."""
        ...

    @property
    def state(self) -> BridgeState:
        """Quick."""
        ...

    def turn_on(self) -> BridgeState:
        """Answer DAWs; what keeps it from that is in the state. Slow."""
        ...

    def turn_off(self) -> BridgeState:
        """Answer no more; renders under way go on. Slow."""
        ...
