"""``timbre models``: list, pull, verify, export and import model bundles."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from core.progress import ProgressCallback

app = typer.Typer(
    name="models", help="List, pull, verify, export and import model bundles.", no_args_is_help=True
)


def _percent(label: str) -> ProgressCallback:
    """A progress callback that keeps one line on a terminal's stderr up to date."""
    shown = -1

    def show(fraction: float) -> bool:
        nonlocal shown
        percent = int(100 * fraction)
        if percent != shown and sys.stderr.isatty():
            shown = percent
            end = "\n" if percent == 100 else ""
            print(f"\r{label}: {percent} %", end=end, file=sys.stderr, flush=True)
        return True

    return show


def _size(size: int | None) -> str:
    return "size not known yet" if size is None else f"{size / 1e6:,.1f} MB"


@app.command("list")
def list_bundles(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """List known bundles and whether they are on this machine."""
    from core.models.registry import Registry

    listings = Registry().listings()
    if as_json:
        data = [{**asdict(entry), "dir": entry.dir and str(entry.dir)} for entry in listings]
        print(json.dumps({"bundles": data}))
        return
    for entry in listings:
        print(f"{entry.id}: {entry.state}, {_size(entry.size)}. {entry.summary}")
        print(f"    licence: {entry.licence or 'not known'}")
        if entry.detail and entry.state != "not pulled":
            print(f"    {entry.detail}")


@app.command()
def pull(
    bundle_id: Annotated[str, typer.Argument(metavar="ID", help="See `timbre models list`.")],
) -> None:
    """Download a bundle; a pull that was broken off goes on from where it stopped."""
    from core.models.download import pull as pull_bundle
    from core.models.manifest import MANIFEST_NAME
    from core.models.registry import Registry

    registry = Registry()
    published = registry.published(bundle_id)
    first_use = not (registry.folder(bundle_id) / MANIFEST_NAME).is_file()
    if published is not None and first_use and not published.is_pinned:
        print(
            f"The publisher's hashes of {bundle_id} are not known to this program: what comes now "
            "is recorded, and checked ever after.",
            file=sys.stderr,
        )
    bundle = pull_bundle(registry, bundle_id, _percent(f"pulling {bundle_id}"))
    print(f"{bundle.id} is in {bundle.dir} (licence: {bundle.manifest.licence})")


@app.command()
def verify(
    bundle_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Default: all on this machine.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Read and hash every file of a bundle, or of all bundles on this machine."""
    from core.errors import ModelError
    from core.models.registry import Registry

    registry = Registry()
    chosen = [bundle_id] if bundle_id else [
        entry.id for entry in registry.listings() if entry.state != "not pulled"
    ]  # fmt: skip
    failures: list[ModelError] = []
    results = []
    for each in chosen:
        try:
            bundle = registry.verify(each, _percent(f"verifying {each}"))
        except ModelError as error:
            failures.append(error)
            results.append({"id": each, "ok": False, "message": str(error)})
        else:
            results.append({"id": each, "ok": True, "sha256": bundle.sha256})
    if as_json:
        print(json.dumps({"bundles": results}))
    else:
        for result in results:
            print(f"{result['id']}: {'whole' if result['ok'] else result['message']}")
    if failures:
        raise typer.Exit(failures[0].exit_code)


@app.command("export")
def export_archive(
    bundle_id: Annotated[str, typer.Argument(metavar="ID")],
    output: Annotated[Path, typer.Option("--output", "-o", help="A .zip or .tar file.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a bundle to one file, to carry to a machine without a network."""
    from core.models.archive import export_bundle
    from core.models.registry import Registry

    shown = _percent(f"exporting {bundle_id}")
    print(export_bundle(Registry(), bundle_id, output, shown, force=force))


@app.command("import")
def import_archive(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="From `timbre models export`.")],
) -> None:
    """Take a bundle from a file written by `timbre models export`."""
    from core.models.archive import import_bundle
    from core.models.registry import Registry

    bundle = import_bundle(Registry(), path, _percent(f"importing {path.name}"))
    print(f"{bundle.id} is in {bundle.dir} (licence: {bundle.manifest.licence})")
