"""Named stand-ins for the core's models: no weights, quick, and audibly right."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from core.clip import Clip
from core.encoders.base import TimbreEncoder, unit
from core.engines.base import RenderRequest
from core.engines.registry import ENGINES
from core.errors import ModelMissing
from core.provenance import Provenance
from core.settings import RenderSettings
from core.synthesizer import Synthesizer
from core.takes.take import Take
from core.timbre import TextTimbre, Timbre
from core.types import EMBEDDING_DIM, FloatArray
from evaluation import pool, run
from evaluation.scoring import ScoringSettings
from tests.evaluation import sounds

CONFIG = run.EvaluationConfig(
    models=("fake",), seed=3, scoring=ScoringSettings(judge="fake", followers=("yin",))
)
"""What the tests run, unless they say otherwise."""


def in_process(
    tasks: Sequence[Any], make_work: Callable[[], Any], workers: int
) -> Iterator[pool.Outcome[Any]]:
    """An executor without processes, on one thread as a worker is: sums then round alike."""
    work = make_work()
    threads = torch.get_num_threads()
    pool.limit_threads()
    try:
        for task in tasks:
            yield pool.attempt(work, task)
    finally:
        torch.set_num_threads(threads)


class SpectrumEncoder(TimbreEncoder):
    """Embeds a sound as its mean log spectrum, and words as noise seeded by them."""

    id = "spectrum-test"
    sha256 = "0" * 64

    def encode_audio(self, audio: FloatArray, sample_rate: int) -> FloatArray:
        sound = audio.mean(axis=0)
        frames = np.pad(sound, (0, -len(sound) % 1024)).reshape(-1, 1024)
        spectrum = np.abs(np.fft.rfft(frames)).mean(axis=0)[1:]
        return unit(np.log(spectrum / spectrum.max() + 1e-3).astype(np.float32))

    def encode_text(self, text: str) -> FloatArray:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little")
        values = np.random.default_rng(seed).standard_normal(EMBEDDING_DIM)
        return unit(values.astype(np.float32))


class FakeBundle:
    """A bundle of no files."""

    def __init__(self, id_: str) -> None:
        self.id = id_
        self.sha256 = hashlib.sha256(id_.encode()).hexdigest()

    def has(self, role: str) -> bool:
        return False


class PluckedSynthesizer:
    """Plays every clip with plucked tones; how bright they are comes from the timbre."""

    device = "cpu"

    def __init__(self, id_: str) -> None:
        self.bundle = FakeBundle(id_)
        self.engine = SimpleNamespace(declaration=ENGINES["tokensynth"])
        self.encoder = SpectrumEncoder()

    def render(self, clip: Clip, timbre: Timbre, *, seed: int, settings: object = None) -> Take:
        words = timbre.words if isinstance(timbre, TextTimbre) else Path(timbre.describe()).stem
        bright = int.from_bytes(hashlib.sha256(words.encode()).digest()[:1], "little") / 255
        sound = sounds.play(clip, partials=2 + round(10 * bright), rolloff=1.5 - bright)
        request = RenderRequest(clip, self.encoder.encode_text(words), RenderSettings(), seed)
        provenance = Provenance(
            clip, request.embedding, seed, self.bundle.id, self.bundle.sha256, sounds.RATE
        )
        return Take(sound[None], sounds.RATE, provenance, (), 0.01)


def load_fake(model: str, device: str | None) -> Synthesizer:
    """A :data:`evaluation.systems.Loader`; knows any id but ``missing``."""
    if model == "missing":
        raise ModelMissing("model missing is not on this machine")
    return PluckedSynthesizer(model)  # type: ignore[return-value]
