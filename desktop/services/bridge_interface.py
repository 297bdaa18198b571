"""What the window knows of the bridge: on or off, who speaks with it, and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from PyQt6.QtCore import QObject, pyqtSignal

from desktop.tasks import TaskControl


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


@dataclass(frozen=True)
class ConnectedClient:
    """Who spoke with the bridge since it is on.

    Attributes:
        name: as it calls itself.
        words: who that is, for people.
        heard_at: when it last said something, seconds since 1970.
    """

    name: str
    words: str
    heard_at: float


@dataclass(frozen=True)
class TripStep:
    """One leg of the way from a DAW to the bridge and back.

    Attributes:
        words: what was tried, and how it went.
        is_ok: whether it went well; the last step alone can have failed.
        advice: what to do if it did not; else empty.
    """

    words: str
    is_ok: bool = True
    advice: str = ""


class BridgeEvents(QObject):
    """What happens, said on the thread of the window.

    Attributes:
        changed: the :class:`BridgeState` is another.
        logged: one line was added to the log.
    """

    changed = pyqtSignal(object)
    logged = pyqtSignal(str)


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

    @property
    def is_wanted(self) -> bool:
        """Whether it was turned on last, be it on or kept from that; quick."""
        ...

    def turn_on(self) -> BridgeState:
        """Answer DAWs; what keeps it from that is in the state. Slow."""
        ...

    def turn_off(self) -> BridgeState:
        """Answer no more; renders under way go on. Slow."""
        ...

    @property
    def clients(self) -> Sequence[ConnectedClient]:
        """Who spoke with it, the last heard first; quick."""
        ...

    @property
    def log(self) -> Sequence[str]:
        """What happened, a line each with its time, the oldest first; quick."""
        ...

    def test_trip(self, control: TaskControl) -> Sequence[TripStep]:
        """Do what a DAW does: say hello, send a clip, have it rendered, look at the file; slow."""
        ...
