"""The command ``timbre``: put together from every package's commands, and its exit codes.

Commands are found through the entry points of the group ``timbre.commands``, so that this
package knows none of those above it. A command's module imports heavy things only when the
command runs.
"""

from __future__ import annotations

import contextlib
import os
import sys
from functools import cache
from importlib.metadata import entry_points, version
from typing import Annotated, NoReturn, TextIO

import typer

from core.console import show_any_text
from core.errors import Cancelled, TimbreError, UserInputError
from core.files import output_error, system_reason
from core.render_command import render
from core.terminal.examples import epilog, show_examples

CLOSED_PIPE = 141
"""Exit code when the reader of our output has gone: what a shell shows for SIGPIPE."""

_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "bad_alloc")

app = typer.Typer(
    name="timbre",
    help="Play any MIDI clip in any timbre: a recording's, a few words', or a blend.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=epilog(
        "timbre demo",
        'timbre render clip.mid --text "warm smooth electronic bass" -o out.wav',
        "timbre serve",
    ),
)
app.command("render")(render)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        print(f"Timbre Bridge {version('timbre-bridge')}")
        raise typer.Exit


@app.callback()
def root(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Play any MIDI clip in any timbre: a recording's, a few words', or a blend."""


@cache  # commands are added to one application, once
def compose() -> typer.Typer:
    """The whole command line: this package's commands and every registered one."""
    for entry in sorted(entry_points(group="timbre.commands"), key=lambda entry: entry.name):
        command = entry.load()
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=entry.name)
        else:
            app.command(entry.name)(command)
    show_examples(app)
    return app


def main() -> None:
    """Entry point of the console script; exits with design.md's codes."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    for stream in (sys.stdout, sys.stderr):
        show_any_text(stream)
    output = sys.stdout
    try:
        try:
            typer.main.get_command(compose())(arguments, prog_name="timbre")
        finally:
            # Before the interpreter does it, which has no words for a full disk.
            _flush_results(output)
    except SystemExit as stop:
        if sys.stdout is not output:  # how Typer leaves a pipe that was closed
            _leave_closed_pipe()
        if stop.code == Cancelled.exit_code:  # how Typer reports Ctrl-C, without a word
            _fail("cancelled", Cancelled.exit_code)
        raise
    except BrokenPipeError:
        _leave_closed_pipe()
    except TimbreError as error:
        if debug:
            raise
        _fail(str(error), error.exit_code)
    except Exception as error:
        if debug:
            raise
        advice = environment_advice(error)
        if advice is not None:
            _fail(advice, UserInputError.exit_code)
        _fail(
            f"internal error ({type(error).__name__}: {error}); this is our bug. "
            "Run again with --debug and report what it prints",
            1,
        )


def environment_advice(error: Exception) -> str | None:
    """What to do about an error that is the machine's and not ours; None for any other.

    Full disks, missing rights, names too long and too little memory may be met anywhere.
    """
    if isinstance(error, OSError):
        reason = system_reason(error)
        if reason is None:
            return None
        # Without a name it is what was printed to.
        return f"{os.fsdecode(error.filename or 'the output')}: {reason}"
    text = str(error).lower()
    # torch's allocators raise RuntimeErrors.
    if isinstance(error, MemoryError) or any(sign in text for sign in _NO_MEMORY):
        return (
            "there is not enough memory for this; close other programs, or render a shorter clip "
            "or fewer takes at a time"
        )
    return None


def _flush_results(output: TextIO | None) -> None:
    """Write what is left in the buffer, before the interpreter does, which would say less."""
    try:
        if output is not None:
            output.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise output_error("the standard output", error) from error


def _leave_closed_pipe() -> NoReturn:
    """End as other tools do when the program they print to, such as ``head``, has enough."""
    _drop_unwritable()
    sys.exit(CLOSED_PIPE)


def _drop_unwritable() -> None:
    """Let what a standard stream could not write go; the interpreter would complain at its end."""
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is None or stream.closed:
            continue
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _fail(message: str, code: int) -> NoReturn:
    with contextlib.suppress(OSError):
        print(f"timbre: {' '.join(message.split())}", file=sys.stderr)
    _drop_unwritable()
    sys.exit(code)


if __name__ == "__main__":
    main()
