"""Examples of a command, shown at the end of its ``--help`` as one would type them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import typer

_Command = TypeVar("_Command", bound=Callable[..., Any])

_KEEP_LINES = "\b"
"""What keeps click from filling the lines of a paragraph."""


def with_examples(*examples: str) -> Callable[[_Command], _Command]:
    """Give a command its examples; :func:`show_examples` puts them into its help.

    Args:
        examples: whole command lines, each at most 76 characters wide.
    """

    def attach(command: _Command) -> _Command:
        command.examples = examples  # type: ignore[attr-defined]
        return command

    return attach


def epilog(*examples: str) -> str:
    """What stands after the options of a group of commands.

    Args:
        examples: as :func:`with_examples` takes them.
    """
    return "\n".join(("Examples:", "", _KEEP_LINES, *examples))


def show_examples(app: typer.Typer) -> None:
    """Put the examples of an application's commands into their help."""
    for command in app.registered_commands:
        if examples := getattr(command.callback, "examples", ()):
            command.epilog = epilog(*examples)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            show_examples(group.typer_instance)
