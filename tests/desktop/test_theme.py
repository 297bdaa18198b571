"""Colours that can be read, in one file, in every theme."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import QApplication, QCheckBox, QLabel, QRadioButton
from pytestqt.qtbot import QtBot

from desktop.theme import colours
from desktop.theme.colours import DARK, LIGHT, Colours, colours_of, contrast
from desktop.theme.icons import APP_ICON, NAMES, app_icon, icon
from desktop.theme.plain_text import PlainTextStyle
from desktop.theme.theme import Theme, palette_of

DESKTOP = Path(__file__).parents[2] / "desktop"
READ = ("text", "quiet_text", "accent", "good", "warning", "bad")


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_everything_that_is_read_has_contrast(theme: Colours) -> None:
    for name in READ:
        for background in (theme.surface, theme.raised):
            assert contrast(asdict(theme)[name], background) >= 4.5, name
    assert contrast(theme.on_accent, theme.accent) >= 4.5


def test_letters_on_a_pianos_keys_have_contrast() -> None:
    assert contrast(colours.ON_WHITE_KEY, colours.WHITE_KEY) >= 4.5
    assert contrast(colours.ON_BLACK_KEY, colours.BLACK_KEY) >= 4.5


def test_contrast_is_what_the_guidelines_say() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_no_other_file_has_a_colour_in_it() -> None:
    for path in DESKTOP.rglob("*.py"):
        if path.name != "colours.py":
            assert not re.findall(r"#[0-9a-fA-F]{6}\b", path.read_text()), path


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_a_widget_knows_the_theme_by_its_palette(qtbot: QtBot, theme: Colours) -> None:
    label = QLabel()
    qtbot.addWidget(label)
    label.setPalette(palette_of(theme))
    assert colours_of(label) is theme
    assert colours_of(palette_of(theme)) is theme


def test_what_was_chosen_is_shown(qapp: QApplication) -> None:
    theme = Theme(qapp)
    for choice, chosen in (("dark", DARK), ("light", LIGHT)):
        theme.choose(choice)  # type: ignore[arg-type]
        assert theme.colours is chosen
        shown = qapp.palette().color(QPalette.ColorRole.Window).name()
        assert shown == chosen.surface
    qapp.setStyleSheet("")


def test_every_icon_is_there(qtbot: QtBot) -> None:
    label = QLabel()
    qtbot.addWidget(label)
    for name in NAMES:
        assert not icon(name, label).pixmap(24, 24).isNull(), name
    assert APP_ICON.is_file()
    assert not app_icon().pixmap(128, 128).isNull()


@pytest.mark.parametrize("kind", [QCheckBox, QRadioButton])
@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_what_can_be_ticked_has_an_edge_that_is_seen(
    qtbot: QtBot, theme: Colours, kind: type[QCheckBox | QRadioButton]
) -> None:
    button = kind()
    qtbot.addWidget(button)
    style = PlainTextStyle()
    button.setStyle(style)
    button.setPalette(palette_of(theme))
    button.setAutoFillBackground(True)
    button.resize(40, 20)
    image = button.grab().toImage()
    row = image.height() // 2
    seen = max(
        contrast(theme.surface, image.pixelColor(x, row).name()) for x in range(image.width() // 2)
    )
    assert seen >= 3.0  # WCAG 2.2, 1.4.11, of what shows that a control is there
