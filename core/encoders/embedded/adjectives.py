"""What adjectives ask of a sound, in the four respects that are measured of every instrument.

Words name an instrument and say how it should sound. The former is looked up among known
instruments (:class:`core.encoders.embedded.networks.SentenceNet`); the latter is a step from what
was found along a direction in which instruments of one kind differ. The words are musicians' plain
ones; others still count where the network has learned them from captions.
"""

from __future__ import annotations

import re

import numpy as np

from core.types import FloatArray

TRAITS = ("brightness", "attack", "sustain", "noisiness")
"""Duller or brighter; quicker or slower to begin; dying away or held; pure or noisy."""

N_TRAITS = len(TRAITS)
MOST = 1.6

_WORDS: dict[tuple[str, int], str] = {
    ("brightness", -1): "dark mellow warm round rounded gentle deep dull muffled subdued velvety "
    "velvet dusky murky moody soft smooth boomy covered somber sombre dim",
    ("brightness", 1): "bright brilliant sharp shiny crisp sparkling sparkly edgy harsh piercing "
    "shimmering shimmery cutting glittering buzzy biting trebly brassy glassy luminous fizzy",
    ("attack", -1): "percussive snappy punchy tight clicky abrupt instant immediate struck "
    "plucked attack:fast attack:hard attack:sharp attack:quick attack:short attack:strong",
    ("attack", 1): "slow swelling swells swelled dreamy floating floaty fading rising gradual "
    "drifting evolving attack:slow attack:soft attack:long attack:gentle attack:smooth",
    ("sustain", -1): "decaying short plucky staccato clipped damped dampened brief stabbing stabby "
    "dying dry sustain:short sustain:no release:short",
    ("sustain", 1): "sustained sustaining steady long endless infinite held ringing droning "
    "lasting lingering continuous sustain:long sustain:endless",
    ("noisiness", -1): "clean pure clear polished pristine",
    ("noisiness", 1): "breathy airy noisy gritty raw dusty hissing hissy rough grainy dirty lo-fi",
}  # fmt: skip

_MUCH = {"very": 1.4, "extremely": 1.6, "super": 1.5, "really": 1.3, "too": 1.3, "more": 1.2}
_LITTLE = {"slightly": 0.5, "somewhat": 0.6, "rather": 0.8, "bit": 0.5, "little": 0.5, "half": 0.5}
_LESS = {"less": -0.8, "not": 0.0, "never": 0.0, "without": 0.0, "no": 0.0}
_DEGREES = {**_MUCH, **_LITTLE, **_LESS}
_NOUNS = ("attack", "sustain", "release")


_TABLE = {
    word: (TRAITS.index(trait), sign)
    for (trait, sign), words in _WORDS.items()
    for word in words.split()
}


def asked_of(text: str) -> FloatArray:
    """What a description asks for: float32 [4] in −1.6 … 1.6, 0 where it says nothing.

    "a very bright piano with a slow attack" asks for more of the first and of the second. A word
    before "attack", "sustain" or "release" is about that and nothing else.
    """
    words = re.findall(r"[^\W_]+(?:-[^\W_]+)*", text.lower())
    asked = np.zeros(N_TRAITS, np.float32)
    degree = 1.0
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else ""
        if word in _DEGREES and f"{following}:{word}" not in _TABLE:
            degree *= _DEGREES[word]
            continue
        name = f"{following}:{word}" if following in _NOUNS else word
        entry = _TABLE.get(name) or _TABLE.get(_plain(name))
        if entry is not None:
            trait, sign = entry
            asked[trait] += sign * degree
        elif word in ("a", "an", "so"):
            continue  # "not a bright one": the degree is still that of what follows
        degree = 1.0
    return np.clip(asked, -MOST, MOST)


def _plain(word: str) -> str:
    """Without a comparative's or a superlative's ending."""
    for ending in ("er", "est"):
        stem = word.removesuffix(ending)
        if stem != word:
            return next((s for s in (stem, f"{stem}e", stem[:-1]) if s in _TABLE), word)
    return word
