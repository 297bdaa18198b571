"""The main window: pages at the left, the stage below, and lines that say what is going on.

It knows no page by name: :mod:`desktop.app` puts them in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from PyQt6.QtCore import QByteArray, QEvent, Qt
from PyQt6.QtGui import QCloseEvent, QKeyEvent
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.commands import Commands, keeps_its_key
from desktop.faults import Fault, fault_of
from desktop.settings import SettingsFile
from desktop.tasks import Lane, Tasks
from desktop.theme.icons import app_icon
from desktop.theme.style_sheet import GRID
from desktop.theme.theme import Theme
from desktop.widgets.closing_dialog import ClosingDialog
from desktop.widgets.error_line import ErrorLine
from desktop.widgets.page_rail import PageRail
from desktop.widgets.status_line import StatusLine

COMPACT_WIDTH = 45 * GRID
"""Of the small window, pixels of the design."""

STAGE_HEIGHT = 22 * GRID
"""Of the stage, before the user chose another."""

_LASTING = (Lane.FILES, Lane.PULLS)
"""Lanes with work that a user would miss; the others are quick, or done again without loss."""


@runtime_checkable
class Compactable(Protocol):
    """A part of the window that has a form for the small window."""

    def set_compact(self, is_compact: bool) -> None: ...


class MainWindow(QMainWindow):
    """See the module's first lines.

    Args:
        settings: what was chosen earlier; saved when the window closes.
        theme: of the application.
        tasks: asked before closing whether something is under way.

    Attributes:
        commands: every command of the window and its pages.
        status_line, error_line: the lines at the bottom.
        rail: the pages' buttons.
    """

    def __init__(self, settings: SettingsFile, theme: Theme, tasks: Tasks) -> None:
        super().__init__()
        self.setWindowTitle("Timbre Bridge")
        self.setWindowIcon(app_icon())
        self._settings, self._theme, self._tasks = settings, theme, tasks
        self._pages: dict[str, QWidget] = {}
        self._stage: QWidget | None = None
        self._buttons = 0
        self._is_compact = False
        self._is_closing = False
        self._counts: list[Callable[[], int]] = []
        self._closing_dialog: ClosingDialog | None = None
        self.commands = Commands(self)
        self.rail = PageRail()
        self.status_line = StatusLine()
        self.error_line = ErrorLine()
        self._stack = QStackedWidget()
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self._stack)
        self._lay_out()
        self.rail.chosen.connect(self.show_page)
        self.commands.refused.connect(lambda words: self.say("commands", words))
        theme.changed.connect(self._retheme)
        tasks.failed.connect(lambda error: self.say_fault(fault_of(error)))
        self.setMinimumSize(COMPACT_WIDTH, 40 * GRID)

    def _lay_out(self) -> None:
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addWidget(self._splitter, 1)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(middle, 1)
        column.addWidget(self.error_line)
        column.addWidget(self.status_line)
        self.setCentralWidget(inner)

    # What is in it

    def add_page(self, name: str, title: str, icon_name: str, page: QWidget) -> None:
        """Put a page in.

        Args:
            name: of the page, kept in the settings.
            title: under its icon; empty for a page without a button.
            icon_name: of :data:`desktop.theme.icons.NAMES`.
            page: itself.
        """
        self._pages[name] = page
        self._stack.addWidget(page)
        if title:
            self.rail.add(name, title, icon_name)
            self._buttons += 1
            self.commands.add(
                f"page.{name}",
                self.tr("Show {page}").format(page=title),
                lambda: self.show_page(name),
                keys=f"Ctrl+{self._buttons}",
            )

    def set_stage(self, stage: QWidget) -> None:
        """Put the stage below the pages; once."""
        self._stage = stage
        self._splitter.addWidget(stage)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        kept = self._settings.values.splitter
        if not (kept and self._splitter.restoreState(_bytes_of(kept))):
            self._splitter.setSizes([max(self.height() - STAGE_HEIGHT, 1), STAGE_HEIGHT])
        part: object = stage
        if isinstance(part, Compactable):
            part.set_compact(self._is_compact)

    @property
    def page(self) -> str:
        """Name of the page that is open."""
        current = self._stack.currentWidget()
        return next((name for name, page in self._pages.items() if page is current), "")

    @property
    def page_names(self) -> tuple[str, ...]:
        """Names of all pages, as they were added."""
        return tuple(self._pages)

    def show_page(self, name: str) -> None:
        """Open a page; one that is not there is left alone."""
        if name not in self._pages:
            return
        self._theme.bring_up_to_date(self._pages[name])
        self._stack.setCurrentWidget(self._pages[name])
        self.rail.show_page(name)
        self._pages[name].setFocus(Qt.FocusReason.OtherFocusReason)

    # What it says

    def say(self, source: str, words: str) -> None:
        """A state in words; see :meth:`StatusLine.say`."""
        self.status_line.say(source, words)

    def say_fault(self, fault: Fault) -> None:
        """Something went wrong."""
        self.error_line.say(fault)

    # Its forms

    @property
    def is_compact(self) -> bool:
        """Whether it is the small window that stays on top."""
        return self._is_compact

    def set_compact(self, is_compact: bool) -> None:
        """The small window that stays on top, or the whole one."""
        if is_compact == self._is_compact:
            return
        self._keep_geometry()
        self._is_compact = is_compact
        was_visible = self.isVisible()
        self.setWindowFlag(Qt.WindowType.WindowStaysOnTopHint, is_compact)
        self.rail.setVisible(not is_compact)
        self.status_line.set_compact(is_compact)
        parts: list[object] = [*self._pages.values(), self._stage]
        for part in parts:
            if isinstance(part, Compactable):
                part.set_compact(is_compact)
        self._restore_geometry()
        if was_visible:
            self.show()  # another flag hides a window

    def restore(self) -> None:
        """As it was when it was closed."""
        values = self._settings.values
        self._is_compact = False
        if values.is_compact:
            self.set_compact(True)
        else:
            self._restore_geometry()
        self.show_page(values.page if values.page in self._pages else next(iter(self._pages), ""))

    def raise_window(self) -> None:
        """To the front, wherever it is."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    def _keep_geometry(self) -> None:
        which = "compact_geometry" if self._is_compact else "geometry"
        if self.isVisible():
            self._settings.change(**{which: _text_of(self.saveGeometry())})

    def _restore_geometry(self) -> None:
        values = self._settings.values
        kept = values.compact_geometry if self._is_compact else values.geometry
        if kept and self.restoreGeometry(_bytes_of(kept)):
            return
        screen = self.screen()
        assert screen is not None  # Qt gives every window one
        room = screen.availableSize()
        width, height = (COMPACT_WIDTH, 80 * GRID) if self._is_compact else (150 * GRID, 100 * GRID)
        self.resize(min(width, room.width()), min(height, room.height()))

    def _retheme(self) -> None:
        self.rail.retheme()
        self.error_line.retheme()

    # Keys and closing

    def event(self, event: QEvent | None) -> bool:
        """Let a focused button have its own key before a command takes it."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and keeps_its_key(self.focusWidget(), event)
        ):
            event.accept()
            return True
        return super().event(event)

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Ask first if something is under way; keep what the user chose."""
        assert event is not None
        under_way = self._lasting()
        if under_way and not self._is_closing:
            event.ignore()
            self._ask_about(under_way)
            return
        self._keep_geometry()
        changes: dict[str, object] = {"is_compact": self._is_compact}
        if self._stage is not None and not self._is_compact:
            changes["splitter"] = _text_of(self._splitter.saveState())
        if self.page in self._pages:
            changes["page"] = self.page
        self._settings.change(**changes)
        super().closeEvent(event)

    def _ask_about(self, under_way: int) -> None:
        if self._closing_dialog is None:
            dialog = ClosingDialog(under_way, self._lasting, self.status_line.words, self)
            dialog.close_wanted.connect(self._close_now)
            dialog.finished.connect(self._forget_dialog)
            self._closing_dialog = dialog
            dialog.open()

    def count_as_under_way(self, count: Callable[[], int]) -> None:
        """Ask before closing about other work than tasks, too; ``count`` says how much there is."""
        self._counts.append(count)

    def _lasting(self) -> int:
        return self._tasks.under_way_in(*_LASTING) + sum(count() for count in self._counts)

    def _forget_dialog(self) -> None:
        self._closing_dialog = None

    def _close_now(self) -> None:
        self._is_closing = True
        self.close()


def _text_of(data: QByteArray) -> str:
    return data.toBase64().data().decode("ascii")


def _bytes_of(text: str) -> QByteArray:
    return QByteArray.fromBase64(text.encode("ascii", errors="ignore"))
