"""Clips out of what a program has: a path, another library's score, an array, or notes.

Other libraries' scores are written as MIDI files in memory and read as such, so that tempo, pedal,
bends and drums are treated, and remarked on, as those of any file. None of the libraries is
imported here: who has such an object has the library.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from core.clip import Clip, Note
from core.coercion.arrays import as_array
from core.coercion.type_errors import wrong_type
from core.errors import MidiError
from core.midi.reading import MidiReading, read_midi, read_midi_bytes
from core.progress import RemarkCallback, ignore_remark
from core.timbre import Timbre


class ScoreObject(Protocol):
    """A score of another library: ``pretty_midi.PrettyMIDI`` or a stream of ``music21``."""

    def write(self, *arguments: Any, **named: Any) -> Any:
        """Write a MIDI file."""


class MidiFileObject(Protocol):
    """A ``mido.MidiFile``."""

    def save(self, *arguments: Any, **named: Any) -> Any:
        """Write a MIDI file."""


ClipLike: TypeAlias = (
    Clip | str | os.PathLike[str] | ScoreObject | MidiFileObject | npt.ArrayLike | Iterable[Note]
)
"""What is taken wherever a clip is asked for: a clip, the path of a MIDI file, a
``pretty_midi.PrettyMIDI``, ``mido.MidiFile`` or ``music21`` stream, an array ``[K, 4]`` of start,
end (seconds), pitch and velocity (1–127), or notes: ours or pretty_midi's."""

NotesLike: TypeAlias = Clip | npt.ArrayLike | Iterable[Note]
"""Notes, or a clip that holds them, or an array ``[K, 4]``; there may be none."""

_TAKEN = (
    "a Clip, the path of a MIDI file, a pretty_midi.PrettyMIDI, a mido.MidiFile, a music21 stream, "
    "an array [K, 4] of start, end, pitch, velocity, or a list of Notes"
)
_COLUMNS = ("start", "end", "pitch", "velocity")
_ADVICE = {
    "note_seq": "note_seq.note_sequence_to_pretty_midi(sequence)",
    "symusic": "the path of a file that its dump_midi wrote",
    "miditoolkit": "the path of a file that its dump wrote",
    "partitura": "the path of a file that partitura.save_score_midi wrote",
}


def as_clip(clip: ClipLike, name: str = "", on_remark: RemarkCallback = ignore_remark) -> Clip:
    """The clip that a value stands for.

    Args:
        clip: as :data:`ClipLike` says.
        name: of the clip, where the value has none.
        on_remark: called with what is to be said about a file or a score, a line each.

    Raises:
        TypeError: if it is nothing of that.
        MidiError: if a file cannot be read, a value is out of range, or there is no note.
    """
    if isinstance(clip, Clip):
        return clip
    if isinstance(clip, Timbre):
        raise wrong_type("the clip", clip, f"{_TAKEN}; the clip comes first, then the timbre")
    reading = _file_reading(clip, name)
    if reading is not None:
        for remark in reading.remarks:
            on_remark(remark.message)
        return reading.clip
    notes = as_notes(clip)
    if not notes:
        raise MidiError("the clip holds no notes; give at least one")
    return Clip.of(name, notes)


def _file_reading(score: Any, name: str) -> MidiReading | None:
    """A file or another library's score, read; None if it is neither."""
    if isinstance(score, str | os.PathLike):
        return read_midi(score)
    libraries = {kind.__module__.split(".")[0] for kind in type(score).__mro__}
    if "pretty_midi" in libraries and hasattr(score, "instruments"):
        stream = io.BytesIO()
        score.write(stream)
        return read_midi_bytes(stream.getvalue(), name)
    if "mido" in libraries and hasattr(score, "ticks_per_beat"):
        stream = io.BytesIO()
        score.save(file=stream)
        return read_midi_bytes(stream.getvalue(), name or Path(score.filename or "").stem)
    if "music21" in libraries and hasattr(score, "write"):
        with tempfile.TemporaryDirectory(prefix="timbre-score-") as folder:
            written = score.write("midi", fp=str(Path(folder) / "score.mid"))
            return read_midi_bytes(Path(written).read_bytes(), name)
    for library, advice in _ADVICE.items():
        if library in libraries:
            raise wrong_type("the clip", score, advice)
    return None


def as_notes(notes: NotesLike | ClipLike) -> list[Note]:
    """The notes that a value stands for, in the order given.

    Args:
        notes: a clip, an array ``[K, 4]``, or notes, ours or pretty_midi's; may be empty.

    Raises:
        TypeError: if it is nothing of that.
        MidiError: if a value is out of range; the message says which.
    """
    if isinstance(notes, Clip):
        return list(notes.notes)
    if hasattr(notes, "columns"):
        return _rows(_named_columns(notes))
    if hasattr(notes, "shape") or hasattr(notes, "__array__"):
        return _rows(as_array("the clip", notes, _TAKEN))
    if isinstance(notes, str | bytes | dict) or not isinstance(notes, Iterable):
        raise wrong_type("the clip", notes, _TAKEN)
    listed = list(notes)
    if not listed:
        return []
    if all(isinstance(each, list | tuple | np.ndarray) for each in listed):
        return _rows(as_array("the clip", listed, _TAKEN))
    return [_note(index, each) for index, each in enumerate(listed)]


def _note(index: int, note: Any) -> Note:
    if isinstance(note, Note):
        return note
    if all(hasattr(note, name) for name in _COLUMNS):
        return _timed(f"note {index}", note.start, note.end, note.pitch, note.velocity)
    raise wrong_type(f"item {index} of the notes", note, "notes, or rows of four numbers each")


def _named_columns(table: Any) -> npt.NDArray[Any]:
    """The four columns of a table with headings, in whatever order they stand."""
    missing = [name for name in _COLUMNS if name not in table.columns]
    if missing:
        raise TypeError(
            f"the table of notes has no column {missing[0]!r}; it needs {', '.join(_COLUMNS)}"
        )
    return np.stack(
        [as_array(f"the column {name!r}", table[name], "numbers") for name in _COLUMNS], 1
    )


def _rows(rows: npt.NDArray[Any]) -> list[Note]:
    if rows.ndim != 2 or rows.shape[1] != len(_COLUMNS):
        if not rows.size:
            return []
        turned = rows.ndim == 2 and rows.shape[0] == len(_COLUMNS)
        advice = "; transpose it" if turned else ""
        raise MidiError(
            f"an array of notes is [K, 4]: start, end, pitch, velocity; this is of shape "
            f"{rows.shape}{advice}"
        )
    if len(rows) and float(rows[:, 3].max()) <= 1.0:
        raise MidiError(
            "the velocities are within 0…1; they are 1–127 here: put numpy.round(127 * velocity) "
            "into the fourth column"
        )
    return [_timed(f"row {index}", *row) for index, row in enumerate(rows.tolist())]


def _timed(where: str, start_s: float, end_s: float, pitch: float, velocity: float) -> Note:
    if end_s <= start_s:
        raise MidiError(
            f"{where} ends at {end_s:g} s and starts at {start_s:g} s; its values are start, end, "
            "pitch, velocity"
        )
    try:
        # Whole numbers of an array of floats are whole numbers; others a note refuses.
        return Note(start_s, pitch, velocity, end_s - start_s)  # type: ignore[arg-type]
    except MidiError as error:
        raise MidiError(f"{where}: {error}; its values are {', '.join(_COLUMNS)}") from None
