"""Light, dark or the system's own: one object that gives the application its palette."""

from __future__ import annotations

from typing import Literal, get_args

from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPalette
from PyQt6.QtWidgets import QApplication, QWidget

from desktop.theme.colours import DARK, LIGHT, Colours
from desktop.theme.plain_text import PlainTextStyle
from desktop.theme.restyling import Restyling, no_collection
from desktop.theme.style_sheet import style_sheet

ThemeChoice = Literal["system", "light", "dark"]
THEME_CHOICES: tuple[ThemeChoice, ...] = get_args(ThemeChoice)

_SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}


class Theme(QObject):
    """Keeps the application in the theme that was chosen, and follows the system's.

    Args:
        application: what is given palette and style sheet.
        parent: as of any QObject.

    Attributes:
        changed: the colours are others now.
    """

    changed = pyqtSignal()

    def __init__(self, application: QApplication, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._application = application
        self._choice: ThemeChoice = "system"
        self._colours = LIGHT
        application.setStyle(PlainTextStyle())
        application.setStyleSheet(style_sheet())
        self._restyling = Restyling(application, self)
        hints = application.styleHints()
        assert hints is not None  # Qt has them for every application
        self._hints = hints
        self._system_scheme = hints.colorScheme()
        hints.colorSchemeChanged.connect(self._system_changed)

    @property
    def choice(self) -> ThemeChoice:
        """What was chosen."""
        return self._choice

    @property
    def colours(self) -> Colours:
        """What is shown."""
        return self._colours

    def choose(self, choice: ThemeChoice) -> None:
        """Show a theme from now on."""
        self._choice = choice
        self._hints.setColorScheme(_SCHEMES[choice])  # title bars and the system's own dialogs
        self._show()

    def _system_changed(self, scheme: Qt.ColorScheme) -> None:
        self._system_scheme = scheme
        self._show()

    def _show(self) -> None:
        is_dark = self._choice == "dark" or (
            self._choice == "system" and self._hints.colorScheme() is Qt.ColorScheme.Dark
        )
        self._colours = DARK if is_dark else LIGHT
        with no_collection():
            self._application.setPalette(palette_of(self._colours))
        self._restyling.begin()
        self.changed.emit()

    @property
    def is_everywhere(self) -> bool:
        """Whether all widgets, hidden ones too, have its colours."""
        return self._restyling.is_done

    def bring_up_to_date(self, part: QWidget) -> None:
        """Have a part of the window in the theme at once, which was hidden when it changed."""
        self._restyling.finish(part)


def palette_of(colours: Colours) -> QPalette:
    """A theme's colours in the roles by which Qt's widgets ask for them."""
    roles = QPalette.ColorRole
    by_role = {
        roles.Window: colours.surface,
        roles.WindowText: colours.text,
        roles.Base: colours.raised,
        roles.AlternateBase: colours.surface,
        roles.Text: colours.text,
        roles.PlaceholderText: colours.quiet_text,
        roles.Button: colours.raised,
        roles.ButtonText: colours.text,
        roles.BrightText: colours.bad,
        roles.ToolTipBase: colours.raised,
        roles.ToolTipText: colours.text,
        roles.Highlight: colours.accent,
        roles.HighlightedText: colours.on_accent,
        roles.Accent: colours.accent,
        roles.Link: colours.accent,
        roles.LinkVisited: colours.good,
        roles.Light: colours.raised,
        roles.Midlight: colours.warning,
        roles.Mid: colours.line,
        roles.Dark: colours.line,
        roles.Shadow: colours.line,
    }
    palette = QPalette()
    for role, colour in by_role.items():
        palette.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colours.quiet_text))
    palette.setColor(QPalette.ColorGroup.Disabled, roles.Highlight, QColor(colours.line))
    return palette
