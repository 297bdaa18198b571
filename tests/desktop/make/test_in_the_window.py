"""The Make page where it is: its place in the window, what it asks of the others, its width."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtWidgets import QAbstractButton, QDoubleSpinBox, QLineEdit
from pytestqt.qtbot import QtBot

from core.timbre import AudioTimbre
from desktop.app import Desktop
from desktop.pages.make.page import MakePage
from desktop.services.interfaces import PresetQuery
from desktop.window import COMPACT_WIDTH
from tests.desktop.conftest import MakeDesktop
from tests.desktop.frame_fakes import FakePage
from tests.desktop.make.conftest import Until


@pytest.fixture
def desktop(make_desktop: MakeDesktop, until: Until, monkeypatch: pytest.MonkeyPatch) -> Desktop:
    queries: list[PresetQuery] = []
    monkeypatch.setattr(FakePage, "set_query", lambda _, query: queries.append(query), False)
    monkeypatch.setattr(FakePage, "queries", queries, False)
    monkeypatch.setattr(FakePage, "refresh", lambda _: None, False)
    made = make_desktop()
    made.show()
    until(lambda: made._stage._stage)
    return made


def page_of(desktop: Desktop) -> MakePage:
    page = desktop.window.findChild(MakePage)
    assert isinstance(page, MakePage)
    return page


def told(desktop: Desktop) -> list[Any]:
    stage: Any = desktop._stage._stage
    return list(stage.told)


def test_a_timbre_is_heard_on_the_stage_before_it_is_kept(desktop: Desktop, until: Until) -> None:
    page = page_of(desktop)
    page.recording.open(Path("cello.wav"))
    until(lambda: page.recording.has_recording)
    page.recording.keep_bar.hear()
    until(lambda: told(desktop) == [(AudioTimbre("cello.wav"), "Cello"), "play"])
    page.recording.keep_bar.keep()
    until(lambda: told(desktop)[2:] == [("id of Cello", "Cello"), "play"])
    assert desktop._settings.values.first_page_done


def test_a_preset_that_is_taken_is_shown_among_the_others(desktop: Desktop, until: Until) -> None:
    desktop.window.show_page("make")
    page_of(desktop).taken.emit("id of Dark Bell", "Dark Bell")
    assert desktop.window.page == "browse"
    queries: list[PresetQuery] = FakePage.queries  # type: ignore[attr-defined]
    assert queries == [PresetQuery(text="Dark Bell")]
    until(lambda: told(desktop) == [("id of Dark Bell", "Dark Bell")])


def test_the_key_for_something_new_leads_to_the_first_page_until_it_is_done(
    desktop: Desktop,
) -> None:
    desktop.window.commands.run("page.first")
    assert desktop.window.page == "first"
    desktop._pages._first_page_done()
    desktop.window.commands.run("page.first")
    assert desktop.window.page == "make"


def test_the_small_window_has_room_for_it(opened: MakePage) -> None:
    assert opened.minimumSizeHint().width() <= COMPACT_WIDTH


def test_everything_has_a_name_and_a_place_in_the_tab_order(opened: MakePage, qtbot: QtBot) -> None:
    for button in opened.findChildren(QAbstractButton):
        if button.isVisible() and button.metaObject().className() == "QPushButton":  # type: ignore[union-attr]
            assert button.text() or button.accessibleName()
    for field in (*opened.findChildren(QLineEdit), *opened.findChildren(QDoubleSpinBox)):
        inside = isinstance(field.parent(), QDoubleSpinBox)
        assert inside or field.accessibleName(), field
    assert opened.recording.waveform.accessibleName()
