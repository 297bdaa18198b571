"""The bridge's OSC protocol, version 1, as clients speak it: every message a client may send.

Pure values. A message becomes an address and a list of arguments and comes back from them;
bytes are :mod:`bridge.protocol.osc`'s, sockets :mod:`bridge.server`'s, answers
:mod:`bridge.protocol.replies`'. Times are seconds from the clip's start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import ClassVar

from bridge.errors import RequestRefused
from bridge.protocol import render_options as options
from bridge.protocol.argument_reader import MAX_ID_CHARACTERS, Argument, ArgumentReader
from core.clip import Note
from core.errors import UserInputError
from core.settings import RenderSettings

VERSION = 1
PREFIX = f"/timbre/{VERSION}"
DEFAULT_PORT = 9270
ANSWER_IN_FILES = -1
"""For a hello's port: this client cannot listen, and reads :mod:`bridge.server.file_replies`'s
files."""

MAX_NOTES_PER_MESSAGE = 100
MAX_TAKES = 100


@dataclass(frozen=True)
class Hello:
    """First word of a client: its name, and the UDP port it listens on.

    Attributes:
        reply_port: 0 is this sender's own; :data:`ANSWER_IN_FILES` none.
    """

    address: ClassVar = f"{PREFIX}/hello"
    client: str
    reply_port: int = 0
    token: str = ""

    def arguments(self) -> list[Argument]:
        return [self.client, self.reply_port, *([self.token] if self.token else [])]

    @classmethod
    def read(cls, args: ArgumentReader) -> Hello:
        client = args.text("client", MAX_ID_CHARACTERS)
        port = args.integer("reply_port", ANSWER_IN_FILES, 65535)
        return cls(client, port, args.text("token") if len(args) else "")


@dataclass(frozen=True)
class FindPresets:
    """Ask for presets; an empty query asks for all."""

    address: ClassVar = f"{PREFIX}/presets"
    query: str = ""

    def arguments(self) -> list[Argument]:
        return [self.query] if self.query else []

    @classmethod
    def read(cls, args: ArgumentReader) -> FindPresets:
        return cls(args.text("query") if len(args) else "")


@dataclass(frozen=True)
class ClipBegin:
    """A clip is to come. One id names one content, ever."""

    address: ClassVar = f"{PREFIX}/clip/begin"
    clip_id: str
    name: str
    note_count: int
    length_s: float

    def arguments(self) -> list[Argument]:
        return [self.clip_id, self.name, self.note_count, float(self.length_s)]

    @classmethod
    def read(cls, args: ArgumentReader) -> ClipBegin:
        clip_id, name = args.id("clip_id"), args.text("name")
        count, length_s = args.integer("note_count"), args.number("length_s")
        if count < 1:
            raise args.error(f"a clip of {count} notes has nothing to play")
        if length_s < 0:
            raise args.error(f"length_s {length_s} is below 0")
        return cls(clip_id, name, count, length_s)


@dataclass(frozen=True)
class ClipNotes:
    """Up to :data:`MAX_NOTES_PER_MESSAGE` notes of a clip, the first being number first_index."""

    address: ClassVar = f"{PREFIX}/clip/notes"
    clip_id: str
    first_index: int
    notes: tuple[Note, ...]

    def arguments(self) -> list[Argument]:
        args: list[Argument] = [self.clip_id, self.first_index]
        for note in self.notes:
            args += [note.pitch, float(note.start_s), float(note.duration_s), note.velocity]
        return args

    @classmethod
    def read(cls, args: ArgumentReader) -> ClipNotes:
        clip_id, first = args.id("clip_id"), args.integer("first_index", 0)
        count, rest = divmod(len(args), 4)
        if rest or not count:
            raise args.error("each note is pitch, start_s, duration_s and velocity")
        if count > MAX_NOTES_PER_MESSAGE:
            raise args.error(f"{count} notes; send at most {MAX_NOTES_PER_MESSAGE} a message")
        notes = []
        for number in range(first, first + count):
            pitch, start_s = args.integer("pitch"), args.number("start_s")
            duration_s, velocity = args.number("duration_s"), args.integer("velocity")
            try:
                notes.append(Note(start_s, pitch, velocity, duration_s))
            except UserInputError as error:
                raise args.error(f"note {number}: {error}") from None
        return cls(clip_id, first, tuple(notes))


@dataclass(frozen=True)
class ClipEnd:
    """The clip was sent; asks for ``clip/ok`` or ``clip/missing``."""

    address: ClassVar = f"{PREFIX}/clip/end"
    clip_id: str

    def arguments(self) -> list[Argument]:
        return [self.clip_id]

    @classmethod
    def read(cls, args: ArgumentReader) -> ClipEnd:
        return cls(args.id("clip_id"))


@dataclass(frozen=True)
class Render:
    """Ask for a render.

    Attributes:
        job_id, clip_id: the client's own.
        preset: name or id.
        seed: of the first take, 0–4294967295; further takes count up from it.
        takes: 1–:data:`MAX_TAKES`.
        model: a bundle's id; empty is the server's default.
        settings: what is None is left to the preset.
    """

    address: ClassVar = f"{PREFIX}/render"
    job_id: str
    clip_id: str
    preset: str
    seed: int = 0
    takes: int = 1
    model: str = ""
    settings: RenderSettings = field(default_factory=RenderSettings)

    def arguments(self) -> list[Argument]:
        given = options.write(self.seed, self.takes, self.model, self.settings)
        return [self.job_id, self.clip_id, self.preset, *given]

    @classmethod
    def read(cls, args: ArgumentReader) -> Render:
        job_id, clip_id, preset = args.id("job_id"), args.text("clip_id"), args.text("preset")
        return cls(job_id, clip_id, preset, **options.read(args, MAX_TAKES))


@dataclass(frozen=True)
class RenderSelected:
    """Ask for a render of the clip that is selected in Live; see :mod:`bridge.hosts.ableton`.

    Attributes:
        job_id: the client's own; empty takes a new one, for buttons that always say the same.
        preset, seed, takes, model, settings: as :class:`Render`.
    """

    address: ClassVar = f"{PREFIX}/ableton/render"
    job_id: str
    preset: str
    seed: int = 0
    takes: int = 1
    model: str = ""
    settings: RenderSettings = field(default_factory=RenderSettings)

    def of_clip(self, clip_id: str = "selected") -> Render:
        """The same of a clip that was sent."""
        given = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return Render(clip_id=clip_id, **given)

    def arguments(self) -> list[Argument]:
        given = options.write(self.seed, self.takes, self.model, self.settings)
        return [self.job_id, self.preset, *given]

    @classmethod
    def read(cls, args: ArgumentReader) -> RenderSelected:
        job_id = args.text("job_id", MAX_ID_CHARACTERS)
        args.about = job_id
        return cls(job_id, args.text("preset"), **options.read(args, MAX_TAKES))


@dataclass(frozen=True)
class _AboutJob:
    address: ClassVar[str]
    job_id: str

    def arguments(self) -> list[Argument]:
        return [self.job_id]


class Cancel(_AboutJob):
    """Stop a job."""

    address: ClassVar = f"{PREFIX}/cancel"

    @classmethod
    def read(cls, args: ArgumentReader) -> Cancel:
        return cls(args.id("job_id"))


class Status(_AboutJob):
    """Ask how a job is doing."""

    address: ClassVar = f"{PREFIX}/status"

    @classmethod
    def read(cls, args: ArgumentReader) -> Status:
        return cls(args.id("job_id"))


class Ack(_AboutJob):
    """All takes of a job (or its failure) have come; say them no more."""

    address: ClassVar = f"{PREFIX}/ack"

    @classmethod
    def read(cls, args: ArgumentReader) -> Ack:
        return cls(args.id("job_id"))


@dataclass(frozen=True)
class Ping:
    """Is anybody there?"""

    address: ClassVar = f"{PREFIX}/ping"
    n: int = 0

    def arguments(self) -> list[Argument]:
        return [self.n]

    @classmethod
    def read(cls, args: ArgumentReader) -> Ping:
        return cls(args.integer("n", high=2**31 - 1) if len(args) else 0)


ClientMessage = (
    Hello
    | FindPresets
    | ClipBegin
    | ClipNotes
    | ClipEnd
    | Render
    | RenderSelected
    | Cancel
    | Status
    | Ack
    | Ping
)

_CLIENT: dict[str, Callable[[ArgumentReader], ClientMessage]] = {
    kind.address: kind.read
    for kind in (
        Hello, FindPresets, ClipBegin, ClipNotes, ClipEnd, Render, RenderSelected, Cancel,
        Status, Ack, Ping,
    )
}  # fmt: skip


def read_client_message(address: str, arguments: Sequence[object]) -> ClientMessage:
    """What a client says.

    Raises:
        BadMessage: with the code to answer, and the id it was about if there was one.
    """
    read = _CLIENT.get(address)
    if read is None:
        raise RequestRefused(f"there is no message {address[:80]!r}; see {PREFIX} in the manual")
    reader = ArgumentReader(address, arguments)
    message = read(reader)
    reader.end()
    return message
