"""The bottom of every page: what a preset is heard with, its sound, and keys to play it.

Hearing a preset always means hearing it with what is chosen here. Everything that takes time
is done on a lane; what it is doing stands here in words.
"""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QEvent, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.clip import Clip
from core.library.errors import UnknownPreset
from core.timbre import Timbre
from desktop.faults import Fault, WayOut, details_of, fault_of
from desktop.services.interfaces import AudioOut, AuditionService, LiveService
from desktop.services.processes.clip_reading import read_clip
from desktop.stage.clip_chooser import ClipChooser, midi_file_in
from desktop.stage.device_chooser import DeviceChooser
from desktop.stage.drag_handle import DragHandle
from desktop.stage.hearing import HeardSound, hear
from desktop.stage.icons import icon
from desktop.stage.level_meter import LevelMeter
from desktop.stage.live_panel import LivePanel
from desktop.stage.shortened_label import ShortenedLabel
from desktop.stage.waveform import Waveform
from desktop.tasks import HEAR, Lane, LaneTask, Tasks

_SPACING = 8
_LOOK_MS = 33
_CHOOSER_WIDTH = 72
_ANY_WIDTH = 16_777_215
"""Qt's own for no limit."""
_COMPACT = 480
"""Pixels; below, choosers leave room for the preset's name."""
_NARROW = 760
"""Pixels; below, buttons have icons only."""


class Stage(QWidget):
    """See the module's first lines.

    Args:
        auditions: renders.
        audio: plays.
        tasks: where work goes.
        live: plays keys; without it there are none.
        parent: of the widget.

    Attributes:
        playing_changed: whether a sound plays now.
        status: what is being done, or what is to be known, in words; empty when it is over.
        failed: why something could not be done: a :class:`~desktop.faults.Fault`.
        clip_opened: a MIDI file was opened here, and presets are heard with it.
    """

    playing_changed = pyqtSignal(bool)
    status = pyqtSignal(str)
    failed = pyqtSignal(object)
    clip_opened = pyqtSignal(Path)

    def __init__(
        self,
        auditions: AuditionService,
        audio: AudioOut,
        tasks: Tasks,
        live: LiveService | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._auditions, self._audio, self._tasks = auditions, audio, tasks
        self._chosen: str | Timbre = ""  # a preset's id, or what is none yet
        self._preset_name = ""
        self._sound: HeardSound | None = None
        self._task: LaneTask[HeardSound] | None = None
        self._words, self._fraction = "", 0.0
        self._was_playing = False
        self._sound_number = 0  # of what was begun here: others play through the device too
        self._problem_told = self._remark_told = ""
        self.setAcceptDrops(True)
        self.setAccessibleName(self.tr("Stage"))
        self._make_widgets(live)
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        self._show_state()

    def _make_widgets(self, live: LiveService | None) -> None:
        self.play_button = QToolButton()
        self.play_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.play_button.clicked.connect(self.toggle)
        self.preset_label = ShortenedLabel()
        font = self.preset_label.font()
        font.setBold(True)
        self.preset_label.setFont(font)
        self.clip_chooser = ClipChooser(self._auditions.phrases())
        self.clip_chooser.chosen.connect(self._clip_chosen)
        self.clip_chooser.file_wanted.connect(self.open_clip)
        self.state_label = QLabel()
        self.state_label.setTextFormat(Qt.TextFormat.PlainText)
        self.progress_bar = QProgressBar()
        self.progress_bar.setTextVisible(False)
        self.progress_bar.setFixedSize(96, 8)
        self.progress_bar.setAccessibleName(self.tr("Progress of the render"))
        self.drag_handle = DragHandle()
        self.drag_handle.pressed_for_file.connect(self._keep_file)
        self.drag_handle.dropped.connect(
            lambda file: self.status.emit(self.tr("handed over {file}").format(file=file))
        )
        self.device_chooser = DeviceChooser()
        self.device_chooser.opening.connect(self._audio.look_again)
        self.device_chooser.chosen.connect(self._choose_device)
        for chooser in (self.clip_chooser, self.device_chooser):
            chooser.setMinimumWidth(_CHOOSER_WIDTH)
        self.waveform = Waveform()
        self.level_meter = LevelMeter()
        self.live_button = QToolButton()
        self.live_button.setText(self.tr("Keys"))
        self.live_button.setCheckable(True)
        self.live_button.setIcon(icon("mdi6.piano", self.palette()))
        self.live_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.live_button.setToolTip(self.tr("Play the selected preset live"))
        self.live_button.setAccessibleName(self.tr("Play keys live"))
        self.live_panel = LivePanel(live) if live is not None else None
        self.live_button.setVisible(self.live_panel is not None)
        if self.live_panel is not None:
            self.live_panel.hide()
            self.live_panel.failed.connect(self._live_failed)
            self.live_button.toggled.connect(self.live_panel.setVisible)
            # Who opens keys wants to play them at once.
            keyboard = self.live_panel.keyboard
            self.live_button.clicked.connect(lambda on: keyboard.setFocus() if on else None)

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(_SPACING)
        line.addWidget(self.play_button)
        line.addWidget(self.clip_chooser)
        line.addWidget(self.preset_label, 1)
        for widget in (
            self.state_label,
            self.progress_bar,
            self.drag_handle,
            self.live_button,
            self.device_chooser,
        ):
            line.addWidget(widget)
        picture = QHBoxLayout()
        picture.setSpacing(_SPACING)
        picture.addWidget(self.waveform, 1)
        picture.addWidget(self.level_meter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_SPACING, _SPACING, _SPACING, _SPACING)
        layout.setSpacing(_SPACING)
        layout.addLayout(line)
        layout.addLayout(picture, 1)
        if self.live_panel is not None:
            layout.addWidget(self.live_panel)

    @property
    def is_busy(self) -> bool:
        """Whether a sound is being made."""
        return self._task is not None

    @property
    def clip(self) -> Clip | str:
        """What presets are heard with: a clip, or a phrase by its name."""
        return self.clip_chooser.clip

    def set_preset(self, preset_id: str, name: str) -> None:
        """Choose what :meth:`play` plays; what sounds goes on until then.

        Args:
            preset_id: empty for none.
            name: of the preset, for people.
        """
        self._choose(preset_id, name)

    def set_timbre(self, timbre: Timbre, name: str) -> None:
        """Choose a timbre that is no preset yet; keys do not play it.

        Args:
            timbre: to hear.
            name: for people.
        """
        self._choose(timbre, name)

    def _choose(self, chosen: str | Timbre, name: str) -> None:
        if chosen == self._chosen and name == self._preset_name:
            return
        is_other = chosen != self._chosen
        self._chosen, self._preset_name = chosen, name
        if is_other:
            self._forget_sound()
        if self.live_panel is not None:
            self.live_panel.set_preset(chosen if isinstance(chosen, str) else "", name)
        self._show_state()

    def set_clip(self, clip: Clip | str) -> None:
        """Hear presets with a clip, or with a phrase by its name, from now on."""
        if clip == self.clip:
            return  # what plays goes on
        self.clip_chooser.set_clip(clip)
        self._forget_sound()

    def open_clip(self, file: Path) -> None:
        """Hear presets with a MIDI file from now on."""
        self._tasks.run(
            lambda control: read_clip(file, control),
            lambda read: self._clip_read(file, read),
            failed=self._fail,
            lane=Lane.FILES,
            owner=self,
            replaces="open a clip",
        )

    def play(self) -> None:
        """Hear the preset with the clip, rendered first if it was not."""
        if not self._chosen:
            self.status.emit(self.tr("choose a preset to hear it"))
            return
        if self._sound is not None:
            self._begin(self._sound)
            self.look()
            return
        chosen, clip = self._chosen, self.clip
        task = self._tasks.run(
            lambda control: hear(self._auditions, chosen, clip, control),
            self._heard,
            failed=self._render_failed,
            lane=Lane.AUDITION,
            owner=self,
            replaces=HEAR,
            staged=self._staged,
            progressed=self._progressed,
        )
        self._task, self._words, self._fraction = task, "", 0.0
        self._show_state()

    def _begin(self, sound: HeardSound) -> None:
        self._sound_number = self._audio.play(sound.audio, sound.sample_rate)

    def stop(self) -> None:
        """Be silent, and render no more."""
        self._cancel()
        self._audio.stop()
        self.look()

    def toggle(self) -> None:
        """Play, or stop what plays or is being made."""
        if self._audio.is_playing or self.is_busy:
            self.stop()
        else:
            self.play()

    def look(self) -> None:
        """Show where the sound is; called thirty times a second."""
        is_playing = self._audio.is_playing
        self.level_meter.set_level(self._audio.level_db)
        is_own = self._audio.sound_number == self._sound_number
        shows = is_playing and is_own and self._sound is not None
        self.waveform.set_playhead(self._audio.position_s if shows else None)
        self.device_chooser.show_devices(self._audio.devices(), self._audio.device)
        if is_playing != self._was_playing:
            self._was_playing = is_playing
            self._show_state()
            self.playing_changed.emit(is_playing)
        self._tell_of_device()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        """Leave words out where there is no room for them."""
        super().resizeEvent(event)
        style = (
            Qt.ToolButtonStyle.ToolButtonIconOnly
            if self.width() < _NARROW
            else Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        )
        for button in (self.play_button, self.drag_handle, self.live_button):
            button.setToolButtonStyle(style)
        is_compact = self.width() < _COMPACT
        self.clip_chooser.setMaximumWidth(_CHOOSER_WIDTH if is_compact else _ANY_WIDTH)
        # What the small window has no room for: the preset's name comes first.
        self.device_chooser.setVisible(not is_compact)
        has_keys = self.live_panel is not None
        self.live_button.setVisible(has_keys and (not is_compact or self.live_button.isChecked()))

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        """Draw icons in the palette's colours."""
        super().changeEvent(event)
        is_made = hasattr(self, "_timer")  # Qt sends changes while it constructs
        if event is not None and event.type() == QEvent.Type.PaletteChange and is_made:
            self.live_button.setIcon(icon("mdi6.piano", self.palette()))
            self.drag_handle.setIcon(icon("mdi6.drag", self.palette()))
            self._show_state()

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802
        """Take MIDI files."""
        if event is not None and midi_file_in(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802
        """Hear presets with it."""
        file = midi_file_in(event.mimeData()) if event is not None else None
        if event is not None and file is not None:
            event.acceptProposedAction()
            self.open_clip(file)

    def _tell_of_device(self) -> None:
        problem, remark = self._audio.problem, self._audio.remark
        was_played = self._sound is not None or self._audio.sound_number  # here, or a take
        if problem and problem != self._problem_told and was_played:
            is_own = self._audio.sound_number == self._sound_number and self._sound is not None
            again = WayOut(self.tr("Try again"), self._play_again)
            other = WayOut(self.tr("Look for devices again"), self._audio.look_again)
            words = self.tr("nothing can be heard: {problem}").format(problem=problem)
            self.failed.emit(Fault(words, way_out=again if is_own else other))
            self._problem_told = problem
        elif not problem:
            self._problem_told = ""
        if remark and remark != self._remark_told:
            self.status.emit(remark)
        self._remark_told = remark

    def _clip_read(self, file: Path, read: tuple[Clip, tuple[str, ...]]) -> None:
        clip, remarks = read
        self.set_clip(clip)
        said = self.tr("presets now play {clip}").format(clip=clip.name or self.tr("your clip"))
        self.status.emit("; ".join([said, *remarks]))
        if self._chosen:
            self.play()
        self.clip_opened.emit(file)

    def _clip_chosen(self) -> None:
        self._forget_sound()
        if self._chosen:
            self.play()

    def _choose_device(self, device: str) -> None:
        self._audio.choose(device)
        if self.live_panel is not None:
            self.live_panel.set_device(device)

    def _staged(self, words: str) -> None:
        if self.sender() is self._task:
            self._words = words
            self._show_state()

    def _progressed(self, fraction: float) -> None:
        if self.sender() is self._task:
            self._fraction = fraction
            self._show_state()

    def _heard(self, sound: HeardSound) -> None:
        self._task = None
        self._sound = sound
        self.waveform.show_sound(sound.peaks, sound.seconds)
        self._begin(sound)
        self._show_state()
        self.look()

    def _render_failed(self, error: Exception) -> None:
        self._task = None
        self._show_state()
        self.failed.emit(self._fault_of_render(error))

    def _fail(self, error: Exception) -> None:
        self.failed.emit(fault_of(error))

    def _fault_of_render(self, error: Exception) -> Fault:
        again = WayOut(self.tr("Try again"), self.play)
        if isinstance(error, UnknownPreset):
            words = self.tr("{preset} was deleted; undo that in Browse, or choose another").format(
                preset=self._preset_name
            )
            return Fault(words, details_of(error), again)
        return fault_of(error, again)

    def _live_failed(self, problem: str) -> None:
        panel = self.live_panel
        assert panel is not None  # it says so
        self.failed.emit(Fault(problem, way_out=WayOut(self.tr("Start again"), panel.begin_again)))

    def _play_again(self) -> None:
        self._audio.look_again()
        self.play()

    def _cancel(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
        self._show_state()

    def _forget_sound(self) -> None:
        self._cancel()
        self._sound = None
        self.waveform.clear_sound()
        self.drag_handle.set_file(None)
        self._show_state()

    def _keep_file(self) -> None:
        sound = self._sound
        if sound is None:
            return
        clip = self.clip if isinstance(self.clip, str) else self.clip.name or "clip"
        name = f"{self._preset_name} - {clip}"
        self._tasks.run(
            lambda _control: self._auditions.keep(sound.file, name),
            lambda file: self.drag_handle.set_file(file) if sound is self._sound else None,
            failed=self._fail,
            lane=Lane.FILES,
            owner=self,
        )

    def _show_state(self) -> None:
        is_on = self._was_playing or self.is_busy
        self.play_button.setText(self.tr("Stop") if is_on else self.tr("Play"))
        self.play_button.setIcon(icon("mdi6.stop" if is_on else "mdi6.play", self.palette()))
        self.play_button.setToolTip(
            self.tr("Stop") if is_on else self.tr("Play the preset with the clip")
        )
        self.play_button.setEnabled(bool(self._chosen))
        self.preset_label.show_text(self._preset_name or self.tr("No preset is chosen"))
        self.preset_label.setEnabled(bool(self._chosen))
        self.drag_handle.setEnabled(self._sound is not None)
        words = self._state_in_words()
        self.waveform.set_hint("" if self._sound is not None else self._hint())
        self.progress_bar.setVisible(bool(words))
        self.progress_bar.setRange(0, 1000 if self._fraction > 0 else 0)
        self.progress_bar.setValue(round(1000 * self._fraction))
        if words != self.state_label.text():
            self.state_label.setText(words)
            self.status.emit(words)

    def _hint(self) -> str:
        if self.is_busy:
            return ""
        if not self._chosen:
            return self.tr(
                "Choose a preset to hear it here; drop a MIDI file to hear it with your music"
            )
        return self.tr("Play it with the button, or Ctrl and the space key")

    def _state_in_words(self) -> str:
        if not self.is_busy or not self._words:
            return ""
        if self._words == "rendering":
            return self.tr("rendering {percent:.0f} %").format(percent=100 * self._fraction)
        return self._words
