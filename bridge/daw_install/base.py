"""What a DAW that takes scripts has to say of itself, so that ours can be put there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from bridge.daw_install.user_environment import UserEnvironment

SHIPPED = Path(__file__).parents[1] / "daws"
"""The scripts as they come with the program."""


@dataclass(frozen=True)
class ScriptsFolder:
    """A folder in which one installed DAW looks for scripts.

    Attributes:
        daw: which, with its version if that is known; for people.
        folder: where our files go; it need not be there yet.
    """

    daw: str
    folder: Path


class ScriptedDaw(ABC):
    """A DAW that takes scripts.

    Attributes:
        name: on the command line.
        title: for people.
        receipt: where the list of what was installed goes, from the folder; one that no other
            program's files are in.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    receipt: ClassVar[str]

    @abstractmethod
    def files(self) -> Mapping[str, Path]:
        """Where each file goes, from the folder, with ``/``; and the file as it ships."""

    @abstractmethod
    def find(self, environment: UserEnvironment) -> list[ScriptsFolder]:
        """The folders of every version that is installed; empty if none is found."""

    @abstractmethod
    def usual_folder(self, environment: UserEnvironment) -> str:
        """Where it would look on this system, for people."""

    @abstractmethod
    def folder_in(self, directory: Path) -> Path:
        """Our folder, for a directory that the user named: the DAW's own, or that for scripts."""

    @abstractmethod
    def next_steps(self, folder: Path) -> list[str]:
        """What the user has to do in the DAW after installing."""


def shipped_files(daw: str, pattern: str = "*", prefix: str = "") -> dict[str, Path]:
    """A DAW's files as they ship, by their path in its folder.

    Args:
        daw: the folder below :data:`SHIPPED`.
        pattern: of files' names.
        prefix: what their paths are to begin with.
    """
    folder = SHIPPED / daw
    return {
        prefix + path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob(pattern))
        if path.is_file() and "__pycache__" not in path.parts
    }
