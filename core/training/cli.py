"""``timbre train``: one group of commands a model."""

from __future__ import annotations

import typer

from core.terminal.examples import epilog
from core.training.embedded.cli import app as embedded

app = typer.Typer(
    name="train",
    help="Train models.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog=epilog(
        "timbre train embedded prepare data --workers 16",
        "timbre train embedded curves curves.png runs/decoder runs/joint",
    ),
)
app.add_typer(embedded, name="embedded")


@app.callback()
def train() -> None:
    """Train models; docs/training.md has the order of the commands and how long they take."""
