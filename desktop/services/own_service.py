"""The user's own library and queue, opened for as long as the window is."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from core.models import DEFAULT_BUNDLE

if TYPE_CHECKING:
    from bridge.service import BridgeService

OpenService = Callable[[], AbstractContextManager["BridgeService"]]
"""Opens what the bridge and the window share; closed when the window is."""


@contextlib.contextmanager
def own_service(model: str = DEFAULT_BUNDLE, device: str = "") -> Iterator[BridgeService]:
    """The user's own library and queue.

    Args:
        model: loaded by the renderer at once, and used where none is named.
        device: where the renderer computes; empty leaves it to the engines.

    Raises:
        QueueUnusable: if another Timbre Bridge has the queue, or it cannot be used.
        DatabaseUnusable: if the library cannot be used.
        OutputError: if the folder for renders cannot be made.
    """
    from bridge.jobs.process import WORKER_COMMAND
    from bridge.jobs.queue import JobQueue
    from bridge.service import BridgeService
    from core.library import Library
    from core.paths import renders_dir

    command = (*WORKER_COMMAND, device) if device else WORKER_COMMAND
    with (
        Library.open(model=None) as library,
        JobQueue(renders_dir(), warm_model=model, worker_command=command) as jobs,
    ):
        yield BridgeService(library, jobs, model)


def usable_model(model: str) -> tuple[str, str]:
    """The model to render with: the one asked for, or the default one where that is not here.

    Args:
        model: id of a bundle.

    Returns:
        The id, and a line that says why it is another; empty if it is not.
    """
    from core.models.registry import Registry

    if model == DEFAULT_BUNDLE:
        return model, ""
    if any(each.id == model and each.state == "ready" for each in Registry().listings()):
        return model, ""
    return DEFAULT_BUNDLE, (
        f"the model {model} is not here any more: renders are made with {DEFAULT_BUNDLE}; the "
        "Models page gets it back"
    )
