"""Timbres: recipes for an embedding.

A recipe is data (a path, words, weights): it can be stored, shown and repeated. Embedding
one is :mod:`core.encoders.embed`'s business; naming and keeping timbres is the library's.
Programs give timbres in other forms too (:data:`TimbreLike`); :func:`as_timbre` reads them.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, Union, get_args

from core.coercion.type_errors import check_type, described, real_number, wrong_type
from core.errors import SettingsError

if TYPE_CHECKING:
    from core.coercion.arrays import AudioLike, SoundLike
    from core.types import FloatArray

MAX_DEPTH = 8
"""Blends within blends, at most."""

MAX_PARTS = 64
"""Timbres in one blend, at most."""

MAX_WORDS_CHARACTERS = 1000
"""Longest description accepted."""

BlendMode = Literal["slerp", "linear"]
BLEND_MODES: tuple[BlendMode, ...] = get_args(BlendMode)


class Timbre(ABC):
    """A recipe for an embedding.

    A kind of timbre is one subclass with a line in :data:`KINDS`, and says there how it is
    written and shown. How it is embedded is registered with :func:`core.encoders.embed.resolve`,
    how the library keeps it with :data:`core.library.recipes.KINDS`.

    Attributes:
        kind: its name in stored data.
    """

    kind: ClassVar[str]

    @abstractmethod
    def describe(self) -> str:
        """One line for people, such as ``0.6 × "warm bass" + 0.4 × pluck.wav``."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """The recipe as JSON-ready data; :func:`from_dict` reads it back."""

    @classmethod
    @abstractmethod
    def read(cls, data: Mapping[str, Any], part: Callable[[Any], Timbre]) -> Timbre | None:
        """Read what :meth:`to_dict` wrote.

        Args:
            data: with this ``kind``.
            part: reads a recipe inside this one.

        Returns:
            None if something is missing or of another type.

        Raises:
            SettingsError: if a value is out of range.
        """

    @property
    def depth(self) -> int:
        """Levels of blending: 0 for a recording or words."""
        return 0


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


@dataclass(frozen=True, init=False)
class Blend(Timbre):
    """A weighted mixture of timbres, which may be blends themselves.

    >>> Blend({"warm pad": 0.6, AudioTimbre("bell.wav"): 0.4}).describe()
    '0.6 × "warm pad" + 0.4 × bell.wav'

    Attributes:
        parts: timbres and their weights; weights are finite, ≥ 0, not all 0, and only
            their proportions matter. A part of weight 0 is never looked at.
        mode: ``slerp`` mixes along great circles (:func:`core.encoders.sphere.spherical_mean`),
            ``linear`` takes the normalised weighted sum.

    Raises:
        SettingsError: if a weight, the number of parts, the depth or the mode is out of range.
    """

    kind: ClassVar[str] = "blend"
    parts: tuple[tuple[Timbre, float], ...]
    mode: BlendMode = "slerp"

    def __init__(
        self,
        parts: Mapping[Any, float] | Iterable[tuple[TimbreLike, float]],
        mode: BlendMode = "slerp",
    ) -> None:
        """Mix timbres.

        Args:
            parts: weights by timbre, or pairs of a timbre and its weight; a timbre is anything
                that :func:`as_timbre` takes, a string being words.
            mode: see the class.

        Raises:
            TypeError: if a part is no timbre, or a weight no number.
            SettingsError: see the class.
        """
        parts = _parts(parts)
        object.__setattr__(self, "parts", parts)
        object.__setattr__(self, "mode", mode)
        if mode not in BLEND_MODES:
            raise SettingsError(f"blend mode {self.mode!r} is neither slerp nor linear")
        if not 1 <= len(parts) <= MAX_PARTS:
            raise SettingsError(f"a blend has 1–{MAX_PARTS} parts, not {len(parts)}")
        for _, weight in parts:
            if not (math.isfinite(weight) and weight >= 0):
                raise SettingsError(f"blend weight {weight} is not a number from 0 up")
        if not any(weight > 0 for _, weight in parts):
            raise SettingsError("every weight of the blend is 0; give at least one above 0")
        if self.depth > MAX_DEPTH:
            raise SettingsError(f"blends may be nested {MAX_DEPTH} deep, not more")

    @property
    def depth(self) -> int:
        return 1 + max(part.depth for part, _ in self.parts)

    def describe(self) -> str:
        named = [
            (f"({part.describe()})" if part.depth else part.describe(), weight)
            for part, weight in self.parts
        ]
        return " + ".join(f"{weight:g} × {name}" for name, weight in named)

    def to_dict(self) -> dict[str, Any]:
        listed = [{"weight": weight, "timbre": part.to_dict()} for part, weight in self.parts]
        return {"kind": self.kind, "mode": self.mode, "parts": listed}

    @classmethod
    def read(cls, data: Mapping[str, Any], part: Callable[[Any], Timbre]) -> Blend | None:
        """See :meth:`Timbre.read`."""
        listed, mode = data.get("parts"), data.get("mode")
        if mode not in BLEND_MODES or not isinstance(listed, list):
            return None
        if len(listed) > MAX_PARTS:
            raise SettingsError(f"a blend has 1–{MAX_PARTS} parts, not {len(listed)}")
        parts = []
        for entry in listed:
            match entry:
                case {"weight": int() | float() as weight, "timbre": timbre}:
                    parts.append((part(timbre), float(weight)))
                case _:
                    raise SettingsError("a part of a blend needs a weight and a timbre")
        return cls(tuple(parts), mode)


def _parts(
    parts: Mapping[Any, float] | Iterable[tuple[TimbreLike, float]],
) -> tuple[tuple[Timbre, float], ...]:
    taken = "a mapping of timbres to weights, or pairs of them"
    if isinstance(parts, str | Timbre) or not isinstance(parts, Iterable):
        raise wrong_type("the list of parts of a blend", parts, taken)
    pairs = list(parts.items() if isinstance(parts, Mapping) else parts)
    read = []
    for number, pair in enumerate(pairs, 1):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise wrong_type(f"part {number} of the blend", pair, "a timbre and its weight")
        what = f"the weight of part {number} of the blend"
        read.append((as_timbre(pair[0]), real_number(what, pair[1])))
    return tuple(read)


KINDS: Mapping[str, type[Timbre]] = {
    timbre.kind: timbre for timbre in (AudioTimbre, TextTimbre, Blend)
}
"""Every kind of timbre by its name."""

TimbreLike: TypeAlias = Union[Timbre, str, os.PathLike[str], "AudioLike", Mapping[Any, float]]
"""What is taken wherever a timbre is asked for: words as a string, a recording as a
:class:`~pathlib.Path` or as samples with their rate, a blend as weights by timbre."""

_NO_WORDS = (".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff", ".m4a", ".opus", ".mid", ".midi")


def as_timbre(timbre: object) -> Timbre:
    """The recipe that a value stands for.

    Args:
        timbre: as :data:`TimbreLike` says. A string is always words, even if a preset has that
            name or a file is there: presets are the library's to give (``library.recipe``).

    Raises:
        TypeError: if it is nothing of that.
        SettingsError: if a string reads like the name of a file, or a value is out of range.
        AudioError: if samples cannot be used.
    """
    if isinstance(timbre, Timbre):
        return timbre
    if isinstance(timbre, str):
        if timbre.lower().endswith(_NO_WORDS):
            advice = f"AudioTimbre({timbre!r}) is the recording"
            if timbre.lower().endswith((".mid", ".midi")):
                advice = "the clip comes first, then the timbre"
            raise SettingsError(f"{timbre!r} would be taken for words; {advice}")
        return TextTimbre(timbre)
    if isinstance(timbre, os.PathLike):
        return AudioTimbre(timbre)
    if isinstance(timbre, Mapping):
        return Blend(timbre)
    if isinstance(timbre, tuple):
        from core.coercion.arrays import pair_of

        pair = pair_of(timbre)
        if pair is not None:
            return AudioTimbre(timbre)
    if type(timbre).__name__ == "Preset":
        raise TypeError("the timbre is a Preset; give library.recipe(preset)")
    is_sound = hasattr(timbre, "shape") or isinstance(timbre, tuple)
    advice = "; samples need their rate: (array, 44100)" if is_sound else ""
    raise wrong_type(
        "the timbre",
        timbre,
        "words, an AudioTimbre (or a Path) for a recording, or a Blend (or a mapping of timbres to "
        f"weights){advice}",
    )


def recordings_of(timbre: Timbre) -> Iterator[Path]:
    """The files a timbre is taken from."""
    if isinstance(timbre, AudioTimbre):
        if timbre.samples is None:
            yield timbre.path
    elif isinstance(timbre, Blend):
        for part, _weight in timbre.parts:
            yield from recordings_of(part)


def from_dict(data: Any) -> Timbre:
    """Read a recipe written by :meth:`Timbre.to_dict`.

    Raises:
        SettingsError: if the data is not such a recipe.
    """
    return _read(data, MAX_DEPTH)


def _read(data: Any, levels_left: int) -> Timbre:
    # Counted on the way down: data from a file may be nested beyond Python's own stack.
    if levels_left < 0:
        raise SettingsError(f"blends may be nested {MAX_DEPTH} deep, not more")
    if isinstance(data, dict) and data.get("kind") in KINDS:
        timbre = KINDS[data["kind"]].read(data, lambda inner: _read(inner, levels_left - 1))
        if timbre is not None:
            return timbre
    *most, last = KINDS
    raise SettingsError(
        f"this is not a timbre: it needs a kind ({', '.join(most)} or {last}) and its data"
    )


_NAME = r'\s*(?:"(?P<quoted>[^"]+)"|(?P<plain>.+?))\s*=\s*'
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|[-+]?(?:inf|nan)"
_BLEND_PART = re.compile(_NAME + rf"(?P<weight>{_NUMBER})\s*(?:,|$)", re.IGNORECASE)
_NO_WEIGHT = re.compile(_NAME + r"(?P<weight>[^,=]*)")


def parse_blend(text: str) -> list[tuple[str, float]]:
    """Read ``NAME=0.6,NAME=0.4``.

    A name may hold commas and equal signs, as long as a number follows the last one:
    ``Warm, soft=0.6,Pluck=0.4`` names ``Warm, soft`` and ``Pluck``. A name that itself looks
    like that stands in double quotes: ``"Attack=1, slow"=0.6,Pluck=0.4``.

    Returns:
        Names and weights (finite, ≥ 0, not all 0), in the order given.

    Raises:
        SettingsError: if the text is not of that form.
    """
    form = "a blend is written NAME=0.6,NAME=0.4"
    pairs: list[tuple[str, float]] = []
    position = 0
    while position < len(text):
        part = _BLEND_PART.match(text, position)
        if part is None:
            wrong = _NO_WEIGHT.match(text, position)
            if wrong is not None and wrong["weight"].strip():
                name = wrong["quoted"] or wrong["plain"]
                raise SettingsError(
                    f"{wrong['weight'].strip()!r} is not a weight for {name!r}; {form}"
                )
            raise SettingsError(f"{text[position:].strip()!r} has no weight; {form}")
        name = part["quoted"] or part["plain"]
        weight = float(part["weight"])
        if not (math.isfinite(weight) and weight >= 0):
            raise SettingsError(f"weight {weight} of {name!r} is not a number from 0 up")
        pairs.append((name, weight))
        position = part.end()
    if not pairs:
        raise SettingsError(f"the blend is empty; {form}")
    if not any(weight > 0 for _, weight in pairs):
        raise SettingsError("every weight of the blend is 0; give at least one above 0")
    return pairs
