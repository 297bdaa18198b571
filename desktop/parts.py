"""What the window is put together from: its larger parts by module and name, and its services.

A part is imported when it is first needed, so that the window shows before what draws sound is
there; one whose module does not exist is not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from desktop.services.interfaces import AudioOut, AuditionService, DawService, PresetService


@dataclass(frozen=True)
class Part:
    """Something that the window is put together from.

    Attributes:
        module: full name.
        name: of the class in it.
    """

    module: str
    name: str

    @property
    def is_there(self) -> bool:
        """Whether there is such a module; it is not imported, its package is."""
        try:
            return find_spec(self.module) is not None
        except ModuleNotFoundError:
            return False

    def load(self) -> None:
        """Import it, for whoever makes it afterwards; may be done on another thread."""
        import_module(self.module)

    def make(self, *arguments: Any) -> Any:
        """One of it; on the thread of the window, if it is a widget."""
        return getattr(import_module(self.module), self.name)(*arguments)


BROWSE_PAGE = Part("desktop.pages.browse.page", "BrowsePage")
STAGE = Part("desktop.stage.stage", "Stage")
PRESETS = Part("desktop.services.presets", "LibraryPresets")
AUDITIONS = Part("desktop.services.audition", "WorkerAuditions")
AUDIO_OUT = Part("desktop.services.audio_out", "SystemAudio")
LIVE = Part("desktop.services.live", "ProcessLive")
DAWS = Part("desktop.services.daws", "InstalledDaws")

FAKE_PRESETS = Part("desktop.services.fake_presets", "FakePresets")
FAKE_AUDITIONS = Part("desktop.services.fake_audition", "FakeAuditions")
FAKE_AUDIO_OUT = Part("desktop.services.fake_audio", "FakeAudio")
FAKE_LIVE = Part("desktop.services.fake_live", "FakeLive")
FAKE_DAWS = Part("desktop.services.fake_daws", "FakeDaws")


@dataclass(frozen=True)
class Services:
    """What pages are given.

    Attributes:
        presets, auditions, audio, daws: as their interfaces say.
        live: plays keys; None if there are none.
    """

    presets: PresetService
    auditions: AuditionService
    audio: AudioOut
    daws: DawService
    live: Any = None

    def close(self) -> None:
        """Let go of processes, devices and files, of those that hold any."""
        for service in (self.live, self.audio, self.auditions, self.presets, self.daws):
            close = getattr(service, "close", None)
            if close is not None:
                close()


def real_services() -> Services:
    """Over the user's own library and this machine's devices."""
    return Services(
        PRESETS.make(), AUDITIONS.make(), AUDIO_OUT.make(), DAWS.make(), _made_if_there(LIVE)
    )


def fake_services() -> Services:
    """With no model, file or device behind them: for the gallery, pictures and tests."""
    return Services(
        FAKE_PRESETS.make(),
        FAKE_AUDITIONS.make(),
        FAKE_AUDIO_OUT.make(),
        FAKE_DAWS.make(),
        _made_if_there(FAKE_LIVE),
    )


def _made_if_there(part: Part) -> Any:
    return part.make() if part.is_there else None
