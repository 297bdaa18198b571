"""Answers as files, for clients that can send OSC but cannot listen, as Ardour's scripts.

While the bridge runs, ``DIR/bridge.json`` says where (``host``, ``port``, ``tcp_port``). Such
a client says hello with :data:`~bridge.protocol.ANSWER_IN_FILES` for a port, and finds what it is
told in ``DIR/CLIENT``; each file is always whole:

* ``welcome.json``, ``presets.json`` (``presets``: ``id``, ``name``, ``kind``) and
  ``refused.json`` (``code``, ``message``: of a message that named no job);
* ``jobs/ID.json``, one a job, as the spool writes its results: a ``state`` of ``queued``
  (``position``), ``running`` (``fraction``, ``stage``), ``done`` (``takes``: ``take``,
  ``path``, ``sample_rate``, ``frames``) or ``failed`` (``code``, ``message``).

The client may remove any of them; what is a month old is removed at the next start. A name
that is no plain word names no file, and what would go there is not written.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import threading
import time
from collections import OrderedDict
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bridge.errors import RequestRefused
from bridge.protocol import osc
from bridge.protocol.replies import (
    REPLIES,
    Accepted,
    ClipMissing,
    Done,
    Failed,
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
_REMEMBERED = 10_000
_MAX_WAITING = 10_000

_log = logging.getLogger(__name__)


class FileReplies:
    """A folder of answers. Use it in a ``with`` block; one thread of its own writes.

    Args:
        folder: ``DIR``; made when the first client asks for it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._takes: OrderedDict[Path, list[dict[str, Any]]] = OrderedDict()  # of done jobs
        self._presets: list[dict[str, Any]] = []
        self._waiting: OrderedDict[Path, dict[str, Any]] = OrderedDict()
        self._wake = threading.Condition()  # over what waits
        self._stopping = False
        self._thread = threading.Thread(target=self._write_all, name="letterbox", daemon=True)

    def __enter__(self) -> FileReplies:
        self._sweep()
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

        def send(packet: bytes) -> None:
            for address, arguments in osc.unpack(packet):
                self._take(own, REPLIES.read(address, arguments))

        return send

    def _take(self, own: Path, reply: Reply) -> None:
        """Turn a reply into what its file is to hold."""
        match reply:
            case Welcome():
                self._put(own / "welcome.json", asdict(reply))
            case PresetFound():
                self._presets.append(asdict(reply))  # all of one answer come in a row
            case PresetsEnd():
                self._put(own / "presets.json", {"presets": self._presets})
                self._presets = []
            case Accepted(job_id, position):
                self._job(own, job_id, {"state": "queued", "position": position})
            case Progress(job_id, fraction, stage):
                self._job(own, job_id, {"state": "running", "fraction": fraction, "stage": stage})
            case Done(job_id):
                take = asdict(reply)
                del take["job_id"]
                self._job(own, job_id, {"state": "done", "takes": [take]})
            case Failed(job_id, code, message):
                told = {"state": "failed", "code": code, "message": message}
                if job_id:
                    self._job(own, job_id, told)
                else:
                    self._put(own / "refused.json", told)
            case ClipMissing(clip_id):
                lost = {"code": "bad_request", "message": "some notes were lost on the way"}
                self._job(own, clip_id, {"state": "failed", **lost})

    def _job(self, own: Path, job_id: str, data: dict[str, Any]) -> None:
        if not _NAME.fullmatch(job_id):
            return
        path = own / "jobs" / f"{job_id}.json"
        if data["state"] == "done":
            told = self._takes.setdefault(path, [])
            told[:] = [take for take in told if take["take"] != data["takes"][0]["take"]]
            told += data["takes"]
            data["takes"] = sorted(told, key=lambda take: int(take["take"]))
            if len(self._takes) > _REMEMBERED:
                self._takes.popitem(last=False)
        self._put(path, {"job_id": job_id, **data})

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
                    stream.write(json.dumps(data, ensure_ascii=False).encode())
            except OutputError as error:
                _log.error("%s", error)

    def _sweep(self) -> None:
        """Remove what nobody came for."""
        now = time.time()
        for path in self._folder.glob("*/jobs/*"):
            with contextlib.suppress(OSError):
                if now - path.stat().st_mtime > _OLD_S:
                    path.unlink()


def _reachable(host: str) -> str:
    """An address that a client on this machine can send to."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
