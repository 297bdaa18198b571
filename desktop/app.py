"""The application: the window, its pages (:mod:`desktop.page_links`) and its stage.

Nothing here loads a model, opens the library or a sound device: services do, in their lanes,
when they are first asked.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from types import TracebackType

from PyQt6 import sip
from PyQt6.QtCore import QObject, QProcess, QTimer
from PyQt6.QtWidgets import QApplication

from core.errors import OutputError
from desktop.display import check_display
from desktop.faults import Fault, WayOut, fault_of
from desktop.frame_commands import FrameCommands
from desktop.menu_entry import launch_command
from desktop.page_links import PageLinks
from desktop.parts import Services, real_services
from desktop.responsiveness import favour_the_window
from desktop.services.bridge_interface import BridgeState
from desktop.settings import SettingsFile
from desktop.single_instance import SingleInstance, usual_name
from desktop.stage_link import StageLink
from desktop.tasks import Lane, Tasks
from desktop.theme.icons import app_icon
from desktop.theme.theme import Theme
from desktop.translations.loading import load_translations
from desktop.window import MainWindow

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
    load_translations(application)
    instance = SingleInstance(usual_name())
    if not instance.is_first():
        print("Timbre Bridge is open already; its window comes to the front.")
        return 0
    values = settings.values
    services = real_services(values.render_model, values.render_device, values.bridge_port)
    desktop = Desktop(application, settings, services)
    favour_the_window()
    instance.raise_wanted.connect(desktop.window.raise_window)
    desktop.show()
    application.aboutToQuit.connect(instance.close)
    code = application.exec()
    desktop.close()
    # Here and not when Python comes to it: what a widget does then is not asked any more.
    sys.excepthook = _log_at_the_end
    sip.delete(desktop.window)
    if desktop.restart_wanted:
        program, *arguments = launch_command()
        os.environ.pop("QT_SCALE_FACTOR", None)
        QProcess.startDetached(program, arguments)
    return code


def _log_at_the_end(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """An error of something that is being taken down; Qt would abort the program for it."""
    _log.debug("at the end", exc_info=(kind, error, trace))


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
        self._stage = StageLink(self.window, services, self.tasks)
        self._pages = PageLinks(self.window, services, self.tasks, self._stage, settings)
        self._pages.settings_changed.connect(self._keep_settings)
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
            QTimer.singleShot(0, self._turn_bridge_on)
        if self._settings.remark:
            self.window.say_fault(Fault(self._settings.remark))
        self.tasks.run(lambda _: self._settings.check_writable(), lane=Lane.BACKGROUND, owner=self)

    def close(self) -> None:
        """After the window: stop what runs, keep the settings, let go of devices."""
        if self._earlier_hook is not None:
            sys.excepthook = self._earlier_hook
        self._settings.change(
            sound_device=self.services.audio.device,
            bridge_on=self.services.bridge.is_wanted,
            render_pace=float(self._pages.batch.pace.seconds_per_s or 0.0),
        )
        self.services.end_waits()
        self.services.close_bridge()
        self.tasks.close()
        self.services.close()
        try:
            self._settings.save()
        except OutputError as error:  # said when the window opened; there is none to say it in now
            _log.error("the window's settings are not kept: %s", error)

    def _keep_settings(self) -> None:
        self.tasks.run(lambda _: self._settings.save(), lane=Lane.BACKGROUND)

    def _turn_bridge_on(self) -> None:
        bridge, window = self.services.bridge, self.window
        again = WayOut(window.tr("Turn it on again"), self._turn_bridge_on)

        def turned(state: BridgeState) -> None:
            if state.problem:
                words = window.tr("DAWs are not answered: {reason}").format(reason=state.problem)
                window.say_fault(Fault(" ".join(words.split()), way_out=again))

        self.tasks.run(
            lambda _: bridge.turn_on(),
            turned,
            failed=lambda error: window.say_fault(fault_of(error, again)),
            lane=Lane.BRIDGE,
            owner=self,
        )

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
