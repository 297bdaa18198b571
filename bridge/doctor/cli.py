"""``timbre doctor``: every check, the quick ones first, each line as it is known."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from core.console import progress_display
from core.options import JsonOption
from core.terminal.examples import with_examples

if TYPE_CHECKING:
    from bridge.doctor.findings import Finding
    from core.progress import StageCallback


@with_examples("timbre doctor", "timbre doctor --quick", "timbre doctor --json")
def doctor(
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave out what takes seconds: models and speed.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Look whether everything works here, and say what to do where it does not.

    Exit code: 0, also with warnings; 2 for a problem, 3 for one with a model.
    """
    from bridge.doctor.findings import show

    found = []
    with progress_display() as display:
        for finding in _all(quick, display.stage):
            found.append(finding)
            if not as_json:
                with display.paused():
                    show(finding)
    count = Counter(finding.severity for finding in found)
    problems, warnings = count["problem"], count["warning"]
    if as_json:
        listed = [{k: v for k, v in asdict(f).items() if k != "exit_code"} for f in found]
        print(json.dumps({"problems": problems, "warnings": warnings, "findings": listed}))
    else:
        print(f"{_several(problems, 'problem')}, {_several(warnings, 'warning')}")
    code = max((f.exit_code for f in found if f.severity == "problem"), default=0)
    if code:
        raise typer.Exit(code)


def _several(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _all(quick: bool, on_stage: StageCallback) -> Iterator[Finding]:
    from bridge.doctor import surroundings

    checks: list[Callable[[], Iterator[Finding]]] = [
        surroundings.program,
        surroundings.folders,
        surroundings.library,
        surroundings.daws,
        surroundings.ports,
        surroundings.sound_files,
        surroundings.sound_device,
    ]
    for check in checks:
        yield from check()
    if not quick:
        # Imported now: what these need takes a second, and the lines above are there meanwhile.
        on_stage("verifying the models")
        from bridge.doctor import performance

        yield from performance.models()
        on_stage("looking at the processor")
        yield from performance.processor()
        on_stage("measuring how fast it is")
        yield from performance.speed()
