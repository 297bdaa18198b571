"""Bundles that move when they are told to, for tests, pictures and the gallery."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.bundles.devices import ComputeDevice
from core.bundles.facts import BundleFacts
from core.errors import Cancelled, ModelDamaged, ModelMissing, TimbreError
from core.models.transfer import Transfer, TransferMeter
from desktop.tasks import TaskControl

_SIZE = 2_614_000_000


def fake_bundles() -> list[BundleFacts]:
    """One that ships, one that can be pulled, one pulled in part, and one that is damaged."""
    tokensynth = BundleFacts(
        "tokensynth",
        "not pulled",
        "TokenSynth as published: autoregressive transformer, DAC 44.1 kHz, CLAP; wants a GPU",
        "code MIT; weights as stated at https://huggingface.co/KyungsuKim/TokenSynth",
        None,
        0,
        Path("/home/me/models/tokensynth"),
        "",
        "tokensynth",
        "the published TokenSynth: a transformer from notes and an embedding to codec tokens",
        ("clips of any length", "another seed plays another performance"),
        ("plays whole clips only, not live", "one timbre a clip", "no bends of pitch"),
        ("temperature", "top-k", "top-p", "guidance"),
        "fastest",
        is_published=True,
        is_pinned=False,
    )
    return [
        BundleFacts(
            "embedded",
            "ready",
            "Our own note synthesizer and timbre encoder; ships with the program.",
            "GPL-3.0-or-later",
            31_746_028,
            31_746_028,
            Path("/opt/timbre/weights/embedded"),
            "",
            "embedded",
            "partials and noise, note by note, from a small network; in tune by construction",
            (
                "plays live, as keys are pressed",
                "clips of any length",
                "follows a timbre that moves during a clip",
                "plays bends of pitch",
            ),
            ("another seed changes the noise only",),
            (),
            "cpu",
            is_shipped=True,
            is_default=True,
        ),
        tokensynth,
        replace(
            tokensynth,
            id="tokensynth-aug",
            summary="TokenSynth as published, trained with effects on its references; wants a GPU",
            state="incomplete",
            size=_SIZE,
            here=_SIZE // 3,
            dir=Path("/home/me/models/tokensynth-aug"),
            detail="missing: token_synth_aug.pt",
        ),
        replace(
            tokensynth,
            id="tokensynth-mini",
            summary="A small one of our own, as imported from a file.",
            state="damaged",
            size=91_000_000,
            here=88_000_000,
            dir=Path("/home/me/models/tokensynth-mini"),
            detail="wrong size: transformer.safetensors",
            is_published=False,
            is_pinned=True,
        ),
    ]


class FakeModels:
    """A :class:`desktop.services.model_bundles.interface.ModelService`.

    Attributes:
        asked: what was asked for, in order.
        steps: a pull goes on with each release, by a tenth; without one it waits.
        problem: raised by whatever is asked next and may fail.
    """

    models_dir = Path("/home/me/models")

    def __init__(self) -> None:
        self._bundles = {facts.id: facts for facts in fake_bundles()}
        self.chosen, self.chosen_device = "embedded", ""
        self.asked: list[tuple[object, ...]] = []
        self.steps = threading.Semaphore(0)
        self.problem: TimbreError | None = None

    def bundles(self) -> Sequence[BundleFacts]:
        """As they are now."""
        return list(self._bundles.values())

    def devices(self) -> Sequence[ComputeDevice]:
        """A processor and a card."""
        return (
            ComputeDevice("cpu", "processor, 8 cores"),
            ComputeDevice("cuda:0", "NVIDIA GeForce RTX 4070"),
        )

    def licence(self, bundle_id: str) -> str:
        """A short one."""
        return f"{self._bundles[bundle_id].licence}\n\nYou may use, study, share and improve it."

    def choose(self, bundle_id: str) -> None:
        """See :class:`ModelService`."""
        self._fail_once()
        if self._bundles[bundle_id].state != "ready":
            raise ModelMissing(f"{bundle_id} is not pulled; pull or verify it before it is used")
        self.asked.append(("choose", bundle_id))
        self.chosen = bundle_id

    def choose_device(self, device: str) -> None:
        """See :class:`ModelService`."""
        self.asked.append(("device", device))
        self.chosen_device = device

    def pull(self, bundle_id: str, control: TaskControl) -> BundleFacts:
        """By tenths, from where it stands."""
        self.asked.append(("pull", bundle_id))
        facts = replace(self._bundles[bundle_id], size=_SIZE)
        meter = TransferMeter()
        begun = facts.here
        while facts.here < _SIZE:
            self._fail_once()
            meter.note(Transfer(facts.here, _SIZE, facts.here - begun))
            control.stage(meter.words)
            control.progress(facts.here / _SIZE)
            while not self.steps.acquire(timeout=0.02):
                if not control.progress(facts.here / _SIZE):
                    raise Cancelled("cancelled")
            facts = replace(facts, state="incomplete", here=min(_SIZE, facts.here + _SIZE // 10))
            self._bundles[bundle_id] = facts
        return self._put(replace(facts, state="ready", detail="", is_pinned=True))

    def verify(self, bundle_id: str, control: TaskControl) -> BundleFacts:
        """Whole, unless it is known to be damaged."""
        self.asked.append(("verify", bundle_id))
        self._fail_once()
        control.progress(0.5)
        facts = self._bundles[bundle_id]
        if facts.state != "ready":
            raise ModelDamaged(f"{facts.dir} is damaged: {facts.detail}; import it again")
        return facts

    def remove(self, bundle_id: str) -> int:
        """See :class:`ModelService`."""
        self.asked.append(("remove", bundle_id))
        self._fail_once()
        facts = self._bundles[bundle_id]
        self._put(replace(facts, state="not pulled", here=0, detail=""))
        if self.chosen == bundle_id:
            self.chosen = "embedded"
        return facts.here

    def import_file(self, file: Path, control: TaskControl) -> BundleFacts:
        """Mends the damaged one."""
        self.asked.append(("import", file))
        self._fail_once()
        control.progress(1.0)
        facts = self._bundles["tokensynth-mini"]
        return self._put(replace(facts, state="ready", here=facts.size or 0, detail=""))

    def export_file(self, bundle_id: str, file: Path, control: TaskControl) -> Path:
        """See :class:`ModelService`."""
        self.asked.append(("export", bundle_id, file))
        self._fail_once()
        control.progress(1.0)
        return file

    def _put(self, facts: BundleFacts) -> BundleFacts:
        self._bundles[facts.id] = facts
        return facts

    def _fail_once(self) -> None:
        problem, self.problem = self.problem, None
        if problem is not None:
            raise problem
