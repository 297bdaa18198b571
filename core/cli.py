"""The command ``timbre``: put together from every package's commands, and its exit codes.

Commands are found through the entry points of the group ``timbre.commands``, so that this
package knows none of those above it. A command's module imports heavy things only when the
command runs.
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from typing import Annotated

import typer

from core.errors import Cancelled, TimbreError
from core.render_command import render

app = typer.Typer(
    name="timbre",
    help="Play any MIDI clip in any timbre: a recording's, a few words', or a blend.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("render")(render)


@app.callback()
def root(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
) -> None:
    """Play any MIDI clip in any timbre: a recording's, a few words', or a blend."""


def compose() -> typer.Typer:
    """The whole command line: this package's commands and every registered one."""
    for entry in sorted(entry_points(group="timbre.commands"), key=lambda entry: entry.name):
        command = entry.load()
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=entry.name)
        else:
            app.command(entry.name)(command)
    return app


def main() -> None:
    """Entry point of the console script; exits with design.md's codes."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        typer.main.get_command(compose())(arguments, prog_name="timbre")
    except SystemExit as stop:
        if stop.code == Cancelled.exit_code:  # how Typer reports Ctrl-C, without a word
            _fail("cancelled", Cancelled.exit_code)
        raise
    except TimbreError as error:
        if debug:
            raise
        _fail(str(error), error.exit_code)
    except Exception as error:
        if debug:
            raise
        _fail(
            f"internal error ({type(error).__name__}: {error}); this is our bug. "
            "Run again with --debug and report what it prints",
            1,
        )


def _fail(message: str, code: int) -> None:
    print(f"timbre: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
