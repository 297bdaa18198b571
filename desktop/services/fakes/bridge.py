"""A bridge with no sockets, for tests and the gallery."""

from __future__ import annotations

from dataclasses import replace

from desktop.services.bridge_interface import BridgeEvents, BridgeState


class FakeBridge:
    """A :class:`desktop.services.bridge_interface.BridgeControl`.

    Attributes:
        problem: what keeps it from being turned on, if anything does.
    """

    def __init__(self, problem: str = "") -> None:
        self._events = BridgeEvents()
        self._state = BridgeState()
        self.problem = problem

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
        if self.problem:
            return self._set(BridgeState(problem=self.problem))
        return self._set(BridgeState(True, "bridge on, port 9270; no DAW yet", 9270))

    def turn_off(self) -> BridgeState:
        """See :class:`BridgeControl`."""
        return self._set(BridgeState())

    def connect_client(self, name: str) -> BridgeState:
        """Somebody speaks with it."""
        clients = (*self._state.clients, name)
        words = f"{name} connected, port {self._state.port}"
        return self._set(replace(self._state, clients=clients, words=words))

    def _set(self, state: BridgeState) -> BridgeState:
        self._state = state
        self._events.changed.emit(state)
        return state
