"""``timbre send``: a running bridge renders a MIDI file, and the sound comes to where it is wanted.

Heavy things are imported when the command runs.
"""

from __future__ import annotations

import json
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.options import PORT, TokenOption
from core.console import print_note, progress_display
from core.errors import OutputError, SettingsError
from core.options import (
    AudioOption,
    BlendOption,
    DrumsOption,
    JsonOption,
    PresetOption,
    SeedOption,
    TakesOption,
    TextOption,
    TrackOption,
    with_settings,
)
from core.outputs import check_outputs, is_standard_output, output_paths, write_takes, writing_stage
from core.settings import RenderSettings
from core.terminal.examples import with_examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.protocol.replies import Done

_NO_SETTINGS = RenderSettings()


@with_examples(
    'timbre send clip.mid --preset "Warm Drawbars"',
    'timbre send clip.mid --text "warm bass" --takes 3 -o bass.flac',
    'timbre send --ableton --preset "Warm Drawbars" --json',
)
@with_settings
def send(
    clip: Annotated[Path | None, typer.Argument(metavar="CLIP", help="MIDI file to play.")] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Copy the sound here: .wav, .flac, .ogg or .mp3.",
        ),
    ] = None,
    preset: PresetOption = None,
    audio: AudioOption = None,
    text: TextOption = None,
    blend: BlendOption = None,
    ableton: Annotated[
        bool, typer.Option("--ableton", help="Play the clip that is selected in Ableton Live.")
    ] = False,
    track: TrackOption = None,
    drums: DrumsOption = False,
    host: Annotated[
        str, typer.Option(metavar="HOST", help="Where `timbre serve` runs.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="PORT", help="Its port.", min=1, max=65535)] = PORT,
    tcp: Annotated[bool, typer.Option("--tcp", help="Over TCP instead of UDP.")] = False,
    token: TokenOption = "",
    model: Annotated[
        str, typer.Option(metavar="ID", help="Model bundle; the server's if not given.")
    ] = "",
    seed: SeedOption = 0,
    takes: TakesOption = 1,
    settings: RenderSettings = _NO_SETTINGS,
    rate: Annotated[
        int | None, typer.Option(metavar="HZ", help="Sample rate of the -o file.")
    ] = None,
    subtype: Annotated[
        str | None,
        typer.Option("--format", metavar="FORMAT", help="Of the -o file: PCM_24, PCM_16 or FLOAT."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Have a running bridge render a MIDI file, or Live's clip; prints where the files are."""
    from bridge.client import BridgeClient
    from bridge.protocol import MAX_TAKES
    from core.midi import read_midi
    from core.timbre import TextTimbre, parse_blend

    if not 0 <= seed <= 2**32 - takes:
        raise SettingsError(f"seed {seed} is outside 0–4294967295")
    if not 1 <= takes <= MAX_TAKES:
        raise SettingsError(f"takes {takes} is outside 1–{MAX_TAKES}")
    options = {"--preset": preset, "--audio": audio, "--text": text, "--blend": blend}
    given = [option for option, value in options.items() if value is not None]
    if len(given) != 1:
        raise SettingsError(
            "give one timbre: --preset, --audio, --text or --blend "
            f"(given: {' and '.join(given) or 'none'})"
        )
    if text is not None:
        TextTimbre(text)  # refuses no words: on the way they would be no timbre at all
    if blend is not None:
        parse_blend(blend)
    if (clip is None) != ableton:
        raise SettingsError("say what to play: a MIDI file, or --ableton for Live's selected clip")
    if ableton and (track is not None or drums):
        raise SettingsError("--track and --drums choose from a MIDI file; Live's clip is one track")
    if output is None and (rate is not None or subtype is not None):
        raise SettingsError("--rate and --format are of the file that -o names; give -o too")
    paths = output_paths(output, takes) if output is not None else []
    if paths:
        inputs = {"the clip": clip, "the recording": audio}
        check_outputs(paths, {role: file for role, file in inputs.items() if file}, rate, subtype)
    results = sys.stderr if any(map(is_standard_output, paths)) else sys.stdout
    score = read_midi(clip, track, drums=drums) if clip else None
    for remark in score.remarks if score else ():
        print_note(remark.message)
    with (
        progress_display() as display,
        BridgeClient(host, port, transport="tcp" if tcp else "udp", token=token) as bridge,
    ):
        render = partial(bridge.render, score.clip) if score else bridge.render_selected
        files = render(
            preset or "",
            text=text or "",
            audio=audio or "",
            blend=blend or "",
            seed=seed,
            takes=takes,
            model=model,
            settings=settings,
            on_progress=display.progress,
            on_note=print_note,
            on_stage=display.stage,
        )
    if paths:
        with progress_display() as display:
            display.stage(writing_stage(paths))
            _copy(files, paths, rate, subtype)
    if as_json:
        listed = [
            {
                "path": str(path.resolve()),
                "sample_rate": rate or file.sample_rate,
                "frames": round(file.frames * (rate or file.sample_rate) / file.sample_rate),
                "seed": seed + file.take,
            }
            for file, path in zip(files, paths or [Path(file.path) for file in files], strict=True)
        ]
        print(json.dumps({**listed[0], "takes": listed}), file=results)
        return
    for path in paths or [Path(file.path) for file in files]:
        print(path, file=results)


def _copy(
    files: Sequence[Done], paths: Sequence[Path], rate: int | None, subtype: str | None
) -> None:
    """Put the bridge's files where the user wants them, in the format that the suffix names.

    Args:
        files: the bridge's, a WAV each.
        paths: where each goes.
        rate: sample rate, Hz; None keeps it.
        subtype: how samples are stored; None is the format's usual way.

    Raises:
        OutputError: if one cannot be written, or is on another machine; says where it is.
    """
    from core.audio import read_audio
    from core.audio.formats import WAV, format_of
    from core.files import replacing
    from core.provenance import read_provenance
    from core.takes.take import Take

    missing = [file.path for file in files if not Path(file.path).is_file()]
    if missing:
        raise OutputError(
            f"the bridge wrote {', '.join(missing)}, which is not on this machine; -o can copy "
            "only what is here: fetch it from the machine the bridge runs on"
        )
    for file, path in zip(files, paths, strict=True):
        source = Path(file.path)
        provenance = read_provenance(source)
        is_same = rate in (None, file.sample_rate) and subtype in (None, provenance.subtype)
        if format_of(path) is WAV and is_same:
            with source.open("rb") as reading, replacing(path) as writing:
                shutil.copyfileobj(reading, writing)
            continue
        audio, audio_rate = read_audio(source)
        write_takes([Take(audio, audio_rate, provenance)], [path], rate, subtype)
