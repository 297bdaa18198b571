"""Multi-scale spectral loss (MSS): how far two spectrograms are apart, at several sizes.

Task: compare a render with the target recording of the same notes, sample for sample in time.

Conventions: sounds are float32 [frames] or [channels, frames] with their rate in hertz, full
scale ±1; channels are averaged and both are brought to one rate. The definition is DDSP's (Engel
et al., ICLR 2020, and its released code): for each FFT size the mean L1 distance of magnitude
spectrograms, plus the same of their natural logarithms, each summed over the sizes; Hann window,
75 % overlap, zeros appended so that no sample is left out, magnitudes not scaled by the window.
Lower is better; 0 only for equal spectrograms. Levels count: :func:`evaluate` normalises nothing.

How it differs from other scorers, and why :attr:`MssConfig.label` is printed with every figure:
auraloss averages over sizes, centres its frames with reflected edges, and floors magnitudes at 1e-4
instead of 1e-5; DDSP's default leaves the log term out. Papers rarely say. Two silent sounds have
loss 0.

With an absolute floor the logarithmic term hears what is nearly silent as loudly as what sounds:
between a recording's noise floor and digital silence it finds a large distance, and noise at −65
dBFS costs more than every note a semitone off. So there are two configurations:

    AUDIBLE    44.1 kHz, the log term alone, floored 60 dB below the target's loudest bin: the
               headline. ``python -m benchmarks.spectral_loss`` ranks it against others.
    PUBLISHED  DDSP's definition at its conditions: 16 kHz, the target scaled to a peak of 1, both
               terms. Papers that print figures around 0.5 probably take the linear term, averaged
               over the sizes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from core.audio.conform import mono, same_length
from core.coercion.arrays import SoundLike
from core.coercion.type_errors import check_type
from core.errors import SettingsError
from core.types import FloatArray
from evaluation.metrics import Figures


@dataclass(frozen=True)
class MssConfig:
    """What the figure depends on.

    Attributes:
        sample_rate: both sounds are brought to it, Hz.
        fft_sizes: window lengths, samples; even.
        overlap: share of a window that the next one repeats, 0 ≤ overlap < 1.
        floor: magnitudes below it are raised to it before the logarithm.
        floor_db: where the floor lies below the target's loudest bin of a size instead, dB < 0;
            None: at ``floor``.
        framing: ``end`` starts at sample 0 and appends zeros (DDSP); ``centre`` centres
            frames and reflects the edges (librosa, auraloss).

    Raises:
        SettingsError: if a value is outside its range.
    """

    sample_rate: int = 44_100
    fft_sizes: tuple[int, ...] = (2048, 1024, 512, 256, 128, 64)
    overlap: float = 0.75
    floor: float = 1e-5
    framing: Literal["end", "centre"] = "end"
    floor_db: float | None = None

    def __post_init__(self) -> None:
        if not self.fft_sizes or any(size < 4 or size % 2 for size in self.fft_sizes):
            raise SettingsError(f"FFT sizes {self.fft_sizes} must be even numbers from 4 up")
        if not 0 <= self.overlap < 1:
            raise SettingsError(f"overlap {self.overlap} is outside 0 ≤ overlap < 1")
        if self.floor_db is not None and not self.floor_db < 0:
            raise SettingsError(f"a floor of {self.floor_db} dB is not below the loudest bin")
        if self.floor <= 0 or self.sample_rate <= 0:
            raise SettingsError("the magnitude floor and the sample rate must be above 0")

    @property
    def label(self) -> str:
        """The configuration in one line, for tables and captions."""
        sizes = "/".join(str(size) for size in self.fft_sizes)
        floor = f"{self.floor:g}" if self.floor_db is None else f"{self.floor_db:g} dB"
        return (
            f"MSS {self.sample_rate} Hz, FFT {sizes}, overlap {self.overlap:g}, "
            f"L1 + log L1 (floor {floor}), frames {self.framing}, sum over sizes"
        )


AUDIBLE = MssConfig(floor_db=-60.0)
PUBLISHED = MssConfig(sample_rate=16_000)


def validate(
    estimate: SoundLike, estimate_hz: int, target: SoundLike, target_hz: int, config: MssConfig
) -> tuple[FloatArray, FloatArray]:
    """Both sounds as mono [frames] at the configuration's rate, the shorter one zero-padded.

    Args:
        estimate, target: [frames] or [channels, frames].
        estimate_hz, target_hz: their sample rates.
        config: whose rate both are brought to.

    Raises:
        AudioError: if one is empty or holds NaN.
    """
    return same_length(
        mono(estimate, estimate_hz, config.sample_rate),
        mono(target, target_hz, config.sample_rate),
    )


def evaluate(
    estimate: SoundLike,
    estimate_hz: int,
    target: SoundLike,
    target_hz: int,
    config: MssConfig | None = None,
) -> Figures:
    """The loss and its two parts.

    Args:
        estimate: the render, as :func:`core.coercion.arrays.as_samples` takes it; channels are
            averaged.
        estimate_hz: its sample rate.
        target: the recording it should equal.
        target_hz: its sample rate.
        config: None means DDSP's definition at 44.1 kHz with both terms.

    Returns:
        ``mss`` = ``mss_linear`` + ``mss_log``, each ≥ 0 and always defined.

    Raises:
        AudioError: if a sound is empty or holds NaN.
        TypeError: if an argument is of a type that is not taken.
    """
    check_type("the configuration", config, (MssConfig, type(None)), "an MssConfig")
    config = config or MssConfig()
    first, second = validate(estimate, estimate_hz, target, target_hz, config)
    with torch.no_grad():
        linear, log = loss_terms(torch.from_numpy(first), torch.from_numpy(second), config)
    return {
        "mss": float(linear + log),
        "mss_linear": float(linear),
        "mss_log": float(log),
    }


def evaluate_both(
    estimate: SoundLike,
    estimate_hz: int,
    target: SoundLike,
    target_hz: int,
    published: MssConfig = PUBLISHED,
    audible: MssConfig = AUDIBLE,
) -> Figures:
    """The published loss and the audible one, of a sound at its target's level.

    Args:
        estimate: the render, levelled to the target.
        estimate_hz: its sample rate.
        target: the recording it should equal.
        target_hz: its sample rate.
        published: configuration of ``mss``; both sounds are scaled so that the target's peak is 1.
        audible: configuration of ``mss_audible``, its log term.

    Returns:
        ``mss``, ``mss_linear``, ``mss_log`` and ``mss_audible``, each ≥ 0 and always defined.

    Raises:
        AudioError: if a sound is empty or holds NaN.
    """
    first, second = validate(estimate, estimate_hz, target, target_hz, published)
    peak = float(np.abs(second).max())
    if peak > 0:
        first, second = first / np.float32(peak), second / np.float32(peak)
    rate = published.sample_rate
    figures = evaluate(first, rate, second, rate, published)
    figures["mss_audible"] = evaluate(estimate, estimate_hz, target, target_hz, audible)["mss_log"]
    return figures


def loss_terms(
    estimate: torch.Tensor, target: torch.Tensor, config: MssConfig
) -> tuple[torch.Tensor, torch.Tensor]:
    """The linear and the log term, scalars ≥ 0; differentiable.

    Args:
        estimate, target: sounds [frames] of one length, at the configuration's rate.
        config: sizes, overlap and floor.
    """
    linear = estimate.new_zeros(())
    log = estimate.new_zeros(())
    for own, other in zip(
        spectrograms(estimate, config), spectrograms(target, config), strict=True
    ):  # [bins, frames] each
        # Means, not sums: every size counts alike, however many bins and frames it has.
        linear = linear + (own - other).abs().mean()
        floor = config.floor
        if config.floor_db is not None:
            floor = max(1e-12, float(other.detach().max()) * 10 ** (config.floor_db / 20))
        log = log + (own.clamp_min(floor).log() - other.clamp_min(floor).log()).abs().mean()
    return linear, log


def spectrograms(sound: torch.Tensor, config: MssConfig) -> Iterator[torch.Tensor]:
    """Magnitudes [size/2 + 1 bins, frames] for each FFT size.

    Args:
        sound: [samples], at the configuration's rate.
        config: sizes, overlap and framing.
    """
    for size in config.fft_sizes:
        hop = max(1, round(size * (1 - config.overlap)))
        if config.framing == "centre":
            # Reflection needs more samples than it mirrors.
            short = max(0, size // 2 + 1 - len(sound))
            padded = torch.nn.functional.pad(sound, (0, short))
            padded = torch.nn.functional.pad(padded[None], (size // 2, size // 2), "reflect")[0]
        else:
            count = -(-len(sound) // hop)  # frames: one begins at every hop inside the sound
            padded = torch.nn.functional.pad(sound, (0, (count - 1) * hop + size - len(sound)))
        window = torch.hann_window(size, dtype=sound.dtype, device=sound.device)
        yield torch.stft(padded, size, hop, window=window, center=False, return_complex=True).abs()
