"""Makes the factory bank: ``python -m core.training.factory_presets``.

Recordings are single notes of the procedural voices in :mod:`core.training.sources.procedural`,
1.1 s each, so the bank is wholly ours. Run it again only to change the bank: the digests
in ``bank.json`` are those of the FLAC files, which another libsndfile may pack otherwise.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import soundfile

from core.library import manifest
from core.library.factory import BANK, RECORDINGS
from core.library.manifest import Entry
from core.library.recipes import PinnedPreset, Recording, StoredBlend, Words
from core.training.sources.instruments import SAMPLE_RATE
from core.training.sources.procedural import make_instrument
from core.types import FloatArray

HELD_S, TAIL_S = 0.8, 0.3
FADE_S = 0.02
PEAK = 0.7
VELOCITY = 96
MIDDLE_C, LOW_E = 60, 40

VOICES: tuple[tuple[int, str, str], ...] = (
    (0, "Slow Dawn Pad", "pad slow bright"),
    (6, "Hollow Organ", "organ hollow sustained"),
    (12, "Glass Choir Pad", "pad bright smooth"),
    (24, "Warm Drawbars", "organ warm decaying"),
    (30, "Percussive Organ", "organ percussive"),
    (42, "Bright Organ Stab", "organ bright percussive"),
    (1, "Electric Mist Pad", "pad electric soft slow"),
    (13, "Soft FM Keys", "keys electric soft dark"),
    (25, "Bright FM Lead", "lead electric bright sustained"),
    (31, "Short FM Keys", "keys electric short percussive"),
    (43, "FM Pluck", "keys electric plucked short"),
    (8, "Square Lead", "lead analog square sustained"),
    (20, "Gritty Saw Lead", "lead analog saw gritty bright"),
    (32, "Noisy Square Bass", "bass analog square gritty"),
    (38, "Round Triangle Pad", "pad analog dark soft"),
    (44, "Mellow Square Pad", "pad analog mellow slow"),
    (3, "Nylon Pluck", "string plucked warm"),
    (9, "Steel Pluck", "string plucked bright"),
    (21, "Brilliant String", "string plucked bright long"),
    (27, "Muted Pluck", "string plucked dark short"),
    (39, "Ringing String", "string plucked long"),
    (4, "Small Bell", "bell struck short"),
    (10, "Tight Bell", "bell struck short bright"),
    (16, "Soft Mallet", "mallet struck soft"),
    (34, "Dry Click Mallet", "mallet struck short bright"),
    (52, "Long Bar", "mallet struck long pure"),
    (5, "Breath Pipe", "wind breathy airy"),
    (11, "Pure Pipe", "wind pure sustained"),
    (23, "Bright Pipe", "wind pure bright sustained"),
    (47, "Airy Pipe", "wind breathy airy bright"),
)
"""Number of the procedural instrument, the preset's name, its tags."""

WORDS: tuple[tuple[str, str, str], ...] = (
    ("Warm Electronic Bass", "warm smooth electronic bass", "bass electric warm"),
    ("Deep Sub Bass", "deep round sub bass, soft attack", "bass dark soft"),
    ("Concert Grand", "bright acoustic grand piano", "keys acoustic bright"),
    ("Felt Piano", "soft muted felt piano, intimate and dark", "keys acoustic soft dark"),
    ("Tine Piano", "electric piano, clean and mellow", "keys electric mellow"),
    ("Cathedral Organ", "church organ, full and sustained", "organ acoustic sustained"),
    ("Classical Guitar", "nylon string guitar, warm and plucked", "string plucked acoustic warm"),
    ("Solo Violin", "expressive solo violin, bowed", "string bowed acoustic"),
    ("Low Cello", "dark cello, slow bow", "string bowed acoustic dark slow"),
    ("Slow String Section", "slow legato orchestral strings", "string bowed ensemble slow"),
    ("Concert Flute", "concert flute, clear and breathy", "wind acoustic breathy"),
    ("Woody Clarinet", "mellow woody clarinet", "wind acoustic reed mellow"),
    ("Bold Brass", "bold brass section, bright attack", "brass acoustic ensemble bright"),
    ("Far Horn", "soft french horn, distant", "brass acoustic soft"),
    ("Wooden Marimba", "wooden marimba, soft mallets", "mallet struck acoustic"),
    ("Choir Aahs", "choir singing aah, warm and sustained", "voice ensemble warm sustained"),
    ("Chiptune Square", "chiptune square wave lead, buzzy", "lead electric square bright"),
    ("Music Box", "delicate music box", "bell struck bright soft"),
)
"""Name, words, tags."""

BLENDS: tuple[tuple[str, tuple[tuple[str, float], ...], str], ...] = (
    ("Piped Strings", (("Slow String Section", 0.6), ("Pure Pipe", 0.4)), "string wind slow"),
    ("Bell Keys", (("Tine Piano", 0.6), ("Small Bell", 0.4)), "keys bell"),
    ("Plucked Glass", (("Steel Pluck", 0.5), ("Glass Choir Pad", 0.5)), "string pad bright"),
    ("Bass and Organ", (("Warm Electronic Bass", 0.7), ("Warm Drawbars", 0.3)), "bass organ warm"),
    ("Breathing Choir", (("Choir Aahs", 0.6), ("Breath Pipe", 0.4)), "voice wind breathy"),
    ("Mallet Guitar", (("Classical Guitar", 0.5), ("Soft Mallet", 0.5)), "string mallet plucked"),
    ("Saw Brass", (("Bold Brass", 0.6), ("Gritty Saw Lead", 0.4)), "brass lead bright"),
    ("Soft Horizon", (("Far Horn", 0.5), ("Slow Dawn Pad", 0.5)), "brass pad slow soft"),
    ("Hollow Reed", (("Woody Clarinet", 0.7), ("Hollow Organ", 0.3)), "wind reed hollow"),
    ("Felt Bell", (("Felt Piano", 0.7), ("Long Bar", 0.3)), "keys mallet soft"),
    ("Dark Bow", (("Low Cello", 0.6), ("Round Triangle Pad", 0.4)), "string pad bowed dark"),
    # Blends of blends.
    ("Evening Ensemble", (("Piped Strings", 0.5), ("Soft Horizon", 0.5)), "ensemble slow soft"),
)
"""Name, presets above with their weights, tags."""


def make(bank: Path, folder: Path) -> None:
    """Write the manifest and the recordings."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = [
        Entry(name, _record(number, name, folder), tags=_tags(tags, "recording"), key=_key(name))
        for number, name, tags in VOICES
    ]
    entries += [
        Entry(name, Words(words), tags=_tags(tags, "words"), key=_key(name))
        for name, words, tags in WORDS
    ]
    for name, parts, tags in BLENDS:
        places = {entry.name: place for place, entry in enumerate(entries)}
        blend = StoredBlend(
            tuple((PinnedPreset(str(places[part]), 1, part), weight) for part, weight in parts)
        )
        entries.append(Entry(name, blend, tags=_tags(tags, "blend"), key=_key(name)))
    bank.write_bytes(manifest.write(entries))


def _record(number: int, name: str, folder: Path) -> Recording:
    instrument, player = make_instrument(number)
    pitch = LOW_E if instrument.family == "bass" else MIDDLE_C
    file = folder / f"{_key(name)}.flac"
    note = _finished(player.play(pitch, VELOCITY, HELD_S, TAIL_S))
    soundfile.write(file, note, SAMPLE_RATE, subtype="PCM_16", format="FLAC")
    return Recording(hashlib.sha256(file.read_bytes()).hexdigest(), ".flac", file.name)


def _finished(note: FloatArray) -> FloatArray:
    """Scaled to one peak, and faded out where the recording stops."""
    fade = np.linspace(1.0, 0.0, round(FADE_S * SAMPLE_RATE), dtype=np.float32)
    faded = note.copy()
    faded[-len(fade) :] *= fade
    scaled: FloatArray = faded * (PEAK / np.abs(faded).max())
    return scaled


def _tags(tags: str, source: str) -> tuple[str, ...]:
    return tuple(sorted({*tags.split(), source}))


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


if __name__ == "__main__":
    make(BANK, RECORDINGS)
