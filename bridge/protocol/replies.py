"""The bridge's OSC protocol, version 1, as the server speaks it: every answer.

Pure values, as in :mod:`bridge.protocol`; here for the server, which sends them, and for
the Python client, which reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from bridge.errors import CODES, Code, RequestRefused
from bridge.protocol.argument_reader import Argument, ArgumentReader
from bridge.protocol.messages import PREFIX, VERSION

MAX_PATH_CHARACTERS = 8192

NOTE = "note: "
"""Begins a stage that is no stage, but something the model cannot say about the clip."""


@dataclass(frozen=True)
class Welcome:
    """Answer to ``hello``.

    Attributes:
        version: of the program.
        model_id, sample_rate: of the default model; Hz.
        output_dir: the folder files will appear in.
        protocol: :data:`bridge.protocol.VERSION`.
    """

    address: ClassVar = f"{PREFIX}/welcome"
    version: str
    model_id: str
    sample_rate: int
    output_dir: str
    protocol: int = VERSION

    def arguments(self) -> list[Argument]:
        return [self.version, self.protocol, self.model_id, self.sample_rate, self.output_dir]

    @classmethod
    def read(cls, args: ArgumentReader) -> Welcome:
        version, protocol = args.text("version"), args.integer("protocol")
        model_id, rate = args.text("model_id"), args.integer("sample_rate")
        return cls(version, model_id, rate, args.text("output_dir", MAX_PATH_CHARACTERS), protocol)


@dataclass(frozen=True)
class PresetFound:
    """One preset of a list."""

    address: ClassVar = f"{PREFIX}/preset"
    id: str
    name: str
    kind: str

    def arguments(self) -> list[Argument]:
        return [self.id, self.name, self.kind]

    @classmethod
    def read(cls, args: ArgumentReader) -> PresetFound:
        return cls(args.id("id"), args.text("name"), args.text("kind"))


@dataclass(frozen=True)
class PresetsEnd:
    """The list is over; ``count`` presets were sent."""

    address: ClassVar = f"{PREFIX}/presets/end"
    count: int

    def arguments(self) -> list[Argument]:
        return [self.count]

    @classmethod
    def read(cls, args: ArgumentReader) -> PresetsEnd:
        return cls(args.integer("count", 0))


@dataclass(frozen=True)
class ClipOk:
    """The clip is whole."""

    address: ClassVar = f"{PREFIX}/clip/ok"
    clip_id: str
    note_count: int

    def arguments(self) -> list[Argument]:
        return [self.clip_id, self.note_count]

    @classmethod
    def read(cls, args: ArgumentReader) -> ClipOk:
        return cls(args.id("clip_id"), args.integer("note_count", 0))


@dataclass(frozen=True)
class ClipMissing:
    """These runs of notes, (first_index, count), have not come.

    No runs at all: ``clip/begin`` has not come.
    """

    address: ClassVar = f"{PREFIX}/clip/missing"
    clip_id: str
    ranges: tuple[tuple[int, int], ...]

    def arguments(self) -> list[Argument]:
        return [self.clip_id, *(number for pair in self.ranges for number in pair)]

    @classmethod
    def read(cls, args: ArgumentReader) -> ClipMissing:
        clip_id, ranges = args.id("clip_id"), []
        while len(args):
            ranges.append((args.integer("first_index", 0), args.integer("count", 1)))
        return cls(clip_id, tuple(ranges))


@dataclass(frozen=True)
class Accepted:
    """The job is queued; ``position`` jobs are before it."""

    address: ClassVar = f"{PREFIX}/accepted"
    job_id: str
    position: int

    def arguments(self) -> list[Argument]:
        return [self.job_id, self.position]

    @classmethod
    def read(cls, args: ArgumentReader) -> Accepted:
        return cls(args.id("job_id"), args.integer("position", 0))


@dataclass(frozen=True)
class Progress:
    """How far a job is: 0–1, and what it is doing."""

    address: ClassVar = f"{PREFIX}/progress"
    job_id: str
    fraction: float
    stage: str

    def arguments(self) -> list[Argument]:
        return [self.job_id, float(self.fraction), self.stage]

    @classmethod
    def read(cls, args: ArgumentReader) -> Progress:
        return cls(args.id("job_id"), args.number("fraction"), args.text("stage"))


@dataclass(frozen=True)
class Done:
    """A take is ready.

    Attributes:
        take: from 0.
        path: absolute; the file is complete and will not change.
        sample_rate, frames: of the file; Hz.
    """

    address: ClassVar = f"{PREFIX}/done"
    job_id: str
    take: int
    path: str
    sample_rate: int
    frames: int

    def arguments(self) -> list[Argument]:
        return [self.job_id, self.take, self.path, self.sample_rate, self.frames]

    @classmethod
    def read(cls, args: ArgumentReader) -> Done:
        job_id, take = args.id("job_id"), args.integer("take", 0)
        path = args.text("path", MAX_PATH_CHARACTERS)
        return cls(job_id, take, path, args.integer("sample_rate"), args.integer("frames", 0))


@dataclass(frozen=True)
class Failed:
    """A request was refused, or a job ended without a file.

    Attributes:
        job_id: the id the refused message was about; empty if it had none.
        message: one line, for people.
    """

    address: ClassVar = f"{PREFIX}/failed"
    job_id: str
    code: Code
    message: str

    def arguments(self) -> list[Argument]:
        return [self.job_id, self.code, self.message]

    @classmethod
    def read(cls, args: ArgumentReader) -> Failed:
        job_id, code = args.text("job_id"), args.text("code")
        if code not in CODES:
            raise args.error(f"there is no code {code!r}")
        return cls(job_id, code, args.text("message", MAX_PATH_CHARACTERS))


@dataclass(frozen=True)
class Pong:
    """Answer to ``ping``."""

    address: ClassVar = f"{PREFIX}/pong"
    n: int

    def arguments(self) -> list[Argument]:
        return [self.n]

    @classmethod
    def read(cls, args: ArgumentReader) -> Pong:
        return cls(args.integer("n"))


Reply = (
    Welcome
    | PresetFound
    | PresetsEnd
    | ClipOk
    | ClipMissing
    | Accepted
    | Progress
    | Done
    | Failed
    | Pong
)

REPLY_KINDS = (
    Welcome, PresetFound, PresetsEnd, ClipOk, ClipMissing, Accepted, Progress, Done, Failed, Pong
)  # fmt: skip

_REPLIES: dict[str, Callable[[ArgumentReader], Reply]] = {
    kind.address: kind.read for kind in REPLY_KINDS
}


def read_reply(address: str, arguments: Sequence[object]) -> Reply:
    """What a server says.

    Raises:
        BadMessage: if it is no answer of this version.
    """
    read = _REPLIES.get(address)
    if read is None:
        raise RequestRefused(f"there is no answer {address[:80]!r} in version {VERSION}")
    reader = ArgumentReader(address, arguments)
    reply = read(reader)
    reader.end()
    return reply
