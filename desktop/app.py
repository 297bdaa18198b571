"""The application: the only place where pages, stage, services and the window meet.

Nothing here loads a model, opens the library or a sound device: services do, in their lanes,
when they are first asked.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject, QProcess, QTimer
from PyQt6.QtWidgets import QApplication

from core.paths import batches_path
from desktop.display import check_display
from desktop.faults import Fault, fault_of
from desktop.frame_commands import FrameCommands
from desktop.menu_entry import launch_command
from desktop.parts import (
    BATCH_COMMANDS,
    BATCH_PAGE,
    BLIND_TESTS,
    BROWSE_PAGE,
    DAW_PAGE,
    EVALUATION_PAGE,
    MAKE_PAGE,
    MODELS_PAGE,
    STAGE,
    TAKES_PAGE,
    Services,
    real_services,
)
from desktop.responsiveness import favour_the_window
from desktop.services.interfaces import PresetQuery
from desktop.services.jobs_interface import PresetChoice
from desktop.settings import SettingsFile
from desktop.single_instance import SingleInstance, usual_name
from desktop.tasks import Lane, Tasks
from desktop.theme.icons import app_icon
from desktop.theme.theme import Theme
from desktop.window import MainWindow

if TYPE_CHECKING:
    from core.clip import Clip
    from core.timbre import Timbre

_log = logging.getLogger(__name__)


def run() -> int:
    """Open the window and stay until it is closed; the exit code.

    Raises:
        DisplayUnavailable: if no window can open here.
    """
    check_display(os.environ)
    settings = SettingsFile.open()
    if settings.values.scale_percent != 100:
        os.environ.setdefault("QT_SCALE_FACTOR", str(settings.values.scale_percent / 100))
    application = QApplication(sys.argv[:1])
    application.setApplicationName("timbre-bridge")
    application.setApplicationDisplayName("Timbre Bridge")
    application.setDesktopFileName("timbre-bridge")
    application.setWindowIcon(app_icon())
    instance = SingleInstance(usual_name())
    if not instance.is_first():
        print("Timbre Bridge is open already; its window comes to the front.")
        return 0
    values = settings.values
    services = real_services(values.render_model, values.render_device)
    desktop = Desktop(application, settings, services)
    favour_the_window()
    instance.raise_wanted.connect(desktop.window.raise_window)
    desktop.show()
    application.aboutToQuit.connect(instance.close)
    code = application.exec()
    desktop.close()
    if desktop.restart_wanted:
        program, *arguments = launch_command()
        os.environ.pop("QT_SCALE_FACTOR", None)
        QProcess.startDetached(program, arguments)
    return code


class Desktop(QObject):
    """The window with everything in it.

    Args:
        application: Qt's.
        settings: as they were kept.
        services: real ones, or fakes.

    Attributes:
        window: to show.
        services, tasks: of all its parts.
        restart_wanted: whether the program is to start again when it has ended.
    """

    def __init__(
        self, application: QApplication, settings: SettingsFile, services: Services
    ) -> None:
        super().__init__()
        self._settings, self.services = settings, services
        self.restart_wanted = False
        self._earlier_hook: Callable[..., object] | None = None
        self.tasks = Tasks(self)
        self.theme = Theme(application, self)
        self.theme.choose(settings.values.theme)
        self.window = MainWindow(settings, self.theme, self.tasks)
        self._stage = _StageLink(self.window, services, self.tasks)
        self._browse: Any = None
        self._takes: Any = None
        self._batch: Any = None
        self._add_pages()
        FrameCommands(self.window, settings, self.theme, self._restart, self._keep_settings)
        self.window.restore()
        if not settings.values.first_page_done:
            self.window.show_page("first")

    def show(self) -> None:
        """Show the window; what takes longer to load comes after it."""
        self._earlier_hook, sys.excepthook = sys.excepthook, self._unexpected
        self.window.show()
        QTimer.singleShot(0, self._stage.load)
        if self._settings.values.bridge_on:
            bridge = self.services.bridge
            QTimer.singleShot(0, lambda: self.tasks.run(lambda _: bridge.turn_on(), owner=self))
        if self._settings.remark:
            self.window.say_fault(Fault(self._settings.remark))

    def close(self) -> None:
        """After the window: stop what runs, keep the settings, let go of devices."""
        if self._earlier_hook is not None:
            sys.excepthook = self._earlier_hook
        self._settings.change(
            sound_device=self.services.audio.device,
            bridge_on=self.services.bridge.state.is_on,
            render_pace=float(self._batch.pace.seconds_per_s or 0.0),
        )
        self.services.close_bridge()
        self.tasks.close()
        self.services.close()
        self._settings.save()

    def _add_pages(self) -> None:
        from desktop.pages.first import FirstPage

        window, services = self.window, self.services
        page = BROWSE_PAGE.make(services.presets, self.tasks, window.commands)
        page.current_changed.connect(self._stage.choose)
        page.play_wanted.connect(self._stage.play)
        page.render_wanted.connect(self._render)
        page.status.connect(lambda words: window.say("browse", words))
        page.failed.connect(lambda words: window.say_fault(Fault(words)))
        window.add_page("browse", window.tr("Browse"), "browse", page)
        self._browse = page
        self._add_make_page()
        takes = TAKES_PAGE.make(
            services.jobs, self.tasks, services.bridge, services.audio, services.checks
        )
        takes.clip_changed.connect(self._stage.use_clip)
        takes.status.connect(lambda words: window.say("takes", words))
        takes.failed.connect(lambda words: window.say_fault(Fault(words)))
        window.add_page("takes", window.tr("Takes"), "takes", takes)
        self._add_takes_commands(takes)
        window.count_as_under_way(lambda: services.jobs.under_way)
        self._takes = takes
        self._add_batch_page()
        self._add_daw_page()
        self._add_models_page()
        self._add_evaluation_page()
        self._add_blind_tests()
        first = FirstPage(services.presets, services.daws, self.tasks)
        first.made.connect(self._made)
        first.status.connect(lambda words: window.say("first", words))
        first.failed.connect(window.say_fault)
        first.left.connect(self._leave_first_page)
        window.add_page("first", "", "", first)
        window.commands.add(
            "page.first",
            window.tr("Make a sound from words or a recording"),
            self._show_where_to_make,
            keys="Ctrl+N",
        )

    def _add_daw_page(self) -> None:
        window, services = self.window, self.services
        page = DAW_PAGE.make(services.bridge, services.daws, services.jobs, self.tasks)
        page.failed.connect(window.say_fault)
        window.add_page("daws", window.tr("DAW"), "daws", page)
        add, tr = window.commands.add, window.tr
        add("daws.bridge", tr("Bridge on or off"), page.toggle_bridge, section="DAW")
        add("daws.trip", tr("Test the trip from a DAW and back"), page.trip.toggle, section="DAW")
        add("daws.copy", tr("Copy the bridge's log"), page.log.copy, section="DAW")

    def _add_models_page(self) -> None:
        window, models = self.window, self.services.models
        if models is None:
            return
        page = MODELS_PAGE.make(models, self.tasks)
        page.status.connect(lambda words: window.say("models", words))
        page.failed.connect(window.say_fault)
        page.model_chosen.connect(lambda model: self._keep_choice(render_model=model))
        page.device_chosen.connect(lambda device: self._keep_choice(render_device=device))
        window.add_page("models", window.tr("Models"), "models", page)
        page.add_commands(window.commands)

    def _add_evaluation_page(self) -> None:
        window, evaluations = self.window, self.services.evaluations
        if evaluations is None:
            return
        page = EVALUATION_PAGE.make(evaluations, self.tasks)
        page.status.connect(lambda words: window.say("evaluation", words))
        page.failed.connect(window.say_fault)
        window.add_page("evaluation", window.tr("Evaluate"), "evaluation", page)
        window.count_as_under_way(lambda: evaluations.under_way)
        page.add_commands(window.commands)

    def _keep_choice(self, **choice: str) -> None:
        self._settings.change(**choice)
        self._keep_settings()

    def _add_batch_page(self) -> None:
        window, services = self.window, self.services
        pace = self._settings.values.render_pace
        page = BATCH_PAGE.make(services.jobs, services.audio, self.tasks, pace, batches_path())
        page.begun.connect(lambda _title: window.show_page("batch"))
        page.status.connect(lambda words: window.say("batch", words))
        page.failed.connect(lambda words: window.say_fault(Fault(words)))
        window.add_page("batch", window.tr("Batch"), "batch", page)
        self._takes.batch_wanted.connect(page.plan)
        BATCH_COMMANDS.make(page, window.commands)
        self._batch = page

    def _add_blind_tests(self) -> None:
        window, services, stage = self.window, self.services, self._stage
        if services.votes is None:
            return
        tests = BLIND_TESTS.make(
            services.votes, services.audio, services.auditions, services.presets, self.tasks, window
        )
        tests.failed.connect(lambda words: window.say_fault(Fault(words)))
        self._takes.blind_wanted.connect(tests.compare_files)
        self._browse.blind_wanted.connect(lambda ids: tests.compare_presets(ids, stage.clip))
        title = window.tr("Show the votes of blind tests")
        window.commands.add("blind.votes", title, tests.show_votes)

    def _add_make_page(self) -> None:
        window, services = self.window, self.services
        page = MAKE_PAGE.make(
            services.presets, services.making, services.audio, self.tasks, window.commands
        )
        page.made.connect(self._made)
        page.hear_wanted.connect(self._stage.hear_timbre)
        page.play_wanted.connect(self._stage.play)
        page.taken.connect(self._show_preset)
        page.status.connect(lambda words: window.say("make", words))
        page.failed.connect(window.say_fault)
        window.add_page("make", window.tr("Make"), "make", page)

    def _show_where_to_make(self) -> None:
        """The first page until something came of it; then the one with all ways."""
        self.window.show_page("make" if self._settings.values.first_page_done else "first")

    def _show_preset(self, preset_id: str, name: str) -> None:
        """Show a preset among the others, where it can be marked, changed and rendered."""
        self._browse.set_query(PresetQuery(text=name))
        self.window.show_page("browse")
        self._stage.choose(preset_id)

    def _add_takes_commands(self, takes: Any) -> None:
        tr, panel = self.window.tr, takes.listening.panel
        for name, words, run in (
            ("check", tr("Check the notes of the selected take"), takes.listening.check),
            ("best", tr("Sort takes, the best first"), takes.table.sort_best_first),
            ("loudness", tr("Play takes equally loud, or as they are"), panel.match_button.toggle),
        ):
            self.window.commands.add(f"takes.{name}", words, run, section=tr("Takes"))

    def _render(self, preset_ids: Sequence[str]) -> None:
        """Render the chosen clip in presets that were looked at; of several, after asking."""
        clip = self._takes.current_clip
        if clip is not None and len(preset_ids) > 1:
            self._batch.plan([clip], [PresetChoice(each, "") for each in preset_ids])
            return
        self.window.show_page("takes")
        self._takes.render_presets(preset_ids)

    def _made(self, preset_id: str, name: str) -> None:
        self._first_page_done()
        self._browse.refresh()
        self._stage.hear(preset_id, name)

    def _leave_first_page(self) -> None:
        self._first_page_done()
        self.window.show_page("browse")

    def _first_page_done(self) -> None:
        if not self._settings.values.first_page_done:
            self._settings.change(first_page_done=True)
            self._keep_settings()

    def _keep_settings(self) -> None:
        self.tasks.run(lambda _: self._settings.save(), lane=Lane.BACKGROUND)

    def _restart(self) -> None:
        self.restart_wanted = True
        self.restart_wanted = self.window.close()  # not if something is under way

    def _unexpected(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        """An error that nobody caught. Qt would end the program, and lose what is unsaved."""
        if isinstance(error, KeyboardInterrupt):  # Ctrl-C in the terminal it was started from
            self.window.close()
            return
        _log.error("uncaught", exc_info=(kind, error, trace))
        self.window.say_fault(fault_of(error))


class _StageLink(QObject):
    """Pages' wishes to hear a preset, brought to the stage, which comes after the window."""

    def __init__(self, window: MainWindow, services: Services, tasks: Tasks) -> None:
        super().__init__(window)
        self._window, self._services, self._tasks = window, services, tasks
        self._stage: Any = None
        self._waiting: tuple[str | Timbre, str, bool] | None = None
        self._clip: Clip | None = None

    def load(self) -> None:
        """Have the stage made and put in; what draws its sound takes a while to import."""
        lane, failed = Lane.BACKGROUND, lambda error: self._window.say_fault(fault_of(error))
        self._tasks.run(lambda _: STAGE.load(), self._add, failed=failed, lane=lane, owner=self)

    def _add(self, _: None) -> None:
        services, window = self._services, self._window
        stage = STAGE.make(services.auditions, services.audio, self._tasks, services.live)
        stage.status.connect(lambda words: window.say("stage", words))
        stage.failed.connect(lambda words: window.say_fault(Fault(words)))
        window.set_stage(stage)
        window.commands.add(
            "stage.toggle", window.tr("Play or stop"), stage.toggle, keys="Ctrl+Space"
        )
        self._stage = stage
        if self._clip is not None:
            stage.set_clip(self._clip)
        # So that the first preset is heard at once; who hears nothing loses nothing.
        warm_up = services.auditions.warm_up
        self._tasks.run(
            warm_up, failed=lambda _: None, lane=Lane.AUDITION, owner=self, replaces="warm up"
        )
        if self._waiting is not None:
            self._bring(*self._waiting)

    @property
    def clip(self) -> Clip | str:
        """What presets are heard with: a clip, or a phrase by its name."""
        if self._stage is not None:
            heard: Clip | str = self._stage.clip
            return heard
        return self._clip or self._services.auditions.phrases()[0]

    def use_clip(self, clip: Clip) -> None:
        """Presets are heard with a clip from now on."""
        self._clip = clip
        if self._stage is not None:
            self._stage.set_clip(clip)

    def choose(self, preset_id: str) -> None:
        """A preset is the one that is looked at."""
        self._ask(preset_id, is_played=False)

    def play(self, preset_id: str) -> None:
        """A preset wants to be heard."""
        self._ask(preset_id, is_played=True)

    def hear(self, preset_id: str, name: str) -> None:
        """A preset whose name is known wants to be heard."""
        self._bring(preset_id, name, True)

    def hear_timbre(self, timbre: Timbre, name: str) -> None:
        """A timbre that is no preset yet wants to be heard."""
        self._bring(timbre, name, True)

    def _ask(self, preset_id: str, *, is_played: bool) -> None:
        if not preset_id:
            return
        presets = self._services.presets
        self._tasks.run(
            lambda _: presets.details(preset_id).preset.name,
            lambda name: self._bring(preset_id, name, is_played),
            owner=self,
            # A wish to hear outlives the notice, after it, that the preset is looked at.
            replaces="preset to play" if is_played else "preset to look at",
        )

    def _bring(self, chosen: str | Timbre, name: str, is_played: bool) -> None:
        """Bring a preset, by its id, or a timbre that is none yet."""
        if self._stage is None:
            self._waiting = (chosen, name, is_played)
            return
        if isinstance(chosen, str):
            self._stage.set_preset(chosen, name)
        else:
            self._stage.set_timbre(chosen, name)
        if is_played:
            self._stage.play()
