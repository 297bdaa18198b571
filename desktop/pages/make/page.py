"""Where timbres are made: a tab for each way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QFrame, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from desktop.commands import Commands
from desktop.pages.make.recording_panel import RecordingPanel
from desktop.pages.make.words_panel import WordsPanel
from desktop.services.interfaces import AudioOut, PresetService
from desktop.services.making.interface import MakingServices
from desktop.tasks import Tasks
from desktop.widgets.drop_zone import files_in


class MakePage(QWidget):
    """See the module's first line.

    Args:
        presets: where what is made goes.
        making: recordings, a microphone, and what is near to words.
        audio: plays recordings.
        tasks: the one door.
        commands: of the window; None for a page alone.
        parent: as of any widget.

    Attributes:
        made: id and name of a preset that wants to be heard.
        hear_wanted: a timbre to hear before it is kept, and its name.
        play_wanted: id of a preset to be heard.
        taken: id and name of a preset that is used instead of making one.
        status: what is being done, in words; empty when it is over.
        failed: a :class:`desktop.faults.Fault`.
    """

    made = pyqtSignal(str, str)
    hear_wanted = pyqtSignal(object, str)
    play_wanted = pyqtSignal(str)
    taken = pyqtSignal(str, str)
    status = pyqtSignal(str)
    failed = pyqtSignal(object)

    def __init__(
        self,
        presets: PresetService,
        making: MakingServices,
        audio: AudioOut,
        tasks: Tasks,
        commands: Commands | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.recording = RecordingPanel(presets, making, audio, tasks)
        self.words = WordsPanel(presets, making.words, tasks)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(self.tr("Ways to make a timbre"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tabs)
        self.add_tab(self.tr("From a recording"), self.recording)
        self.add_tab(self.tr("From words"), self.words)
        for panel in (self.recording, self.words):
            panel.keep_bar.made.connect(self.made)
            panel.keep_bar.hear_wanted.connect(self.hear_wanted)
            panel.status.connect(self.status)
            panel.failed.connect(self.failed)
        self.words.play_wanted.connect(self.play_wanted)
        self.words.taken.connect(self.taken)
        self.setAcceptDrops(True)
        self.setFocusProxy(self.tabs)
        self.tabs.tabBarClicked.connect(self._focus_tab)
        if commands is not None:
            self._add_commands(commands)

    def add_tab(self, title: str, widget: QWidget) -> None:
        """One more way to make a timbre.

        Args:
            title: on the tab.
            widget: under it; scrolled where there is no room for it.
        """
        scrolled = QScrollArea()
        scrolled.setWidget(widget)
        scrolled.setWidgetResizable(True)
        scrolled.setFrameShape(QFrame.Shape.NoFrame)
        scrolled.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.tabs.addTab(scrolled, title)

    def show_tab(self, widget: QWidget) -> None:
        """Open the tab of a widget that was added."""
        for number in range(self.tabs.count()):
            scrolled = self.tabs.widget(number)
            if isinstance(scrolled, QScrollArea) and scrolled.widget() is widget:
                self.tabs.setCurrentIndex(number)
        widget.setFocus(Qt.FocusReason.OtherFocusReason)

    def _focus_tab(self, number: int) -> None:
        """Who clicks on a tab goes on with what is under it: words can be typed at once."""
        scrolled = self.tabs.widget(number)
        if not isinstance(scrolled, QScrollArea) or (panel := scrolled.widget()) is None:
            return
        self.tabs.setCurrentIndex(number)
        if panel.focusProxy() is not None:
            panel.setFocus(Qt.FocusReason.OtherFocusReason)

    def open_files(self, files: Sequence[Path]) -> None:
        """Open a recording."""
        self.show_tab(self.recording)
        self.recording.open_files(files)

    def _add_commands(self, commands: Commands) -> None:
        section = self.tr("Make")
        keep = self.recording.keep_bar

        def no_recording() -> str:
            return "" if self.recording.has_recording else self.tr("open a recording first")

        def record() -> None:
            self.show_tab(self.recording)
            self.recording.microphone.toggle()

        commands.add(
            "make.open",
            self.tr("Open a recording to make a timbre of"),
            self.recording.drop.button.click,
            section=section,
        )
        commands.add(
            "make.record", self.tr("Record from the microphone, or stop"), record, section=section
        )
        for name, title, run in (
            ("play", self.tr("Play the recording's region"), self.recording.toggle_region),
            ("hear", self.tr("Hear the recording's timbre before it is kept"), keep.hear),
            ("keep", self.tr("Keep the recording's timbre as a preset"), keep.keep),
        ):
            commands.add(f"make.{name}", title, run, section=section, why_not=no_recording)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802 - Qt's name
        """Take files anywhere on the page."""
        data = event.mimeData() if event is not None else None
        if event is not None and data is not None and files_in(data):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802 - Qt's name
        """Open what is dropped."""
        data = event.mimeData() if event is not None else None
        if event is not None and data is not None and (files := files_in(data)):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.open_files(files)
