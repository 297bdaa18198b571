"""Options such as ``--darker-than NAME``, one for each direction, and what they need measured.

Importing this loads neither SQL nor numpy.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_type_hints

import typer

from core.descriptors.adjectives import ADJECTIVES, MeasuredRange, beyond
from core.errors import SettingsError

if TYPE_CHECKING:
    from core.library import Library, Preset
    from core.library.presets import PresetMeasures

Comparisons = Mapping[str, str]
"""Names of presets by the word that others are to be in comparison: ``darker``."""

_Result = TypeVar("_Result")
_DIRECTIONS = {
    word: (adjective, is_higher)
    for adjective in ADJECTIVES
    for word, is_higher in ((adjective.lower, False), (adjective.higher, True))
}


def with_comparisons(command: Callable[..., _Result]) -> Callable[..., _Result]:
    """Give a command an option ``--WORD-than NAME`` for each direction.

    Args:
        command: with a parameter ``comparisons``, which gets what was given.
    """
    hints = get_type_hints(command, include_extras=True)
    replaced: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name == "comparisons":
            replaced += [_parameter(word) for word in _DIRECTIONS]
        else:
            replaced.append(parameter.replace(annotation=hints[name]))

    @wraps(command)
    def run(**arguments: Any) -> _Result:
        given = {word: arguments.pop(f"{word}_than") for word in _DIRECTIONS}
        wanted = {word: name for word, name in given.items() if name is not None}
        return command(**arguments, comparisons=wanted)

    run.__signature__ = inspect.Signature(replaced)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in replaced}
    return run


def _parameter(word: str) -> inspect.Parameter:
    option = typer.Option(
        f"--{word}-than", metavar="NAME", help=f"Only what sounds {word} than a preset."
    )
    return inspect.Parameter(
        f"{word}_than",
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=None,
        annotation=Annotated[str | None, option],
    )


def compared(library: Library, comparisons: Comparisons) -> tuple[MeasuredRange, ...]:
    """The ranges that comparisons stand for; presets that were not measured are measured first.

    Args:
        library: the presets.
        comparisons: from :func:`with_comparisons`.

    Raises:
        UnknownPreset: if there is no such preset.
        SettingsError: if two comparisons leave nothing between them, or a preset is silent.
    """
    ends: dict[str, MeasuredRange] = {}
    for word, name in comparisons.items():
        pair, is_higher = _DIRECTIONS[word]
        preset = library.get(name)
        found = library.measures([preset.id])[preset.id]
        if pair.name not in found.places:
            found = measure(library, preset)
        wanted = beyond(pair, found.places[pair.name], is_higher=is_higher)
        other = ends.get(pair.name, MeasuredRange(pair.name))
        low, high = max(wanted.low, other.low), min(wanted.high, other.high)
        if low > high:
            raise SettingsError(
                f"nothing is {' and '.join(f'{w} than {n!r}' for w, n in comparisons.items())}; "
                "leave one out, or exchange them"
            )
        ends[pair.name] = MeasuredRange(pair.name, low, high)
    return tuple(ends.values())


def measure(library: Library, preset: Preset) -> PresetMeasures:
    """Have a preset play the measuring phrase, and keep what it measures.

    Args:
        library: where it is kept.
        preset: to measure.

    Raises:
        SettingsError: if it is silent.
    """
    from core.console import print_note, progress_display
    from core.descriptors.notes import describe
    from core.descriptors.phrase import MEASURING_PHRASE
    from core.engines.base import RenderRequest
    from core.library.embeddings.kept import KeptEmbeddings
    from core.models import DEFAULT_BUNDLE
    from core.synthesizer import Synthesizer
    from core.threads import computing

    with progress_display() as display:
        display.stage(f"measuring {preset.name}")
        synth = Synthesizer.load(DEFAULT_BUNDLE)
        synth.look_up = KeptEmbeddings().look_up
        embedding = synth.embed(library.recipe(preset), print_note, display.progress)
        request = RenderRequest(MEASURING_PHRASE, embedding, preset.settings)
        with computing(synth.engine.declaration.has_small_steps):
            (phrase,) = synth.engine.render([request], display.progress)
    measured = describe(phrase, synth.sample_rate)
    if not measured:
        raise SettingsError(f"{preset.name} is silent, so there is nothing to measure")
    return library.keep_measures(preset, measured)


def said(comparisons: Comparisons) -> list[str]:
    """Comparisons in words, for a list that is empty."""
    return [f"is {word} than {name!r}" for word, name in comparisons.items()]
