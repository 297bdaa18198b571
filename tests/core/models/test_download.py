"""Pulling bundles, against a hub-like server on loopback."""

from __future__ import annotations

import hashlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants
import pytest
from typer.testing import CliRunner

from core.bundles.cli import app
from core.errors import Cancelled, ModelDamaged, ModelMissing, OutputError
from core.models.download import pull
from core.models.manifest import MAIN, Manifest, ManifestFile, Origin, measure, write_manifest
from core.models.registry import PUBLISHED_DIR, Registry
from tests.helpers.hub import COMMIT, FakeHub, serving

REPO = "someone/Toy"
BIG = os.urandom(16) * 100_000  # 1.6 MB, several blocks
SMALL = b"codec"


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def publish(base: Path, bundle_id: str, main_file: str, sha256: str | None = None) -> None:
    files = (
        ManifestFile("weights", main_file, None, sha256, Origin(REPO, MAIN, main_file)),
        ManifestFile("codec", "codec.bin", None, None, Origin(REPO, MAIN, "sub/codec.bin")),
    )
    base.mkdir(exist_ok=True)
    made = Manifest(bundle_id, "embedded", "embedded", files, "MIT", "A toy.")
    (base / f"{bundle_id}.json").write_text(made.to_json())


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    files = {f"{REPO}/big.bin": BIG, f"{REPO}/sub/codec.bin": SMALL, f"{REPO}/two.bin": BIG[::-1]}
    with serving(FakeHub(files)) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
        # Blocks as small beside these files as 10 MB are beside weights; no wait before a retry.
        monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 2**16)
        monkeypatch.setattr("time.sleep", lambda _seconds: None)
        yield running


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    publish(tmp_path / "published", "toy", "big.bin")
    return Registry(
        tmp_path / "models",
        shipped_dir=tmp_path / "shipped",
        published_dir=tmp_path / "published",
        cache_dir=tmp_path / "cache",
    )


def test_a_pull_brings_records_and_checks_everything(hub: FakeHub, registry: Registry) -> None:
    fractions: list[float] = []

    def go_on(fraction: float) -> bool:
        fractions.append(fraction)
        return True

    bundle = pull(registry, "toy", go_on)
    assert bundle.file("weights").read_bytes() == BIG
    assert bundle.file("codec").read_bytes() == SMALL
    weights, codec = registry.manifest("toy").files
    assert (weights.size, weights.sha256) == (len(BIG), sha(BIG))
    assert codec.sha256 == sha(SMALL)
    assert weights.origin == Origin(REPO, COMMIT, "big.bin")
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert len(fractions) > 5
    assert sorted(path.name for path in bundle.dir.iterdir()) == [
        "big.bin", "codec.bin", "manifest.json"
    ]  # fmt: skip


def test_nothing_is_asked_of_the_hub_before_a_pull(hub: FakeHub, registry: Registry) -> None:
    registry.listings()
    with pytest.raises(ModelMissing, match="timbre models pull toy"):
        registry.resolve("toy")
    assert hub.requests == []


def test_no_token_is_ever_sent(
    hub: FakeHub, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    pull(registry, "toy")
    assert hub.authorizations == []


def test_all_files_come_from_one_commit(hub: FakeHub, registry: Registry) -> None:
    pull(registry, "toy")
    asked = [path for _method, path, _range in hub.requests]
    assert asked[0] == f"/{REPO}/resolve/main/big.bin"
    assert f"/{REPO}/resolve/{COMMIT}/sub/codec.bin" in asked


def test_a_second_pull_downloads_nothing(hub: FakeHub, registry: Registry) -> None:
    pull(registry, "toy")
    hub.requests.clear()
    pull(registry, "toy")
    assert hub.gets() == []


def test_a_broken_connection_is_taken_up_again(hub: FakeHub, registry: Registry) -> None:
    hub.break_after = [700_000]
    bundle = pull(registry, "toy")
    assert bundle.file("weights").read_bytes() == BIG
    ranges = [wanted for name, wanted in hub.gets() if name == "big.bin"]
    assert ranges[0] is None
    assert len(ranges) == 2
    assert ranges[1] is not None
    assert 0 < int(ranges[1].removeprefix("bytes=").rstrip("-")) <= 700_000


def test_a_cancelled_pull_goes_on_from_where_it_stopped(hub: FakeHub, registry: Registry) -> None:
    with pytest.raises(Cancelled):
        pull(registry, "toy", lambda fraction: fraction < 0.5)
    assert registry.listings()[0].state == "not pulled"
    hub.requests.clear()
    bundle = pull(registry, "toy")
    assert bundle.file("weights").read_bytes() == BIG
    first = next(wanted for name, wanted in hub.gets() if name == "big.bin")
    assert first is not None
    assert int(first.removeprefix("bytes=").rstrip("-")) >= 0.4 * len(BIG)


def test_a_server_without_ranges_starts_over(hub: FakeHub, registry: Registry) -> None:
    hub.ignores_range = True
    hub.break_after = [700_000]
    assert pull(registry, "toy").file("weights").read_bytes() == BIG


def test_large_files_come_from_where_the_hub_redirects_to(hub: FakeHub, registry: Registry) -> None:
    hub.redirects = True
    hub.break_after = [700_000]
    bundle = pull(registry, "toy")
    assert bundle.file("weights").read_bytes() == BIG
    assert registry.manifest("toy").files[0].origin == Origin(REPO, COMMIT, "big.bin")
    in_storage = [wanted for _, path, wanted in hub.requests if path.startswith("/storage/")]
    assert in_storage[0] is None
    assert str(in_storage[1]).startswith("bytes=")


def test_a_full_disk_says_so_and_keeps_what_came(hub: FakeHub, registry: Registry) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
    try:
        with pytest.raises(OutputError, match="cannot write") as caught:
            pull(registry, "toy")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(caught.value)
    assert not (registry.folder("toy") / "big.bin").exists()
    hub.requests.clear()
    assert pull(registry, "toy").file("weights").read_bytes() == BIG
    assert str(hub.gets()[0][1]).startswith("bytes=")


def test_giving_up_says_what_to_do(hub: FakeHub, registry: Registry) -> None:
    hub.break_after = [300_000, *[0] * 10]
    with pytest.raises(ModelMissing, match="run `timbre models pull toy` again") as caught:
        pull(registry, "toy")
    assert "\n" not in str(caught.value)
    hub.break_after = []
    assert pull(registry, "toy").file("weights").read_bytes() == BIG


@pytest.mark.parametrize("states_sha256", [True, False])
def test_a_wrong_hash_is_refused(tmp_path: Path, hub: FakeHub, states_sha256: bool) -> None:
    """Against the hub's own statement, or, where it makes none, against the manifest."""
    publish(tmp_path / "published", "toy", "big.bin", None if states_sha256 else sha(BIG))
    registry = Registry(
        tmp_path / "models", published_dir=tmp_path / "published", cache_dir=tmp_path / "cache"
    )
    hub.states_sha256 = states_sha256
    hub.corrupt = True
    with pytest.raises(ModelDamaged, match=r"sent as big\.bin is damaged"):
        pull(registry, "toy")
    with pytest.raises(ModelMissing):
        registry.resolve("toy")
    hub.corrupt = False
    assert pull(registry, "toy").file("weights").read_bytes() == BIG


def test_another_file_under_a_recorded_name_is_refused(hub: FakeHub, registry: Registry) -> None:
    before = pull(registry, "toy").sha256
    hub.files[f"{REPO}/big.bin"] = BIG[::-1]
    with pytest.raises(ModelDamaged, match=r"another big\.bin.*nothing was changed"):
        pull(registry, "toy")
    assert registry.verify("toy").sha256 == before


def test_a_damaged_file_is_brought_again(hub: FakeHub, registry: Registry) -> None:
    path = pull(registry, "toy").file("weights")
    path.write_bytes(BIG[:-1] + b"?")
    with pytest.raises(ModelDamaged, match="timbre models pull toy"):
        registry.resolve("toy")
    hub.requests.clear()
    pull(registry, "toy")
    assert path.read_bytes() == BIG
    assert [name for name, _ in hub.gets()] == ["big.bin"]


def test_bundles_share_what_they_have_in_common(
    tmp_path: Path, hub: FakeHub, registry: Registry
) -> None:
    publish(tmp_path / "published", "two", "two.bin")
    first = pull(registry, "toy")
    hub.requests.clear()
    second = pull(registry, "two")
    assert [name for name, _ in hub.gets()] == ["two.bin"]
    assert second.file("codec").samefile(first.file("codec"))


def test_a_file_that_is_not_there(hub: FakeHub, registry: Registry) -> None:
    del hub.files[f"{REPO}/sub/codec.bin"]
    with pytest.raises(ModelMissing, match="answered 404"):
        pull(registry, "toy")


def test_a_server_that_is_no_hub(hub: FakeHub, registry: Registry) -> None:
    hub.commit = ""
    with pytest.raises(ModelMissing, match=r"says too little about big\.bin"):
        pull(registry, "toy")
    assert hub.gets() == []


def test_no_network(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(ModelMissing, match=r"cannot pull toy from http://127\.0\.0\.1:1"):
        pull(registry, "toy")


def test_offline_mode_is_respected(
    hub: FakeHub, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelMissing, match="HF_HUB_OFFLINE is set"):
        pull(registry, "toy")
    assert hub.requests == []


def test_what_cannot_be_pulled(tmp_path: Path, hub: FakeHub, registry: Registry) -> None:
    with pytest.raises(ModelMissing, match="no model bundle 'nothing'"):
        pull(registry, "nothing")
    own = pull(registry, "toy")
    (tmp_path / "published" / "toy.json").unlink()
    with pytest.raises(ModelMissing, match="not published"):
        pull(registry, "toy")
    assert measure(own.file("weights"))[1] == sha(BIG)


def test_a_damaged_manifest_is_cured_by_a_pull(hub: FakeHub, registry: Registry) -> None:
    path = pull(registry, "toy").dir / "manifest.json"
    path.write_bytes(b"{")
    with pytest.raises(ModelDamaged, match=r"manifest\.json is damaged"):
        registry.resolve("toy")
    pull(registry, "toy")
    assert registry.resolve("toy").file("weights").read_bytes() == BIG


def test_shipped_bundles_need_no_hub(tmp_path: Path, hub: FakeHub, registry: Registry) -> None:
    folder = tmp_path / "shipped" / "own"
    folder.mkdir(parents=True)
    (folder / "w.bin").write_bytes(SMALL)
    write_manifest(
        folder,
        id="own",
        engine="embedded",
        encoder="embedded",
        files={"weights": "w.bin"},
        licence="GPL-3.0-or-later",
        summary="Shipped.",
    )
    assert pull(registry, "own").file("weights").read_bytes() == SMALL
    assert hub.requests == []


def test_the_command_pulls_tokensynth_as_published(
    tmp_path: Path, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest that ships, against a hub with files of those names."""
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path / "home"))
    for file in Manifest.from_json((PUBLISHED_DIR / "tokensynth.json").read_bytes()).files:
        assert file.origin is not None
        hub.files[f"{file.origin.repo}/{file.origin.path}"] = file.name.encode()
    done = CliRunner().invoke(app, ["pull", "tokensynth"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "hashes of tokensynth are not known" in done.stderr
    bundle = Registry().resolve("tokensynth")
    assert bundle.file("transformer").read_bytes() == b"token_synth.pt"
    assert bundle.manifest.is_pinned
    again = CliRunner().invoke(app, ["pull", "tokensynth"], catch_exceptions=False)
    assert "not known" not in again.stderr
