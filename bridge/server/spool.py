"""The spool: requests and results as files, for DAWs whose scripts have no sockets.

A script writes ``DIR/requests/ID.json`` (under a temporary name, then renames it) and reads
``DIR/results/ID.json``, which is always whole. A request is a JSON object:

* ``{"client": NAME, "preset": NAME, "clip": {"name", "length_s", "notes": [{"pitch",
  "start_s", "duration_s", "velocity", "bend"}, …]}, "seed", "takes", "model", …}`` renders; all
  after ``clip`` may be left out, and so may a note's ``bend`` and the settings that engines
  declare; ``text``, ``audio`` or ``blend`` may stand in the preset's place;
* ``{"client": NAME, "cancel": true}`` cancels the job of that ID;
* ``{"presets": QUERY}`` asks for presets.

A result has a ``state``: ``queued`` (``position``), ``running`` (``fraction``, ``stage``),
``done`` (``takes``: ``take``, ``path``, ``sample_rate``, ``frames``), ``failed`` (``code``,
``message``), or ``presets`` (``presets``: ``id``, ``name``, ``kind``). Results of a job also have
``notes``, a list of what the model cannot say about the clip; the result that tells of the newest
has it as its ``stage`` too, for scripts older than ``notes``. The request is removed when its first
result is there. A recording (``audio``) is the only path in a request that is opened. See
``docs/protocol.md``.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bridge.clip_assembly import MAX_CLIP_NOTES
from bridge.errors import RequestRefused, code_of
from bridge.jobs.model import Job, JobEvent
from bridge.protocol import CLIENT_MESSAGES, FindPresets, Render, render_options
from bridge.protocol.replies import ClipRemark, Done, Failed, PresetFound
from bridge.server.job_notifier import end_replies
from bridge.service import BridgeService
from core.clip import Bend, Clip, Note
from core.errors import OutputError, TimbreError
from core.files import output_error, replacing

MAX_REQUEST_BYTES = 32 * 2**20
POLL_EVERY_S = 0.2
_PROGRESS_EVERY_S = 0.2
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class Spool:
    """A watched folder. Use it in a ``with`` block.

    Args:
        service: who answers.
        folder: ``DIR``; made if it is not there.

    Raises:
        OutputError: if the folder cannot be made.
    """

    def __init__(self, service: BridgeService, folder: Path) -> None:
        self._service = service
        self._requests, self._results = folder / "requests", folder / "results"
        try:
            self._requests.mkdir(parents=True, exist_ok=True)
            self._results.mkdir(exist_ok=True)
        except OSError as error:
            raise output_error(folder, error) from None
        self._written: dict[int, tuple[float, str]] = {}  # running jobs' progress: when, stage
        self._notes: dict[int, list[str]] = {}  # remarks on jobs that are not over
        self._unwritten: dict[int, Job] = {}  # that have ended, and whose end could not be written
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="spool", daemon=True)

    def __enter__(self) -> Spool:
        self._service.jobs.listen(self._on_event)
        self._resume()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()
        self._service.jobs.unlisten(self._on_event)

    def _watch(self) -> None:
        while not self._stop.wait(POLL_EVERY_S):
            self.poll()

    def poll(self) -> None:
        """Answer the requests that are there now, and write the ends that could not be written."""
        for job in list(self._unwritten.values()):
            with contextlib.suppress(OutputError):
                self._write_status(job)
        for path in sorted(self._requests.glob("*.json")):
            if _ID.fullmatch(path.stem):
                with contextlib.suppress(OutputError):  # the disk is full, say: tried again
                    self._answer(path.stem, path)

    def _answer(self, job_id: str, path: Path) -> None:
        try:
            self._dispatch(job_id, _read(path))
        except OutputError:
            raise
        except TimbreError as error:
            message = " ".join(str(error).split())
            self._write(job_id, {"state": "failed", "code": code_of(error), "message": message})
        with contextlib.suppress(OSError):  # Windows, while the script looks: answered again
            path.unlink(missing_ok=True)

    def _dispatch(self, job_id: str, request: Mapping[str, Any]) -> None:
        if "presets" in request:
            replies = self._service.presets(FindPresets(str(request["presets"])))
            listed = [asdict(reply) for reply in replies if isinstance(reply, PresetFound)]
            self._write(job_id, {"state": "presets", "presets": listed})
            return
        client = f"spool {str(request.get('client', ''))[:100]}".strip()
        if request.get("cancel"):
            self._service.cancel(client, job_id)  # what happens then is written as it happens
            return
        message, clip = _render(job_id, request)
        is_new = self._service.jobs.find(client, job_id) is None
        job = self._service.submit(client, message, clip)
        self._write_status(job, unless_reported=is_new)

    def _resume(self) -> None:
        """Bring results up to date that a stop of the program left behind."""
        for path in self._results.glob("*.json"):
            try:
                result = _read(path)
            except TimbreError:
                continue
            if result.get("state") in ("queued", "running") and "client" in result:
                job = self._service.jobs.find(str(result["client"]), path.stem)
                if job is not None:
                    self._write_status(job)

    def _on_event(self, event: JobEvent) -> None:
        job = event.job
        if not job.client.startswith("spool"):
            return
        if event.remark:
            self._add_note(job, event.remark)
        elif not job.is_over and self._is_fresh(event):
            return
        self._write_status(job, event)

    def _is_fresh(self, event: JobEvent) -> bool:
        """Whether the stage a running job is in was written a moment ago."""
        written_at, stage = self._written.get(event.job.seq, (0.0, ""))
        return stage == event.stage and time.monotonic() - written_at < _PROGRESS_EVERY_S

    def _add_note(self, job: Job, text: str) -> None:
        with self._lock:
            notes = self._notes.setdefault(job.seq, [])
            if text not in notes:
                notes.append(text)

    def _write_status(
        self, job: Job, event: JobEvent | None = None, *, unless_reported: bool = False
    ) -> None:
        """Write how a job stands, by what the queue says now.

        Args:
            job: as it stood.
            event: its last.
            unless_reported: leave it to the events if they have reported it: an end would be there
                again after the script has read and removed it, and a remark be overwritten.
        """
        with self._lock:  # of two who write, the later knows more
            job = self._service.jobs.find(job.client, job.job_id) or job
            if unless_reported and (job.is_over or job.seq in self._written):
                return
            data: dict[str, Any] = {"state": job.state, "client": job.client}
            data["notes"] = self._notes.get(job.seq, [])
            if job.is_over:
                self._written.pop(job.seq, None)
                replies = end_replies(job)
                data["takes"] = [_take_data(reply) for reply in replies if isinstance(reply, Done)]
                for reply in replies:
                    if isinstance(reply, Failed):
                        data |= {"state": "failed", "code": reply.code, "message": reply.message}
                if data["state"] == "failed":
                    del data["takes"]
            elif job.state == "running":
                event = event or self._service.jobs.progress(job)
                data["fraction"] = event.fraction if event else 0.0
                data["stage"] = _stage(event) if event else "starting"
            else:
                data["position"] = self._service.jobs.position(job)
            try:
                self._write(job.job_id, data)
            except OutputError:
                if job.is_over:
                    self._unwritten[job.seq] = job
                raise
            if event is not None and not job.is_over:
                self._written[job.seq] = (time.monotonic(), event.stage)
            if job.is_over:
                self._unwritten.pop(job.seq, None)
                self._notes.pop(job.seq, None)
                self._service.jobs.acknowledge(job)

    def _write(self, job_id: str, data: Mapping[str, Any]) -> None:
        with replacing(self._results / f"{job_id}.json") as stream:
            stream.write(json.dumps({"job_id": job_id, **data}, ensure_ascii=False).encode())


def _stage(event: JobEvent) -> str:
    """What the result says is being done."""
    return ClipRemark(event.job.job_id, event.remark).stage if event.remark else event.stage


def _take_data(reply: Done) -> dict[str, Any]:
    data = asdict(reply)
    del data["job_id"]
    return data


def _read(path: Path) -> dict[str, Any]:
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(handle, "rb") as stream:
            content = stream.read(MAX_REQUEST_BYTES + 1)
    except OSError as error:
        raise RequestRefused(f"{path.name} cannot be read: {error.strerror}") from None
    if len(content) > MAX_REQUEST_BYTES:
        raise RequestRefused(f"{path.name} is larger than {MAX_REQUEST_BYTES} bytes", "too_large")
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RequestRefused(f"{path.name} is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise RequestRefused(f"{path.name} is not a JSON object")
    return data


def _render(job_id: str, request: Mapping[str, Any]) -> tuple[Render, Clip]:
    """A render and its clip, by the same rules as an OSC message's."""
    arguments: list[object] = [job_id, job_id, request.get("preset") or ""]
    for name in render_options.names():
        if request.get(name) is not None:
            arguments += [name, request[name]]
    message = CLIENT_MESSAGES.read(Render.address, arguments)
    clip = request.get("clip")
    if not isinstance(message, Render) or not isinstance(clip, dict):
        raise RequestRefused("the request has no clip")
    listed = clip.get("notes")
    if not isinstance(listed, list) or not listed:
        raise RequestRefused("the clip has no notes")
    if len(listed) > MAX_CLIP_NOTES:
        raise RequestRefused(f"the clip has more than {MAX_CLIP_NOTES} notes", "too_large")
    try:
        notes = [
            Note(
                float(note["start_s"]),
                int(note["pitch"]),
                int(note["velocity"]),
                float(note["duration_s"]),
                _bend(note.get("bend") or ()),
            )
            for note in listed
        ]
        return message, Clip.of(
            str(clip.get("name", ""))[:1000], notes, float(clip.get("length_s", 0.0))
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise RequestRefused(
            "each note needs the numbers pitch, start_s, duration_s and velocity "
            f"({type(error).__name__}: {error})"
        ) from None


def _bend(points: Any) -> Bend:
    """A note's bend: a list of pairs of seconds and semitones."""
    try:
        return tuple((float(at_s), float(semitones)) for at_s, semitones in points)
    except (TypeError, ValueError) as error:
        raise RequestRefused(
            f"a note's bend is a list of [seconds, semitones] ({type(error).__name__}: {error})"
        ) from None
