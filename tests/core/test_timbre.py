"""Timbre recipes and how they become embeddings."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from core import AudioTimbre, Blend, TextTimbre, timbre
from core.errors import SettingsError

A, B = TextTimbre("1"), TextTimbre("2")


def nested(levels: int) -> timbre.Timbre:
    made: timbre.Timbre = A
    for _ in range(levels):
        made = Blend(((made, 1.0),))
    return made


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: TextTimbre("  "), "needs words"),
        (lambda: TextTimbre("x" * 1001), "1001 characters"),
        (lambda: Blend(()), "1–64 parts"),
        (lambda: Blend(((A, -1.0),)), "weight -1.0"),
        (lambda: Blend(((A, float("nan")),)), "weight nan"),
        (lambda: Blend(((A, float("inf")),)), "weight inf"),
        (lambda: Blend(((A, 0.0), (B, 0.0))), "every weight"),
        (lambda: Blend(((A, 1.0),), "cubic"), "cubic"),  # type: ignore[arg-type]
        (lambda: nested(9), "nested"),
        (lambda: timbre.from_dict({"kind": "smell"}), "not a timbre"),
        (lambda: timbre.from_dict([1]), "not a timbre"),
        (
            lambda: timbre.from_dict({"kind": "blend", "mode": "slerp", "parts": [3]}),
            "a part of a blend",
        ),
    ],
)
def test_bad_recipes_are_refused(make: Callable[[], object], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        make()


def test_data_nested_beyond_reason_is_refused() -> None:
    data: dict[str, object] = {"kind": "text", "words": "1"}
    for _ in range(5000):
        data = {"kind": "blend", "mode": "slerp", "parts": [{"weight": 1, "timbre": data}]}
    with pytest.raises(SettingsError, match="nested"):
        timbre.from_dict(data)


@pytest.mark.parametrize(
    "made", [A, AudioTimbre("a b.wav"), Blend(((A, 0.1), (nested(3), 2)), "linear"), nested(8)]
)
def test_recipes_survive_json(made: timbre.Timbre) -> None:
    assert timbre.from_dict(json.loads(json.dumps(made.to_dict()))) == made
    assert "\n" not in made.describe()


def test_parse_blend() -> None:
    assert timbre.parse_blend("Warm Bass=0.6,Pluck=0.4") == [("Warm Bass", 0.6), ("Pluck", 0.4)]
    assert timbre.parse_blend(" A = 1 , B=2e-1 ,") == [("A", 1.0), ("B", 0.2)]
    assert timbre.parse_blend("Warm, soft=0.6,x=y=1") == [("Warm, soft", 0.6), ("x=y", 1.0)]


@pytest.mark.parametrize(
    "text", ["", "A", "A=", "A=x", "=1", "A=1,B", "A=nan", "A=-1", "A=0,B=0", "A=inf"]
)
def test_text_that_is_no_blend(text: str) -> None:
    with pytest.raises(SettingsError):
        timbre.parse_blend(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Pad=2=0.6,A, b=0.4", ["Pad=2", "A, b"]),
        ("A=B, C=0.6,Pluck=0.4", ["A=B, C", "Pluck"]),
        ('"A=B, C"=0.6,"1=2,3=4"=0.4', ["A=B, C", "1=2,3=4"]),
        (' Say "hi"=.6 , x, y=z = 4e-1,', ['Say "hi"', "x, y=z"]),
        ('"Attack=1, slow"=0.6,Pluck=0.4', ["Attack=1, slow", "Pluck"]),
        ('"Quoted" pad=0.6, Pluck =0.4', ['"Quoted" pad', "Pluck"]),
    ],
)
def test_names_in_a_blend_may_hold_its_own_signs(text: str, names: list[str]) -> None:
    assert timbre.parse_blend(text) == [(names[0], 0.6), (names[1], 0.4)]
