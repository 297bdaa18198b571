"""The window's sound, with a fake device."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from core.errors import UserInputError
from desktop.services.audio_out import SystemAudio
from tests.helpers.sound_device import RATE, FakeBackend
from tests.helpers.waiting import wait_until

SOUND = np.full((1, RATE), 0.5, np.float32)


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend(("Built-in Speaker", 2), ("USB Headphones", 2))


@pytest.fixture
def audio(backend: FakeBackend) -> Iterator[SystemAudio]:
    audio = SystemAudio(lambda: backend)
    wait_until(audio.devices)
    yield audio
    audio.close()


def test_a_sound_plays_and_ends(audio: SystemAudio, backend: FakeBackend) -> None:
    states = [audio.is_playing]
    audio.play(SOUND, RATE)
    states.append(audio.is_playing)  # at once, though the device opens later
    wait_until(lambda: backend.streams and backend.streams[0].is_started)
    backend.streams[0].pump(RATE // 2)
    wait_until(lambda: audio.position_s == 0.5)
    assert audio.level_db == pytest.approx(-6.02, abs=0.01)
    backend.streams[0].pump(RATE)
    states.append(audio.is_playing)
    assert (states, audio.problem) == ([False, True, False], "")
    assert audio.level_db == -math.inf


def test_only_the_last_of_many_is_begun(audio: SystemAudio, backend: FakeBackend) -> None:
    for _ in range(50):
        audio.play(SOUND, RATE)
    audio.stop()
    wait_until(lambda: not audio.is_playing)
    assert len(backend.streams) <= 50
    assert all(stream.is_closed for stream in backend.streams)


def test_a_sound_is_replaced_where_it_is_and_only_while_it_plays(
    audio: SystemAudio, backend: FakeBackend
) -> None:
    audio.replace(SOUND, RATE)
    assert not audio.is_playing
    audio.play(SOUND, RATE)
    audio.replace(-SOUND, RATE)  # behind it, in turn
    wait_until(lambda: backend.streams and backend.streams[0].is_started)
    backend.streams[0].pump(RATE // 4)
    audio.replace(SOUND / 2, RATE)
    audio.choose("USB Headphones")  # the device goes on with what it was replaced by
    wait_until(lambda: len(backend.streams) == 2 and backend.streams[1].is_started)
    backend.streams[1].pump(1024)
    assert backend.streams[1].heard[0].max() == 0.25
    wait_until(lambda: audio.position_s > 0.25)


def test_another_device_goes_on_where_the_sound_was(
    audio: SystemAudio, backend: FakeBackend
) -> None:
    audio.play(SOUND, RATE)
    wait_until(lambda: backend.streams and backend.streams[0].is_started)
    backend.streams[0].pump(RATE // 4)
    audio.choose("USB Headphones")
    wait_until(lambda: len(backend.streams) == 2 and backend.streams[1].is_started)
    assert backend.streams[1].options["device"] == 1
    wait_until(lambda: audio.position_s == 0.25)
    assert audio.device == "USB Headphones"


def test_a_device_that_goes_away_hands_over(audio: SystemAudio, backend: FakeBackend) -> None:
    audio.choose("USB Headphones")
    audio.play(SOUND, RATE)
    wait_until(lambda: backend.streams and backend.streams[0].is_started)
    backend.streams[0].pump(RATE // 4)
    backend.devices = (("Built-in Speaker", 2),)
    backend.streams[0].options["finished_callback"]()
    wait_until(lambda: audio.remark)
    assert audio.remark == "USB Headphones went away; playing through Built-in Speaker"
    assert audio.devices() == ("Built-in Speaker",)
    assert audio.position_s == 0.25


def test_no_device_is_said_and_found_later(backend: FakeBackend) -> None:
    backend.devices = ()
    audio = SystemAudio(lambda: backend)
    wait_until(lambda: audio.problem)
    assert audio.problem == "this machine has no device that plays sound"
    audio.play(SOUND, RATE)
    wait_until(lambda: not audio.is_playing)
    backend.arrives = ("Speaker", 2)
    audio.look_again()
    wait_until(lambda: not audio.problem)
    assert audio.devices() == ("Speaker",)
    audio.close()


def test_a_device_that_refuses_is_named(audio: SystemAudio, backend: FakeBackend) -> None:
    backend.refuses = True
    audio.play(SOUND, RATE)
    wait_until(lambda: audio.problem)
    assert audio.problem == "Built-in Speaker does not play: busy"
    backend.refuses = False
    audio.play(SOUND, RATE)
    wait_until(lambda: not audio.problem)


def test_what_is_not_installed_is_said() -> None:
    def nothing() -> object:
        raise UserInputError("playing needs PortAudio")

    audio = SystemAudio(nothing)
    wait_until(lambda: audio.problem)
    assert audio.problem == "playing needs PortAudio"
    audio.close()


def test_a_sound_begins_and_goes_on_where_it_is_told_to(
    audio: SystemAudio, backend: FakeBackend
) -> None:
    number = audio.play(SOUND, RATE, 0.25)
    assert audio.sound_number == number
    wait_until(lambda: backend.streams and backend.streams[0].is_started)
    wait_until(lambda: audio.position_s == 0.25)
    audio.seek(0.75)
    wait_until(lambda: audio.position_s == 0.75)
    backend.streams[0].pump(RATE // 8)
    assert (audio.position_s, audio.sound_number) == (0.875, number)
    audio.stop()
    assert audio.sound_number != number
    wait_until(lambda: not audio.is_playing)
    audio.seek(0.1)  # nothing plays: nothing begins
    audio.look_again()
    wait_until(audio.devices)
    assert not audio.is_playing
