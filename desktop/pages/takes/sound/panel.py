"""A take's sound under the roll, on its time axis, with what was heard of it and one playhead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QT_TRANSLATE_NOOP, QEvent, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from desktop.pages.takes.icons import icon
from desktop.pages.takes.measured.check_words import check_words, counts_words
from desktop.pages.takes.sound.player import TakePlayer
from desktop.pages.takes.sound.sound_view import SoundView
from desktop.pages.takes.sound.spectrogram import Levels
from desktop.pages.takes.sound.take_sound import TakeSound, TakeSounds
from desktop.services.checks.interface import TakeCheck
from desktop.tasks import Lane, TaskControl, Tasks
from desktop.widgets.roll.piano_roll import PianoRoll
from desktop.widgets.roll.roll_marks import RollMarks

_DETAIL_AFTER_MS = 120
_NOTHING = QT_TRANSLATE_NOOP(
    "Takes", "Choose a finished take below to see its sound here, and to play it from any place."
)


class SoundPanel(QWidget):
    """See the module's first lines.

    Args:
        roll: above it; its view and its playhead are kept the same as here.
        player: plays takes; None plays none.
        sounds: where takes are read.
        tasks: the door to threads.
        parent: its widget.

    Attributes:
        sound_view: waveform and spectrogram.
        check_button: asks for the take's notes to be checked.
        check_wanted: it was pressed.
        failed: an error.
    """

    check_wanted = pyqtSignal()
    failed = pyqtSignal(object)

    def __init__(
        self,
        roll: PianoRoll,
        player: TakePlayer | None,
        sounds: TakeSounds,
        tasks: Tasks,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._roll, self._player = roll, player
        self._sounds, self._tasks = sounds, tasks
        self._file: Path | None = None
        self._detail = (0.0, 0.0, 0)
        self._detail_timer = QTimer(self)
        self._detail_timer.setSingleShot(True)
        self._detail_timer.setInterval(_DETAIL_AFTER_MS)
        self._detail_timer.timeout.connect(self._load_detail)
        self.sound_view = SoundView()
        self.sound_view.set_hint(self.tr(_NOTHING))
        self._heard = QLabel()
        self._heard.setTextFormat(Qt.TextFormat.PlainText)
        self._heard.setAccessibleName(self.tr("What a transcriber heard of the take"))
        self.check_button = QToolButton()
        self.check_button.setText(self.tr("Check notes"))
        self.check_button.setToolTip(
            self.tr("Have a transcriber listen to the take, and mark what it missed and added")
        )
        self.check_button.clicked.connect(lambda: self.check_wanted.emit())
        self.match_button = QToolButton()
        self.match_button.setText(self.tr("Equal loudness"))
        self.match_button.setCheckable(True)
        self.match_button.setChecked(True)
        self.match_button.setToolTip(
            self.tr("Play all takes equally loud, to compare them; files stay as they are")
        )
        self.match_button.setVisible(player is not None)
        for button in (self.check_button, self.match_button):
            button.setAutoRaise(True)
            button.setAccessibleName(button.toolTip())
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._lay_out()
        self._connect()
        self._colour()
        self.show_check(None, "")

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(4)
        row.addWidget(self._heard, 1)
        row.addWidget(self.check_button)
        row.addWidget(self.match_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.sound_view, 1)

    def _connect(self) -> None:
        view, roll, player = self.sound_view, self._roll, self._player
        roll.view_changed.connect(view.set_view)
        view.view_wanted.connect(roll.set_view)
        if player is not None:
            for shown in (view, roll):
                shown.time_wanted.connect(player.seek)
            player.playhead_moved.connect(self.set_playhead)
            self.match_button.toggled.connect(player.match_loudness)
        view.detail_wanted.connect(self._want_detail)
        view.set_view(roll.view)

    @property
    def heard_text(self) -> str:
        """What it says of the take's notes."""
        return self._heard.text()

    def set_playhead(self, seconds: float | None) -> None:
        """The one playhead, over roll, waveform and spectrogram; None hides it."""
        self._roll.set_playhead(seconds)
        self.sound_view.set_playhead(seconds)

    def show_take(self, file: Path | None) -> None:
        """Show another take's sound.

        Args:
            file: of the take; None if it has none yet, or none is chosen.
        """
        if file == self._file:
            return
        self._file = file
        self._detail_timer.stop()
        if file is None:
            self.sound_view.set_sound(None, [])
            self.sound_view.set_hint(self.tr(_NOTHING))
            self._roll.set_reach(0.0)
            return
        self.sound_view.set_hint(self.tr("reading the take…"))

        def read(_control: TaskControl) -> tuple[TakeSound, list[int]]:
            from desktop.theme.plots import spectral_colours

            return self._sounds.get(file), spectral_colours()

        def show(read: tuple[TakeSound, list[int]]) -> None:
            if self._file == file:
                self._roll.set_reach(read[0].seconds)
                self.sound_view.set_sound(*read)

        def fail(error: Exception) -> None:
            if self._file == file:
                self.sound_view.set_sound(None, [])
                self.sound_view.set_hint(" ".join(str(error).split()))
            self.failed.emit(error)

        self._run(read, show, fail, "takes: sound")

    def show_check(self, check: TakeCheck | None, words: str) -> None:
        """Mark what was missed and added, and count it.

        Args:
            check: what was measured of the take; None if nothing was.
            words: what is said then; empty if there is no take to check.
        """
        if check is None:
            self._roll.set_marks(None)
            self._heard.setText(words)
            self._heard.setToolTip(words)
        else:
            self._roll.set_marks(RollMarks(check.missed, check.added))
            self._heard.setText(f"{counts_words(check)} · F {check.note_f:.2f}")
            self._heard.setToolTip(check_words(check))
        self.check_button.setEnabled(check is None and bool(words))

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        """As Qt asks; light and dark change while it is shown."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _colour(self) -> None:
        if hasattr(self, "match_button"):  # Qt sends changes while it constructs
            role = QPalette.ColorRole.ButtonText
            self.check_button.setIcon(icon("check", self.palette(), role))
            self.match_button.setIcon(icon("loudness", self.palette(), role))

    def _want_detail(self, start_s: float, end_s: float, columns: int) -> None:
        self._detail = (start_s, end_s, columns)
        self._detail_timer.start()  # when zooming has come to rest

    def _load_detail(self) -> None:
        sound, (start_s, end_s, columns) = self.sound_view.sound, self._detail
        if sound is None:
            return

        def draw(_control: TaskControl) -> Levels:
            return sound.spectrogram.stretch(start_s, end_s, columns)

        def show(levels: Levels) -> None:
            if self.sound_view.sound is sound and self._detail == (start_s, end_s, columns):
                self.sound_view.set_detail(levels, start_s, end_s)

        self._run(draw, show, self.failed.emit, "takes: detail")

    def _run(
        self,
        work: Callable[[TaskControl], object],
        then: Callable[..., object],
        failed: Callable[[Exception], object],
        replaces: str,
    ) -> None:
        self._tasks.run(work, then, failed=failed, lane=Lane.FILES, owner=self, replaces=replaces)
