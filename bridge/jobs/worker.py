"""The process that owns the models: reads orders from stdin, answers on stdout, one JSON a line.

It imports the heavy things, and nothing else of the bridge does. It keeps models and
embeddings between jobs, and ends when its stdin does, whatever it is doing: a worker never
outlives the process that started it. Started by :mod:`bridge.jobs.process`; orders and
answers are in :mod:`bridge.jobs.worker_messages`.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import IO, TYPE_CHECKING

from bridge.errors import Code, code_of
from bridge.jobs.model import JobRequest
from bridge.jobs.worker_messages import (
    Answer,
    BatchEnded,
    BatchProgress,
    CancelBatch,
    ClipRemarks,
    FindLimits,
    JobFailed,
    JobOrder,
    LimitsFound,
    LoadModel,
    ModelFailed,
    ModelReady,
    RenderBatch,
    TakeOrder,
    TakeRendered,
    order_from_line,
    to_line,
)
from core.encoders.base import AudioEncoding
from core.engines.base import RenderRequest
from core.errors import AudioError, Cancelled, ModelMissing, OutputError, TimbreError
from core.progress import ProgressCallback, part_of
from core.timbre import Morph, Timbre
from core.types import Embedding, FloatArray

if TYPE_CHECKING:
    from core.synthesizer import Synthesizer
    from core.takes.take import Take

_REPORT_EVERY_S = 0.05
_LOADED, _HEARD, _RENDERED = 0.1, 0.5, 0.97
"""How far a batch is when these stages end. Recordings take a while to be heard, words do not."""

_KEEPS_THE_LEVEL = "A lower gain keeps the level"
"""Of peaks; our files hold integers, so that no format of a copy brings the level back."""

_MAX_MODELS = 2
_MAX_EMBEDDINGS = 256


class RenderWorker:
    """Renders batches. One thread reads orders, another carries them out.

    Args:
        answers: where answers go, a line each.
        device: where models run; None chooses.
    """

    def __init__(self, answers: IO[str], device: str | None = None) -> None:
        self._answers, self._device = answers, device
        self._orders: queue.Queue[LoadModel | RenderBatch | FindLimits | None] = queue.Queue()
        self._cancelled: set[int] = set()
        self._models: OrderedDict[str, Synthesizer] = OrderedDict()
        self._embeddings: OrderedDict[tuple[str, Timbre], AudioEncoding] = OrderedDict()

    def read(self, orders: IO[str]) -> None:
        """Queue orders, a line each, until there are no more."""
        for line in orders:
            order = order_from_line(line)
            if isinstance(order, CancelBatch):
                self._cancelled.add(order.batch)
            else:
                self._orders.put(order)
        self._orders.put(None)

    def run(self) -> None:
        """Carry out orders, until :meth:`read` has ended and none is left."""
        while (order := self._orders.get()) is not None:
            if isinstance(order, LoadModel):
                self._load_first(order.model)
            elif isinstance(order, FindLimits):
                self._find_limits(order)
            else:
                self._render_batch(order)

    def send(self, answer: Answer) -> None:
        """Answer the process that gave the orders."""
        self._answers.write(to_line(answer) + "\n")
        self._answers.flush()

    def is_cancelled(self, batch: int) -> bool:
        """Whether a batch should stop."""
        return batch in self._cancelled

    def _load_first(self, model: str) -> None:
        try:
            synth = self._load(model)
            _ = synth.encoder
        except TimbreError as error:
            self.send(ModelFailed(code_of(error), str(error)))
        else:
            self.send(ModelReady(synth.sample_rate))

    def _find_limits(self, order: FindLimits) -> None:
        request = order.request
        try:
            synth = self._load(request.model, request.model_sha256)
            limits = synth.limits(request.clip, request.settings, request.timbre)
        except Exception as error:  # it is only asked; renders go on
            if not isinstance(error, TimbreError):
                traceback.print_exception(error)
            self.send(LimitsFound(order.number, (), " ".join(str(error).split())))
        else:
            self.send(LimitsFound(order.number, tuple(limit.message for limit in limits)))

    def _load(self, model: str, sha256: str | None = None) -> Synthesizer:
        from core.library.embeddings.kept import KeptEmbeddings
        from core.synthesizer import Synthesizer

        synth = self._models.get(model)
        if synth is None or (sha256 is not None and synth.bundle.sha256 != sha256):
            self._models.pop(model, None)
            while len(self._models) >= _MAX_MODELS:
                self._models.popitem(last=False)
            synth = self._models[model] = Synthesizer.load(model, self._device)
            synth.look_up = KeptEmbeddings().look_up
        self._models.move_to_end(model)
        if sha256 is not None and synth.bundle.sha256 != sha256:
            raise ModelMissing(f"model {model} was changed after this was asked for; ask again")
        return synth

    def _render_batch(self, order: RenderBatch) -> None:
        with contextlib.suppress(Cancelled):
            try:
                self._render(order.batch, order.jobs)
            except Cancelled:
                raise
            except Exception as error:
                self._isolate_fault(order, error)
        self.send(BatchEnded(order.batch))

    def _isolate_fault(self, order: RenderBatch, error: Exception) -> None:
        """Render a failed batch job by job, so that only the job at fault fails."""
        if len(order.jobs) == 1:
            self._fail(order.batch, order.jobs[0].seq, error)
            return
        for job in order.jobs:
            try:
                self._render(order.batch, [job])
            except Cancelled:
                raise
            except Exception as own_error:
                self._fail(order.batch, job.seq, own_error)

    def _fail(self, batch: int, seq: int, error: Exception) -> None:
        code: Code = "internal"
        if isinstance(error, TimbreError):
            code, message = code_of(error), str(error)
        else:
            traceback.print_exception(error)
            message = f"{type(error).__name__}: {error}; see the worker's log"
        self.send(JobFailed(batch, seq, code, " ".join(message.split())))

    def _render(self, batch: int, jobs: Sequence[JobOrder]) -> None:
        progress = _ProgressReporter(self, batch)
        loading = progress.stage("loading", 0.0, _LOADED)
        first = jobs[0].request
        loading(0.0)
        synth = self._load(first.model, first.model_sha256)
        loading(0.5)
        _ = synth.encoder
        heard_at = (
            _HEARD
            if any(
                not job.request.embedding and self._is_long(synth, job.request.timbre)
                for job in jobs
            )
            else _LOADED
        )
        listening = progress.stage("listening", _LOADED, heard_at)
        embedded: list[tuple[JobOrder, tuple[str, ...], list[RenderRequest]]] = []
        ready: list[tuple[JobOrder, TakeOrder]] = []
        requests: list[RenderRequest] = []
        for number, job in enumerate(jobs):
            part = part_of(listening, number / len(jobs), (number + 1) / len(jobs))
            part(0.0)
            try:
                embedding, heard_remarks = self._hear(synth, job.request, part)
            except Cancelled:
                raise
            except TimbreError as error:
                self._fail(batch, job.seq, error)
                continue
            takes = [_render_request(job.request, embedding, take.take) for take in job.takes]
            embedded.append((job, heard_remarks, takes))
            ready += [(job, take) for take in job.takes]
            requests += takes
        if not ready:
            return
        leveled_at = heard_at + (_RENDERED - heard_at) * synth.leveling_share(requests)
        leveling = progress.stage("rendering", heard_at, leveled_at)
        for number, (job, heard_remarks, takes) in enumerate(embedded):
            part = part_of(leveling, number / len(embedded), (number + 1) / len(embedded))
            remarks = [*heard_remarks, *(limit.message for limit in synth.engine.limits(takes[0]))]
            synth.gain_db(takes[0].embedding, job.request.settings, remarks.append, part)
            if remarks:
                self.send(ClipRemarks(batch, job.seq, tuple(remarks)))
        rendered = synth.render_requests(
            requests, progress.stage("rendering", leveled_at, _RENDERED)
        )
        writing = progress.stage("writing", _RENDERED, 1.0)
        for number, ((job, order), take) in enumerate(zip(ready, rendered, strict=True)):
            writing(number / len(ready))
            if overshoot := take.overshoot_remark(None, _KEEPS_THE_LEVEL):
                self.send(ClipRemarks(batch, job.seq, (overshoot,)))
            self._write(batch, job, order, take)

    def _is_long(self, synth: Synthesizer, timbre: Timbre) -> bool:
        """Whether a timbre takes a while to be heard: a recording that is not known yet."""
        if (synth.bundle.sha256, timbre) in self._embeddings:
            return False
        if timbre.inside:
            return any(self._is_long(synth, part) for part in timbre.heard)
        return synth.takes_listening(timbre)

    def _hear(
        self, synth: Synthesizer, request: JobRequest, on_progress: ProgressCallback
    ) -> tuple[Embedding, tuple[str, ...]]:
        """The embedding to play, of the timbre or of the render that is repeated; and remarks."""
        if not request.embedding:
            return self._embed_in_clip(synth, request, on_progress)
        from core.provenance import embedding_from_json

        try:
            return embedding_from_json(request.embedding), ()
        except (KeyError, ValueError) as error:
            raise AudioError(f"the embedding of the render to repeat is damaged: {error}") from None

    def _embed_in_clip(
        self, synth: Synthesizer, request: JobRequest, on_progress: ProgressCallback
    ) -> tuple[Embedding, tuple[str, ...]]:
        timbre = request.timbre
        if not isinstance(timbre, Morph):
            heard = self._embed(synth, timbre, on_progress)
            return heard.embedding, heard.remarks
        from core.encoders.morphing import follow

        embeddings, remarks = self._embed_inside(synth, timbre, on_progress)
        return follow(timbre, embeddings, request.clip.length_s), remarks

    def _embed(
        self, synth: Synthesizer, timbre: Timbre, on_progress: ProgressCallback
    ) -> AudioEncoding:
        key = (synth.bundle.sha256, timbre)
        if key not in self._embeddings:
            if timbre.inside:
                self._embeddings[key] = self._combine(synth, timbre, on_progress)
            else:
                self._embeddings[key] = _embed_one(synth, timbre, on_progress)
        self._embeddings.move_to_end(key)
        while len(self._embeddings) > _MAX_EMBEDDINGS:
            self._embeddings.popitem(last=False)
        return self._embeddings[key]

    def _combine(
        self, synth: Synthesizer, timbre: Timbre, on_progress: ProgressCallback
    ) -> AudioEncoding:
        """Mix what is known of the parts: with other weights, nothing is heard again."""
        from core.encoders.morphing import combined

        embeddings, remarks = self._embed_inside(synth, timbre, on_progress)
        return AudioEncoding(combined(timbre, embeddings), remarks)

    def _embed_inside(
        self, synth: Synthesizer, timbre: Timbre, on_progress: ProgressCallback
    ) -> tuple[list[FloatArray], tuple[str, ...]]:
        """The embeddings of what is heard in a timbre, in its order; and remarks, each once."""
        parts = timbre.heard
        heard = []
        for number, part in enumerate(parts):
            progress = part_of(on_progress, number / len(parts), (number + 1) / len(parts))
            heard.append(self._embed(synth, part, progress))
        remarks = dict.fromkeys(remark for one in heard for remark in one.remarks)
        return [one.embedding for one in heard], tuple(remarks)

    def _write(self, batch: int, job: JobOrder, order: TakeOrder, take: Take) -> None:
        request = job.request
        provenance = replace(take.provenance, timbre=request.timbre, preset=request.preset)
        try:
            replace(take, provenance=provenance).write(order.path)
        except TimbreError as error:
            self._fail(batch, job.seq, error)
            return
        frames = take.audio.shape[1]
        self.send(TakeRendered(batch, job.seq, order.take, order.path, take.sample_rate, frames))


def _embed_one(synth: Synthesizer, timbre: Timbre, on_progress: ProgressCallback) -> AudioEncoding:
    remarks: list[str] = []
    is_new = synth.look_up(timbre, synth.encoder) is None
    embedding = synth.embed(timbre, remarks.append, on_progress)
    heard = AudioEncoding(embedding, tuple(remarks))
    if is_new:
        _keep(synth, timbre, heard)
    return heard


def _keep(synth: Synthesizer, timbre: Timbre, heard: AudioEncoding) -> None:
    """Spare whoever makes a preset of what was heard to listen to it again."""
    from core.library.embeddings.digests import digest_of
    from core.library.embeddings.kept import KeptEmbeddings

    with contextlib.suppress(OSError, OutputError):  # a cache: it is heard again
        KeptEmbeddings().keep({digest_of(timbre): heard}, synth.encoder)


def _render_request(job: JobRequest, embedding: Embedding, take: int) -> RenderRequest:
    return RenderRequest(job.clip, embedding, job.settings, job.seed + take)


class _ProgressReporter:
    """Reports every new stage of a batch, and now and then how far the batch is."""

    def __init__(self, worker: RenderWorker, batch: int) -> None:
        self._worker, self._batch = worker, batch
        self._stage, self._at = "", 0.0

    def stage(self, name: str, start: float, end: float) -> ProgressCallback:
        """The progress callback of a stage.

        Args:
            name: one word, for people.
            start, end: the fractions of the batch at which it begins and ends, 0…1.

        Raises:
            Cancelled: by the callback, if the batch is.
        """
        return part_of(lambda fraction: self._report(name, fraction), start, end)

    def _report(self, stage: str, fraction: float) -> bool:
        now = time.monotonic()
        if self._worker.is_cancelled(self._batch):
            raise Cancelled("cancelled")
        if stage != self._stage or now - self._at > _REPORT_EVERY_S:
            self._stage, self._at = stage, now
            self._worker.send(BatchProgress(self._batch, float(fraction), stage))
        return True


def _end_with_stdin(worker: RenderWorker) -> None:
    worker.read(sys.stdin)
    os._exit(0)  # at once: who gave the orders is gone


def main() -> None:
    """Entry point of the process; its one argument, if there is one, is the device."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    worker = RenderWorker(answers, sys.argv[1] if len(sys.argv) > 1 else None)
    threading.Thread(target=_end_with_stdin, args=(worker,), daemon=True).start()
    worker.run()


if __name__ == "__main__":
    main()
