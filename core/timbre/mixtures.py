"""Timbres that are made of others, and what stands for a timbre in a program."""

from __future__ import annotations

import math
import numbers
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, Union, get_args

from core.coercion.type_errors import real_number, wrong_type
from core.errors import SettingsError
from core.timbre.base import MAX_DEPTH, Timbre, stored_number
from core.timbre.positions import check_point_count, check_positions, describe_points
from core.timbre.single import AudioTimbre, TextTimbre

if TYPE_CHECKING:
    from core.coercion.arrays import AudioLike

MAX_PARTS = 64
"""Timbres in one blend, at most."""

BlendMode = Literal["slerp", "linear"]
BLEND_MODES: tuple[BlendMode, ...] = get_args(BlendMode)


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
        SettingsError: if a weight, the number of parts, the depth or the mode is out of range,
            or a part is a morph.
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
        _check_inside(self, "a part of a blend")

    @property
    def depth(self) -> int:
        return 1 + max(part.depth for part, _ in self.parts)

    @property
    def inside(self) -> tuple[Timbre, ...]:
        return tuple(part for part, _ in self.parts)

    @property
    def heard(self) -> tuple[Timbre, ...]:
        return tuple(part for part, weight in self.parts if weight > 0)

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
                    parts.append((part(timbre), stored_number(weight)))
                case _:
                    raise SettingsError("a part of a blend needs a weight and a timbre")
        return cls(tuple(parts), mode)


@dataclass(frozen=True, init=False)
class Morph(Timbre):
    """A timbre that moves while a clip plays ("timbre morphing"), notes that are held included.

    >>> Morph({0: "warm pad", 1: AudioTimbre("bell.wav")}).describe()
    '"warm pad" → bell.wav'

    Between two points the embedding follows the great circle, as a blend of two timbres whose
    weights change; before the first and after the last it stays. Where there is no clip, as in a
    search or at a keyboard, it stands for its mean over time.

    Attributes:
        points: positions and the timbres that are reached there. Positions are fractions of the
            clip's length, 0 … 1, each at least :data:`MIN_POSITION_STEP` after the one before.

    Raises:
        SettingsError: if there are not 2–64 points, positions are out of range or do not rise, or
            a timbre is a morph itself.
    """

    kind: ClassVar[str] = "morph"
    points: tuple[tuple[float, Timbre], ...]

    def __init__(self, points: Mapping[Any, Any] | Iterable[tuple[float, TimbreLike]]) -> None:
        """Lay a path.

        Args:
            points: timbres by position, or pairs of a position and its timbre; a timbre is anything
                that :func:`as_timbre` takes, a string being words.

        Raises:
            TypeError: if a position is no number, or what is there no timbre.
            SettingsError: see the class.
        """
        object.__setattr__(self, "points", _points(points))
        _check_inside(self, "a point of a morph")

    @property
    def depth(self) -> int:
        return 1 + max(timbre.depth for _, timbre in self.points)

    @property
    def moves(self) -> bool:
        return True

    @property
    def inside(self) -> tuple[Timbre, ...]:
        return tuple(timbre for _, timbre in self.points)

    def describe(self) -> str:
        return describe_points(
            [
                (at, f"({there.describe()})" if there.depth else there.describe())
                for at, there in self.points
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        listed = [{"position": at, "timbre": timbre.to_dict()} for at, timbre in self.points]
        return {"kind": self.kind, "points": listed}

    @classmethod
    def read(cls, data: Mapping[str, Any], part: Callable[[Any], Timbre]) -> Morph | None:
        """See :meth:`Timbre.read`."""
        listed = data.get("points")
        if not isinstance(listed, list):
            return None
        check_point_count(len(listed))
        points = []
        for entry in listed:
            match entry:
                case {"position": int() | float() as position, "timbre": timbre}:
                    points.append((stored_number(position), part(timbre)))
                case _:
                    raise SettingsError("a point of a morph needs a position and a timbre")
        return cls(points)


def _parts(
    parts: Mapping[Any, float] | Iterable[tuple[TimbreLike, float]],
) -> tuple[tuple[Timbre, float], ...]:
    taken = "a mapping of timbres to weights, or pairs of them"
    read = []
    for number, pair in enumerate(_listed(parts, "the list of parts of a blend", taken), 1):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise wrong_type(f"part {number} of the blend", pair, "a timbre and its weight")
        what = f"the weight of part {number} of the blend"
        read.append((as_timbre(pair[0]), real_number(what, pair[1])))
    return tuple(read)


def _points(
    points: Mapping[Any, Any] | Iterable[tuple[float, TimbreLike]],
) -> tuple[tuple[float, Timbre], ...]:
    taken = "a mapping of positions to timbres, or pairs of them"
    listed = _listed(points, "the list of points of a morph", taken)
    for number, pair in enumerate(listed, 1):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise wrong_type(f"point {number} of the morph", pair, "a position and its timbre")
    check_positions([position for position, _ in listed])
    return tuple((float(position), as_timbre(timbre)) for position, timbre in listed)


def _listed(given: object, what: str, taken: str) -> list[Any]:
    if isinstance(given, str | Timbre) or not isinstance(given, Iterable):
        raise wrong_type(what, given, taken)
    return list(given.items() if isinstance(given, Mapping) else given)


def _check_inside(timbre: Timbre, role: str) -> None:
    """Refuse what no mixture may hold: mixtures beyond reason, and what moves by itself."""
    if timbre.depth > MAX_DEPTH:
        raise SettingsError(f"blends may be nested {MAX_DEPTH} deep, not more")
    if any(part.moves for part in timbre.inside):
        raise SettingsError(f"a morph cannot be {role}; give the timbres that it is made of")


TimbreLike: TypeAlias = Union[Timbre, str, os.PathLike[str], "AudioLike", Mapping[Any, Any]]
"""What is taken wherever a timbre is asked for: words as a string, a recording as a
:class:`~pathlib.Path` or as samples with their rate, a blend as weights by timbre, a morph as
timbres by position."""

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
        # A blend has weights by timbre, and no timbre is a number.
        return Morph(timbre) if any(map(_is_number, timbre)) else Blend(timbre)
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
        "words, an AudioTimbre (or a Path) for a recording, a Blend (or a mapping of timbres to "
        f"weights) or a Morph (or a mapping of positions to timbres){advice}",
    )


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
