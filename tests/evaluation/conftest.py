"""One small finished run that several test modules read; none of them may change it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from core.audio import write_wav
from core.clip import Clip, Note
from core.midi import write_midi
from evaluation import datasets, run
from tests.evaluation import sounds
from tests.evaluation.fakes import CONFIG, in_process, load_fake


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> datasets.Dataset:
    """Two instruments, each with reference and target, and an item of words alone."""
    folder = tmp_path_factory.mktemp("set")
    items = []
    for name, partials in (("dull", 2), ("buzzy", 20)):
        clip = Clip.of(name, sounds.melody().notes[:3], 1.3)
        write_midi(clip, folder / f"{name}.mid")
        other = Clip.of("other", [Note(0.1, 57, 90, 0.3), Note(0.5, 61, 90, 0.3)])
        for suffix, played in (("", clip), ("-reference", other)):
            sound = sounds.play(played, partials=partials, rolloff=2.5 / math.sqrt(partials))
            write_wav(folder / f"{name}{suffix}.wav", sound[None], sounds.RATE)
        midi, reference, target = (
            folder / f"{name}{end}" for end in (".mid", "-reference.wav", ".wav")
        )
        items.append(datasets.Item(name, midi, reference, name, target, name))
    items.append(datasets.Item("words", folder / "dull.mid", text="soft flute"))
    datasets.write(folder / "manifest.jsonl", items, {"set": "small"})
    return datasets.load(folder)


@pytest.fixture(scope="session")
def whole(dataset: datasets.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished run of the small set."""
    output = tmp_path_factory.mktemp("whole") / "run"
    run.run(dataset, CONFIG, output, execute=in_process, load=load_fake)
    return output


@pytest.fixture(scope="session")
def whole_results(whole: Path) -> dict[str, Any]:
    """Its ``results.json``."""
    from evaluation import results

    return results.read(whole)
