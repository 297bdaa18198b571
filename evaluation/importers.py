"""Folders as other makers publish them, turned into manifests.

    folder   NAME.mid with NAME.reference.wav, NAME.txt (words) and NAME.target.wav beside it
    nsynth   examples.json and audio/NOTE.wav (Engel et al., 2017): single notes; the target is one
             note of an instrument and the reference another of the same
    lakh     any depth of *.mid, as lmd_full and lmd_matched (Raffel, 2016): one track of each file
             in words, as there is no recording

Scores that exist only as data are written as MIDI files next to the new manifest. What is chosen
from a large collection depends on the seed only, not on the order of the file system. Sound files
may have any suffix soundfile reads.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from core.clip import Clip, Note
from core.coercion.type_errors import as_path
from core.corpora import lakh, nsynth
from core.errors import UserInputError
from core.midi import write_midi
from evaluation.datasets import Item

SOUND_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff")
LAKH_LONGEST_S = 10.0
LAKH_MIN_NOTES = 8


def from_folder(folder: Path, _destination: Path, _limit: int | None, _seed: int) -> list[Item]:
    """Items of a plain folder, by name.

    Raises:
        UserInputError: if there is no MIDI file, or one has neither reference nor words.
    """
    items = []
    for midi in sorted([*folder.glob("*.mid"), *folder.glob("*.midi")]):
        words = midi.with_suffix(".txt")
        reference = _sound(folder, f"{midi.stem}.reference")
        if reference is None and not words.exists():
            raise UserInputError(
                f"{midi} has no timbre: put {midi.stem}.reference.wav or {words.name} beside it"
            )
        text = words.read_text("utf-8").strip() if words.exists() else None
        target = _sound(folder, f"{midi.stem}.target")
        items.append(Item(_safe(midi.stem), midi, reference, text or None, target, midi.stem))
    return items


def from_nsynth(folder: Path, destination: Path, limit: int | None, seed: int) -> list[Item]:
    """One item per instrument of an NSynth split: two of its notes.

    Raises:
        UserInputError: if ``examples.json`` is missing or not NSynth's.
    """
    instruments = nsynth.read_instruments(folder)
    rng = random.Random(seed)
    items = []
    for instrument in _some(list(instruments), limit, rng):
        notes = sorted(instruments[instrument], key=lambda note: note.name)
        if len(notes) < 2:
            continue  # its only note would be target and reference at once
        target, reference = rng.sample(notes, 2)
        note = Note(0.0, target.pitch, target.velocity, nsynth.HELD_S)
        midi = _write(Clip.of(target.name, [note]), destination)
        words = (*target.qualities, target.source, target.family)
        text = " ".join(word.replace("_", " ") for word in words if word)
        items.append(
            Item(_safe(target.name), midi, reference.audio, text or None, target.audio, instrument)
        )
    return items


def from_lakh(folder: Path, destination: Path, limit: int | None, seed: int) -> list[Item]:
    """The busiest track of each file, its first seconds, in the words of the track's name.

    Files that cannot be read, or are too short, are passed over: the collection has many.
    """
    items: list[Item] = []
    tracks = lakh.iter_tracks(folder, seed)
    while limit is None or len(items) < limit:
        track = next(tracks, None)
        if track is None:
            break
        excerpt = _excerpt(track.clip, LAKH_LONGEST_S)
        if len(excerpt.notes) < LAKH_MIN_NOTES:
            continue
        id_ = _safe("-".join(track.path.relative_to(folder).with_suffix("").parts))
        midi = _write(Clip(id_, excerpt.notes, excerpt.length_s), destination)
        words = track.name or "piano"
        items.append(Item(id_, midi, text=words, instrument=words))
    return items


Layout = Callable[[Path, Path, int | None, int], list[Item]]
LAYOUTS: dict[str, Layout] = {
    "folder": from_folder,
    "nsynth": from_nsynth,
    "lakh": from_lakh,
}


def read(
    layout: str,
    folder: str | os.PathLike[str],
    destination: str | os.PathLike[str],
    limit: int | None = None,
    seed: int = 0,
) -> list[Item]:
    """Items of a folder in a published layout.

    Args:
        layout: a key of :data:`LAYOUTS`.
        folder: where the collection lies.
        destination: an existing folder; scores made here go to its ``scores``.
        limit: at most this many items, chosen by the seed; None takes all.
        seed: of every choice.

    Raises:
        UserInputError: if the folder or layout is unknown, or nothing was found.
    """
    if layout not in LAYOUTS:
        raise UserInputError(f"layout {layout!r} is not one of {', '.join(LAYOUTS)}")
    folder = as_path("the collection", folder)
    if not folder.is_dir():
        raise UserInputError(f"{folder}: no such folder")
    items = LAYOUTS[layout](folder, as_path("the destination", destination), limit, seed)
    if not items:
        raise UserInputError(f"{folder} holds nothing in the layout {layout!r}")
    return items[:limit]


def _excerpt(clip: Clip, longest_s: float) -> Clip:
    """The notes that begin within ``longest_s`` of the first one, moved to the start."""
    first_s = clip.notes[0].start_s
    notes = [
        Note(
            note.start_s - first_s,
            note.pitch,
            note.velocity,
            min(note.duration_s, first_s + longest_s - note.start_s),
        )
        for note in clip.notes
        if note.start_s < first_s + longest_s
    ]
    return Clip.of(clip.name, notes)


def _sound(folder: Path, stem: str) -> Path | None:
    found: Iterator[Path] = (
        path for suffix in SOUND_SUFFIXES if (path := folder / f"{stem}{suffix}").exists()
    )
    return next(found, None)


def _some(names: list[str], limit: int | None, rng: random.Random) -> list[str]:
    return names if limit is None or limit >= len(names) else sorted(rng.sample(names, limit))


def _safe(name: str) -> str:
    """A name as an item's id may be written."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in name)
    return kept.lstrip("._-")[:120] or "item"


def _write(clip: Clip, destination: Path) -> Path:
    scores = destination / "scores"
    scores.mkdir(exist_ok=True)
    path = scores / f"{_safe(clip.name)}.mid"
    write_midi(clip, path)
    return path
