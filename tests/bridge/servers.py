"""A bridge in a thread of the test, with a small library and a fake worker."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bridge.host import Host
from bridge.hosts import all_hosts
from bridge.jobs.queue import JobQueue
from bridge.protocol.replies import Welcome
from bridge.server import Address, BridgeServer
from bridge.server.file_replies import FileReplies
from bridge.server.thread import serving
from bridge.service import BridgeService
from core.library import Library
from core.models.registry import Registry
from core.timbre import TextTimbre
from tests.bridge.conftest import FAKE_WORKER
from tests.helpers.bundles import write_tiny_bundle


@dataclass(frozen=True)
class Running:
    """A bridge that runs."""

    server: BridgeServer
    jobs: JobQueue

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def tcp_port(self) -> int:
        return self.server.tcp_port


@contextlib.contextmanager
def service(folder: Path) -> Iterator[BridgeService]:
    """A service whose files are in a folder; twice in one folder is a restart."""
    if not (folder / "models").exists():
        write_tiny_bundle(folder / "models" / "tiny")
    registry = Registry(folder / "models", cache_dir=folder / "cache")
    with (
        Library.open(folder / "library.sqlite", with_factory_bank=False, model=None) as library,
        JobQueue(folder / "renders", folder / "jobs.sqlite", worker_command=FAKE_WORKER) as jobs,
    ):
        if not library.list().total:
            library.add("Hollow flute", TextTimbre("hollow flute"), tags=["wind"])
            library.add("Warm bass", TextTimbre("warm smooth electronic bass"))
        yield BridgeService(library, jobs, "tiny", registry, folder / "sent-recordings")


@contextlib.contextmanager
def running(
    folder: Path,
    token: str = "",
    host: Host | None = None,
    report: Callable[[str], object] = print,
) -> Iterator[Running]:
    """Run a bridge, as :func:`service`; one that speaks with a DAW, if there is one."""
    with (
        service(folder) as answering,
        FileReplies(folder / "answers") as file_replies,
        host.started(answering, report) if host else contextlib.nullcontext(),
    ):
        jobs = answering.jobs
        welcome = Welcome("0.1", "tiny", 44100, str(jobs.output_dir))
        address = Address(port=0, tcp_port=0, token=token)
        hosts = (host,) if host else all_hosts()
        with serving(answering, welcome, address, file_replies, hosts) as server:
            yield Running(server, jobs)
