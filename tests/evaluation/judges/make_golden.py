"""Makes ``golden/musicnn.json``: what musicnn's own code says about a sound made by a formula.

Run with the package's code, not ours. It pins an old numpy, but runs with a new TensorFlow:

    uv venv golden-env --python 3.11
    uv pip install -p golden-env tensorflow-cpu==2.21.0 tf_keras librosa soundfile "numpy<2"
    uv pip install -p golden-env --no-deps musicnn==0.1.0
    TF_USE_LEGACY_KERAS=1 golden-env/bin/python tests/evaluation/judges/make_golden.py
"""

from __future__ import annotations

import importlib
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

GOLDEN = Path(__file__).parent / "golden" / "musicnn.json"
RATE = 16_000
SECONDS = 6.5


def sound() -> np.ndarray:
    """Plucked and held tones, a rising sine and some noise: float32 [frames] at :data:`RATE`."""
    time_s = np.arange(round(SECONDS * RATE)) / RATE
    out = np.zeros_like(time_s)
    for start_s, hz, partials, decay in (
        (0.2, 220.0, 12, 4.0),
        (1.0, 329.6, 6, 1.0),
        (2.1, 440.0, 3, 0.3),
        (3.4, 110.0, 30, 2.0),
        (4.6, 587.3, 9, 0.0),
    ):
        since = np.maximum(time_s - start_s, 0.0)
        envelope = np.clip(since / 0.01, 0, 1) * np.exp(-decay * since) * (since < 1.1)
        for k in range(1, partials + 1):
            if k * hz < RATE / 2:
                out += 0.2 / k * envelope * np.sin(2 * np.pi * k * hz * since)
    out += 0.02 * np.sin(2 * np.pi * (100.0 + 200.0 * time_s) * time_s)
    out += 0.01 * np.random.default_rng(7).standard_normal(len(time_s)) * (time_s > 3)
    return out.astype(np.float32)


def _rounded(values: np.ndarray) -> list[Any]:
    return [float(f"{value:.6g}") for value in np.asarray(values, np.float64).ravel()]


def said_by_musicnn(name: str, path: Path) -> dict[str, Any]:
    """Tags, features and channel means of both three-second patches, by the package's extractor."""
    extractor: Any = importlib.import_module("musicnn.extractor")
    tags, labels, features = extractor.extractor(str(path), model=name)
    said: dict[str, Any] = {"patches": len(tags), "labels": labels, "tags": _rounded(tags)}
    said["mean_pool"] = _rounded(features["mean_pool"])
    # Of later patches the extractor repeats the first one's: it appends a stale variable.
    said["penultimate"] = _rounded(features["penultimate"][:1])
    # [T of both patches, C]; the extractor runs patches together.
    for layer in ("timbral", "temporal"):
        said[f"{layer}_mean"] = _rounded(features[layer].mean(axis=0))
        said[f"{layer}_std"] = _rounded(features[layer].std(axis=0))
    return said


def main() -> None:
    """Write the golden file."""
    soundfile: Any = importlib.import_module("soundfile")
    extractor: Any = importlib.import_module("musicnn.extractor")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.wav"
        soundfile.write(path, sound(), RATE, subtype="FLOAT")
        _, spectrogram = extractor.batch_data(str(path), 187, 187)
        golden: dict[str, Any] = {
            "spectrogram_mean": _rounded(np.asarray(spectrogram, np.float64).mean(axis=0)),
            "spectrogram_frame_100": _rounded(spectrogram[100]),
            "frames": len(spectrogram),
        }
        golden["MTT_musicnn"] = said_by_musicnn("MTT_musicnn", path)
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in golden.items()]
    GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
