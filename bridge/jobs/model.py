"""What a job is: plain, frozen values, and their form in JSON. No SQL and no process here."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from bridge.errors import Code
from core import timbre as recipes
from core.clip import Bend, Clip, Note
from core.engines.registry import check_settings, settings_to_json
from core.provenance import PresetVersion
from core.settings import RenderSettings
from core.timbre import Timbre

JobState = Literal["queued", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class JobRequest:
    """A clip to be rendered.

    Attributes:
        client, job_id: together they name the job, for ever.
        clip: what to play.
        timbre: the recipe, with recordings the library keeps.
        preset: what the recipe is called.
        model, model_sha256: the bundle and its digest.
        seed: of the first take; further takes count up.
        takes: how many files to make, ≥ 1.
        settings: how to decode.
        program_version: of the program that renders.
        priority: higher goes first.
        asked: what the client itself said, else empty; a repeated request is recognised by
            it, though its preset may have changed in between.
        embedding: of a render that is repeated, as :func:`core.provenance.embedding_to_json`
            writes it; the timbre is not heard then, only named. Empty hears the timbre.
    """

    client: str
    job_id: str
    clip: Clip
    timbre: Timbre
    preset: PresetVersion | None
    model: str
    model_sha256: str
    seed: int = 0
    takes: int = 1
    settings: RenderSettings = field(default_factory=RenderSettings)
    program_version: str = ""
    priority: int = 0
    asked: str = ""
    embedding: Mapping[str, Any] = field(default_factory=dict)

    def take_keys(self) -> list[str]:
        """SHA-256 (hex) of everything each take's file depends on, its provenance included."""
        data = self.to_json()
        for name in ("client", "job_id", "priority", "takes", "asked", "seed"):
            del data[name]
        # Takes differ in their seed alone. The clip, which can be large, is written as text
        # and hashed once; what follows the seed in the sorted text is small.
        before = json.dumps({k: data[k] for k in data if k < "seed"}, sort_keys=True)
        after = json.dumps({k: data[k] for k in data if k > "seed"}, sort_keys=True)
        common = hashlib.sha256(before[:-1].encode())
        keys = []
        for take in range(self.takes):
            digest = common.copy()
            digest.update(f', "seed": {self.seed + take}, {after[1:]}'.encode())
            keys.append(digest.hexdigest())
        return keys

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of what was asked for; the same job id may not ask for another."""
        if self.asked:
            return digest_of_asked(self.asked)
        data = self.to_json()
        del data["priority"], data["program_version"]
        return _digest(data)

    def to_json(self) -> dict[str, Any]:
        """JSON-ready data that :meth:`from_json` reads back without loss."""
        # Notes without a bend are written as before there were bends, so that keys stay the same.
        notes = [
            [n.start_s, n.pitch, n.velocity, n.duration_s, *([n.bend] if n.bend else [])]
            for n in self.clip.notes
        ]
        return {
            "client": self.client,
            "job_id": self.job_id,
            "clip": {"name": self.clip.name, "length_s": self.clip.length_s, "notes": notes},
            "timbre": self.timbre.to_dict(),
            "preset": None if self.preset is None else asdict(self.preset),
            "model": self.model,
            "model_sha256": self.model_sha256,
            "seed": self.seed,
            "takes": self.takes,
            "settings": settings_to_json(self.settings),
            "program_version": self.program_version,
            "priority": self.priority,
            "asked": self.asked,
            # Keys of what has none are as before there were any.
            **({"embedding": dict(self.embedding)} if self.embedding else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> JobRequest:
        """Read what :meth:`to_json` wrote."""
        clip, preset = data["clip"], data["preset"]
        notes = (
            Note(start_s, pitch, velocity, duration_s, *(_bend(points) for points in bend))
            for start_s, pitch, velocity, duration_s, *bend in clip["notes"]
        )
        return cls(
            **{
                **data,
                "clip": Clip.of(clip["name"], notes, clip["length_s"]),
                "timbre": recipes.from_dict(data["timbre"]),
                "preset": None if preset is None else PresetVersion(**preset),
                "settings": check_settings(data["settings"]),
            }
        )


@dataclass(frozen=True)
class TakeFile:
    """A rendered file.

    Attributes:
        take: from 0.
        path: absolute; complete.
        sample_rate, frames: of the file; Hz.
    """

    take: int
    path: Path
    sample_rate: int
    frames: int


@dataclass(frozen=True)
class Job:
    """Where a job stands.

    Attributes:
        seq: order of arrival.
        client, job_id, priority, digest: of the request.
        length_s: of its clip, times its takes; seconds.
        model: the bundle's id.
        state: as the contract names it.
        attempts: times a worker died over it.
        code, message: why it failed or was cancelled, else empty.
        files: all its takes, once it is done.
        is_acknowledged: the client knows how it ended, or was told often enough.
    """

    seq: int
    client: str
    job_id: str
    priority: int
    digest: str
    length_s: float
    model: str
    state: JobState
    attempts: int = 0
    code: Code | Literal[""] = ""
    message: str = ""
    files: tuple[TakeFile, ...] = ()
    is_acknowledged: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ("done", "failed", "cancelled")


@dataclass(frozen=True)
class JobEvent:
    """Something happened to a job: it has started, got further, or ended.

    Attributes:
        job: as it stands now.
        fraction: 0–1.
        stage: what is being done, one or a few words.
        remark: if not empty, something the model cannot say about the clip, one line for the
            user; ``fraction`` and ``stage`` are then the job's present ones.
    """

    job: Job
    fraction: float
    stage: str
    remark: str = ""


def file_stem(request: JobRequest, key: str) -> str:
    """A file name for people, with nothing in it that a client could aim with.

    Args:
        request: whose clip and preset are named.
        key: of the take, from :meth:`JobRequest.take_keys`; its start tells takes apart.
    """
    preset = request.preset.name if request.preset else request.timbre.describe()
    parts = [_plain(request.clip.name), _plain(preset), key[:12]]
    return "-".join(part for part in parts if part)


def digest_of_asked(asked: str) -> str:
    """:attr:`JobRequest.digest` of a request that says what the client itself asked."""
    return hashlib.sha256(asked.encode()).hexdigest()


def _bend(points: Iterable[tuple[float, float]]) -> Bend:
    return tuple((at_s, semitones) for at_s, semitones in points)


def _plain(text: str) -> str:
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", ascii_text)[:40].strip("-").lower()


def _digest(data: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
