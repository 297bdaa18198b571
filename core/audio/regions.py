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
_FIRST_WIDTH = 16


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
        claimed = max(1, int(source.frames) - first)
        remark = damaged.cut_remark(source.extra_info, int(source.frames), rate)
    most = None if end_s is None else max(1, round(end_s * rate) - first)
    claimed = claimed if most is None else most
    columns, read, is_broken, has_nan = _Columns(), 0, False, False
    for block in _blocks(file, first, most):
        report(on_progress, min(1.0, read / claimed))
        if block is None:
            is_broken = True
            break
        if not np.isfinite(block).all():
            has_nan, block = True, np.nan_to_num(block, posinf=1.0, neginf=-1.0)
        columns.add(block.min(axis=1), block.max(axis=1))
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
    """Gathers peaks without being told how much there will be."""

    def __init__(self) -> None:
        self._width = _FIRST_WIDTH  # frames in a column
        self._done: list[FloatArray] = []  # [2, n] each
        self._count = 0
        self._rest = np.zeros((2, 0), np.float32)

    def add(self, low: FloatArray, high: FloatArray) -> None:
        rest = np.concatenate([self._rest, np.stack([low, high])], axis=1)
        whole = rest.shape[1] // self._width * self._width
        if whole:
            self._put(_merged(rest[:, :whole], self._width))
        self._rest = rest[:, whole:]

    def peaks(self) -> FloatArray:
        parts = list(self._done)
        if self._rest.shape[1]:
            parts.append(_merged(self._rest, self._rest.shape[1]))
        return np.concatenate(parts, axis=1).astype(np.float32)

    def _put(self, peaks: FloatArray) -> None:
        self._done.append(peaks)
        self._count += peaks.shape[1]
        while self._count > 2 * OUTLINE_COLUMNS:
            all_of_them = np.concatenate(self._done, axis=1)
            even = all_of_them.shape[1] // 2 * 2
            odd = all_of_them[:, even:]
            self._done = [_merged(all_of_them[:, :even], 2)]
            self._count = even // 2
            if odd.shape[1]:  # goes back to what is not a whole column yet
                self._rest = np.concatenate([np.repeat(odd, self._width, axis=1), self._rest], 1)
            self._width *= 2


def _merged(peaks: FloatArray, width: int) -> FloatArray:
    """Peaks of columns ``width`` times as wide, [2, n]."""
    low = peaks[0].reshape(-1, width).min(axis=1)
    high = peaks[1].reshape(-1, width).max(axis=1)
    return np.stack([low, high])
