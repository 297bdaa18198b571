"""Packets: bounded, bundles flattened, both TCP framings told apart however the stream is cut."""

from __future__ import annotations

import contextlib
import struct
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import RequestRefused
from bridge.protocol import osc

PING = osc.pack("/timbre/1/ping", [1])
FAR_FUTURE = b"\xff" * 8


def bundle(*elements: bytes, time_tag: bytes = FAR_FUTURE) -> bytes:
    return b"#bundle\0" + time_tag + b"".join(struct.pack(">i", len(e)) + e for e in elements)


def test_bundles_are_flattened_in_order_and_not_waited_for() -> None:
    packets = [osc.pack("/n", [i]) for i in range(4)]
    nested = bundle(packets[0], bundle(packets[1], packets[2]), packets[3])
    assert [arguments for _, arguments in osc.unpack(nested)] == [[0], [1], [2], [3]]


def nested(levels: int) -> bytes:
    packet = PING
    for _ in range(levels):
        packet = bundle(packet)
    return packet


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\0\0\0\0",
        b"nonsense",
        b"/no-end",
        b"#bundle\0",
        b"#bundle\0" + FAR_FUTURE + struct.pack(">i", -4),
        b"#bundle\0" + FAR_FUTURE + struct.pack(">i", 400) + PING,
        b"#bundle\0" + FAR_FUTURE + b"\0\0",
        nested(9),
        nested(2000),
        bundle(*[PING] * 1025),
        b"/a\0\0,b\0\0" + struct.pack(">i", -8) + b"12345678",
        b"/a\0\0,[[[\0\0\0\0",
        b"/a\0\0,i\0\0",
        b"/a\0\0,s\0\0abcd",
        b"/a\0\0,s\0\0\xff\xfe\0\0",
        b"/a\0\0iii\0",
        b"/a\0\0," + b"f" * 60_000 + b"\0" * 4,
        b"/" * 65_537,
    ],
    ids=range(19),
)
def test_what_is_no_packet_costs_no_more_than_a_full_one(packet: bytes) -> None:
    full = bundle(*[PING] * 1024)

    def is_refused() -> None:
        with pytest.raises(RequestRefused):
            list(osc.unpack(packet))

    assert calls(is_refused) < 1.1 * calls(lambda: list(osc.unpack(full)))


def calls(work: Callable[[], object]) -> int:
    """How many functions are called in it: a measure of work that no clock is in."""
    count = 0

    def see(_frame: object, event: str, _about: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


FOREIGN = {
    "other": osc.pack("/foo", ["x", 1.0]),
    "array": b"/foo\0\0\0\0,[ii]\0\0\0" + bytes(8),
    "endless array": b"/foo\0\0\0\0,[[[\0\0\0\0",
    "blob": b"/foo\0\0\0\0,b\0\0" + struct.pack(">i", 3) + b"abc\0",
    "blob of no size": b"/foo\0\0\0\0,b\0\0" + struct.pack(">i", -8),
    "unknown types": b"/foo\0\0\0\0,tmrcISZ\0\0\0\0" + bytes(32),
    "no types": b"/foo\0\0\0\0abcd",
    "many arguments": b"/foo\0\0\0\0," + b"T" * 2003 + bytes(4),
    "no end": b"/foo/no-end!",
    "not UTF-8": b"/f\xff\xfe\0\0\0\0,\0\0\0",
}
"""What other listeners may be told in the same bundle."""


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_messages_disturb_nothing(name: str) -> None:
    packet = bundle(FOREIGN[name], PING, bundle(FOREIGN[name], PING), FOREIGN[name], PING)
    assert list(osc.unpack(packet, within="/timbre/")) == [("/timbre/1/ping", [1])] * 3
    assert list(osc.unpack(FOREIGN[name], within="/timbre/")) == []


@pytest.mark.parametrize(
    "bad",
    [
        b"/timbre/1/ping\0\0,b\0\0" + struct.pack(">i", 3) + b"abc\0",
        b"/timbre/1/ping\0\0,[i]\0\0\0\0" + bytes(4),
        b"/timbre/1/ping\0\0,i\0\0",
        b"nonsense",
        nested(9),
        bundle(PING)[:-3],
    ],
    ids=["blob", "array", "cut", "no message", "deep", "cut bundle"],
)
def test_what_cannot_be_read_is_refused_and_the_rest_given(bad: bytes) -> None:
    contents = osc.unpack(bundle(PING, bad, PING), within="/timbre/")
    assert [next(contents), next(contents)] == [("/timbre/1/ping", [1])] * 2
    with pytest.raises(RequestRefused):
        next(contents)


@given(st.binary(max_size=200), st.integers(0, 50), st.binary(max_size=8))
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_messages_or_one_error(random: bytes, at: int, patch: bytes) -> None:
    source = bundle(PING, osc.pack("/timbre/1/presets", ["warm bass"]))
    mutated = source[:at] + patch + source[at + len(patch) :]
    for packet in (random, b"/" + random, b"/a\0\0," + random, mutated):
        with contextlib.suppress(RequestRefused):
            for address, _ in osc.unpack(packet):
                assert address.startswith("/")


@given(
    st.sampled_from([osc.SizePrefix, osc.Slip]),
    st.lists(st.binary(min_size=1, max_size=60).map(lambda end: b"/" + end), max_size=8),
    st.lists(st.integers(1, 40), min_size=1),
)
@settings(max_examples=200, deadline=None)
def test_a_stream_gives_its_packets_however_it_is_cut(
    framing: type[osc.Framing], packets: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(framing.frame(packet) for packet in packets)
    if stream:
        assert osc.detect_framing(stream[0]) is framing
    reader, found, at = framing(), [], 0
    while at < len(stream):
        step = cuts[at % len(cuts)]
        found += reader.feed(stream[at : at + step])
        at += step
    assert found == packets


def test_a_stream_cannot_claim_or_send_endless_packets() -> None:
    with pytest.raises(RequestRefused, match="claims"):
        osc.SizePrefix().feed(struct.pack(">i", osc.MAX_PACKET_BYTES + 1))
    with pytest.raises(RequestRefused, match="claims"):
        osc.SizePrefix().feed(struct.pack(">i", -1))
    endless = osc.Slip()
    for _ in range(3):
        assert endless.feed(b"/" * 40_000) == []
    with pytest.raises(RequestRefused, match="longer"):
        endless.feed(b"/" * 40_000)
    with pytest.raises(RequestRefused, match="neither"):
        osc.detect_framing(ord("G"))  # as in GET / HTTP/1.1


def test_slip_without_a_leading_end_is_heard() -> None:
    assert osc.detect_framing(PING[0]) is osc.Slip
    assert osc.Slip().feed(PING + b"\xc0") == [PING]


def test_strings_lose_the_character_that_would_end_them_and_nothing_else() -> None:
    assert list(osc.unpack(osc.pack("/a", ["one\0two", 2**40]))) == [("/a", ["onetwo", 2**40])]
