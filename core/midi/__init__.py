"""Scores: MIDI files to clips and back."""

from core.midi.reading import MIN_NOTE_S, MidiReading, read_midi
from core.midi.remarks import Remark
from core.midi.scores import ClipLike, NotesLike, as_clip, as_notes
from core.midi.writing import TICKS_PER_BEAT, write_midi

__all__ = [
    "MIN_NOTE_S",
    "TICKS_PER_BEAT",
    "ClipLike",
    "MidiReading",
    "NotesLike",
    "Remark",
    "as_clip",
    "as_notes",
    "read_midi",
    "write_midi",
]
