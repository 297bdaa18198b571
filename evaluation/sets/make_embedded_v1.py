"""Makes the built-in set ``embedded-v1``: ``python -m evaluation.sets.make_embedded_v1 FOLDER``.

24 instruments of FluidR3_GM (MIT licence; Frank Wen) that the embedded model's training never
met (:data:`core.training.sources.instruments.HELD_OUT_PROGRAMS`), played by FluidSynth without
reverb or chorus. Each has a reference recording and a target: another melody, in another register,
with other velocities. Melodies are folk tunes and classics out of copyright, or made here. All
audio is 44.1 kHz, mono, 16-bit FLAC; seeds are fixed, so the same FluidSynth gives the same files.

Needs the ``train`` extra, FluidSynth and fluid-soundfont-gm.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.clip import Clip, Note
from core.midi import write_midi
from core.training.sources.instruments import HELD_OUT_PROGRAMS, SAMPLE_RATE
from core.training.sources.soundfonts import FONTS, find_font
from core.types import FloatArray
from evaluation import datasets

SEED = 20_261
TAIL_S = 0.35
PEAK = 0.7
_ABOUT = {
    "set": "embedded-v1",
    "licence": "MIT (sounds: FluidR3_GM by Frank Wen); scores: public domain",
    "origin": "evaluation/sets/make_embedded_v1.py",
}

# Chords of (scale pitches, beats); pitches as MIDI keys around middle C.
Fragment = tuple[float, list[tuple[tuple[int, ...], float]]]


def _line(beats: float, *pitches: int) -> list[tuple[tuple[int, ...], float]]:
    return [((pitch,), beats) for pitch in pitches]


FRAGMENTS: dict[str, Fragment] = {
    "ode-to-joy": (170, _line(1, 64, 64, 65, 67, 67, 65, 64, 62)),
    "frere-jacques": (160, _line(1, 60, 62, 64, 60) + _line(1, 64, 65) + _line(2, 67)),
    "minuet-in-g": (
        165,
        [((67, 74), 1), *_line(0.5, 67, 69, 71, 72), ((71, 74), 1), *_line(1, 67, 67)],
    ),
    "old-hundredth": (
        110,
        [
            ((55, 59, 62, 67), 1),
            ((55, 59, 62, 67), 1),
            ((50, 57, 62, 66), 1),
            ((52, 55, 59, 64), 2),
        ],
    ),
    "greensleeves": (
        150,
        [
            *_line(1, 69),
            *_line(2, 72),
            *_line(1, 74),
            *_line(1.5, 76),
            *_line(0.5, 77),
            *_line(1, 76),
        ],
    ),
    "prelude-in-c": (
        165,
        _line(0.5, 60, 64, 67, 72, 76, 67, 72, 76, 60, 62, 69, 74, 77, 69, 74, 77),
    ),
    "cadence": (105, [((60, 64, 67), 1), ((57, 60, 65), 1), ((59, 62, 67), 1), ((60, 64, 67), 2)]),
    "staccato-scale": (175, _line(0.5, 60, 0, 64, 0, 67, 0, 72, 0, 71, 0, 67, 0, 62, 0, 60)),
}

# Program: name for tables, words, octaves the fragments are moved by, plays chords.
INSTRUMENTS: dict[int, tuple[str, str, int, bool]] = {
    1: ("bright-piano", "bright acoustic piano", 0, True),
    4: ("electric-piano", "mellow electric piano", 0, True),
    6: ("harpsichord", "plucked harpsichord", 0, True),
    11: ("vibraphone", "ringing vibraphone", 0, True),
    12: ("marimba", "woody marimba", 0, True),
    19: ("church-organ", "large church organ", 0, True),
    21: ("accordion", "reedy accordion", 0, True),
    24: ("nylon-guitar", "soft nylon string guitar", -1, True),
    30: ("distortion-guitar", "heavily distorted electric guitar", -1, False),
    33: ("finger-bass", "fingered electric bass", -2, False),
    40: ("violin", "solo violin", 1, False),
    42: ("cello", "warm solo cello", -1, False),
    46: ("harp", "orchestral harp", 0, True),
    48: ("strings", "string ensemble", 0, True),
    52: ("choir", "choir singing aah", 0, True),
    56: ("trumpet", "bright trumpet", 0, False),
    58: ("tuba", "deep tuba", -2, False),
    60: ("french-horn", "mellow french horn", -1, False),
    65: ("alto-sax", "alto saxophone", 0, False),
    68: ("oboe", "nasal oboe", 0, False),
    73: ("flute", "breathy flute", 1, False),
    75: ("pan-flute", "airy pan flute", 1, False),
    81: ("saw-lead", "buzzing sawtooth synth lead", 0, False),
    89: ("warm-pad", "warm analog synth pad", 0, True),
}
CHORDS = {"old-hundredth", "cadence", "minuet-in-g"}


@dataclass(frozen=True)
class Plan:
    """What one instrument plays."""

    target: Clip
    reference: Clip


def clip_of(name: str, transpose: int, tempo_scale: float, seed: int) -> Clip:
    """A fragment as a clip, with velocities of its own."""
    rng = np.random.default_rng(seed)
    tempo, events = FRAGMENTS[name]
    beat_s = 60 / (tempo * tempo_scale)
    notes, time_s = [], 0.1
    for pitches, beats in events:
        held_s = max(0.14, beats * beat_s * 0.92)
        velocity = int(rng.integers(55, 118))
        notes += [Note(time_s, pitch + transpose, velocity, held_s) for pitch in pitches if pitch]
        time_s += beats * beat_s
    return Clip.of(name, notes)


def plan(index: int, program: int) -> Plan:
    """The melodies of an instrument: target and reference always differ."""
    _, _, octaves, chords = INSTRUMENTS[program]
    usable = [name for name in FRAGMENTS if chords or name not in CHORDS]
    target = usable[index % len(usable)]
    step = 1 + index // len(usable) % (len(usable) - 1)  # never a multiple of the count
    other = usable[(index + step) % len(usable)]
    return Plan(
        clip_of(target, 12 * octaves, 1.0, SEED + index),
        # Another key and pace: the reference shares no note with the target on purpose.
        clip_of(other, 12 * octaves - 4, 1.35, SEED + 100 + index),
    )


def play(program: int, clip: Clip, length_s: float) -> FloatArray:
    """The clip on a fresh FluidSynth, float32 [frames], peak :data:`PEAK`."""
    import fluidsynth

    synth = fluidsynth.Synth(gain=0.4, samplerate=float(SAMPLE_RATE))
    try:
        for key in ("synth.reverb.active", "synth.chorus.active"):
            synth.setting(key, 0)
        font = synth.sfload(str(find_font(FONTS["fluid"])))
        synth.program_select(0, font, 0, program)
        events = sorted(
            [(round(note.start_s * SAMPLE_RATE), 1, note) for note in clip.notes]
            + [(round(note.end_s * SAMPLE_RATE), 0, note) for note in clip.notes],
            key=lambda event: event[:2],
        )
        parts, now = [], 0
        for frame, on, note in events:
            parts.append(synth.get_samples(frame - now))
            now = frame
            if on:
                synth.noteon(0, note.pitch, note.velocity)
            else:
                synth.noteoff(0, note.pitch)
        parts.append(synth.get_samples(max(0, round(length_s * SAMPLE_RATE) - now)))
    finally:
        synth.delete()
    sound = np.concatenate(parts).reshape(-1, 2).mean(axis=1)[: round(length_s * SAMPLE_RATE)]
    fade = min(len(sound), round(0.05 * SAMPLE_RATE))
    sound[-fade:] *= np.linspace(1, 0, fade)
    return (PEAK * sound / np.abs(sound).max()).astype(np.float32)


def make(folder: Path) -> list[datasets.Item]:
    """Write the set into a folder and return its items."""
    import soundfile

    for name in ("scores", "audio"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    items = []
    for index, program in enumerate(HELD_OUT_PROGRAMS):
        name, words, _, _ = INSTRUMENTS[program]
        planned = plan(index, program)
        midi = folder / "scores" / f"{name}.mid"
        target = folder / "audio" / f"{name}.flac"
        reference = folder / "audio" / f"{name}-reference.flac"
        write_midi(planned.target, midi)
        for path, clip, longest_s in (
            (target, planned.target, 4.0),
            (reference, planned.reference, 2.4),
        ):
            sound = play(program, clip, min(longest_s, clip.length_s + TAIL_S))
            soundfile.write(path, sound, SAMPLE_RATE, subtype="PCM_16")
        items.append(datasets.Item(name, midi, reference, words, target, name))
    datasets.write(folder / "manifest.jsonl", items, _ABOUT)
    return items


if __name__ == "__main__":
    destination = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "embedded_v1"
    print(f"{len(make(destination))} items in {destination}")
