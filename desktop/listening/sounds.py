"""Sounds made ready to be compared: equally loud, equally long, at one rate, without a name.

Loudness is that of BS.1770 (:mod:`core.audio.loudness`). All are brought down to the softest, so
that none is pressed against full scale. What each is stands beside it, for the end of the test.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import AudioError, UserInputError
from core.progress import ProgressCallback
from core.types import FloatArray
from desktop.translations.words import translate

if TYPE_CHECKING:
    from core.provenance import Provenance

_log = logging.getLogger(__name__)
_LONGEST_S = 1800.0
"""Of a sound that is compared: all of them are held in memory."""


@dataclass(frozen=True)
class VotedSound:
    """What a vote keeps of a sound.

    Attributes:
        preset: its name, or the timbre or the file if there was none.
        version: of the preset; 0 if there was none.
        seed: of the render.
        model, model_sha256: the bundle and the digest of its manifest; empty if not known.
        clip, clip_hash: what it plays; empty if not known.
    """

    preset: str
    version: int = 0
    seed: int = 0
    model: str = ""
    model_sha256: str = ""
    clip: str = ""
    clip_hash: str = ""

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.preset} v{self.version}" if self.version else self.preset


@dataclass(frozen=True, eq=False)
class ComparedSound:
    """A sound and what it is.

    Attributes:
        audio: float32 [channels, frames]; of all that are compared the shapes are the same.
        sample_rate: Hz.
        gain_db: by how much it was made softer.
        what: it is.
    """

    audio: FloatArray
    sample_rate: int
    gain_db: float
    what: VotedSound

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.audio.shape[1] / self.sample_rate


def load_sounds(files: Sequence[Path], on_progress: ProgressCallback) -> list[ComparedSound]:
    """Read files and make them comparable. Slow.

    Args:
        files: two or more.
        on_progress: how far it is; False stops.

    Raises:
        UserInputError: if they cannot be compared; the message says why.
        AudioError: if one cannot be read.
        Cancelled: if it was stopped.
    """
    from core.audio import read_audio
    from core.audio.conform import resample
    from core.errors import Cancelled

    if len(set(files)) < 2:
        raise UserInputError(translate("Listening", "choose two finished takes or more to compare"))
    read, whats = [], []
    for number, file in enumerate(files):
        if not on_progress(number / len(files)):
            raise Cancelled("cancelled")
        sound = read_audio(file)
        if sound[0].shape[1] > _LONGEST_S * sound[1]:
            raise UserInputError(
                translate(
                    "Listening", "{file} is over half an hour long; compare a shorter clip"
                ).format(file=file.name)
            )
        read.append(sound)
        whats.append(what_is(file))
    _require_one_clip(whats)
    rate = max(rate for _, rate in read)
    same = _same_shape([resample(audio, own, rate) for audio, own in read])
    levelled = match_loudness(same, rate, [file.name for file in files])
    return [
        ComparedSound(audio, rate, gain_db, what)
        for (audio, gain_db), what in zip(levelled, whats, strict=True)
    ]


def match_loudness(
    sounds: Sequence[FloatArray], sample_rate: int, names: Sequence[str]
) -> list[tuple[FloatArray, float]]:
    """Make all as loud as the softest, and softer together if one still exceeds full scale.

    Args:
        sounds: float32 [channels, frames], of as many channels each.
        sample_rate: Hz.
        names: for messages.

    Returns:
        Each with the gain that it was given, dB.

    Raises:
        UserInputError: if one is silent, or broken.
    """
    import numpy as np

    from core.audio.loudness import PEAK_AFTER_FIT, amplified, integrated_loudness

    loudness = []
    for audio, name in zip(sounds, names, strict=True):
        lufs = integrated_loudness(audio, sample_rate)
        if not math.isfinite(lufs):
            raise UserInputError(
                translate("Listening", "{name} is silent; there is nothing to compare").format(
                    name=name
                )
            )
        loudness.append(lufs)
    gains = [min(loudness) - lufs for lufs in loudness]
    peaks = [
        float(np.abs(audio).max(initial=0.0)) * 10.0 ** (gain / 20.0)
        for audio, gain in zip(sounds, gains, strict=True)
    ]
    if max(peaks) > 1.0:
        room_db = 20.0 * math.log10(PEAK_AFTER_FIT / max(peaks))
        gains = [gain + room_db for gain in gains]
    return [(amplified(audio, gain), gain) for audio, gain in zip(sounds, gains, strict=True)]


def what_is(file: Path) -> VotedSound:
    """What a sound file says that it is; one that says nothing is known by its name."""
    from core.provenance import read_provenance

    try:
        made = read_provenance(file)
    except AudioError as error:
        _log.info("%s is known by its name: %s", file.name, error)
        return VotedSound(file.stem)
    return VotedSound(
        _preset_of(made, file),
        made.preset.version if made.preset is not None else 0,
        made.seed,
        made.model_id,
        made.model_sha256,
        made.clip.name,
        made.clip.content_hash,
    )


def _preset_of(made: Provenance, file: Path) -> str:
    if made.preset is not None:
        return made.preset.name
    return made.timbre.describe() if made.timbre is not None else file.stem


def _require_one_clip(whats: Sequence[VotedSound]) -> None:
    clips = {what.clip_hash: what.clip or "Untitled" for what in whats if what.clip_hash}
    if len(clips) > 1:
        names = " and ".join(f"“{name}”" for name in list(clips.values())[:2])
        raise UserInputError(
            translate(
                "Listening", "these takes play different clips, {names}; choose takes of one"
            ).format(names=names)
        )


def _same_shape(sounds: Sequence[FloatArray]) -> list[FloatArray]:
    """All with as many channels and frames as the most has; silence follows the shorter."""
    import numpy as np

    channels = max(audio.shape[0] for audio in sounds)
    frames = max(audio.shape[1] for audio in sounds)
    shaped = []
    for audio in sounds:
        # One channel is heard on both sides, as it is when it is played alone.
        wide = np.broadcast_to(audio, (channels, audio.shape[1])) if len(audio) == 1 else audio
        whole = np.zeros((channels, frames), np.float32)
        whole[: len(wide), : audio.shape[1]] = wide
        shaped.append(whole)
    return shaped
