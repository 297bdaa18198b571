"""The bridge that goes on and off with the window: DAWs' clips into the window's own queue.

It is what ``timbre serve`` runs, in threads of this process. Its renders are done by the worker
process, so that neither the window nor the answers to DAWs wait for them.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from bridge.options import PORT
from core.errors import SettingsError, TimbreError
from desktop.services.bridge_interface import (
    BridgeEvents,
    BridgeState,
    ConnectedClient,
    TripStep,
)
from desktop.services.bridge_log import BridgeLog
from desktop.services.jobs import LocalJobService
from desktop.services.jobs_interface import ClipItem
from desktop.tasks import TaskControl

if TYPE_CHECKING:
    from bridge.jobs.model import JobEvent
    from bridge.server import BridgeServer

_HOST = "127.0.0.1"
_LOOK_EVERY_MS = 1000
_DELIVERIES = 20
_PROBE_S = 1.0


class LocalBridge(QObject):
    """A :class:`desktop.services.bridge_interface.BridgeControl`. Make it on the window's thread.

    Args:
        jobs: whose queue and library DAWs share; close it after this, and before the tasks.
        port: UDP and TCP; 0 takes free ones.
        spool: a folder for scripts that speak by files; None has none.
        options: of DAWs that the bridge itself speaks to, as ``timbre serve`` has them.
        answers: the folder for clients that cannot listen; None is the user's own.
        sample_rate: of the model, Hz; None asks the renderer, once it has loaded it.
    """

    _changed = pyqtSignal(object)
    _logged = pyqtSignal(str)

    def __init__(
        self,
        jobs: LocalJobService,
        *,
        port: int = PORT,
        spool: Path | None = None,
        options: Sequence[str] = (),
        answers: Path | None = None,
        sample_rate: int | None = None,
    ) -> None:
        super().__init__()
        self._jobs, self._port, self._spool = jobs, port, spool
        self._options, self._answers = frozenset(options), answers
        self._sample_rate = sample_rate
        self._events = BridgeEvents()
        self._switching = threading.Lock()
        self._lock = threading.Lock()  # over the state
        self._state = BridgeState()
        self._deliveries: deque[str] = deque(maxlen=_DELIVERIES)
        self._running = contextlib.ExitStack()
        self._server: BridgeServer | None = None
        self._is_closed = self._is_wanted = False
        self._log = BridgeLog(self._logged.emit)
        self._changed.connect(self._events.changed, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]
        self._logged.connect(self._events.logged, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]
        jobs.events.clip_came.connect(self._note_clip)
        jobs.events.said.connect(self._log.note)
        self._looking = QTimer(self)
        self._looking.setInterval(_LOOK_EVERY_MS)
        self._looking.timeout.connect(self._look)
        self._looking.start()

    @property
    def events(self) -> BridgeEvents:
        """See :class:`BridgeControl`."""
        return self._events

    @property
    def state(self) -> BridgeState:
        """See :class:`BridgeControl`."""
        with self._lock:
            return self._state

    @property
    def is_wanted(self) -> bool:
        """See :class:`BridgeControl`."""
        return self._is_wanted

    @property
    def clients(self) -> Sequence[ConnectedClient]:
        """See :class:`BridgeControl`."""
        server = self._server
        if server is None:
            return ()
        from desktop.services.job_records import source_words

        heard = sorted(server.heard_at.items(), key=lambda entry: -entry[1])
        return [ConnectedClient(name, source_words(name), at) for name, at in heard]

    @property
    def log(self) -> Sequence[str]:
        """See :class:`BridgeControl`."""
        return self._log.lines

    def test_trip(self, control: TaskControl) -> Sequence[TripStep]:
        """See :class:`BridgeControl`."""
        server = self._server
        if server is None:
            return [TripStep("the bridge is off", False, "turn it on, then try again")]
        from desktop.services.round_trip import round_trip

        return round_trip(server.port, control)

    def turn_on(self) -> BridgeState:
        """See :class:`BridgeControl`."""
        self._is_wanted = True
        with self._switching:
            if self._server is not None:
                return self.state
            self._say(BridgeState(words="bridge: getting ready"))
            try:
                with contextlib.ExitStack() as starting:
                    server = self._start(starting)
                    if self._is_closed:
                        return self._say(BridgeState())
                    self._server, self._running = server, starting.pop_all()
            except TimbreError as error:
                return self._say(BridgeState(words="bridge off", problem=str(error)))
            return self._say(BridgeState(True, _words(server.port, ()), server.port))

    def turn_off(self) -> BridgeState:
        """See :class:`BridgeControl`."""
        self._is_wanted = False
        return self._end()

    def _end(self) -> BridgeState:
        with self._switching:
            self._server = None
            self._running.close()
            return self._say(BridgeState())

    def close(self) -> None:
        """Turn it off for good; on the window's thread.

        One that is just being turned on is not waited for: it turns itself off, which it does at
        once when the job service is closed.
        """
        self._looking.stop()
        self._is_closed = True
        self._log.unlisten()
        if self._switching.acquire(blocking=False):
            self._switching.release()
            self._end()

    def _start(self, starting: contextlib.ExitStack) -> BridgeServer:
        from bridge.hosts import all_hosts
        from bridge.protocol.replies import Welcome
        from bridge.server import Address
        from bridge.server.file_replies import FileReplies
        from bridge.server.spool import Spool
        from bridge.server.thread import serving
        from core.paths import data_dir
        from core.version import program_version

        self._log.listen()
        starting.callback(self._log.unlisten)
        service = self._jobs.service()
        jobs = service.jobs
        sample_rate = self._sample_rate or jobs.wait_until_warm()
        welcome = Welcome(program_version(), service.model, sample_rate, str(jobs.output_dir))
        answers = self._answers or data_dir() / "answers"
        file_replies = starting.enter_context(FileReplies(answers))
        if self._spool is not None:
            starting.enter_context(Spool(service, self._spool))
        hosts = all_hosts()
        for host in hosts:
            if host.option in self._options:
                starting.enter_context(host.started(service, self._deliver))
        address = Address(_HOST, self._port, self._port)
        try:
            server = starting.enter_context(serving(service, welcome, address, file_replies, hosts))
        except SettingsError:
            raise SettingsError(_who_has(address.port)) from None
        file_replies.publish(_HOST, server.port, server.tcp_port)
        jobs.listen(self._on_job_event)
        starting.callback(jobs.unlisten, self._on_job_event)
        return server

    def _on_job_event(self, event: JobEvent) -> None:
        from desktop.services.job_records import HERE, source_words

        job = event.job
        if job.client == HERE or not job.is_over or event.remark:
            return
        source = source_words(job.client)
        if job.state == "done":
            for file in job.files:
                self._deliver(f"{file.path.name} for {source}, in {file.path.parent}")
        else:
            self._deliver(f"{job.state} for {source}: {job.message}")

    def _note_clip(self, item: ClipItem) -> None:
        if item.came_at and not item.source.startswith("from "):
            count = len(item.clip.notes)
            notes = "1 note" if count == 1 else f"{count:,} notes"
            self._log.note(f"clip “{item.clip.name}”, {notes}, {item.source}")

    def _deliver(self, line: str) -> None:
        self._log.note(line)
        with self._lock:
            self._deliveries.appendleft(line)
            state = self._state = replace(self._state, deliveries=tuple(self._deliveries))
        self._changed.emit(state)

    def _bring_back(self) -> None:
        self._end()
        if not self._is_closed:
            self.turn_on()

    def _say(self, state: BridgeState) -> BridgeState:
        with self._lock:
            state = self._state = replace(state, deliveries=tuple(self._deliveries))
        self._log.note(state.problem or state.words)
        self._changed.emit(state)
        return state

    def _look(self) -> None:
        """Whether it is still there, and somebody new speaks with it."""
        server = self._server
        if server is None:
            return
        if not server.is_serving:
            self._log.note("the bridge ended by itself; it is started again")
            self._server = None
            threading.Thread(target=self._bring_back, name="bridge again", daemon=True).start()
            return
        clients = server.clients
        if clients != self.state.clients:
            with self._lock:
                self._state = replace(
                    self._state, clients=clients, words=_words(server.port, clients)
                )
            self._changed.emit(self._state)


def _words(port: int, clients: Sequence[str]) -> str:
    if not clients:
        return f"bridge on, port {port}; no DAW yet"
    from desktop.services.job_records import source_words

    names = list(dict.fromkeys(source_words(client) for client in reversed(clients)))
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return f"{', '.join(names[:2])}{more} connected, port {port}"


def _who_has(port: int) -> str:
    """Who has a port that is taken, and what to do about it."""
    from bridge.client import BridgeClient, BridgeRefused, BridgeUnreachable

    try:
        with BridgeClient(_HOST, port, name="desktop-probe", timeout_s=_PROBE_S) as other:
            where = f"; its files go to {other.welcome.output_dir}"
    except BridgeRefused:
        where = ""
    except BridgeUnreachable:
        return (
            f"another program uses port {port}, where DAWs look for the bridge; end that program "
            "and turn the bridge on again"
        )
    return (
        f"another Timbre Bridge answers on port {port}{where}; stop it (a `timbre serve`, or "
        "another window) and turn this one on again"
    )
