"""Sound: files in and out, sample rates, channels, and what every listener asks of it."""

from core.audio.conform import resample
from core.audio.files import (
    MAX_REFERENCE_S,
    MIN_REFERENCE_S,
    ReferenceReading,
    read_audio,
    read_reference,
    read_reference_with_remarks,
    write_wav,
)
from core.audio.formats import write_audio

__all__ = [
    "MAX_REFERENCE_S",
    "MIN_REFERENCE_S",
    "ReferenceReading",
    "read_audio",
    "read_reference",
    "read_reference_with_remarks",
    "resample",
    "write_audio",
    "write_wav",
]
