"""A pull in bytes and words, and taking a bundle away again."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.bundles.cli import app
from core.errors import ModelMissing, OutputError, SettingsError
from core.models.download import pull
from core.models.registry import Registry
from core.models.removal import remove_bundle
from core.models.transfer import Transfer, TransferMeter
from tests.core.models.test_download import BIG, SMALL, hub, registry
from tests.helpers.bundles import write_tiny_bundle
from tests.helpers.hub import FakeHub

__all__ = ["hub", "registry"]  # fixtures

ALL = len(BIG) + len(SMALL)
Usage = namedtuple("Usage", "total used free")


class Clock:
    """Goes on when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_speed_and_time_left_are_of_what_comes_over_the_network() -> None:
    clock = Clock()
    meter = TransferMeter(clock)
    assert meter.words == "asking what there is"
    meter.note(Transfer(0, 400_000_000, 0))
    assert meter.words == "0 of 400 MB"
    meter.note(Transfer(200_000_000, 400_000_000, 0))  # was here already
    clock.now = 2.0
    meter.note(Transfer(220_000_000, 400_000_000, 20_000_000))
    assert meter.bytes_per_s == 10e6
    assert meter.words == "220 of 400 MB, 10.0 MB/s, 18 s left"
    clock.now = 30.0  # nothing came since
    assert meter.left_s is not None
    assert meter.left_s > 200


def test_a_meter_forgets_how_fast_it_was_long_ago() -> None:
    clock = Clock()
    meter = TransferMeter(clock)
    for second in range(100):
        clock.now = float(second)
        came = 10_000_000 * min(second, 50)
        meter.note(Transfer(came, 1_000_000_000, came))
    assert meter.bytes_per_s == 0
    assert meter.left_s is None


def test_a_pull_is_told_in_bytes_and_a_resumed_one_counts_what_it_brings(
    hub: FakeHub, registry: Registry
) -> None:
    told: list[Transfer] = []
    with pytest.raises(Exception, match="cancelled"):
        pull(registry, "toy", lambda fraction: fraction < 0.5, told.append)
    before = told[-1].here
    assert 0.5 * ALL <= before < ALL
    told.clear()
    pull(registry, "toy", on_transfer=told.append)
    assert told[-1].here == told[-1].total == ALL
    assert ALL - before <= told[-1].came < ALL


def test_a_disk_without_room_is_said_before_anything_comes(
    hub: FakeHub, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(10**7, 10**7 - 1000, 1000))
    with pytest.raises(OutputError, match="GB are free"):
        pull(registry, "toy")
    assert hub.gets() == []
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(10**7, 0, ALL))
    pull(registry, "toy")
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(10**7, 10**7, 0))
    pull(registry, "toy")  # nothing is missing


def test_a_removed_bundle_can_be_pulled_again(hub: FakeHub, registry: Registry) -> None:
    pull(registry, "toy")
    assert remove_bundle(registry, "toy") > ALL
    (listing,) = registry.listings()
    assert listing.state == "not pulled"
    assert not list(registry.models_dir.iterdir())
    with pytest.raises(ModelMissing, match="nothing of"):
        remove_bundle(registry, "toy")
    pull(registry, "toy")


def test_what_ships_stays(registry: Registry, tmp_path: Path) -> None:
    write_tiny_bundle(tmp_path / "shipped" / "tiny")
    with pytest.raises(SettingsError, match="ships with the program"):
        remove_bundle(registry, "tiny")
    assert registry.verify("tiny")


def test_the_command_line_asks_before_what_cannot_be_had_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    write_tiny_bundle(tmp_path / "models" / "tiny")
    listed = CliRunner().invoke(app, ["list"]).stdout
    assert "embedded: ready, the default, 31.7 MB" in listed
    assert "tokensynth: not pulled, size not known yet" in listed
    assert "    but: plays whole clips only, not live" in listed
    refused = CliRunner().invoke(app, ["remove", "tiny"])
    assert isinstance(refused.exception, SettingsError)
    assert "--force" in str(refused.exception)
    removed = CliRunner().invoke(app, ["remove", "tiny", "--force"])
    assert "removed" in removed.stdout
    assert not (tmp_path / "models" / "tiny").exists()
