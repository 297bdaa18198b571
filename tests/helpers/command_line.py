"""The real command line, to be asked what it would take."""

from __future__ import annotations

import shlex
from typing import Any

import typer.main

NAMED_ONLY = {"MissingParameter", "NoArgsIsHelpError", "BadOptionUsage"}
"""Complaints about a command, or an option without its value, that a sentence only names."""


def parse(app: typer.Typer, words: list[str], whole: bool = True) -> None:
    """Have the real command line read arguments, and do nothing.

    Args:
        app: the command line.
        words: without ``timbre``.
        whole: False: it is only named, and may lack what it needs.
    """
    command: Any = typer.main.get_command(app)
    path = "timbre"
    rest = list(words)
    while rest and hasattr(command, "commands"):
        word = rest.pop(0)
        if word.startswith("--"):
            options = {option for parameter in command.params for option in parameter.opts}
            assert word in {"--help", *options}, f"{path} has no option {word!r}"
            return
        assert word in command.commands, f"{path} has no command {word!r}"
        command, path = command.commands[word], f"{path} {word}"
    assert not (whole and hasattr(command, "commands")), f"{path} is no whole command"
    try:
        command.make_context(path, rest)
    except Exception as error:
        if whole or type(error).__name__ not in NAMED_ONLY:
            raise AssertionError(f"{path} {shlex.join(rest)}: {error}") from error
