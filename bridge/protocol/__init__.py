"""The OSC protocol, version 1: every message and reply as a value, and their bytes."""

from bridge.protocol.messages import (
    ANSWER_IN_FILES,
    CLIENT_MESSAGES,
    DEFAULT_PORT,
    Ack,
    BendPoint,
    Cancel,
    ClientMessage,
    ClipBegin,
    ClipBend,
    ClipEnd,
    ClipNotes,
    FindPresets,
    Hello,
    Ping,
    Render,
    Status,
)
from bridge.protocol.render_options import MAX_TAKES

__all__ = [
    "ANSWER_IN_FILES",
    "CLIENT_MESSAGES",
    "DEFAULT_PORT",
    "MAX_TAKES",
    "Ack",
    "BendPoint",
    "Cancel",
    "ClientMessage",
    "ClipBegin",
    "ClipBend",
    "ClipEnd",
    "ClipNotes",
    "FindPresets",
    "Hello",
    "Ping",
    "Render",
    "Status",
]
