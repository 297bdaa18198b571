"""A bridge with no sockets, for tests and the gallery."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from desktop.services.bridge_interface import (
    BridgeEvents,
    BridgeState,
    ConnectedClient,
    TripStep,
)
from desktop.tasks import TaskControl


class FakeBridge:
    """A :class:`desktop.services.bridge_interface.BridgeControl`.

    Attributes:
        problem: what keeps it from being turned on, if anything does.
        is_wanted: see :class:`BridgeControl`.
        trip: what :meth:`test_trip` answers.
    """

    def __init__(self, problem: str = "") -> None:
        self._events = BridgeEvents()
        self._state = BridgeState()
        self.problem, self.is_wanted = problem, False
        self._clients: list[ConnectedClient] = []
        self._lines: list[str] = []
        self.trip: tuple[TripStep, ...] = (
            TripStep("hello answered in 2 ms"),
            TripStep("a clip of 3 notes sent, rendered in Small Bell and answered in 0.3 s"),
        )

    @property
    def events(self) -> BridgeEvents:
        """See :class:`BridgeControl`."""
        return self._events

    @property
    def state(self) -> BridgeState:
        """See :class:`BridgeControl`."""
        return self._state

    def turn_on(self) -> BridgeState:
        """See :class:`BridgeControl`."""
        self.is_wanted = True
        if self.problem:
            return self._set(BridgeState(problem=self.problem))
        return self._set(BridgeState(True, "bridge on, port 9270; no DAW yet", 9270))

    def turn_off(self) -> BridgeState:
        """See :class:`BridgeControl`."""
        self.is_wanted = False
        return self._set(BridgeState())

    def connect_client(self, name: str) -> BridgeState:
        """Somebody speaks with it."""
        self._clients.insert(0, ConnectedClient(name, name, time.time()))
        self.note(f"{name} says hello from 127.0.0.1:9271")
        clients = (*self._state.clients, name)
        words = f"{name} connected, port {self._state.port}"
        return self._set(replace(self._state, clients=clients, words=words))

    @property
    def clients(self) -> Sequence[ConnectedClient]:
        """See :class:`BridgeControl`."""
        return tuple(self._clients)

    @property
    def log(self) -> Sequence[str]:
        """See :class:`BridgeControl`."""
        return tuple(self._lines)

    def test_trip(self, control: TaskControl) -> Sequence[TripStep]:
        """See :class:`BridgeControl`."""
        control.stage("rendering in Small Bell")
        return self.trip

    def note(self, line: str) -> None:
        """Something happened."""
        self._lines.append(f"12:00:00  {line}")
        self._events.logged.emit(self._lines[-1])

    def _set(self, state: BridgeState) -> BridgeState:
        self._state = state
        self._events.changed.emit(state)
        return state


def bridge_with_clients() -> FakeBridge:
    """One that is on, with a DAW and a script: for pictures and the gallery."""
    bridge = FakeBridge()
    bridge.turn_on()
    bridge.note("bridge on, port 9270; no DAW yet")
    bridge.connect_client("Ardour")
    bridge.note("clip “riff, bar 17”, 32 notes, Ardour")
    bridge.note("riff-warm-drawbars.wav for Ardour, in Music/Timbre Bridge")
    bridge.connect_client("a Python script")
    return bridge
