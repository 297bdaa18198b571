"""What the queue and its worker process say to each other: one JSON object a line.

Orders go to the worker's stdin, answers come from its stdout. Each message is a dataclass;
its line is an object of its fields and, as ``type``, its class's name. Both directions are
derived from the fields, so a new message is one class below and a name in its union.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from bridge.errors import Code
from bridge.jobs.model import JobRequest


@dataclass(frozen=True)
class LoadModel:
    """Load a bundle before any job asks for it; answered by ModelReady or ModelFailed.

    Attributes:
        model: the bundle's id.
    """

    model: str


@dataclass(frozen=True)
class TakeOrder:
    """A file to render.

    Attributes:
        take: its number in the job, from 0.
        path: where it goes; absolute.
    """

    take: int
    path: Path


@dataclass(frozen=True)
class JobOrder:
    """A job of a batch: its request once, however many takes it has.

    Attributes:
        seq: the job's number.
        request: clip, timbre, model and settings of all its takes.
        takes: those that are still to be rendered, at least one.
    """

    seq: int
    request: JobRequest
    takes: tuple[TakeOrder, ...]


@dataclass(frozen=True)
class RenderBatch:
    """Render jobs together; ends with BatchEnded, whatever became of them.

    Attributes:
        batch: its number; a worker is given no number twice.
        jobs: at least one, all of one model.
    """

    batch: int
    jobs: tuple[JobOrder, ...]


@dataclass(frozen=True)
class FindLimits:
    """Say what a model cannot play of a clip; answered by LimitsFound.

    Attributes:
        number: a worker is given no number twice.
        request: with clip, model and settings.
    """

    number: int
    request: JobRequest


@dataclass(frozen=True)
class CancelBatch:
    """Stop a batch at the next step; it still ends with BatchEnded."""

    batch: int


@dataclass(frozen=True)
class ModelReady:
    """The model of LoadModel is loaded.

    Attributes:
        sample_rate: of its takes, Hz.
    """

    sample_rate: int


@dataclass(frozen=True)
class ModelFailed:
    """The model of LoadModel cannot be loaded; `code` and `message` say why."""

    code: Code
    message: str


@dataclass(frozen=True)
class LimitsFound:
    """What a model cannot play of a clip.

    Attributes:
        number: of the FindLimits.
        limits: one line each.
        message: why they are not known, if they are not; else empty.
    """

    number: int
    limits: tuple[str, ...]
    message: str = ""


@dataclass(frozen=True)
class BatchProgress:
    """A batch got further.

    Attributes:
        batch: its number.
        fraction: of the batch, 0–1; 1 is left to its end.
        stage: what is being done, one word.
    """

    batch: int
    fraction: float
    stage: str


@dataclass(frozen=True)
class ClipRemarks:
    """What the model cannot say about a job's clip, one line each in `remarks`."""

    batch: int
    seq: int
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class TakeRendered:
    """A file is complete.

    Attributes:
        batch, seq, take: which.
        path: as ordered.
        sample_rate: Hz.
        frames: of the file.
    """

    batch: int
    seq: int
    take: int
    path: Path
    sample_rate: int
    frames: int


@dataclass(frozen=True)
class JobFailed:
    """A job of a batch cannot be rendered; `code` and `message` (one line) say why."""

    batch: int
    seq: int
    code: Code
    message: str


@dataclass(frozen=True)
class BatchEnded:
    """Nothing more will be said about a batch."""

    batch: int


@dataclass(frozen=True)
class WorkerDied:
    """The last answer of every worker; it never says so itself, its process handle does.

    Attributes:
        reason: the signal or the exit status it ended with.
    """

    reason: str


WorkerOrder = LoadModel | RenderBatch | CancelBatch | FindLimits
BatchAnswer = BatchProgress | ClipRemarks | TakeRendered | JobFailed | BatchEnded
ModelAnswer = ModelReady | ModelFailed
Answer = BatchAnswer | ModelAnswer | LimitsFound

_ORDERS: Mapping[str, type[WorkerOrder]] = {kind.__name__: kind for kind in get_args(WorkerOrder)}
_ANSWERS: Mapping[str, type[Answer]] = {kind.__name__: kind for kind in get_args(Answer)}


def to_line(message: WorkerOrder | Answer) -> str:
    """A message as its line of JSON, without the line's end."""
    return json.dumps({"type": type(message).__name__, **_to_data(message)})


def order_from_line(line: str) -> WorkerOrder:
    """Read an order.

    Raises:
        ValueError: if the line is none.
    """
    order: WorkerOrder = _from_line(line, _ORDERS)
    return order


def answer_from_line(line: str) -> Answer:
    """Read an answer.

    Raises:
        ValueError: if the line is none: cut off by the worker's death, say.
    """
    answer: Answer = _from_line(line, _ANSWERS)
    return answer


def _from_line(line: str, kinds: Mapping[str, type[Any]]) -> Any:
    data = json.loads(line)
    try:
        return _from_data(kinds[data["type"]], data)
    except (KeyError, TypeError) as error:
        raise ValueError(f"{line[:100]!r} is no message: {error!r}") from None


def _to_data(value: Any) -> Any:
    if isinstance(value, JobRequest):
        return value.to_json()
    if is_dataclass(value):
        return {field.name: _to_data(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_to_data(entry) for entry in value]
    return str(value) if isinstance(value, Path) else value


def _from_data(kind: Any, data: Any) -> Any:
    if kind is JobRequest:
        return JobRequest.from_json(data)
    if isinstance(kind, type) and is_dataclass(kind):
        types = get_type_hints(kind)
        return kind(**{name: _from_data(types[name], data[name]) for name in types})
    if get_origin(kind) is tuple:
        return tuple(_from_data(get_args(kind)[0], entry) for entry in data)
    return Path(data) if kind is Path else data
