"""Every text of the window goes through Qt's translation, and a language is loaded."""

from __future__ import annotations

import ast
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import QCoreApplication, QLocale, QTranslator
from PyQt6.QtWidgets import QApplication, QDialogButtonBox
from pytestqt.qtbot import QtBot

import desktop
from desktop.gallery import PAGES
from desktop.parts import fake_services
from desktop.tasks import Tasks
from desktop.translations.loading import CONTEXT, load_translations
from desktop.translations.template import collect_messages, write_template
from tests.desktop.conftest import MakeDesktop
from tests.helpers.qm_file import write_qm
from tests.helpers.translating import BracketTranslator, UntranslatedWords, texts_of
from tests.helpers.waiting import LAST_RESORT_S

_CALLS = {"tr": 0, "translate": 1, "QT_TRANSLATE_NOOP": 1}
"""Which argument of each is the text."""


@pytest.fixture(scope="module")
def untranslated() -> UntranslatedWords:
    return UntranslatedWords()


@pytest.fixture(scope="module")
def brackets() -> BracketTranslator:
    return BracketTranslator()


@pytest.fixture
def in_brackets(qapp: QApplication, brackets: BracketTranslator) -> Iterator[None]:
    qapp.installTranslator(brackets)
    yield
    qapp.removeTranslator(brackets)


@pytest.fixture
def speaks(qapp: QApplication) -> Iterator[None]:
    """Afterwards it is English again."""
    before = set(qapp.findChildren(QTranslator))
    yield
    for translator in set(qapp.findChildren(QTranslator)) - before:
        qapp.removeTranslator(translator)
        translator.deleteLater()


@pytest.mark.usefixtures("in_brackets")
@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_nothing_past_the_translators(
    qtbot: QtBot, name: str, untranslated: UntranslatedWords
) -> None:
    tasks = Tasks()
    page = PAGES[name](fake_services(), tasks)
    qtbot.addWidget(page, before_close_func=lambda _: tasks.close())
    page.show()
    qtbot.waitUntil(lambda: tasks.under_way == 0, timeout=int(1000 * LAST_RESORT_S))
    said = {text: where for where, text in texts_of(page) if text}
    assert any("⟦" in text for text in said)
    assert [(where, text) for text, where in said.items() if untranslated.of(text)] == []


@pytest.mark.usefixtures("in_brackets")
def test_the_frame_and_its_commands_are_translated(
    make_desktop: MakeDesktop, untranslated: UntranslatedWords
) -> None:
    window = make_desktop().window
    said = {text: where for where, text in texts_of(window) if text}
    for section, commands in window.commands.sections().items():
        said[section] = "section"
        said |= {command.title: command.id for command in commands}
        said |= {command.why_not(): f"why not {command.id}" for command in commands}
    assert [(where, text) for text, where in said.items() if untranslated.of(text)] == []


def test_what_bypasses_the_translators_is_found(untranslated: UntranslatedWords) -> None:
    assert untranslated.of("Sort takes, the best first") == ["Sort takes, the best first"]
    assert untranslated.of("⟦Sort takes, the best first⟧") == []
    assert untranslated.of("⟦{n} ⟦takes⟧⟧ Sort takes, the best first") != []
    assert untranslated.of("Warm Drawbars") == []


def test_a_language_is_loaded_with_qts_own_texts(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, speaks: None
) -> None:
    write_qm(tmp_path / "timbre_de.qm", {"Play": "Wiedergeben", "No preset is chosen": "Keins"})
    assert load_translations(qapp, QLocale("de_AT"), tmp_path) == "de"
    services, tasks = fake_services(), Tasks()
    stage = PAGES["stage"](services, tasks)
    qtbot.addWidget(stage, before_close_func=lambda _: tasks.close())
    assert "Wiedergeben" in {text for _, text in texts_of(stage)}
    assert QCoreApplication.translate("AnyClass", "Play") == "Wiedergeben"
    assert QCoreApplication.translate("AnyClass", "Not there yet") == "Not there yet"
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    qtbot.addWidget(buttons)
    assert [button.text().replace("&", "") for button in buttons.buttons()] == ["Abbrechen"]


@pytest.mark.parametrize("locale", ["en_GB", "fr_FR", "C"])
def test_without_a_translation_all_is_english(
    qapp: QApplication, tmp_path: Path, locale: str, speaks: None
) -> None:
    write_qm(tmp_path / "timbre_de.qm", {"Play": "Wiedergeben"})
    assert load_translations(qapp, QLocale(locale), tmp_path) == ""
    assert QCoreApplication.translate("AnyClass", "Play") == "Play"


def test_a_damaged_translation_is_passed_over(
    qapp: QApplication, tmp_path: Path, speaks: None
) -> None:
    Path(tmp_path, "timbre_de.qm").write_bytes(b"no translation")
    assert load_translations(qapp, QLocale("de_DE"), tmp_path) == ""


def test_the_template_has_every_text_once_and_keeps_translations(tmp_path: Path) -> None:
    file = tmp_path / "timbre_de.ts"
    count = write_template(file)
    tree = ET.parse(file)
    assert [name.text for name in tree.iter("name")] == [CONTEXT]
    sources = [message.findtext("source") for message in tree.iter("message")]
    assert len(sources) == len(set(sources)) == count
    assert {"Play", "Everything larger", "1 vote", "Colours as the system's"} <= set(sources)
    message = next(each for each in tree.iter("message") if each.findtext("source") == "Play")
    translation = message.find("translation")
    assert translation is not None
    translation.text = "Wiedergeben"
    translation.attrib.clear()
    tree.write(file, "utf-8")
    assert write_template(file) == count
    assert "<translation>Wiedergeben</translation>" in file.read_text("utf-8")


def test_translators_are_given_every_text_that_code_has_translated() -> None:
    """pylupdate6 passes over ``tr`` outside of classes, and over what is no literal."""
    given = {source for source, _ in collect_messages()}
    folder = Path(desktop.__file__).parent
    asked = {
        argument.value
        for file in folder.rglob("*.py")
        if "fakes" not in file.parts and file.name not in ("gallery.py", "screenshots.py")
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in _CALLS
        for argument in call.args[_CALLS[ast.unparse(call.func).rpartition(".")[2]] :][:1]
        if isinstance(argument, ast.Constant)
    }
    assert asked - given == set()
    assert len(asked) > 500
