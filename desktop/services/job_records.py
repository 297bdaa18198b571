"""What is remembered of clips and their renders while the window is open. Any thread may ask."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from bridge.jobs.model import Job, JobEvent, JobRequest
from core.clip import Clip
from desktop.services.job_words import RemainingTime, present_files, problem_of, stage_words
from desktop.services.jobs_interface import TRIP, ClipItem, TakeItem
from desktop.services.round_trip import CLIENT as TRIP_CLIENT

HERE = "desktop"
"""The queue's name for what is asked for in this window."""

_NAMES = {"ardour": "Ardour", "reaper": "REAPER", "ableton": "Ableton Live", "live": "Ableton Live"}


def source_words(client: str) -> str:
    """Who a client is, for people."""
    if client == HERE:
        return "this window"
    for part, name in _NAMES.items():
        if part in client.lower():
            return name
    if client == TRIP_CLIENT:
        return TRIP
    return "a Python script" if client.startswith("python-") else client


def clip_key(clip: Clip) -> str:
    """The same for clips of the same name and notes."""
    return hashlib.sha256(f"{clip.name}\n{clip.content_hash}".encode()).hexdigest()[:32]


@dataclass
class _TakeRecord:
    """What of a job does not change, and what its events said."""

    clip_id: str
    preset: str
    seed: int
    remarks: list[str] = field(default_factory=list)
    seconds_left: float | None = None


class JobRecords:
    """The clips, and what their jobs are called."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clips: OrderedDict[str, ClipItem] = OrderedDict()  # the newest last
        self._takes: dict[int, _TakeRecord] = {}
        self._jobs: dict[int, Job] = {}
        self._remaining = RemainingTime()

    def add_clip(
        self, clip: Clip, source: str, came_at: float, remarks: tuple[str, ...] = ()
    ) -> ClipItem:
        """Remember a clip, the newest of all.

        Args:
            clip: the notes.
            source: who sent it, for people.
            came_at: seconds since 1970; 0 if that was in an earlier run.
            remarks: what is to be said about its file.
        """
        item = ClipItem(clip_key(clip), clip, source, came_at, remarks)
        with self._lock:
            known = self._clips.get(item.id)
            if known is not None and not came_at:
                return known
            self._clips[item.id] = item
            self._clips.move_to_end(item.id)
        return item

    def add_job(self, job: Job, request: JobRequest) -> None:
        """Remember what a job asked for; its clip is remembered already."""
        preset = request.preset.name if request.preset else request.timbre.describe()
        with self._lock:
            self._jobs.setdefault(job.seq, job)
            record = _TakeRecord(clip_key(request.clip), preset, request.seed)
            self._takes.setdefault(job.seq, record)

    def knows(self, job: Job) -> bool:
        """Whether :meth:`add_job` was called with it."""
        with self._lock:
            return job.seq in self._takes

    def clips(self) -> list[ClipItem]:
        """All of them, the newest first."""
        with self._lock:
            return list(reversed(self._clips.values()))

    def clip(self, clip_id: str) -> ClipItem | None:
        """One of them."""
        with self._lock:
            return self._clips.get(clip_id)

    def jobs_of(self, clip_id: str) -> list[Job]:
        """The jobs of a clip as they were last seen, the newest first."""
        with self._lock:
            found = [seq for seq, take in self._takes.items() if take.clip_id == clip_id]
            return [self._jobs[seq] for seq in sorted(found, reverse=True)]

    def job(self, seq: int) -> Job | None:
        """A job as it was last seen."""
        with self._lock:
            return self._jobs.get(seq)

    @property
    def under_way(self) -> int:
        """How many jobs wait or run."""
        with self._lock:
            return sum(not job.is_over for job in self._jobs.values())

    def take(self, event: JobEvent, position: int = 0) -> TakeItem:
        """A known job as a row shows it.

        Args:
            event: its last.
            position: jobs before it.
        """
        job = event.job
        with self._lock:
            record = self._takes[job.seq]
            self._jobs[job.seq] = job
            if event.remark and event.remark not in record.remarks:
                record.remarks.append(event.remark)
            if job.state == "running" and not event.remark:
                record.seconds_left = self._remaining.update(job.seq, event.fraction)
            elif job.state != "running":
                self._remaining.forget(job.seq)
                record.seconds_left = None
            known = replace(record, remarks=list(record.remarks))
        error, way_out = problem_of(job)
        return TakeItem(
            id=job.seq,
            clip_id=known.clip_id,
            preset=known.preset,
            source=source_words(job.client),
            state=job.state,
            stage=stage_words(job, event.stage, event.fraction, position),
            fraction=1.0 if job.state == "done" else event.fraction,
            seconds_left=known.seconds_left,
            files=present_files(job),
            error=error,
            way_out=way_out,
            remarks=tuple(known.remarks),
            seed=known.seed,
        )
