"""What the window is put together from: its larger parts by module and name, and its services.

A part is imported when it is first needed, so that the window shows before what draws sound is
there.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from bridge.options import PORT
from core.models import DEFAULT_BUNDLE
from desktop.listening.votes import VoteService
from desktop.services.bridge_interface import BridgeControl
from desktop.services.checks.interface import CheckService
from desktop.services.evaluations.interface import EvaluationService
from desktop.services.interfaces import AudioOut, AuditionService, DawService, PresetService
from desktop.services.jobs_interface import JobService
from desktop.services.making.interface import MakingServices
from desktop.services.model_bundles.interface import ModelService


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

    def make(self, *arguments: Any, **options: Any) -> Any:
        """One of it; on the thread of the window, if it is a widget."""
        return getattr(import_module(self.module), self.name)(*arguments, **options)


BROWSE_PAGE = Part("desktop.pages.browse.page", "BrowsePage")
MAKE_PAGE = Part("desktop.pages.make.page", "MakePage")
TAKES_PAGE = Part("desktop.pages.takes.view", "TakesPage")
DAW_PAGE = Part("desktop.pages.daws.page", "DawPage")
BLEND_PANEL = Part("desktop.pages.make.blend.panel", "BlendPanel")
MODELS_PAGE = Part("desktop.pages.models.page", "ModelsPage")
EVALUATION_PAGE = Part("desktop.pages.evaluation.page", "EvaluationPage")
FIRST_PAGE = Part("desktop.pages.first.page", "FirstPage")
MAP = Part("desktop.pages.browse.map.pane", "MapPane")
STAGE = Part("desktop.stage.stage", "Stage")
PRESETS = Part("desktop.services.presets", "LibraryPresets")
AUDITIONS = Part("desktop.services.audition", "WorkerAuditions")
AUDIO_OUT = Part("desktop.services.audio_out", "SystemAudio")
LIVE = Part("desktop.services.live", "ProcessLive")
DAWS = Part("desktop.services.daws", "InstalledDaws")
CHECKS = Part("desktop.services.checks.service", "ProcessChecks")
JOBS = Part("desktop.services.jobs", "LocalJobService")
MAKING = Part("desktop.services.making.local", "local_making")
BRIDGE = Part("desktop.services.bridge", "LocalBridge")
MODELS = Part("desktop.services.model_bundles.local", "LocalModels")
EVALUATIONS = Part("desktop.services.evaluations.local", "LocalEvaluations")
BATCH_PAGE = Part("desktop.pages.batch.page", "BatchPage")
BATCH_COMMANDS = Part("desktop.pages.batch.commands", "add_batch_commands")
BLIND_TESTS = Part("desktop.listening.opener", "BlindTests")
VOTES = Part("desktop.listening.vote_store", "LocalVotes")

FAKE_PRESETS = Part("desktop.services.fakes.presets", "FakePresets")
FAKE_AUDITIONS = Part("desktop.services.fakes.audition", "FakeAuditions")
FAKE_AUDIO_OUT = Part("desktop.services.fakes.audio", "FakeAudio")
FAKE_LIVE = Part("desktop.services.fakes.live", "FakeLive")
FAKE_DAWS = Part("desktop.services.fakes.daws", "FakeDaws")
FAKE_CHECKS = Part("desktop.services.fakes.checks", "checks_with_results")
FAKE_JOBS = Part("desktop.services.fakes.jobs", "jobs_with_takes")
FAKE_MAKING = Part("desktop.services.fakes.making", "fake_making")
FAKE_BRIDGE = Part("desktop.services.fakes.bridge", "FakeBridge")
FAKE_MODELS = Part("desktop.services.fakes.models", "FakeModels")
FAKE_EVALUATIONS = Part("desktop.services.fakes.evaluations", "FakeEvaluations")
FAKE_VOTES = Part("desktop.services.fakes.votes", "votes_of_three")


@dataclass(frozen=True)
class Services:
    """What pages are given.

    Attributes:
        presets, auditions, audio, daws, jobs, bridge, making: as their interfaces say.
        live: plays keys; None if there are none.
        checks: measures takes; None measures none.
        models: bundles; None if there is no page of them.
        evaluations: runs; None if there is no page of them.
        votes: of blind tests; None if there are no such tests.
    """

    presets: PresetService
    auditions: AuditionService
    audio: AudioOut
    daws: DawService
    jobs: JobService
    bridge: BridgeControl
    making: MakingServices
    live: Any = None
    checks: CheckService | None = None
    models: ModelService | None = None
    evaluations: EvaluationService | None = None
    votes: VoteService | None = None

    def close_bridge(self) -> None:
        """Take no more clips, and leave what is rendered to the next start."""
        for service in (self.bridge, self.jobs, self.evaluations):
            close = getattr(service, "close", None)
            if close is not None:
                close()

    def end_waits(self) -> None:
        """End what work that is cancelled would wait for, and what takes a while to end."""
        if self.live is not None:
            self.live.end()
        for service in (self.auditions, self.models):
            close = getattr(service, "close", None)
            if close is not None:
                close()

    def close(self) -> None:
        """Let go of processes, devices and files, of those that hold any."""
        for service in (
            self.checks,
            self.making,
            self.live,
            self.audio,
            self.auditions,
            self.presets,
            self.daws,
            self.votes,
        ):
            close = getattr(service, "close", None)
            if close is not None:
                close()


def real_services(
    model: str = DEFAULT_BUNDLE, device: str = "", bridge_port: int = PORT
) -> Services:
    """Over the user's own library and this machine's devices.

    Args:
        model: id of the bundle that renders are made with.
        device: where they are computed; empty leaves it to the engines.
        bridge_port: where DAWs are answered, UDP and TCP.
    """
    auditions, jobs = AUDITIONS.make(), JOBS.make(None, model, device)
    presets = PRESETS.make(None, DEFAULT_BUNDLE, auditions.render, auditions.render_timbre)
    return Services(
        presets,
        auditions,
        AUDIO_OUT.make(),
        DAWS.make(),
        jobs,
        BRIDGE.make(jobs, port=bridge_port),
        MAKING.make(presets),
        LIVE.make(),
        CHECKS.make(),
        models=MODELS.make(jobs.use_model, model, device),
        evaluations=EVALUATIONS.make(),
        votes=VOTES.make(),
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
        FAKE_MAKING.make(),
        FAKE_LIVE.make(),
        FAKE_CHECKS.make(),
        models=FAKE_MODELS.make(),
        evaluations=FAKE_EVALUATIONS.make(),
        votes=FAKE_VOTES.make(),
    )
