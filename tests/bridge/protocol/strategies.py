"""Hypothesis strategies for messages of the protocol, with floats that fit 32 bits."""

from __future__ import annotations

import struct

from hypothesis import strategies as st

from bridge.errors import CODES
from bridge.hosts.ableton.messages import RenderSelected
from bridge.protocol import messages, replies
from core.clip import Note
from core.settings import RenderSettings


def _float32(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, width=32)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
ids = texts.filter(bool)
ints = st.integers(0, 2**31 - 1)
notes = st.builds(
    Note,
    start_s=_float32(0, 2**13),
    pitch=st.integers(0, 127),
    velocity=st.integers(1, 127),
    duration_s=_float32(struct.unpack("<f", b"\0\0\x80\x30")[0], 64),
)
bends = st.dictionaries(_float32(0, 64), _float32(-96, 96), max_size=100).map(
    lambda points: tuple(messages.BendPoint(*point) for point in sorted(points.items()))
)
settings = st.builds(
    RenderSettings,
    temperature=st.none() | _float32(0.125, 100),
    top_k=st.none() | st.integers(1, 2000),
    top_p=st.none() | _float32(0.125, 1),
    guidance=st.none() | _float32(1, 20),
)
client_messages = st.one_of(
    st.builds(messages.Hello, texts, st.integers(0, 65535), texts),
    st.builds(messages.FindPresets, texts),
    st.builds(messages.ClipBegin, ids, texts, st.integers(1, 2**31 - 1), _float32(0, 2**20), ints),
    st.builds(messages.ClipNotes, ids, ints, st.lists(notes, min_size=1, max_size=100).map(tuple)),
    st.builds(messages.ClipBend, ids, ints, bends.filter(bool)),
    st.builds(messages.ClipEnd, ids),
    st.builds(
        messages.Render,
        job_id=ids,
        clip_id=texts,
        preset=texts,
        seed=st.integers(0, 2**32 - 101),
        takes=st.integers(1, 100),
        model=texts,
        settings=settings,
    ),
    st.builds(
        RenderSelected,
        job_id=texts,
        preset=texts,
        seed=st.integers(0, 2**32 - 101),
        takes=st.integers(1, 100),
        model=texts,
        settings=settings,
    ),
    st.builds(messages.Cancel, ids),
    st.builds(messages.Status, ids),
    st.builds(messages.Ack, ids),
    st.builds(messages.Ping, ints),
)
server_replies = st.one_of(
    st.builds(replies.Welcome, texts, texts, ints, texts, protocol=ints),
    st.builds(replies.PresetFound, ids, texts, texts),
    st.builds(replies.PresetsEnd, ints),
    st.builds(replies.ClipOk, ids, ints),
    st.builds(
        replies.ClipMissing,
        ids,
        st.lists(st.builds(replies.NoteRange, ints, st.integers(1, 9999)), max_size=30).map(tuple),
    ),
    st.builds(replies.Accepted, ids, ints),
    st.builds(replies.Progress, ids, _float32(0, 1), texts),
    st.builds(replies.ClipRemark, ids, texts),
    st.builds(replies.Done, ids, ints, texts, ints, ints),
    st.builds(replies.Failed, texts, st.sampled_from(CODES), texts),
    st.builds(replies.Pong, ints),
)
