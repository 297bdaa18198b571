"""The demo's score: Old Hundredth (Genevan Psalter, 1551; public domain) in four voices.

The harmony is ours.
"""

from __future__ import annotations

from core.clip import Clip, Note

BEAT_S = 60.0 / 92.0

# Soprano, alto, tenor, bass; one row a beat, four phrases of eight chords.
_CHORDS = (
    (67, 62, 59, 43), (67, 64, 59, 40), (66, 62, 57, 50), (64, 60, 55, 48),
    (62, 59, 55, 43), (67, 64, 59, 52), (69, 66, 62, 50), (71, 67, 62, 43),
    (71, 67, 62, 55), (71, 67, 62, 55), (71, 67, 64, 52), (69, 66, 62, 50),
    (67, 64, 59, 52), (72, 67, 64, 48), (71, 67, 62, 43), (69, 66, 62, 50),
    (67, 62, 59, 55), (69, 66, 62, 54), (71, 67, 62, 55), (69, 66, 62, 54),
    (67, 64, 59, 52), (64, 60, 55, 48), (66, 62, 57, 50), (67, 62, 59, 43),
    (74, 71, 67, 55), (71, 67, 62, 55), (67, 64, 59, 52), (69, 64, 60, 45),
    (72, 67, 64, 48), (71, 67, 62, 50), (69, 66, 62, 50), (67, 62, 59, 43),
)  # fmt: skip
_PHRASE = 8
_VELOCITIES = (96, 78, 76, 84)


def chorale() -> Clip:
    """The clip: 36 beats of 92 to the minute, the last chord of each phrase held for two."""
    notes = []
    at_beats = 0.0
    for index, chord in enumerate(_CHORDS):
        beats = 2.0 if index % _PHRASE == _PHRASE - 1 else 1.0
        for pitch, velocity in zip(chord, _VELOCITIES, strict=True):
            # A singer's breath between chords: repeated notes stay apart.
            held_s = (beats - 0.12) * BEAT_S
            notes.append(Note(at_beats * BEAT_S, pitch, velocity, held_s))
        at_beats += beats
    return Clip.of("Old Hundredth", notes, at_beats * BEAT_S)
