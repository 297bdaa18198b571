"""Whose job comes next: priorities first, then clients in turn, each in its own order. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from bridge.jobs.model import Job

MAX_BATCH_JOBS = 8
MAX_BATCH_S = 60.0
"""Most clip seconds rendered in one batch of several jobs; bounds memory and waiting."""


class RoundRobin:
    """Remembers when each client was last served."""

    def __init__(self) -> None:
        self._served: dict[str, int] = {}
        self._count = 0

    def arrange(self, waiting: Iterable[Job]) -> list[Job]:
        """All waiting jobs in the order they will be done, if none is added."""
        queues: dict[str, list[Job]] = {}
        for job in sorted(waiting, key=lambda job: (-job.priority, job.seq), reverse=True):
            queues.setdefault(job.client, []).append(job)
        count = self._count

        def turn(client: str, served: int) -> tuple[int, int, int, str]:
            return -queues[client][-1].priority, served, queues[client][-1].seq, client

        turns = [turn(client, self._served.get(client, 0)) for client in queues]
        heapq.heapify(turns)
        arranged = []
        while turns:
            client = turns[0][-1]
            count += 1
            arranged.append(queues[client].pop())
            if queues[client]:
                heapq.heapreplace(turns, turn(client, count))
            else:
                heapq.heappop(turns)
        return arranged

    def serve(self, jobs: Iterable[Job]) -> None:
        """Note that these clients had their turn."""
        for job in jobs:
            self._count += 1
            self._served.pop(job.client, None)
            self._served[job.client] = self._count
        while len(self._served) > 1000:  # whoever was served so long ago is first again
            del self._served[next(iter(self._served))]


def choose_batch(arranged: list[Job]) -> list[Job]:
    """The first jobs that can be rendered together.

    A job whose worker died goes alone, so that it takes no other down with it.
    """
    chosen = arranged[:1]
    if not chosen or chosen[0].attempts:
        return chosen
    length_s = chosen[0].length_s
    for job in arranged[1:MAX_BATCH_JOBS]:
        length_s += job.length_s
        if job.attempts or job.model != chosen[0].model or length_s > MAX_BATCH_S:
            break
        chosen.append(job)
    return chosen
