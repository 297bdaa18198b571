"""The real bundles, pulled from a hub on loopback, through the window's service."""

from __future__ import annotations

import threading
import time
from collections import namedtuple
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.errors import Cancelled, ModelDamaged, ModelMissing, OutputError, SettingsError
from core.models.registry import Registry
from desktop.services.model_bundles.local import LocalModels
from desktop.tasks import Lane, LaneTask, TaskControl, Tasks
from tests.core.models.test_download import BIG, hub, registry
from tests.helpers.bundles import write_tiny_bundle
from tests.helpers.hub import FakeHub
from tests.helpers.waiting import LAST_RESORT_S

__all__ = ["hub", "registry"]  # fixtures

Usage = namedtuple("Usage", "total used free")


class Watching:
    """A control that writes down what it is told, and can be cancelled from a fraction on."""

    def __init__(self, cancel_at: float = 2.0) -> None:
        self._cancel_at = cancel_at
        self.is_cancelled = False
        self.stages: list[str] = []
        self.fractions: list[float] = []

    def progress(self, fraction: float) -> bool:
        self.fractions.append(fraction)
        self.is_cancelled = self.is_cancelled or fraction >= self._cancel_at
        return not self.is_cancelled

    def stage(self, words: str) -> None:
        self.stages.append(words)

    @property
    def control(self) -> TaskControl:
        return self  # type: ignore[return-value]


@pytest.fixture
def models(registry: Registry) -> LocalModels:
    return LocalModels(chosen="tiny", registry=registry)


def test_a_pull_says_its_bytes_and_what_it_brought_is_ready(
    hub: FakeHub, models: LocalModels
) -> None:
    (before,) = models.bundles()
    assert (before.state, before.can_pull, before.is_pinned) == ("not pulled", True, False)
    watching = Watching()
    facts = models.pull("toy", watching.control)
    assert (facts.state, facts.can_pull, facts.here > len(BIG)) == ("ready", False, True)
    assert watching.fractions[-1] == 1.0
    words = [said for said in watching.stages if said != "asking what there is"]  # before bytes
    assert words[0] == "0.0 of 1.6 MB"
    assert models.licence("toy") == "MIT\n\nPublished at\nhttps://huggingface.co/someone/Toy"


def test_a_cancelled_pull_goes_on_and_a_cut_one_too(hub: FakeHub, models: LocalModels) -> None:
    with pytest.raises(Cancelled):
        models.pull("toy", Watching(cancel_at=0.4).control)
    (facts,) = models.bundles()
    assert facts.state_words.startswith("pulled in part (")
    asked = len(hub.gets())
    hub.break_after = [0] * 20
    with pytest.raises(ModelMissing, match="goes on from where it stopped"):
        models.pull("toy", Watching().control)
    hub.break_after = []
    assert models.pull("toy", Watching().control).state == "ready"
    ranges = [wanted for name, wanted in hub.gets()[asked:] if name == "big.bin"]
    assert all(ranges)  # nothing that was here came again


def test_a_wrong_hash_no_network_and_a_full_disk_are_said(
    hub: FakeHub, models: LocalModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.corrupt = True
    with pytest.raises(ModelDamaged, match="is damaged"):
        models.pull("toy", Watching().control)
    hub.corrupt = False
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(10**9, 10**9, 10))
    with pytest.raises(OutputError, match="are free"):
        models.pull("toy", Watching().control)
    monkeypatch.undo()
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with pytest.raises(ModelMissing, match="cannot pull toy"):
        models.pull("toy", Watching().control)


def test_who_cancels_while_the_network_is_silent_waits_for_nothing(
    models: LocalModels, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And two pulls never write the same file: the next one waits for the first to notice."""
    speaks_again, begun = threading.Event(), threading.Event()
    pulls: list[str] = []

    def silent_pull(_registry: Registry, bundle_id: str, on_progress: object, _t: object) -> None:
        pulls.append(bundle_id)
        begun.set()
        speaks_again.wait(LAST_RESORT_S)

    monkeypatch.setattr("core.models.download.pull", silent_pull)
    tasks = Tasks()

    def pull() -> LaneTask[object]:
        return tasks.run(lambda control: models.pull("toy", control), lane=Lane.PULLS)

    first = pull()
    assert begun.wait(LAST_RESORT_S)
    with pytest.raises(ModelMissing, match="cancel that first"):
        models.remove("toy")
    first.cancel()
    qtbot.waitUntil(lambda: tasks.under_way == 0, timeout=int(1000 * LAST_RESORT_S))
    stages: list[str] = []
    second = pull()
    second.staged.connect(stages.append)
    qtbot.waitUntil(lambda: bool(stages), timeout=int(1000 * LAST_RESORT_S))
    assert stages == ["waiting for the earlier pull to stop"]
    assert pulls == ["toy"]
    speaks_again.set()
    qtbot.waitUntil(lambda: len(pulls) == 2, timeout=int(1000 * LAST_RESORT_S))
    began = time.monotonic()
    tasks.close()
    assert time.monotonic() - began < LAST_RESORT_S


def test_bundles_travel_by_file_are_verified_chosen_and_removed(
    models: LocalModels, registry: Registry, tmp_path: Path
) -> None:
    used: list[str] = []
    models = LocalModels(used.append, "embedded", "", registry)
    write_tiny_bundle(registry.models_dir / "tiny")
    archive = models.export_file("tiny", tmp_path / "tiny.zip", Watching().control)
    models.choose("tiny")
    assert (used, models.chosen) == (["tiny"], "tiny")
    weights = registry.models_dir / "tiny" / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelDamaged, match="import it again"):
        models.verify("tiny", Watching().control)
    models.import_file(archive, Watching().control)
    watching = Watching()
    assert models.verify("tiny", watching.control).state == "ready"
    assert watching.fractions[-1] == 1.0
    weights.write_bytes(b"short")
    with pytest.raises(ModelDamaged, match="verify it"):
        models.choose("tiny")


def test_when_the_chosen_bundle_is_removed_the_default_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    write_tiny_bundle(tmp_path / "models" / "tiny")
    used: list[str] = []
    models = LocalModels(used.append)
    models.choose("tiny")
    assert models.remove("tiny") > 0
    assert (used, models.chosen) == (["tiny", "embedded"], "embedded")
    with pytest.raises(SettingsError, match="ships with the program"):
        models.remove("embedded")
    assert "GNU GENERAL PUBLIC LICENSE" in models.licence("embedded")


def test_what_this_machine_computes_on_is_found_in_another_process() -> None:
    devices = LocalModels().devices()
    assert devices[0].name == "cpu"
    assert "core" in devices[0].title
