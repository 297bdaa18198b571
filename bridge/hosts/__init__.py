"""DAWs that the bridge speaks to itself, a folder each. What one must offer: :mod:`bridge.host`."""

from bridge.host import Host


def all_hosts() -> tuple[Host, ...]:
    """Every such DAW, none of them started."""
    from bridge.hosts.ableton.host import AbletonHost  # a client needs its messages alone

    return (AbletonHost(),)
