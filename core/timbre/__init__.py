"""Timbres: recipes for an embedding.

A recipe is data (a path, words, weights): it can be stored, shown and repeated. Embedding
one is :mod:`core.encoders.embed`'s business; naming and keeping timbres is the library's.
Programs give timbres in other forms too (:data:`TimbreLike`); :func:`as_timbre` reads them.
"""

from core.timbre.base import MAX_DEPTH, Timbre
from core.timbre.mixtures import (
    BLEND_MODES,
    MAX_PARTS,
    Blend,
    BlendMode,
    Morph,
    TimbreLike,
    as_timbre,
)
from core.timbre.parsing import parse_blend, parse_morph
from core.timbre.positions import MAX_POINTS, MIN_POSITION_STEP
from core.timbre.reading import KINDS, from_dict, recordings_of
from core.timbre.single import MAX_WORDS_CHARACTERS, AudioTimbre, TextTimbre

__all__ = [
    "BLEND_MODES",
    "KINDS",
    "MAX_DEPTH",
    "MAX_PARTS",
    "MAX_POINTS",
    "MAX_WORDS_CHARACTERS",
    "MIN_POSITION_STEP",
    "AudioTimbre",
    "Blend",
    "BlendMode",
    "Morph",
    "TextTimbre",
    "Timbre",
    "TimbreLike",
    "as_timbre",
    "from_dict",
    "parse_blend",
    "parse_morph",
    "recordings_of",
]
