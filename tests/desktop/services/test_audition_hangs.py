"""A worker that hangs, or is ended while somebody waits for it, keeps nobody waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from core.errors import Cancelled, TimbreError
from desktop.services import audition as audition_module
from desktop.services.audition import WorkerAuditions
from tests.desktop.services.test_audition import Control, auditions, clip, log, preset
from tests.helpers.waiting import wait_until

__all__ = ["auditions", "log", "preset"]  # fixtures


def begun(work: Callable[[], object]) -> tuple[threading.Thread, list[TimbreError]]:
    errors: list[TimbreError] = []

    def run() -> None:
        try:
            work()
        except TimbreError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, errors


def test_a_worker_that_does_not_stop_is_killed_and_the_next_sound_comes(
    auditions: WorkerAuditions, preset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audition_module, "_CANCEL_GRACE_S", 0.2)
    control = Control()
    thread, errors = begun(lambda: auditions.render(preset, clip("stuck"), control))
    wait_until(lambda: control.stages)
    control.task.cancel()
    assert auditions.render(preset, clip("after"), Control()).is_file()
    thread.join()
    assert [type(error) for error in errors] == [Cancelled]


def test_who_waits_for_a_stuck_worker_may_stop_waiting(
    auditions: WorkerAuditions, preset: str
) -> None:
    first, second = Control(), Control()
    holding, _ = begun(lambda: auditions.render(preset, clip("stuck"), first))
    wait_until(lambda: first.stages)
    waiting, errors = begun(lambda: auditions.render(preset, clip("after"), second))
    warming, warm_errors = begun(lambda: auditions.warm_up(second))
    second.task.cancel()
    waiting.join()
    warming.join()
    assert {type(error) for error in errors + warm_errors} == {Cancelled}
    auditions.close()
    holding.join()


def test_closing_ends_what_renders_and_starts_no_other_worker(
    auditions: WorkerAuditions, preset: str
) -> None:
    control = Control()
    thread, errors = begun(lambda: auditions.render(preset, clip("stuck"), control))
    wait_until(lambda: control.stages)
    auditions.close()
    thread.join()
    assert [type(error) for error in errors] == [Cancelled]
    with pytest.raises(Cancelled):
        auditions.render(preset, clip("after"), Control())
