"""Which code decides what the encoder says."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.encoders.embedded import source_hash
from core.encoders.embedded.source_hash import NOT_HEARD, SOURCES, fingerprint, source_sha256
from tests.test_architecture import ROOT, graph

GROUND = ("errors", "files", "paths", "types", "progress", "timbre", "clip", "archives", "models")


def test_all_that_the_encoder_imports_is_in_one_of_the_lists() -> None:
    reached: set[str] = set()
    ahead = ["core.encoders.embedded.encoder", "core.encoders.embed"]
    while ahead:
        module = ahead.pop()
        if module not in reached:
            reached.add(module)
            ahead += graph()[module]
    files = {
        Path(*module.split(".")[1:]).with_suffix(".py").as_posix()
        for module in reached
        if module.split(".")[1] not in GROUND and not (ROOT / Path(*module.split("."))).is_dir()
    }
    assert files == {*SOURCES, *NOT_HEARD}
    assert list(SOURCES) == sorted(SOURCES)


def test_the_hash_is_of_code_and_of_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_hash, "__file__", str(tmp_path / "core" / "a" / "b" / "c.py"))
    monkeypatch.setattr(source_hash, "SOURCES", ("one.py", "two.py"))
    one = tmp_path / "core" / "one.py"
    one.parent.mkdir()
    (tmp_path / "core" / "two.py").write_text("y = 2\n")

    def hash_of(text: str) -> str:
        one.write_bytes(text.encode())
        source_sha256.cache_clear()
        return source_sha256()

    before = hash_of("x = 1\n")
    try:
        assert hash_of("# why\r\n\r\nx = 1  \r\n") == before
        assert hash_of("x = 2\n") != before
        assert hash_of("    x = 1\n") != before
        assert fingerprint("0" * 64) != fingerprint("1" * 64)
    finally:
        source_sha256.cache_clear()
