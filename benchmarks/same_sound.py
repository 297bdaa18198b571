"""Whether a change to the code changed any sound: hashes of renders, an export and figures.

    python benchmarks/same_sound.py OUT.json [--checkout DIR]   # in each of two checkouts
    diff BEFORE.json AFTER.json

Computed on one thread, so that one machine gives one answer; another machine gives another.
What may differ between two versions of the program is left out: the version itself, times of
day, and how long things took. ``--checkout`` measures another working copy with this script,
by whatever module names that copy has.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

_PATHS_OF = {
    "EmbeddingPath": ("core.types", "core.engines.base"),
    "chorale": ("evaluation.assets.chorale",),
    "tiny": ("tests.core.engines.tokensynth.tiny", "tiny"),
    "RenderRequest": ("core.engines.base",),
}
_VOLATILE = {
    "created", "created_s", "date", "device", "first_audio_s", "id", "modified", "modified_s",
    "numpy", "path", "program", "program_version", "python", "rtf", "seconds", "sha", "speed",
    "started", "time", "timings", "torch", "updated", "used", "version", "versions", "wall_s",
}  # fmt: skip


def load_name(name: str) -> Any:
    """A module or a name of one, wherever this checkout keeps it."""
    for module in _PATHS_OF[name]:
        try:
            loaded = import_module(module)
        except ModuleNotFoundError:
            continue
        if module.split(".")[-1] == name and not hasattr(loaded, name):
            return loaded
        if hasattr(loaded, name):
            return getattr(loaded, name)
    raise SystemExit(f"this checkout has no {name}")


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def without_volatile(value: Any) -> Any:
    """JSON data less what may differ from one run to the next."""
    if isinstance(value, dict):
        return {k: without_volatile(v) for k, v in value.items() if k not in _VOLATILE}
    if isinstance(value, list):
        return [without_volatile(item) for item in value]
    return value


def as_the_model_plays() -> Any:
    """Settings without a gain; in checkouts older than gains there is none to leave out."""
    from core.engines.registry import check_settings
    from core.errors import SettingsError

    try:
        return check_settings({"gain": 0.0})
    except SettingsError:
        return check_settings({})


def renders() -> dict[str, Callable[[], Any]]:
    from core import AudioTimbre, Blend, Synthesizer, TextTimbre

    synth = Synthesizer.load("embedded", device="cpu")
    as_played = as_the_model_plays()
    clip = load_name("chorale")()
    folder = Path(tempfile.mkdtemp())
    words = TextTimbre("bright acoustic grand piano")
    reference = folder / "reference.wav"
    synth.render(clip, words, seed=3, settings=as_played).write(reference)
    recording = AudioTimbre(reference)

    def moving() -> Any:
        import numpy as np

        points = np.stack([synth.embed(words), synth.embed(TextTimbre("slow strings"))])
        path = load_name("EmbeddingPath")(np.array([0.0, clip.length_s]), points)
        (take,) = synth.render_requests(
            [load_name("RenderRequest")(clip, path, settings=as_played, seed=5)]
        )
        return take.audio

    def tokens() -> Any:
        tiny = load_name("tiny")
        requests = [
            tiny.request(5, 2.0, 1, temperature=0.9, top_k=40, guidance=1.6),
            tiny.request(9, 6.0, 2, top_p=0.7),
        ]
        return [audio.tobytes() for audio in tiny.engine().render(requests)]

    return {
        "words": lambda: synth.render(clip, words, seed=7, settings=as_played).audio,
        "recording": lambda: synth.render(clip, recording, seed=8, settings=as_played).audio,
        "blend": lambda: (
            synth.render(
                clip,
                Blend(((words, 0.6), (TextTimbre("soft flute"), 0.4))),
                seed=9,
                settings=as_played,
            ).audio
        ),
        "moving": moving,
        "tokensynth": tokens,
    }


def exported(folder: Path) -> str:
    """What an exported preset holds, names of members and data."""
    from core import TextTimbre
    from core.library import Library

    with Library.open() as library:
        library.add("Mine", TextTimbre("warm bass"), tags=("low", "soft"), rating=4)
        target = folder / "mine.timbre"
        subprocess.run(
            [sys.executable, "-m", "core.cli", "preset", "export", "Mine", "-o", str(target)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    parts = {}
    with zipfile.ZipFile(target) as archive:
        for name in sorted(archive.namelist()):
            data = archive.read(name)
            if name.endswith(".json"):
                data = json.dumps(without_volatile(json.loads(data)), sort_keys=True).encode()
            parts[name] = digest(data)
    return digest(json.dumps(parts).encode())


def evaluated(folder: Path) -> Any:
    """``results.json`` of three items, less versions and times."""
    run = ["evaluate", "run", "embedded-v1", "--limit", "3", "-o", str(folder / "run")]
    subprocess.run([sys.executable, "-m", "core.cli", *run], check=True, stdout=subprocess.DEVNULL)
    return without_volatile(json.loads((folder / "run" / "results.json").read_text()))


def measure(out: Path) -> None:
    import numpy as np
    import torch

    torch.set_num_threads(1)
    random.seed(0)
    hashes: dict[str, Any] = {}
    for name, render in renders().items():
        sound = render()
        raw = sound.tobytes() if isinstance(sound, np.ndarray) else b"".join(sound)
        hashes[name] = digest(raw)
        print(name, hashes[name], file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        hashes["export"] = exported(Path(folder))
        hashes["results"] = evaluated(Path(folder))
    out.write_text(json.dumps(hashes, indent=1, sort_keys=True) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--checkout", type=Path, default=Path())
    arguments = parser.parse_args()
    if os.environ.get("TIMBRE_SAME_SOUND") == "1":
        measure(arguments.out)
        return
    root = arguments.checkout.resolve()
    paths = [root, root / "tests/core/tokensynth"]
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            "TIMBRE_SAME_SOUND": "1",
            "TIMBRE_HOME": home,
            "OMP_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
            "HF_HUB_OFFLINE": "1",
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
        }
        script = [sys.executable, str(Path(__file__).resolve()), str(arguments.out.resolve())]
        raise SystemExit(subprocess.run(script, cwd=root, env=environment).returncode)


if __name__ == "__main__":
    main()
