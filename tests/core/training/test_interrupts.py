"""Signals during training: the first asks it to stop, the second is for the impatient."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from core.training.interrupts import stop_on_interrupt


@pytest.fixture(autouse=True)
def _as_in_the_foreground() -> Iterator[None]:
    """However the tests themselves were started."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_to_stop_and_breaks_nothing_off(number: signal.Signals) -> None:
    with stop_on_interrupt() as goes_on:
        assert goes_on(0.1)
        os.kill(os.getpid(), number)
        assert not goes_on(0.2)


def test_a_second_one_breaks_the_work_off() -> None:
    with stop_on_interrupt():
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with stop_on_interrupt():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_two_different_ones_at_once_are_still_one_request() -> None:
    with stop_on_interrupt() as goes_on:
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
        assert not goes_on(0.5)


def test_a_background_job_goes_on_ignoring_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with stop_on_interrupt() as goes_on:
        os.kill(os.getpid(), signal.SIGINT)
        assert goes_on(0.5)
        os.kill(os.getpid(), signal.SIGTERM)
        assert not goes_on(0.5)
