"""Sound as other libraries hold it, brought into this project's one form.

librosa gives ``[frames]`` or ``[channels, frames]``, soundfile ``[frames, channels]``, torchaudio a
tensor ``[channels, frames]``, scipy the rate first and integers. Which axis is time is decided by
the shape alone. Whether the sound can be used is :mod:`core.audio`'s business.
"""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
import numpy.typing as npt

from core.coercion.type_errors import described, whole_number, wrong_type
from core.errors import AudioError
from core.types import FloatArray

SoundLike = npt.ArrayLike
"""Samples: ``[frames]``, ``[channels, frames]`` or ``[frames, channels]`` in an array or a tensor.
Floats have full scale at ±1, integers at the ends of their type."""

AudioLike = tuple[npt.ArrayLike, int] | tuple[int, npt.ArrayLike]
"""Samples and their sample rate in Hz, in either order."""

MOST_CHANNELS = 64
"""The axis of channels is at most that long, and the axis of time longer."""

LOWEST_RATE, HIGHEST_RATE = 1_000, 768_000
"""Sample rates accepted, Hz."""

_TAKEN = "samples in an array: [frames], [channels, frames] or [frames, channels]"


def as_array(what: str, value: object, taken: str) -> npt.NDArray[Any]:
    """An array of numbers out of what numpy, torch, pandas and others have.

    Args:
        what: the argument in words.
        value: what was given.
        taken: what would be right, for the message.

    Raises:
        TypeError: if it holds no real numbers, or rows of different lengths.
    """
    if isinstance(value, str | bytes) or value is None:
        raise wrong_type(what, value, taken)
    if callable(getattr(value, "detach", None)):  # a tensor, which may want gradients
        tensor: Any = value
        tensor = tensor.detach().cpu()
        value = tensor.float().numpy() if tensor.is_floating_point() else tensor.numpy()
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        raise wrong_type(what, value, taken) from None
    if array.dtype.kind not in "fiu":
        if array.dtype.kind in "OUSV":
            raise wrong_type(what, value, taken)
        raise TypeError(f"{what} holds values of type {array.dtype}; give {taken}")
    return array


def as_samples(sound: object, what: str = "the sound") -> FloatArray:
    """Samples in the one form of this project.

    Args:
        sound: as :data:`SoundLike` says. One of the axes must be channels, at most
            :data:`MOST_CHANNELS`, and the other longer than that.
        what: the argument in words, for messages.

    Returns:
        float32 [channels, frames].

    Raises:
        TypeError: if it is no array of numbers, or integers without a full scale.
        AudioError: if it is empty, or its shape does not say which axis is time.
    """
    array = as_array(what, sound, _TAKEN)
    if not array.ndim:
        raise wrong_type(what, sound, _TAKEN)
    if array.ndim not in (1, 2) or not array.size:
        raise AudioError(
            f"{what} has the shape {array.shape}; sound is [frames], [channels, frames] or "
            "[frames, channels]"
        )
    if array.ndim == 1:
        array = array[None]
    elif _is_time_first(array.shape[0], array.shape[1], what):
        array = array.T
    return _full_scale(array, what)


def as_channels(sound: object, what: str = "the sound") -> FloatArray:
    """As :func:`as_samples`, where a few frames are sound too.

    Args:
        sound: as there; an array of floats both of whose axes may be channels is
            [channels, frames], as everywhere in this project.
        what: the argument in words, for messages.

    Raises:
        TypeError, AudioError: as there.
    """
    if isinstance(sound, np.ndarray) and sound.dtype.kind == "f" and sound.ndim == 2:
        channels, frames = sound.shape
        if 0 < channels <= MOST_CHANNELS and frames <= MOST_CHANNELS:
            return np.ascontiguousarray(sound, np.float32)
    return as_samples(sound, what)


def _is_time_first(rows: int, columns: int, what: str) -> bool:
    if 1 in (rows, columns):
        return columns == 1 and rows > 1
    if rows <= MOST_CHANNELS < columns:
        return False
    if columns <= MOST_CHANNELS < rows:
        return True
    if rows <= MOST_CHANNELS:
        raise AudioError(
            f"{what} has the shape ({rows}, {columns}): both axes may be channels; give more "
            f"than {MOST_CHANNELS} frames"
        )
    raise AudioError(
        f"{what} has the shape ({rows}, {columns}): neither axis is channels (at most "
        f"{MOST_CHANNELS}); give the samples of one sound, not a spectrogram or a batch"
    )


def _full_scale(array: npt.NDArray[Any], what: str) -> FloatArray:
    if array.dtype.kind == "f":
        return np.ascontiguousarray(array, np.float32)
    if array.dtype == np.uint8:  # 8-bit sound has its zero in the middle
        return np.ascontiguousarray((array.astype(np.float32) - 128) / 128)
    if array.dtype in (np.int8, np.int16, np.int32):
        scale = float(1 << (8 * array.dtype.itemsize - 1))
        return np.ascontiguousarray(array / scale, np.float32)
    raise TypeError(
        f"{what} holds values of type {array.dtype}, whose full scale is not known; give floats "
        "within ±1, int16 or int32"
    )


def as_rate(value: object) -> int:
    """A sample rate, Hz.

    Raises:
        TypeError: if it is no whole number.
        AudioError: if no sound has such a rate.
    """
    if isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral):
        if not float(value).is_integer():
            raise AudioError(f"the sample rate {value} is not a whole number of hertz")
        value = int(float(value))
    rate = whole_number("the sample rate", value, "hertz, such as 44100")
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise AudioError(
            f"the sample rate {rate} is outside {LOWEST_RATE}–{HIGHEST_RATE}; give hertz, such as "
            "44100"
        )
    return rate


def as_audio(audio: object, what: str = "the sound") -> tuple[FloatArray, int]:
    """Samples and their rate out of a pair, in either order.

    Args:
        audio: as :data:`AudioLike` says.
        what: the argument in words, for messages.

    Returns:
        float32 [channels, frames], and Hz.

    Raises:
        TypeError: if it is no such pair.
        AudioError: as :func:`as_samples` and :func:`as_rate`.
    """
    pair = pair_of(audio)
    if pair is None:
        raise TypeError(
            f"{what} is {described(audio)}; give samples with their sample rate: (array, 44100)"
        )
    samples, rate = pair
    return as_samples(samples, what), as_rate(rate)


def pair_of(value: object) -> tuple[object, object] | None:
    """Samples and rate out of a tuple of two of which one is a single number; else None."""
    match value:
        case (numbers.Number() as rate, samples) if not isinstance(samples, numbers.Number):
            return samples, rate
        case (samples, numbers.Number() as rate) if not isinstance(samples, numbers.Number):
            return samples, rate
    return None
