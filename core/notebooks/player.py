"""A player for sound as a piece of HTML that needs no other file.

The sound is inside it, compressed, so that a saved notebook stays small and plays anywhere. What
a listener keeps is written by :func:`core.audio.write_audio`, not taken from here.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

import numpy as np

from core.audio import resample
from core.audio.conform import mix_down
from core.audio.formats import AudioFormat, encode, writable_formats
from core.types import FloatArray

MAX_PLAYER_S = 120.0
"""Seconds of sound inside a page, at most: about 1 MB a channel."""

_MEDIA_TYPES = {".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".flac": "audio/flac"}
"""By suffix; the first that can be written here is used. Every browser plays MP3."""

_PLAYER_HZ = 44_100


def player_html(
    audio: FloatArray, sample_rate: int, title: str, remarks: Sequence[str] = ()
) -> str:
    """HTML that plays a sound.

    Args:
        audio: float32 [channels, frames], full scale ±1. Of a sound longer than
            :data:`MAX_PLAYER_S` the beginning is played, and a line says so.
        sample_rate: Hz.
        title: plain text above the player.
        remarks: plain text under it, a line each.
    """
    most = round(MAX_PLAYER_S * sample_rate)
    lines = list(remarks)
    if audio.shape[1] > most:
        lines.insert(
            0,
            f"the player holds the first {MAX_PLAYER_S:g} s of "
            f"{audio.shape[1] / sample_rate:.1f} s; save() writes all",
        )
    formats = {each.suffix: each for each in writable_formats()}
    suffix = next((each for each in _MEDIA_TYPES if each in formats), None)
    if suffix is None:
        player = ""
        lines.insert(0, "no player: libsndfile is too old to compress sound; save() it to hear it")
    else:
        content = _compressed(audio[:, :most], sample_rate, formats[suffix])
        source = f"data:{_MEDIA_TYPES[suffix]};base64,{base64.b64encode(content).decode()}"
        player = f'<audio controls preload="metadata" src="{source}"></audio>'
    told = "".join(f'<div style="font-size: smaller">{escape(line)}</div>' for line in lines)
    return f"<div><div>{escape(title)}</div>{player}{told}</div>"


def _compressed(audio: FloatArray, sample_rate: int, file_format: AudioFormat) -> bytes:
    # Peaks beyond full scale would be clipped by the format; a listener hears the whole softer.
    audio = audio / max(1.0, float(np.abs(audio).max(initial=0.0)))
    if len(audio) > 2:
        audio = mix_down(audio)[None]
    if file_format.rates and sample_rate not in file_format.rates:
        audio, sample_rate = resample(audio, sample_rate, _PLAYER_HZ), _PLAYER_HZ
    return encode(audio, sample_rate, file_format).getvalue()
