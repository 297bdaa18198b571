"""The command ``timbre``: put together from every package's commands, and ``timbre render``.

Commands are found through the entry points of the group ``timbre.commands``, so that this
package knows none of those above it. A command's module imports heavy things only when the
command runs.
"""

from __future__ import annotations

import sys
import time
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.console import progress_line
from core.errors import Cancelled, SettingsError, TimbreError
from core.models import DEFAULT_BUNDLE
from core.options import DeviceOption, JsonOption, ModelOption, with_settings
from core.settings import RenderSettings

if TYPE_CHECKING:
    from core.clip import Clip
    from core.provenance import PresetVersion
    from core.synthesizer import Synthesizer, Take
    from core.timbre import Timbre

_SUBTYPES = ("PCM_24", "PCM_16", "FLOAT")
_NO_SETTINGS = RenderSettings()
_LOWEST_RATE, _HIGHEST_RATE = 8_000, 384_000

app = typer.Typer(
    name="timbre",
    help="Play any MIDI clip in any timbre: a recording's, a few words', or a blend.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def root(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
) -> None:
    """Play any MIDI clip in any timbre: a recording's, a few words', or a blend."""


def compose() -> typer.Typer:
    """The whole command line: this package's commands and every registered one."""
    for entry in sorted(entry_points(group="timbre.commands"), key=lambda found: found.name):
        command = entry.load()
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=entry.name)
        else:
            app.command(entry.name)(command)
    return app


def main() -> None:
    """Entry point of the console script; exits with design.md's codes."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        typer.main.get_command(compose())(arguments, prog_name="timbre")
    except SystemExit as stop:
        if stop.code == Cancelled.exit_code:  # how Typer reports Ctrl-C, without a word
            _fail("cancelled", Cancelled.exit_code)
        raise
    except TimbreError as error:
        if debug:
            raise
        _fail(str(error), error.exit_code)
    except Exception as error:
        if debug:
            raise
        _fail(
            f"internal error ({type(error).__name__}: {error}); this is our bug. "
            "Run again with --debug and report what it prints",
            1,
        )


def _fail(message: str, code: int) -> None:
    print(f"timbre: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)


@app.command()
@with_settings
def render(
    clip: Annotated[Path | None, typer.Argument(help="MIDI file to play.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="WAV file to write.")] = Path(),
    preset: Annotated[str | None, typer.Option(help="Timbre: a preset of the library.")] = None,
    audio: Annotated[Path | None, typer.Option(help="Timbre: a recording.")] = None,
    text: Annotated[str | None, typer.Option(help="Timbre: words.")] = None,
    blend: Annotated[
        str | None, typer.Option(help="Timbre: presets and weights, NAME=0.6,NAME=0.4.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--from", help="Repeat the render that made this WAV.")
    ] = None,
    track: Annotated[int | None, typer.Option(help="Play one track of the file only.")] = None,
    model: ModelOption = DEFAULT_BUNDLE,
    seed: Annotated[int, typer.Option(help="0 … 4294967295.")] = 0,
    takes: Annotated[int, typer.Option(help="Render this many, seeds counting up.")] = 1,
    settings: RenderSettings = _NO_SETTINGS,
    device: DeviceOption = None,
    rate: Annotated[int | None, typer.Option(help="Sample rate of the file, Hz.")] = None,
    subtype: Annotated[str, typer.Option("--format", help="PCM_24, PCM_16 or FLOAT.")] = "PCM_24",
    as_json: JsonOption = False,
) -> None:
    """Render a MIDI file in a timbre to a WAV file."""
    began = time.perf_counter()
    if output == Path():
        raise SettingsError("say where to write: -o OUT.wav")
    chosen = [name for name, value in (
        ("--preset", preset), ("--audio", audio), ("--text", text), ("--blend", blend)
    ) if value is not None]  # fmt: skip
    if source is not None:
        if clip is not None or chosen:
            raise SettingsError("--from repeats a render as it was; give no clip and no timbre")
        rendered, paths = _repeat(source, output, device)
    else:
        if clip is None:
            raise SettingsError("say what to play: timbre render CLIP.mid …")
        if len(chosen) != 1:
            given = " and ".join(chosen) or "none"
            raise SettingsError(
                f"give one timbre: --preset, --audio, --text or --blend (given: {given})"
            )
        if not 1 <= takes <= 1000:
            raise SettingsError(f"takes {takes} is outside 1–1000")
        _check_file(output, rate, subtype)
        from core.midi import read_midi
        from core.synthesizer import Synthesizer

        score = read_midi(clip, track)
        for remark in score.remarks:
            print(f"note: {remark.message}", file=sys.stderr)
        timbre, known_as, kept = _timbre(preset, audio, text, blend)
        settings = RenderSettings({**kept, **settings})
        synth = Synthesizer.load(model, device)
        _show_limits(synth, score.clip, settings)
        rendered = synth.render_batch(
            [(score.clip, timbre, seed + index) for index in range(takes)],
            settings=settings,
            on_progress=progress_line("rendering"),
            preset=known_as,
        )
        paths = [
            take.write(_numbered(output, index, takes), rate, subtype)
            for index, take in enumerate(rendered, 1)
        ]
    _report(rendered, paths, rate, time.perf_counter() - began, as_json)


def _check_file(output: Path, rate: int | None, subtype: str) -> None:
    """Refuse what could not be written before anything is rendered."""
    from core.errors import OutputError

    if subtype not in _SUBTYPES:
        raise SettingsError(f"format {subtype!r} is none of {', '.join(_SUBTYPES)}")
    if rate is not None and not _LOWEST_RATE <= rate <= _HIGHEST_RATE:
        raise SettingsError(f"sample rate {rate} is outside {_LOWEST_RATE}–{_HIGHEST_RATE} Hz")
    folder = output.absolute().parent
    if not folder.is_dir():
        raise OutputError(f"{output} cannot be written: there is no folder {folder}")
    if output.is_dir():
        raise OutputError(f"{output} cannot be written: it is a folder")


def _timbre(
    preset: str | None, audio: Path | None, text: str | None, blend: str | None
) -> tuple[Timbre, PresetVersion | None, RenderSettings]:
    """The timbre asked for; for a preset also its version and the settings kept with it."""
    from core.timbre import AudioTimbre, TextTimbre, parse_blend

    if audio is not None:
        return AudioTimbre(audio), None, RenderSettings()
    if text is not None:
        return TextTimbre(text), None, RenderSettings()
    from core.library import Library
    from core.provenance import PresetVersion

    with Library.open() as library:
        if blend is not None:
            return library.resolve_blend(parse_blend(blend)), None, RenderSettings()
        found = library.get(preset or "")
        version = PresetVersion(found.name, found.version)
        return library.recipe(found), version, found.settings


def _show_limits(synth: Synthesizer, clip: Clip, settings: RenderSettings) -> None:
    for limit in synth.limits(clip, settings):
        print(f"note: {limit.message}", file=sys.stderr)
        for note in limit.notes:
            print(f"  {note.describe()}", file=sys.stderr)


def _repeat(source: Path, output: Path, device: str | None) -> tuple[list[Take], list[Path]]:
    from core.provenance import read_provenance
    from core.synthesizer import Synthesizer

    told = read_provenance(source)
    synth = Synthesizer.load(told.model_id, device or told.device or None)
    take = synth.repeat(told, progress_line("rendering"))
    return [take], [take.write(output, told.sample_rate, told.subtype)]


def _numbered(path: Path, index: int, count: int) -> Path:
    if count == 1:
        return path
    return path.with_name(f"{path.stem}-{index:0{len(str(count))}d}{path.suffix}")


def _report(
    takes: list[Take], paths: list[Path], rate: int | None, total_s: float, as_json: bool
) -> None:
    described = [
        {
            "path": str(path.resolve()),
            "sample_rate": rate or take.sample_rate,
            "frames": round(take.audio.shape[1] * (rate or take.sample_rate) / take.sample_rate),
            "seed": take.provenance.seed,
        }
        for take, path in zip(takes, paths, strict=True)
    ]
    if as_json:
        import json

        first = takes[0]
        print(
            json.dumps(
                {
                    **described[0],
                    "model": first.provenance.model_id,
                    "model_sha256": first.provenance.model_sha256,
                    "limits": [
                        {"code": limit.code, "message": limit.message, "notes": len(limit.notes)}
                        for limit in first.limits
                    ],
                    "timings": {
                        "render_s": round(first.render_s, 4),
                        "total_s": round(total_s, 4),
                        "audio_s": round(sum(take.seconds for take in takes), 4),
                    },
                    "takes": described,
                }
            )
        )
        return
    for take, path in zip(takes, paths, strict=True):
        print(f"{path}  {take.seconds:.1f} s, seed {take.provenance.seed}")


if __name__ == "__main__":
    main()
