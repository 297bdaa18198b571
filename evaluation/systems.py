"""What is evaluated: models, baselines, and other people's WAVs.

A system turns an item into sound. A model renders the item's score in the item's timbre; the
baselines bound what its figures can mean:

    ground-truth       the target itself: the best any figure can be
    other-performance  the reference recording: right instrument, wrong notes
    MODEL/wrong-timbre the model, given another item's timbre
    sine               one sine per note: right notes, no timbre
    MODEL/codec        the target through the model's codec: the best a codec model can be
    folder             audio made by any other system

A system is data (it crosses to worker processes); making its sound is :class:`Player`'s task.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.audio import read_audio, resample
from core.audio.conform import mix_down
from core.clip import Clip, pitch_hz
from core.errors import AudioError
from core.settings import GAIN, RenderSettings
from core.synthesizer import Synthesizer
from core.timbre import Timbre
from core.types import FloatArray
from evaluation.datasets import Item
from evaluation.importers import SOUND_SUFFIXES

if TYPE_CHECKING:
    from core.codecs.base import Codec

SystemKind = Literal[
    "model", "wrong-timbre", "codec", "ground-truth", "other-performance", "sine", "folder"
]

SINE_HZ = 44_100
_ATTACK_S, _RELEASE_S = 0.01, 0.05


@dataclass(frozen=True)
class System:
    """One column of the result.

    Attributes:
        name: unique in a run; may hold one slash.
        kind: how its sound is made.
        model: bundle id, of the kinds that need one.
        settings: of rendering.
        folder: of the kind ``folder``: holds ID.wav for every item.
    """

    name: str
    kind: SystemKind
    model: str | None = None
    settings: RenderSettings = field(default_factory=RenderSettings)
    folder: Path | None = None

    def plays(self, item: Item) -> bool:
        """Whether the item has what this system needs."""
        if self.kind in ("ground-truth", "codec"):
            return item.target is not None
        if self.kind == "other-performance":
            return item.reference is not None
        return True


@dataclass(frozen=True)
class Task:
    """One item of one system: the unit that is done, stored and repeated.

    Attributes:
        system: which.
        item: which.
        timbre: what to render with; another item's for the wrong-timbre baseline.
        seed: of the render; depends on the run's seed and the item's id only.
    """

    system: System
    item: Item
    timbre: Timbre
    seed: int

    @property
    def stem(self) -> str:
        """Relative path of its files, without suffix."""
        return f"{self.system.name.replace('/', '+')}/{self.item.id}"


@dataclass(frozen=True)
class Sound:
    """What a system made of an item.

    Attributes:
        audio: float32 [channels, frames].
        sample_rate: Hz.
        render_s: seconds it took, hearing the timbre included; None for sound that was there
            already.
        limits: messages about what the engine could not say.
        synthesis_s: the part of ``render_s`` that is not hearing the timbre.
    """

    audio: FloatArray
    sample_rate: int
    render_s: float | None = None
    limits: tuple[str, ...] = ()
    synthesis_s: float | None = None


def plan(
    items: Sequence[Item],
    systems: Sequence[System],
    seed: int,
    whole: Sequence[Item] | None = None,
) -> list[Task]:
    """Every task of a run, items first, so that an interrupted run has whole rows.

    Where an item has no other instrument to take a wrong timbre from, that baseline is left out.

    Args:
        items: to be done.
        systems: of the run.
        seed: of the run.
        whole: items that baselines draw from; None: ``items``. With the whole set here, a
            subset has the same baselines as the whole.
    """
    tasks = []
    for item in items:
        item_seed = stable_number(f"{seed}:{item.id}")
        for system in systems:
            timbre = item.timbre
            if system.kind == "wrong-timbre":
                other = wrong_item(item, items if whole is None else whole, seed)
                if other is None:
                    continue
                timbre = other.timbre
            if system.plays(item):
                tasks.append(Task(system, item, timbre, item_seed))
    return tasks


def wrong_item(item: Item, items: Sequence[Item], seed: int) -> Item | None:
    """An item of another instrument, the same one for every run of this seed.

    Args:
        item: whose timbre it must not have.
        items: of the set.
        seed: of the run.
    """
    own = item.instrument or item.id
    others = [other for other in items if (other.instrument or other.id) != own]
    return others[stable_number(f"wrong:{seed}:{item.id}") % len(others)] if others else None


def stable_number(text: str) -> int:
    """A number below 2³² that depends on the text only."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little")


Loader = Callable[[str, str | None], Synthesizer]
"""Bundle id and device to a synthesizer; tests put a named fake here."""


def load_bundle(model: str, device: str | None) -> Synthesizer:
    """The usual :data:`Loader`.

    Args:
        model: bundle id.
        device: cpu, cuda, cuda:N or mps; None chooses.
    """
    return Synthesizer.load(model, device=device)


class Player:
    """Makes the sound of tasks. Models are loaded when first needed, and kept.

    Args:
        device: for the models; None chooses.
        load: how bundles are loaded.
    """

    def __init__(self, device: str | None = None, load: Loader = load_bundle) -> None:
        self._device = device
        self._load = load
        self._loaded: dict[str, Synthesizer] = {}
        self._codecs: dict[str, Codec] = {}

    def synthesizer(self, model: str) -> Synthesizer:
        """The loaded bundle.

        Raises:
            ModelMissing, ModelDamaged: if it cannot be used.
        """
        if model not in self._loaded:
            self._loaded[model] = self._load(model, self._device)
        return self._loaded[model]

    def play(self, task: Task, clip: Clip) -> Sound:
        """The sound of a task.

        Args:
            task: whose system makes the sound.
            clip: the item's score.

        Raises:
            TimbreError: if it cannot be made; one line that says why.
        """
        system, item = task.system, task.item
        match system.kind:
            case "model" | "wrong-timbre":
                # As the model plays it: figures stay comparable with those before gains.
                settings = RenderSettings({GAIN.name: 0.0, **system.settings})
                synth = self.synthesizer(system.model or "")
                _ = synth.encoder  # loading weights is no part of a render
                began = time.perf_counter()
                take = synth.render(clip, task.timbre, seed=task.seed, settings=settings)
                taken_s = time.perf_counter() - began
                limits = tuple(limit.message for limit in take.limits)
                return Sound(take.audio, take.sample_rate, taken_s, limits, take.render_s)
            case "codec":
                return self._through_codec(system.model or "", item)
            case "sine":
                return Sound(render_sines(clip)[None], SINE_HZ)
            case "folder":
                return Sound(*read_audio(find_sound(system.folder or Path(), item.id)))
            case "ground-truth":
                return Sound(*read_audio(_require(item.target)))
            case "other-performance":
                return Sound(*read_audio(_require(item.reference)))

    def _through_codec(self, model: str, item: Item) -> Sound:
        synth = self.synthesizer(model)
        if model not in self._codecs:
            from core.codecs.registry import load_codec

            name, weights = synth.engine.declaration.codec, synth.bundle.file("codec")
            self._codecs[model] = load_codec(name, weights, synth.device)
        codec = self._codecs[model]
        audio, rate = read_audio(_require(item.target))
        sound = resample(mix_down(audio)[None], rate, codec.sample_rate)[0]
        return Sound(codec.decode(codec.encode(sound))[None, : len(sound)], codec.sample_rate)


def render_sines(clip: Clip) -> FloatArray:
    """One sine per note at :data:`SINE_HZ`, as loud as its velocity: float32 [frames], peak ≤ 1."""
    out = np.zeros(round((clip.length_s + _RELEASE_S) * SINE_HZ) + 1)
    for note in clip.notes:
        first = round(note.start_s * SINE_HZ)
        frames = min(len(out) - first, round((note.duration_s + _RELEASE_S) * SINE_HZ))
        time_s = np.arange(frames) / SINE_HZ
        level = np.clip(time_s / _ATTACK_S, 0, 1)
        level *= np.clip((note.duration_s + _RELEASE_S - time_s) / _RELEASE_S, 0, 1)
        wave = np.sin(2 * np.pi * pitch_hz(note.pitch) * time_s)
        out[first : first + len(time_s)] += (note.velocity / 127) ** 2 * level * wave
    return (0.5 * out / max(1.0, float(np.abs(out).max()))).astype(np.float32)


def find_sound(folder: Path, id_: str) -> Path:
    """The sound file of an item in a folder of renders.

    Args:
        folder: of renders.
        id_: of the item.

    Raises:
        AudioError: if there is none.
    """
    for suffix in SOUND_SUFFIXES:
        path = folder / f"{id_}{suffix}"
        if path.is_file():
            return path
    raise AudioError(f"{folder} has no {id_}.wav; name each render after its item's id")


def _require(path: Path | None) -> Path:
    if path is None:
        raise AudioError("the item has no such recording")
    return path
