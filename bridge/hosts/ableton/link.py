"""Renders the clip that is selected in Live, and brings the result back there.

Reading a clip takes Live some ticks of 100 ms, so it happens in a thread of the caller's
choice (:meth:`AbletonLink.render` blocks); placing results happens in a thread of its own.
"""

from __future__ import annotations

import queue
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from bridge.hosts.ableton.live import PORT, REPLY_PORT, Live
from bridge.hosts.ableton.messages import RenderSelected
from bridge.hosts.ableton.placing import EXTENSION_PORT, NotPlaced, Placing, place, show
from bridge.hosts.ableton.selection import Selection, read_selection
from bridge.jobs.model import Job, JobEvent
from bridge.service import BridgeService, JobStatus
from core.errors import TimbreError

_MAX_PENDING = 1000
_Key = tuple[str, str]


@dataclass(frozen=True)
class Ports:
    """UDP ports of this machine.

    Attributes:
        live, reply: where AbletonOSC listens, and where it answers.
        extension: where our extension listens.
    """

    live: int = PORT
    reply: int = REPLY_PORT
    extension: int = EXTENSION_PORT


class AbletonLink:
    """Between Live and the job queue.

    Args:
        service: who renders.
        report: called with one line a take, where it went; from a thread of the link's.
        ports: of AbletonOSC and our extension.

    Raises:
        UserInputError: if AbletonOSC's answers cannot be had, as another program has its port.
    """

    def __init__(
        self,
        service: BridgeService,
        report: Callable[[str], object],
        ports: Ports,
    ) -> None:
        self._service, self._report, self._ports = service, report, ports
        self._live = Live(ports.live, ports.reply)
        self._reading_lock = threading.Lock()  # AbletonOSC's answers are for one who asks
        self._lock = threading.Lock()  # over what follows
        self._reading: dict[_Key, threading.Event] = {}
        self._pending: OrderedDict[_Key, tuple[Selection, str]] = OrderedDict()
        self._ended: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._place_all, name="ableton", daemon=True)

    def start(self) -> None:
        """Place takes from now on."""
        self._service.jobs.listen(self._on_event)
        self._thread.start()

    def close(self) -> None:
        """Stop reading and placing, and free AbletonOSC's port."""
        with self._lock:
            for cancelled in self._reading.values():
                cancelled.set()
        self._service.jobs.unlisten(self._on_event)
        self._ended.put(None)
        self._thread.join()
        with self._reading_lock:
            self._live.close()

    def is_reading(self, client: str, job_id: str) -> bool:
        """Whether the clip of this request is being read, or waits for it.

        Args:
            client, job_id: whose request it is.
        """
        with self._lock:
            return (client, job_id) in self._reading

    def begin(self, client: str, message: RenderSelected) -> RenderSelected:
        """A request is about to be rendered: from now on it is being read.

        Args:
            client: who asked.
            message: what was asked.

        Returns:
            The same request, with an id if it had none.
        """
        message = replace(message, job_id=message.job_id or uuid.uuid4().hex)
        with self._lock:
            self._reading.setdefault((client, message.job_id), threading.Event())
        return message

    def cancel(self, client: str, job_id: str) -> None:
        """Stop reading, soon.

        Args:
            client, job_id: whose request it is.
        """
        with self._lock:
            cancelled = self._reading.get((client, job_id))
        if cancelled is not None:
            cancelled.set()

    def render(self, client: str, message: RenderSelected) -> JobStatus:
        """Read the selected clip and queue its render; blocks while Live answers.

        Args:
            client: who asked.
            message: as :meth:`begin` returned it.

        Returns:
            How the job stands; one of this id that is there already is left as it is.

        Raises:
            UserInputError: if there is no clip to read, or no such preset.
            Cancelled: if it was cancelled meanwhile.
        """
        key = (client, message.job_id)
        try:
            job = self._service.jobs.find(*key)
            if job is not None:
                return self._service.status_of(job)
            with self._lock:
                cancelled = self._reading[key]
            with self._reading_lock:
                selection = read_selection(self._live, cancelled.is_set)
            self._add_pending(key, (selection, message.timbre_name))
            try:
                job = self._service.submit(client, message.of_clip(), selection.clip)
            except TimbreError:
                self._pop_pending(key)
                raise
            return self._service.status_of(job, selection.remarks)
        finally:
            with self._lock:
                self._reading.pop(key, None)

    def _add_pending(self, key: _Key, what: tuple[Selection, str]) -> None:
        with self._lock:
            self._pending[key] = what
            if len(self._pending) > _MAX_PENDING:
                self._pending.popitem(last=False)

    def _pop_pending(self, key: _Key) -> tuple[Selection, str] | None:
        with self._lock:
            return self._pending.pop(key, None)

    def _on_event(self, event: JobEvent) -> None:
        if event.job.is_over:
            self._ended.put(event.job)

    def _place_all(self) -> None:
        while (job := self._ended.get()) is not None:
            pending = self._pop_pending((job.client, job.job_id))
            if pending is not None and job.state == "done":
                self._place(job, *pending)

    def _place(self, job: Job, selection: Selection, timbre: str) -> None:
        name = f"{selection.clip.name} – {timbre}"
        for file in job.files:
            placing = Placing(
                file.path, selection.track, selection.scene, selection.track_name, name
            )
            try:
                track, scene = place(placing, self._ports.extension)
            except NotPlaced as reason:
                show(placing, self._ports.live)
                self._report(f"{file.path}: drag it into Live ({reason})")
            else:
                self._report(f"{file.path}: on track {track + 1}, scene {scene + 1} of Live")
