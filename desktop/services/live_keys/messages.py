"""What the window and its live player say to each other: one JSON list a line.

The first entry is what it is about, the others are its arguments. Orders are ``["preset", id,
device]``, ``["blend", number, [[id, weight], …], mode, device]``, ``["weights", number, [weight,
…], moved_at]`` with the number of their blend, ``["on", pitch, velocity, pressed_at]``, ``["off",
pitch]``, ``["all off"]`` and ``["end"]``; the one answer is ``["state", {fields of LiveState}]``.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace
from typing import Any

from desktop.services.interfaces import LiveState


def state_to_line(state: LiveState) -> str:
    """A state as its line; JSON has no infinity, so silence is null."""
    fields = asdict(state)
    if not math.isfinite(state.level_db):
        fields["level_db"] = None
    return json.dumps(["state", fields])


def state_from_line(line: str) -> LiveState:
    """What :func:`state_to_line` wrote.

    Raises:
        ValueError: if it is no state: cut off by the player's death, say.
    """
    try:
        about, fields = json.loads(line)
        if about != "state":
            raise ValueError(f"{line[:80]!r} is no state")
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in fields.items()
        }
        state = LiveState(**values)
    except TypeError as error:
        raise ValueError(f"{line[:80]!r} is no state") from error
    return replace(state, level_db=-math.inf) if values["level_db"] is None else state


def order_to_line(*order: Any) -> str:
    """An order as its line."""
    return json.dumps(order)
