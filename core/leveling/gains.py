"""The gain of a timbre, measured once and kept: in memory, and in a file of the cache folder.

A gain depends on the embedding, the model, the settings that decode it, and the phrase: these
make its key, so none ever goes stale. Presets keep theirs with them (:mod:`core.library.gains`).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.audio.loudness import integrated_loudness
from core.errors import OutputError
from core.files import replacing
from core.leveling.phrase import MAX_GAIN_DB, TARGET_LUFS, gain_basis
from core.settings import GAIN, RenderSettings
from core.types import Embedding, EmbeddingPath, FloatArray

MOST_KEPT = 1000
"""Gains in the file; the oldest go."""

DECIMALS = 2
"""Of a gain in dB: what is kept, printed and repeated is one number."""


@dataclass(frozen=True)
class LevelGain:
    """What brings a timbre to the common loudness.

    Attributes:
        db: to apply; a multiple of 0.01.
        remark: what is odd about it, one line; empty if nothing is.
    """

    db: float
    remark: str = ""


def gain_of(phrase: FloatArray, sample_rate: int) -> LevelGain:
    """The gain that brings a render of the phrase to :data:`~core.leveling.phrase.TARGET_LUFS`.

    Args:
        phrase: float32 [channels, frames].
        sample_rate: Hz.
    """
    loudness = integrated_loudness(phrase, sample_rate)
    if math.isnan(loudness):
        return LevelGain(0.0, "this timbre gives no finite sound on the loudness phrase; no gain")
    if math.isinf(loudness):
        return LevelGain(0.0, "this timbre is silent on the loudness phrase; it gets no gain")
    wanted = round(TARGET_LUFS - loudness, DECIMALS)
    bounded = min(MAX_GAIN_DB, max(-MAX_GAIN_DB, wanted))
    if bounded == wanted:
        return LevelGain(wanted)
    remark = (
        f"this timbre would need a gain of {wanted:+.1f} dB to be as loud as others; it gets "
        f"{bounded:+.0f} dB"
    )
    return LevelGain(bounded, remark)


def gain_key(embedding: Embedding, model_sha256: str, settings: RenderSettings) -> str:
    """Everything a gain depends on, as one hash (hex).

    Args:
        embedding: of the timbre.
        model_sha256: of the bundle.
        settings: of the render.
    """
    digest = hashlib.sha256(f"{gain_basis()} {TARGET_LUFS} {model_sha256}".encode())
    decoding = sorted((name, float(v)) for name, v in settings.items() if name != GAIN.name)
    digest.update(json.dumps(decoding).encode())
    if isinstance(embedding, EmbeddingPath):
        # The phrase goes through the whole of a path, however long that takes in a clip.
        last_s = float(embedding.times_s[-1])
        parts = np.round(embedding.times_s / last_s, 6) if last_s > 0 else embedding.times_s
        digest.update(b"path" + np.ascontiguousarray(parts, "<f8").tobytes())
        embedding = embedding.embeddings
    digest.update(np.ascontiguousarray(embedding, "<f4").tobytes())
    return digest.hexdigest()


class GainCache:
    """Gains by key. Any thread may use it, and any number of processes the file.

    Of two processes that write at once the later one's file stays: the gains of the other are
    measured again. A file that cannot be read or written costs time only.

    Args:
        file: where gains are kept; None is in memory only.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._known: OrderedDict[str, LevelGain] = OrderedDict()

    def __contains__(self, key: str) -> bool:
        return self._find(key) is not None

    def get(self, key: str, measure: Callable[[], LevelGain]) -> LevelGain:
        """The gain of a key, measured if it is not known.

        Args:
            key: from :func:`gain_key`.
            measure: gives it.
        """
        known = self._find(key)
        if known is not None:
            return known
        gain = measure()
        with self._lock:
            self._known = OrderedDict({**self._read(), **self._known, key: gain})
            while len(self._known) > MOST_KEPT:
                self._known.popitem(last=False)
            self._write()
        return gain

    def _find(self, key: str) -> LevelGain | None:
        with self._lock:
            if key not in self._known:
                self._known = OrderedDict({**self._read(), **self._known})
            return self._known.get(key)

    def _read(self) -> dict[str, LevelGain]:
        if self._file is None:
            return {}
        try:
            stored = json.loads(self._file.read_text("utf-8"))
            return {str(key): _checked(*entry) for key, entry in stored.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def _write(self) -> None:
        if self._file is None:
            return
        data = {key: [gain.db, gain.remark] for key, gain in self._known.items()}
        with contextlib.suppress(OSError, OutputError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self._file) as stream:
                stream.write(json.dumps(data).encode())


def _checked(db: float, remark: str) -> LevelGain:
    if not abs(db) <= MAX_GAIN_DB:
        raise ValueError(f"a gain of {db} dB")
    return LevelGain(float(db), str(remark))
