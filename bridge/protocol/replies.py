"""The bridge's OSC protocol, version 1, as the server speaks it: every answer.

Pure values, as :mod:`bridge.protocol.messages`; here for the server, which sends them, and for
the Python client, which reads them. The manual is ``docs/protocol.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from bridge.errors import Code
from bridge.protocol.codec import VERSION, Message, MessageTable
from bridge.protocol.fields import Id, Integer, Repeated, Text

MAX_PATH_CHARACTERS = 8192


class Reply(Message):
    """What the server says."""


REPLIES: MessageTable[Reply] = MessageTable("answer")
"""Every kind."""


REMARK_STAGE = "note: "
"""How the stage of a progress begins that repeats a remark."""


@REPLIES.add("welcome")
@dataclass(frozen=True)
class Welcome(Reply):
    """Answer to ``hello``.

    Attributes:
        version: of the program.
        protocol: :data:`bridge.protocol.codec.VERSION`.
        model_id, sample_rate: of the default model; Hz.
        output_dir: the folder files will appear in.
    """

    version: str
    protocol: int = field(default=VERSION, kw_only=True)
    model_id: str
    sample_rate: int
    output_dir: Annotated[str, Text(MAX_PATH_CHARACTERS)]


@REPLIES.add("preset")
@dataclass(frozen=True)
class PresetFound(Reply):
    """One preset of a list.

    Attributes:
        id: as ``render`` takes it for a preset.
        name: for people; ``render`` takes it too.
        kind: what it is made from: ``audio``, ``text`` or ``blend``.
    """

    id: Id
    name: str
    kind: str


@REPLIES.add("presets/end")
@dataclass(frozen=True)
class PresetsEnd(Reply):
    """The list is over; ``count`` presets were sent."""

    count: Annotated[int, Integer(0)]


@REPLIES.add("clip/ok")
@dataclass(frozen=True)
class ClipOk(Reply):
    """The clip is whole."""

    clip_id: Id
    note_count: Annotated[int, Integer(0)]


@dataclass(frozen=True)
class NoteRange:
    """A run of notes in a clip: the number of the first, and how many they are."""

    first_index: int
    count: int


_RANGES = Repeated(
    noun="range",
    parts=(("first_index", Integer(0)), ("count", Integer(1))),
    make=NoteRange,
)


@REPLIES.add("clip/missing")
@dataclass(frozen=True)
class ClipMissing(Reply):
    """These runs of notes have not come.

    No runs at all: ``clip/begin`` has not come.
    """

    clip_id: Id
    ranges: Annotated[tuple[NoteRange, ...], _RANGES]


@REPLIES.add("accepted")
@dataclass(frozen=True)
class Accepted(Reply):
    """The job is queued; ``position`` jobs are before it."""

    job_id: Id
    position: Annotated[int, Integer(0)]


@REPLIES.add("progress")
@dataclass(frozen=True)
class Progress(Reply):
    """How far a job is: 0–1, and what it is doing."""

    job_id: Id
    fraction: float
    stage: str


@REPLIES.add("note")
@dataclass(frozen=True)
class ClipRemark(Reply):
    """Something the model cannot say about a job's clip, in words for people."""

    job_id: Id
    text: Annotated[str, Text(MAX_PATH_CHARACTERS)]

    @property
    def stage(self) -> str:
        """The same as a stage of a job's progress, for clients that know no other remarks."""
        return f"{REMARK_STAGE}{self.text}"


@REPLIES.add("done")
@dataclass(frozen=True)
class Done(Reply):
    """A take is ready.

    Attributes:
        job_id: the job it is of.
        take: from 0.
        path: absolute; the file is complete and will not change.
        sample_rate, frames: of the file; Hz.
    """

    job_id: Id
    take: Annotated[int, Integer(0)]
    path: Annotated[str, Text(MAX_PATH_CHARACTERS)]
    sample_rate: int
    frames: Annotated[int, Integer(0)]


@REPLIES.add("failed")
@dataclass(frozen=True)
class Failed(Reply):
    """A request was refused, or a job ended without a file.

    Attributes:
        job_id: the id the refused message was about; empty if it had none.
        code: one of :data:`bridge.errors.CODES`.
        message: one line, for people.
    """

    job_id: str
    code: Code
    message: Annotated[str, Text(MAX_PATH_CHARACTERS)]


@REPLIES.add("pong")
@dataclass(frozen=True)
class Pong(Reply):
    """Answer to ``ping``."""

    n: int
