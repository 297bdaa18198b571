"""What a palette cannot say: edges, padding and the few widgets with a look of their own.

A widget asks for one of these by a property: ``label.setProperty("role", "title")``. Roles:
``title``, ``heading``, ``quiet``, ``good``, ``warning``, ``bad`` for labels; ``primary``, ``flat``
for buttons; ``rail`` for the pages' buttons;
``card``, ``error``, ``status``, ``side`` and ``drop`` for frames.
"""

from __future__ import annotations

import re
from dataclasses import asdict

from desktop.theme.colours import Colours

GRID = 8
"""Distances are multiples of this, in pixels of the design."""

ROLES = Colours(
    surface="AlternateBase",
    raised="ToolTipBase",
    line="Mid",
    text="ToolTipText",
    quiet_text="PlaceholderText",
    accent="Link",
    on_accent="HighlightedText",
    good="LinkVisited",
    warning="Midlight",
    bad="BrightText",
)
"""Where a palette has each colour: names of roles of :class:`PyQt6.QtGui.QPalette`.

Of those that say the same, one that no widget changes, and that is the same when it is disabled.
"""


def style_sheet() -> str:
    """The application's style sheet: the same in every theme, as its colours are the palette's."""
    c = Colours(**{name: _in_style_sheets(role) for name, role in asdict(ROLES).items()})
    return f"""
QToolTip {{ color: {c.text}; background: {c.raised}; border: 1px solid {c.line}; padding: 4px; }}
QLabel[role="title"] {{ font-size: 18pt; font-weight: 600; }}
QLabel[role="heading"] {{ font-weight: 600; }}
QLabel[role="quiet"] {{ color: {c.quiet_text}; }}
QLabel[role="good"] {{ color: {c.good}; }}
QLabel[role="warning"] {{ color: {c.warning}; }}
QLabel[role="bad"] {{ color: {c.bad}; }}
QFrame[role="card"] {{ background: {c.raised}; border: 1px solid {c.line}; border-radius: 6px; }}
QFrame[role="drop"] {{ border: 1px dashed {c.quiet_text}; border-radius: 6px; }}
QFrame[role="drop"][hovered="true"] {{ border: 2px solid {c.accent}; }}
QFrame[role="error"] {{ background: {c.raised}; border: none; border-top: 2px solid {c.bad}; }}
QFrame[role="status"] {{ border: none; border-top: 1px solid {c.line}; }}
QFrame[role="side"] {{ border: none; border-right: 1px solid {c.line}; }}
QLineEdit {{ background: {c.raised}; border: 1px solid {c.line}; border-radius: 4px;
  padding: 4px 8px; selection-background-color: {c.accent}; selection-color: {c.on_accent}; }}
QLineEdit:focus {{ border-color: {c.accent}; }}
QLineEdit[role="large"] {{ padding: 8px; font-size: 12pt; }}
QPushButton {{ background: {c.raised}; border: 1px solid {c.line}; border-radius: 4px;
  padding: 4px 12px; min-height: 18px; }}
QPushButton:hover {{ border-color: {c.quiet_text}; }}
QPushButton:focus {{ border-color: {c.accent}; }}
QPushButton:pressed {{ background: {c.surface}; }}
QPushButton:checked {{ border-color: {c.accent}; color: {c.accent}; }}
QPushButton:disabled {{ color: {c.quiet_text}; background: {c.surface}; }}
QPushButton[role="primary"] {{ background: {c.accent}; color: {c.on_accent};
  border-color: {c.accent}; font-weight: 600; }}
QPushButton[role="primary"]:focus {{ border-color: {c.text}; }}
QPushButton[role="primary"]:disabled {{ background: {c.surface}; color: {c.quiet_text};
  border-color: {c.line}; }}
QPushButton[role="flat"] {{ background: transparent; border-color: transparent; }}
QPushButton[role="flat"]:hover, QPushButton[role="flat"]:focus {{ border-color: {c.line}; }}
QToolButton {{ background: {c.raised}; border: 1px solid {c.line}; border-radius: 4px;
  padding: 4px 8px; min-height: 18px; }}
QToolButton:hover {{ border-color: {c.quiet_text}; }}
QToolButton:focus, QToolButton:checked {{ border-color: {c.accent}; }}
QToolButton:disabled {{ color: {c.quiet_text}; background: {c.surface}; }}
QLineEdit > QToolButton {{ background: transparent; border: none; padding: 0; min-height: 0; }}
QComboBox {{ background: {c.raised}; border: 1px solid {c.line}; border-radius: 4px;
  padding: 4px 8px; min-height: 18px; }}
QComboBox:hover {{ border-color: {c.quiet_text}; }}
QComboBox:focus, QComboBox:on {{ border-color: {c.accent}; }}
QComboBox:disabled {{ color: {c.quiet_text}; background: {c.surface}; }}
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox::down-arrow {{ image: none; width: 0; height: 0; border-left: 4px solid {c.raised};
  border-right: 4px solid {c.raised}; border-top: 5px solid {c.quiet_text}; }}
QComboBox::down-arrow:disabled {{ border-left-color: {c.surface}; border-right-color: {c.surface};
  border-top-color: {c.line}; }}
QComboBox QAbstractItemView {{ background: {c.raised}; border: 1px solid {c.line};
  selection-background-color: {c.accent}; selection-color: {c.on_accent}; }}
QHeaderView {{ background: {c.surface}; }}
QHeaderView::section {{ background: {c.surface}; color: {c.quiet_text}; border: none;
  border-bottom: 1px solid {c.line}; padding: 4px; }}
QScrollBar:vertical {{ background: transparent; border: none; width: 12px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; border: none; height: 12px; margin: 0; }}
QScrollBar::handle {{ background: {c.line}; border-radius: 4px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::handle:hover {{ background: {c.quiet_text}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QToolButton[role="rail"] {{ border: none; border-left: 3px solid transparent; border-radius: 0;
  background: transparent; padding: 8px 4px; color: {c.quiet_text}; }}
QToolButton[role="rail"]:hover {{ color: {c.text}; background: {c.raised}; }}
QToolButton[role="rail"]:focus {{ color: {c.text}; border-left-color: {c.line}; }}
QToolButton[role="rail"]:checked {{ color: {c.text}; border-left-color: {c.accent};
  background: {c.raised}; }}
QToolButton[role="rail"]::menu-indicator {{ image: none; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {c.line}; }}
QTabBar::tab {{ background: transparent; border: none; border-bottom: 3px solid transparent;
  padding: 8px 16px; color: {c.quiet_text}; }}
QTabBar::tab:hover {{ color: {c.text}; background: {c.raised}; }}
QTabBar::tab:focus {{ color: {c.text}; border-bottom-color: {c.line}; }}
QTabBar::tab:selected {{ color: {c.text}; border-bottom-color: {c.accent}; }}
QSplitter::handle {{ background: {c.line}; }}
QSplitter::handle:hover {{ background: {c.accent}; }}
QSplitter::handle:vertical {{ height: 1px; }}
QSplitter::handle:horizontal {{ width: 1px; }}
QProgressBar {{ background: {c.line}; border: none; border-radius: 2px; }}
QProgressBar::chunk {{ background: {c.accent}; border-radius: 2px; }}
"""


def _in_style_sheets(role: str) -> str:
    """A role as a style sheet writes it: ``palette(placeholder-text)``."""
    words = re.findall("[A-Z][a-z]+", role.replace("ToolTip", "Tooltip"))
    return f"palette({'-'.join(words).lower()})"
