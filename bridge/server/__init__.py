"""The OSC server, the spool, and what both are made of."""

from bridge.server.server import Address, BridgeServer

__all__ = ["Address", "BridgeServer"]
