"""How a job stands, in a user's words, and how long it will take. No queue and no widgets."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.jobs.model import Job

_STAGES = {
    "starting": "starting",
    "loading": "loading the model",
    "listening": "listening to the timbre",
    "rendering": "rendering",
    "writing": "writing the file",
}
_MEASURED_FOR_S = 0.5
_MEASURED_FROM = 0.02
_RENDERING_FROM = 0.1
"""Loading comes before, and says nothing about how fast rendering is."""


def stage_words(job: Job, stage: str, fraction: float, position: int) -> str:
    """What is being done, such as ``rendering 42 %`` or ``queued behind 2``.

    Args:
        job: as it stands.
        stage: of its last event.
        fraction: how far it is, 0…1.
        position: jobs before it.
    """
    if job.state == "queued":
        if job.attempts:
            return "the renderer died; trying again"
        return f"queued behind {position}" if position else "queued, next"
    if job.state == "running":
        words = _STAGES.get(stage, stage)
        return f"{words} {100 * fraction:.0f} %" if stage == "rendering" else words
    return {"done": "done", "failed": "failed", "cancelled": "cancelled"}[job.state]


def problem_of(job: Job) -> tuple[str, str]:
    """Why a job has no files to use, and what to do about it; both empty if it has."""
    if job.state == "failed":
        if job.code == "unknown_preset":
            return job.message, "choose another preset"
        if job.code == "model_missing":
            return job.message, "get the model, then retry"
        return job.message, "retry renders it again"
    if job.state == "done":
        gone = [file.path.name for file in job.files if not file.path.is_file()]
        if gone or not job.files:
            name = gone[0] if gone else "its file"
            return f"{name} was moved or removed", "retry renders it again"
    return "", ""


def present_files(job: Job) -> tuple[Path, ...]:
    """Its finished files that are there."""
    return tuple(file.path for file in job.files if file.path.is_file())


def time_left_words(seconds: float | None) -> str:
    """Such as ``8 s left`` or ``2 min left``; empty if that is not known."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{max(1, round(seconds))} s left"
    return f"{round(seconds / 60)} min left"


class RemainingTime:
    """Estimates when a job is done, from how fast it went since it began to render.

    Args:
        clock: seconds that only rise.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began: dict[int, tuple[float, float]] = {}

    def update(self, job_seq: int, fraction: float) -> float | None:
        """A job got further.

        Args:
            job_seq: its number.
            fraction: how far it is now, 0…1.

        Returns:
            Seconds left; None while too little is known.
        """
        now = self._clock()
        if fraction < _RENDERING_FROM:
            return None
        began_at, began_fraction = self._began.setdefault(job_seq, (now, fraction))
        done, took_s = fraction - began_fraction, now - began_at
        if done < _MEASURED_FROM or took_s < _MEASURED_FOR_S:
            return None
        return took_s * (1.0 - fraction) / done

    def forget(self, job_seq: int) -> None:
        """The job waits again, or is over."""
        self._began.pop(job_seq, None)
