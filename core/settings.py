"""Settings of a render: how an engine declares one, and the values that are given for them.

Which settings there are is each engine's business (:mod:`core.engines.registry` has them all);
here is only the form that a declaration and a value have, and the one setting that all engines
have because none of them sees it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.coercion.type_errors import check_type, real_number, whole_number
from core.errors import SettingsError

Number = int | float


def _number(name: str, value: object) -> Number:
    """A number of any library as Python's own.

    Args:
        name: of the setting, for the message.
        value: what was given.

    Raises:
        SettingsError: if it is no number. Settings come from files and messages too.
    """
    try:
        return whole_number(name, value)
    except TypeError:
        pass
    try:
        return real_number(name, value)
    except TypeError:
        raise SettingsError(f"the setting {name} needs a number, not {value!r}") from None


@dataclass(frozen=True)
class Setting:
    """One thing about a render that an engine lets its user choose.

    Command lines, OSC keys, the spool's fields, the library and windows are made from these.

    Attributes:
        name: a Python name, also the OSC key; the option on a command line is ``--top-k``
            for ``top_k``.
        type: ``int`` or ``float``.
        help: one line for people.
        low, high: the smallest and largest value; infinity where there is no bound.
        low_excluded: whether ``low`` itself is too small.
        default: what is played when none is given; None where it depends on other settings,
            as ``help`` then says.
        unit: of the value, such as ``dB``; empty for a plain number.
    """

    name: str
    type: type[int] | type[float]
    help: str
    low: float = -math.inf
    high: float = math.inf
    low_excluded: bool = False
    default: Number | None = None
    unit: str = ""

    @property
    def label(self) -> str:
        """The name as it stands in messages and options: ``top-k``."""
        return self.name.replace("_", "-")

    @property
    def range(self) -> str:
        """The values allowed, for messages: ``(0, 100]``, ``1–20`` or ``1 or more``."""
        unit = f" {self.unit}" if self.unit else ""
        if math.isinf(self.low) and math.isinf(self.high):
            return f"any number{unit}"
        if math.isinf(self.high):
            return f"{'more than ' if self.low_excluded else ''}{self.low:g}{unit}" + (
                "" if self.low_excluded else " or more"
            )
        if math.isinf(self.low):
            return f"{self.high:g}{unit} or less"
        if self.low_excluded:
            return f"({self.low:g}, {self.high:g}]{unit}"
        return f"{self.low:g}–{self.high:g}{unit}"

    def validate(self, value: object) -> Number:
        """Refuse a value that is not allowed; else the value in the setting's type.

        Raises:
            SettingsError: if it is no number, not whole where it must be, or out of range.
        """
        value = _number(self.label, value)
        if not math.isfinite(value):
            raise SettingsError(f"{self.label} {value} is no number")
        if self.type is int and not float(value).is_integer():
            raise SettingsError(f"the setting {self.label} needs a whole number, not {value!r}")
        too_small = value <= self.low if self.low_excluded else value < self.low
        if too_small or value > self.high:
            raise SettingsError(f"{self.label} {value} is outside {self.range}")
        return self.type(value)

    def of(self, settings: RenderSettings) -> Number | None:
        """The value to play with: the one given, checked, else the default.

        Raises:
            SettingsError: if the given one is out of range.
        """
        value = settings.get(self.name)
        return self.default if value is None else self.validate(value)


GAIN = Setting(
    "gain",
    float,
    "Louder or softer than the model plays, dB; by loudness unless given.",
    low=-60.0,
    high=24.0,
    unit="dB",
)
"""What :class:`core.synthesizer.Synthesizer` applies to every engine's sound; if it is not given,
the timbre's own (:mod:`core.leveling`). 0 is the level as the engine plays it."""


class RenderSettings(Mapping[str, Number]):
    """The settings that are given for a render; an engine's defaults stand for the others.

    An immutable mapping of names to numbers. :func:`core.engines.registry.check_settings`
    says whether there are such settings and whether the values are allowed.

    >>> RenderSettings(temperature=0.9, top_k=None)
    RenderSettings(temperature=0.9)

    Args:
        values: names and numbers; None means not given.
        named: the same as keywords, which go before ``values``.

    Raises:
        SettingsError: if a value is no finite number.
        TypeError: if ``values`` is no mapping.
    """

    __slots__ = ("_values",)
    _values: dict[str, Number]

    def __init__(
        self, values: Mapping[str, Number | None] | None = None, /, **named: Number | None
    ) -> None:
        check_type("settings", values, (Mapping, type(None)), "names and numbers")
        checked: dict[str, Number] = {}
        for name, value in {**(values or {}), **named}.items():
            if value is None:
                continue
            value = _number(name, value)
            if not math.isfinite(value):
                raise SettingsError(f"the setting {name} is {value}, which is no number")
            checked[name] = value
        self._values = checked

    def __getitem__(self, name: str) -> Number:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self._values.items())
        return f"RenderSettings({values})"
