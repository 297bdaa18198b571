"""``timbre render``: a MIDI file and a timbre in, WAV files out.

A request that cannot be met is refused before a model is loaded. Files go where
the user says; progress and remarks go to stderr, results to stdout.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.console import print_note, progress_line
from core.errors import OutputError, SettingsError
from core.models import DEFAULT_BUNDLE
from core.options import (
    AudioOption,
    BlendOption,
    DeviceOption,
    DrumsOption,
    JsonOption,
    ModelOption,
    PresetOption,
    SeedOption,
    TakesOption,
    TextOption,
    TrackOption,
    with_settings,
)
from core.settings import RenderSettings

if TYPE_CHECKING:
    from core.clip import Clip
    from core.provenance import PresetVersion
    from core.synthesizer import Synthesizer, Take
    from core.timbre import Timbre

_SUBTYPES = ("PCM_24", "PCM_16", "FLOAT")
_LOWEST_RATE, _HIGHEST_RATE = 8_000, 384_000
_MAX_TAKES = 1000
_NO_SETTINGS = RenderSettings()


@with_settings
def render(
    clip: Annotated[Path | None, typer.Argument(help="MIDI file to play.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="WAV file to write.")] = Path(),
    preset: PresetOption = None,
    audio: AudioOption = None,
    text: TextOption = None,
    blend: BlendOption = None,
    source: Annotated[
        Path | None, typer.Option("--from", help="Repeat the render that made this WAV.")
    ] = None,
    track: TrackOption = None,
    drums: DrumsOption = False,
    model: ModelOption = DEFAULT_BUNDLE,
    seed: SeedOption = 0,
    takes: TakesOption = 1,
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
    options = {"--preset": preset, "--audio": audio, "--text": text, "--blend": blend}
    given = [option for option, value in options.items() if value is not None]
    if source is not None:
        if clip is not None or given:
            raise SettingsError("--from repeats a render as it was; give no clip and no timbre")
        rendered, paths = _repeat(source, output, device)
    else:
        if clip is None:
            raise SettingsError("say what to play: timbre render CLIP.mid …")
        _check_request(given, takes)
        _check_output(output, rate, subtype)
        notes = _read_clip(clip, track, drums)
        choice = _chosen_timbre(preset, audio, text, blend)
        settings = RenderSettings({**choice.settings, **settings})
        from core.synthesizer import Synthesizer

        synth = Synthesizer.load(model, device)
        _print_limits(synth, notes, settings)
        rendered = synth.render_batch(
            [(notes, choice.timbre, seed + index) for index in range(takes)],
            settings=settings,
            on_progress=progress_line("rendering"),
            on_remark=print_note,
            preset=choice.preset,
        )
        paths = [
            take.write(_numbered(output, index, takes), rate, subtype)
            for index, take in enumerate(rendered, 1)
        ]
    if as_json:
        _print_json(rendered, paths, rate, time.perf_counter() - began)
    else:
        for take, path in zip(rendered, paths, strict=True):
            print(f"{path}  {take.seconds:.1f} s, seed {take.provenance.seed}")


def _check_request(given: list[str], takes: int) -> None:
    """Refuse anything but one timbre, and a number of takes that is out of range."""
    if len(given) != 1:
        raise SettingsError(
            "give one timbre: --preset, --audio, --text or --blend "
            f"(given: {' and '.join(given) or 'none'})"
        )
    if not 1 <= takes <= _MAX_TAKES:
        raise SettingsError(f"takes {takes} is outside 1–{_MAX_TAKES}")


def _check_output(output: Path, rate: int | None, subtype: str) -> None:
    """Refuse what could not be written before anything is rendered."""
    if subtype not in _SUBTYPES:
        raise SettingsError(f"format {subtype!r} is none of {', '.join(_SUBTYPES)}")
    if rate is not None and not _LOWEST_RATE <= rate <= _HIGHEST_RATE:
        raise SettingsError(f"sample rate {rate} is outside {_LOWEST_RATE}–{_HIGHEST_RATE} Hz")
    folder = output.absolute().parent
    if not folder.is_dir():
        raise OutputError(f"{output} cannot be written: there is no folder {folder}")
    if output.is_dir():
        raise OutputError(f"{output} cannot be written: it is a folder")


def _read_clip(path: Path, track: int | None, drums: bool) -> Clip:
    """The file's notes; what is remarkable about the file goes to stderr."""
    from core.midi import read_midi

    reading = read_midi(path, track, drums=drums)
    for remark in reading.remarks:
        print(f"note: {remark.message}", file=sys.stderr)
    return reading.clip


@dataclass(frozen=True)
class _ChosenTimbre:
    """The timbre asked for; if it is a preset, also its version and the settings kept with it."""

    timbre: Timbre
    preset: PresetVersion | None = None
    settings: RenderSettings = field(default_factory=RenderSettings)


def _chosen_timbre(
    preset: str | None, audio: Path | None, text: str | None, blend: str | None
) -> _ChosenTimbre:
    from core.timbre import AudioTimbre, TextTimbre, parse_blend

    if audio is not None:
        return _ChosenTimbre(AudioTimbre(audio))
    if text is not None:
        return _ChosenTimbre(TextTimbre(text))
    from core.library import Library
    from core.provenance import PresetVersion

    with Library.open() as library:
        if blend is not None:
            return _ChosenTimbre(library.resolve_blend(parse_blend(blend)))
        named = library.get(preset or "")
        version = PresetVersion(named.name, named.version)
        return _ChosenTimbre(library.recipe(named), version, named.settings)


def _print_limits(synth: Synthesizer, clip: Clip, settings: RenderSettings) -> None:
    for limit in synth.limits(clip, settings):
        print(f"note: {limit.message}", file=sys.stderr)
        for note in limit.notes:
            print(f"  {note.describe()}", file=sys.stderr)


def _repeat(source: Path, output: Path, device: str | None) -> tuple[list[Take], list[Path]]:
    """Render again what a file says it is, with that file's rate and format."""
    from core.provenance import read_provenance
    from core.synthesizer import Synthesizer

    provenance = read_provenance(source)
    synth = Synthesizer.load(provenance.model_id, device or provenance.device or None)
    take = synth.repeat(provenance, progress_line("rendering"))
    return [take], [take.write(output, provenance.sample_rate, provenance.subtype)]


def _numbered(path: Path, index: int, count: int) -> Path:
    """The file of one take: ``out.wav``, or ``out-07.wav`` when there are several."""
    if count == 1:
        return path
    return path.with_name(f"{path.stem}-{index:0{len(str(count))}d}{path.suffix}")


def _print_json(takes: list[Take], paths: list[Path], rate: int | None, total_s: float) -> None:
    import json

    first = takes[0]
    described = [_describe(take, path, rate) for take, path in zip(takes, paths, strict=True)]
    data = {
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
    print(json.dumps(data))


def _describe(take: Take, path: Path, rate: int | None) -> dict[str, Any]:
    file_rate = rate or take.sample_rate
    return {
        "path": str(path.resolve()),
        "sample_rate": file_rate,
        "frames": round(take.audio.shape[1] * file_rate / take.sample_rate),
        "seed": take.provenance.seed,
    }
