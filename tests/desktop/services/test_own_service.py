"""Which model renders are made with, and what happens when it is gone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from bridge.jobs.process import WORKER_COMMAND
from desktop.services import jobs as jobs_module
from desktop.services.jobs import LocalJobService
from desktop.services.own_service import own_service, usable_model
from tests.helpers.bundles import write_tiny_bundle


def test_a_model_that_is_gone_gives_way_to_the_default_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    assert usable_model("embedded") == ("embedded", "")
    model, remark = usable_model("tokensynth")
    assert model == "embedded"
    assert "tokensynth is not here any more" in remark
    write_tiny_bundle(tmp_path / "models" / "tiny")
    assert usable_model("tiny") == ("tiny", "")


def test_renders_take_the_model_that_is_chosen_now(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    write_tiny_bundle(tmp_path / "models" / "tiny")
    opened: list[Any] = []

    @contextlib.contextmanager
    def fake_service(model: str, device: str) -> Iterator[Any]:
        queue = SimpleNamespace(listen=lambda _: None, unlisten=lambda _: None, recent=lambda _: [])
        opened.append(SimpleNamespace(model=model, device=device, jobs=queue, listen=lambda *_: 0))
        yield opened[0]

    monkeypatch.setattr(jobs_module, "own_service", fake_service)
    jobs = LocalJobService(None, "tiny", "cuda:0")
    service = jobs.service()
    assert (service.model, opened[0].device) == ("tiny", "cuda:0")
    jobs.use_model("embedded")
    assert service.model == "embedded"
    jobs.close()
    jobs.use_model("tiny")  # after the end: nothing to tell


def test_the_renderer_is_started_on_the_device_that_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    given: list[tuple[str, ...]] = []

    class Queue:
        def __init__(self, *_: object, worker_command: tuple[str, ...], **_named: object) -> None:
            given.append(worker_command)

        def __enter__(self) -> Queue:
            return self

        def __exit__(self, *_: object) -> None:
            """Nothing was started."""

    monkeypatch.setattr("bridge.jobs.queue.JobQueue", Queue)
    for device in ("", "cuda:0"):
        with own_service("embedded", device):
            pass
    assert given == [WORKER_COMMAND, (*WORKER_COMMAND, "cuda:0")]
