"""What a render may be asked with beside its clip and preset: pairs of a name and a value.

``seed``, ``takes``, ``model`` and the timbres that are no preset (``text``, ``audio``, ``blend``)
are the protocol's own; the others are the settings that engines declare
(:mod:`core.engines.registry`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from bridge.protocol.argument_reader import (
    MAX_ID_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    Argument,
    ArgumentReader,
)
from bridge.protocol.fields import PairedFields
from core.engines.registry import check_settings, declared_settings
from core.errors import UserInputError
from core.settings import RenderSettings

MAX_TAKES = 100

MAX_PATH_CHARACTERS = 8192
MAX_BLEND_CHARACTERS = 8192

TIMBRE_NAMES = ("text", "audio", "blend")
"""Timbres that may stand in a preset's place: the preset is empty then, and one of them given."""

OWN_NAMES = ("seed", "takes", "model", *TIMBRE_NAMES)


_MOST_CHARACTERS = {
    "text": MAX_TEXT_CHARACTERS,
    "audio": MAX_PATH_CHARACTERS,
    "blend": MAX_BLEND_CHARACTERS,
}


class Options(TypedDict):
    """As :class:`bridge.protocol.messages.Render` has them."""

    seed: int
    takes: int
    model: str
    settings: RenderSettings
    text: str
    audio: str
    blend: str


def names() -> tuple[str, ...]:
    """Every name that may be given."""
    return (*OWN_NAMES, *declared_settings())


def write(
    seed: int,
    takes: int,
    model: str,
    settings: RenderSettings,
    *,
    text: str = "",
    audio: str = "",
    blend: str = "",
) -> list[Argument]:
    """The pairs; what is as it would be anyway is left out.

    Args:
        seed, takes, model, settings, text, audio, blend: as :func:`read` gives them.
    """
    args: list[Argument] = []
    if seed:
        args += ["seed", seed]
    if takes != 1:
        args += ["takes", takes]
    for name, value in {"model": model, "text": text, "audio": audio, "blend": blend}.items():
        if value:
            args += [name, value]
    for name, setting in declared_settings().items():
        if name in settings:
            args += [name, setting.type(settings[name])]
    return args


def read(args: ArgumentReader, max_takes: int) -> Options:
    """All that is left of a message's arguments, as pairs.

    Args:
        args: the names and values.
        max_takes: most takes that may be asked for.

    Raises:
        RequestRefused: if there is no such option, or its value is outside its range.
    """
    declared = declared_settings()
    seed, takes, model = 0, 1, ""
    timbres = dict.fromkeys(TIMBRE_NAMES, "")
    given: dict[str, float] = {}
    while len(args):
        key = args.text("a setting's name")
        if key == "seed":
            seed = args.integer(key, 0)
        elif key == "takes":
            takes = args.integer(key, 1, max_takes)
        elif key == "model":
            model = args.text(key, MAX_ID_CHARACTERS)
        elif key in timbres:
            timbres[key] = args.text(key, _MOST_CHARACTERS[key])
        elif key in declared:
            is_whole = declared[key].type is int
            given[key] = args.integer(key) if is_whole else args.number(key)
        else:
            *most, last = names()
            raise args.error(f"there is no setting {key!r}; there are {', '.join(most)} and {last}")
    try:
        settings = check_settings(given)
    except UserInputError as error:
        raise args.error(str(error)) from None
    if seed + takes > 2**32:
        raise args.error(f"{takes} takes from seed {seed} pass 4294967295")
    return {
        "seed": seed,
        "takes": takes,
        "model": model,
        "settings": settings,
        "text": timbres["text"],
        "audio": timbres["audio"],
        "blend": timbres["blend"],
    }


def check_timbre(preset: str, text: str, audio: str, blend: str) -> None:
    """Refuse a render that has two timbres; one with none is refused as an unknown preset.

    Args:
        preset, text, audio, blend: as they were given; empty is not given.

    Raises:
        UserInputError: if there are two.
    """
    given = {"a preset": preset, "text": text, "audio": audio, "blend": blend}
    names = [name for name, value in given.items() if value]
    if len(names) > 1:
        raise UserInputError(f"{' and '.join(names)} are given; give one timbre")


class RenderOptions(PairedFields):
    """The fields of a message that are named as :class:`Options`' are."""

    def write(self, values: Mapping[str, Any]) -> list[Argument]:
        """As :func:`write`."""
        return write(**{name: values[name] for name in Options.__annotations__})

    def read(self, args: ArgumentReader) -> Mapping[str, Any]:
        """As :func:`read`, with :data:`MAX_TAKES`."""
        return read(args, MAX_TAKES)


RENDER_OPTIONS = RenderOptions()
