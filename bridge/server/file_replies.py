"""Answers as files, for clients that can send OSC but cannot listen, as Ardour's scripts.

While the bridge runs, ``DIR/bridge.json`` says where (``host``, ``port``, ``tcp_port``). Such
a client says hello with :data:`~bridge.protocol.ANSWER_IN_FILES` for a port, and finds its answers
in ``DIR/CLIENT``; each file is always whole:

* ``welcome.json``, ``presets.json`` (``presets``: ``id``, ``name``, ``kind``) and
  ``refused.json`` (``code``, ``message``: of a message that named no job);
* ``jobs/ID.json``, one a job, as the spool writes its results: a ``state`` of ``queued``
  (``position``), ``running`` (``fraction``, ``stage``), ``done`` (``takes``: ``take``,
  ``path``, ``sample_rate``, ``frames``) or ``failed`` (``code``, ``message``); and ``notes``, a
  list of what the model cannot say about the clip.

The client may remove any of them; what is a month old is removed at the next start. A name
that is no plain word names no file, and what would go there is not written. See
``docs/protocol.md``.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import threading
import time
from collections import OrderedDict
from dataclasses import asdict, dataclass, field
from functools import singledispatchmethod
from pathlib import Path
from typing import Any

from bridge.errors import RequestRefused
from bridge.protocol.replies import (
    Accepted,
    ClipMissing,
    ClipOk,
    ClipRemark,
    Done,
    Failed,
    Pong,
    PresetFound,
    PresetsEnd,
    Progress,
    Reply,
    Welcome,
)
from bridge.server.sessions import Send
from core.errors import OutputError
from core.files import output_error, replacing

MAX_CLIENTS = 100
"""Folders there may be."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_WHERE = "bridge.json"
_OLD_S = 30 * 86_400.0
_MAX_JOBS = 10_000
_MAX_WAITING = 10_000

_log = logging.getLogger(__name__)


@dataclass
class _JobFile:
    """What a job's file gathers from several replies."""

    state: dict[str, Any] = field(default_factory=dict)
    takes: dict[int, dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class FileReplies:
    """A folder of answers. Use it in a ``with`` block; one thread of its own writes.

    Args:
        folder: ``DIR``; made when the first client asks for it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._jobs: OrderedDict[Path, _JobFile] = OrderedDict()  # the newest last
        self._presets: list[dict[str, Any]] = []
        self._waiting: OrderedDict[Path, dict[str, Any]] = OrderedDict()
        self._wake = threading.Condition()  # over what waits
        self._stopping = False
        self._thread = threading.Thread(target=self._write_all, name="file replies", daemon=True)

    def __enter__(self) -> FileReplies:
        self._remove_old()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()
        with contextlib.suppress(OSError):
            (self._folder / _WHERE).unlink()

    def publish(self, host: str, port: int, tcp_port: int) -> None:
        """Say where the bridge listens, until the block ends.

        Args:
            host: as it was given to the server.
            port, tcp_port: of UDP and TCP.

        Raises:
            OutputError: if the folder cannot be written to.
        """
        data = {"host": _reachable(host), "port": port, "tcp_port": tcp_port}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(self._folder, error) from None
        with replacing(self._folder / _WHERE) as stream:
            stream.write(json.dumps(data).encode())

    def send_to(self, client: str) -> Send:
        """What writes to a client, made at its hello.

        Raises:
            RequestRefused: if its name is no plain word, there are too many clients, or its
                folder cannot be made.
        """
        if not _NAME.fullmatch(client):
            raise RequestRefused(
                "hello: a client that wants its answers in files needs a name of letters, "
                "digits, - and _, 100 at most"
            )
        own = self._folder / client
        try:
            if not own.is_dir() and sum(1 for _ in self._folder.glob("*/")) >= MAX_CLIENTS:
                raise RequestRefused(
                    f"hello: {MAX_CLIENTS} clients have answers in {self._folder}; remove those "
                    "that are no longer used",
                    "too_large",
                )
            (own / "jobs").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RequestRefused(str(output_error(own, error)), "internal") from None
        return lambda reply: self.write(reply, own)

    @singledispatchmethod
    def write(self, reply: Reply, own: Path) -> None:
        """Have the file written that a reply belongs in; what to write is decided by its kind.

        Args:
            reply: to a client.
            own: the client's folder.

        Raises:
            NotImplementedError: if nobody decided where this kind of reply goes.
        """
        raise NotImplementedError(f"no file is written for {reply.address}")

    @write.register
    def _(self, reply: Welcome, own: Path) -> None:
        self._put(own / "welcome.json", asdict(reply))

    @write.register
    def _(self, reply: PresetFound, own: Path) -> None:
        self._presets.append(asdict(reply))  # all of one answer come in a row

    @write.register
    def _(self, reply: PresetsEnd, own: Path) -> None:
        self._put(own / "presets.json", {"presets": self._presets})
        self._presets = []

    @write.register
    def _(self, reply: ClipOk | Pong, own: Path) -> None:
        """Nobody waits for these: a render follows, or nothing does."""

    @write.register
    def _(self, reply: ClipMissing, own: Path) -> None:
        lost = {"code": "bad_request", "message": "some notes were lost on the way"}
        self._put_job(own, reply.clip_id, {"state": "failed", **lost})

    @write.register
    def _(self, reply: Accepted, own: Path) -> None:
        self._put_job(own, reply.job_id, {"state": "queued", "position": reply.position})

    @write.register
    def _(self, reply: Progress, own: Path) -> None:
        state = {"state": "running", "fraction": reply.fraction, "stage": reply.stage}
        self._put_job(own, reply.job_id, state)

    @write.register
    def _(self, reply: ClipRemark, own: Path) -> None:
        self._put_job(own, reply.job_id, note=reply.text)

    @write.register
    def _(self, reply: Done, own: Path) -> None:
        take = asdict(reply)
        del take["job_id"]
        self._put_job(own, reply.job_id, {"state": "done"}, take=take)

    @write.register
    def _(self, reply: Failed, own: Path) -> None:
        state = {"state": "failed", "code": reply.code, "message": reply.message}
        if reply.job_id:
            self._put_job(own, reply.job_id, state)
        else:
            self._put(own / "refused.json", state)

    def _put_job(
        self,
        own: Path,
        job_id: str,
        state: dict[str, Any] | None = None,
        *,
        take: dict[str, Any] | None = None,
        note: str = "",
    ) -> None:
        if not _NAME.fullmatch(job_id):
            return
        path = own / "jobs" / f"{job_id}.json"
        job = self._jobs.setdefault(path, _JobFile())
        if len(self._jobs) > _MAX_JOBS:
            self._jobs.popitem(last=False)
        if note and note not in job.notes:
            job.notes.append(note)
        if take is not None:
            job.takes[take["take"]] = take
            state = {"state": "done", "takes": [job.takes[number] for number in sorted(job.takes)]}
        job.state = state or job.state or {"state": "queued", "position": 0}
        self._put(path, {"job_id": job_id, **job.state, "notes": list(job.notes)})

    def _put(self, path: Path, data: dict[str, Any]) -> None:
        with self._wake:
            if len(self._waiting) < _MAX_WAITING or path in self._waiting:
                self._waiting[path] = data
                self._wake.notify()

    def _write_all(self) -> None:
        while True:
            with self._wake:
                while not self._waiting:
                    if self._stopping:
                        return
                    self._wake.wait()
                path, data = self._waiting.popitem(last=False)
            try:
                with replacing(path) as stream:
                    # A path whose name is no Unicode goes out as the bytes it has on the disk.
                    text = json.dumps(data, ensure_ascii=False)
                    stream.write(text.encode(errors="surrogateescape"))
            except OutputError as error:
                _log.error("%s", error)

    def _remove_old(self) -> None:
        """Remove what nobody came for."""
        now = time.time()
        for path in self._folder.glob("*/jobs/*"):
            with contextlib.suppress(OSError):
                if now - path.stat().st_mtime > _OLD_S:
                    path.unlink()


def _reachable(host: str) -> str:
    """An address that a client on this machine can send to."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
