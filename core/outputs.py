"""Where a command's renders go: looked at before rendering, and never lost after it.

Which formats there are is :mod:`core.audio.formats`' knowledge, how a file is written
:mod:`core.files`'.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import OutputError, SettingsError
from core.files import check_writable, is_special, output_error, refuse_inputs
from core.paths import renders_dir

if TYPE_CHECKING:
    from core.takes.take import Take

LOWEST_RATE, HIGHEST_RATE = 8_000, 384_000
"""Sample rates a render can have, Hz."""

_STANDARD_OUTPUT = Path("/dev/stdout")


def output_paths(output: Path, count: int) -> list[Path]:
    """The file of each take: ``out.wav``, or ``out-07.wav`` when there are several.

    Args:
        output: what the user named; ``-`` is the standard output.
        count: takes.

    Raises:
        OutputError: if several takes would go into one pipe or device.
    """
    if str(output) == "-":
        if not _STANDARD_OUTPUT.exists():
            raise OutputError("this system has no /dev/stdout; name a file")
        if sys.stdout is not None and sys.stdout.isatty():
            raise OutputError("the standard output is a terminal; name a file, or pipe it on")
        output = _STANDARD_OUTPUT
    if count == 1:
        return [output]
    if is_special(output):
        raise OutputError(f"{output} is no file; {count} takes need a file name to be numbered")
    digits = len(str(count))
    return [
        output.with_name(f"{output.stem}-{index:0{digits}d}{output.suffix}")
        for index in range(1, count + 1)
    ]


def is_standard_output(path: Path) -> bool:
    """Whether what is written to a path arrives where this program prints its results."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(1))
    except OSError:
        return False


def check_outputs(
    paths: Sequence[Path], inputs: Mapping[str, Path], rate: int | None, subtype: str | None
) -> None:
    """Refuse what could not be written, or must not be, before anything is rendered.

    Args:
        paths: of the takes.
        inputs: files that are read, under what they are to the user.
        rate: sample rate of the files, Hz; None is the engine's.
        subtype: how samples are stored; None is the format's usual way.

    Raises:
        OutputError, SettingsError: one line that says what to do.
    """
    from core.audio.formats import format_of

    if rate is not None and not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise SettingsError(f"sample rate {rate} is outside {LOWEST_RATE}–{HIGHEST_RATE} Hz")
    for path in paths:
        refuse_inputs(path, inputs)
    first = paths[0]
    if first.is_dir():
        raise OutputError(f"cannot write {first}: it is a folder; give a file name")
    file_format = format_of(first)
    file_format.check_subtype(subtype)
    if rate is not None:
        file_format.check_rate(rate)
    for path in paths:
        check_writable(path)


def writing_stage(paths: Sequence[Path]) -> str:
    """What is said while files are written: ``writing out.wav``, ``encoding 3 files``."""
    from core.audio.formats import format_of

    verb = "encoding" if format_of(paths[0]).is_lossy else "writing"
    return f"{verb} {paths[0].name if len(paths) == 1 else f'{len(paths)} files'}"


def write_takes(
    takes: Sequence[Take], paths: Sequence[Path], rate: int | None, subtype: str | None
) -> list[Path]:
    """Write takes; one that cannot go where it was to go is kept elsewhere.

    Args:
        takes: rendered.
        paths: where each goes.
        rate: sample rate of the files, Hz; None is the engine's.
        subtype: how samples are stored; None is the format's usual way.

    Returns:
        The paths.

    Raises:
        OutputError: if a take could not be written; the message says where it is kept.
    """
    failures: list[str] = []
    for take, path in zip(takes, paths, strict=True):
        try:
            take.write(path, rate, subtype)
        except BrokenPipeError:
            raise
        except (OutputError, OSError, MemoryError) as error:
            failures.append(f"{_reason(path, error)}; {_keep(take, path)}")
    if failures:
        raise OutputError("; ".join(failures))
    return list(paths)


def _reason(path: Path, error: Exception) -> str:
    if isinstance(error, MemoryError):
        return f"cannot write {path}: there is not enough memory"
    return str(output_error(path, error) if isinstance(error, OSError) else error)


def _keep(take: Take, path: Path) -> str:
    """Write a take as it is to the first place that has room; says which."""
    name = f"{path.stem or 'take'}.wav"
    places: list[Callable[[], Path]] = [renders_dir, lambda: Path(tempfile.gettempdir())]
    for place in places:
        try:
            folder = place()
            folder.mkdir(parents=True, exist_ok=True)
            # A new folder: nothing that is there is replaced.
            kept = Path(tempfile.mkdtemp(prefix="kept-", dir=folder)) / name
            try:
                take.write(kept)
            except BaseException:
                os.rmdir(kept.parent)
                raise
        except (OutputError, OSError, MemoryError):
            continue
        return f"the take is kept in {kept}"
    return "it could not be kept anywhere else either"
