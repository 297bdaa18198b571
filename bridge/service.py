"""What a client may ask of the bridge, with no sockets: clips, presets and jobs.

Every way in (OSC, the spool, the desktop) asks the same things of this one object. Its
methods may be called from any thread; those that read the library or the queue may take
milliseconds and do not belong in an event loop.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.clip_assembly import ClipAssembler
from bridge.errors import RequestRefused
from bridge.jobs.model import Job, JobEvent, JobRequest
from bridge.jobs.queue import JobQueue
from bridge.protocol import ClipBegin, ClipBend, ClipEnd, ClipNotes, FindPresets, Render
from bridge.protocol.replies import ClipMissing, ClipOk, PresetFound, PresetsEnd
from bridge.sent_recordings import SentRecordings
from core.clip import Clip
from core.errors import ModelMissing
from core.library.errors import UnknownPreset
from core.models import DEFAULT_BUNDLE
from core.models.registry import Registry
from core.paths import data_dir
from core.provenance import PresetVersion
from core.settings import RenderSettings
from core.timbre import TextTimbre, Timbre, parse_blend
from core.version import program_version

if TYPE_CHECKING:
    from core.library import Library, Preset

ClipListener = Callable[[str, str], object]
"""Called with a client and the id of a clip that has come wholly; must be quick."""

JobListener = Callable[[Job, Clip], object]
"""Called with a job that was queued, and its clip; must be quick."""

MAX_PRESETS = 1000
"""Most presets in one answer; a narrower query finds the others."""


@dataclass(frozen=True)
class JobStatus:
    """How a job stands.

    Attributes:
        job: with its state.
        position: jobs before it.
        event: the last of a running job.
        remarks: what of its clip is left out, for the user.
    """

    job: Job
    position: int
    event: JobEvent | None
    remarks: tuple[str, ...] = ()


class BridgeService:
    """Clips, presets and jobs of all clients.

    Args:
        library: where presets are.
        jobs: where renders are done.
        model: the bundle a render uses that names none.
        registry: where bundles are looked up; None is the user's own.
        recordings: the folder for recordings that clients name; None is the user's own.
    """

    def __init__(
        self,
        library: Library,
        jobs: JobQueue,
        model: str = DEFAULT_BUNDLE,
        registry: Registry | None = None,
        recordings: Path | None = None,
    ) -> None:
        self.jobs = jobs
        self.model = model
        self._library = library
        self._registry = registry or Registry()
        self._recordings = SentRecordings(recordings or data_dir() / "sent-recordings")
        self._assembler = ClipAssembler()
        self._assembler_lock = threading.Lock()
        self._clip_listeners: list[ClipListener] = []
        self._job_listeners: list[JobListener] = []

    @property
    def registry(self) -> Registry:
        """Where bundles are looked up."""
        return self._registry

    def listen(self, on_clip: ClipListener, on_job: JobListener) -> None:
        """Tell of what comes in from now on, from whatever thread it comes by.

        Args:
            on_clip: called with every clip that was sent wholly.
            on_job: called with every job that was queued; not with its repetitions.
        """
        self._clip_listeners.append(on_clip)
        self._job_listeners.append(on_job)

    def clip(self, client: str, clip_id: str) -> Clip:
        """A clip that was sent.

        Args:
            client, clip_id: whose it is, and its name for it.

        Raises:
            RequestRefused: ``unknown_clip``, if it has not come, not wholly, or is forgotten.
        """
        with self._assembler_lock:
            return self._assembler.clip(client, clip_id)

    def receive_clip(
        self, client: str, message: ClipBegin | ClipNotes | ClipBend | ClipEnd
    ) -> ClipOk | ClipMissing | None:
        """Take in a part of a clip; quick.

        Args:
            client: whose clip it is.
            message: the part.

        Returns:
            Whether the clip is whole, if that was asked.

        Raises:
            RequestRefused: if the clip is too large, or the part cannot belong to it.
        """
        answer: ClipOk | ClipMissing | None = None
        with self._assembler_lock:
            match message:
                case ClipBegin():
                    self._assembler.begin(client, message)
                case ClipNotes():
                    self._assembler.notes(client, message)
                case ClipBend():
                    self._assembler.bend(client, message)
                case ClipEnd():
                    answer = self._assembler.end(client, message)
        if isinstance(answer, ClipOk):
            for listener in self._clip_listeners:
                listener(client, message.about)
        return answer

    def presets(self, message: FindPresets) -> list[PresetFound | PresetsEnd]:
        """The presets that fit a query, and how many they are."""
        if message.query.strip():
            page = self._library.search(message.query, 0, MAX_PRESETS)
        else:
            page = self._library.list(0, MAX_PRESETS)
        replies = [PresetFound(preset.id, preset.name, preset.kind) for preset in page.presets]
        return [*replies, PresetsEnd(len(replies))]

    def render(self, client: str, message: Render) -> Job:
        """Queue a render of a clip that was sent, or find the job of that id.

        Args:
            client: who asks.
            message: what for.

        Raises:
            RequestRefused: ``unknown_clip``, ``unknown_preset``, ``model_missing``.
            JobConflict: if the id was used for another render.
            TimbreError: what else keeps it from being queued.
        """
        existing = self.jobs.find(client, message.job_id)
        try:
            clip = self.clip(client, message.clip_id)
        except RequestRefused:
            if existing is not None:  # repeated after the clip was forgotten
                return existing
            raise
        return self.submit(client, message, clip)

    def submit(self, client: str, message: Render, clip: Clip, priority: int = 0) -> Job:
        """Queue a render of a clip; as :meth:`render`.

        Args:
            client: who asks.
            message: what for; its ``clip_id`` is not looked up.
            clip: what to play.
            priority: higher goes first.

        Raises:
            RequestRefused: ``unknown_preset``, ``model_missing``.
            JobConflict: if the id was used for another render.
            TimbreError: what else keeps it from being queued.
        """
        asked = json.dumps([clip.name, clip.content_hash, *message.arguments()])
        if self.jobs.is_repeat(client, message.job_id, asked):
            return self.job(client, message.job_id)
        timbre, preset = self._timbre(message)
        model = message.model or self.model
        try:
            sha256 = self._registry.resolve(model).sha256
        except ModelMissing as error:
            raise RequestRefused(str(error), "model_missing", message.job_id) from None
        settings = message.settings
        if preset is not None:
            settings = RenderSettings({**preset.settings, **settings})
            settings = self._library.with_gain(preset, sha256, settings)
        job = self.jobs.submit(
            JobRequest(
                client=client,
                job_id=message.job_id,
                clip=clip,
                timbre=timbre,
                preset=PresetVersion(preset.name, preset.version) if preset else None,
                model=model,
                model_sha256=sha256,
                seed=message.seed,
                takes=message.takes,
                settings=settings,
                program_version=program_version(),
                priority=priority,
                asked=asked,
            )
        )
        for listener in self._job_listeners:
            listener(job, clip)
        return job

    def _timbre(self, message: Render) -> tuple[Timbre, Preset | None]:
        """The timbre asked for, and the preset that it is of, if it is."""
        if message.text:
            return TextTimbre(message.text), None
        if message.audio:
            return self._recordings.keep(message.audio), None
        try:
            if message.blend:
                return self._library.resolve_blend(parse_blend(message.blend)), None
            preset = self._library.get(message.preset)
        except UnknownPreset as error:
            raise RequestRefused(str(error), "unknown_preset", message.job_id) from error
        return self._library.recipe(preset), preset

    def status_of(self, job: Job, remarks: tuple[str, ...] = ()) -> JobStatus:
        """How a job stands.

        Args:
            job: one of the queue's.
            remarks: what of its clip is left out, for the user.
        """
        return JobStatus(job, self.jobs.position(job), self.jobs.progress(job), remarks)

    def job(self, client: str, job_id: str) -> Job:
        """A job as it stands.

        Args:
            client, job_id: whose job it is.

        Raises:
            RequestRefused: if the client has none of this id.
        """
        return _existing(self.jobs.find(client, job_id), job_id)

    def cancel(self, client: str, job_id: str) -> Job:
        """Stop a job: at once if it waits, soon if it runs.

        Args:
            client, job_id: whose job it is.

        Returns:
            The job as it stands.

        Raises:
            RequestRefused: if the client has none of this id.
        """
        return _existing(self.jobs.cancel(client, job_id), job_id)

    def acknowledge(self, client: str, job_id: str) -> Job:
        """The client knows how the job ended; of a job that is not over, nothing happens.

        Args:
            client, job_id: whose job it is.

        Returns:
            The job as it stands.

        Raises:
            RequestRefused: if the client has none of this id.
        """
        job = _existing(self.jobs.find(client, job_id), job_id)
        if job.is_over:
            self.jobs.acknowledge(job)
        return job


def _existing(job: Job | None, job_id: str) -> Job:
    if job is None:
        raise RequestRefused(f"there is no job {job_id!r} of this client", about=job_id)
    return job
