"""The one JSON file of all DAWs' scripts, under every Lua a DAW brings."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bridge.daws.reaper import SCRIPTS, SHARED, Reaper, lua

LOAD = f"JSON = dofile({lua(str(SHARED / 'json.lua'))})"

values = st.recursive(
    st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(-1e9, 1e9).map(lambda value: round(value, 6))
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=10,
)


@pytest.mark.parametrize("interpreter", ["lua5.3", "lua5.4"])
def test_json_is_read_and_written_as_python_does(interpreter: str) -> None:
    with Reaper(interpreter) as reaper:
        reaper.do(LOAD)

        @settings(max_examples=100, deadline=None)
        @given(values, st.booleans(), st.none() | st.integers(0, 2))
        def check(value: Any, ascii_only: bool, indent: int | None) -> None:
            text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
            read = reaper.do(f"return JSON.encode(JSON.decode({lua(text)}))")
            assert json.loads(read) == value

        check()
        for broken in ("", "{", '{"a" 1}', '"\\q"', '"open', "[1,]", "nil", "1 2", '"\\u12"'):
            assert reaper.do(f"return pcall(JSON.decode, {lua(broken)})") is False, broken
        assert reaper.do("return JSON.encode('a\\xffb')") == '"a?b"'  # no UTF-8


@pytest.mark.parametrize("interpreter", ["lua5.3", "lua5.4"])
def test_numbers_come_back_as_the_same_numbers(interpreter: str) -> None:
    with Reaper(interpreter) as reaper:
        reaper.do(LOAD)

        @settings(max_examples=100, deadline=None)
        @given(st.floats(allow_nan=False, allow_infinity=False))
        def check(value: float) -> None:
            text = reaper.do(f"return JSON.encode({value!r})")
            assert json.loads(text) == value
            assert isinstance(json.loads(text), float)

        check()
        assert reaper.do("return JSON.encode({0.3, 0.1 + 0.2, 2, 2.0})") == (
            "[0.3,0.30000000000000004,2,2.0]"
        )


@pytest.mark.parametrize("name", ["json.lua", "note_bends.lua"])
def test_what_is_for_every_daw_is_there_once(name: str) -> None:
    files = [path.relative_to(SCRIPTS.parent) for path in SCRIPTS.parent.rglob(name)]
    assert [path.as_posix() for path in files] == [f"shared/{name}"]
