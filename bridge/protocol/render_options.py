"""What a render may be asked with beside its clip and preset: pairs of a name and a value.

``seed``, ``takes`` and ``model`` are the protocol's own; the others are the settings that
engines declare (:mod:`core.engines.registry`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from bridge.protocol.argument_reader import MAX_ID_CHARACTERS, Argument, ArgumentReader
from bridge.protocol.fields import PairedFields
from core.engines.registry import check_settings, declared_settings
from core.errors import UserInputError
from core.settings import RenderSettings

MAX_TAKES = 100

OWN_NAMES = ("seed", "takes", "model")


class Options(TypedDict):
    """As :class:`bridge.protocol.messages.Render` has them."""

    seed: int
    takes: int
    model: str
    settings: RenderSettings


def names() -> tuple[str, ...]:
    """Every name that may be given."""
    return (*OWN_NAMES, *declared_settings())


def write(seed: int, takes: int, model: str, settings: RenderSettings) -> list[Argument]:
    """The pairs; what is as it would be anyway is left out.

    Args:
        seed, takes, model, settings: as :func:`read` gives them.
    """
    args: list[Argument] = []
    if seed:
        args += ["seed", seed]
    if takes != 1:
        args += ["takes", takes]
    if model:
        args += ["model", model]
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
    given: dict[str, float] = {}
    while len(args):
        key = args.text("a setting's name")
        if key == "seed":
            seed = args.integer(key, 0)
        elif key == "takes":
            takes = args.integer(key, 1, max_takes)
        elif key == "model":
            model = args.text(key, MAX_ID_CHARACTERS)
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
    return {"seed": seed, "takes": takes, "model": model, "settings": settings}


class RenderOptions(PairedFields):
    """The fields ``seed``, ``takes``, ``model`` and ``settings`` of a message."""

    def write(self, values: Mapping[str, Any]) -> list[Argument]:
        """As :func:`write`."""
        return write(values["seed"], values["takes"], values["model"], values["settings"])

    def read(self, args: ArgumentReader) -> Mapping[str, Any]:
        """As :func:`read`, with :data:`MAX_TAKES`."""
        return read(args, MAX_TAKES)


RENDER_OPTIONS = RenderOptions()
