"""Stretches of recordings, however long those are: their outline, and the samples of a part.

A recording of hours is never in memory: its outline is made by blocks, and of a part only that
is read. What a whole recording is as a reference is :mod:`core.audio.files`' matter.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.audio import damaged
from core.audio.files import READING_ERRORS, open_recording, unreadable
from core.coercion.type_errors import as_path
from core.errors import AudioError
from core.progress import ProgressCallback, always_continue, report
from core.types import FloatArray

OUTLINE_COLUMNS = 2048
"""An outline has so many columns, at most twice as many."""

_BLOCK_VALUES, _CAREFUL_VALUES = 1 << 20, 1 << 10
_LEAST_WIDTH = 16
_MOST_FRAMES_A_BYTE = 64


@dataclass(frozen=True)
class SoundOutline:
    """Lowest and highest samples of equal stretches of a recording.

    Attributes:
        peaks: float32 [2, columns]: lowest, highest, over all channels.
        start_s, end_s: the part of the recording that they are of, seconds.
        sample_rate: Hz.
        channels: of the recording.
        remarks: what is to be said about the file, a line each, without its name.
    """

    peaks: FloatArray
    start_s: float
    end_s: float
    sample_rate: int
    channels: int
    remarks: tuple[str, ...] = ()


def outline(
    path: str | os.PathLike[str],
    start_s: float = 0.0,
    end_s: float | None = None,
    on_progress: ProgressCallback = always_continue,
) -> SoundOutline:
    """The outline of a recording, or of a part of it.

    Args:
        path: the file.
        start_s: where the part begins, seconds.
        end_s: where it ends; None is the end of the file, wherever that turns out to be.
        on_progress: called with the fraction read; answering False cancels.

    Raises:
        AudioError: if the file is missing, empty, or not audio.
        Cancelled: if ``on_progress`` said so.
    """
    file = as_path("the recording", path)
    with _opened(file) as source:
        rate, channels = int(source.samplerate), int(source.channels)
        first = _seek(source, start_s)
        # A damaged header may claim anything.
        likely = min(int(source.frames), _MOST_FRAMES_A_BYTE * file.stat().st_size)
        claimed = max(1, likely - first)
        remark = damaged.cut_remark(source.extra_info, int(source.frames), rate)
    most = None if end_s is None else max(1, round(end_s * rate) - first)
    claimed = claimed if most is None else most
    columns, read, is_broken, has_nan = _Columns(channels, claimed), 0, False, False
    for block in _blocks(file, first, most):
        report(on_progress, min(1.0, read / claimed))
        if block is None:
            is_broken = True
            break
        if not np.isfinite(block.min() + block.max()):
            has_nan, block = True, np.nan_to_num(block, posinf=1.0, neginf=-1.0)
        columns.add(block)
        read += len(block)
    end = (first + read) / rate
    remarks = [remark] if remark else []
    if is_broken:
        remarks.append(f"it is damaged at {end:.2f} s; what comes before is used")
    if has_nan:
        remarks.append("it holds NaN or infinite samples; a part without them can be used")
    if not read:
        what = "is damaged from its beginning" if is_broken else "holds no sound there"
        raise AudioError(f"{file} {what}; {damaged.advice(file)}")
    report(on_progress, 1.0)
    return SoundOutline(columns.peaks(), first / rate, end, rate, channels, tuple(remarks))


def read_region(
    path: str | os.PathLike[str], start_s: float, end_s: float
) -> tuple[FloatArray, int]:
    """The samples of a part of a recording; only those are read.

    Args:
        path: the file.
        start_s: where it begins, seconds.
        end_s: where it ends; a recording that ends before gives what there is.

    Returns:
        float32 [channels, frames] and the sample rate in Hz.

    Raises:
        AudioError: if the file is missing or not audio, or nothing of it is there.
    """
    file = as_path("the recording", path)
    with _opened(file) as source:
        rate = int(source.samplerate)
        first = _seek(source, start_s)
    most = max(1, round(end_s * rate) - first)
    blocks = [block for block in _blocks(file, first, most) if block is not None]
    if not blocks:
        raise AudioError(f"{file} holds no sound at {start_s:.2f} s; choose another part of it")
    return np.ascontiguousarray(np.concatenate(blocks).T), rate


def _blocks(file: Path, first: int, most: int | None) -> Iterator[FloatArray | None]:
    """Stretches of a recording, float32 [frames, channels]; None where it is damaged, at last.

    Args:
        file: the recording.
        first: frame to begin with.
        most: frames; None is all there are.
    """
    read = 0
    # What is in the block with the damage is lost: once more in steps that lose little.
    for values in (_BLOCK_VALUES, _CAREFUL_VALUES):
        with _opened(file) as source:
            if first + read:
                source.seek(first + read)
            step = max(1, values // int(source.channels))
            while most is None or read < most:
                try:
                    block = source.read(
                        step if most is None else min(step, most - read),
                        dtype="float32",
                        always_2d=True,
                    )
                except RuntimeError:
                    break
                if not len(block):
                    return
                read += len(block)
                yield block
            else:
                return
    yield None


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[Any]:
    """A ``soundfile.SoundFile`` of a recording that is fit to be read."""
    try:
        with contextlib.ExitStack() as stack:
            yield open_recording(stack, file)
    except READING_ERRORS as error:
        raise unreadable(file, error) from error


def _seek(source: Any, start_s: float) -> int:
    """Go to a time; the frame that is there."""
    wanted = max(0, round(start_s * int(source.samplerate)))
    return int(source.seek(min(wanted, int(source.frames)))) if wanted else 0


class _Columns:
    """Gathers peaks; what it is told of the length only spares it work.

    Args:
        channels: of the blocks.
        frames: that probably come.
    """

    def __init__(self, channels: int, frames: int) -> None:
        self._channels = channels
        self._width = _LEAST_WIDTH  # frames in a column
        while self._width * 2 * OUTLINE_COLUMNS <= frames:
            self._width *= 2
        self._done: list[FloatArray] = []  # [2, n] each
        self._count = 0
        self._rest = np.zeros(0, np.float32)

    def add(self, block: FloatArray) -> None:
        """Take frames, float32 [frames, channels]."""
        flat = np.concatenate([self._rest, block.reshape(-1)])
        values = self._width * self._channels  # of all channels: they lie side by side
        whole = len(flat) // values * values
        self._rest = flat[whole:]
        if whole:
            columns = flat[:whole].reshape(-1, values)
            self._put(np.stack([columns.min(axis=1), columns.max(axis=1)]))

    def peaks(self) -> FloatArray:
        """Of all that was taken, float32 [2, columns]."""
        parts = list(self._done)
        if len(self._rest):
            parts.append(np.array([[self._rest.min()], [self._rest.max()]], np.float32))
        return np.concatenate(parts, axis=1).astype(np.float32)

    def _put(self, peaks: FloatArray) -> None:
        self._done.append(peaks)
        self._count += peaks.shape[1]
        while self._count > 2 * OUTLINE_COLUMNS:
            every = np.concatenate(self._done, axis=1)
            even = every.shape[1] // 2 * 2
            if even < every.shape[1]:  # goes back to what is not a whole column yet
                filler = np.full(self._width * self._channels, every[0, -1], np.float32)
                filler[-1] = every[1, -1]
                self._rest = np.concatenate([filler, self._rest])
            low, high = every[:, :even].reshape(2, -1, 2)
            self._done = [np.stack([low.min(axis=1), high.max(axis=1)])]
            self._count = even // 2
            self._width *= 2
