"""Model bundles: manifests, what is on this machine, and archives."""

from __future__ import annotations

import io
import json
import os
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from core.bundles.cli import app
from core.errors import Cancelled, ModelDamaged, ModelMissing, OutputError, SettingsError
from core.models import archive, manifest, registry
from core.models.archive import export_bundle, import_bundle
from core.models.manifest import MANIFEST_NAME, Manifest, ManifestFile, Origin, write_manifest
from core.models.registry import Registry
from tests.helpers.lying_archives import state_size

WEIGHTS = bytes(range(256)) * 64


def make_bundle(base: Path, bundle_id: str = "toy") -> Manifest:
    folder = base / bundle_id
    (folder / "parts").mkdir(parents=True)
    (folder / "weights.bin").write_bytes(WEIGHTS)
    (folder / "parts" / "codec.bin").write_bytes(b"codec")
    return write_manifest(
        folder,
        id=bundle_id,
        engine="embedded",
        encoder="embedded",
        files={"weights": "weights.bin", "codec": "parts/codec.bin"},
        licence="GPL-3.0-or-later",
        summary="A toy.",
    )


def registry_in(folder: Path) -> Registry:
    (folder / "published").mkdir(exist_ok=True)
    return Registry(
        folder / "models",
        shipped_dir=folder / "shipped",
        published_dir=folder / "published",
        cache_dir=folder / "cache",
    )


@pytest.fixture
def installed(tmp_path: Path) -> Registry:
    make_bundle(tmp_path / "models")
    return registry_in(tmp_path)


def test_a_bundle_is_found_by_id_and_its_files_by_role(installed: Registry) -> None:
    bundle = installed.resolve("toy")
    assert bundle.file("weights").read_bytes() == WEIGHTS
    assert bundle.file("codec").name == "codec.bin"
    assert bundle.has("codec")
    assert not bundle.has("clap")
    assert bundle.sha256_of("weights") == manifest.measure(bundle.file("weights"))[1]
    with pytest.raises(ModelDamaged, match="no file of role 'clap'"):
        bundle.file("clap")


def test_the_digest_follows_the_weights_and_nothing_else(tmp_path: Path) -> None:
    first = make_bundle(tmp_path / "a")
    other = replace(first, id="other", licence="?", summary="?", files=first.files[::-1])
    assert first.digest == other.digest
    changed = (replace(first.files[0], sha256="0" * 64), first.files[1])
    assert replace(first, files=changed).digest != first.digest


def test_an_unknown_id_lists_the_known_ones(installed: Registry) -> None:
    with pytest.raises(ModelMissing, match=r"no model bundle 'tpy'; known: toy$"):
        installed.resolve("tpy")
    for hostile in ("../toy", "/etc", "", "toy/../toy"):
        with pytest.raises(ModelMissing, match="no model bundle"):
            installed.resolve(hostile)


def test_every_known_published_bundle_has_a_sound_manifest() -> None:
    for path in registry.PUBLISHED_DIR.glob("*.json"):
        made = Manifest.from_json(path.read_bytes())
        assert made.id == path.stem
        assert made.to_json() == path.read_text(encoding="utf-8")
        assert all(file.origin is not None for file in made.files)


def test_a_published_bundle_not_pulled_names_the_command(tmp_path: Path) -> None:
    known = Registry(tmp_path / "models", cache_dir=tmp_path / "cache")
    with pytest.raises(ModelMissing, match="timbre models pull tokensynth"):
        known.resolve("tokensynth")
    states = {entry.id: entry.state for entry in known.listings()}
    assert states["tokensynth"] == states["tokensynth-aug"] == "not pulled"


def test_damage_is_named(installed: Registry) -> None:
    path = installed.folder("toy") / "weights.bin"
    path.write_bytes(WEIGHTS[:-1])
    with pytest.raises(ModelDamaged, match=r"weights\.bin is damaged: 16383 bytes instead of"):
        installed.resolve("toy")
    path.write_bytes(WEIGHTS[:-1] + b"?")
    with pytest.raises(ModelDamaged, match=r"weights\.bin is damaged: its sha256.*import it again"):
        installed.resolve("toy")
    path.unlink()
    with pytest.raises(ModelMissing, match=r"weights\.bin missing"):
        installed.resolve("toy")
    assert [(e.state, e.detail) for e in installed.listings()] == [
        ("incomplete", "missing: weights.bin")
    ]


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"[" * 9999, b'{"schema": 99}', b"\xff"])
def test_a_damaged_manifest_is_named_and_does_not_stop_the_list(
    installed: Registry, content: bytes
) -> None:
    make_bundle(installed.models_dir, "other")
    (installed.folder("toy") / MANIFEST_NAME).write_bytes(content)
    with pytest.raises(ModelDamaged, match=r"manifest\.json is damaged") as caught:
        installed.resolve("toy")
    assert "\n" not in str(caught.value)
    assert {e.id: e.state for e in installed.listings()} == {"toy": "damaged", "other": "ready"}


def test_hashes_are_checked_once_and_again_after_a_change(
    installed: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []

    def counting(path: Path, *args: object) -> tuple[int, str]:
        hashed.append(path.name)
        return manifest.measure(path)

    monkeypatch.setattr(registry, "measure", counting)
    installed.resolve("toy")
    assert sorted(hashed) == ["codec.bin", "weights.bin"]
    installed.resolve("toy")
    assert len(hashed) == 2
    os.utime(installed.folder("toy") / "weights.bin", ns=(1, 1))
    installed.resolve("toy")
    assert hashed[2:] == ["weights.bin"]
    installed.verify("toy")
    assert len(hashed) == 5


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path, installed: Registry) -> None:
    (tmp_path / "cache").write_text("not a folder")
    installed.resolve("toy")
    installed.verify("toy")


def test_verify_reports_and_cancels(installed: Registry) -> None:
    fractions: list[float] = []

    def go_on(fraction: float) -> bool:
        fractions.append(fraction)
        return True

    installed.verify("toy", go_on)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    with pytest.raises(Cancelled):
        installed.verify("toy", lambda _fraction: False)


def test_an_installed_manifest_cannot_contradict_the_published_one(
    tmp_path: Path, installed: Registry
) -> None:
    own = installed.manifest("toy")
    files = (replace(own.files[0], sha256="0" * 64), own.files[1])
    (tmp_path / "published" / "toy.json").write_text(replace(own, files=files).to_json())
    with pytest.raises(ModelDamaged, match="timbre models pull toy"):
        installed.resolve("toy")


GOOD = ManifestFile("weights", "w.bin", 1, "0" * 64, Origin("a/b", "main", "w.bin"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        *(
            ({"name": name}, "not a plain path")
            for name in ("../w", "/w", "a/../w", "a//w", "", ".", ".w", "a/.w", "a\\w", "C:w",
                         "w\n", "w\0", MANIFEST_NAME)
        ),
        ({"role": "a b"}, "role"),
        ({"size": -1}, "size"),
        ({"size": "1"}, "size"),
        ({"sha256": "0" * 63}, "sha256"),
        ({"origin": Origin("../..", "main", "w")}, "origin"),
    ],
)  # fmt: skip
def test_manifests_check_themselves(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Manifest("toy", "embedded", "embedded", (replace(GOOD, **change),), "", "")


def test_manifests_refuse_twins_and_strange_ids() -> None:
    with pytest.raises(ValueError, match="same role"):
        Manifest("toy", "e", "e", (GOOD, replace(GOOD, name="x")), "", "")
    with pytest.raises(ValueError, match="same name"):
        Manifest("toy", "e", "e", (GOOD, replace(GOOD, role="x")), "", "")
    for strange in ("", "Toy", "../toy", ".toy", "a" * 65):
        with pytest.raises(ValueError, match="bundle id"):
            Manifest(strange, "e", "e", (GOOD,), "", "")
    with pytest.raises(ValueError, match="no files"):
        Manifest("toy", "e", "e", (), "", "")


@pytest.mark.parametrize("suffix", ["zip", "tar"])
def test_a_bundle_moves_to_another_machine(
    tmp_path: Path, installed: Registry, suffix: str
) -> None:
    path = export_bundle(installed, "toy", tmp_path / f"toy.{suffix}")
    (tmp_path / "elsewhere").mkdir()
    other = registry_in(tmp_path / "elsewhere")
    bundle = import_bundle(other, path)
    assert bundle.sha256 == installed.resolve("toy").sha256
    assert bundle.file("weights").read_bytes() == WEIGHTS
    assert import_bundle(other, path).sha256 == bundle.sha256  # again, over the first
    assert [entry.name for entry in other.models_dir.iterdir()] == ["toy"]


def test_export_says_what_is_wrong(tmp_path: Path, installed: Registry) -> None:
    with pytest.raises(SettingsError, match=r"\.zip or \.tar"):
        export_bundle(installed, "toy", tmp_path / "toy.rar")
    with pytest.raises(OutputError, match="folder does not exist"):
        export_bundle(installed, "toy", tmp_path / "no" / "toy.zip")
    (installed.folder("toy") / "weights.bin").write_bytes(WEIGHTS[::-1])
    with pytest.raises(ModelDamaged):
        export_bundle(installed, "toy", tmp_path / "toy.zip")
    assert not (tmp_path / "toy.zip").exists()


def zip_of(path: Path, files: dict[str, bytes], deflated: bool = False) -> Path:
    kind = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", kind) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return path


def toy_files(folder: Path) -> dict[str, bytes]:
    made = make_bundle(folder / "source")
    return {
        MANIFEST_NAME: made.to_json().encode(),
        "weights.bin": WEIGHTS,
        "parts/codec.bin": b"codec",
    }


def refused(target: Registry, path: Path, words: str) -> None:
    with pytest.raises(ModelDamaged, match=words) as caught:
        import_bundle(target, path)
    assert "\n" not in str(caught.value)
    left = list(target.models_dir.iterdir()) if target.models_dir.exists() else []
    assert left == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weights.bin": WEIGHTS[::-1]}, "weights.bin in it is damaged"),
        ({"weights.bin": WEIGHTS[:-1]}, "weights.bin in it is cut off"),
        ({"weights.bin": bytes(50_000_000)}, "longer than its manifest says"),
        ({"../evil": b""}, "'../evil' in it is not a plain path"),
        ({"extra": b""}, "not those of its manifest: 'extra'"),
        ({"weights.bin": None}, "not those of its manifest: 'weights.bin'"),
        ({MANIFEST_NAME: None}, "no manifest.json"),
        ({MANIFEST_NAME: b"{"}, "cannot be imported"),
    ],
)
def test_archives_that_are_not_what_they_say_change_nothing(
    tmp_path: Path, change: dict[str, bytes | None], words: str
) -> None:
    files = {k: v for k, v in {**toy_files(tmp_path), **change}.items() if v is not None}
    refused(registry_in(tmp_path), zip_of(tmp_path / "a.zip", files, deflated=True), words)


@pytest.mark.parametrize("suffix", ["zip", "tar"])
@pytest.mark.parametrize("difference", [-600, -1, 1, 600, 10**9])
def test_an_archive_whose_headers_lie_about_a_size_changes_nothing(
    tmp_path: Path, installed: Registry, suffix: str, difference: int
) -> None:
    path = export_bundle(installed, "toy", tmp_path / f"toy.{suffix}")
    state_size(path, "weights.bin", len(WEIGHTS) + difference)
    (tmp_path / "elsewhere").mkdir()
    refused(registry_in(tmp_path / "elsewhere"), path, "cannot be imported")


@pytest.mark.parametrize("difference", [-1, 1])
def test_a_header_and_a_manifest_that_lie_alike_change_nothing(
    tmp_path: Path, difference: int
) -> None:
    files = toy_files(tmp_path)
    made = Manifest.from_json(files[MANIFEST_NAME])
    size = len(WEIGHTS) + difference
    lying = replace(made, files=(replace(made.files[0], size=size), made.files[1]))
    path = zip_of(tmp_path / "a.zip", {**files, MANIFEST_NAME: lying.to_json().encode()}, True)
    state_size(path, "weights.bin", size)
    refused(registry_in(tmp_path), path, "weights.bin")


def test_links_in_archives_are_refused(tmp_path: Path) -> None:
    files = toy_files(tmp_path)
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as made:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if name == "weights.bin":
                info.type, info.linkname, info.size = tarfile.SYMTYPE, "/etc/passwd", 0
            made.addfile(info, io.BytesIO(content))
    refused(registry_in(tmp_path), path, "not a plain file")
    linked = zipfile.ZipInfo("weights.bin")
    linked.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as zipped:
        zipped.writestr(linked, "/etc/passwd")
    refused(registry_in(tmp_path), tmp_path / "b.zip", "not a plain file")


def test_files_that_are_no_archives_are_refused(tmp_path: Path) -> None:
    whole = zip_of(tmp_path / "whole.zip", toy_files(tmp_path)).read_bytes()
    target = registry_in(tmp_path)
    for content in (b"", b"hello", whole[: len(whole) // 2], bytes(2000)):
        (tmp_path / "bad").write_bytes(content)
        refused(target, tmp_path / "bad", "cannot be imported")
    with pytest.raises(ModelMissing, match="no such file"):
        import_bundle(target, tmp_path / "none.zip")


def test_a_cancelled_or_failed_import_keeps_the_bundle_that_was_there(
    tmp_path: Path, installed: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = export_bundle(installed, "toy", tmp_path / "toy.zip")
    with pytest.raises(Cancelled):
        import_bundle(installed, path, lambda fraction: fraction < 0.5)
    installed.verify("toy")

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "save_manifest", full)
    with pytest.raises(OutputError, match="disk is full"):
        import_bundle(installed, path)
    installed.verify("toy")
    assert [entry.name for entry in installed.models_dir.iterdir()] == ["toy"]


def test_shipped_bundles_are_not_replaced(tmp_path: Path, installed: Registry) -> None:
    path = export_bundle(installed, "toy", tmp_path / "toy.zip")
    make_bundle(tmp_path / "shipped")
    with pytest.raises(ModelDamaged, match="ships with the program"):
        import_bundle(installed, path)
    assert installed.resolve("toy").dir == tmp_path / "shipped" / "toy"


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    make_bundle(tmp_path / "models")
    run = CliRunner().invoke
    listed = json.loads(run(app, ["list", "--json"], catch_exceptions=False).stdout)["bundles"]
    assert {"toy": "ready", "tokensynth": "not pulled"}.items() <= {
        entry["id"]: entry["state"] for entry in listed
    }.items()
    assert "toy: ready" in run(app, ["list"]).stdout
    assert run(app, ["verify", "toy"]).stdout == "toy: whole\n"
    assert run(app, ["export", "toy", "-o", str(tmp_path / "toy.tar")]).exit_code == 0
    (tmp_path / "models" / "toy" / "weights.bin").write_bytes(b"?")
    broken = run(app, ["verify", "toy", "--json"])
    assert broken.exit_code == 3
    assert json.loads(broken.stdout)["bundles"][0]["ok"] is False
    done = run(app, ["import", str(tmp_path / "toy.tar")], catch_exceptions=False)
    assert done.exit_code == 0
    assert run(app, ["verify", "toy"]).stdout == "toy: whole\n"


def test_an_export_that_is_there_is_replaced_by_force_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    make_bundle(tmp_path / "models")
    target = tmp_path / "toy.zip"
    target.write_text("theirs")
    export = ["export", "toy", "-o", str(target)]
    refused = CliRunner().invoke(app, export)
    assert isinstance(refused.exception, OutputError)
    assert "toy.zip is there already" in str(refused.exception)
    assert "--force" in str(refused.exception)
    assert target.read_text() == "theirs"
    assert CliRunner().invoke(app, [*export, "--force"]).exit_code == 0
    (tmp_path / "other").mkdir()
    other = registry_in(tmp_path / "other")
    assert import_bundle(other, target).file("weights").read_bytes() == WEIGHTS
