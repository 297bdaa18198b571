"""A recording as a file, for who keeps files: samples are written into one first."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from core.audio.files import write_wav
from core.timbre import AudioTimbre


@contextlib.contextmanager
def reference_file(timbre: AudioTimbre) -> Iterator[Path]:
    """The file of a recording; of samples one that is there as long as the context is.

    Raises:
        OutputError: if samples cannot be written.
    """
    if timbre.samples is None or timbre.sample_rate is None:
        yield timbre.path
        return
    with tempfile.TemporaryDirectory(prefix="timbre-recording-") as folder:
        path = Path(folder) / "recording.wav"
        write_wav(path, timbre.samples, timbre.sample_rate, subtype="FLOAT")
        yield path
