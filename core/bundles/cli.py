"""``timbre models``: list, pull, verify, remove, export and import model bundles."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.console import progress_display
from core.terminal.examples import epilog, with_examples

app = typer.Typer(
    name="models",
    help="List, pull, verify, remove, export and import model bundles.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog=epilog("timbre models list", "timbre models pull tokensynth"),
)


@app.command("list")
@with_examples("timbre models list", "timbre models list --json")
def list_bundles(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """List known bundles and whether they are on this machine."""
    from core.bundles.facts import bundle_facts, device_words, size_words
    from core.models.registry import Registry

    bundles = bundle_facts(Registry())
    if as_json:
        data = [
            {
                **asdict(facts),
                "dir": None if facts.state == "not pulled" else str(facts.dir),
                "detail": facts.detail,
            }
            for facts in bundles
        ]
        print(json.dumps({"bundles": data}))
        return
    for facts in bundles:
        is_default = ", the default" if facts.is_default else ""
        print(
            f"{facts.id}: {facts.state_words}{is_default}, {size_words(facts.size)}. "
            f"{facts.summary}"
        )
        print(f"    licence: {facts.licence or 'not known'}")
        if facts.engine:
            print(f"    engine {facts.engine}: {facts.engine_summary}")
            print(f"    can: {'; '.join((*facts.can, device_words(facts.device)))}")
            if facts.cannot:
                print(f"    but: {'; '.join(facts.cannot)}")
        if facts.state != "not pulled":
            print(f"    in {facts.dir}")
        if facts.detail:
            print(f"    {facts.detail}")


@app.command()
@with_examples("timbre models pull tokensynth")
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
    with progress_display() as display:
        display.stage(f"pulling {bundle_id}")
        bundle = pull_bundle(registry, bundle_id, display.progress)
    print(f"{bundle.id} is in {bundle.dir} (licence: {bundle.manifest.licence})")


@app.command()
@with_examples("timbre models verify", "timbre models verify embedded --json")
def verify(
    bundle_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="Default: all on this machine.")
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
            with progress_display() as display:
                display.stage(f"verifying {each}")
                bundle = registry.verify(each, display.progress)
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


@app.command()
@with_examples("timbre models remove tokensynth")
def remove(
    bundle_id: Annotated[str, typer.Argument(metavar="ID", help="See `timbre models list`.")],
    force: Annotated[
        bool, typer.Option("--force", help="Remove what cannot be pulled again, too.")
    ] = False,
) -> None:
    """Delete a bundle from this machine, what a broken pull left of it too."""
    from core.bundles.facts import size_words
    from core.errors import SettingsError
    from core.models.registry import Registry
    from core.models.removal import remove_bundle

    registry = Registry()
    folder = registry.folder(bundle_id)
    if not force and not registry.is_shipped(bundle_id) and registry.published(bundle_id) is None:
        raise SettingsError(
            f"{bundle_id} cannot be pulled again; keep it with `timbre models export`, then give "
            f"--force to delete {folder}"
        )
    print(f"{bundle_id}: {size_words(remove_bundle(registry, bundle_id))} removed")


@app.command("export")
@with_examples(
    "timbre models export tokensynth -o tokensynth.zip",
    "timbre models export tokensynth -o tokensynth.tar --force",
)
def export_archive(
    bundle_id: Annotated[str, typer.Argument(metavar="ID", help="See `timbre models list`.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="A .zip or .tar file.")
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a bundle to one file, to carry to a machine without a network."""
    from core.models.archive import export_bundle
    from core.models.registry import Registry

    with progress_display() as display:
        display.stage(f"exporting {bundle_id}")
        written = export_bundle(Registry(), bundle_id, output, display.progress, force=force)
    print(written)


@app.command("import")
@with_examples("timbre models import tokensynth.zip")
def import_archive(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="From `timbre models export`.")],
) -> None:
    """Take a bundle from a file written by `timbre models export`."""
    from core.models.archive import import_bundle
    from core.models.registry import Registry

    with progress_display() as display:
        display.stage(f"importing {path.name}")
        bundle = import_bundle(Registry(), path, display.progress)
    print(f"{bundle.id} is in {bundle.dir} (licence: {bundle.manifest.licence})")
