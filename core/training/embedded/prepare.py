"""Build the training set: every instrument's notes played and analysed.

One ``.npz`` an instrument, so that an interrupted build goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import pedalboard
import torch

from core.corpora.nsynth import MAX_HZ as NSYNTH_MAX_HZ
from core.training.embedded import instrument_file
from core.training.embedded.instrument_file import play_notes, write_instrument
from core.training.sources import effects, nsynth
from core.training.sources.derived import DerivedInstruments
from core.training.sources.instruments import SAMPLE_RATE, Instrument, NotePlayer, PlayedNote
from core.training.sources.procedural import FIRST_LATER, make_instrument
from core.training.sources.soundfonts import FONTS, iter_instruments

ROOM_SHARE = 0.15
"""How many instruments get a copy in a room."""

_A_JOB = 50  # instruments


@dataclass(frozen=True)
class Sources:
    """Where a training set's instruments come from.

    Attributes:
        procedural, later: how many computed ones, of the first kinds and of those added later.
        derived: how many made out of others.
        nsynth: folders of NSynth's splits.
        soundfonts: whether all presets of the soundfonts are taken.
    """

    procedural: int = 600
    later: int = 320
    derived: int = 2000
    nsynth: tuple[Path, ...] = ()
    soundfonts: bool = True


def prepare_instruments(
    out: Path, sources: Sources, workers: int, log: Callable[[str], None] = lambda _line: None
) -> None:
    """Write the file of every instrument, and of its copies, that is not there yet.

    Args:
        out: an existing folder.
        sources: of the instruments.
        workers: processes.
        log: told of each group of instruments.

    Raises:
        UserInputError: if a soundfont is not installed, or a folder is not NSynth's.
    """
    work = [(font, 0, 0) for font in FONTS] if sources.soundfonts else []
    for source, begin, count in (
        ("procedural", 0, sources.procedural),
        ("procedural", FIRST_LATER, sources.later),
        ("derived", 0, sources.derived),
    ):
        end = begin + count
        work += [(source, first, min(first + _A_JOB, end)) for first in range(begin, end, _A_JOB)]
    with ProcessPoolExecutor(workers) as pool:
        futures = {pool.submit(build_source, out, *item): f"{item[0]} {item[1]}" for item in work}
        for folder in sources.nsynth:
            for part in range(workers):
                job = pool.submit(build_nsynth, out, folder, part, workers)
                futures[job] = f"{folder} {part}"
        for future, label in futures.items():
            log(f"{label}: {future.result()} instruments")


def augmented_copy(
    instrument: Instrument, kind: str, notes: list[PlayedNote]
) -> tuple[Instrument, list[PlayedNote]]:
    """The same notes through random effects, as an instrument of its own.

    References are made of the copy's notes, so that they show the same.

    Args:
        instrument: the original.
        kind: ``+fx``, EQ, distortion or both; or ``+room``, reverb, and half of the time those
            before it.
        notes: of the original.
    """
    rng = np.random.default_rng([11 if kind == "+fx" else 31, *instrument.id.encode()])
    chain: list[pedalboard.Plugin] = []
    words: tuple[str, ...] = ()
    if kind == "+fx" or rng.random() < 0.5:
        chain, words = effects.random_effects(rng)
    if kind == "+room":
        reverb, more = effects.random_room(rng)
        chain, words = [*chain, reverb], (*words, *more)
    gain = effects.working_gain([note.audio for note in notes])
    wet = [replace(note, audio=effects.apply(chain, note.audio, gain)) for note in notes]
    traits = (*instrument.traits, *words)
    return replace(instrument, id=f"{instrument.id}{kind}", traits=traits), wet


def missing_kinds(out: Path, instrument: Instrument) -> list[str]:
    """Which of an instrument and its copies are still to be made, the instrument itself last.

    Args:
        out: the folder.
        instrument: the original.
    """
    kinds = [""]
    for kind, share, seed in (("+fx", 0.5, []), ("+room", ROOM_SHARE, [29])):
        rng = np.random.default_rng([*seed, *instrument.id.encode()])
        if instrument.split != "heldout" and rng.random() < share:
            kinds.insert(0, kind)
    return [kind for kind in kinds if not instrument_path(out, f"{instrument.id}{kind}").exists()]


def instrument_path(out: Path, instrument_id: str) -> Path:
    """Where an instrument's file is."""
    return out / f"{instrument_id.replace(':', '_')}.npz"


def _build(out: Path, instrument: Instrument, player: NotePlayer) -> int:
    missing = missing_kinds(out, instrument)
    return _write(out, instrument, missing, play_notes(instrument, player, 1)) if missing else 0


def _write(
    out: Path,
    instrument: Instrument,
    kinds: list[str],
    notes: list[PlayedNote],
    max_hz: float = SAMPLE_RATE / 2,
) -> int:
    """Write an instrument (kind ``""``) and copies of it."""
    written = 0
    for kind in kinds:
        made, played = augmented_copy(instrument, kind, notes) if kind else (instrument, notes)
        written += write_instrument(instrument_path(out, made.id), made, played, max_hz)
    return written


def build_source(out: Path, source: str, first: int, last: int) -> int:
    """Write the instruments of a source that are missing; how many.

    Args:
        out: the folder.
        source: ``procedural``, ``derived``, or a key of
            :data:`core.training.sources.soundfonts.FONTS`.
        first, last: numbers of the first and after the last instrument; a font's are all made.
    """
    torch.set_num_threads(1)
    instruments: Iterator[tuple[Instrument, NotePlayer]]
    if source == "derived":
        makers = DerivedInstruments()
        try:
            return sum(_build(out, *makers.make(index)) for index in range(first, last))
        finally:
            makers.close()
    if source == "procedural":
        instruments = (make_instrument(index) for index in range(first, last))
    else:
        instruments = iter_instruments(source)
    return sum(_build(out, instrument, player) for instrument, player in instruments)


def build_nsynth(out: Path, folder: Path, first: int, every: int) -> int:
    """Write every so many-th instrument of an NSynth split that is missing; how many.

    Args:
        out: the folder.
        folder: of the split.
        first: where to begin.
        every: step to the next.
    """
    torch.set_num_threads(1)
    written = 0
    for instrument, sample in islice(nsynth.iter_instruments(folder), first, None, every):
        if missing := missing_kinds(out, instrument):
            written += _write(
                out, instrument, missing, sample(instrument_file.N_NOTES), NSYNTH_MAX_HZ
            )
    return written
