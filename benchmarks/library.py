"""How quick the preset library is with 100,000 presets: ``python -m benchmarks.library``.

Makes a library of invented presets in a temporary folder (half a minute), then prints the
median and the slowest of 30 calls of each kind, in one process. ``cold`` is the first call
of a process that has just opened the library, everything being in the system's file cache.
Embeddings are random unit vectors: the time of a search does not depend on their values.
Below stand the median and the 95th percentile of many different calls, and of one product of
all embeddings' floats with a vector. The bars: search ≤ 10 ms, similar ≤ that product, a page of
a kind ≤ 10 ms.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core.encoders.base import TimbreEncoder, unit
from core.library import Library, recipes
from core.library.embeddings.kept import KeptEmbeddings
from core.timbre import TextTimbre
from core.types import EMBEDDING_DIM, FloatArray

WORDS = (
    *("warm", "bright", "dark", "soft", "hollow", "glass", "bell", "piano", "string", "bass"),
    *("lead", "pad", "organ", "flute", "brass", "choir", "metal", "wooden", "deep", "airy"),
    *("slow", "quick", "plucked", "bowed", "struck", "blown", "analog", "digital"),
)
TAGS = ("keys", "string", "pad", "bass", "lead", "bell", "wind", "voice")
CALLS = 30
FILE = "library.sqlite"


class RandomEncoder(TimbreEncoder):
    """Any words get a vector of their own, at once."""

    id = "random"
    sha256 = "0" * 64

    def encode_audio(self, audio: FloatArray, sample_rate: int) -> FloatArray:
        raise NotImplementedError("the benchmark uses words only")

    def encode_text(self, text: str) -> FloatArray:
        rng = np.random.default_rng(list(text.encode()))
        return unit(rng.standard_normal(EMBEDDING_DIM).astype(np.float32))


def build(path: Path, count: int) -> None:
    """Fill a library with rows like those the program writes, 100 times as fast."""
    rng = np.random.default_rng(1)
    now = datetime.now(UTC)
    with Library.open(path, with_factory_bank=False, model=None) as library:
        library.add("pattern", TextTimbre("pattern"))
        presets, versions, tags, texts = [], [], [], []
        for pk in range(2, count + 1):
            words = f"{' '.join(rng.choice(WORDS, 4))} number {pk}"
            name = f"{' '.join(rng.choice(WORDS, 2))} {pk}"
            own = sorted({str(tag) for tag in rng.choice(TAGS, 2)})
            recipe = json.dumps({"kind": "text", "words": words})
            at = (now + timedelta(milliseconds=pk)).isoformat()
            rating = int(rng.integers(6))
            presets.append((pk, f"{pk:032x}", name, name, pk, "text", rating, pk % 50 == 0, at, at))
            digest = recipes.digest(recipes.Words(words))
            versions.append((pk, pk, 1, f'"{words}"', recipe, "{}", digest, at))
            tags += [(pk, tag) for tag in own]
            texts.append((pk, name, " ".join(own), f'"{words}"'))
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            for statement, rows in (
                ("INSERT INTO preset VALUES (?,?,?,?,?,?,?,?,NULL,?,?)", presets),
                ("INSERT INTO version VALUES (?,?,?,?,?,?,?,?)", versions),
                ("INSERT INTO tag VALUES (?,?)", tags),
                ("INSERT INTO preset_text (rowid, name, tags, words) VALUES (?,?,?,?)", texts),
            ):
                connection.executemany(statement, rows)
        library.update_embeddings(RandomEncoder())


def calls(library: Library) -> dict[str, Callable[[], object]]:
    """What is timed."""
    encoder = RandomEncoder()
    preset = library.list(offset=77).presets[0]
    return {
        "search, one word": lambda: library.search("glass"),
        "search, two words": lambda: library.search("warm bas"),
        "search, one letter": lambda: library.search("b"),
        "search, nothing found": lambda: library.search("zither"),
        "similar to a preset": lambda: library.similar(preset, encoder, 20),
        "similar to words": lambda: library.similar(TextTimbre("warm bass"), encoder, 20),
        "list, first page": lambda: library.list(),
        "list, last page": lambda: library.list(offset=99_950),
        "list, newest": lambda: library.list(order="newest"),
        "list, by rating, last page": lambda: library.list(offset=99_950, order="rating"),
        "list, one kind": lambda: library.list(offset=50_000, kind="text"),
        "list, one tag": lambda: library.list(tag="keys"),
        "get by name": lambda: library.get(preset.name),
    }


@dataclass(frozen=True)
class LibraryTimes:
    """Medians and 95th percentiles over many different calls, seconds.

    Attributes:
        search_s: of one to four words, whole or begun.
        page_s: of one kind, from anywhere.
        similar_s: to a preset.
        product_s: of all embeddings, float32 [n, 512], with a vector.
    """

    search_s: tuple[float, float]
    page_s: tuple[float, float]
    similar_s: tuple[float, float]
    product_s: tuple[float, float]


def queries(count: int) -> list[str]:
    """What people might type: words and how they begin, now and then a number."""
    rng = np.random.default_rng(16)
    typed = []
    for _ in range(count):
        words = [str(rng.choice(WORDS))[: rng.integers(1, 8)] for _ in range(rng.integers(1, 4))]
        number = [str(rng.integers(1, 100_000))] if rng.random() < 0.2 else []
        typed.append(" ".join(words + number))
    return typed


def measure(path: Path, count: int = 200) -> LibraryTimes:
    """Time many calls of each kind, one after the other.

    Args:
        path: of a library that :func:`build` made.
        count: of calls.
    """
    rng = np.random.default_rng(16)
    encoder = RandomEncoder()
    with Library.open(path, with_factory_bank=False, model=None) as library:
        total = library.list().total
        offsets = [int(rng.integers(total - 50)) for _ in range(count)]
        presets = [library.list(offset, 1).presets[0] for offset in offsets]
        (vectors, *_) = KeptEmbeddings(path.with_suffix(".cache")).of_encoder(encoder)
        matrix = np.ascontiguousarray(vectors.embeddings)
        for preset in presets[:2]:  # the quick form of the vectors is made by the second search
            library.similar(preset, encoder)
        return LibraryTimes(
            _percentiles(library.search, queries(count)),
            _percentiles(lambda offset: library.list(offset, kind="text"), offsets),
            _percentiles(lambda preset: library.similar(preset, encoder), presets),
            _percentiles(lambda query: matrix @ query, [matrix[offset] for offset in offsets]),
        )


def _percentiles(call: Callable[[Any], object], arguments: Sequence[Any]) -> tuple[float, float]:
    call(arguments[0])
    times = [_milliseconds(partial(call, argument)) for argument in arguments]
    median, high = np.percentile(times, [50, 95]) / 1e3
    return float(median), float(high)


def main() -> None:
    """Build, then time."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--cold", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help="keep the library here")
    options = parser.parse_args()
    if options.cold:
        with Library.open(
            Path(options.folder) / FILE, with_factory_bank=False, model=None
        ) as library:
            call = calls(library)[options.cold]
            print(_milliseconds(call))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or temporary
        path = Path(folder) / FILE
        if not path.exists():
            started = time.perf_counter()
            build(path, options.count)
            print(f"{options.count} presets, built in {time.perf_counter() - started:.0f} s")
        with Library.open(path, with_factory_bank=False, model=None) as library:
            print(f"{'':28} median    slowest   cold (ms)")
            for name, call in calls(library).items():
                call()
                times = [_milliseconds(call) for _ in range(CALLS)]
                command = [sys.executable, "-m", "benchmarks.library"]
                command += ["--cold", name, "--folder", folder]
                cold = float(subprocess.run(command, capture_output=True, check=True).stdout)
                print(f"{name:28} {statistics.median(times):6.1f} {max(times):10.1f} {cold:7.1f}")
        print(f"{'of many different ones':28} median        p95 (ms)")
        for name, (median, high) in asdict(measure(path)).items():
            print(f"{name.removesuffix('_s'):28} {1e3 * median:6.1f} {1e3 * high:10.1f}")


def _milliseconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - started)


if __name__ == "__main__":
    main()
