"""Full-text search and pages of the list."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.errors import SettingsError
from core.library import Library, PresetBlend, search
from core.timbre import TextTimbre


@pytest.fixture
def filled(library: Library) -> Library:
    library.add("Warm Bass", TextTimbre("smooth electronic"), tags=["low"], rating=2)
    library.add("Café Organ", TextTimbre("warm drawbars"), tags=["keys"], rating=5, favourite=True)
    library.add("Bell", TextTimbre("struck glass"), tags=["keys", "low"])
    library.add("Mix", PresetBlend((("Warm Bass", 1), ("Bell", 2))))
    return library


def names_found(library: Library, query: str) -> list[str]:
    return [preset.name for preset in library.search(query).presets]


def test_every_word_has_to_match_somewhere_or_begin_so(filled: Library) -> None:
    assert names_found(filled, "low keys") == ["Bell"]
    assert (
        names_found(filled, "WAR") == ["Warm Bass", "Mix", "Café Organ"]
        or names_found(filled, "WAR")[0] == "Warm Bass"
    )
    assert names_found(filled, "cafe") == ["Café Organ"]
    assert names_found(filled, "warm zither") == []


def test_an_empty_query_finds_everything_by_name(filled: Library) -> None:
    assert names_found(filled, " ") == ["Bell", "Café Organ", "Mix", "Warm Bass"]
    assert names_found(filled, "?!") == []


def test_the_index_follows_every_change(filled: Library) -> None:
    filled.edit("Bell", name="Gong")
    assert names_found(filled, "gong") == ["Gong"]
    filled.edit("Gong", tags=["metal"])
    assert (names_found(filled, "metal"), names_found(filled, "keys")) == (["Gong"], ["Café Organ"])
    filled.edit("Gong", timbre=TextTimbre("ringing"))
    assert (names_found(filled, "ringing"), names_found(filled, "glass")) == (["Gong"], [])
    filled.remove("Gong")
    assert names_found(filled, "ringing") == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=60))
@example('"')
@example("name:bell")
@example("bell NEAR(glass, 2)")
@example("* ^ - + ( ) { } OR AND NOT")
@example("'; DROP TABLE preset; --")
@example("\ud800 \0 bell")
@example("a " * 5000)
def test_whatever_is_typed_is_words(filled: Library, query: str) -> None:
    page = filled.search(query)
    assert page.total == len(page.presets) <= 4


def test_words_are_not_query_language(filled: Library) -> None:
    assert names_found(filled, "bell OR organ") == []
    assert names_found(filled, "NOT bell") == []
    assert names_found(filled, "name:bell") == []
    assert search.match_expression('say "warm"') == '"say"* AND "warm"*'


def test_a_broad_search_gives_names_first_and_the_last_saved(
    filled: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "RANKED", 2)
    page = filled.search("warm")
    assert page.total == 2
    assert [preset.name for preset in page.presets] == ["Warm Bass", "Mix"]
    assert len(filled.search("warm", offset=1, limit=1).presets) == 1
    assert filled.search("warm", offset=2).presets == ()


def test_pages_cover_the_list_once(filled: Library) -> None:
    for order in ("name", "newest", "rating"):
        whole = filled.list(order=order)
        pages = [filled.list(offset, 1, order=order) for offset in range(5)]
        assert tuple(preset for page in pages for preset in page.presets) == whole.presets
        assert {page.total for page in pages} == {4}


def test_orders(filled: Library) -> None:
    filled.edit("Bell", favourite=False)
    names = {
        order: [preset.name for preset in filled.list(order=order).presets]
        for order in ("name", "newest", "rating")
    }
    assert names["name"] == ["Bell", "Café Organ", "Mix", "Warm Bass"]
    assert names["newest"][0] == "Bell"
    assert names["rating"][:2] == ["Café Organ", "Warm Bass"]


@pytest.mark.parametrize("common", [0, 10_000])
def test_conditions(filled: Library, monkeypatch: pytest.MonkeyPatch, common: int) -> None:
    monkeypatch.setattr(search, "_COMMON", common)
    assert [preset.name for preset in filled.list(tag=" Low ").presets] == ["Bell", "Warm Bass"]
    assert filled.list(tag="low").total == 2
    assert filled.list(tag="keys", favourites=True).total == 1
    assert filled.list(tag="nothing").presets == ()
    assert [preset.name for preset in filled.list(kind="blend").presets] == ["Mix"]


def test_impossible_pages_are_refused(filled: Library) -> None:
    for offset, limit in ((-1, 5), (0, 0), (0, 1001), (2**40, 5)):
        with pytest.raises(SettingsError):
            filled.list(offset, limit)
        with pytest.raises(SettingsError):
            filled.search("a", offset, limit)
    with pytest.raises(SettingsError, match="order"):
        filled.list(order="pk; --")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="kind"):
        filled.list(kind="drum")


def test_pages_walk_an_index(filled: Library) -> None:
    """A page of 100,000 presets in 10 ms rests on this."""
    with sqlite3.connect(filled.path) as connection:
        for order in ("name_key", "changed_at DESC, pk DESC", "rating DESC, name_key DESC"):
            plan = connection.execute(
                f"EXPLAIN QUERY PLAN SELECT pk FROM preset ORDER BY {order} LIMIT 50"
            ).fetchall()
            assert "COVERING INDEX" in plan[0][3]
            assert len(plan) == 1


def test_pages_say_how_many_there_are_whatever_was_changed(filled: Library) -> None:
    def totals() -> list[int]:
        kinds = [filled.list(kind=kind).total for kind in ("audio", "text", "blend")]
        starred = [filled.list(kind=kind, favourites=True).total for kind in ("text", "blend")]
        return [filled.list().total, *kinds, filled.list(favourites=True).total, *starred]

    assert totals() == [4, 0, 3, 1, 1, 1, 0]
    filled.edit("Bell", timbre=PresetBlend((("Café Organ", 1),)), favourite=True)
    assert totals() == [4, 0, 2, 2, 2, 1, 1]
    filled.remove("Café Organ")
    filled.edit("Bell", rating=2)
    assert totals() == [3, 0, 1, 2, 1, 0, 1]
    filled.edit("Bell", favourite=False, timbre=TextTimbre("struck glass"))
    assert totals() == [3, 0, 2, 1, 0, 0, 0]
