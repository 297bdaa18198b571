"""A timbre from a recording: show one, choose the part to use, see what is heard, keep it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from core.timbre import AudioTimbre, Timbre
from desktop.faults import Fault, WayOut, fault_of
from desktop.pages.make.keep_bar import KeepBar
from desktop.pages.make.microphone_bar import MicrophoneBar
from desktop.pages.make.recording_words import describe, first_region, heard_words
from desktop.pages.make.region_bar import RegionBar, fitted
from desktop.pages.naming import name_for_file
from desktop.parts import Part
from desktop.services.interfaces import AudioOut, PresetService
from desktop.services.making.interface import MakingServices
from desktop.tasks import Lane, TaskControl, Tasks
from desktop.theme.style_sheet import GRID
from desktop.widgets.drop_zone import DropZone
from desktop.widgets.elided_label import ElidedLabel

if TYPE_CHECKING:
    from core.audio.regions import SoundOutline
    from core.encoders.base import HeardNotes
    from core.types import FloatArray

_WAVEFORM = Part("desktop.pages.make.region_waveform", "RegionWaveform")
_SOUNDS = "*.wav *.flac *.ogg *.mp3 *.aif *.aiff *.w64 *.rf64 *.caf *.au"
_SETTLED_MS, _DETAIL_MS, _PLAY_MS = 300, 120, 33
_DETAIL = 0.5
"""Below this share of the recording in view, its outline is read anew, in more detail."""

_Result = TypeVar("_Result")


class RecordingPanel(QWidget):
    """See the module's first line.

    Args:
        presets: where it is kept.
        making: recordings and a microphone.
        audio: plays the region.
        tasks: the one door.
        parent: as of any widget.

    Attributes:
        status: what is being done, in words; empty when it is over.
        failed: a :class:`desktop.faults.Fault`.
    """

    status = pyqtSignal(str)
    failed = pyqtSignal(object)

    def __init__(
        self,
        presets: PresetService,
        making: MakingServices,
        audio: AudioOut,
        tasks: Tasks,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._recordings, self._audio, self._tasks = making.recordings, audio, tasks
        self._file: Path | None = None
        self._outline: SoundOutline | None = None
        self._region = (0.0, 0.0)
        self._played_from: float | None = None
        self._sound_number = 0  # of what was begun here: others play through the device too
        self.waveform: Any = None
        self.drop = DropZone(
            self.tr("Drop a recording here: one note of an instrument, or a few"),
            self.tr("Recordings ({endings});;All files (*)").format(endings=_SOUNDS),
        )
        self.microphone = MicrophoneBar(making.microphone)
        self.earlier_button = QPushButton()
        self.earlier_button.setMenu(QMenu(self))
        self.earlier_button.setToolTip(self.tr("Recorded here, and not kept as a preset yet"))
        self.title = ElidedLabel()
        self.title.setAccessibleName(self.tr("Recording"))
        self.region_bar = RegionBar()
        self.heard = QLabel()
        self.heard.setWordWrap(True)
        self.heard.setAccessibleName(self.tr("What is heard in the region"))
        self.remarks = QLabel()
        self.remarks.setWordWrap(True)
        self.remarks.setProperty("role", "warning")
        self.remarks.setAccessibleName(self.tr("What limits the timbre"))
        self.keep_bar = KeepBar(presets, tasks)
        self._hint = QLabel(
            self.tr(
                "A clean note of one instrument, held for a second or more, is heard best. Then "
                "choose the part to use, see which notes are heard in it, listen to what becomes "
                "of it, and keep it as a preset."
            )
        )
        self._hint.setProperty("role", "quiet")
        self._hint.setWordWrap(True)
        self._settling = _timer(self, _SETTLED_MS, self._listen)
        self._detailing = _timer(self, _DETAIL_MS, self._read_detail)
        self._playing = _timer(self, _PLAY_MS, self._look, is_single=False)
        self._lay_out()
        self._connect()
        self._show_opened(False)
        self._look_for_earlier()

    def _lay_out(self) -> None:
        self._work = QWidget()
        column = QVBoxLayout(self._work)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for widget in (self.title, self.region_bar, self.heard, self.remarks, self.keep_bar):
            column.addWidget(widget)
        column.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        whole.setSpacing(GRID)
        whole.addWidget(self.drop)
        whole.addWidget(self.microphone)
        whole.addWidget(self.earlier_button, 0, Qt.AlignmentFlag.AlignLeft)
        whole.addWidget(self._hint)
        whole.addWidget(self._work, 1)
        whole.addStretch(0)

    def _connect(self) -> None:
        self.drop.dropped.connect(self.open_files)
        self.drop.refused.connect(lambda words: self.failed.emit(Fault(words)))
        self.microphone.recorded.connect(self._recorded)
        self.microphone.status.connect(self.status)
        self.microphone.failed.connect(self.failed)
        self.region_bar.changed.connect(self._region_typed)
        self.region_bar.play_wanted.connect(self.toggle_region)
        self.region_bar.all_wanted.connect(self._use_all)
        self.region_bar.zoom_wanted.connect(self._zoom)
        self.keep_bar.status.connect(self.status)
        self.keep_bar.failed.connect(self.failed)
        self.keep_bar.made.connect(self._made)

    # What others ask

    @property
    def region(self) -> tuple[float, float]:
        """Start and end, seconds, of what a timbre is taken from."""
        return self._region

    @property
    def has_recording(self) -> bool:
        """Whether one is open."""
        return self._outline is not None

    def open_files(self, files: Sequence[Path]) -> None:
        """Open the first; of the others it is said that they were left."""
        first, *others = files
        if others:
            words = self.tr("One recording at a time here: {name} is taken, {count} left out.")
            self.failed.emit(Fault(words.format(name=first.name, count=len(others))))
        self.open(first)

    def open(self, file: Path) -> None:
        """Open a recording of any length."""

        def read(control: TaskControl) -> SoundOutline:
            control.stage(self.tr("reading {name}").format(name=file.name))
            _WAVEFORM.load()
            return self._recordings.outline(file, 0.0, None, control)

        self._run(
            read,
            partial(self._show, file),
            Lane.FILES,
            "make: open",
            failed=partial(self._not_opened, file),
            on_progress=lambda done: self.status.emit(
                self.tr("reading {name}: {percent:.0f} %").format(
                    name=file.name, percent=100 * done
                )
            ),
        )

    def toggle_region(self) -> None:
        """Hear the region as it was recorded, or be silent."""
        if self._file is None or self._outline is None:
            return
        if self._is_heard:
            self._audio.stop()
            self._stopped()
            return
        file, (start, end) = self._file, self._region

        def play(sound: tuple[FloatArray, int]) -> None:
            self._sound_number = self._audio.play(*sound)
            self._played_from = start
            self.region_bar.set_playing(True)
            self._playing.start()

        self._run(
            lambda _: self._recordings.sound(file, start, end), play, Lane.AUDITION, "make: play"
        )

    # A recording

    def _show(self, file: Path, outline: SoundOutline) -> None:
        self._file, self._outline = file, outline
        if self.waveform is None:
            self.waveform = _WAVEFORM.make()
            column = self._work.layout()
            assert isinstance(column, QVBoxLayout)
            column.insertWidget(1, self.waveform, 10)
            self.waveform.region_moved.connect(self._region_dragged)
            self.waveform.view_changed.connect(lambda *_: self._detailing.start())
            self.waveform.play_asked.connect(self.toggle_region)
            QWidget.setTabOrder(self.waveform, self.region_bar.play_button)
        self.waveform.show_outline(outline)
        self.region_bar.set_length(outline.end_s)
        self.title.setText(describe(file, outline))
        self._show_opened(True)
        window = self.window()
        if window is not None and window.focusWidget() is self.drop.button:
            self.waveform.setFocus()  # the space key plays, and does not ask for another file
        self.status.emit("")
        self.keep_bar.rename(name_for_file(file))
        self._set_region(*first_region(outline))

    def _not_opened(self, file: Path, error: Exception) -> None:
        self.status.emit("")
        way_out = WayOut(self.tr("Choose another"), self.drop.button.click)
        self.failed.emit(fault_of(error, way_out))

    def _show_opened(self, is_open: bool) -> None:
        self._work.setVisible(is_open)
        self._hint.setVisible(not is_open)
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        column.setStretch(column.count() - 1, 0 if is_open else 1)

    # Its region

    def _region_dragged(self, start: float, end: float) -> None:
        self._take_region(start, end)
        self.region_bar.show_region(start, end)

    def _region_typed(self, start: float, end: float) -> None:
        self._take_region(start, end)
        self.waveform.set_region(start, end)

    def _use_all(self) -> None:
        if self._outline is not None:
            self._set_region(*fitted(0.0, self._outline.end_s, self._outline.end_s))

    def _set_region(self, start: float, end: float) -> None:
        self._take_region(start, end)
        self.waveform.set_region(start, end)
        self.region_bar.show_region(start, end)

    def _take_region(self, start: float, end: float) -> None:
        self._region = (start, end)
        self.heard.setText(self.tr("Listening for notes…"))
        self.remarks.setText("")
        self.keep_bar.set_source(self._timbre_source(), self.keep_bar.name.text())
        self._settling.start()

    def _timbre_source(self) -> Callable[[TaskControl], Timbre]:
        file, outline, (start, end) = self._file, self._outline, self._region
        assert file is not None
        assert outline is not None
        is_all = start < 1e-3 and end > outline.end_s - 1e-3
        region = None if is_all else (round(start, 4), round(end, 4))
        return lambda control: AudioTimbre(self._recordings.part(file, region, control))

    def _listen(self) -> None:
        file, region = self._file, self._region
        if file is None:
            return

        def show(heard: HeardNotes) -> None:
            if region == self._region and file == self._file:
                self.waveform.set_heard(heard)
                self.heard.setText(heard_words(heard, region))
                self.remarks.setText("\n".join(heard.remarks))

        self._run(
            lambda control: self._recordings.heard_notes(file, *region, control),
            show,
            Lane.AUDITION,
            "make: listen",
            failed=self._not_heard,
        )

    def _not_heard(self, error: Exception) -> None:
        self.waveform.set_heard(None)
        self.heard.setText(self.tr("Nothing can be made of this part:"))
        self.remarks.setText(fault_of(error).message)

    # The view

    def _zoom(self, is_near: bool) -> None:
        if self.waveform is not None and self._outline is not None:
            self.waveform.show_region() if is_near else self.waveform.show_all()

    def _read_detail(self) -> None:
        file, outline = self._file, self._outline
        if file is None or outline is None:
            return
        low, high = self.waveform.viewRange()[0]
        if high - low > _DETAIL * outline.end_s:
            self.waveform.show_part(outline)
            return
        around = 0.5 * (high - low)
        start, end = max(0.0, low - around), min(outline.end_s, high + around)

        def show(part: SoundOutline) -> None:
            if outline is self._outline:
                self.waveform.show_part(part)

        self._run(
            lambda control: self._recordings.outline(file, start, end, control),
            show,
            Lane.FILES,
            "make: detail",
        )

    # Hearing the region

    def _look(self) -> None:
        if self._played_from is None or not self._is_heard:
            self._stopped()
            return
        self.waveform.set_playhead(self._played_from + self._audio.position_s)

    @property
    def _is_heard(self) -> bool:
        """Whether the region sounds, and not something that was begun elsewhere since."""
        is_ours = self._audio.sound_number == self._sound_number
        return self._played_from is not None and is_ours and self._audio.is_playing

    def _stopped(self) -> None:
        self._played_from = None
        self._playing.stop()
        self.region_bar.set_playing(False)
        if self.waveform is not None:
            self.waveform.set_playhead(None)

    # The microphone's recordings

    def _recorded(self, file: Path) -> None:
        self.open(file)
        self._look_for_earlier()

    def _made(self, _preset_id: str, _name: str) -> None:
        """What is a preset now is in the library."""
        file = self._file
        if file is None:
            return

        def show(moved: Path) -> None:
            if self._file == file:
                self._file = moved
                self.keep_bar.move_source(self._timbre_source())
            self._look_for_earlier()

        self._run(lambda _: self._recordings.release(file), show)

    def _look_for_earlier(self) -> None:
        self._run(lambda _: self._recordings.kept(), self._offer_earlier)

    def _offer_earlier(self, files: Sequence[Path]) -> None:
        menu = self.earlier_button.menu()
        assert menu is not None
        menu.clear()
        for file in files:
            action = menu.addAction(file.stem)
            assert action is not None
            action.triggered.connect(partial(self.open, file))
        self.earlier_button.setText(
            self.tr("Recordings not kept yet ({count})").format(count=len(files))
        )
        self.earlier_button.setVisible(bool(files))

    # The door

    def _run(
        self,
        work: Callable[[TaskControl], _Result],
        then: Callable[[_Result], object],
        lane: Lane = Lane.LIBRARY,
        replaces: str = "",
        failed: Callable[[Exception], object] | None = None,
        on_progress: Callable[[float], object] | None = None,
    ) -> None:
        self._tasks.run(
            work,
            then,
            failed=failed or (lambda error: self.failed.emit(fault_of(error))),
            lane=lane,
            owner=self,
            replaces=replaces,
            staged=self._staged,
            progressed=on_progress,
        )

    def _staged(self, words: str) -> None:
        if words.startswith(self.tr("listening")):
            self.heard.setText(f"{words[:1].upper()}{words[1:]}…")


def _timer(
    owner: QWidget, interval_ms: int, run: Callable[[], object], *, is_single: bool = True
) -> QTimer:
    made = QTimer(owner)
    made.setSingleShot(is_single)
    made.setInterval(interval_ms)
    made.timeout.connect(run)
    return made
