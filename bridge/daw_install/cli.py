"""``timbre daw …``: our scripts into a DAW, from a terminal."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.daw_install.base import ScriptedDaw, ScriptsFolder
from bridge.daw_install.daws import DAWS
from bridge.daw_install.installation import InstallState, inspect, install, uninstall
from bridge.daw_install.user_environment import UserEnvironment
from core.errors import SettingsError, TimbreError
from core.options import JsonOption
from core.terminal.examples import epilog, with_examples

app = typer.Typer(
    help="Put our scripts into a DAW, and see which DAWs are here.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog=epilog("timbre daw list", "timbre daw install ardour"),
)

DawArgument = Annotated[str, typer.Argument(metavar="DAW", help=f"{', '.join(DAWS)}.")]
ToOption = Annotated[
    Path | None,
    typer.Option(
        "--to", metavar="FOLDER", help="The DAW's own folder, or that of its scripts, if not found."
    ),
]

STATES: dict[InstallState, str] = {
    "missing": "no scripts of ours there",
    "current": "scripts there, up to date",
    "older": "scripts there, older than this program",
    "incomplete": "scripts there, but not all",
    "changed": "scripts there, some changed by you",
}
"""What each state is to a user."""


def remedy(daw: ScriptedDaw, state: InstallState) -> str:
    """What to type about a state; empty if nothing.

    Args:
        daw: whose scripts.
        state: of them.
    """
    if state == "current":
        return ""
    if state == "changed":
        return f"timbre daw install {daw.name} --force replaces them, and keeps yours as .bak"
    return f"timbre daw install {daw.name}"


@app.command("list")
@with_examples("timbre daw list", "timbre daw list --json")
def list_(as_json: JsonOption = False) -> None:
    """Show the DAWs that are here, where they look for scripts, and whether ours are there."""
    environment = UserEnvironment.current()
    listed: list[dict[str, Any]] = []
    for daw in DAWS.values():
        found = daw.find(environment)
        for place in found:
            state = inspect(daw, place.folder).state
            listed.append(
                {"daw": daw.name, "title": place.daw, "folder": str(place.folder), "state": state}
            )
            if not as_json:
                advice = remedy(daw, state)
                print(f"{place.daw}: {STATES[state]}" + (f" ({advice})" if advice else ""))
                print(f"  {place.folder}")
        if not found and not as_json:
            print(f"{daw.title}: not found; it would look in")
            print(f"  {daw.usual_folder(environment)}")
    if as_json:
        print(json.dumps({"daws": listed}))


@app.command("install")
@with_examples(
    "timbre daw install ardour",
    "timbre daw install reaper --dry-run",
    "timbre daw install ableton --to Remote-Scripts --force",
)
def install_(
    daw: DawArgument,
    to: ToOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace files you changed; they are kept as .bak.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
) -> None:
    """Put our scripts where a DAW looks for them, or bring them up to date."""
    chosen = _chosen(daw)
    places = _places(chosen, to)
    if dry_run:
        for place in places:
            found = inspect(chosen, place.folder)
            print(f"{place.daw}: {STATES[found.state]}")
            for word, names in (
                ("would add", found.absent),
                ("would update", found.older),
                ("would keep as .bak and replace" if force else "would refuse", found.changed),
            ):
                for name in names:
                    print(f"  {word} {place.folder / name}")
        return
    failures: list[TimbreError] = []
    for place in places:  # one version's trouble keeps no other from its scripts
        try:
            done = install(chosen, place.folder, force=force)
        except TimbreError as error:
            failures.append(error)
            continue
        print(f"{place.daw}: {place.folder}")
        for line in done or ["everything was up to date"]:
            print(f"  {line}")
    if len(failures) < len(places):
        print()
        print("What to do next:")
        good = next(p for p in places if inspect(chosen, p.folder).state == "current")
        for number, step in enumerate(chosen.next_steps(good.folder), 1):
            print(f"  {number}. {step}")
    if failures:
        sys.stdout.flush()
        raise type(failures[0])("; ".join(map(str, failures)))


@app.command("uninstall")
@with_examples("timbre daw uninstall ardour", "timbre daw uninstall reaper --force")
def uninstall_(
    daw: DawArgument,
    to: ToOption = None,
    force: Annotated[bool, typer.Option("--force", help="Remove files you changed, too.")] = False,
) -> None:
    """Take our scripts away again; files that you changed stay."""
    chosen = _chosen(daw)
    for place in _places(chosen, to):
        done = uninstall(chosen, place.folder, force=force)
        print(f"{place.daw}: {place.folder}")
        for line in done or ["nothing of ours was there"]:
            print(f"  {line}")


def _chosen(name: str) -> ScriptedDaw:
    daw = DAWS.get(name.casefold())
    if daw is None:
        *most, last = DAWS
        raise SettingsError(
            f"there are no scripts for {name!r}; there are some for {', '.join(most)} and {last}"
        )
    return daw


def _places(daw: ScriptedDaw, to: Path | None) -> list[ScriptsFolder]:
    """The folders to work on.

    Raises:
        SettingsError: if the DAW is not found and no folder was named, or it is none.
    """
    if to is not None:
        if not to.is_dir():
            raise SettingsError(f"{to} is no folder; name one that is there")
        return [ScriptsFolder(daw.title, daw.folder_in(to.absolute()))]
    environment = UserEnvironment.current()
    places = daw.find(environment)
    if not places:
        raise SettingsError(
            f"{daw.title} is not found here; it would look in {daw.usual_folder(environment)}. "
            "Start it once, or name its folder with --to FOLDER"
        )
    return places
