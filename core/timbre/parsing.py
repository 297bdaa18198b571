"""Blends and morphs of presets as they are written on a command line."""

from __future__ import annotations

import math
import re

from core.errors import SettingsError
from core.timbre.positions import check_positions

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


_BLEND = r"\((?P<blend>.+?)\)"
_PRESET = r'"(?P<quoted>[^"]+)"|(?P<plain>.+?)'
_AT = rf"\s*(?P<position>{_NUMBER})\s*=\s*"
_AHEAD = rf"(?=\s*(?:,\s*(?:{_NUMBER})\s*=|,?\s*$))\s*,?"
_BLEND_POINT = re.compile(rf"{_AT}{_BLEND}{_AHEAD}", re.IGNORECASE)
_PRESET_POINT = re.compile(rf"{_AT}(?:{_PRESET}){_AHEAD}", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]+"')


def parse_morph(text: str) -> list[tuple[float, str | list[tuple[str, float]]]]:
    """Read ``0=NAME,1=NAME``; a blend stands in brackets: ``0.5=(NAME=0.6,NAME=0.4)``.

    A name goes on until a comma with a number and an equal sign after it, so that it may hold
    commas and equal signs: ``0=Warm, soft,1=Pluck`` names ``Warm, soft`` and ``Pluck``. A name
    that itself looks like that, or stands in brackets, has double quotes around it.

    Returns:
        Positions in a clip, 0 … 1, rising, and what is there: a name, or names and weights as
        :func:`parse_blend` gives them.

    Raises:
        SettingsError: if the text is not of that form, or the positions are no morph's.
    """
    form = "a morph is written 0=NAME,1=NAME, or with blends 0.5=(NAME=0.6,NAME=0.4)"
    points: list[tuple[float, str | list[tuple[str, float]]]] = []
    at = 0
    while text[at:].strip():
        there: str | list[tuple[str, float]]
        point = _BLEND_POINT.match(text, at)
        if point is not None and _is_closed(point["blend"]):
            there = parse_blend(point["blend"])
        else:
            point = _PRESET_POINT.match(text, at)
            if point is None:
                raise SettingsError(f"{text[at:].strip()!r} is not a position and a name; {form}")
            there = point["quoted"] or point["plain"]
        points.append((float(point["position"]), there))
        at = point.end()
    if not points:
        raise SettingsError(f"the morph is empty; {form}")
    check_positions([position for position, _ in points])
    return points


def _is_closed(inside: str) -> bool:
    """Whether the brackets around a text belong together: those of ``(Soft) Bell (low)`` do not."""
    depth = 0
    for character in _QUOTED.sub("", inside):
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return True
