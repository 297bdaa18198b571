"""Hearing presets while what renders them dies, or the preset is deleted."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtWidgets import QLabel

from core.clip import Clip, Note
from desktop.services import audition
from desktop.services.audition import WorkerAuditions
from desktop.services.interfaces import PresetQuery
from tests.desktop.faults.conftest import OpenWindow
from tests.desktop.faults.test_plain_text import HOSTILE
from tests.helpers.waiting import LAST_RESORT_S


def clip(name: str) -> Clip:
    # Kept renders know a clip by its notes.
    return Clip.of(name, [Note(0.0, sum(name.encode()) % 128, 90, 0.5)])


def stage_of(window: OpenWindow) -> Any:
    link = window.desktop._stage
    window.wait(lambda: link._stage is not None)
    return link._stage


def factory_preset(window: OpenWindow) -> tuple[str, str]:
    """Id and name of one that has a gain already."""
    browse = window.desktop._pages.browse
    window.wait(lambda: browse.current is not None)
    return browse.current.id, browse.current.name


def hear(window: OpenWindow, preset: tuple[str, str], played: Clip) -> None:
    window.desktop._stage.use_clip(played)
    window.desktop._stage.hear(*preset)


def test_a_worker_that_dies_twice_is_said_and_tried_again(
    open_window: Callable[..., OpenWindow],
) -> None:
    window = open_window()
    stage, preset = stage_of(window), factory_preset(window)
    hear(window, preset, clip("crash"))
    fault = window.fault("the rendering process ended (SIGKILL), twice; try again")
    assert fault.way_out is not None
    assert not stage.is_busy
    window.desktop._stage.use_clip(clip("after"))
    window.take_way_out("Try again")
    window.wait(lambda: stage._sound is not None)


def test_a_worker_that_is_killed_while_it_warms_up_is_started_again(
    open_window: Callable[..., OpenWindow],
) -> None:
    window = open_window(is_warmed=True)
    stage, auditions = stage_of(window), window.desktop.services.auditions
    assert isinstance(auditions, WorkerAuditions)
    window.wait(lambda: auditions._worker is not None)
    worker = auditions._worker
    assert worker is not None
    hear(window, factory_preset(window), clip("crash once"))
    os.kill(worker.pid, signal.SIGKILL)
    window.wait(lambda: stage._sound is not None or window.desktop.window.error_line.fault)
    if stage._sound is None:  # it died before the render had begun, and then twice
        window.take_way_out("Try again")
        window.wait(lambda: stage._sound is not None)


def test_a_preset_deleted_while_it_is_rendered_and_while_it_plays(
    open_window: Callable[..., OpenWindow], tmp_path: Path
) -> None:
    window = open_window()
    stage, preset = stage_of(window), factory_preset(window)
    presets = window.desktop.services.presets
    hear(window, preset, clip("held"))
    window.wait(lambda: "rendering" in stage.state_label.text())
    presets.remove(preset[0])
    (tmp_path / "release").touch()
    window.wait(lambda: stage._sound is not None)  # what was begun is heard
    window.desktop._stage.use_clip(clip("next"))
    stage.play()
    window.fault(f"{preset[1]} was deleted; undo that in Browse, or choose another")
    assert not stage.is_busy


def test_a_hostile_name_is_shown_as_it_is(open_window: Callable[..., OpenWindow]) -> None:
    window = open_window()
    stage, preset = stage_of(window), factory_preset(window)
    presets, browse = window.desktop.services.presets, window.desktop._pages.browse
    presets.edit(preset[0], name=HOSTILE)
    browse.set_query(PresetQuery(text="Rock"))
    window.wait(lambda: browse.current is not None and browse.current.name == HOSTILE)
    hear(window, (preset[0], HOSTILE), clip("one"))
    window.wait(lambda: stage._sound is not None)
    presets.remove(preset[0])
    window.desktop._stage.use_clip(clip("next"))
    stage.play()
    window.fault(f"{HOSTILE} was deleted")
    shown = [
        label for label in window.desktop.window.findChildren(QLabel) if "<img" in label.text()
    ]
    assert shown
    assert not [label for label in shown if label.textFormat().name != "PlainText"]


def test_closing_waits_for_no_render_that_hangs(
    open_window: Callable[..., OpenWindow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audition, "_CANCEL_GRACE_S", 10 * LAST_RESORT_S)
    window = open_window()
    stage = stage_of(window)
    hear(window, factory_preset(window), clip("stuck"))
    window.wait(lambda: "rendering" in stage.state_label.text())
    auditions = window.desktop.services.auditions
    assert isinstance(auditions, WorkerAuditions)
    window.desktop.close()
    assert auditions._worker is not None
    assert not auditions._worker.is_alive
