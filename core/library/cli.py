"""``timbre preset …``: the library from a terminal.

Results go to stdout, one JSON object with ``--json``; everything else goes to stderr.
Mounted by the command line, which also turns errors into exit codes.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from core.audition.cli import SoundDeviceOption
from core.audition.phrases import DEFAULT_PHRASE, PHRASES, phrase_named
from core.descriptors.adjectives import ADJECTIVES
from core.errors import SettingsError
from core.library.measures.options import Comparisons, compared, said, with_comparisons
from core.library.measures.shown import note_not_measured, show_measures
from core.models import DEFAULT_BUNDLE
from core.options import DeviceOption, ForceOption, JsonOption, ModelOption, with_settings
from core.settings import RenderSettings
from core.terminal.examples import epilog, with_examples

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.clip import Clip
    from core.library import Library, Preset
    from core.library.presets import PresetMixture, PresetOrder
    from core.timbre import Timbre

_NO_SETTINGS = RenderSettings()
_NO_COMPARISONS: Comparisons = {}
_ADJECTIVES = ", ".join(word for one in ADJECTIVES for word in (one.low, one.high))

_NOTHING_SIMILAR = (
    "there is no other preset to compare with; add some with `timbre preset add`, or put the "
    "factory presets back with `timbre preset restore-factory`"
)

app = typer.Typer(
    help="Keep timbres as presets: named, tagged, searchable.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog=epilog(
        'timbre preset add "My cello" --audio cello.flac --tag strings',
        "timbre preset search warm pad",
        'timbre preset similar "My cello"',
    ),
)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The preset's name or id.")]
PresetAudioOption = Annotated[
    Path | None, typer.Option(metavar="RECORDING", help="The timbre of a recording.")
]
PresetTextOption = Annotated[
    str | None, typer.Option(metavar="WORDS", help="The timbre that words describe.")
]
PresetBlendOption = Annotated[
    str | None, typer.Option(metavar="NAME=0.6,NAME=0.4", help="Presets mixed by these weights.")
]
PresetMorphOption = Annotated[
    str | None,
    typer.Option(
        metavar="0=NAME,1=NAME",
        help="Presets that it moves through during a clip; a blend as 0.5=(NAME=0.6,NAME=0.4).",
    ),
]
TagOption = Annotated[
    list[str] | None, typer.Option("--tag", metavar="TAG", help="May be given again.")
]
RatingOption = Annotated[int | None, typer.Option(metavar="N", help="0 (none) – 5.")]
FavouriteOption = Annotated[
    bool | None, typer.Option("--favourite/--no-favourite", help="Mark it, or no more.")
]
LimitOption = Annotated[int, typer.Option(metavar="N", help="Show at most so many.")]
OffsetOption = Annotated[int, typer.Option(metavar="N", help="Leave out so many at the start.")]


@app.command()
@with_examples(
    'timbre preset add "My cello" --audio cello.flac --tag strings',
    'timbre preset add "Dusk" --text "slow warm analogue pad"',
    'timbre preset add "Both" --blend "My cello=0.6,Small Bell=0.4"',
)
@with_settings
def add(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="What to call it.")] = None,
    audio: PresetAudioOption = None,
    text: PresetTextOption = None,
    blend: PresetBlendOption = None,
    morph: PresetMorphOption = None,
    tag: TagOption = None,
    rating: RatingOption = None,
    favourite: FavouriteOption = None,
    named: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", hidden=True, help="As NAME, in older scripts."),
    ] = None,
    settings: RenderSettings = _NO_SETTINGS,
) -> None:
    """Save a timbre as a preset; a recording is copied into the library."""
    if (name is None) == (named is None):
        raise SettingsError('say once what to call it: timbre preset add "NAME" …')
    timbre = _timbre(audio, text, blend, morph)
    if timbre is None:
        raise SettingsError("a preset needs a timbre: give --audio, --text, --blend or --morph")
    from core.console import print_note, progress_display

    with _library() as library, progress_display() as display:
        preset = library.add(
            name or named or "",
            timbre,
            settings,
            tag or (),
            rating=rating or 0,
            favourite=bool(favourite),
            on_progress=display.progress,
            on_remark=print_note,
            on_stage=display.stage,
        )
    print(f"added {preset.name!r} (id {preset.id})")


@app.command("list")
@with_examples(
    "timbre preset list",
    "timbre preset list --tag strings --order newest",
    'timbre preset list --darker-than "Small Bell" --order dark',
)
@with_comparisons
def list_(
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help="audio, text, blend or morph.")
    ] = None,
    tag: Annotated[
        str | None, typer.Option(metavar="TAG", help="Only presets with this tag.")
    ] = None,
    favourites: Annotated[bool, typer.Option("--favourites", help="Only favourites.")] = False,
    order: Annotated[
        str,
        typer.Option(
            "--order",
            "--sort",
            metavar="ORDER",
            help=f"name, mine, newest, rating or recent; or what is most so first: {_ADJECTIVES}.",
        ),
    ] = "name",
    comparisons: Comparisons = _NO_COMPARISONS,
    limit: LimitOption = 100,
    offset: OffsetOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Show the presets."""
    with _library() as library:
        ranges = compared(library, comparisons)
        page = library.list(
            offset,
            limit,
            order=cast("PresetOrder", order),
            kind=kind,
            tag=tag,
            favourites=favourites,
            ranges=ranges,
        )
        note_not_measured(library, ranges)
    nothing = _nothing_listed(kind, tag, favourites, comparisons)
    _show_page(page.presets, page.total, as_json, nothing)


@app.command()
@with_examples(
    "timbre preset search warm pad",
    "timbre preset search bel --limit 5",
    'timbre preset search pad --longer-than "Small Bell"',
)
@with_comparisons
def search(
    query: Annotated[list[str], typer.Argument(metavar="WORDS", help="Words, or how they begin.")],
    comparisons: Comparisons = _NO_COMPARISONS,
    limit: LimitOption = 50,
    offset: OffsetOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Find presets by words in their name, tags or timbre."""
    with _library() as library:
        ranges = compared(library, comparisons)
        page = library.search(" ".join(query), offset, limit, ranges=ranges)
        note_not_measured(library, ranges)
    wanted = " and ".join(
        [f"has the words {' '.join(query)!r} in its name, tags or timbre", *said(comparisons)]
    )
    nothing = f"no preset {wanted}"
    _show_page(page.presets, page.total, as_json, f"{nothing}; try fewer, or only how they begin")


@app.command()
@with_examples('timbre preset show "Small Bell"', 'timbre preset show "Small Bell" --json')
def show(name: NameArgument, as_json: JsonOption = False) -> None:
    """Show one preset."""
    with _library() as library:
        preset = library.get(name)
        measures = library.measures([preset.id])[preset.id]
    data = _data(preset)
    if as_json:
        data["places"] = dict(measures.places)
        data["measured"] = dict(measures.values or {})
        _print_json(data)
        return
    for key, value in data.items():
        if value not in ("", [], {}, False, 0):
            text = ", ".join(value) if isinstance(value, list) else value
            print(f"{key + ':':12}{text}")
    show_measures(measures)


@app.command()
@with_examples(
    'timbre preset similar "Small Bell"',
    "timbre preset similar --audio cello.flac --limit 5",
    'timbre preset similar --text "glassy bell" --json',
)
def similar(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="To a preset.")] = None,
    audio: Annotated[Path | None, typer.Option(metavar="RECORDING", help="To a recording.")] = None,
    text: Annotated[str | None, typer.Option(metavar="WORDS", help="To words.")] = None,
    model: ModelOption = DEFAULT_BUNDLE,
    limit: LimitOption = 20,
    as_json: JsonOption = False,
) -> None:
    """Find presets that sound like a preset, a recording or words."""
    if sum(value is not None for value in (name, audio, text)) != 1:
        raise SettingsError("say what to compare with: NAME, --audio or --text, one of them")
    from core.console import print_note, progress_display
    from core.loading import deferred_encoder
    from core.models.registry import Registry

    with _library() as library, progress_display() as display:
        neighbours = library.similar(
            library.get(name) if name is not None else _recipe(audio, text),
            deferred_encoder(Registry().resolve(model)),
            limit,
            display.progress,
            print_note,
            display.stage,
        )
    if as_json:
        listed = [{**_data(item.preset), "similarity": item.similarity} for item in neighbours]
        _print_json({"model": model, "presets": listed})
        return
    if not neighbours:
        typer.echo(_NOTHING_SIMILAR, err=True)
    for item in neighbours:
        print(f"{item.similarity:6.3f}  {_line(item.preset)}")


@app.command()
@with_examples(
    'timbre preset play "Small Bell"',
    'timbre preset play "Small Bell" --phrase chord',
    'timbre preset play "Small Bell" --clip clip.mid',
)
def play(
    name: NameArgument,
    phrase: Annotated[
        str, typer.Option(metavar="PHRASE", help=f"What it plays: {', '.join(PHRASES)}.")
    ] = DEFAULT_PHRASE,
    clip: Annotated[
        Path | None, typer.Option(metavar="CLIP", help="A MIDI file to play instead.")
    ] = None,
    model: ModelOption = DEFAULT_BUNDLE,
    sound_device: SoundDeviceOption = None,
    device: DeviceOption = None,
) -> None:
    """Hear a preset; Ctrl-C stops it."""
    from core.audition.cli import play_or_show
    from core.audition.renders import Audition, audition_file
    from core.console import print_note, progress_display
    from core.library.embeddings.kept import KeptEmbeddings
    from core.models.registry import Registry
    from core.provenance import PresetVersion, read_provenance

    played = phrase_named(phrase) if clip is None else _clip_to_play(clip)
    sha256 = Registry().resolve(model).sha256
    with _library() as library, progress_display() as display:
        preset = library.get(name)
        version = PresetVersion(preset.name, preset.version)
        recipe = library.recipe(preset)
        audition = Audition(preset.id, version, recipe, preset.settings, played, model, sha256)
        leveled = library.with_gain(preset, sha256, preset.settings)
        file = audition_file(
            audition,
            leveled,
            device,
            display.progress,
            print_note,
            display.stage,
            KeptEmbeddings().look_up,
        )
        if leveled == preset.settings:
            library.keep_gain(preset, sha256, read_provenance(file).gain_db)
    play_or_show(file, sound_device)


def _clip_to_play(file: Path) -> Clip:
    from core.console import print_note
    from core.midi import read_midi

    reading = read_midi(file)
    for remark in reading.remarks:
        print_note(remark.message)
    return reading.clip


@app.command()
@with_examples(
    'timbre preset edit "My cello" --name "Her cello" --rating 5',
    'timbre preset edit "My cello" --audio longer.flac',
    'timbre preset edit "My cello" --no-tags --favourite',
)
@with_settings
def edit(
    name: NameArgument,
    new_name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Call it this.")
    ] = None,
    audio: PresetAudioOption = None,
    text: PresetTextOption = None,
    blend: PresetBlendOption = None,
    morph: PresetMorphOption = None,
    tag: TagOption = None,
    no_tags: Annotated[bool, typer.Option("--no-tags", help="Remove all tags.")] = False,
    rating: RatingOption = None,
    favourite: FavouriteOption = None,
    settings: RenderSettings = _NO_SETTINGS,
) -> None:
    """Change a preset; --tag replaces all its tags, another timbre makes a new version."""
    if tag and no_tags:
        raise SettingsError("--tag and --no-tags contradict each other; give one")
    timbre = _timbre(audio, text, blend, morph)
    from core.console import print_note, progress_display

    with _library() as library, progress_display() as display:
        before = library.get(name)
        preset = library.edit(
            before.id,
            name=new_name,
            timbre=timbre,
            settings=RenderSettings({**before.settings, **settings}),
            tags=() if no_tags else tag,
            rating=rating,
            favourite=favourite,
            on_progress=display.progress,
            on_remark=print_note,
            on_stage=display.stage,
        )
    print(f"changed {preset.name!r}, now version {preset.version}")


@app.command()
@with_examples('timbre preset remove "My cello"')
def remove(name: NameArgument) -> None:
    """Remove a preset; blends that hold it sound as before."""
    with _library() as library:
        print(f"removed {library.remove(name).name!r}")


@app.command()
@with_examples(
    'timbre preset export "My cello" -o cello.timbre',
    'timbre preset export "My cello" -o presets/ --force',
)
def export(
    name: NameArgument,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default=False,
            help="File, or folder to put NAME.timbre into; this one if not given.",
        ),
    ] = Path(),
    force: ForceOption = False,
) -> None:
    """Write a preset into one file, with its recordings and the presets it is made of."""
    with _library() as library:
        print(library.export(name, output, force=force))


@app.command("import")
@with_examples("timbre preset import cello.timbre")
def import_(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="What `export` wrote.")],
) -> None:
    """Take in an exported preset."""
    from core.console import print_note, progress_display

    with _library() as library, progress_display() as display:
        preset = library.import_(source, display.progress, print_note, display.stage)
    print(f"imported {preset.name!r}")


@app.command("restore-factory")
@with_examples("timbre preset restore-factory")
def restore_factory() -> None:
    """Put back the factory presets that were removed or changed."""
    with _library() as library:
        print(f"{len(library.restore_factory())} factory presets are as they were")


def _library() -> Library:
    from core.library import Library

    return Library.open()


def _recipe(audio: Path | None, text: str | None) -> Timbre:
    from core.timbre import AudioTimbre, TextTimbre

    return AudioTimbre(audio) if audio is not None else TextTimbre(text or "")


def _timbre(
    audio: Path | None, text: str | None, blend: str | None, morph: str | None
) -> Timbre | PresetMixture | None:
    """The one timbre that was given; None if there was none."""
    chosen = [value for value in (audio, text, blend, morph) if value is not None]
    if len(chosen) > 1:
        raise SettingsError("give one timbre: --audio, --text, --blend or --morph")
    if not chosen:
        return None
    from core.library import PresetBlend, PresetMorph
    from core.timbre import parse_blend, parse_morph

    if blend is not None:
        return PresetBlend(parse_blend(blend))
    return _recipe(audio, text) if morph is None else PresetMorph(parse_morph(morph))


def _show_page(presets: Iterable[Preset], total: int, as_json: bool, if_none: str) -> None:
    shown = list(presets)
    if as_json:
        _print_json({"total": total, "presets": [_data(preset) for preset in shown]})
        return
    for preset in shown:
        print(_line(preset))
    if not total:
        typer.echo(
            f"{if_none}; `timbre preset list` shows all, `timbre preset restore-factory` puts "
            "the factory presets back",
            err=True,
        )
    elif not shown:
        typer.echo(f"there are {total}, and none after so many; give a smaller --offset", err=True)
    elif len(shown) < total:
        typer.echo(f"{len(shown)} of {total}; --limit and --offset show others", err=True)


def _nothing_listed(
    kind: str | None, tag: str | None, favourites: bool, comparisons: Comparisons
) -> str:
    """What an empty list says: that nothing meets the conditions, or that there is nothing."""
    wanted = [
        *(["is a favourite"] if favourites else []),
        *([f"is of the kind {kind}"] if kind is not None else []),
        *([f"has the tag {tag!r}"] if tag is not None else []),
        *said(comparisons),
    ]
    return f"no preset {' and '.join(wanted)}" if wanted else "the library is empty"


def _line(preset: Preset) -> str:
    mark = "*" if preset.favourite else " "
    stars = "★" * preset.rating
    return f"{mark} {preset.name:32} {preset.kind:6} {' '.join(preset.tags):36} {stars}".rstrip()


def _data(preset: Preset) -> dict[str, Any]:
    data = asdict(preset)
    data["settings"] = {key: value for key, value in data["settings"].items() if value is not None}
    data["tags"] = list(preset.tags)
    data["created_at"] = preset.created_at.isoformat()
    data["changed_at"] = preset.changed_at.isoformat()
    return data


def _print_json(data: dict[str, Any]) -> None:
    print(json.dumps(data))  # ASCII: any terminal and pipe takes it
