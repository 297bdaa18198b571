"""Where each DAW looks for scripts on each system, in homes made for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.daw_install import DAWS, UserEnvironment

LIBRARY = """<?xml version="1.0" encoding="UTF-8"?>
<Ableton MajorVersion="5"><ContentLibrary><UserLibrary><LibraryProject Id="0">
<ProjectLocation /><ProjectName Value="{name}" /><ProjectPath Value="{path}" />
</LibraryProject></UserLibrary></ContentLibrary>
<Other><LibraryProject><ProjectPath Value="/decoy" /></LibraryProject></Other></Ableton>
"""


def environment(tmp_path: Path, platform: str, **variables: str) -> UserEnvironment:
    home, root = tmp_path / "home" / "zoë", tmp_path / "root"
    home.mkdir(parents=True, exist_ok=True)
    root.mkdir(exist_ok=True)
    return UserEnvironment(platform, home, variables, root)


def found(daw: str, user: UserEnvironment) -> list[tuple[str, str]]:
    """Title and folder of each place, the folder from the home or the root."""
    places = []
    for place in DAWS[daw].find(user):
        base = user.home if place.folder.is_relative_to(user.home) else user.root
        places.append((place.daw, place.folder.relative_to(base).as_posix()))
    return places


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("daw", DAWS)
def test_nothing_is_found_where_nothing_is(daw: str, platform: str, tmp_path: Path) -> None:
    assert found(daw, environment(tmp_path, platform)) == []


@pytest.mark.parametrize(
    ("platform", "base", "name"),
    [
        ("linux", ".config", "ardour"),
        ("darwin", "Library/Preferences", "Ardour"),
        ("win32", "AppData/Local", "Ardour"),
    ],
)
def test_every_ardour_that_has_run_is_found(
    platform: str, base: str, name: str, tmp_path: Path
) -> None:
    user = environment(tmp_path, platform)
    for version in ("10", "8", "6", "x"):  # 6 is too old for the scripts
        (user.home / base / f"{name}{version}").mkdir(parents=True)
    (user.home / base / f"{name}9").write_text("no folder")
    assert found("ardour", user) == [
        ("Ardour 8", f"{base}/{name}8/scripts"),
        ("Ardour 10", f"{base}/{name}10/scripts"),
    ]


@pytest.mark.parametrize(
    ("platform", "program", "folder"),
    [
        ("linux", "root/opt/Ardour-8.12.0", ".config/ardour8/scripts"),
        ("linux", "bin/ardour8-lua", ".config/ardour8/scripts"),
        ("darwin", "root/Applications/Ardour8.app", "Library/Preferences/Ardour8/scripts"),
        ("win32", "root/Program Files/Ardour8", "AppData/Local/Ardour8/scripts"),
    ],
)
def test_an_ardour_that_never_ran_is_found(
    platform: str, program: str, folder: str, tmp_path: Path
) -> None:
    user = environment(tmp_path, platform, PATH=str(tmp_path / "bin"))
    (tmp_path / program).mkdir(parents=True)
    assert found("ardour", user) == [("Ardour 8", folder)]


def test_ardours_configuration_may_be_elsewhere(tmp_path: Path) -> None:
    for platform, name in (("linux", "ardour8"), ("win32", "Ardour8")):
        user = environment(tmp_path, platform, XDG_CONFIG_HOME=str(tmp_path / platform))
        (tmp_path / platform / name).mkdir(parents=True)
        (place,) = DAWS["ardour"].find(user)
        assert place.folder == tmp_path / platform / name / "scripts"


@pytest.mark.parametrize(
    ("platform", "resource"),
    [
        ("linux", ".config/REAPER"),
        ("darwin", "Library/Application Support/REAPER"),
        ("win32", "AppData/Roaming/REAPER"),
    ],
)
def test_reapers_resource_path_is_found(platform: str, resource: str, tmp_path: Path) -> None:
    user = environment(tmp_path, platform)
    (user.home / resource).mkdir(parents=True)
    assert found("reaper", user) == [("REAPER", f"{resource}/Scripts/Timbre")]


@pytest.mark.parametrize(
    ("platform", "folder", "program", "usual"),
    [
        ("linux", "opt/REAPER", "reaper", ".config/REAPER"),
        ("darwin", "Applications", "REAPER.app", "Library/Application Support/REAPER"),
        ("win32", "Program Files/REAPER (x64)", "reaper.exe", "AppData/Roaming/REAPER"),
    ],
)
def test_a_reaper_is_portable_if_its_settings_are_beside_it(
    platform: str, folder: str, program: str, usual: str, tmp_path: Path
) -> None:
    user = environment(tmp_path, platform)
    (user.root / folder).mkdir(parents=True)
    (user.root / folder / program).touch()
    assert found("reaper", user) == [("REAPER", f"{usual}/Scripts/Timbre")]
    (user.root / folder / "reaper.ini").touch()
    assert found("reaper", user) == [("REAPER (portable)", f"{folder}/Scripts/Timbre")]
    (user.home / usual).mkdir(parents=True)
    assert [title for title, _ in found("reaper", user)] == ["REAPER", "REAPER (portable)"]


@pytest.mark.parametrize(("platform", "music"), [("darwin", "Music"), ("win32", "Documents")])
def test_lives_usual_library_is_found(platform: str, music: str, tmp_path: Path) -> None:
    user = environment(tmp_path, platform)
    (user.home / music / "Ableton" / "User Library").mkdir(parents=True)
    assert found("ableton", user) == [("Live", f"{music}/Ableton/User Library/Remote Scripts")]


@pytest.mark.parametrize(
    ("platform", "preferences"),
    [
        ("darwin", "Library/Preferences/Ableton/Live {}"),
        ("win32", "AppData/Roaming/Ableton/Live {}/Preferences"),
    ],
)
def test_a_library_that_was_moved_is_found(platform: str, preferences: str, tmp_path: Path) -> None:
    user = environment(tmp_path, platform)

    def live(version: str, library: str | None) -> None:
        folder = user.home / preferences.format(version)
        folder.mkdir(parents=True)
        if library is not None:
            (folder / "Library.cfg").write_text(library, encoding="utf-8")

    moved = user.root / "Big Drive" / "Mù & sik"
    text = LIBRARY.format(name="My Library", path=str(moved).replace("&", "&amp;") + "/")
    live("12.1.5", text)
    live("12.0", text)
    live("9.7", None)
    live("11.3", "<Ableton><cut off")
    shared = user.root / "home" / "%%USERNAME%%" / "Ableton"
    live("10.1", LIBRARY.format(name="User Library", path=shared))
    music = "Documents" if platform == "win32" else "Music"
    assert found("ableton", user) == [
        ("Live 9.7, 11.3", f"{music}/Ableton/User Library/Remote Scripts"),
        ("Live 10.1", "home/zoë/Ableton/User Library/Remote Scripts"),
        ("Live 12.0, 12.1.5", "Big Drive/Mù & sik/My Library/Remote Scripts"),
    ]


@pytest.mark.parametrize(
    ("daw", "named", "inside", "folder"),
    [
        ("ardour", "ardour8", "", "ardour8/scripts"),
        ("ardour", "anything", "", "anything"),
        ("reaper", "USB", "reaper.ini", "USB/Scripts/Timbre"),
        ("reaper", "REAPER/Scripts", "", "REAPER/Scripts/Timbre"),
        ("reaper", "mine", "", "mine"),
        ("ableton", "User Library", "", "User Library/Remote Scripts"),
        ("ableton", "Mine", "Remote Scripts", "Mine/Remote Scripts"),
        ("ableton", "Remote Scripts", "", "Remote Scripts"),
    ],
)
def test_the_daws_own_folder_may_be_named(
    daw: str, named: str, inside: str, folder: str, tmp_path: Path
) -> None:
    (tmp_path / named / inside).mkdir(parents=True)
    if inside.endswith(".ini"):
        (tmp_path / named / inside).rmdir()
        (tmp_path / named / inside).touch()
    assert DAWS[daw].folder_in(tmp_path / named) == tmp_path / folder
