"""Instruments out of soundfonts, played by FluidSynth.

Needs the ``train`` extra and the FluidSynth library. Reverb and chorus are off: a room
is not part of an instrument, and is added on purpose elsewhere.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.clip import Clip
from core.errors import UserInputError
from core.training.sources.instruments import (
    FAMILIES,
    HELD_OUT_PROGRAMS,
    SAMPLE_RATE,
    Instrument,
    Split,
)
from core.types import FloatArray

FONTS = {
    "fluid": "FluidR3_GM.sf2",
    "musescore": "MuseScore_General.sf3",
    "tim": "TimGM6mb.sf2",
    "opl3": "OPL-3_FM_128M.sf2",
    "csound": "sf_GMbank.sf2",
}
"""Fonts in Debian's archive. Licences: MIT (fluid, musescore), GPL-2 (tim),
LGPL-2.1 (csound), public domain (opl3)."""

_FLUID_FAMILY = frozenset({"fluid", "musescore"})
_SEARCH = ("/usr/share/sounds/sf2", "/usr/share/sounds/sf3", "/usr/share/samples")
_PERCUSSION_BANK = 128
_FIRST_SOUND_EFFECT = 115
_SILENCE = 10.0 ** (-60 / 20)


def find_font(file_name: str) -> Path:
    """Path of an installed soundfont.

    Raises:
        UserInputError: if it is in none of the usual folders.
    """
    for folder in _SEARCH:
        path = Path(folder) / file_name
        if path.exists():
            return path
    raise UserInputError(f"soundfont {file_name} is not installed; looked in {', '.join(_SEARCH)}")


def read_presets(path: Path) -> list[tuple[int, int, str]]:
    """(bank, program, name) of every preset, sorted.

    Source: SoundFont 2.04 specification, section 7.2 (the ``phdr`` sub-chunk: 38-byte
    records, the last of which only marks the end).
    """
    data = path.read_bytes()
    start = data.index(b"phdr")
    (size,) = struct.unpack_from("<I", data, start + 4)
    presets = []
    for offset in range(start + 8, start + 8 + size - 38, 38):
        name = data[offset : offset + 20].split(b"\0")[0].decode("latin-1").strip()
        program, bank = struct.unpack_from("<HH", data, offset + 20)
        presets.append((bank, program, name))
    return sorted(presets)


def split_of(font: str, program: int, bank: int) -> Split:
    """The documented split: by font family and General MIDI program.

    Args:
        font: a key of :data:`FONTS`.
        program, bank: of the preset.
    """
    if font in _FLUID_FAMILY and program in HELD_OUT_PROGRAMS:
        # One recording of each serves as the held-out instrument; its relatives are in no split.
        return "heldout"
    return "valid" if (program * 7 + bank) % 29 == 3 and font not in _FLUID_FAMILY else "train"


def list_instruments(font: str) -> list[tuple[Instrument, int, int]]:
    """Every melodic preset of a font with its bank and program."""
    presets = []
    for bank, program, name in read_presets(find_font(FONTS[font])):
        wants_expression_pedal = "Expr." in name
        if bank == _PERCUSSION_BANK or program >= _FIRST_SOUND_EFFECT or wants_expression_pedal:
            continue
        family = FAMILIES[program // 8]
        mt32 = font == "csound" and bank == 127  # another order of programs: the name must tell
        low, high = (24, 67) if family == "bass" else (33, 98)
        instrument = Instrument(
            id=f"{font}:{bank}:{program}",
            name=name,
            family="" if mt32 else family,
            program=None if mt32 else program,
            traits=(),
            split=split_of(font, program, bank),
            low=low,
            high=high,
        )
        presets.append((instrument, bank, program))
    return presets


class SoundfontPlayer:
    """Plays one preset of a font, note by note.

    Args:
        font: a key of :data:`FONTS` or a path.
    """

    def __init__(self, font: str) -> None:
        import fluidsynth

        self._synth = fluidsynth.Synth(gain=0.5, samplerate=float(SAMPLE_RATE))
        for key in ("synth.reverb.active", "synth.chorus.active"):
            self._synth.setting(key, 0)
        path = find_font(FONTS[font]) if font in FONTS else Path(font)
        self._font_id = self._synth.sfload(str(path))
        if self._font_id < 0:
            raise UserInputError(f"{path} is not a soundfont FluidSynth can read")

    def select(self, bank: int, program: int) -> None:
        """Choose the preset the next notes are played with."""
        self._synth.program_select(0, self._font_id, bank, program)

    def play(self, pitch: int, velocity: int, held_s: float, tail_s: float) -> FloatArray:
        """See :class:`core.training.sources.instruments.NotePlayer`."""
        self._synth.noteon(0, pitch, velocity)
        held = self._pull(round(held_s * SAMPLE_RATE))
        self._synth.noteoff(0, pitch)
        tail = self._pull(round(tail_s * SAMPLE_RATE))
        self._synth.all_sounds_off(0)
        # A voice cut off still fades over a few blocks; let it end before the next note.
        self._pull(4096)
        return np.concatenate([held, tail])

    def _pull(self, frames: int) -> FloatArray:
        stereo = self._synth.get_samples(frames).reshape(-1, 2)
        return (stereo.mean(axis=1) / 32768.0).astype(np.float32)

    def close(self) -> None:
        """Free the synthesizer."""
        self._synth.delete()


def play_clip(clip: Clip, player: SoundfontPlayer, tail_s: float = 1.0) -> FloatArray:
    """A clip played note by note in the selected preset, with nothing added.

    Args:
        clip: what is played.
        player: with a preset selected.
        tail_s: how long each note rings on, seconds.

    Returns:
        float32 [frames], from the clip's start to ``tail_s`` after its end, peak 0.5.
    """
    out = np.zeros(round((clip.length_s + tail_s + 0.1) * SAMPLE_RATE), np.float32)
    for note in clip.notes:
        audio = player.play(note.pitch, note.velocity, note.duration_s, tail_s)
        start = round(note.start_s * SAMPLE_RATE)
        out[start : start + len(audio)] += audio[: len(out) - start]
    return out * (0.5 / max(float(np.abs(out).max()), 1e-9))


def iter_instruments(font: str) -> Iterator[tuple[Instrument, SoundfontPlayer]]:
    """Every instrument of a font with a player already set to it."""
    player = SoundfontPlayer(font)
    try:
        for instrument, bank, program in list_instruments(font):
            player.select(bank, program)
            probe = player.play((instrument.low + instrument.high) // 2, 100, 0.3, 0.0)
            if np.abs(probe).max() > _SILENCE:
                yield instrument, player
    finally:
        player.close()
