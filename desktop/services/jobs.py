"""Clips and renders over the one queue that DAWs use too: the window's, in this process.

The queue, the library and what they import are opened by the first slow call. What happens in
the queue's own thread is handed to the window by :mod:`desktop.services.job_relay`.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from core.clip import Clip
from core.errors import Cancelled, TimbreError, UserInputError
from core.models import DEFAULT_BUNDLE
from desktop.services.job_relay import JobRelay
from desktop.services.jobs_interface import DROPPED, ClipItem, JobEvents, PresetChoice, TakeItem
from desktop.services.own_service import OpenService, own_service, usable_model
from desktop.tasks import TaskControl

if TYPE_CHECKING:
    from bridge.jobs.model import Job, JobEvent, JobRequest
    from bridge.service import BridgeService
    from desktop.services.job_records import JobRecords

_Answer = TypeVar("_Answer")

RECALLED = 300
"""So many jobs of earlier runs are shown."""

_MOST_CHOICES = 50
_POSITIONS_OF = 100
"""Of so many waiting takes it is said how many are before them."""

_LOOK_EVERY_S = 0.1

_log = logging.getLogger(__name__)


class LocalJobService:
    """A :class:`desktop.services.jobs_interface.JobService`. Make it on the window's thread.

    Args:
        open_service: opens the queue and the library; None the user's own.
        model: renders are made with it; if it is not here, with the default one.
        device: where they are computed; empty leaves it to the engines.
    """

    def __init__(
        self,
        open_service: OpenService | None = None,
        model: str = DEFAULT_BUNDLE,
        device: str = "",
    ) -> None:
        self._model = model
        self._open_service = open_service or (lambda: own_service(self._usable_model(), device))
        self._events = JobEvents()
        self._relay = JobRelay(self._events)
        self._opening = threading.Lock()
        self._opened = contextlib.ExitStack()
        self._service: BridgeService | None = None
        self._is_closed = False
        self._recalled = threading.Event()  # what happens meanwhile waits, to come after
        self._records: JobRecords | None = None
        self._limits: dict[str, tuple[str, ...]] = {}

    @property
    def events(self) -> JobEvents:
        """See :class:`JobService`."""
        return self._events

    @property
    def under_way(self) -> int:
        """See :class:`JobService`."""
        return 0 if self._records is None else self._records.under_way

    def service(self) -> BridgeService:
        """The library and the queue, opened if they are not yet; slow.

        Raises:
            TimbreError: if they cannot be opened, and what to do.
        """
        with self._opening:
            if self._is_closed:
                raise TimbreError("the window is closing; start it again")
            if self._service is None:
                from desktop.services.job_records import JobRecords

                service = self._opened.enter_context(self._open_service())
                self._records, self._service = JobRecords(), service
                service.listen(self._on_clip, self._on_job)
                service.jobs.listen(self._on_event)
                try:
                    self._recall(service, self._records)
                finally:
                    self._recalled.set()
            return self._service

    def use_model(self, model: str) -> None:
        """Make renders with another bundle from now on; those that wait keep theirs."""
        with self._opening:
            self._model = model
            self._limits.clear()
            if self._service is not None:
                self._service.model = model

    def _usable_model(self) -> str:
        self._model, remark = usable_model(self._model)
        if remark:
            self._relay.say(remark)
        return self._model

    def close(self) -> None:
        """Let go of the queue; what is under way goes on at the next start."""
        with self._opening:
            self._is_closed = True
            if self._service is not None:
                self._service.jobs.unlisten(self._on_event)
                self._service = None
            self._opened.close()

    # What there is

    def clips(self) -> Sequence[ClipItem]:
        """See :class:`JobService`."""
        return self._open_records().clips()

    def takes(self, clip_id: str) -> Sequence[TakeItem]:
        """See :class:`JobService`."""
        records = self._open_records()
        items, waiting = [], 0
        for seen in records.jobs_of(clip_id):
            job = self._look(seen)
            is_counted = job.state == "queued" and waiting < _POSITIONS_OF
            waiting += is_counted
            items.append(self._item(job, is_counted))
        return items

    def presets(self, text: str) -> Sequence[PresetChoice]:
        """See :class:`JobService`."""
        from bridge.protocol import FindPresets
        from bridge.protocol.replies import PresetFound

        found = self.service().presets(FindPresets(text))
        choices = [PresetChoice(one.id, one.name) for one in found if isinstance(one, PresetFound)]
        return choices[:_MOST_CHOICES]

    # What comes in

    def add_file(self, file: Path, control: TaskControl) -> ClipItem:
        """See :class:`JobService`."""
        from desktop.services.processes.clip_reading import read_clip

        control.stage(f"reading {file.name}")
        clip, remarks = read_clip(file, control)
        return self._add_clip(clip, DROPPED, remarks)

    def render_again(self, file: Path) -> TakeItem:
        """See :class:`JobService`."""
        from core.provenance import embedding_to_json, read_provenance
        from core.settings import GAIN, RenderSettings

        made = read_provenance(file)
        service = self.service()
        weights = service.registry.resolve(made.model_id).sha256
        if weights != made.model_sha256:
            raise UserInputError(
                f"{file.name} was made by other weights of {made.model_id} "
                f"({made.model_sha256[:12]}) than are here ({weights[:12]}); import the model it "
                "was made with"
            )
        if made.timbre is None:
            raise UserInputError(
                f"{file.name} was made from a bare embedding, whose timbre has no name; "
                "`timbre render --from FILE -o NEW` repeats it"
            )
        self._add_clip(made.clip, f"from {file.name}")
        request = self._request(
            made.clip,
            timbre=made.timbre,
            preset=made.preset,
            model=made.model_id,
            model_sha256=weights,
            seed=made.seed,
            settings=RenderSettings({**made.settings, GAIN.name: made.gain_db}),
            embedding=embedding_to_json(made.embedding),
        )
        return self._queue(request)

    # Rendering

    def submit(
        self, clip_id: str, presets: Sequence[str], *, seed: int = 0, takes: int = 1
    ) -> Sequence[TakeItem]:
        """See :class:`JobService`."""
        from bridge.protocol import Render
        from desktop.services.job_records import HERE

        clip, service = self._clip(clip_id), self.service()
        queued: list[TakeItem] = []
        refused: list[TimbreError] = []
        for preset in presets:
            for take in range(takes):
                message = Render(uuid.uuid4().hex, clip_id, preset, seed=seed + take)
                try:
                    job = service.submit(HERE, message, clip)
                except TimbreError as error:
                    refused.append(error)
                    break  # its other takes would be refused for the same
                queued.append(self._item(job, is_counted=True))
        if refused and not queued:
            raise refused[0]
        for refusal in refused:
            self._relay.say(str(refusal))
        return queued

    def cancel(self, take_id: int) -> None:
        """See :class:`JobService`."""
        job = self._job(take_id)
        self.service().jobs.cancel(job.client, job.job_id)

    def retry(self, take_id: int) -> TakeItem:
        """See :class:`JobService`."""
        from desktop.services.job_records import HERE

        service = self.service()
        request = service.jobs.request(self._job(take_id))
        weights = service.registry.resolve(request.model).sha256
        if weights != request.model_sha256:
            self._relay.say(
                f"{request.clip.name}: {request.model} was changed since; the new take may differ"
            )
        request = replace(
            request,
            client=HERE,
            job_id=uuid.uuid4().hex,
            asked="",
            priority=0,
            model_sha256=weights,
        )
        return self._queue(request)

    def put_first(self, take_id: int) -> None:
        """See :class:`JobService`."""
        job = self._job(take_id)
        put = self.service().jobs.put_first(job.client, job.job_id)
        if put is not None:
            self._relay.take(self._item(put, is_counted=True))

    def limits(self, clip_id: str, control: TaskControl) -> Sequence[str]:
        """See :class:`JobService`."""
        from bridge.jobs.worker_messages import WorkerDied
        from core.timbre import TextTimbre

        if clip_id in self._limits:
            return self._limits[clip_id]
        clip, service = self._clip(clip_id), self.service()
        weights = service.registry.resolve(service.model).sha256
        asked = service.jobs.limits(
            self._request(clip, timbre=TextTimbre("any"), model=service.model, model_sha256=weights)
        )
        answer = _wait(asked, control)
        if isinstance(answer, WorkerDied):
            raise TimbreError(f"the renderer died ({answer.reason}); it is started again")
        if answer.message:
            raise TimbreError(answer.message)
        self._limits[clip_id] = answer.limits
        return answer.limits

    # Inside

    def _open_records(self) -> JobRecords:
        self.service()
        assert self._records is not None
        return self._records

    def _recall(self, service: BridgeService, records: JobRecords) -> None:
        """Remember the jobs of earlier runs, and their clips."""
        from desktop.services.job_records import source_words

        for job in reversed(service.jobs.recent(RECALLED)):
            try:
                request = service.jobs.request(job)
            except (TimbreError, KeyError, TypeError, ValueError) as error:
                _log.warning("job %s cannot be read", job.job_id, exc_info=error)
                self._relay.say(f"a render of an earlier run cannot be read: {error}")
                continue
            records.add_clip(request.clip, source_words(job.client), 0.0)
            records.add_job(job, request)

    def _clip(self, clip_id: str) -> Clip:
        item = self._open_records().clip(clip_id)
        if item is None:
            raise UserInputError("that clip is not here any more; drop it again")
        return item.clip

    def _job(self, take_id: int) -> Job:
        job = self._open_records().job(take_id)
        if job is None:
            raise UserInputError("that take is not here any more")
        return job

    def _look(self, job: Job) -> Job:
        return self.service().jobs.find(job.client, job.job_id) or job

    def _add_clip(self, clip: Clip, source: str, remarks: tuple[str, ...] = ()) -> ClipItem:
        item = self._open_records().add_clip(clip, source, time.time(), remarks)
        self._relay.clip(item)
        return item

    def _request(self, clip: Clip, **given: object) -> JobRequest:
        from bridge.jobs.model import JobRequest
        from core.version import program_version
        from desktop.services.job_records import HERE

        return JobRequest(
            client=HERE,
            job_id=uuid.uuid4().hex,
            clip=clip,
            program_version=program_version(),
            **{"preset": None, **given},  # type: ignore[arg-type]
        )

    def _queue(self, request: JobRequest) -> TakeItem:
        records = self._open_records()
        job = self.service().jobs.submit(request)
        records.add_job(job, request)
        item = self._item(job, is_counted=True)
        self._relay.take(item)
        return item

    def _item(self, job: Job, is_counted: bool) -> TakeItem:
        from bridge.jobs.model import JobEvent

        jobs = self.service().jobs
        event = jobs.progress(job) if job.state == "running" else None
        position = jobs.position(job) if is_counted else 0
        return self._open_records().take(event or JobEvent(job, 0.0, job.state), position)

    # From other threads

    def _on_clip(self, client: str, clip_id: str) -> None:
        """A DAW sent a clip; in the server's event loop, so the clip is put together elsewhere."""
        threading.Thread(
            target=self._take_clip, args=(client, clip_id), name="clip", daemon=True
        ).start()

    def _take_clip(self, client: str, clip_id: str) -> None:
        from desktop.services.job_records import source_words

        try:
            self._add_clip(self.service().clip(client, clip_id), source_words(client))
        except TimbreError as error:
            self._relay.say(f"a clip of {source_words(client)} could not be taken: {error}")

    def _on_job(self, job: Job, clip: Clip) -> None:
        from bridge.jobs.model import JobEvent
        from desktop.services.job_records import HERE, source_words

        if self._service is None or self._records is None:
            return  # the window is closing: it is seen at the next start
        self._learn(job)
        if job.client != HERE:
            item = self._records.add_clip(clip, source_words(job.client), time.time())
            self._relay.clip(item)
        position = self._service.jobs.position(job)
        self._relay.take(self._records.take(JobEvent(job, 0.0, job.state), position))

    def _on_event(self, event: JobEvent) -> None:
        records = self._records
        if records is None:
            return
        self._recalled.wait()
        self._learn(event.job)
        if event.stage == "queued" and event.job.attempts:
            self._relay.say("the renderer died; it is started again, and nothing is lost")
        self._relay.take(records.take(event))

    def _learn(self, job: Job) -> None:
        """Remember a job that is not known yet."""
        service, records = self._service, self._records
        if service is None or records is None or records.knows(job):
            return
        from desktop.services.job_records import source_words

        request = service.jobs.request(job)
        records.add_clip(request.clip, source_words(job.client), 0.0)
        records.add_job(job, request)


def _wait(asked: Future[_Answer], control: TaskControl) -> _Answer:
    """The answer, unless nobody waits for it any more."""
    while True:
        if control.is_cancelled:
            raise Cancelled("cancelled")
        with contextlib.suppress(TimeoutError):
            return asked.result(_LOOK_EVERY_S)
