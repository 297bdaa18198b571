"""An evaluation in a process of its own: ``python -m desktop.services.evaluations.process JSON``.

Says on standard output how it goes, a JSON object a line. It ends when standard input does, so
that no window leaves one behind, however it ended. Its priority is low. What is done is kept in
the run's folder, and starting it again goes on from there.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

_NICE = 10

Say = Callable[[dict[str, Any]], None]


def main() -> int:
    """Run it; the exit code."""
    # Libraries may print; only what is meant for the window goes where it reads.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    threading.Thread(target=_end_with_the_window, daemon=True).start()
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(_NICE)

    def say(message: dict[str, Any]) -> None:
        print(json.dumps(message), file=answers, flush=True)

    from core.errors import TimbreError

    try:
        evaluate(json.loads(sys.argv[1]), say)
    except TimbreError as error:
        say({"error": str(error)})
        return error.exit_code
    except Exception as error:
        import traceback

        traceback.print_exc()
        say({"error": f"{type(error).__name__}: {error}; this is our mistake"})
        return 1
    return 0


def evaluate(asked: dict[str, Any], say: Say) -> None:
    """Render, score and report.

    Args:
        asked: ``dataset``, ``models``, ``baselines``, ``limit``, ``seed`` as of
            :class:`~desktop.services.evaluations.interface.EvaluationRequest`; ``folder``, and
            ``workers``.
        say: tells the window.

    Raises:
        TimbreError: as :func:`evaluation.run.run`.
    """
    say({"stage": "loading the set and the models"})
    from core.paths import cache_dir
    from evaluation import datasets, report
    from evaluation.run import EvaluationConfig, RunProgress, run
    from evaluation.scoring import ScoringSettings

    def progress(now: RunProgress) -> None:
        say({"done": now.done, "total": now.total, "failed": now.failed, "left_s": now.left_s})

    config = EvaluationConfig(
        models=tuple(asked["models"]),
        seed=asked["seed"],
        baselines=asked["baselines"],
        scoring=ScoringSettings(judge=asked["models"][0]),
        limit=asked["limit"],
    )
    run(
        datasets.load(asked["dataset"]),
        config,
        asked["folder"],
        workers=asked["workers"],
        cache=cache_dir() / "evaluation",
        on_progress=progress,
    )
    say({"stage": "writing the page"})
    report.write(Path(asked["folder"]))
    say({"finished": True})


def _end_with_the_window() -> None:
    """Nothing is ever sent: the end of standard input is the end of whoever started this."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdin.buffer.read()
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)  # the workers too
    os._exit(130)


if __name__ == "__main__":
    sys.exit(main())
