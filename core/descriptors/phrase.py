"""The phrase that timbres are measured on: single notes with silence between them."""

from core.clip import Clip, Note
from core.engines.registry import ENGINES

HELD_S = 1.2
"""How long each note is held."""

APART_S = 2.0
"""From one onset to the next: the rest is the note's tail."""

KEYS = ((48, 90), (60, 60), (60, 112), (72, 90))
"""Keys and velocities: three octaves' middle, softer and louder."""

MEASURING_PHRASE = Clip.of(
    "measuring-1",
    [
        Note(APART_S * index, pitch, velocity, HELD_S)
        for index, (pitch, velocity) in enumerate(KEYS)
    ],
    length_s=APART_S * len(KEYS),
)
"""Its name holds its version: what was measured on another one, or another way, is void."""


def measure_basis() -> str:
    """What was measured on and by: the phrase, and how engines sound by now.

    As for gains (:func:`core.leveling.phrase.gain_basis`): with the same weights and another
    sound, presets are measured again.
    """
    revised = [f"{name}-{engine.revision}" for name, engine in ENGINES.items() if engine.revisions]
    return " ".join([MEASURING_PHRASE.name, *sorted(revised)])
