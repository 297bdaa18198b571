"""Makes the embeddings of the factory bank: ``python -m core.training.factory_embeddings``.

To be run when the bank, the shipped weights or the encoder's code changed; a test says so. Each
core listens with one thread, a minute or two in all. What is done is written as it comes: a run
that was broken off goes on where it stopped, and one with nothing to do ends at once.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path

from core.console import progress_display
from core.encoders.base import AudioEncoding, TimbreEncoder
from core.encoders.morphing import embedding_of
from core.library import Library
from core.library.embeddings.digests import digest_of
from core.library.factory import embeddings
from core.library.presets import MAX_PAGE
from core.loading import deferred_encoder
from core.models import DEFAULT_BUNDLE
from core.models.registry import Registry
from core.progress import report
from core.threads import VARIABLE
from core.timbre import Timbre
from core.types import FloatArray


@cache
def shipped_encoder() -> TimbreEncoder:
    """That of the bundle that ships, loaded when first used."""
    return deferred_encoder(Registry().resolve(DEFAULT_BUNDLE), "cpu")


def bank(folder: Path) -> dict[bytes, Timbre]:
    """The bank's recipes by their digests.

    Args:
        folder: where a library with its recordings is made.
    """
    with Library.open(folder / "library.sqlite", model=None) as library:
        presets = library.list(limit=MAX_PAGE).presets
        timbres = [library.recipe(preset) for preset in presets]
    return {digest_of(timbre): timbre for timbre in timbres}


def make(file: Path = embeddings.FILE, processes: int | None = None) -> int:
    """Bring the file up to date.

    Args:
        file: to be made.
        processes: that listen at a time; None is one for each core.

    Returns:
        How many embeddings were computed.
    """
    fingerprint = shipped_encoder().fingerprint
    with tempfile.TemporaryDirectory() as folder:
        timbres = bank(Path(folder))
        made_by, kept = embeddings.load(file)
        embeddings.load.cache_clear()
        found = dict(kept.items()) if made_by == fingerprint else {}
        found = {digest: row for digest, row in found.items() if digest in timbres}
        missing = {digest: timbre for digest, timbre in timbres.items() if digest not in found}
        with progress_display() as display:
            display.stage("listening to the factory bank")
            for number, (digest, row) in enumerate(_embed_all(missing, found, processes), start=1):
                found[digest] = row
                embeddings.write(file, fingerprint, found)
                report(display.progress, number / len(missing))
    return len(missing)


def _embed_all(
    missing: Mapping[bytes, Timbre], found: Mapping[bytes, FloatArray], processes: int | None
) -> Iterator[tuple[bytes, FloatArray]]:
    """Recordings and words in processes; then blends, whose parts are mostly known by then."""
    leaves = {digest: timbre for digest, timbre in missing.items() if not timbre.inside}
    os.environ[VARIABLE] = os.environ["OMP_NUM_THREADS"] = "1"  # in the processes
    # Spawned, not forked: torch's threads do not live through a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes or os.cpu_count(), mp_context=context) as pool:
        futures = {pool.submit(_embed, timbre): digest for digest, timbre in leaves.items()}
        for future in as_completed(futures):
            yield futures[future], future.result()

    def look_up(timbre: Timbre, _encoder: TimbreEncoder) -> AudioEncoding | None:
        row = found.get(digest_of(timbre))
        return None if row is None else AudioEncoding(row)

    for digest, timbre in missing.items():
        if digest not in leaves:
            yield digest, embedding_of(timbre, shipped_encoder(), look_up=look_up)


def _embed(timbre: Timbre) -> FloatArray:
    import torch

    torch.set_num_threads(1)
    return embedding_of(timbre, shipped_encoder())


def main() -> None:
    """Entry point of the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--processes", type=int, help="that listen at a time; one for each core")
    computed = make(processes=parser.parse_args().processes)
    print(f"{computed} embeddings computed; {embeddings.FILE} is up to date")


if __name__ == "__main__":
    main()
