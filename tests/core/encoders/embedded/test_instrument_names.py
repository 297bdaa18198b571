"""Terms: names of instruments that are looked up, whatever the sentence encoder makes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from core.encoders.embedded.instrument_names import (
    EVIDENCE_STEP,
    N_PROGRAMS,
    InstrumentNames,
    folded_words,
)
from core.encoders.embedded.minilm import SentenceEncoder
from core.encoders.embedded.weights import load_encoder_networks, load_instrument_names
from core.errors import ModelDamaged

SHIPPED = (
    Path(__file__).parents[4] / "core" / "models" / "weights" / "embedded" / "embedded.safetensors"
)
KNOWN = ("bass", "bass clarinet", "clarinet", "cello", "flugel", "piano", "strings", "nai")


@pytest.fixture(scope="module")
def few() -> InstrumentNames:
    evidence = np.zeros((len(KNOWN), N_PROGRAMS), np.uint8)
    evidence[np.arange(len(KNOWN)), np.arange(len(KNOWN))] = 100
    return InstrumentNames(KNOWN, evidence)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a bass clarinet", ["bass clarinet"]),
        ("clarinet, bass", ["clarinet", "bass"]),
        ("Bass Clarinets", ["bass clarinet"]),
        ("cello-like pad", ["cello"]),
        ("the cello's string", ["cello"]),
        ("Flügel, flügel", ["flugel"]),
        ("strings", ["strings"]),
        ("nais", ["nai"]),
        ("pianissimo", []),
        ("", []),
    ],
)
def test_the_longest_term_is_found(few: InstrumentNames, text: str, found: list[str]) -> None:
    assert few.names_in(text) == found


def test_evidence_is_that_of_all_terms(few: InstrumentNames) -> None:
    said = few.evidence("a cello and a piano, a cello")
    assert said.dtype == np.float32
    np.testing.assert_allclose(said[[3, 5]], 100 * EVIDENCE_STEP)
    assert np.count_nonzero(said) == 2
    assert not few.evidence("nothing known").any()


@given(st.text(max_size=60))
def test_any_text_can_be_looked_up(few: InstrumentNames, text: str) -> None:
    assert set(few.names_in(text)) <= set(KNOWN)
    assert few.evidence(text).shape == (N_PROGRAMS,)
    assert all(word and word == word.lower() for word in folded_words(text))


def test_a_table_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="2 terms"):
        InstrumentNames(("one", "two"), np.zeros((3, N_PROGRAMS), np.uint8))


def test_a_file_without_terms_has_none_and_a_damaged_one_says_so(tmp_path: Path) -> None:
    path = tmp_path / "few.safetensors"
    save_file({"other": torch.zeros(1)}, path)
    assert load_instrument_names(path) is None
    table = {"terms.evidence": torch.zeros(2, N_PROGRAMS, dtype=torch.uint8)}
    save_file(table, path, metadata={"terms": "viol\nlute"})
    found = load_instrument_names(path)
    assert found is not None
    assert found.terms == ("viol", "lute")
    for metadata in ({"terms": "viol"}, {"other": "viol\nlute"}):
        save_file(table, path, metadata=metadata)
        with pytest.raises(ModelDamaged):
            load_instrument_names(path)


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("a felted upright piano", 0),
        ("an E-Klavier", 4),
        ("orgue électrique", 16),
        ("acordeón", 21),
        ("an old balalaika", 24),
        ("bouzouki on a ferry", 25),
        ("bass viol", 43),
        ("kettle drums", 47),
        ("Flügelhorn", 60),
        ("Altsaxophon", 65),
        ("crumhorn", 111),
        ("handpan at sunset", 114),
    ],
)
def test_shipped_names_find_their_instruments(text: str, program: int) -> None:
    """The sentence encoder alone takes each of these for something else."""
    _, net = load_encoder_networks(SHIPPED)
    terms = load_instrument_names(SHIPPED)
    assert terms is not None
    sentence = torch.from_numpy(SentenceEncoder().encode(text))[None]
    named = torch.from_numpy(terms.evidence(text))[None]
    alone, found = (
        (net._look_up(sentence, evidence)[1] @ net.prototype_programs)[0]
        for evidence in (torch.zeros_like(named), named)
    )
    assert int(alone.argmax()) != program
    assert int(found.argmax()) == program
    assert float(found.max()) > 0.5


def test_shipped_words_lean_towards_instruments_that_they_go_with() -> None:
    """Words that are no names, and in no phrase, by what general text tells of them."""
    terms = load_instrument_names(SHIPPED)
    assert terms is not None
    for word, programs in {
        "saxophonist": (64, 65, 66, 67),
        "pianist": (0,),
        "organist": (19,),
        "violinist": (40,),
        "cellist": (42,),
        "symphonies": (40, 41, 42, 43),
    }.items():
        assert terms.evidence(word).argmax() in programs, word
    assert not terms.evidence("with the of and for").any()


def test_words_alone_do_not_outweigh_a_name() -> None:
    evidence = load_file(SHIPPED)["terms.evidence"]
    terms = load_instrument_names(SHIPPED)
    assert terms is not None
    name = float(terms.evidence("bouzouki").max())
    assert name == pytest.approx(EVIDENCE_STEP * float(evidence.max()))
    assert terms.evidence("trumpeter").max() < 0.5 * name
