"""Scores: MIDI files to clips and back."""

from core.midi.files import MIN_NOTE_S, TICKS_PER_BEAT, MidiReading, read_midi, write_midi

__all__ = ["MIN_NOTE_S", "TICKS_PER_BEAT", "MidiReading", "read_midi", "write_midi"]
