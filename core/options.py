"""Options that several commands share, written once: timbres, models, devices, render settings.

Importing this costs no neural network; a command's module may do it at its top.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from core.engines.registry import check_settings, declared_settings, engines_with
from core.errors import SettingsError
from core.settings import GAIN, RenderSettings, Setting

PresetOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Timbre: a preset of the library.")
]
AudioOption = Annotated[
    Path | None, typer.Option(metavar="RECORDING", help="Timbre: a recording's.")
]
TextOption = Annotated[
    str | None, typer.Option(metavar="WORDS", help="Timbre: what words describe.")
]
BlendOption = Annotated[
    str | None,
    typer.Option(metavar="NAME=0.6,NAME=0.4", help="Timbre: presets mixed by these weights."),
]
MorphOption = Annotated[
    str | None,
    typer.Option(
        metavar="0=NAME,1=NAME",
        help="Timbre: presets that it moves through from the clip's start, 0, to its end, 1; "
        "a blend as 0.5=(NAME=0.6,NAME=0.4).",
    ),
]
SeedOption = Annotated[int, typer.Option(metavar="N", help="0 … 4294967295.")]
TakesOption = Annotated[int, typer.Option(metavar="N", help="Render this many, seeds counting up.")]
ModelOption = Annotated[str, typer.Option(metavar="ID", help="Model bundle.")]
DeviceOption = Annotated[
    str | None, typer.Option(metavar="DEVICE", help="cpu, cuda, cuda:N or mps.")
]
TrackOption = Annotated[
    int | None,
    typer.Option(metavar="N", help="Play one track of the file only (type 0: one channel)."),
]
DrumsOption = Annotated[
    bool, typer.Option("--drums", help="Play channel 10 of the file too, as keys.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace a file that is there.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]

_Result = TypeVar("_Result")


def with_settings(command: Callable[..., _Result]) -> Callable[..., _Result]:
    """Give a command an option for every setting that an engine declares.

    Args:
        command: with one parameter annotated :class:`~core.settings.RenderSettings`; the
            options stand in its place, and it gets what was given on the command line.

    Raises:
        TypeError: if it has no such parameter.
    """
    hints = get_type_hints(command, include_extras=True)
    parameters = inspect.signature(command).parameters
    target = next((name for name in parameters if hints.get(name) is RenderSettings), None)
    if target is None:
        raise TypeError(f"{command.__name__} has no parameter of type RenderSettings")
    declared = declared_settings()
    replaced: list[inspect.Parameter] = []
    for name, parameter in parameters.items():
        if name == target:
            replaced += [*(_parameter(setting) for setting in declared.values()), _NO_GAIN]
        else:
            replaced.append(parameter.replace(annotation=hints[name]))

    @wraps(command)
    def run(**arguments: Any) -> _Result:
        values = {name: arguments.pop(name) for name in declared}
        if arguments.pop(_NO_GAIN.name):
            if values[GAIN.name] is not None:
                raise SettingsError("--gain and --no-gain contradict each other; give one")
            values[GAIN.name] = 0.0
        return command(**arguments, **{target: check_settings(values)})

    # What Typer reads: the signature for the options, the annotations for their types.
    run.__signature__ = inspect.Signature(replaced)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in replaced}
    return run


def _parameter(setting: Setting) -> inspect.Parameter:
    owners = "" if setting is GAIN else f" ({', '.join(engines_with(setting.name))})"
    # T of temperature, K of top-k; a level has a unit.
    metavar = "DB" if setting is GAIN else setting.label.rpartition("-")[2][0].upper()
    option = typer.Option(f"--{setting.label}", metavar=metavar, help=f"{setting.help}{owners}")
    return inspect.Parameter(
        setting.name,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=None,
        annotation=Annotated[setting.type | None, option],
    )


_NO_GAIN = inspect.Parameter(
    "no_gain",
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    default=False,
    annotation=Annotated[
        bool, typer.Option("--no-gain", help="The level as the model plays it: --gain 0.")
    ],
)
