"""A bridge in a thread of the test, with a small library and a fake worker."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bridge.hosts.ableton.link import AbletonLink
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
        Library.open(folder / "library.sqlite", with_factory_bank=False) as library,
        JobQueue(folder / "renders", folder / "jobs.sqlite", worker_command=FAKE_WORKER) as jobs,
    ):
        if not library.list().total:
            library.add("Hollow flute", TextTimbre("hollow flute"), tags=["wind"])
            library.add("Warm bass", TextTimbre("warm smooth electronic bass"))
        yield BridgeService(library, jobs, "tiny", registry)


@contextlib.contextmanager
def running(
    folder: Path, token: str = "", link: Callable[[BridgeService], AbletonLink] | None = None
) -> Iterator[Running]:
    """Run a bridge, as :func:`service`; one that talks with Live, if there is a link to it."""
    with (
        service(folder) as found_service,
        FileReplies(folder / "answers") as letterbox,
        link(found_service) if link else contextlib.nullcontext() as live,
    ):
        jobs = found_service.jobs
        welcome = Welcome("0.1", "tiny", 44100, str(jobs.output_dir))
        address = Address(port=0, tcp_port=0, token=token)
        with serving(found_service, welcome, address, letterbox, live) as server:
            yield Running(server, jobs)
