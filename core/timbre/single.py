"""Timbres that are made of no others: a recording's, and what words describe."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from core.coercion.type_errors import check_type, described, wrong_type
from core.errors import SettingsError
from core.timbre.base import Timbre

if TYPE_CHECKING:
    from core.coercion.arrays import AudioLike, SoundLike
    from core.types import FloatArray

MAX_WORDS_CHARACTERS = 1000
"""Longest description accepted."""


@dataclass(frozen=True, init=False)
class AudioTimbre(Timbre):
    """The timbre of a recording: a file, or samples that a program has.

    Attributes:
        path: the recording; of samples their digest, under which there is no file: what is
            stored of them says which they were, and does not bring them back.
        sample_rate: of ``samples``, Hz; None for a file.
        samples: float32 [channels, frames]; None for a file.
    """

    kind: ClassVar[str] = "audio"
    path: Path
    sample_rate: int | None = None
    samples: FloatArray | None = field(default=None, compare=False, repr=False)

    def __init__(
        self,
        path: str | os.PathLike[str] | AudioLike | SoundLike,
        sample_rate: int | None = None,
    ) -> None:
        """Name a recording.

        Args:
            path: a file; or samples, ``[frames]``, ``[channels, frames]`` or ``[frames,
                channels]``, floats within ±1 or integers; or both of these arguments in a pair.
            sample_rate: of samples, Hz.

        Raises:
            TypeError: if it is neither, or a rate is missing.
            AudioError: if the samples are of no such shape, or the rate is no rate of sound.
        """
        if isinstance(path, str | os.PathLike):
            if sample_rate is not None:
                raise TypeError("a file has its own sample rate; leave out sample_rate")
            object.__setattr__(self, "path", Path(path))
            return
        from core.coercion.arrays import as_audio, pair_of

        if path is None or isinstance(path, Timbre) or callable(path):
            raise wrong_type("the recording", path, "a path, or samples and their sample rate")
        pair = pair_of(path) if sample_rate is None else (path, sample_rate)
        if pair is None:
            raise TypeError(
                f"the recording is {described(path)}, without a sample rate; give a path, or "
                "samples and their sample rate: AudioTimbre(samples, 44100)"
            )
        samples, rate = as_audio(pair, "the recording")
        samples = samples.copy()
        samples.setflags(write=False)
        digest = hashlib.sha256(f"{samples.shape} {rate}".encode())
        digest.update(samples.data)
        object.__setattr__(self, "path", Path(f"{digest.hexdigest()}.wav"))
        object.__setattr__(self, "sample_rate", rate)
        object.__setattr__(self, "samples", samples)

    def describe(self) -> str:
        if self.samples is not None and self.sample_rate:
            return f"a recording of {self.samples.shape[1] / self.sample_rate:.1f} s"
        return self.path.name

    def to_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "path": os.fspath(self.path)}

    @classmethod
    def read(cls, data: Mapping[str, Any], part: Callable[[Any], Timbre]) -> AudioTimbre | None:
        """See :meth:`Timbre.read`."""
        path = data.get("path")
        return cls(path) if isinstance(path, str) else None


@dataclass(frozen=True)
class TextTimbre(Timbre):
    """The timbre that words describe, such as ``warm smooth electronic bass``.

    Raises:
        SettingsError: if there are no words, or more than a description.
    """

    kind: ClassVar[str] = "text"
    words: str

    def __post_init__(self) -> None:
        check_type("the description", self.words, str, "words, such as 'warm bass'")
        words = " ".join(self.words.split())
        if not words:
            raise SettingsError("a text timbre needs words, such as 'warm smooth electronic bass'")
        if len(words) > MAX_WORDS_CHARACTERS:
            raise SettingsError(
                f"the description has {len(words)} characters; use at most {MAX_WORDS_CHARACTERS}"
            )
        if any(0xD800 <= ord(character) <= 0xDFFF for character in words):
            raise SettingsError("the description holds characters that are no text; type it again")
        object.__setattr__(self, "words", words)

    def describe(self) -> str:
        return f'"{self.words}"'

    def to_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "words": self.words}

    @classmethod
    def read(cls, data: Mapping[str, Any], part: Callable[[Any], Timbre]) -> TextTimbre | None:
        """See :meth:`Timbre.read`."""
        words = data.get("words")
        return cls(words) if isinstance(words, str) else None
