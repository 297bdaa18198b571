"""What a render may be asked with beside its clip and preset: pairs of a name and a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypedDict

from bridge.protocol.argument_reader import MAX_ID_CHARACTERS, Argument, ArgumentReader
from bridge.protocol.fields import PairedFields
from core.errors import UserInputError
from core.settings import RenderSettings

MAX_TAKES = 100

_SETTINGS = tuple(entry.name for entry in fields(RenderSettings))


class Options(TypedDict):
    """As :class:`bridge.protocol.messages.Render` has them."""

    seed: int
    takes: int
    model: str
    settings: RenderSettings


def write(seed: int, takes: int, model: str, settings: RenderSettings) -> list[Argument]:
    """The pairs; what is as it would be anyway is left out.

    Args:
        seed, takes, model, settings: as :class:`bridge.protocol.messages.Render` has them.
    """
    args: list[Argument] = []
    if seed:
        args += ["seed", seed]
    if takes != 1:
        args += ["takes", takes]
    if model:
        args += ["model", model]
    for name in _SETTINGS:
        value = getattr(settings, name)
        if value is not None:
            args += [name, value if name == "top_k" else float(value)]
    return args


def read(args: ArgumentReader, max_takes: int) -> Options:
    """All that is left of a message's arguments, as pairs.

    Args:
        args: the message's.
        max_takes: most takes of one job.

    Raises:
        RequestRefused: if there is no such option, or its value is outside its range.
    """
    given: dict[str, Argument] = {}
    while len(args):
        key = args.text("a setting's name")
        match key:
            case "seed":
                given[key] = args.integer(key, 0)
            case "takes":
                given[key] = args.integer(key, 1, max_takes)
            case "model":
                given[key] = args.text(key, MAX_ID_CHARACTERS)
            case "top_k":
                given[key] = args.integer(key)
            case "temperature" | "top_p" | "guidance":
                given[key] = args.number(key)
            case _:
                raise args.error(
                    f"there is no setting {key!r}; there are seed, takes, model, "
                    "temperature, top_k, top_p and guidance"
                )
    try:
        settings = RenderSettings(**{k: v for k, v in given.items() if k in _SETTINGS})  # type: ignore[arg-type]
    except UserInputError as error:
        raise args.error(str(error)) from None
    seed, takes = int(given.get("seed", 0)), int(given.get("takes", 1))
    if seed + takes > 2**32:
        raise args.error(f"{takes} takes from seed {seed} pass 4294967295")
    return {
        "seed": seed,
        "takes": takes,
        "model": str(given.get("model", "")),
        "settings": settings,
    }


class RenderOptions(PairedFields):
    """The fields ``seed``, ``takes``, ``model`` and ``settings`` of a message."""

    def write(self, values: Mapping[str, Any]) -> list[Argument]:
        """As :func:`write`."""
        names = ("seed", "takes", "model", "settings")
        return write(*(values[name] for name in names))

    def read(self, args: ArgumentReader) -> Mapping[str, Any]:
        """As :func:`read`, with :data:`MAX_TAKES`."""
        return read(args, MAX_TAKES)


RENDER_OPTIONS = RenderOptions()
