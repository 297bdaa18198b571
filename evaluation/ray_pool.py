"""The tasks of a run on a Ray cluster.

Same tasks, same work, same results as :mod:`evaluation.pool`; only where they are done differs.
``RAY_ADDRESS`` names a running cluster, whose machines have to share the run's folder and its
models; without it one is started on this machine. Needs the ``ray`` extra.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from core.errors import ModelMissing
from evaluation.pool import MAX_ATTEMPTS, Outcome, T, Work, attempt, limit_threads


class _TaskActor:
    """An actor: makes its work once, does one task at a time."""

    def __init__(self, make_work: Callable[[], Work[Any]]) -> None:
        self._make_work = make_work
        self._work: Work[Any] | None = None

    def attempt(self, task: Any) -> Outcome[Any]:
        """See :func:`evaluation.pool.attempt`."""

        def work(task: Any) -> Any:
            if self._work is None:
                self._work = self._make_work()
                limit_threads()
            return self._work(task)

        return attempt(work, task)


def run(tasks: Sequence[T], make_work: Callable[[], Work[T]], workers: int) -> Iterator[Outcome[T]]:
    """Do tasks on the cluster, in the order they finish; see :func:`evaluation.pool.run`.

    Args:
        tasks: picklable.
        make_work: picklable; called once in each actor.
        workers: actors, ≥ 1, of one core each.

    Raises:
        ModelMissing: if Ray is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise ModelMissing("Ray is not installed; run: pip install 'timbre-bridge[ray]'") from error
    if not tasks:
        return
    started = not ray.is_initialized()
    if started:
        cluster = os.environ.get("RAY_ADDRESS")
        size = {} if cluster else {"num_cpus": workers, "include_dashboard": False}
        # Arguments are unpickled before any code of ours runs there, so the path goes ahead.
        environment = {"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}}
        ray.init(address=cluster, log_to_driver=False, runtime_env=environment, **size)
    try:
        # A dead actor is started again and its task sent once more, as in the local pool.
        actor_class = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=MAX_ATTEMPTS - 1)(
            _TaskActor
        )
        free = [actor_class.remote(make_work) for _ in range(min(workers, len(tasks)))]
        waiting = list(reversed(tasks))
        pending: dict[Any, tuple[Any, T]] = {}
        while waiting or pending:
            while waiting and free:
                actor, task = free.pop(), waiting.pop()
                pending[actor.attempt.remote(task)] = (actor, task)
            (ready, *_), _ = ray.wait(list(pending), num_returns=1)
            actor, task = pending.pop(ready)
            free.append(actor)
            try:
                outcome = ray.get(ready)
            except ray.exceptions.RayActorError:
                message = f"its worker died {MAX_ATTEMPTS} times"
                yield Outcome(task, None, message, 1)
                continue
            yield Outcome(task, outcome.value, outcome.error, outcome.exit_code)
    finally:
        if started:
            ray.shutdown()
