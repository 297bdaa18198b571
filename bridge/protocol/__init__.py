"""The OSC protocol, version 1: every message and reply as a value, and their bytes."""

from bridge.protocol.messages import (
    ANSWER_IN_FILES,
    DEFAULT_PORT,
    MAX_TAKES,
    Ack,
    Cancel,
    ClientMessage,
    ClipBegin,
    ClipEnd,
    ClipNotes,
    FindPresets,
    Hello,
    Ping,
    Render,
    RenderSelected,
    Status,
    read_client_message,
)

__all__ = [
    "ANSWER_IN_FILES",
    "DEFAULT_PORT",
    "MAX_TAKES",
    "Ack",
    "Cancel",
    "ClientMessage",
    "ClipBegin",
    "ClipEnd",
    "ClipNotes",
    "FindPresets",
    "Hello",
    "Ping",
    "Render",
    "RenderSelected",
    "Status",
    "read_client_message",
]
