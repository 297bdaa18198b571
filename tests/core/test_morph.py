"""Recipes of timbres that move: their points, their data, and how they are written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core import AudioTimbre, Blend, Morph, TextTimbre, timbre
from core.errors import SettingsError

A, B = TextTimbre("1"), TextTimbre("2")
MOVING = Morph({0: A, 1: B})


def test_a_morph_is_made_of_a_mapping_or_of_pairs() -> None:
    assert MOVING.points == ((0.0, A), (1.0, B))
    assert Morph([(0, "1"), (float(np.float32(1.0)), B)]) == MOVING
    assert timbre.as_timbre({0: "1", 1.0: "2"}) == MOVING
    assert timbre.as_timbre(MOVING) is MOVING
    assert len({MOVING, Morph({0: A, 1: B}), Morph({0: A, 0.5: B}), Blend({A: 1, B: 1})}) == 3
    assert MOVING.moves
    assert not Blend({A: 1}).moves
    recordings = Morph({0: Path("a.wav"), 0.2: {Path("b.wav"): 1, "words": 0}, 1: "words"})
    assert list(timbre.recordings_of(recordings)) == [Path("a.wav"), Path("b.wav")]


def test_a_morph_is_described_in_one_line() -> None:
    assert MOVING.describe() == '"1" → "2"'
    three = Morph({0: A, 0.25: {A: 1, B: 3}, 1: AudioTimbre("bell.wav")})
    assert three.describe() == '"1" at 0 % → (1 × "1" + 3 × "2") at 25 % → bell.wav at 100 %'
    many = Morph([(i / 63, A if i else B) for i in range(64)])
    assert many.describe() == '"2" at 0 % → 62 points → "1" at 100 %'


@pytest.mark.parametrize(
    "made", [MOVING, Morph({0.1: Blend({A: 1, AudioTimbre("a b.wav"): 2}, "linear"), 0.9: B})]
)
def test_morphs_survive_json(made: Morph) -> None:
    assert timbre.from_dict(json.loads(json.dumps(made.to_dict()))) == made


def written(*points: object) -> dict[str, object]:
    return {"kind": "morph", "points": list(points)}


POINT = {"position": 0, "timbre": {"kind": "text", "words": "1"}}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Morph({}), "2–64 points, not 0"),
        (lambda: Morph({0: A}), "2–64 points, not 1"),
        (lambda: Morph([(i / 1000, A) for i in range(1000)]), "2–64 points, not 1000"),
        (lambda: Morph([(0.5, A), (0.5, B)]), "point 2 of the morph is 0.5, not after 0.5"),
        (lambda: Morph([(0.5, A), (0.25, B)]), "positions have to rise"),
        (lambda: Morph([(0.5, A), (0.5 + 1e-9, B)]), "positions have to rise"),
        (lambda: Morph({0: A, float("nan"): B}), "point 2 of the morph is nan"),
        (lambda: Morph({0: A, float("inf"): B}), "positions go from 0 to 1"),
        (lambda: Morph({-0.1: A, 1: B}), "point 1 of the morph is -0.1"),
        (lambda: Morph({0: A, 2: B}), "point 2 of the morph is 2"),
        (lambda: Morph({0: MOVING, 1: B}), "cannot be a point of a morph"),
        (lambda: Blend({MOVING: 1, A: 1}), "cannot be a part of a blend"),
        (lambda: timbre.from_dict(written(POINT)), "2–64 points, not 1"),
        (lambda: timbre.from_dict(written(POINT, 3)), "needs a position and a timbre"),
        (lambda: timbre.from_dict(written(POINT, POINT)), "positions have to rise"),
        (lambda: timbre.from_dict(written(POINT, {**POINT, "position": 10**400})), "hundreds"),
        (lambda: timbre.from_dict(written(*[POINT] * 1000)), "2–64 points, not 1000"),
        (lambda: timbre.from_dict({"kind": "morph", "points": 3}), "not a timbre"),
        (
            lambda: timbre.from_dict(
                {"kind": "blend", "mode": "slerp",
                 "parts": [{"weight": 10**400, "timbre": POINT["timbre"]}]}
            ),
            "hundreds",
        ),
    ],
)  # fmt: skip
def test_bad_morphs_are_refused(make: Callable[[], object], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Morph(None), "points of a morph is None"),  # type: ignore[arg-type]
        (lambda: Morph("0=A"), "points of a morph is '0=A'"),  # type: ignore[arg-type]
        (lambda: Morph([A, B]), "point 1 of the morph is an object of TextTimbre"),  # type: ignore[list-item]
        (lambda: Morph({"0": A, "1": B}), "position of point 1 of the morph is '0'"),
        (lambda: Morph({False: A, True: B}), "point 1 of the morph is False"),
        (lambda: Morph({0: 3, 1: B}), "the timbre is 3"),
    ],
)
def test_what_is_no_morph_is_one_type_error(make: Callable[[], object], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        make()


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("0=Small Bell,1=Warm Drawbars", [(0.0, "Small Bell"), (1.0, "Warm Drawbars")]),
        (" 0 = A , .5=B,1e0=C,", [(0.0, "A"), (0.5, "B"), (1.0, "C")]),
        ("0=Warm, soft,1=x=y", [(0.0, "Warm, soft"), (1.0, "x=y")]),
        ('0="a,1=b",1="(old)"', [(0.0, "a,1=b"), (1.0, "(old)")]),
        ("0=(old) Bell,1=B", [(0.0, "(old) Bell"), (1.0, "B")]),
        ("0=(old) Bell,1=Pad (low)", [(0.0, "(old) Bell"), (1.0, "Pad (low)")]),
        (
            '0=(old) Bell,0.5=(Pad (low)=1,":)"=2),1=(a) (b)',
            [(0.0, "(old) Bell"), (0.5, [("Pad (low)", 1.0), (":)", 2.0)]), (1.0, "(a) (b)")],
        ),
        (
            '0=A,0.5=(A=0.6, "B,1=c"=0.4),1=B',
            [(0.0, "A"), (0.5, [("A", 0.6), ("B,1=c", 0.4)]), (1.0, "B")],
        ),
    ],
)
def test_a_morph_is_written_as_positions_and_names(text: str, points: object) -> None:
    assert timbre.parse_morph(text) == points


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the morph is empty"),
        ("A", "'A' is not a position and a name"),
        ("A=1,B=1", "'A=1,B=1' is not a position and a name"),
        ("0=A", "2–64 points"),
        ("0=A,0=B", "positions have to rise"),
        ("0=A,1.5=B", "positions go from 0 to 1"),
        ("nan=A,1=B", "positions go from 0 to 1"),
        ("0=(A),1=B", "'A' has no weight"),
        (",".join(f"{i / 1000}=A" for i in range(1000)), "2–64 points, not 1000"),
    ],
)
def test_text_that_is_no_morph(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        timbre.parse_morph(text)
