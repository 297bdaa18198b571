"""Sound as librosa, soundfile, torchaudio, scipy and pandas hold it becomes one form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from core.coercion.arrays import as_audio, as_channels, as_samples
from core.errors import AudioError

LEFT = np.sin(np.arange(1000) / 7).astype(np.float32) * 0.5
RIGHT = np.cos(np.arange(1000) / 5).astype(np.float32) * 0.25
STEREO = np.stack([LEFT, RIGHT])


@pytest.mark.parametrize(
    "given",
    [
        STEREO,
        STEREO.T,
        STEREO.astype(np.float64),
        torch.from_numpy(STEREO),
        torch.from_numpy(STEREO).requires_grad_(),
        torch.from_numpy(STEREO.T.copy()),
        STEREO.tolist(),
        np.asfortranarray(STEREO),
    ],
)
def test_stereo_is_the_same_sound_either_way_round(given: Any) -> None:
    samples = as_samples(given)
    assert samples.dtype == np.float32
    np.testing.assert_array_equal(samples, STEREO)


@pytest.mark.parametrize("given", [LEFT, LEFT[None], LEFT[:, None], LEFT.tolist()])
def test_mono_is_one_channel(given: Any) -> None:
    np.testing.assert_array_equal(as_samples(given), LEFT[None])
    np.testing.assert_array_equal(as_samples(LEFT[:3]), LEFT[None, :3])


@pytest.mark.parametrize(
    ("kind", "step"), [(np.int8, 2**-7), (np.uint8, 2**-7), (np.int16, 2**-15), (np.int32, 2**-31)]
)
def test_integers_have_full_scale_at_the_ends_of_their_type(kind: Any, step: float) -> None:
    ends = np.array([np.iinfo(kind).min, np.iinfo(kind).max], kind)
    assert as_samples(ends)[0].tolist() == pytest.approx([-1.0, 1.0 - step], abs=1e-7)
    assert not as_samples(np.array([128 if kind is np.uint8 else 0] * 9, kind)).any()


@pytest.mark.parametrize(
    "shape", [(2, 2), (64, 64), (3, 2), (65, 65), (513, 100), (1, 2, 99), (0,)]
)
def test_a_shape_that_leaves_time_open_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(AudioError, match=r"the sound has the shape \("):
        as_samples(np.zeros(shape, np.float32))


@pytest.mark.parametrize(
    "given",
    [
        None,
        "x.wav",
        b"x",
        3,
        True,
        LEFT > 0,
        LEFT.astype(complex),
        LEFT.astype(np.int64),
        [None],
        {},
    ],
)
def test_what_is_no_sound_is_one_type_error(given: Any) -> None:
    with pytest.raises(TypeError, match=r"^the sound (is|holds) .*; give ") as caught:
        as_samples(given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "pair", [(LEFT, 22_050), (22_050, LEFT), (LEFT, 22_050.0), (LEFT, np.int64(22_050))]
)
def test_the_rate_may_come_first(pair: Any) -> None:
    samples, rate = as_audio(pair)
    assert (samples.shape, rate, type(rate)) == ((1, 1000), 22_050, int)


@pytest.mark.parametrize("rate", [44, 44.1, 0, -44_100, 10**7, float("nan")])
def test_a_rate_in_kilohertz_is_refused(rate: float) -> None:
    with pytest.raises(AudioError, match="sample rate"):
        as_audio((LEFT, rate))


@pytest.mark.parametrize(
    "pair", [LEFT, (LEFT,), (LEFT, "44100"), (LEFT, None), (LEFT, LEFT), (1, 2), "x.wav"]
)
def test_samples_without_a_rate_are_one_type_error(pair: Any) -> None:
    with pytest.raises(TypeError, match="give samples with their sample rate"):
        as_audio(pair)
    with pytest.raises(TypeError, match="hertz"):
        as_audio((LEFT, True))


def test_where_a_few_frames_are_sound_channels_come_first() -> None:
    few = STEREO[:, :9]
    np.testing.assert_array_equal(as_channels(few), few)
    np.testing.assert_array_equal(as_channels(STEREO.T), STEREO)
    assert as_channels(few[:, :0]).shape == (2, 0)
