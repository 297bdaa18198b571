"""What a client may ask of the bridge, with no sockets: clips, presets and jobs.

Every way in (OSC, the spool, the desktop) says the same things to this one object. Its
methods may be called from any thread; those that read the library or the queue may take
milliseconds and do not belong in an event loop.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, NamedTuple

from bridge.clip_assembly import ClipAssembler
from bridge.errors import RequestRefused
from bridge.jobs.model import Job, JobEvent, JobRequest
from bridge.jobs.queue import JobQueue
from bridge.protocol import Cancel, ClipBegin, ClipEnd, ClipNotes, FindPresets, Render, Status
from bridge.protocol.replies import ClipMissing, ClipOk, PresetFound, PresetsEnd
from core.clip import Clip
from core.errors import ModelMissing
from core.library.errors import UnknownPreset
from core.models.registry import Registry
from core.provenance import PresetVersion
from core.synthesizer import DEFAULT_BUNDLE, program_version

if TYPE_CHECKING:
    from core.library import Library

MAX_PRESETS = 1000
"""Most presets in one answer; a narrower query finds the others."""


class Standing(NamedTuple):
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
    """

    def __init__(
        self,
        library: Library,
        jobs: JobQueue,
        model: str = DEFAULT_BUNDLE,
        registry: Registry | None = None,
    ) -> None:
        self.jobs = jobs
        self.model = model
        self._library = library
        self._registry = registry or Registry()
        self._assembly = ClipAssembler()
        self._assembly_lock = threading.Lock()

    def take_clip(
        self, client: str, message: ClipBegin | ClipNotes | ClipEnd
    ) -> ClipOk | ClipMissing | None:
        """Take in a part of a clip; quick.

        Returns:
            Whether the clip is whole, if that was asked.

        Raises:
            BadMessage: if the clip is too large, or the part cannot belong to it.
        """
        with self._assembly_lock:
            match message:
                case ClipBegin():
                    self._assembly.begin(client, message)
                case ClipNotes():
                    self._assembly.notes(client, message)
                case ClipEnd():
                    return self._assembly.end(client, message)
        return None

    def presets(self, message: FindPresets) -> list[PresetFound | PresetsEnd]:
        """The presets that fit a query, and how many they are."""
        if message.query.strip():
            page = self._library.search(message.query, 0, MAX_PRESETS)
        else:
            page = self._library.list(0, MAX_PRESETS)
        found = [PresetFound(preset.id, preset.name, preset.kind) for preset in page.presets]
        return [*found, PresetsEnd(len(found))]

    def render(self, client: str, message: Render) -> Job:
        """Queue a render of a clip that was sent, or find the job of that id.

        Raises:
            BadMessage: ``unknown_clip``, ``unknown_preset``, ``model_missing``,
                ``bad_request`` (an id that was used for another render).
            TimbreError: what else keeps it from being queued.
        """
        known = self.jobs.find(client, message.job_id)
        try:
            with self._assembly_lock:
                clip = self._assembly.clip(client, message.clip_id)
        except RequestRefused:
            if known is not None:  # repeated after the clip was forgotten
                return known
            raise
        return self.submit(client, message, clip)

    def submit(self, client: str, message: Render, clip: Clip, priority: int = 0) -> Job:
        """Queue a render of a clip; as :meth:`render`."""
        asked = json.dumps([clip.name, clip.content_hash, *message.arguments()])
        if self.jobs.is_repeat(client, message.job_id, asked):
            return self.job(client, message.job_id)
        try:
            preset = self._library.get(message.preset)
        except UnknownPreset as error:
            raise RequestRefused(str(error), "unknown_preset", message.job_id) from None
        model = message.model or self.model
        try:
            sha256 = self._registry.resolve(model).sha256
        except ModelMissing as error:
            raise RequestRefused(str(error), "model_missing", message.job_id) from None
        given = {key: value for key, value in asdict(message.settings).items() if value is not None}
        return self.jobs.submit(
            JobRequest(
                client=client,
                job_id=message.job_id,
                clip=clip,
                timbre=self._library.recipe(preset),
                preset=PresetVersion(preset.name, preset.version),
                model=model,
                model_sha256=sha256,
                seed=message.seed,
                takes=message.takes,
                settings=replace(preset.settings, **given),
                program_version=program_version(),
                priority=priority,
                asked=asked,
            )
        )

    def standing(self, client: str, message: Render | Cancel | Status) -> Standing:
        """Do what a message says of a job, and tell how it stands then; as the methods it calls."""
        match message:
            case Render():
                return self.standing_of(self.render(client, message))
            case Cancel(job_id):
                return self.standing_of(self.cancel(client, job_id))
            case Status(job_id):
                return self.standing_of(self.job(client, job_id))

    def standing_of(self, job: Job, remarks: tuple[str, ...] = ()) -> Standing:
        """How a job stands."""
        return Standing(job, self.jobs.position(job), self.jobs.progress(job), remarks)

    def job(self, client: str, job_id: str) -> Job:
        """A job as it stands.

        Raises:
            BadMessage: if the client has none of this id.
        """
        return _known(self.jobs.find(client, job_id), job_id)

    def cancel(self, client: str, job_id: str) -> Job:
        """Stop a job; as :meth:`job`."""
        return _known(self.jobs.cancel(client, job_id), job_id)

    def acknowledge(self, client: str, job_id: str) -> Job:
        """The client knows how the job ended; as :meth:`job`."""
        job = _known(self.jobs.find(client, job_id), job_id)
        if job.is_over:
            self.jobs.acknowledge(job)
        return job


def _known(job: Job | None, job_id: str) -> Job:
    if job is None:
        raise RequestRefused(f"there is no job {job_id!r} of this client", about=job_id)
    return job
