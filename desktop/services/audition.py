"""Presets heard: renders in a worker process of their own, kept as those of ``timbre preset play``.

The process has the model loaded between renders and an interpreter of its own: rendered on a
thread of the window, the same phrase holds the window up for as long as a step of it takes.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
import queue
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.jobs.process import WorkerProcess
from core import paths
from core.audition.phrases import PHRASES, phrase_named
from core.clip import Clip
from core.errors import (
    AudioError,
    Cancelled,
    ModelMissing,
    OutputError,
    SettingsError,
    TimbreError,
)
from core.models import DEFAULT_BUNDLE
from core.progress import LOADING
from desktop.services.file_names import free_path
from desktop.tasks import TaskControl

if TYPE_CHECKING:
    from bridge.jobs.worker_messages import BatchAnswer, JobFailed, JobOrder, WorkerDied
    from core.audition.renders import Audition
    from core.library.library import Library
    from core.library.presets import Preset
    from core.settings import RenderSettings
    from core.timbre import Timbre

_log = logging.getLogger(__name__)
_LOOK_UP_S = 0.05
"""How often a wait looks whether it is still wanted."""
_WORDS = {"loading": LOADING, "writing": "writing the file"}
_ATTEMPTS = 2
_CANCEL_GRACE_S = 30.0
"""A worker that does not stop for so long hangs, and is killed: on a loaded machine a model may
take that long to load, and would have to be loaded anew."""


class WorkerAuditions:
    """An :class:`~desktop.services.interfaces.AuditionService`. One thread at a time renders.

    Args:
        model: the bundle that plays.
        open_library: None opens the user's own.
        start_worker: starts the process, given its log; None starts the real one.
    """

    def __init__(
        self,
        model: str = DEFAULT_BUNDLE,
        open_library: Callable[[], Library] | None = None,
        start_worker: Callable[[Path], WorkerProcess] | None = None,
    ) -> None:
        self._model = model
        self._open_library = open_library or _users_library
        self._start_worker = start_worker or WorkerProcess
        self._lock = threading.Lock()  # of who has the worker render
        self._starting = threading.Lock()  # over the two that follow
        self._worker: WorkerProcess | None = None
        self._is_closed = False
        self._batches = itertools.count(1)

    def phrases(self) -> Sequence[str]:
        """As the interface says."""
        return tuple(PHRASES)

    def warm_up(self, control: TaskControl) -> None:
        """As the interface says.

        Raises:
            TimbreError: if the model cannot be loaded.
        """
        from bridge.jobs.worker_messages import LoadModel, ModelFailed, WorkerDied

        with self._own_turn(control):
            if self._worker is not None and self._worker.is_alive:
                return
            control.stage(LOADING)
            worker = self._living_worker()
            worker.send(LoadModel(self._model))
        while not worker.model.done():
            if control.is_cancelled or self._is_closed:
                return  # it goes on loading: somebody will want it
            try:
                worker.model.result(timeout=_LOOK_UP_S)
            except TimeoutError:
                continue
        answer = worker.model.result()
        if isinstance(answer, ModelFailed):
            raise ModelMissing(answer.message)
        if isinstance(answer, WorkerDied):
            raise _died(answer)

    def render(self, preset_id: str, clip: Clip | str, control: TaskControl) -> Path:
        """As the interface says.

        Raises:
            Cancelled: if nobody wants it any more.
            TimbreError: if it cannot be rendered; the message says why.
        """
        from core.audition.renders import Audition, keep_file, kept_file
        from core.models.registry import Registry
        from core.provenance import PresetVersion, read_provenance

        played = _played(clip)
        sha256 = Registry().resolve(self._model).sha256
        with self._open_library() as library:
            preset = library.get(preset_id)
            audition = Audition(
                preset.id,
                PresetVersion(preset.name, preset.version),
                library.recipe(preset),
                preset.settings,
                played,
                self._model,
                sha256,
            )
            known = kept_file(audition)
            if known is not None:
                return known
            leveled = library.with_gain(preset, sha256, preset.settings)
            order = partial(self._order, audition, leveled, control)
            rendered = keep_file(audition, order)
            if leveled == preset.settings:
                self._keep_gain(library, preset, sha256, read_provenance(rendered).gain_db)
        return rendered

    def render_timbre(self, timbre: Timbre, clip: Clip | str, control: TaskControl) -> Path:
        """As the interface says.

        Raises:
            Cancelled: if nobody wants it any more.
            TimbreError: if it cannot be rendered; the message says why.
        """
        from core.audition.renders import Audition, keep_file, kept_file
        from core.library.embeddings.digests import digest_of
        from core.models.registry import Registry
        from core.settings import RenderSettings

        played = _played(clip)
        sha256 = Registry().resolve(self._model).sha256
        try:
            sound = f"timbre {digest_of(timbre).hex()}"
        except OSError as error:
            raise AudioError(f"the recording cannot be read: {error}") from error
        audition = Audition(sound, None, timbre, RenderSettings(), played, self._model, sha256)
        known = kept_file(audition)
        if known is not None:
            return known
        return keep_file(audition, partial(self._order, audition, audition.settings, control))

    def keep(self, file: Path, name: str) -> Path:
        """As the interface says.

        Raises:
            OutputError: if it cannot be written.
        """
        folder = paths.renders_dir()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            kept = free_path(folder, name, file.suffix)
            shutil.copyfile(file, kept)
        except OSError as error:
            raise OutputError(f"{file.name} cannot be copied to {folder}: {error}") from error
        return kept

    def close(self) -> None:
        """End the process; whoever waits for it is told that it is cancelled."""
        with self._starting:
            self._is_closed = True
            worker = self._worker
        if worker is not None:
            worker.kill()

    def _keep_gain(self, library: Library, preset: Preset, sha256: str, gain_db: float) -> None:
        try:
            library.keep_gain(preset, sha256, gain_db)
        except TimbreError as error:  # it was removed while it sounded, or the disk is full
            _log.info("the gain of %s is not kept: %s", preset.name, error)

    def _order(
        self, audition: Audition, settings: RenderSettings, control: TaskControl, file: Path
    ) -> None:
        from bridge.jobs.model import JobRequest
        from bridge.jobs.worker_messages import JobOrder, TakeOrder
        from core.version import program_version

        request = JobRequest(
            "desktop",
            audition.key,
            audition.clip,
            audition.timbre,
            audition.preset,
            audition.model,
            audition.model_sha256,
            settings=settings,
            program_version=program_version(),
        )
        job = JobOrder(0, request, (TakeOrder(0, file),))
        with self._own_turn(control):
            for attempt in range(1, _ATTEMPTS + 1):
                died = self._attempt(job, control)
                if died is None:
                    return
                _log.warning("the rendering process ended: %s", died.reason)
                if self._is_closed:
                    raise Cancelled("the window closes")
                if attempt == _ATTEMPTS:
                    raise _died(died)

    @contextlib.contextmanager
    def _own_turn(self, control: TaskControl) -> Iterator[None]:
        """Wait until nobody else has the worker render, or nobody wants this any more."""
        while not self._lock.acquire(timeout=_LOOK_UP_S):
            if control.is_cancelled:
                raise Cancelled("cancelled")
        try:
            yield
        finally:
            self._lock.release()

    def _attempt(self, job: JobOrder, control: TaskControl) -> WorkerDied | None:
        """Have the worker do it; what it died of, if it did."""
        from bridge.jobs.worker_messages import (
            BatchEnded,
            BatchProgress,
            CancelBatch,
            JobFailed,
            RenderBatch,
            WorkerDied,
        )

        worker = self._living_worker()
        batch = next(self._batches)
        worker.send(RenderBatch(batch, (job,)))
        failed: JobFailed | None = None
        kill_at, stage = math.inf, ""
        while True:
            if control.is_cancelled and kill_at == math.inf:
                worker.send(CancelBatch(batch))
                kill_at = time.monotonic() + _CANCEL_GRACE_S
            if time.monotonic() > kill_at:
                worker.kill()
            answer = _next_answer(worker)
            if isinstance(answer, WorkerDied):
                if control.is_cancelled:
                    raise Cancelled("cancelled")
                return answer
            if answer is None or answer.batch != batch:
                continue
            if isinstance(answer, BatchProgress):
                if answer.stage != stage:
                    stage = answer.stage
                    control.stage(_WORDS.get(stage, stage))
                control.progress(answer.fraction)
            elif isinstance(answer, JobFailed):
                failed = answer
            elif isinstance(answer, BatchEnded):
                break
        if kill_at < math.inf:
            raise Cancelled("cancelled")
        if failed is not None:
            raise _failure(failed)
        return None

    def _living_worker(self) -> WorkerProcess:
        with self._starting:
            if self._is_closed:
                raise Cancelled("the window closes")
            if self._worker is None or not self._worker.is_alive:
                self._worker = self._start_worker(paths.cache_dir() / "audition-worker.log")
            return self._worker


def _played(clip: Clip | str) -> Clip:
    played = phrase_named(clip) if isinstance(clip, str) else clip
    if not played.notes:
        raise SettingsError(f"{played.name or 'the clip'} has no notes to hear a preset with")
    return played


def _next_answer(worker: WorkerProcess) -> BatchAnswer | WorkerDied | None:
    try:
        return worker.answers.get(timeout=_LOOK_UP_S)
    except queue.Empty:
        return None


def _users_library() -> Library:
    from core.library.library import Library

    return Library.open(model=None)


def _died(answer: WorkerDied) -> TimbreError:
    return TimbreError(
        f"the rendering process ended ({answer.reason}), twice; try again, and if it stays so "
        f"see {paths.cache_dir() / 'audition-worker.log'}"
    )


def _failure(answer: JobFailed) -> TimbreError:
    kind = {"model_missing": ModelMissing, "cancelled": Cancelled}.get(answer.code, SettingsError)
    return TimbreError(answer.message) if answer.code == "internal" else kind(answer.message)
