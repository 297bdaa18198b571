"""A message is its dataclass: what is declared is what is written, read, limited and described."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest

from bridge.errors import RequestRefused
from bridge.protocol.codec import Message, MessageTable
from bridge.protocol.fields import Id, Integer, Real, Repeated, Text

TABLE: MessageTable[Message] = MessageTable("thing")


@dataclass(frozen=True)
class Point:
    x: int
    y: float


@TABLE.add("shape")
@dataclass(frozen=True)
class Shape(Message):
    id: Id
    colour: Literal["red", "blue"]
    points: Annotated[
        tuple[Point, ...],
        Repeated("point", (("x", Integer(0, 9)), ("y", Real())), Point, least=1, most=2),
    ]


@TABLE.add("label")
@dataclass(frozen=True)
class Label(Message):
    size: Annotated[int, Integer(1, 3)] = 1
    text: Annotated[str, Text(5, is_optional=True)] = ""


def test_arguments_stand_in_the_order_of_the_fields() -> None:
    shape = Shape("s", "red", (Point(1, 2), Point(3, 4.5)))
    assert shape.address == "/timbre/1/shape"
    assert shape.arguments() == ["s", "red", 1, 2.0, 3, 4.5]
    assert TABLE.read(shape.address, shape.arguments()) == shape
    assert shape.about == "s"
    assert Label().about == ""
    assert Shape.codec.describe() == "s id, s colour, (i x, f y)*"
    assert Label.codec.describe() == "i size, [s text]"


def test_an_optional_argument_is_left_out_when_it_is_empty() -> None:
    assert Label(2).arguments() == [2]
    assert TABLE.read("/timbre/1/label", [2]) == Label(2)
    assert TABLE.read("/timbre/1/label", [2, "wide"]) == Label(2, "wide")


@pytest.mark.parametrize(
    ("word", "arguments", "code", "says"),
    [
        ("shape", ["s", "green", 1, 2.0], "bad_request", "there is no colour 'green'"),
        ("shape", ["s", "red"], "bad_request", "each point is x and y"),
        ("shape", ["s", "red", 1], "bad_request", "each point is x and y"),
        ("shape", ["s", "red", *([1, 2.0] * 3)], "bad_request", "3 points; send at most 2"),
        ("shape", ["s", "red", 10, 2.0], "bad_request", "x 10 is outside 0–9"),
        ("label", [0], "bad_request", "size 0 is outside 1–3"),
        ("label", [1, "too long"], "too_large", "text is longer than 5 characters"),
        ("label", [1, "ok", 1], "bad_request", "1 arguments too many"),
        ("nothing", [], "bad_request", "there is no thing '/timbre/1/nothing'"),
    ],
)
def test_what_is_outside_its_limits_is_refused(
    word: str, arguments: list[Any], code: str, says: str
) -> None:
    with pytest.raises(RequestRefused, match=says) as caught:
        TABLE.read(f"/timbre/1/{word}", arguments)
    assert caught.value.code == code


def test_a_declaration_that_cannot_be_read_is_our_mistake_at_once() -> None:
    table: MessageTable[Message] = MessageTable("thing")
    with pytest.raises(TypeError, match="cannot have a field of type"):

        @table.add("odd")
        @dataclass(frozen=True)
        class Odd(Message):
            value: bytes

    with pytest.raises(ValueError, match="two messages"):
        TABLE.add("label")(Label)
