"""One rendered clip: its audio, how it is shown, and the file it becomes."""

from __future__ import annotations

import os
import reprlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.audio import resample, write_audio
from core.audio.formats import format_of
from core.audio.loudness import fit_full_scale, overshoot_db
from core.coercion.arrays import as_rate
from core.coercion.type_errors import check_type
from core.engines.base import Limit
from core.notebooks import player_html
from core.provenance import Provenance, provenance_chunks, provenance_tags
from core.timbre import TextTimbre
from core.types import FloatArray

_FLOAT = "FLOAT"
"""The subtype that holds samples beyond full scale."""

_short = reprlib.Repr()
_short.maxstring = 60


@dataclass(frozen=True, repr=False, eq=False)
class Take:
    """One rendered clip. numpy takes it for its audio, and notebooks show a player.

    Attributes:
        audio: float32 [channels, frames] from the clip's start to the end of its last note's
            tail. Peaks beyond ±1 stay (:attr:`overshoot_db`); without a gain there are none.
        sample_rate: Hz.
        provenance: everything that is needed to render it again.
        limits: what the engine could not play of the clip.
        render_s: time the whole batch this take came from took, seconds.
    """

    audio: FloatArray
    sample_rate: int
    provenance: Provenance
    limits: tuple[Limit, ...] = ()
    render_s: float = field(default=0.0, compare=False)

    @property
    def seconds(self) -> float:
        """Length of the audio."""
        return self.audio.shape[1] / self.sample_rate

    def __repr__(self) -> str:
        parts = [f"{self.seconds:.1f} s", f"{self.sample_rate} Hz"]
        preset, timbre = self.provenance.preset, self.provenance.timbre
        if preset is not None:
            parts.append(_short.repr(preset.name))
        elif timbre is not None:
            words = timbre.words if isinstance(timbre, TextTimbre) else timbre.describe()
            parts.append(_short.repr(words))
        return f"<Take {', '.join(parts)}, seed {self.provenance.seed}>"

    def _repr_html_(self) -> str:
        remarks = [limit.message for limit in self.limits]
        return player_html(self.audio, self.sample_rate, repr(self)[1:-1], remarks)

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[Any]:
        array = np.asarray(self.audio, dtype)
        if copy is False and array is not self.audio:
            raise ValueError(f"audio of float32 cannot be seen as {dtype} without a copy")
        return array.copy() if copy and array is self.audio else array

    @property
    def overshoot_db(self) -> float:
        """How far the highest peak lies above full scale, dB; 0 if none does."""
        return overshoot_db(self.audio)

    def overshoot_remark(
        self,
        subtype: str | None,
        advice: str = "a .wav with --format FLOAT keeps the level, a lower --gain does too",
    ) -> str:
        """What is to be said of peaks that do not fit into a file; empty if they do.

        Args:
            subtype: of the file; None is its format's usual one, which holds integers.
            advice: what keeps the level, for who asked for the file.
        """
        over_db = self.overshoot_db
        if not over_db or subtype == _FLOAT:
            return ""
        return (
            f"peaks lie {over_db:.1f} dB above full scale; the whole file is so much softer, and "
            f"nothing is clipped. {advice}"
        )

    def write(
        self,
        path: str | os.PathLike[str],
        sample_rate: int | None = None,
        subtype: str | None = None,
    ) -> Path:
        """Write a sound file with its provenance inside.

        A sound with peaks beyond full scale is made softer as a whole, so that no sample is
        clipped, except in ``FLOAT`` files, which hold it as it is.

        Args:
            path: of the file; its suffix chooses the format: ``.wav``, ``.flac``, ``.ogg`` or
                ``.mp3``. An existing file is replaced in one step, or not at all.
            sample_rate: Hz; None keeps the engine's.
            subtype: ``PCM_24``, ``PCM_16`` or, in a WAV, ``FLOAT``; None is the first, and
                in a lossy format its own.

        Raises:
            OutputError: if it cannot be written; nothing is left behind.
            SettingsError: if the format does not have this rate or subtype.
            AudioError: if no sound has such a rate.
        """
        check_type("the file", path, (str, os.PathLike), "a path, such as 'out.wav'")
        rate = self.sample_rate if sample_rate is None else as_rate(sample_rate)
        subtype = format_of(path).check_subtype(subtype)
        provenance = replace(self.provenance, sample_rate=rate, subtype=subtype).to_json()
        audio = resample(self.audio, self.sample_rate, rate)
        # Another rate may have higher peaks. What has no gain is written as before there were any.
        if subtype != _FLOAT and (self.overshoot_db or self.provenance.gain_db):
            audio = fit_full_scale(audio)
        write_audio(
            path,
            audio,
            rate,
            subtype=subtype,
            chunks=provenance_chunks(provenance),
            tags=provenance_tags(provenance),
        )
        return Path(path)

    save = write
    """The same as :meth:`write`."""
