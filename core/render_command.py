"""``timbre render``: a MIDI file and a timbre in, sound files out.

A request that cannot be met is refused before a model is loaded. Files go where
the user says; progress and remarks go to stderr, results to stdout.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from core.console import ProgressDisplay, print_note, progress_display
from core.errors import SettingsError
from core.models import DEFAULT_BUNDLE
from core.options import (
    AudioOption,
    BlendOption,
    DeviceOption,
    DrumsOption,
    JsonOption,
    ModelOption,
    MorphOption,
    PresetOption,
    SeedOption,
    TakesOption,
    TextOption,
    TrackOption,
    with_settings,
)
from core.outputs import (
    check_outputs,
    is_standard_output,
    output_paths,
    write_takes,
    writing_stage,
)
from core.settings import RenderSettings
from core.terminal.examples import with_examples

if TYPE_CHECKING:
    from core.clip import Clip
    from core.library import Preset
    from core.provenance import PresetVersion, Provenance
    from core.synthesizer import Synthesizer
    from core.takes.take import Take
    from core.timbre import Timbre

_MAX_TAKES = 1000
_NO_SETTINGS = RenderSettings()


@with_examples(
    'timbre render clip.mid --text "warm smooth electronic bass" -o out.wav',
    "timbre render clip.mid --audio cello.flac --takes 3 -o out.wav",
    "timbre render --from out.wav -o again.wav",
)
@with_settings
def render(
    clip: Annotated[Path | None, typer.Argument(metavar="CLIP", help="MIDI file to play.")] = None,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default=False,
            help="File to write: .wav, .flac, .ogg or .mp3.",
        ),
    ] = Path(),
    preset: PresetOption = None,
    audio: AudioOption = None,
    text: TextOption = None,
    blend: BlendOption = None,
    morph: MorphOption = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Repeat the render that made this file."),
    ] = None,
    track: TrackOption = None,
    drums: DrumsOption = False,
    model: ModelOption = DEFAULT_BUNDLE,
    seed: SeedOption = 0,
    takes: TakesOption = 1,
    settings: RenderSettings = _NO_SETTINGS,
    device: DeviceOption = None,
    rate: Annotated[int | None, typer.Option(metavar="HZ", help="Sample rate of the file.")] = None,
    subtype: Annotated[
        str | None,
        typer.Option("--format", metavar="FORMAT", help="PCM_24, PCM_16 or, in a .wav, FLOAT."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Render a MIDI file in a timbre to a sound file."""
    from core.provenance import read_provenance
    from core.timbre import recordings_of

    began = time.perf_counter()
    if output == Path():
        raise SettingsError("say where to write: -o OUT.wav")
    options = {
        "--preset": preset, "--audio": audio, "--text": text, "--blend": blend, "--morph": morph,
    }  # fmt: skip
    given = [option for option, value in options.items() if value is not None]
    if source is not None:
        if clip is not None or given:
            raise SettingsError("--from repeats a render as it was; give no clip and no timbre")
        _refuse_with_source(seed, takes, track, drums, settings)
        provenance = read_provenance(source)
        rate = rate or provenance.sample_rate
        paths = output_paths(output, 1)
        check_outputs(paths, {"the file to repeat": source}, rate, subtype)
        results = _results_for(paths)
        with progress_display() as display:
            rendered = [_repeat(provenance, device, display)]
        subtype = _repeated_subtype(provenance, paths[0], subtype)
    else:
        if clip is None:
            raise SettingsError("say what to play: timbre render CLIP.mid …")
        _check_request(given, takes)
        paths = output_paths(output, takes)
        choice = _chosen_timbre(preset, audio, text, blend, morph)
        inputs = {f"the recording {file}": file for file in recordings_of(choice.timbre)}
        check_outputs(paths, {"the clip": clip, **inputs}, rate, subtype)
        results = _results_for(paths)
        notes = _read_clip(clip, track, drums)
        settings = RenderSettings({**choice.settings, **settings})
        with progress_display() as display:
            synth = _load(model, device, display)
            from core.library.embeddings.kept import KeptEmbeddings

            synth.look_up = KeptEmbeddings().look_up
            leveled = _with_stored_gain(choice.named, synth.bundle.sha256, settings)
            _print_limits(synth, notes, settings, choice.timbre)
            rendered = synth.render_batch(
                [(notes, choice.timbre, seed + index) for index in range(takes)],
                settings=leveled,
                on_progress=display.progress,
                on_remark=print_note,
                on_stage=display.stage,
                preset=choice.preset,
            )
    for remark in dict.fromkeys(take.overshoot_remark(subtype) for take in rendered):
        if remark:
            print_note(remark)
    with progress_display() as display:
        display.stage(writing_stage(paths))
        write_takes(rendered, paths, rate, subtype)
    if source is None and choice.named is not None and leveled == choice.named.settings:
        _keep_gain(choice.named, rendered[0].provenance)
    if as_json:
        _print_json(rendered, paths, rate, time.perf_counter() - began, results)
    else:
        for take, path in zip(rendered, paths, strict=True):
            print(f"{path}  {take.seconds:.1f} s, seed {take.provenance.seed}", file=results)


def _check_request(given: list[str], takes: int) -> None:
    """Refuse anything but one timbre, and a number of takes that is out of range."""
    if len(given) != 1:
        raise SettingsError(
            "give one timbre: --preset, --audio, --text, --blend or --morph "
            f"(given: {' and '.join(given) or 'none'})"
        )
    if not 1 <= takes <= _MAX_TAKES:
        raise SettingsError(f"takes {takes} is outside 1–{_MAX_TAKES}")


def _refuse_with_source(
    seed: int, takes: int, track: int | None, drums: bool, settings: RenderSettings
) -> None:
    """Refuse what ``--from`` would have to leave out: it repeats a render as it was."""
    given = {
        "--seed": seed != 0,
        "--takes": takes != 1,
        "--track": track is not None,
        "--drums": drums,
        **{f"--{name.replace('_', '-')}": value is not None for name, value in settings.items()},
    }
    asked = [option for option, is_given in given.items() if is_given]
    if asked:
        raise SettingsError(f"--from repeats a render as it was; leave out {', '.join(asked)}")


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
    named: Preset | None = None
    settings: RenderSettings = field(default_factory=RenderSettings)


def _chosen_timbre(
    preset: str | None,
    audio: Path | None,
    text: str | None,
    blend: str | None,
    morph: str | None,
) -> _ChosenTimbre:
    from core.timbre import AudioTimbre, TextTimbre, parse_blend, parse_morph

    if audio is not None:
        return _ChosenTimbre(AudioTimbre(audio))
    if text is not None:
        return _ChosenTimbre(TextTimbre(text))
    from core.library import Library
    from core.provenance import PresetVersion

    with Library.open() as library:
        if blend is not None:
            return _ChosenTimbre(library.resolve_blend(parse_blend(blend)))
        if morph is not None:
            return _ChosenTimbre(library.resolve_morph(parse_morph(morph)))
        named = library.get(preset or "")
        version = PresetVersion(named.name, named.version)
        return _ChosenTimbre(library.recipe(named), version, named, named.settings)


def _with_stored_gain(
    preset: Preset | None, model_sha256: str, settings: RenderSettings
) -> RenderSettings:
    """The settings with the gain that the library keeps for a preset, if it does."""
    if preset is None:
        return settings
    from core.library import Library

    with Library.open() as library:
        return library.with_gain(preset, model_sha256, settings)


def _keep_gain(preset: Preset, provenance: Provenance) -> None:
    from core.library import Library

    with Library.open() as library:
        library.keep_gain(preset, provenance.model_sha256, provenance.gain_db)


def _print_limits(synth: Synthesizer, clip: Clip, settings: RenderSettings, timbre: Timbre) -> None:
    for limit in synth.limits(clip, settings, timbre):
        print(f"note: {limit.message}", file=sys.stderr)
        for note in limit.notes:
            print(f"  {note.describe()}", file=sys.stderr)


def _results_for(paths: list[Path]) -> TextIO:
    """Where results are printed: a sound that goes to the standard output has it for itself."""
    return sys.stderr if any(map(is_standard_output, paths)) else sys.stdout


def _load(model: str, device: str | None, display: ProgressDisplay) -> Synthesizer:
    """Load a model; most of its seconds go into importing what it needs."""
    display.stage("loading the model")
    from core.synthesizer import Synthesizer

    return Synthesizer.load(model, device)


def _repeat(provenance: Provenance, device: str | None, display: ProgressDisplay) -> Take:
    """Render again what a file says it is; where it was computed, if no device is asked for."""
    synth = _load(provenance.model_id, device or provenance.device or None, display)
    display.stage("rendering")
    return synth.repeat(provenance, display.progress, print_note)


def _repeated_subtype(provenance: Provenance, path: Path, asked: str | None) -> str | None:
    """How a repeat stores its samples: as asked, else as the file did if this one can."""
    from core.audio.formats import format_of, is_lossy

    file_format = format_of(path)
    if is_lossy(provenance.subtype) or file_format.is_lossy:
        print(
            "note: the render is repeated sample for sample, but a lossy file keeps less than "
            "that: its bytes may differ",
            file=sys.stderr,
        )
    if asked is None and provenance.subtype in file_format.subtypes:
        return provenance.subtype
    return asked


def _print_json(
    takes: list[Take], paths: list[Path], rate: int | None, total_s: float, results: TextIO
) -> None:
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
    print(json.dumps(data), file=results)


def _describe(take: Take, path: Path, rate: int | None) -> dict[str, Any]:
    file_rate = rate or take.sample_rate
    return {
        "path": str(path.resolve()),
        "sample_rate": file_rate,
        "frames": round(take.audio.shape[1] * file_rate / take.sample_rate),
        "seed": take.provenance.seed,
        "gain_db": take.provenance.gain_db,
    }
