"""What list and pad show."""

from __future__ import annotations

import pytest

from core.timbre import MAX_PARTS
from desktop.pages.make.blend.bilinear import MIDDLE
from desktop.pages.make.blend.entries import FULL
from desktop.pages.make.blend.model import BlendModel
from desktop.services.interfaces import BlendPart


def model_of(*names: str) -> BlendModel:
    model = BlendModel()
    for name in names:
        model.add(name, name.upper())
    return model


def weights(model: BlendModel) -> list[float]:
    return [entry.weight for entry in model.entries]


def test_presets_share_alike_and_the_first_four_are_on_the_pad() -> None:
    model = model_of("a", "b", "c", "d", "e")
    assert weights(model) == pytest.approx([20.0] * 5)
    assert [entry.corner for entry in model.entries] == [0, 1, 2, 3, None]
    assert (model.point, model.is_on_pad) == (MIDDLE, True)


def test_the_point_weighs_the_corners_and_leaves_the_others_their_share() -> None:
    model = model_of("a", "b", "c", "d", "e")
    model.move((0.0, 0.0))
    assert weights(model) == pytest.approx([80, 0, 0, 0, 20])
    model.move((0.5, 0.0))
    assert weights(model) == pytest.approx([40, 40, 0, 0, 20])
    assert sum(weights(model)) == pytest.approx(FULL)


def test_weights_of_the_list_move_the_point_or_say_that_they_are_beside_the_pad() -> None:
    model = model_of("a", "b")
    model.set_weight("a", 75)
    model.set_weight("b", 25)
    assert model.point[0] == pytest.approx(0.25, abs=0.01)
    four = model_of("a", "b", "c", "d")
    for name in "bc":
        four.set_weight(name, 0)
    was_on_pad = four.is_on_pad
    four.move(four.point)
    assert (was_on_pad, four.is_on_pad) == (False, True)
    assert weights(four) == pytest.approx([25] * 4, abs=1)


def test_mute_and_solo() -> None:
    model = model_of("a", "b", "c")
    model.mute("a", True)
    assert model.shares == pytest.approx((0, 0.5, 0.5))
    model.solo("b", True)
    assert model.parts_heard() == [("b", 1.0)]
    assert "Only one preset is heard" in model.problem
    model.solo("b", False)
    model.mute("a", False)
    assert model.problem == ""


def test_what_is_no_blend_is_said() -> None:
    model = model_of()
    assert "search for them here" in model.silence == model.problem
    model.add("a", "A")
    assert (model.silence, model.problem) == ("", "One preset is no blend: add another")
    model.add("b", "B")
    for name in "ab":
        model.set_weight(name, 0)
    assert model.silence == model.problem == "Every weight is 0: raise one"
    model.set_weight("a", 5)
    model.mute("a", True)
    assert "muted" in model.silence


def test_weights_of_nothing_come_back_with_the_point() -> None:
    model = model_of("a", "b", "c")
    for name in "abc":
        model.set_weight(name, 0)
    model.move((0.0, 0.0))
    assert weights(model) == pytest.approx([FULL, 0, 0])


def test_corners_are_swapped_replaced_and_emptied() -> None:
    model = model_of("a", "b")
    model.set_weight("a", 90)
    before = dict(zip("ab", model.shares, strict=True))
    model.swap_corners(0, 3)
    assert [entry and entry.preset_id for entry in model.corners] == [None, "b", None, "a"]
    assert dict(zip("ab", model.shares, strict=True)) == before  # it sounds as it did
    model.add("c", "C", corner=3)
    assert [entry.preset_id for entry in model.entries] == ["c", "b"]
    model.add("b", "B", corner=3)  # which is in already: it changes places
    assert [entry and entry.preset_id for entry in model.corners] == [None, "c", None, "b"]
    model.remove("c")
    assert [entry and entry.preset_id for entry in model.corners] == [None, None, None, "b"]


def test_a_preset_comes_in_once_and_no_more_than_a_blend_takes() -> None:
    model = model_of("a", "b")
    said: list[str] = []
    model.refused.connect(said.append)
    assert not model.add("a", "A")
    assert said == ["A is in the blend already"]
    for number in range(MAX_PARTS):
        model.add(str(number), str(number))
    assert len(model.entries) == MAX_PARTS
    assert f"at most {MAX_PARTS}" in said[-1]


def test_a_blend_that_there_is_keeps_its_shares_and_how_it_is_mixed() -> None:
    model = model_of("x")
    parts = [BlendPart(name, name.upper(), weight) for name, weight in (("a", 0.6), ("b", 0.2))]
    model.set_parts(parts, "linear")
    assert weights(model) == pytest.approx([75, 25])
    assert model.mode == "linear"
    assert model.point[0] == pytest.approx(0.25, abs=0.01)
    assert model.parts_at((1.0, 0.5)) == [("b", 1.0)]
