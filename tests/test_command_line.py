"""Every command's help: examples that are right, and one style of names for one thing."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import typer.main
from typer.testing import CliRunner

from core import cli
from tests.helpers.command_line import parse

WIDTH = 78
"""Of the help on a terminal of 80 columns, less its indent."""

DIFFERS = {
    "--output": "a file, or a folder for several",
}
"""Options whose values are of different kinds, and why."""


class Command(NamedTuple):
    """A command or a group of them, and the words that name it."""

    words: tuple[str, ...]
    command: Any

    @property
    def is_group(self) -> bool:
        return hasattr(self.command, "commands")

    @property
    def parameters(self) -> list[Any]:
        return [each for each in self.command.params if each.name != "help"]


def commands() -> list[Command]:
    def walk(words: tuple[str, ...], command: Any) -> Iterator[Command]:
        yield Command(words, command)
        for name, inner in getattr(command, "commands", {}).items():
            yield from walk((*words, name), inner)

    return list(walk((), typer.main.get_command(cli.compose())))


COMMANDS = commands()
each_command = pytest.mark.parametrize(
    "command", COMMANDS, ids=lambda command: " ".join(command.words) or "timbre"
)


def examples(command: Command) -> list[str]:
    _, _, listed = (command.command.epilog or "").partition("\b\n")
    return listed.splitlines()


@each_command
def test_its_examples_are_taken_by_the_command_line(command: Command) -> None:
    listed = examples(command)
    assert 1 <= len(listed) <= 3
    for line in listed:
        assert len(line) <= WIDTH
        words = shlex.split(line)
        assert words[: len(command.words) + 1] == ["timbre", *command.words]
        parse(cli.compose(), words[1:])


@each_command
def test_its_help_ends_with_them_as_they_are_typed(command: Command) -> None:
    for option in ("--help", "-h"):
        shown = CliRunner().invoke(cli.compose(), [*command.words, option]).stdout
        assert [line.strip() for line in shown.rstrip().splitlines()][
            -len(examples(command)) :
        ] == examples(command)


@each_command
def test_its_arguments_are_named_as_all_are(command: Command) -> None:
    if command.is_group:
        return
    for parameter in command.parameters:
        names = ", ".join(parameter.opts)
        assert parameter.help, f"{names} says nothing of itself"
        if parameter.param_type_name == "argument" or not parameter.is_flag:
            assert parameter.metavar, f"{names} shows its type instead of what it is"
            assert re.fullmatch(
                r"[A-Z][A-Z0-9=.,]*|NAME=0\.6,NAME=0\.4|0=NAME,1=NAME", parameter.metavar
            )
        else:
            assert parameter.metavar is None


def test_one_option_is_one_thing_wherever_it_is() -> None:
    metavars: dict[str, set[str]] = defaultdict(set)
    spellings: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for command in COMMANDS:
        for parameter in command.parameters:
            if parameter.param_type_name == "option":
                metavars[parameter.opts[0]].add(str(parameter.metavar))
                spellings[parameter.opts[0]].add((*parameter.opts, *parameter.secondary_opts))
    assert {name for name, kinds in metavars.items() if len(kinds) > 1} <= set(DIFFERS)
    assert {name: all_ for name, all_ in spellings.items() if len(all_) > 1} == {}
    assert metavars["--output"] == {"FILE", "FOLDER"}
