"""Loads the texts of the user's language, ours and Qt's, if we have any in it."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator

CONTEXT = "timbre"
"""The one context of all our texts.

PyQt asks with the name of the object's class when it runs, and pylupdate6 writes the class that
the text stands in: of a base class, or a helper with a widget's ``tr``, these are not the same.
"""

_SOURCE_LANGUAGE = "en"


class TextTranslator(QTranslator):
    """Translates texts of whatever context from :data:`CONTEXT`."""

    def translate(
        self,
        context: str | None,
        source_text: str | None,
        disambiguation: str | None = None,
        n: int = -1,
    ) -> str:
        """As Qt asks; what is not translated stays as it is.

        Args:
            context: ignored.
            source_text: in English.
            disambiguation: which of its meanings; None if it has one.
            n: for a plural; −1 for none.
        """
        source, which = (source_text or "").encode(), (disambiguation or "").encode()
        # As bytes: PyQt would encode str as ASCII here, and fail at the first "…".
        found = super().translate(CONTEXT.encode(), source, which, n)  # type: ignore[arg-type]
        return found or source_text or ""


def load_translations(
    application: QCoreApplication, locale: QLocale | None = None, folder: Path | None = None
) -> str:
    """Have the application speak the first of the user's languages that we have.

    Qt's texts come in the same language or not at all: half a window is no help.

    Args:
        application: Qt's; translators belong to it.
        locale: whose languages; None for the system's.
        folder: of ``timbre_LANGUAGE.qm``; None for ours.

    Returns:
        The language, such as ``de`` or ``pt_BR``; empty for English.
    """
    folder = folder or Path(__file__).parent
    for language in (locale or QLocale.system()).uiLanguages():
        name = language.replace("-", "_")
        if name.partition("_")[0] == _SOURCE_LANGUAGE:
            return ""
        if not (folder / f"timbre_{name}.qm").is_file():
            continue
        ours = TextTranslator(application)
        if not ours.load(f"timbre_{name}", str(folder)):
            continue  # a damaged file
        application.installTranslator(ours)
        _load_qt(application, name)  # asked before ours, for what it knows
        return name
    return ""


def _load_qt(application: QObject, name: str) -> None:
    qt = QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if qt.load(f"qtbase_{name}", folder):
        QCoreApplication.installTranslator(qt)
