"""The table of terms: made of names, and of word vectors of general text."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core.encoders.embedded.instrument_names import EVIDENCE_STEP, N_PROGRAMS, folded_words
from core.errors import UserInputError
from core.training.embedded.text import build_names as making
from core.training.embedded.text.build_names import (
    NAME_SHARE,
    WordVectors,
    make_names,
    names,
    word_evidence,
)
from core.training.sources.captions import GM_NAMES

DIM = 24


def vectors_of(words: dict[str, np.ndarray], fillers: int = 400) -> WordVectors:
    """These words after common ones, all with what words of their rank share."""
    rng = np.random.default_rng(3)
    every = [f"filler{i}" for i in range(fillers)] + list(words)
    rows = [rng.normal(size=DIM) for _ in range(fillers)] + list(words.values())
    shared = np.log(np.arange(len(every)) + 1.0)[:, None] * np.ones(DIM)
    return WordVectors(tuple(every), (np.stack(rows) + shared).astype(np.float32))


def test_both_formats_are_read(tmp_path: Path) -> None:
    text, packed = tmp_path / "glove.txt", tmp_path / "wink.json"
    text.write_text("the 0.5 -1.0\nviol 2.0 0.25\n", encoding="utf-8")
    stored = {"dimensions": 2, "words": ["the", "viol"]}
    stored["vectors"] = {"the": [0.5, -1.0, 1.1, 0], "viol": [2.0, 0.25, 2.0, 1]}
    packed.write_text(json.dumps(stored), encoding="utf-8")
    for path in (text, packed):
        found = WordVectors.read(path)
        assert found.words == ("the", "viol")
        np.testing.assert_allclose(found.vectors, [[0.5, -1.0], [2.0, 0.25]])


@pytest.mark.parametrize(
    "content", ["", "{}", "no numbers here\nat all here\n", '{"words": ["a"]}']
)
@pytest.mark.parametrize("suffix", [".json", ".txt"])
def test_other_files_are_refused(tmp_path: Path, content: str, suffix: str) -> None:
    path = tmp_path / f"vectors{suffix}"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserInputError):
        WordVectors.read(path)


def test_rare_words_are_not_alike_for_being_rare() -> None:
    rng = np.random.default_rng(5)
    rare = {f"rare{i}": rng.normal(size=DIM) for i in range(200)}
    found = vectors_of(rare)
    raw = found.vectors / np.linalg.norm(found.vectors, axis=1, keepdims=True)
    assert (raw[-100:] @ raw[-100:].T).mean() > 0.8
    own = found.directions[-100:]
    assert np.abs((own @ own.T)[~np.eye(100, dtype=bool)].mean()) < 0.1
    np.testing.assert_allclose(np.linalg.norm(own, axis=1), 1.0, atol=1e-5)


def test_a_word_stands_for_where_words_like_it_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "N_LIKE_NAMES", 6)
    rng = np.random.default_rng(8)
    brass, reeds = 3.0 * rng.normal(size=DIM), 3.0 * rng.normal(size=DIM)
    near = lambda centre: centre + 0.5 * rng.normal(size=DIM)  # noqa: E731
    words = {"trumpet": near(brass), "clarinet": near(reeds), "keyed": near(brass)}
    vectors = vectors_of(words | {"chalumeaux": near(reeds)})
    evidence = word_evidence(vectors, {56: ["a trumpet"], 71: ["the clarinet", "clarinet"]})
    assert evidence["keyed"].argmax() == 56
    assert evidence["chalumeaux"].argmax() == 71
    assert all(row.min() == 0.0 for row in evidence.values())
    assert "filler3" not in evidence  # as common as "with"


def test_names_stand_for_their_programs() -> None:
    found = names()
    assert found["piano"][:4] == (0, 1, 2, 3)  # all pianos, and not the thumb piano
    assert 108 not in found["piano"]
    assert found["bass clarinet"] == (71,)
    assert found["violins"] == (40, 48)
    assert len(found) > 900
    for program, common in enumerate(GM_NAMES[:N_PROGRAMS]):
        for name in common.split("|"):
            assert program in found[" ".join(folded_words(name))]


def test_the_table_holds_names_and_words() -> None:
    rng = np.random.default_rng(9)
    terms, evidence = make_names(vectors_of({"lute": rng.normal(size=DIM)}))
    assert terms == sorted(terms)
    assert set(names()) <= set(terms)
    assert evidence.shape == (len(terms), N_PROGRAMS)
    row = evidence[terms.index("upright piano")]
    assert row[0] == round(NAME_SHARE / EVIDENCE_STEP)
    assert np.count_nonzero(row) == 1
