"""Words for instruments: what a musician would type to get this sound.

A caption joins a name (the preset's, the General MIDI program's, a synonym, the family) with
words for what can be measured (brightness, attack, decay, breath) in several wordings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.training.sources.instruments import Instrument
from core.training.sources.phrases import phrases_for

GM_NAMES = (
    "acoustic grand piano|grand piano|concert piano", "bright acoustic piano|bright piano",
    "electric grand piano", "honky-tonk piano|detuned saloon piano",
    "electric piano|Rhodes|tine piano", "FM electric piano|DX electric piano",
    "harpsichord|plucked keyboard", "clavinet|clavi",
    "celesta", "glockenspiel", "music box", "vibraphone|vibes", "marimba|wooden mallets",
    "xylophone", "tubular bells|chimes|church bells", "dulcimer|santur",
    "drawbar organ|Hammond organ", "percussive organ", "rock organ|overdriven organ",
    "church organ|pipe organ|cathedral organ", "reed organ|harmonium", "accordion|musette",
    "harmonica|mouth organ", "bandoneon|tango accordion",
    "nylon string guitar|classical guitar", "steel string guitar|acoustic folk guitar",
    "jazz electric guitar", "clean electric guitar", "muted electric guitar|palm muted guitar",
    "overdriven guitar", "distortion guitar|heavy metal guitar", "guitar harmonics",
    "acoustic bass|upright bass|double bass pizzicato", "fingered electric bass|bass guitar",
    "picked electric bass", "fretless bass", "slap bass", "slap bass with pop",
    "synth bass|analog bass", "punchy synth bass|electronic bass",
    "violin|fiddle", "viola", "cello|violoncello", "contrabass|bowed double bass",
    "tremolo strings", "pizzicato strings|plucked strings", "orchestral harp|harp",
    "timpani|kettledrum",
    "string ensemble|orchestral strings", "slow strings|legato strings", "synth strings",
    "warm synth strings", "choir aahs|choir|singing voices", "voice oohs|vocal oohs",
    "synth voice|vocal synth", "orchestra hit",
    "trumpet", "trombone", "tuba", "muted trumpet|trumpet with harmon mute",
    "french horn|horn", "brass section|horn section", "synth brass|analog brass",
    "soft synth brass",
    "soprano saxophone|soprano sax", "alto saxophone|alto sax", "tenor saxophone|tenor sax",
    "baritone saxophone|bari sax", "oboe", "english horn|cor anglais", "bassoon", "clarinet",
    "piccolo", "flute|concert flute", "recorder|block flute", "pan flute|pan pipes",
    "blown bottle|bottle blow", "shakuhachi|japanese bamboo flute", "whistle",
    "ocarina",
    "square wave lead|chiptune square", "sawtooth lead|saw lead", "calliope lead",
    "chiff lead", "charang lead|distorted synth lead", "voice lead", "fifths lead",
    "bass and lead",
    "new age pad|fantasia pad", "warm pad|warm analog pad", "polysynth pad", "choir pad",
    "bowed glass pad", "metallic pad", "halo pad", "sweep pad|filter sweep pad",
    "rain synth effect", "soundtrack synth", "crystal synth|crystal bells",
    "atmosphere synth", "brightness synth", "goblins synth", "echo drops synth",
    "sci-fi synth|star theme",
    "sitar", "banjo", "shamisen", "koto", "kalimba|thumb piano", "bagpipe|bagpipes",
    "folk fiddle", "shanai|shehnai",
    "tinkle bell", "agogo", "steel drums|steel pan", "woodblock", "taiko drum", "melodic tom",
    "synth drum",
)  # fmt: skip
"""Names of General MIDI programs 0–114 …118, alternatives parted by ``|``."""

FAMILY_WORDS = {
    "piano": ("keyboard instrument", "piano", "keys"),
    "chromatic percussion": ("mallet percussion", "tuned percussion", "bell-like percussion"),
    "organ": ("organ", "sustained keyboard organ"),
    "guitar": ("guitar", "plucked string instrument"),
    "bass": ("bass", "low bass instrument"),
    "strings": ("bowed string instrument", "strings"),
    "ensemble": ("ensemble", "section", "orchestral ensemble"),
    "brass": ("brass instrument", "brass"),
    "reed": ("woodwind reed instrument", "reed"),
    "pipe": ("flute-like wind instrument", "woodwind pipe"),
    "synth lead": ("synthesizer lead", "electronic lead"),
    "synth pad": ("synthesizer pad", "ambient pad"),
    "synth effects": ("synthesizer texture", "atmospheric synth"),
    "ethnic": ("world instrument", "folk instrument"),
    "percussive": ("percussion", "pitched percussion"),
    "": ("instrument", "sound"),
}


FAMILY_MATERIALS = {
    "piano": ("hammered strings", "keyboard", "wooden soundboard"),
    "chromatic percussion": ("metal bars", "mallets on bars", "struck metal or wood"),
    "organ": ("organ pipes", "drawbars", "reeds and bellows", "church keyboard"),
    "guitar": ("plucked strings", "strummed strings", "six strings"),
    "bass": ("low strings", "low end", "bass line"),
    "strings": ("bowed strings", "bow on strings", "chamber strings"),
    "ensemble": ("many players together", "orchestra section", "voices and strings"),
    "brass": ("blown metal horn", "horns", "lips on a mouthpiece"),
    "reed": ("woodwind", "vibrating reed", "blown reed"),
    "pipe": ("blown air", "hollow pipe", "wooden or metal tube"),
    "synth lead": ("electronic solo voice", "analog oscillator", "synthesizer"),
    "synth pad": ("soft synthesizer chords", "electronic background", "atmosphere"),
    "synth effects": ("electronic texture", "science fiction sound", "synthesizer"),
    "ethnic": ("traditional instrument", "folk music", "instrument from far away"),
    "percussive": ("drum", "struck skin or metal", "rhythm instrument"),
    "": ("sound", "tone"),
}
"""What the sound is made with, and where it is met."""


@dataclass(frozen=True)
class Measured:
    """What captions say of a sound's physics; each value is a rank among instruments, 0–1.

    Attributes:
        brightness: 1 is the brightest.
        attack: 0 is the fastest.
        sustain: 1 holds its level.
        noisiness: 1 has most noise beside its partials.
    """

    brightness: float
    attack: float
    sustain: float
    noisiness: float


def _trait_words(measured: Measured, rng: np.random.Generator) -> list[str]:
    words: list[str] = []

    def say(value: float, low: tuple[str, ...], high: tuple[str, ...]) -> None:
        if value < 0.25:
            words.append(str(rng.choice(low)))
        elif value > 0.75:
            words.append(str(rng.choice(high)))

    say(
        measured.brightness,
        ("dark", "mellow", "warm", "soft", "smooth", "round", "muted", "gentle", "deep", "moody"),
        ("bright", "brilliant", "sharp", "shiny", "buzzy", "crisp", "sparkling", "edgy", "harsh"),
    )
    say(
        measured.attack,
        ("percussive", "fast attack", "snappy", "punchy", "tight", "struck or plucked"),
        ("slow attack", "swelling", "fading in", "dreamy", "floating"),
    )
    say(
        measured.sustain,
        ("decaying", "short", "plucky", "dying away", "staccato"),
        ("sustained", "steady", "long", "held", "endless", "singing"),
    )
    say(
        measured.noisiness,
        ("clean", "pure", "clear", "glassy"),
        ("breathy", "airy", "noisy", "gritty", "raw", "dusty"),
    )
    rng.shuffle(words)
    return words


def names_of(instrument: Instrument) -> list[str]:
    """What an instrument is called: its maker's name for it, and General MIDI's with synonyms."""
    own = instrument.name.lower()
    if instrument.program is None or instrument.program >= len(GM_NAMES):
        return [own]
    common = GM_NAMES[instrument.program].split("|") * 2
    return [*common, own] if any(letter.isalpha() for letter in own) else common


def phrases_of(instrument: Instrument) -> tuple[str, ...]:
    """Names, and what its family is called, made of and met with; each once."""
    family = instrument.family
    said = (
        *names_of(instrument),
        *FAMILY_WORDS[family],
        *FAMILY_MATERIALS[family],
        *phrases_for(instrument.program),
    )
    return tuple(dict.fromkeys(said))


def write_captions(
    instrument: Instrument, measured: Measured, count: int, seed: int
) -> tuple[str, ...]:
    """Different ways to ask for an instrument; the same seed gives the same words.

    Args:
        instrument: what is asked for.
        measured: what can be heard of it.
        count: how many captions.
        seed: with the instrument's id, of every choice.
    """
    rng = np.random.default_rng([seed, *instrument.id.encode()])
    names = names_of(instrument)
    family = FAMILY_WORDS[instrument.family]
    captions = []
    for index in range(count):
        traits = _trait_words(measured, rng) + list(instrument.traits)
        few = " ".join(traits[: int(rng.integers(0, 3))])
        name = str(rng.choice(names))
        kind = str(rng.choice(family))
        material = str(rng.choice(FAMILY_MATERIALS[instrument.family]))
        company = str(rng.choice(phrases_for(instrument.program) or (kind,)))
        captions.append(
            " ".join(
                (
                    name,
                    f"{few} {name}",
                    f"a {few} {kind}",
                    f"{name}, {', '.join(traits[:3]) or kind}",
                    f"the sound of a {few} {name}",
                    f"{few} {name} {kind}",
                    f"{', '.join(traits) or name}",
                    f"{few} {material} {kind}",
                    f"{name} playing, {few}",
                    f"I want something {few} like a {name}",
                    f"{kind}: {name}",
                    f"{few} {material}",
                    f"{company}",
                    f"{few} {company} {kind}",
                    f"{company}, {name}",
                    f"{name} as in {company}",
                )[index % 16].split()
            )
        )
    return tuple(captions)
