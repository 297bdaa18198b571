"""The process that owns the models: reads orders from stdin, answers on stdout, one JSON a line.

It imports the heavy things, and nothing else of the bridge does. It keeps models and
embeddings between jobs, and ends when its stdin does, whatever it is doing: a worker never
outlives the process that started it. Started by :mod:`bridge.jobs.process`.

Orders: ``warm`` (model), ``render`` (batch, items), ``cancel`` (batch). Answers: ``warm`` or
``cold``; ``progress``, ``limits``, ``taken`` and ``failed`` of a batch, then its ``end``.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
import time
import traceback
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from bridge.errors import code_of
from bridge.jobs.model import JobRequest
from core.engines.base import RenderRequest
from core.errors import Cancelled, ModelMissing, TimbreError
from core.timbre import Timbre
from core.types import FloatArray

if TYPE_CHECKING:
    from core.synthesizer import Synthesizer, Take

_REPORT_EVERY_S = 0.05
_MAX_MODELS = 2
_MAX_EMBEDDINGS = 256


@dataclass(frozen=True)
class Item:
    """One take to render: of which job, with what seed, into which file."""

    seq: int
    take: int
    request: JobRequest
    path: Path


class Worker:
    """Renders batches. One thread reads orders, the main thread carries them out.

    Args:
        answers: where answers go.
        device: where models run; None chooses.
    """

    def __init__(self, answers: IO[str], device: str | None = None) -> None:
        self._answers, self._device = answers, device
        self._orders: queue.Queue[dict[str, Any]] = queue.Queue()
        self._cancelled: set[int] = set()
        self._models: OrderedDict[str, Synthesizer] = OrderedDict()
        self._embeddings: OrderedDict[tuple[str, Timbre], FloatArray] = OrderedDict()

    def read(self, orders: IO[str]) -> None:
        """Take in orders until there are no more, then end the process at once."""
        for line in orders:
            order = json.loads(line)
            if order["do"] == "cancel":
                self._cancelled.add(order["batch"])
            else:
                self._orders.put(order)
        os._exit(0)

    def run(self) -> None:
        """Carry out orders for ever."""
        while True:
            order = self._orders.get()
            if order["do"] == "warm":
                self._warm(order["model"])
            else:
                items = [
                    Item(
                        item["seq"],
                        item["take"],
                        JobRequest.from_json(item["request"]),
                        Path(item["path"]),
                    )
                    for item in order["items"]
                ]
                self._batch(order["batch"], items)

    def say(self, kind: str, **data: object) -> None:
        """Answer."""
        self._answers.write(json.dumps({"is": kind, **data}) + "\n")
        self._answers.flush()

    def _warm(self, model: str) -> None:
        try:
            synth = self._load(model)
            _ = synth.encoder
        except TimbreError as error:
            self.say("cold", code=code_of(error), message=str(error))
        else:
            self.say("warm", sample_rate=synth.sample_rate)

    def _load(self, model: str, sha256: str | None = None) -> Synthesizer:
        from core.synthesizer import Synthesizer

        synth = self._models.get(model)
        if synth is None or (sha256 is not None and synth.bundle.sha256 != sha256):
            self._models.pop(model, None)
            while len(self._models) >= _MAX_MODELS:
                self._models.popitem(last=False)
            synth = self._models[model] = Synthesizer.load(model, self._device)
        self._models.move_to_end(model)
        if sha256 is not None and synth.bundle.sha256 != sha256:
            raise ModelMissing(f"model {model} was changed after this was asked for; ask again")
        return synth

    def _batch(self, number: int, items: list[Item]) -> None:
        with contextlib.suppress(Cancelled):
            try:
                self._render(number, items)
            except Cancelled:
                raise
            except Exception as error:
                self._find_fault(number, items, error)
        self.say("end", batch=number)

    def _find_fault(self, number: int, items: list[Item], error: Exception) -> None:
        """Render a failed batch job by job, so that only the job at fault fails."""
        seqs = sorted({item.seq for item in items})
        if len(seqs) == 1:
            self._fail(number, seqs[0], error)
            return
        for seq in seqs:
            try:
                self._render(number, [item for item in items if item.seq == seq])
            except Cancelled:
                raise
            except Exception as own_error:
                self._fail(number, seq, own_error)

    def _fail(self, number: int, seq: int, error: Exception) -> None:
        if isinstance(error, TimbreError):
            code, message = code_of(error), str(error)
        else:
            traceback.print_exception(error)
            code, message = "internal", f"{type(error).__name__}: {error}; see the worker's log"
        self.say("failed", batch=number, seq=seq, code=code, message=" ".join(message.split()))

    def _render(self, number: int, items: list[Item]) -> None:
        progress = _Progress(self, number)
        first = items[0].request
        progress("loading", 0.0)
        synth = self._load(first.model, first.model_sha256)
        progress("listening", 0.0)
        ready: list[tuple[Item, RenderRequest]] = []
        for item in items:
            asked = item.request
            try:
                embedding = self._embed(synth, asked.timbre)
            except TimbreError as error:
                self._fail(number, item.seq, error)
                continue
            seed = asked.seed + item.take
            ready.append((item, RenderRequest(asked.clip, embedding, asked.settings, seed)))
        if not ready:
            return
        for item, request in ready:
            if item.take == 0:
                limits = [limit.message for limit in synth.engine.limits(request)]
                if limits:
                    self.say("limits", batch=number, seq=item.seq, messages=limits)
        takes = synth.render_requests(
            [request for _, request in ready], lambda fraction: progress("rendering", fraction)
        )
        for (item, _), take in zip(ready, takes, strict=True):
            progress("writing", 1.0)
            self._write(number, item, take)

    def _embed(self, synth: Synthesizer, timbre: Timbre) -> FloatArray:
        key = (synth.bundle.sha256, timbre)
        if key not in self._embeddings:
            self._embeddings[key] = synth.embed(timbre)
        self._embeddings.move_to_end(key)
        while len(self._embeddings) > _MAX_EMBEDDINGS:
            self._embeddings.popitem(last=False)
        return self._embeddings[key]

    def _write(self, number: int, item: Item, take: Take) -> None:
        told = replace(take.provenance, timbre=item.request.timbre, preset=item.request.preset)
        try:
            replace(take, provenance=told).write(item.path)
        except TimbreError as error:
            self._fail(number, item.seq, error)
            return
        self.say(
            "taken",
            batch=number,
            seq=item.seq,
            take=item.take,
            path=str(item.path),
            sample_rate=take.sample_rate,
            frames=take.audio.shape[1],
        )

    def is_cancelled(self, number: int) -> bool:
        """Whether a batch should stop."""
        return number in self._cancelled


class _Progress:
    """Tells of every new stage, and of a stage's progress now and then."""

    def __init__(self, worker: Worker, number: int) -> None:
        self._worker, self._number = worker, number
        self._stage, self._at = "", 0.0

    def __call__(self, stage: str, fraction: float) -> bool:
        now = time.monotonic()
        if self._worker.is_cancelled(self._number):
            if stage != "rendering":  # the engine raises on its own when it hears False
                raise Cancelled("cancelled")
            return False
        if stage != self._stage or now - self._at > _REPORT_EVERY_S:
            self._stage, self._at = stage, now
            self._worker.say("progress", batch=self._number, fraction=float(fraction), stage=stage)
        return True


def main() -> None:
    """Entry point of the process; its one argument, if there is one, is the device."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    worker = Worker(answers, sys.argv[1] if len(sys.argv) > 1 else None)
    threading.Thread(target=worker.read, args=(sys.stdin,), daemon=True).start()
    worker.run()


if __name__ == "__main__":
    main()
