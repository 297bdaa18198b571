"""DAWs that the bridge speaks to itself, a folder each. What one must offer: :mod:`bridge.host`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.host import Host


def all_hosts() -> tuple[Host, ...]:
    """Every such DAW, none of them started."""
    # Here, since a client imports this package for the messages of a DAW alone.
    from bridge.hosts.ableton.host import AbletonHost

    return (AbletonHost(),)
