"""What dropped files are: clips, sound files of ours to render again, or nothing for here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PyQt6.QtCore import QT_TRANSLATE_NOOP

from core.errors import Cancelled, TimbreError
from core.progress import StageCallback
from desktop.services.jobs_interface import ClipItem, JobService, TakeItem
from desktop.tasks import TaskControl
from desktop.translations.words import translate

MIDI_SUFFIXES = frozenset({".mid", ".midi", ".smf", ".kar", ".rmi"})
SOUND_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".mp3"})
MOST_FILES = 5000
"""Of one drop; a whole disk is dropped by mistake."""

TAKEN = QT_TRANSLATE_NOOP("Takes", "drop MIDI files, or WAV files that were rendered here")


@dataclass(frozen=True)
class SortedDrop:
    """Dropped files by what is done with them.

    Attributes:
        midi: to be read as clips.
        sounds: to be rendered again.
        refused: one line each, for people.
    """

    midi: tuple[Path, ...] = ()
    sounds: tuple[Path, ...] = ()
    refused: tuple[str, ...] = ()


def sort_drop(files: Sequence[Path]) -> SortedDrop:
    """Sort dropped files; of folders, the MIDI files in them. Looks at the disk.

    Args:
        files: as they were dropped.
    """
    midi: list[Path] = []
    sounds: list[Path] = []
    refused: list[str] = []
    for file in files:
        suffix = file.suffix.lower()
        if file.is_dir():
            inside = sorted(p for p in file.rglob("*") if p.suffix.lower() in MIDI_SUFFIXES)
            if not inside:
                refused.append(
                    translate("Takes", "there is no MIDI file in the folder {file}").format(
                        file=file.name
                    )
                )
            midi += inside
        elif suffix in MIDI_SUFFIXES:
            midi.append(file)
        elif suffix in SOUND_SUFFIXES:
            sounds.append(file)
        else:
            refused.append(
                translate(
                    "Takes", "{file} is neither a MIDI file nor a sound file; {taken}"
                ).format(file=file.name, taken=translate("Takes", TAKEN))
            )
    if len(midi) > MOST_FILES:
        refused.append(
            translate(
                "Takes",
                "only the first {most_files} of {midi} MIDI files were taken; drop the rest apart",
            ).format(most_files=MOST_FILES, midi=len(midi))
        )
    return SortedDrop(tuple(midi[:MOST_FILES]), tuple(sounds), tuple(refused))


def refusal_words(refused: Sequence[str], total: int) -> str:
    """Why some of many files were refused, in one line.

    Args:
        refused: a line each.
        total: files there were.
    """
    if not refused:
        return ""
    if len(refused) == 1:
        return refused[0]
    return translate(
        "Takes", "{refused} of {total} files were not taken; the first: {first}"
    ).format(refused=len(refused), total=total, first=refused[0])


def take_in(
    jobs: JobService, files: Sequence[Path], control: TaskControl, on_stage: StageCallback
) -> tuple[list[ClipItem | TakeItem], str]:
    """Take files in one by one; what cannot be taken keeps no other out. Slow.

    Args:
        jobs: who takes them.
        files: as they were dropped.
        control: of the task.
        on_stage: called with which of many is read.

    Returns:
        Clips and takes, in order, and why others were refused, in one line.
    """
    drop = sort_drop(files)
    taken: list[ClipItem | TakeItem] = []
    refused = list(drop.refused)
    wanted = [*drop.midi, *drop.sounds]
    for number, file in enumerate(wanted):
        if not control.progress(number / len(wanted)):
            break
        if len(wanted) > 1:
            on_stage(
                translate("Takes", "reading file {number} of {wanted}").format(
                    number=number + 1, wanted=len(wanted)
                )
            )
        try:
            is_midi = number < len(drop.midi)
            taken.append(jobs.add_file(file, control) if is_midi else jobs.render_again(file))
        except Cancelled:
            raise
        except TimbreError as error:
            refused.append(" ".join(str(error).split()))
    return taken, refusal_words(refused, len(wanted) + len(drop.refused))
