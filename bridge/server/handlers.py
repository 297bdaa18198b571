"""Who answers which message: one function a kind, found by the type of its first argument.

Parts of clips, pings and hellos are answered at once; what reads the library or the queue goes
through the request's executor, in order. Messages of a single DAW are that DAW's to answer
(:mod:`bridge.host`).
"""

from __future__ import annotations

from functools import singledispatch

from bridge.protocol import (
    Ack,
    Cancel,
    ClientMessage,
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
from bridge.protocol.replies import Pong, Progress
from bridge.server.request import Request


@singledispatch
def handle(message: ClientMessage, request: Request) -> None:
    """Answer a message, now or later.

    Args:
        message: what a client says.
        request: the ways to answer it.

    Raises:
        RequestRefused: if it cannot be answered.
    """
    raise NotImplementedError(f"nobody answers {message.address}")


@handle.register
def _hello(message: Hello, request: Request) -> None:
    request.answer(request.bridge.welcome)
    jobs = request.bridge.service.jobs
    request.run_later(
        lambda: jobs.unacknowledged(request.client), request.bridge.notifier.report_ends
    )


@handle.register
def _ping(message: Ping, request: Request) -> None:
    request.answer(Pong(message.n))


@handle.register
def _clip(message: ClipBegin | ClipNotes | ClipBend | ClipEnd, request: Request) -> None:
    reply = request.bridge.service.receive_clip(request.client, message)
    if reply is not None:
        request.answer(reply)


@handle.register
def _presets(message: FindPresets, request: Request) -> None:
    request.run_later(lambda: request.bridge.service.presets(message), request.answer_all)


@handle.register
def _render(message: Render, request: Request) -> None:
    service = request.bridge.service
    request.report_later(
        message.job_id, lambda: service.status_of(service.render(request.client, message))
    )


@handle.register
def _status(message: Status, request: Request) -> None:
    host = request.reading_host()
    if host is not None:
        request.answer(Progress(message.job_id, 0.0, host.reading_stage))
        return
    service, job_id = request.bridge.service, message.job_id
    request.report_later(job_id, lambda: service.status_of(service.job(request.client, job_id)))


@handle.register
def _cancel(message: Cancel, request: Request) -> None:
    host = request.reading_host()
    if host is not None:
        host.cancel(request.client, message.job_id)
        request.answer(Progress(message.job_id, 0.0, host.reading_stage))
        return
    service, job_id = request.bridge.service, message.job_id
    request.report_later(job_id, lambda: service.status_of(service.cancel(request.client, job_id)))


@handle.register
def _acknowledge(message: Ack, request: Request) -> None:
    service, job_id = request.bridge.service, message.job_id
    request.run_later(
        lambda: service.acknowledge(request.client, job_id),
        request.bridge.notifier.acknowledged,
        job_id,
    )
