"""``timbre play``, and what ``timbre preset play`` does with a preset's sound.

Heavy things are imported when a command runs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from core.errors import AudioError, Cancelled
from core.terminal.examples import with_examples

SoundDeviceOption = Annotated[
    str | None,
    typer.Option(
        "--sound-device",
        metavar="DEVICE",
        help="Name, part of it or number; the system's if not given.",
    ),
]


@with_examples("timbre play out.wav", "timbre play out.wav --sound-device Headphones")
def play(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A sound file.")],
    sound_device: SoundDeviceOption = None,
) -> None:
    """Hear a sound file; Ctrl-C stops it."""
    from core.audio.output_devices import PlaybackUnavailable

    try:
        play_file(file, sound_device)
    except PlaybackUnavailable as error:
        raise PlaybackUnavailable(f"{error}; or open {file} in any player") from None


def play_file(file: Path, sound_device: str | None) -> None:
    """Play a sound file to its end.

    Args:
        file: of any format that is read.
        sound_device: as in :func:`core.audio.output_devices.choose_output_device`.

    Raises:
        AudioError: if it is no sound.
        PlaybackUnavailable: if nothing can be heard here.
        Cancelled: on Ctrl-C.
    """
    from core.audio import read_audio
    from core.audio.playback import Playback

    _refuse_midi(file)
    audio, rate = read_audio(file)
    with Playback(sound_device) as playback:
        try:
            playback.play(audio, rate)
            playback.wait()
        except KeyboardInterrupt:
            raise Cancelled("stopped") from None


def play_or_show(file: Path, sound_device: str | None) -> None:
    """Play a file of ours; where that cannot be, say where it is and how to hear it.

    Args:
        file: that was rendered to be heard.
        sound_device: as in :func:`play_file`.
    """
    from core.audio.output_devices import PlaybackUnavailable

    try:
        play_file(file, sound_device)
    except PlaybackUnavailable as error:
        print(f"note: {error}", file=sys.stderr)
        print(f"note: open this file in any player to hear it: {file}", file=sys.stderr)
        print(file)


def _refuse_midi(file: Path) -> None:
    try:
        with file.open("rb") as stream:
            head = stream.read(12)
    except OSError:
        return  # read_audio says what is wrong
    if head[:4] == b"MThd" or head[8:12] == b"RMID":
        raise AudioError(
            f"{file} is a MIDI file, which sounds in a timbre: "
            f"timbre preset play NAME --clip {file}"
        )
