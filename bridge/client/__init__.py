"""A client of the bridge, for Python: see :class:`bridge.client.BridgeClient`."""

from bridge.client.client import BridgeClient
from bridge.client.requests import BridgeRefused, BridgeUnreachable

__all__ = ["BridgeClient", "BridgeRefused", "BridgeUnreachable"]
