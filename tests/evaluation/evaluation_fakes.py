"""Named stand-ins for the core's models: no weights, quick, and audibly right."""

from __future__ import annotations

import hashlib

import numpy as np

from core.encoders.base import TimbreEncoder, unit
from core.engines.base import EMBEDDING_DIM, FloatArray


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
