"""Where the keys go while timbres are made, and what stays said."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QTabBar
from pytestqt.qtbot import QtBot

from desktop.pages.make.page import MakePage
from tests.desktop.frame_fakes import AddedPresets
from tests.desktop.make.conftest import Until


def test_keeping_takes_the_keys_to_the_name(
    opened: MakePage, presets: AddedPresets, until: Until
) -> None:
    bar = opened.recording.keep_bar
    bar.keep_button.setFocus()
    bar.keep_button.click()
    assert opened.focusWidget() is bar.name
    until(lambda: presets.made)


def test_what_was_kept_stays_said(opened: MakePage, until: Until, presets: AddedPresets) -> None:
    bar = opened.recording.keep_bar
    bar.keep_button.click()
    until(lambda: not bar.is_busy and not opened.recording._tasks.under_way)
    assert bar.words.text() == "“My cello” is kept among your presets."


def test_an_opened_recording_has_the_keys(page: MakePage, until: Until) -> None:
    page.recording.drop.button.setFocus()
    page.recording.open(Path("my_cello.flac"))
    until(lambda: page.recording.has_recording)
    assert page.focusWidget() is page.recording.waveform


def test_a_click_on_a_tab_leads_to_its_field(page: MakePage, qtbot: QtBot) -> None:
    bar = page.tabs.tabBar()
    assert isinstance(bar, QTabBar)
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(1).center())
    assert page.focusWidget() is page.words.field
