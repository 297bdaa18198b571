"""The embeddings that ship: they are those of the weights and the code that ship with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from core.encoders.deferred import DeferredEncoder
from core.encoders.embed import resolve
from core.library import Library
from core.library.embeddings.digests import digest_of
from core.library.embeddings.vectors import Vectors
from core.library.factory import embeddings
from core.timbre import TextTimbre, Timbre
from core.training import factory_embeddings
from core.training.factory_embeddings import shipped_encoder
from core.types import EMBEDDING_DIM
from tests.helpers.library import SeedEncoder

REMAKE = "run `python -m core.training.factory_embeddings` and commit what it writes"


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[bytes, Timbre]]:
    folder = tmp_path_factory.mktemp("bank")
    with Library.open(folder / "library.sqlite", model=None):
        yield factory_embeddings.bank(folder)


def test_they_are_of_the_weights_and_the_code_that_ship() -> None:
    made_by, _ = embeddings.load()
    assert made_by == shipped_encoder().fingerprint, (
        f"the encoder's weights or code (core/encoders/embedded/source_hash.py) changed: {REMAKE}"
    )


def test_there_is_one_for_each_factory_preset(bank: dict[bytes, Timbre]) -> None:
    _, shipped = embeddings.load()
    assert {digest for digest, _ in shipped.items()} == set(bank), REMAKE
    assert shipped.embeddings.dtype == np.float32
    norms = np.linalg.norm(shipped.embeddings, axis=1)
    assert norms == pytest.approx(np.ones(len(bank)), abs=1e-6)
    assert embeddings.FILE.stat().st_size < 200_000


def test_three_that_are_computed_again_are_the_same(bank: dict[bytes, Timbre]) -> None:
    """One of each kind, drawn by a fixed seed."""
    rng = np.random.default_rng(16)
    for kind in ("audio", "text", "blend"):
        of_kind = sorted(digest for digest, timbre in bank.items() if timbre.kind == kind)
        digest = of_kind[rng.integers(len(of_kind))]
        _, shipped = embeddings.load()
        kept = shipped.find(digest)
        assert kept is not None
        computed = resolve(bank[digest], shipped_encoder())
        assert float(kept @ computed) > 1 - 1e-5, f"{bank[digest].describe()}: {REMAKE}"


def test_a_timbre_has_the_digest_of_the_recipe_that_the_library_stores(
    tmp_path: Path, bank: dict[bytes, Timbre]
) -> None:
    with (
        Library.open(tmp_path / "l.sqlite", model=None) as library,
        library._database.read() as connection,
    ):
        stored = set(connection.exec_driver_sql("SELECT digest FROM version").scalars())
    assert stored == set(bank)
    assert digest_of(TextTimbre("sound")) not in stored


@pytest.mark.parametrize("weights", ["", "0" * 64])
def test_other_weights_or_other_code_do_not_use_them(weights: str) -> None:
    shipped = shipped_encoder()
    other = DeferredEncoder(shipped.id, shipped.sha256, weights, lambda: shipped)
    assert len(embeddings.shipped_for(other.fingerprint)) == 0
    assert len(embeddings.shipped_for(shipped.fingerprint)) >= 48


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 cut", b"\x93NUMPY\x01\x00nothing"], ids=["empty", "cut", "other"]
)
def test_a_damaged_file_is_as_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "e.npz"
    file.write_bytes(content)
    assert embeddings.load(file)[0] == ""
    assert embeddings.load(tmp_path / "none.npz")[0] == ""


def test_a_file_gives_back_what_was_written_in_the_same_bytes(tmp_path: Path) -> None:
    rows = {bytes([n]) * 32: np.eye(3, EMBEDDING_DIM, dtype=np.float32)[n] for n in (2, 0, 1)}
    for name in ("a.npz", "b.npz"):
        embeddings.write(tmp_path / name, "f" * 64, rows)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    made_by, vectors = embeddings.load(tmp_path / "a.npz")
    assert made_by == "f" * 64
    for digest, row in rows.items():
        assert np.array_equal(vectors.find(digest), row)  # type: ignore[arg-type]


def test_the_script_goes_on_where_it_was_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same rows by a quick encoder, computed only where they are missing."""
    encoder = SeedEncoder()
    monkeypatch.setattr(factory_embeddings, "shipped_encoder", lambda: encoder)
    monkeypatch.setattr(factory_embeddings, "ProcessPoolExecutor", InlinePool)
    monkeypatch.setattr(factory_embeddings, "as_completed", iter)
    file = tmp_path / "e.npz"
    count = factory_embeddings.make(file, 1)
    whole = file.read_bytes()
    assert count >= 48
    assert factory_embeddings.make(file, 1) == 0
    _, vectors = embeddings.load(file)
    embeddings.load.cache_clear()
    some = dict(list(vectors.items())[:40])
    embeddings.write(file, encoder.fingerprint, some)
    assert factory_embeddings.make(file, 1) == count - 40
    assert file.read_bytes() == whole
    embeddings.write(file, "another encoder", some)
    assert factory_embeddings.make(file, 1) == count


class InlinePool:
    """A pool of processes that works at once, in this one."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __enter__(self) -> InlinePool:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, work: Callable[[Timbre], object], timbre: Timbre) -> Done:
        return Done(work(timbre))


class Done:
    """What was computed already."""

    def __init__(self, value: object) -> None:
        self._value = value

    def result(self) -> object:
        return self._value


def test_vectors_in_memory_are_told_apart_by_what_they_hold() -> None:
    row = np.eye(1, EMBEDDING_DIM, dtype=np.float32)[0]
    one, other = Vectors.of({b"a" * 32: row}), Vectors.of({b"b" * 32: row})
    assert one.store_id == Vectors.of({b"a" * 32: row}).store_id != other.store_id
    assert Vectors.of({}).store_id == ""
    assert Vectors.of({}).find(b"a" * 32) is None
    assert Vectors.of({}).nearest(row, 3) == []
