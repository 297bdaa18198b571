"""The Python client: sends a clip to a running bridge and learns where its files are.

>>> with BridgeClient() as bridge:
...     for take in bridge.render("clip.mid", "Warm drawbars", seed=7):
...         print(take.path)

Blocking, for scripts. Loss, repetition and reordering of packets are dealt with
(:mod:`bridge.client.requests`).
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Literal, TypeVar

from bridge.client.requests import BridgeRefused, BridgeUnreachable, RequestChannel
from bridge.hosts.ableton.messages import RenderSelected
from bridge.protocol import (
    DEFAULT_PORT,
    Ack,
    BendPoint,
    Cancel,
    ClipBegin,
    ClipBend,
    ClipEnd,
    ClipNotes,
    FindPresets,
    Hello,
    Ping,
    Render,
    Status,
)
from bridge.protocol.replies import (
    REMARK_STAGE,
    Accepted,
    ClipMissing,
    ClipOk,
    ClipRemark,
    Done,
    NoteRange,
    Pong,
    PresetFound,
    PresetsEnd,
    Progress,
    Reply,
    Welcome,
)
from core.clip import Clip
from core.coercion.type_errors import check_type
from core.midi import ClipLike, as_clip
from core.progress import ProgressCallback, StageCallback, always_continue, ignore_stage
from core.settings import RenderSettings

NOTES_PER_MESSAGE = 50
"""Keeps a datagram, times as 64-bit floats, within an Ethernet frame."""

POINTS_PER_MESSAGE = 60

__all__ = ["BridgeClient", "BridgeRefused", "BridgeUnreachable"]

_Answer = TypeVar("_Answer")


class BridgeClient:
    """A client of a running bridge. Use it in a ``with`` block, from one thread.

    Args:
        host, port: where the bridge listens.
        transport: ``udp`` or ``tcp``.
        name: who this is; jobs are known by it and their id. Empty takes a new name.
        token: what the bridge was started with, if it was.
        timeout_s: how long to wait for a sign of life.

    Attributes:
        welcome: what the bridge said of itself.
        conversation: single messages and answers (:class:`~bridge.client.requests.RequestChannel`),
            for what the methods here do not cover.

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
        self.conversation = RequestChannel(host, port, transport, timeout_s)
        hello = Hello(name or f"python-{uuid.uuid4().hex[:12]}", 0, token)
        try:
            self.welcome = self.conversation.ask(hello, lambda reply: _of_kind(reply, Welcome))
        except BaseException:
            self.conversation.close()
            raise

    def __enter__(self) -> BridgeClient:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection; jobs go on."""
        self.conversation.close()

    def ping(self) -> float:
        """Time to the bridge and back, seconds.

        Raises:
            BridgeUnreachable: if it does not answer.
        """
        began = time.perf_counter()
        self.conversation.ask(Ping(1), lambda reply: _of_kind(reply, Pong))
        return time.perf_counter() - began

    def presets(self, query: str = "") -> list[PresetFound]:
        """The presets that fit a query; all of them if it is empty. At most 1,000.

        Raises:
            BridgeUnreachable: if the bridge does not answer.
        """
        presets: dict[str, PresetFound] = {}
        expected: list[int] = []

        def collect(reply: Reply) -> bool | None:
            if isinstance(reply, PresetFound):
                presets[reply.id] = reply
            if isinstance(reply, PresetsEnd):
                expected.append(reply.count)
            return True if expected and len(presets) >= expected[-1] else None

        self.conversation.ask(FindPresets(query), collect)
        return list(presets.values())

    def send_clip(self, clip: ClipLike) -> str:
        """Send a clip until the bridge has it as a whole.

        Returns:
            Its id, by which messages to the bridge may name it.

        Raises:
            BridgeRefused: if it is too large.
            BridgeUnreachable: if the bridge does not answer.
        """
        clip = as_clip(clip)
        clip_id = clip.content_hash[:32]
        points = sum(len(note.bend) for note in clip.notes)
        begin = ClipBegin(clip_id, clip.name, len(clip.notes), clip.length_s, points)
        missing: tuple[NoteRange, ...] = (NoteRange(0, len(clip.notes)),)

        def clip_answer(reply: Reply) -> ClipOk | ClipMissing | None:
            if isinstance(reply, ClipOk | ClipMissing) and reply.clip_id == clip_id:
                return reply
            return None

        while True:
            self.conversation.send(begin)
            for run in missing:
                run_end = run.first_index + run.count
                for at in range(run.first_index, run_end, NOTES_PER_MESSAGE):
                    end = min(at + NOTES_PER_MESSAGE, run_end)
                    self.conversation.send(ClipNotes(clip_id, at, clip.notes[at:end]))
                    for message in _bends(clip, clip_id, at, end):
                        self.conversation.send(message)
            answer = self.conversation.ask(ClipEnd(clip_id), clip_answer, about=clip_id)
            if not isinstance(answer, ClipMissing):
                return clip_id
            missing = answer.ranges or (NoteRange(0, len(clip.notes)),)

    def render(
        self,
        clip: ClipLike,
        preset: str = "",
        *,
        text: str = "",
        audio: str | os.PathLike[str] = "",
        blend: str = "",
        seed: int = 0,
        takes: int = 1,
        model: str = "",
        settings: RenderSettings | None = None,
        job_id: str = "",
        on_progress: ProgressCallback = always_continue,
        on_note: Callable[[str], object] = lambda _message: None,
        on_stage: StageCallback = ignore_stage,
    ) -> list[Done]:
        """Render a clip (or a MIDI file) in a timbre: one of the four.

        Args:
            clip: what to play, as :func:`core.as_clip` takes it.
            preset: name or id.
            text: words.
            audio: a recording on this machine, which must be the bridge's.
            blend: of presets, as :func:`core.timbre.parse_blend` reads it.
            seed, takes, model, settings: as the command ``timbre render`` has them.
            job_id: empty takes a new one.
            on_progress: called with the fraction done, 0–1; returning False cancels.
            on_note: called once for each thing the model cannot say about the clip.
            on_stage: called with what the bridge is doing, such as ``rendering``.

        Returns:
            The files, one a take.

        Raises:
            BridgeRefused, ModelMissing, TimbreError: what the bridge said against it.
            Cancelled: if ``on_progress`` said so, or another cancelled the job.
        """
        check_type("the preset", preset, str, "its name or id")
        clip_id = self.send_clip(as_clip(clip, on_remark=on_note))
        job_id = job_id or uuid.uuid4().hex
        message = Render(
            job_id,
            clip_id,
            preset,
            seed,
            takes,
            model,
            settings or RenderSettings(),
            text,
            _absolute(audio),
            blend,
        )
        return self._follow(message, on_progress, on_note, on_stage)

    def render_selected(
        self,
        preset: str = "",
        *,
        text: str = "",
        audio: str | os.PathLike[str] = "",
        blend: str = "",
        seed: int = 0,
        takes: int = 1,
        model: str = "",
        settings: RenderSettings | None = None,
        job_id: str = "",
        on_progress: ProgressCallback = always_continue,
        on_note: Callable[[str], object] = lambda _message: None,
        on_stage: StageCallback = ignore_stage,
    ) -> list[Done]:
        """Render the clip that is selected in Ableton Live.

        The bridge must have been started with ``--ableton``; it puts the files into Live.

        Args:
            preset, text, audio, blend, seed, takes, model, settings, job_id, on_progress,
                on_note, on_stage: as :meth:`render` has them.

        Returns:
            The files, one a take.

        Raises:
            TimbreError: as :meth:`render`; also if Live has no such clip, or does not answer.
        """
        job_id = job_id or uuid.uuid4().hex
        message = RenderSelected(
            job_id,
            preset,
            seed,
            takes,
            model,
            settings or RenderSettings(),
            text,
            _absolute(audio),
            blend,
        )
        return self._follow(message, on_progress, on_note, on_stage)

    def _follow(
        self,
        message: Render | RenderSelected,
        on_progress: ProgressCallback,
        on_note: Callable[[str], object],
        on_stage: StageCallback,
    ) -> list[Done]:
        """Ask for a job and stay with it until its end."""
        job_id = message.job_id
        files: dict[int, Done] = {}

        def job_answer(reply: Reply) -> Reply | None:
            is_wanted = isinstance(reply, Accepted | Progress | ClipRemark | Done)
            return reply if is_wanted and reply.about == job_id else None

        reply = self.conversation.ask(message, job_answer, about=job_id)
        is_cancelling = False
        shown = set()
        while True:
            match reply:
                case ClipRemark(text=text) if text not in shown:
                    shown.add(text)
                    on_note(text)
                case Progress(fraction=fraction, stage=stage) if not is_cancelling:
                    if not stage.startswith(REMARK_STAGE):  # told by its own message too
                        on_stage(stage)
                    answer: bool | None = on_progress(fraction)
                    if answer is not None and not answer:  # `print` answers nothing
                        is_cancelling = True
                        self.conversation.send(Cancel(job_id))
                case Done(take=take):
                    files[take] = reply
            if len(files) == message.takes:
                self.conversation.send(Ack(job_id))
                on_progress(1.0)
                return [files[take] for take in sorted(files)]
            reply = self.conversation.next(job_answer, Status(job_id), about=job_id)


def _absolute(path: str | os.PathLike[str]) -> str:
    """A path as the bridge can follow it, which runs in another folder; empty stays empty."""
    return os.path.abspath(path) if os.fspath(path) else ""


def _bends(clip: Clip, clip_id: str, first: int, end: int) -> Iterator[ClipBend]:
    """The bends of some notes of a clip, from the ``first`` to before the ``end``."""
    for number in range(first, end):
        points = [BendPoint(*point) for point in clip.notes[number].bend]
        for at in range(0, len(points), POINTS_PER_MESSAGE):
            yield ClipBend(clip_id, number, tuple(points[at : at + POINTS_PER_MESSAGE]))


def _of_kind(reply: Reply, kind: type[_Answer]) -> _Answer | None:
    return reply if isinstance(reply, kind) else None
