"""Names and words that say which instruments are meant, whatever a sentence encoder makes of them.

A general sentence encoder reads a rare word in pieces and guesses: "Flügelhorn" is a piano to it
and "Altsaxophon" a flute. So what names an instrument is also looked up, word by word and
longest first, in a table of terms: names of instruments, and words with what a corpus of general
text tells about them (:mod:`core.training.embedded.text.build_names`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.types import FloatArray

N_PROGRAMS = 119
"""General MIDI programs that are instruments: 0–118."""

EVIDENCE_STEP = 1 / 400
"""What one step of the stored table is worth, in units of a cosine between sentences."""

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def folded_words(text: str) -> list[str]:
    """Words in small letters, without accents and possessive endings."""
    letters = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter)).lower()
    words = _WORD.findall(plain.replace("’", "'"))
    return [word.removesuffix("'s") for word in words]


class InstrumentNames:
    """What terms say about programs.

    Args:
        terms: V of them, each a word or several with one space between, as folded.
        evidence: uint8 [V, 119], in steps of ``EVIDENCE_STEP``; 0 is for programs that a term has
            nothing to do with.
    """

    def __init__(self, terms: Sequence[str], evidence: npt.NDArray[np.uint8]) -> None:
        if evidence.shape != (len(terms), N_PROGRAMS):
            raise ValueError(f"{len(terms)} terms, but evidence of shape {evidence.shape}")
        self.terms, self._evidence = tuple(terms), evidence
        self._rows = {term: row for row, term in enumerate(terms)}
        self._longest = max((term.count(" ") + 1 for term in terms), default=0)

    def names_in(self, text: str) -> list[str]:
        """The terms of a text, in order; a word counts in the longest term that it is part of."""
        words = folded_words(text)
        names, place = [], 0
        while place < len(words):
            for length in range(min(self._longest, len(words) - place), 0, -1):
                term = self._table_entry(" ".join(words[place : place + length]))
                if term is not None:
                    names.append(term)
                    place += length
                    break
            else:
                # "cello-like": what the whole word does not tell, its parts may.
                names += filter(None, map(self._table_entry, words[place].split("-")))
                place += 1
        return list(dict.fromkeys(names))

    def _table_entry(self, term: str) -> str | None:
        """As it stands in the table, in the plural or the singular."""
        singular = term.removesuffix("s") if len(term) > 3 else term
        return next((t for t in (term, singular) if t in self._rows), None)

    def evidence(self, text: str) -> FloatArray:
        """What a description says about each program: float32 [119], 0 and up; sums over terms."""
        rows = [self._rows[term] for term in self.names_in(text)]
        return EVIDENCE_STEP * self._evidence[rows].sum(axis=0, dtype=np.float32)
