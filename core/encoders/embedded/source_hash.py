"""Which code decides what the embedded encoder says, and its hash.

Embeddings are kept between runs and ship with the program. They hold for one file of weights and
one state of this code: a change of either makes others. What is listed is all that the encoder
imports but what only reads files, checks values or reports errors (a test compares).
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

SOURCES = (
    "audio/conform.py",
    "encoders/bert.py",
    "encoders/embed.py",
    "encoders/embedded/adam.py",
    "encoders/embedded/adjectives.py",
    "encoders/embedded/band_levels.py",
    "encoders/embedded/decoder_rows.py",
    "encoders/embedded/dynamics.py",
    "encoders/embedded/encoder.py",
    "encoders/embedded/features.py",
    "encoders/embedded/fit_objective.py",
    "encoders/embedded/fitting.py",
    "encoders/embedded/instrument_names.py",
    "encoders/embedded/minilm.py",
    "encoders/embedded/networks.py",
    "encoders/embedded/note_offsets.py",
    "encoders/embedded/transcription.py",
    "encoders/sphere.py",
    "engines/embedded/controls.py",
    "engines/embedded/decoder.py",
    "engines/embedded/leakage.py",
    "engines/embedded/modulation.py",
    "engines/embedded/note_features.py",
    "engines/embedded/subharmonics.py",
    "transcription/basic_pitch.py",
)
"""Files in ``core``, sorted."""

NOT_HEARD = (
    "audio/damaged.py", "audio/files.py", "audio/formats.py", "audio/riff.py", "audio/tags.py",
    "coercion/arrays.py", "coercion/type_errors.py", "encoders/base.py",
    "encoders/embedded/reference_remarks.py", "encoders/embedded/source_hash.py",
    "encoders/embedded/weights.py", "engines/embedded/weights.py", "threads.py",
)  # fmt: skip
"""What it imports besides, ``core``'s ground rooms and models aside: no change of it is heard."""


@cache
def source_sha256() -> str:
    """SHA-256 (hex) of :data:`SOURCES`; blank lines and those of comments do not count."""
    core = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update(f"\n{name}\n".encode())
        for line in (core / name).read_bytes().splitlines():
            text = line.strip()
            if text and not text.startswith(b"#"):
                digest.update(line.rstrip() + b"\n")
    return digest.hexdigest()


def fingerprint(weights_sha256: str) -> str:
    """What tells this encoder's embeddings from all others: weights and code, as one hash (hex)."""
    return hashlib.sha256(f"{weights_sha256} {source_sha256()}".encode("ascii")).hexdigest()
