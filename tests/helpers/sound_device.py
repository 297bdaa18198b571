"""A fake of the module sounddevice, whose devices play when a test says so."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.types import FloatArray

RATE = 48_000


class FakeError(Exception):
    """In place of PortAudio's."""


class FakeStop(Exception):
    """What a callback raises when it has no more."""


class FakeStream:
    """A stream that plays when the test says so."""

    def __init__(self, backend: FakeBackend, **options: Any) -> None:
        self.backend, self.options = backend, options
        self.is_started = self.is_closed = False
        self.heard: list[FloatArray] = []

    def start(self) -> None:
        if self.backend.refuses:
            raise FakeError("busy")
        self.is_started = True

    def abort(self) -> None:
        self.options["finished_callback"]()

    def close(self) -> None:
        self.is_closed = True

    def pump(self, count: int) -> bool:
        """Ask for frames as a sound card does; False when there are no more."""
        out = np.full((count, self.options["channels"]), 9.0, np.float32)
        try:
            self.options["callback"](out, count, None, None)
        except FakeStop:
            self.heard.append(out)
            self.options["finished_callback"]()
            return False
        self.heard.append(out)
        return True


class FakeBackend:
    """In place of the module sounddevice."""

    PortAudioError, CallbackStop = FakeError, FakeStop

    def __init__(self, *devices: tuple[str, int], default: int = 0) -> None:
        self.devices, self.streams, self.refuses = devices, list[FakeStream](), False
        self.rates = {RATE, 44_100}
        self.default = type("Default", (), {"device": (-1, default)})()

    arrives: tuple[str, int] | None = None

    def _terminate(self) -> None:
        self.devices = (*self.devices, self.arrives) if self.arrives else self.devices

    def _initialize(self) -> None:
        self.arrives = None

    def query_devices(self) -> list[dict[str, Any]]:
        return [
            {"name": name, "max_output_channels": channels, "default_samplerate": 48_000.0}
            for name, channels in self.devices
        ]

    def query_hostapis(self) -> list[dict[str, int]]:
        return [{"default_output_device": -1}]

    def check_output_settings(self, *, samplerate: int, **_rest: Any) -> None:
        if samplerate not in self.rates:
            raise FakeError("no such rate")

    def OutputStream(self, **options: Any) -> FakeStream:  # noqa: N802
        self.streams.append(FakeStream(self, **options))
        return self.streams[-1]
