"""Playing: with a fake device, and with PortAudio on a device that hears nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.audio import output_devices as devices_module
from core.audio import playback
from core.audio.output_devices import (
    PlaybackUnavailable,
    choose_output_device,
    load_backend,
    look_again,
    output_devices,
)
from core.audio.playback import Playback
from tests.helpers.sound_device import RATE, FakeBackend

SOUND = (0.5 * np.sin(np.arange(1000) / 7)).astype(np.float32)[None]


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend(("Microphone", 0), ("Built-in Speaker", 2), ("USB Mono", 1), default=1)


def test_a_sound_is_played_to_its_end(backend: FakeBackend) -> None:
    with Playback(backend=backend) as player:
        plays = [player.is_playing]
        player.play(SOUND, RATE)
        plays.append(player.is_playing)
        (stream,) = backend.streams
        while stream.pump(256):
            pass
        player.wait()
        plays.append(player.is_playing)
    assert plays == [False, True, False]
    assert stream.options["device"] == 1
    assert stream.options["latency"] == playback.LATENCY_S
    heard = np.concatenate(stream.heard)
    for channel in heard.T:
        assert np.array_equal(channel[:1000], SOUND[0])
        assert not channel[1000:].any()
    assert stream.is_closed


def test_another_sound_takes_over_without_a_gap_or_a_click(backend: FakeBackend) -> None:
    player = Playback(backend=backend)
    held = np.full((1, 4000), 0.8, np.float32)
    player.play(held, RATE)
    (stream,) = backend.streams
    stream.pump(256)
    player.play(-held, RATE)
    assert (backend.streams, player.is_playing) == ([stream], True)
    while stream.pump(256):
        pass
    heard = np.concatenate(stream.heard)[:, 0]
    assert np.allclose(heard[:256], 0.8)
    assert np.allclose(heard[256 + 400 : 256 + 4000], -0.8)  # all of the second, from its start
    assert np.abs(np.diff(heard[300 : 256 + 4000])).max() < 0.01
    assert not player.is_playing
    player.wait()


def test_a_sound_is_replaced_at_the_place_where_it_is(backend: FakeBackend) -> None:
    rise = np.linspace(0.0, 0.5, 8000, dtype=np.float32)[None]
    player = Playback(backend=backend)
    player.replace(rise, RATE)  # nothing plays that it could go on from
    assert not backend.streams
    player.play(rise, RATE)
    (stream,) = backend.streams
    stream.pump(256)
    player.replace(rise.copy(), RATE)  # the same again: nothing is heard of it
    stream.pump(100)
    player.replace(-rise, RATE)
    stream.pump(100)
    player.replace(rise, RATE)  # while it still fades
    while stream.pump(256):
        pass
    heard = np.concatenate(stream.heard)[:, 0]
    np.testing.assert_allclose(heard[:356], rise[0, :356], atol=1e-6)
    np.testing.assert_allclose(heard[456 + 400 : 8000], rise[0, 456 + 400 :], atol=1e-6)
    assert np.abs(np.diff(heard[:8000])).max() < 0.002
    assert backend.streams == [stream]


def test_a_sound_of_another_rate_goes_on_at_its_place(backend: FakeBackend) -> None:
    player = Playback(backend=backend)
    player.play(np.full((1, RATE), 0.5, np.float32), RATE)
    backend.streams[0].pump(RATE // 2)
    player.replace(np.full((1, 44_100), 0.25, np.float32), 44_100)
    assert [stream.options["samplerate"] for stream in backend.streams] == [RATE, 44_100]
    assert player.position_s == 0.5
    player.replace(np.full((1, 100), 0.25, np.float32), RATE)  # shorter than the place
    assert not player.is_playing


def test_another_rate_opens_the_device_anew(backend: FakeBackend) -> None:
    player = Playback(backend=backend)
    player.play(SOUND, RATE)
    player.play(SOUND, 44_100)
    first, second = backend.streams
    assert (first.is_closed, second.is_closed, player.is_playing) == (True, False, True)
    player.stop()
    assert (second.is_closed, player.is_playing, player.is_lost) == (True, False, False)
    player.stop()
    player.wait()


def test_of_sounds_that_threads_begin_at_once_one_plays(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = backend.OutputStream

    def slowly(**options: object) -> object:
        time.sleep(0.02)
        return opened(**options)

    monkeypatch.setattr(backend, "OutputStream", slowly)
    player = Playback(backend=backend)
    with ThreadPoolExecutor(4) as threads:
        for begun in [threads.submit(player.play, SOUND, RATE) for _ in range(4)]:
            begun.result()
    assert len([stream for stream in backend.streams if not stream.is_closed]) == 1
    assert player.is_playing
    player.stop()
    assert all(stream.is_closed for stream in backend.streams)
    assert not player.is_playing


def test_where_and_how_loud_it_is(backend: FakeBackend) -> None:
    player = Playback(backend=backend)
    assert (player.position_s, player.level_db) == (0.0, -np.inf)
    half = np.full((1, RATE), 0.5, np.float32)
    player.play(half, RATE, start_s=0.5)
    backend.streams[0].pump(RATE // 4)
    assert player.position_s == pytest.approx(0.75)
    assert player.level_db == pytest.approx(-6.02, abs=0.01)
    player.stop()
    assert player.level_db == -np.inf


def test_a_device_that_goes_away_is_noticed(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = Playback(backend=backend)
    player.play(SOUND, RATE)
    (stream,) = backend.streams
    stream.pump(256)
    states = [player.is_lost]
    stream.options["finished_callback"]()  # as PortAudio does when a stream breaks off
    states += [player.is_lost, player.is_playing]
    assert states == [False, True, False]

    player.play(SOUND, RATE)
    states = [player.is_lost, player.is_playing]
    monkeypatch.setattr(playback, "_STALLED_S", -1.0)  # it asks for nothing any more
    states.append(player.is_lost)
    player.stop()
    states.append(player.is_lost)
    assert states == [False, True, True, False]


def test_devices_are_looked_for_again(backend: FakeBackend) -> None:
    backend.arrives = ("Headphones", 2)
    assert "Headphones" not in [device.name for device in output_devices(backend)]
    look_again(backend)
    assert "Headphones" in [device.name for device in output_devices(backend)]


def test_ctrl_c_stops_the_sound(backend: FakeBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    player = Playback(backend=backend)
    player.play(SOUND, RATE)

    def interrupted(_timeout_s: float) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(player._ended, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        player.wait()
    assert backend.streams[0].is_closed
    assert not player.is_playing


def test_a_rate_that_the_device_has_not_is_converted(backend: FakeBackend) -> None:
    Playback(backend=backend).play(SOUND, 22_050)
    (stream,) = backend.streams
    assert stream.options["samplerate"] == 48_000
    while stream.pump(512):
        pass
    assert sum(map(len, stream.heard)) == pytest.approx(1000 * 48_000 / 22_050, abs=512)


@pytest.mark.parametrize(("device", "channels"), [("usb", 1), ("Built-in", 2)])
def test_channels_and_peaks_fit_the_device(
    backend: FakeBackend, device: str, channels: int
) -> None:
    one_sided = np.concatenate([SOUND, 0.0 * SOUND])
    Playback(device, backend).play(6.0 * one_sided, RATE)
    (stream,) = backend.streams
    stream.pump(1000)
    heard = stream.heard[0].T
    loudest = 0.999 if channels == 2 else 0.999 / 2  # the mean of a side and of silence
    assert heard.shape == (channels, 1000)
    np.testing.assert_allclose(heard[0], SOUND[0] * (loudest / SOUND.max()), atol=1e-3)
    assert not heard[1:].any()


def test_a_device_is_chosen_by_name_part_or_number(backend: FakeBackend) -> None:
    names = {w: choose_output_device(w, backend).name for w in (None, "usb mono", "speak", "2")}
    assert names == {
        None: "Built-in Speaker", "usb mono": "USB Mono", "speak": "Built-in Speaker",
        "2": "USB Mono",
    }  # fmt: skip
    for wrong in ("0", "microphone", "", "9"):
        with pytest.raises(PlaybackUnavailable, match="1 Built-in Speaker; 2 USB Mono"):
            choose_output_device(wrong, backend)


def test_without_a_device_it_says_so(backend: FakeBackend) -> None:
    with pytest.raises(PlaybackUnavailable, match="no device that plays"):
        Playback(backend=FakeBackend(("Microphone", 0), default=-1))
    backend.refuses = True
    player = Playback(backend=backend)
    with pytest.raises(PlaybackUnavailable, match="Built-in Speaker does not play: busy"):
        player.play(SOUND, RATE)
    assert not player.is_playing


@pytest.mark.parametrize(
    ("error", "said"), [(ImportError, "extra 'play'"), (OSError, "needs PortAudio")]
)
def test_without_the_libraries_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception], said: str
) -> None:
    class Missing:
        def find_spec(self, name: str, *_rest: object) -> None:
            if name == "sounddevice":
                raise error

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    with pytest.raises(PlaybackUnavailable, match=said):
        load_backend()


def _has_alsa() -> bool:
    """Whether PortAudio is here and speaks to ALSA, whose null device any machine has."""
    try:
        return any(api["name"] == "ALSA" for api in devices_module.load_backend().query_hostapis())
    except PlaybackUnavailable:
        return False


NULL_DEVICE = "pcm.quiet { type null }\npcm.default { type null }\n"
PLAYS = """
import numpy as np
from core.audio.output_devices import output_devices
from core.audio.playback import Playback
print([device.name for device in output_devices()])
with Playback("quiet") as player:
    player.play(np.zeros((1, 4410), np.float32), 44_100)
    player.wait()
    print(player.is_playing)
"""


@pytest.fixture
def on_null_device(tmp_path: Path) -> Callable[[str], str]:
    """Run Python where ALSA has nothing but a device that hears nothing."""
    (tmp_path / "asound.conf").write_text(NULL_DEVICE)

    def run(code: str) -> str:
        environment = {**os.environ, "ALSA_CONFIG_PATH": str(tmp_path / "asound.conf")}
        command = [sys.executable, "-c", code]
        return subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True
        ).stdout

    return run


if _has_alsa():

    def test_portaudio_plays_to_a_device_that_hears_nothing(
        on_null_device: Callable[[str], str],
    ) -> None:
        assert on_null_device(PLAYS).splitlines() == ["['quiet', 'default']", "False"]


def test_devices_have_what_a_list_shows(backend: FakeBackend) -> None:
    speaker, mono = output_devices(backend)
    assert (speaker.index, speaker.channels, speaker.sample_rate) == (1, 2, 48_000)
    assert (speaker.is_default, mono.is_default) == (True, False)


def test_it_goes_on_elsewhere_in_the_same_stream(backend: FakeBackend) -> None:
    player = Playback(backend=backend)
    player.seek(0.5)  # nothing plays
    assert not player.is_playing
    player.play(np.full((1, RATE), 0.5, np.float32), RATE)
    (stream,) = backend.streams
    stream.pump(RATE // 8)
    player.seek(0.75)
    assert player.position_s == 0.75
    stream.pump(RATE // 8)
    assert player.position_s == pytest.approx(0.875)
    player.seek(9.0)
    assert not stream.pump(256)
    assert not player.is_playing
    player.stop()
