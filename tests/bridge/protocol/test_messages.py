"""Messages survive packing; what is no message is refused with a code and the id it was about."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import RequestRefused
from bridge.hosts.ableton.messages import ABLETON_MESSAGES
from bridge.protocol import CLIENT_MESSAGES, ClientMessage, ClipBegin, ClipNotes, Ping, Render, osc
from bridge.protocol.replies import REPLIES, Reply
from core.clip import Note
from tests.bridge.protocol import strategies

MESSAGES = CLIENT_MESSAGES | ABLETON_MESSAGES


def unpack_one(packet: bytes) -> osc.Content:
    (content,) = osc.unpack(packet)
    return content


@given(strategies.client_messages, st.booleans())
@settings(max_examples=300, deadline=None)
def test_every_client_message_survives_the_wire(message: ClientMessage, exact: bool) -> None:
    packet = osc.pack(message.address, message.arguments(), exact=exact)
    assert MESSAGES.read(*unpack_one(packet)) == message


@given(strategies.server_replies)
@settings(max_examples=300, deadline=None)
def test_every_reply_survives_the_wire(reply: Reply) -> None:
    assert REPLIES.read(*unpack_one(osc.pack(reply.address, reply.arguments()))) == reply


@given(strategies.client_messages)
@settings(max_examples=100, deadline=None)
def test_a_client_with_floats_only_is_understood(message: ClientMessage) -> None:
    floats = [
        float(value) if isinstance(value, int) and abs(value) < 2**24 else value
        for value in message.arguments()
    ]
    assert MESSAGES.read(*unpack_one(osc.pack(message.address, floats))) == message


@given(st.lists(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.booleans())))
@settings(deadline=None)
def test_any_arguments_give_a_message_or_one_error(arguments: list[Any]) -> None:
    for name in ("hello", "presets", "clip/begin", "clip/notes", "clip/bend", "clip/end", "render"):
        with contextlib.suppress(RequestRefused):
            message = MESSAGES.read(f"/timbre/1/{name}", arguments)
            assert message.address == f"/timbre/1/{name}"


@pytest.mark.parametrize(
    ("address", "arguments", "code", "about", "says"),
    [
        ("/timbre/2/render", ["j"], "bad_request", "", "no message"),
        ("/timbre/1/render", ["j"], "bad_request", "j", "clip_id is missing"),
        ("/timbre/1/render", ["j", "c", "p", "sede", 1], "bad_request", "j", "setting 'sede'"),
        ("/timbre/1/render", ["j", "c", "p", "takes", 0], "bad_request", "j", "outside 1–100"),
        ("/timbre/1/render", ["j", "c", "p", "top_p", 2.0], "bad_request", "j", "top-p 2.0"),
        ("/timbre/1/render", ["j" * 129, "c", "p"], "too_large", "", "longer than 128"),
        ("/timbre/1/clip/notes", ["c", 0, 60, 0.0, 0.5], "bad_request", "c", "each note is"),
        ("/timbre/1/clip/notes", ["c", 0, 128, 0.0, 0.5, 9], "bad_request", "c", "pitch 128"),
        ("/timbre/1/clip/notes", ["c", 0, 60.5, 0.0, 0.5, 9], "bad_request", "c", "60.5"),
        ("/timbre/1/clip/notes", ["c", 0, 60, math.nan, 1.0, 9], "bad_request", "c", "nan"),
        ("/timbre/1/clip/notes", ["c", 7, 60, 0.0, -1.0, 9], "bad_request", "c", "note 7"),
        ("/timbre/1/clip/bend", ["c", 0, 0.0, 97.0], "bad_request", "c", "97.0 semitones"),
        ("/timbre/1/clip/bend", ["c", 0, 0.5, 1.0, 0.5, 2.0], "bad_request", "c", "must increase"),
        ("/timbre/1/clip/bend", ["c", 0, -0.5, 1.0], "bad_request", "c", "from 0 on"),
        ("/timbre/1/clip/bend", ["c", 0, 0.0], "bad_request", "c", "each point is"),
        ("/timbre/1/clip/bend", ["c", 0], "bad_request", "c", "each point is"),
        ("/timbre/1/clip/begin", ["c", "n", 1, 1.0, -1], "bad_request", "c", "bend_point_count"),
        ("/timbre/1/clip/begin", ["c", "n", 0, 1.0], "bad_request", "c", "nothing to play"),
        ("/timbre/1/ack", ["j", "more"], "bad_request", "j", "1 arguments too many"),
        ("/timbre/1/ack", [""], "bad_request", "", "job_id is empty"),
    ],
)
def test_what_is_wrong_is_said(
    address: str, arguments: list[Any], code: str, about: str, says: str
) -> None:
    with pytest.raises(RequestRefused, match=says) as caught:
        MESSAGES.read(address, arguments)
    assert (caught.value.code, caught.value.about) == (code, about)


def test_what_is_not_bent_is_said_as_before_there_were_bends() -> None:
    """A bridge older than bends reads it."""
    assert ClipBegin("c", "n", 2, 1.0).arguments() == ["c", "n", 2, 1.0]
    assert ClipBegin("c", "n", 2, 1.0, 7).arguments() == ["c", "n", 2, 1.0, 7]


def test_numbers_serve_as_ids_and_true_as_one() -> None:
    job = MESSAGES.read("/timbre/1/render", [7, 3.0, "Warm", "takes", True])
    assert job == Render("7", "3", "Warm")
    assert MESSAGES.read("/timbre/1/ping", []) == Ping(0)


def test_a_message_holds_a_hundred_notes_and_no_more() -> None:
    note = Note(0.0, 60, 100, 1.0)
    message = ClipNotes("c", 0, (note,) * 101)
    with pytest.raises(RequestRefused, match="at most 100"):
        MESSAGES.read(message.address, message.arguments())
