"""What a batch would be: how many renders, how long, how large, and what cannot be played.

No Qt. The times are as good as the pace that was measured (:mod:`desktop.pages.batch.pace`).
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import Cancelled, TimbreError
from desktop.services.jobs_interface import ClipItem, JobService, PresetChoice
from desktop.tasks import TaskControl
from desktop.translations.words import translate

USUAL_BYTES_PER_S = 44_100 * 3
"""Of a render of which none is there to be measured: one channel of 24 bits."""

_MB = 1e6


@dataclass(frozen=True)
class BatchPlan:
    """What is to be rendered: every clip in every preset.

    Attributes:
        clips: one or more.
        presets: one or more.
        takes: of each.
    """

    clips: tuple[ClipItem, ...]
    presets: tuple[PresetChoice, ...]
    takes: int = 1

    @property
    def count(self) -> int:
        """How many renders."""
        return len(self.clips) * len(self.presets) * self.takes

    @property
    def audio_s(self) -> float:
        """How much sound, seconds."""
        return sum(item.clip.length_s for item in self.clips) * len(self.presets) * self.takes

    @property
    def title(self) -> str:
        """Such as ``riff in 12 presets`` or ``5 clips in My cello``."""
        clips = self.clips[0].clip.name or translate("Batch", "Untitled")
        if len(self.clips) > 1:
            clips = translate("Batch", "{clips} clips").format(clips=len(self.clips))
        presets = self.presets[0].name or translate("Batch", "1 preset")
        if len(self.presets) > 1:
            presets = translate("Batch", "{presets} presets").format(presets=len(self.presets))
        takes = (
            translate("Batch", ", {takes} takes each").format(takes=self.takes)
            if self.takes > 1
            else ""
        )
        return translate("Batch", "{clips} in {presets}{takes}").format(
            clips=clips, presets=presets, takes=takes
        )


@dataclass(frozen=True)
class BatchForecast:
    """What a plan costs.

    Attributes:
        size_bytes: of all files, about.
        free_bytes: on the disk that they go to; None if that is not known.
    """

    size_bytes: float
    free_bytes: int | None

    @property
    def fits(self) -> bool:
        """Whether there is room for it."""
        return self.free_bytes is None or self.size_bytes < self.free_bytes


def forecast(plan: BatchPlan, jobs: JobService) -> BatchForecast:
    """How large a plan's files will be. Slow.

    Args:
        plan: what is to be rendered.
        jobs: knows renders that are there already.
    """
    from core.paths import renders_dir

    folder = renders_dir()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        free: int | None = shutil.disk_usage(folder).free
    except OSError:  # a disk that does not say
        free = None
    return BatchForecast(plan.audio_s * _bytes_per_s(plan.clips, jobs), free)


def _bytes_per_s(clips: Sequence[ClipItem], jobs: JobService) -> float:
    """As of a render of one of the clips that is there."""
    for item in clips[:20]:
        for take in jobs.takes(item.id):
            if take.files and item.clip.length_s > 0 and (size := _size(take.files[0])):
                return size / item.clip.length_s
    return USUAL_BYTES_PER_S


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # it went away just now
        return 0


def limits_of(plan: BatchPlan, jobs: JobService, control: TaskControl) -> list[str]:
    """What the model cannot play, or plays differently, a line for each clip with any. Slow.

    Args:
        plan: what is to be rendered.
        jobs: who knows.
        control: of the task.

    Raises:
        Cancelled: if nobody waits any more.
    """
    lines = []
    for number, item in enumerate(plan.clips):
        if not control.progress(number / len(plan.clips)):
            raise Cancelled("cancelled")
        try:
            known: Sequence[str] = (*item.remarks, *jobs.limits(item.id, control))
        except Cancelled:
            raise
        except TimbreError as error:
            known = (
                translate("Batch", "what the model cannot play is not known: {error}").format(
                    error=error
                ),
            )
        if known:
            lines.append(f"{item.clip.name or translate('Batch', 'Untitled')}: {'; '.join(known)}")
    return lines


def cost_words(plan: BatchPlan, seconds_per_s: float | None) -> str:
    """Such as ``12 renders, 1:36 of sound, about 20 s``.

    Args:
        plan: what is to be rendered.
        seconds_per_s: time that a second of sound takes; None if that was not measured yet.
    """
    renders = (
        translate("Batch", "1 render")
        if plan.count == 1
        else translate("Batch", "{count:,} renders").format(count=plan.count)
    )
    words = translate("Batch", "{renders}, {length} of sound").format(
        renders=renders, length=clock_words(plan.audio_s)
    )
    if seconds_per_s is None:
        return translate("Batch", "{words}; how long it takes is known after the first").format(
            words=words
        )
    return translate("Batch", "{words}, about {time} on this machine").format(
        words=words, time=time_words(plan.audio_s * seconds_per_s)
    )


def size_words(size: float) -> str:
    """Such as ``6 MB`` or ``1.2 GB``."""
    if size < 1000 * _MB:
        return translate("Batch", "{size} MB").format(size=max(1, round(size / _MB)))
    return translate("Batch", "{size:.1f} GB").format(size=size / (1000 * _MB))


def clock_words(seconds: float) -> str:
    """Such as ``1:36`` or ``1:02:07``."""
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def time_words(seconds: float) -> str:
    """Such as ``8 s``, ``3 min`` or ``2.5 h``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return (
        translate("Batch", "{minutes} min").format(minutes=round(seconds / 60))
        if seconds < 5400
        else f"{seconds / 3600:.1f} h"
    )
