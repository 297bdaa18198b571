"""What the window is put together from: its larger parts by module and name, and its services.

A part is imported when it is first needed, so that the window shows before what draws sound is
there.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from core.models import DEFAULT_BUNDLE
from desktop.services.bridge_interface import BridgeControl
from desktop.services.checks.interface import CheckService
from desktop.services.interfaces import AudioOut, AuditionService, DawService, PresetService
from desktop.services.jobs_interface import JobService


@dataclass(frozen=True)
class Part:
    """Something that the window is put together from.

    Attributes:
        module: full name.
        name: of the class in it, or of what makes one.
    """

    module: str
    name: str

    def load(self) -> None:
        """Import it, for whoever makes it afterwards; may be done on another thread."""
        import_module(self.module)

    def make(self, *arguments: Any) -> Any:
        """One of it; on the thread of the window, if it is a widget."""
        return getattr(import_module(self.module), self.name)(*arguments)


BROWSE_PAGE = Part("desktop.pages.browse.page", "BrowsePage")
TAKES_PAGE = Part("desktop.pages.takes.view", "TakesPage")
STAGE = Part("desktop.stage.stage", "Stage")
PRESETS = Part("desktop.services.presets", "LibraryPresets")
AUDITIONS = Part("desktop.services.audition", "WorkerAuditions")
AUDIO_OUT = Part("desktop.services.audio_out", "SystemAudio")
LIVE = Part("desktop.services.live", "ProcessLive")
DAWS = Part("desktop.services.daws", "InstalledDaws")
CHECKS = Part("desktop.services.checks.service", "ProcessChecks")
JOBS = Part("desktop.services.jobs", "LocalJobService")
BRIDGE = Part("desktop.services.bridge", "LocalBridge")

FAKE_PRESETS = Part("desktop.services.fakes.presets", "FakePresets")
FAKE_AUDITIONS = Part("desktop.services.fakes.audition", "FakeAuditions")
FAKE_AUDIO_OUT = Part("desktop.services.fakes.audio", "FakeAudio")
FAKE_LIVE = Part("desktop.services.fakes.live", "FakeLive")
FAKE_DAWS = Part("desktop.services.fakes.daws", "FakeDaws")
FAKE_CHECKS = Part("desktop.services.fakes.checks", "checks_with_results")
FAKE_JOBS = Part("desktop.services.fakes.jobs", "jobs_with_takes")
FAKE_BRIDGE = Part("desktop.services.fakes.bridge", "FakeBridge")


@dataclass(frozen=True)
class Services:
    """What pages are given.

    Attributes:
        presets, auditions, audio, daws, jobs, bridge: as their interfaces say.
        live: plays keys; None if there are none.
        checks: measures takes; None measures none.
    """

    presets: PresetService
    auditions: AuditionService
    audio: AudioOut
    daws: DawService
    jobs: JobService
    bridge: BridgeControl
    live: Any = None
    checks: CheckService | None = None

    def close_bridge(self) -> None:
        """Take no more clips, and leave what is rendered to the next start."""
        for service in (self.bridge, self.jobs):
            close = getattr(service, "close", None)
            if close is not None:
                close()

    def close(self) -> None:
        """Let go of processes, devices and files, of those that hold any."""
        for service in (
            self.checks,
            self.live,
            self.audio,
            self.auditions,
            self.presets,
            self.daws,
        ):
            close = getattr(service, "close", None)
            if close is not None:
                close()


def real_services() -> Services:
    """Over the user's own library and this machine's devices."""
    auditions, jobs = AUDITIONS.make(), JOBS.make()
    return Services(
        PRESETS.make(None, DEFAULT_BUNDLE, auditions.render),
        auditions,
        AUDIO_OUT.make(),
        DAWS.make(),
        jobs,
        BRIDGE.make(jobs),
        LIVE.make(),
        CHECKS.make(),
    )


def fake_services() -> Services:
    """With no model, file or device behind them: for the gallery, pictures and tests."""
    return Services(
        FAKE_PRESETS.make(),
        FAKE_AUDITIONS.make(),
        FAKE_AUDIO_OUT.make(),
        FAKE_DAWS.make(),
        FAKE_JOBS.make(),
        FAKE_BRIDGE.make(),
        FAKE_LIVE.make(),
        FAKE_CHECKS.make(),
    )
