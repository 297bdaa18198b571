"""The bridge's OSC protocol, version 1, as clients speak it: every message a client may send.

Pure values, whose arguments are derived from their fields (:mod:`bridge.protocol.codec`); bytes
are :mod:`bridge.protocol.osc`'s, sockets :mod:`bridge.server`'s, answers
:mod:`bridge.protocol.replies`'. What only one DAW's users send stands with that DAW, in
:mod:`bridge.hosts`. Times are seconds from the clip's start. The manual is ``docs/protocol.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, NamedTuple

from bridge.protocol.argument_reader import MAX_ID_CHARACTERS
from bridge.protocol.codec import Message, MessageTable
from bridge.protocol.fields import Id, Integer, Real, Repeated, Text
from bridge.protocol.render_options import RENDER_OPTIONS, check_timbre
from core.clip import Note
from core.errors import UserInputError
from core.settings import RenderSettings

DEFAULT_PORT = 9270
ANSWER_IN_FILES = -1
"""For a hello's port: this client cannot listen, and reads :mod:`bridge.server.file_replies`'s
files."""

MAX_NOTES_PER_MESSAGE = 100

_NOTES = Repeated(
    noun="note",
    parts=(
        ("pitch", Integer()),
        ("start_s", Real()),
        ("duration_s", Real()),
        ("velocity", Integer()),
    ),
    make=Note,
    least=1,
    most=MAX_NOTES_PER_MESSAGE,
    numbered_from="first_index",
)


MAX_POINTS_PER_MESSAGE = 100


class BendPoint(NamedTuple):
    """A point of a note's bend: seconds from its onset, semitones from its key."""

    at_s: float
    semitones: float


_BEND_POINTS = Repeated(
    noun="point",
    parts=(("at_s", Real()), ("semitones", Real())),
    make=BendPoint,
    least=1,
    most=MAX_POINTS_PER_MESSAGE,
)


class ClientMessage(Message):
    """What a client says."""

    @property
    def named_file(self) -> str:
        """A file on the bridge's machine that it names; empty if it names none."""
        return ""


CLIENT_MESSAGES: MessageTable[ClientMessage] = MessageTable("message")
"""Every kind, but for those of single DAWs."""


@CLIENT_MESSAGES.add("hello")
@dataclass(frozen=True)
class Hello(ClientMessage):
    """First word of a client: its name, and the UDP port it listens on.

    Attributes:
        client: its jobs are known by this name and their ids; empty is where it sends from.
        reply_port: 0 is this sender's own; :data:`ANSWER_IN_FILES` none.
        token: what the server was started with, if it was.
    """

    client: Annotated[str, Text(MAX_ID_CHARACTERS)]
    reply_port: Annotated[int, Integer(ANSWER_IN_FILES, 65535)] = 0
    token: Annotated[str, Text(is_optional=True)] = ""


@CLIENT_MESSAGES.add("presets")
@dataclass(frozen=True)
class FindPresets(ClientMessage):
    """Ask for presets; an empty query asks for all."""

    query: Annotated[str, Text(is_optional=True)] = ""


@CLIENT_MESSAGES.add("clip/begin")
@dataclass(frozen=True)
class ClipBegin(ClientMessage):
    """A clip is to come. One id names one content, ever.

    Attributes:
        clip_id: the client's own.
        name: for people, and part of the files' names.
        note_count: of the whole clip, ≥ 1.
        length_s: seconds, ≥ 0; a clip shorter than its notes is as long as they are.
        bend_point_count: of all its notes' bends; 0 is not to be asked for them.
    """

    clip_id: Id
    name: str
    note_count: int
    length_s: float
    bend_point_count: Annotated[int, Integer(0, is_optional=True)] = 0

    def check(self) -> None:
        """Refuse a clip with nothing in it; as :meth:`Message.check`."""
        if self.note_count < 1:
            raise UserInputError(f"a clip of {self.note_count} notes has nothing to play")
        if self.length_s < 0:
            raise UserInputError(f"length_s {self.length_s} is below 0")


@CLIENT_MESSAGES.add("clip/notes")
@dataclass(frozen=True)
class ClipNotes(ClientMessage):
    """Up to :data:`MAX_NOTES_PER_MESSAGE` notes of a clip, the first being number first_index."""

    clip_id: Id
    first_index: Annotated[int, Integer(0)]
    notes: Annotated[tuple[Note, ...], _NOTES]


@CLIENT_MESSAGES.add("clip/bend")
@dataclass(frozen=True)
class ClipBend(ClientMessage):
    """Up to :data:`MAX_POINTS_PER_MESSAGE` points of the bend of a note; more add to them."""

    clip_id: Id
    note_index: Annotated[int, Integer(0)]
    points: Annotated[tuple[BendPoint, ...], _BEND_POINTS]

    def check(self) -> None:
        """Refuse what is no bend; as :meth:`Message.check`."""
        Note(0.0, 0, 1, 1.0, self.points)


@CLIENT_MESSAGES.add("clip/end")
@dataclass(frozen=True)
class ClipEnd(ClientMessage):
    """The clip was sent; asks for ``clip/ok`` or ``clip/missing``."""

    clip_id: Id


@CLIENT_MESSAGES.add("render")
@dataclass(frozen=True)
class Render(ClientMessage):
    """Ask for a render.

    Attributes:
        job_id, clip_id: the client's own.
        preset: name or id; empty if one of ``text``, ``audio`` and ``blend`` is given.
        seed: of the first take, 0–4294967295; further takes count up from it.
        takes: 1–:data:`bridge.protocol.render_options.MAX_TAKES`.
        model: a bundle's id; empty is the server's default.
        settings: what is None is left to the preset.
        text: the timbre that words describe.
        audio: the timbre of a recording, by its path on the bridge's machine.
        blend: of presets, as :func:`core.timbre.parse_blend` reads it.
    """

    job_id: Id
    clip_id: str
    preset: str
    seed: Annotated[int, RENDER_OPTIONS] = 0
    takes: Annotated[int, RENDER_OPTIONS] = 1
    model: Annotated[str, RENDER_OPTIONS] = ""
    settings: Annotated[RenderSettings, RENDER_OPTIONS] = field(default_factory=RenderSettings)
    text: Annotated[str, RENDER_OPTIONS] = ""
    audio: Annotated[str, RENDER_OPTIONS] = ""
    blend: Annotated[str, RENDER_OPTIONS] = ""

    def check(self) -> None:
        """Refuse two timbres; as :meth:`Message.check`."""
        check_timbre(self.preset, self.text, self.audio, self.blend)

    @property
    def named_file(self) -> str:
        """The recording; as :attr:`ClientMessage.named_file`."""
        return self.audio


@CLIENT_MESSAGES.add("cancel")
@dataclass(frozen=True)
class Cancel(ClientMessage):
    """Stop a job."""

    job_id: Id


@CLIENT_MESSAGES.add("status")
@dataclass(frozen=True)
class Status(ClientMessage):
    """Ask how a job is doing."""

    job_id: Id


@CLIENT_MESSAGES.add("ack")
@dataclass(frozen=True)
class Ack(ClientMessage):
    """All takes of a job (or its failure) have come; say them no more."""

    job_id: Id


@CLIENT_MESSAGES.add("ping")
@dataclass(frozen=True)
class Ping(ClientMessage):
    """Is anybody there? The number comes back."""

    n: Annotated[int, Integer(high=2**31 - 1, is_optional=True)] = 0
