"""The user's language for what is no widget: functions that put figures and names into words."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication

translate = QCoreApplication.translate
"""``translate("Where", "text")``, both literal, for :mod:`desktop.translations.template` to find.

In a widget, or another QObject, it is ``self.tr("text")``. A table of words marks its texts with
``QT_TRANSLATE_NOOP("Where", "text")``, and whoever shows one translates it.
"""
