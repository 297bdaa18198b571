"""Every message has somebody who answers it."""

from __future__ import annotations

from bridge.protocol import CLIENT_MESSAGES
from bridge.server.handlers import handle


def test_every_message_of_the_protocol_has_a_handler() -> None:
    unanswered = [k for k in CLIENT_MESSAGES if handle.dispatch(k) is handle.dispatch(object)]
    assert unanswered == []
