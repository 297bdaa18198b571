"""Export and import, and files that mean harm."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import AudioError, OutputError
from core.library import Library, PresetBlend
from core.library.errors import PresetFileError
from core.settings import RenderSettings
from core.timbre import AudioTimbre, Blend, TextTimbre
from tests.helpers.library import MakeTone
from tests.helpers.lying_archives import state_size


@pytest.fixture
def exported(library: Library, make_tone: MakeTone, tmp_path: Path) -> Path:
    library.add("tone", AudioTimbre(make_tone("a.wav", 220)), tags=["x"])
    library.add("words", TextTimbre("warm"))
    library.add("inner", PresetBlend((("tone", 1.0), ("words", 2.0))))
    library.add(
        "Ab/ö: outer",
        PresetBlend((("inner", 0.3), ("tone", 0.7)), "linear"),
        RenderSettings(top_p=0.5),
        ["a", "b"],
        rating=3,
        favourite=True,
    )
    return library.export("ab/ö: outer", tmp_path)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Library]:
    with Library.open(
        tmp_path / "other" / "l.sqlite", with_factory_bank=False, model=None
    ) as opened:
        yield opened


def heard(timbre: object) -> object:
    """A recipe with each recording replaced by its bytes."""
    if isinstance(timbre, AudioTimbre):
        return Path(timbre.path).read_bytes()
    if isinstance(timbre, Blend):
        return (timbre.mode, [(heard(part), weight) for part, weight in timbre.parts])
    return timbre


def test_a_preset_travels_with_all_it_needs(
    exported: Path, library: Library, other: Library
) -> None:
    assert exported.name == "Ab_ö_ outer.timbre"
    before = library.get("Ab/ö: outer")
    after = other.import_(exported)
    assert (after.name, after.settings, after.tags, after.rating, after.favourite) == (
        before.name, before.settings, before.tags, before.rating, before.favourite,
    )  # fmt: skip
    assert heard(other.recipe(after)) == heard(library.recipe(before))
    assert {preset.name for preset in other.list().presets} == {
        "tone", "words", "inner", "Ab/ö: outer",
    }  # fmt: skip
    assert other.get("tone").tags == ("x",)


def test_importing_twice_adds_nothing(exported: Path, other: Library) -> None:
    first = other.import_(exported)
    assert other.import_(exported) == first
    assert other.list().total == 4


def test_a_taken_name_gets_a_number(exported: Path, other: Library) -> None:
    other.add("words", TextTimbre("cold"))
    other.import_(exported)
    assert other.recipe("words") == TextTimbre("cold")
    assert other.recipe("words (2)") == TextTimbre("warm")


def test_the_same_preset_gives_the_same_file(
    exported: Path, library: Library, tmp_path: Path
) -> None:
    again = library.export("Ab/ö: outer", tmp_path / "again.timbre")
    assert again.read_bytes() == exported.read_bytes()


def test_an_export_that_fails_leaves_nothing(library: Library, tmp_path: Path) -> None:
    library.add("words", TextTimbre("warm"))
    with pytest.raises(OutputError):
        library.export("words", tmp_path / "nowhere" / "x.timbre")
    held = tmp_path / "w.timbre"
    held.write_text("before")
    with pytest.raises(OutputError, match="there already"):
        library.export("words", held)
    assert held.read_text() == "before"
    assert zipfile.is_zipfile(library.export("words", held, force=True))


def test_an_export_over_the_library_itself_is_refused(library: Library, tmp_path: Path) -> None:
    library.add("words", TextTimbre("warm"))
    (tmp_path / "link.timbre").symlink_to(library.path)
    for target in (library.path, tmp_path / "link.timbre"):
        with pytest.raises(OutputError, match="is the library itself"):
            library.export("words", target, force=True)


def test_an_export_without_its_recording_says_so(
    exported: Path, library: Library, tmp_path: Path
) -> None:
    for path in library.path.with_suffix(".recordings").rglob("*.wav"):
        path.unlink()
    with pytest.raises(AudioError, match="missing"):
        library.export("tone", tmp_path / "x.timbre")
    assert not (tmp_path / "x.timbre").exists()


def manifest_of(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        data: dict[str, Any] = json.loads(archive.read("presets.json"))
        return data


def rewrite(path: Path, change: Any, extra: Any = None) -> Path:
    """A copy of an export with its manifest changed and entries added."""
    target = path.with_name("changed.timbre")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "presets.json":
                manifest = json.loads(data)
                data = json.dumps(change(manifest) or manifest).encode()
            new.writestr(name, data)
        if extra is not None:
            extra(new)
    return target


def refused(other: Library, path: Path, match: str = "timbre") -> None:
    folder = other.path.parent
    before = {item for item in folder.rglob("*") if ".sqlite" not in item.name}
    with pytest.raises(PresetFileError, match=match) as caught:
        other.import_(path)
    assert "\n" not in str(caught.value)
    assert other.list().total == 0
    after = {item for item in folder.rglob("*") if item.is_file() and ".sqlite" not in item.name}
    assert after <= before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../evil", "not a plain path"),
        ("/etc/evil", "not a plain path"),
        ("recordings/../../evil", "not a plain path"),
        ("C:\\evil", "not a plain path"),
        ("recordings/a.wav", "no part of a preset"),
        ("x/", "not a plain file"),
    ],
)
def test_entries_with_other_names_are_refused(
    exported: Path, other: Library, name: str, words: str
) -> None:
    changed = rewrite(exported, lambda m: None, lambda z: z.writestr(name, b"evil"))
    refused(other, changed, words)


def test_links_are_refused(exported: Path, other: Library) -> None:
    def add_link(archive: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo(f"recordings/{'0' * 64}.wav")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")

    refused(other, rewrite(exported, lambda m: None, add_link), "link")


def test_zip_bombs_are_refused(
    exported: Path, other: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add_zeros(archive: zipfile.ZipFile) -> None:
        name = f"recordings/{'0' * 64}.wav"
        archive.writestr(name, bytes(10_000_000), compress_type=zipfile.ZIP_DEFLATED)

    refused(other, rewrite(exported, lambda m: None, add_zeros), "unpacks to more")
    monkeypatch.setattr("core.library.archive.MAX_TOTAL_BYTES", 5000)
    refused(other, exported, "unpacks to more")


@pytest.mark.parametrize("difference", [-1_000, -1, 1, 10_000])
def test_a_size_that_lies_is_counted(exported: Path, other: Library, difference: int) -> None:
    with zipfile.ZipFile(exported) as archive:
        info = next(info for info in archive.infolist() if info.filename.endswith(".wav"))
    state_size(exported, info.filename, info.file_size + difference)
    refused(other, exported, "damaged")


def test_a_recording_larger_than_the_library_copies_is_refused(
    exported: Path, other: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.library.archive.MAX_COPIED_BYTES", 5000)
    refused(other, exported, "unpacks to more")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_entries_of_one_name_are_refused(exported: Path, other: Library) -> None:
    changed = rewrite(exported, lambda m: None, lambda z: z.writestr("presets.json", b"{}"))
    refused(other, changed, "twice")


def test_a_recording_that_differs_is_refused(exported: Path, other: Library) -> None:
    data = bytearray(exported.read_bytes())
    with zipfile.ZipFile(exported) as archive:
        info = next(i for i in archive.infolist() if i.filename.endswith(".wav"))
    sha256 = info.filename[11:75]
    changed = rewrite(
        exported,
        lambda m: json.loads(json.dumps(m).replace(sha256, "1" * 64)),
    )
    refused(other, changed, "lacks the recording")
    middle = info.header_offset + 200
    data[middle] ^= 1
    exported.write_bytes(bytes(data))
    refused(other, exported, "damaged")


def break_name(manifest: dict[str, Any]) -> None:
    manifest["presets"][0]["name"] = 5


def forward_part(manifest: dict[str, Any]) -> None:
    text = manifest["presets"][-1]["recipe"]
    text["parts"][0]["recipe"]["id"] = str(len(manifest["presets"]) - 1)


def foreign_part(manifest: dict[str, Any]) -> None:
    manifest["presets"][-1]["recipe"]["parts"][0]["recipe"]["id"] = "abc"


def surrogate(manifest: dict[str, Any]) -> None:
    manifest["presets"][0]["name"] = "\ud800"


def newer(manifest: dict[str, Any]) -> None:
    manifest["version"] = 3


def bad_digest(manifest: dict[str, Any]) -> None:
    for preset in manifest["presets"]:
        if preset["recipe"]["kind"] == "audio":
            preset["recipe"]["sha256"] = "../" * 21 + "x"


def no_weight(manifest: dict[str, Any]) -> None:
    for part in manifest["presets"][-1]["recipe"]["parts"]:
        part["weight"] = 0


def nothing(manifest: dict[str, Any]) -> None:
    manifest["presets"] = []


def too_deep(manifest: dict[str, Any]) -> None:
    recipe: Any = {"kind": "text", "words": "x"}
    for _ in range(50):
        recipe = {"kind": "blend", "mode": "slerp", "parts": [{"weight": 1, "recipe": recipe}]}
    manifest["presets"][0]["recipe"] = recipe


@pytest.mark.parametrize(
    "change",
    [break_name, forward_part, foreign_part, surrogate, newer, bad_digest, no_weight, nothing,
     too_deep],
)  # fmt: skip
def test_manifests_that_make_no_sense_are_refused(
    exported: Path, other: Library, change: Any
) -> None:
    refused(other, rewrite(exported, change))


def test_files_that_are_no_exports_are_refused(other: Library, tmp_path: Path) -> None:
    refused(other, tmp_path / "gone.timbre", "no such file")
    refused(other, tmp_path, "cannot be imported")
    for content in (b"", b"PK", b"{}" * 100):
        (tmp_path / "x.timbre").write_bytes(content)
        refused(other, tmp_path / "x.timbre", "damaged")
    with zipfile.ZipFile(tmp_path / "x.timbre", "w") as archive:
        archive.writestr("presets.json", "[" * 100_000)
    refused(other, tmp_path / "x.timbre", "not an exported preset|unpacks")


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(st.data())
def test_any_damage_gives_one_clear_error_or_the_preset(
    exported: Path, other: Library, data: st.DataObject
) -> None:
    content = bytearray(exported.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = exported.with_name("damaged.timbre")
    damaged.write_bytes(bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))]))
    try:
        preset = other.import_(damaged)
    except PresetFileError:
        return
    other.recipe(preset)
