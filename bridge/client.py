"""The Python client: sends a clip to a running bridge and gets told where its files are.

>>> with BridgeClient() as bridge:
...     for take in bridge.render("clip.mid", "Warm drawbars", seed=7):
...         print(take.path)

Blocking, for scripts; loss, repetition and reordering of packets are dealt with here.
"""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Literal, TypeVar

from bridge import osc
from bridge.arguments import BadMessage
from bridge.links import Link, TcpLink, UdpLink
from bridge.protocol import (
    DEFAULT_PORT,
    Ack,
    Cancel,
    ClientMessage,
    ClipBegin,
    ClipEnd,
    ClipNotes,
    FindPresets,
    Hello,
    Ping,
    Render,
    RenderSelected,
    Status,
)
from bridge.replies import (
    NOTE,
    Accepted,
    ClipMissing,
    ClipOk,
    Done,
    Failed,
    Pong,
    PresetFound,
    PresetsEnd,
    Progress,
    Reply,
    Welcome,
    read_reply,
)
from core.engines.base import Progress as OnProgress
from core.engines.base import RenderSettings, always_continue
from core.errors import Cancelled, ModelMissing, TimbreError, UserInputError
from core.midi import read_midi
from core.score import Clip

NOTES_PER_MESSAGE = 50
"""Keeps a datagram, times as 64-bit floats, within an Ethernet frame."""

_RESEND_S = 0.25
_ASK_AFTER_S = 2.5
"""Silence about a running job after which its status is asked; heartbeats come sooner."""

_Answer = TypeVar("_Answer")


class BridgeUnreachable(UserInputError):
    """No bridge answers there."""


class BridgeRefused(UserInputError):
    """The bridge refused a request.

    Attributes:
        code: as the protocol names it.
    """

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.message)
        self.code = failed.code


class BridgeClient:
    """A conversation with a bridge. Use it in a ``with`` block, from one thread.

    Args:
        host, port: where the bridge listens.
        transport: ``udp`` or ``tcp``.
        name: who this is; jobs are known by it and their id. Empty takes a new name.
        token: what the bridge was started with, if it was.
        timeout_s: how long to wait for a sign of life.

    Attributes:
        welcome: what the bridge said of itself.

    Raises:
        BridgeUnreachable: if nothing answers.
        BridgeRefused: if the token is wrong.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        *,
        transport: Literal["udp", "tcp"] = "udp",
        name: str = "",
        token: str = "",
        timeout_s: float = 10.0,
    ) -> None:
        self._where = f"{host}:{port} ({transport.upper()})"
        self._timeout_s = timeout_s
        try:
            self._link: Link = (UdpLink if transport == "udp" else TcpLink)(host, port)
        except OSError as error:
            raise self._unreachable(error) from None
        hello = Hello(name or f"python-{uuid.uuid4().hex[:12]}", 0, token)
        try:
            self.welcome = self._ask(hello, lambda reply: _only(reply, Welcome))
        except BaseException:
            self._link.close()
            raise

    def __enter__(self) -> BridgeClient:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the conversation; jobs go on."""
        self._link.close()

    def ping(self) -> float:
        """Time to the bridge and back, seconds."""
        began = time.perf_counter()
        self._ask(Ping(1), lambda reply: _only(reply, Pong))
        return time.perf_counter() - began

    def presets(self, query: str = "") -> list[PresetFound]:
        """The presets that fit a query; all of them if it is empty."""
        found: dict[str, PresetFound] = {}
        expected: list[int] = []

        def collect(reply: Reply) -> bool | None:
            if isinstance(reply, PresetFound):
                found[reply.id] = reply
            if isinstance(reply, PresetsEnd):
                expected.append(reply.count)
            return True if expected and len(found) >= expected[-1] else None

        self._ask(FindPresets(query), collect)
        return list(found.values())

    def send_clip(self, clip: Clip) -> str:
        """Send a clip until the bridge has it as a whole; returns its id."""
        clip_id = clip.content_hash[:32]
        begin = ClipBegin(clip_id, clip.name, len(clip.notes), clip.length_s)
        missing: tuple[tuple[int, int], ...] = ((0, len(clip.notes)),)

        def heard(reply: Reply) -> ClipOk | ClipMissing | None:
            if isinstance(reply, ClipOk | ClipMissing) and reply.clip_id == clip_id:
                return reply
            return None

        while True:
            self._send(begin)
            for first, count in missing:
                for at in range(first, first + count, NOTES_PER_MESSAGE):
                    end = min(at + NOTES_PER_MESSAGE, first + count)
                    self._send(ClipNotes(clip_id, at, clip.notes[at:end]))
            answer = self._ask(ClipEnd(clip_id), heard, about=clip_id)
            if not isinstance(answer, ClipMissing):
                return clip_id
            missing = answer.ranges or ((0, len(clip.notes)),)

    def render(
        self,
        clip: Clip | str | os.PathLike[str],
        preset: str,
        *,
        seed: int = 0,
        takes: int = 1,
        model: str = "",
        settings: RenderSettings | None = None,
        job_id: str = "",
        on_progress: OnProgress = always_continue,
        on_note: Callable[[str], object] = lambda _message: None,
    ) -> list[Done]:
        """Render a clip (or a MIDI file) in a preset.

        Args:
            clip: what to play.
            preset: name or id.
            seed, takes, model, settings: as the command ``timbre render`` has them.
            job_id: empty takes a new one.
            on_progress: told the fraction done; returning False cancels.
            on_note: told, once each, what the model cannot say about the clip.

        Returns:
            The files, one a take.

        Raises:
            BridgeRefused, ModelMissing, TimbreError: what the bridge said against it.
            Cancelled: if ``on_progress`` said so, or another cancelled the job.
        """
        played = clip if isinstance(clip, Clip) else read_midi(clip).clip
        clip_id = self.send_clip(played)
        job_id = job_id or uuid.uuid4().hex
        asked = Render(job_id, clip_id, preset, seed, takes, model, settings or RenderSettings())
        return self._follow(asked, on_progress, on_note)

    def render_selected(
        self,
        preset: str,
        *,
        seed: int = 0,
        takes: int = 1,
        model: str = "",
        settings: RenderSettings | None = None,
        job_id: str = "",
        on_progress: OnProgress = always_continue,
        on_note: Callable[[str], object] = lambda _message: None,
    ) -> list[Done]:
        """Render the clip that is selected in Ableton Live; as :meth:`render`.

        The bridge must have been started with ``--ableton``; it puts the files into Live.
        """
        job_id = job_id or uuid.uuid4().hex
        asked = RenderSelected(job_id, preset, seed, takes, model, settings or RenderSettings())
        return self._follow(asked, on_progress, on_note)

    def _follow(
        self,
        asked: Render | RenderSelected,
        on_progress: OnProgress,
        on_note: Callable[[str], object],
    ) -> list[Done]:
        """Ask for a job and stay with it until its end."""
        job_id = asked.job_id
        files: dict[int, Done] = {}

        def heard(reply: Reply) -> Reply | None:
            about = getattr(reply, "job_id", None) == job_id
            return reply if about and isinstance(reply, Accepted | Progress | Done) else None

        reply = self._ask(asked, heard, about=job_id)
        is_cancelling = False
        noted = set()
        while True:
            match reply:
                case Progress(stage=stage) if stage.startswith(NOTE) and stage not in noted:
                    noted.add(stage)
                    on_note(stage.removeprefix(NOTE))
                case Progress(fraction=fraction) if not is_cancelling and not on_progress(fraction):
                    is_cancelling = True
                    self._send(Cancel(job_id))
                case Done(take=take):
                    files[take] = reply
            if len(files) == asked.takes:
                self._send(Ack(job_id))
                on_progress(1.0)
                return [files[take] for take in sorted(files)]
            reply = self._next(heard, Status(job_id), about=job_id)

    def _send(self, message: ClientMessage) -> None:
        try:
            self._link.send(osc.pack(message.address, message.arguments(), exact=True))
        except OSError as error:
            raise self._unreachable(error) from None

    def _ask(
        self,
        message: ClientMessage,
        wanted: Callable[[Reply], _Answer | None],
        about: str = "",
    ) -> _Answer:
        """Say something until a wanted answer comes."""
        self._send(message)
        return self._next(wanted, message, about, _RESEND_S)

    def _next(
        self,
        wanted: Callable[[Reply], _Answer | None],
        again: ClientMessage,
        about: str = "",
        again_after_s: float = _ASK_AFTER_S,
    ) -> _Answer:
        """The next wanted answer; in silence, something is said again."""
        give_up = time.monotonic() + self._timeout_s
        while time.monotonic() < give_up:
            for reply in self._receive(again_after_s):
                if isinstance(reply, Failed) and reply.job_id in ("", about):
                    self._raise(reply, about)
                answer = wanted(reply)
                if answer is not None:
                    return answer
                if time.monotonic() > give_up:  # others' answers are no sign of life
                    break
            self._send(again)
        raise self._unreachable("no answer")

    def _receive(self, silence_s: float) -> Iterator[Reply]:
        """What comes, until nothing has come for some time."""
        while True:
            try:
                packet = self._link.receive(silence_s)
            except OSError as error:
                raise self._unreachable(error) from None
            if packet is None:
                return
            with contextlib.suppress(BadMessage):
                for content in osc.unpack(packet):
                    yield read_reply(*content)

    def _raise(self, failed: Failed, job_id: str) -> None:
        if failed.job_id and failed.job_id == job_id:
            self._send(Ack(job_id))
        match failed.code:
            case "cancelled":
                raise Cancelled(failed.message)
            case "model_missing":
                raise ModelMissing(failed.message)
            case "internal":
                raise TimbreError(f"the bridge failed: {failed.message}")
        raise BridgeRefused(failed)

    def _unreachable(self, error: object) -> BridgeUnreachable:
        return BridgeUnreachable(
            f"no bridge answers at {self._where}: {error}; start one with `timbre serve`"
        )


def _only(reply: Reply, kind: type[_Answer]) -> _Answer | None:
    return reply if isinstance(reply, kind) else None
