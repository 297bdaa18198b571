"""A sound device that is a tape: a PulseAudio server of a test's own, and what it was played."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.types import FloatArray
from tests.helpers.waiting import LAST_RESORT_S, wait_until

RATE = 44_100
_SINK = "tape"


@dataclass(frozen=True)
class SoundTape:
    """What was played.

    Attributes:
        environment: variables of programs that are to play to it.
        file: the recording so far: 16 bit, stereo.
    """

    environment: Mapping[str, str]
    file: Path

    def heard(self) -> FloatArray:
        """All that was played so far, silence included, float32 [frames, 2]."""
        data = self.file.read_bytes()
        samples = np.frombuffer(data[: len(data) // 4 * 4], "<i2")
        return (samples.reshape(-1, 2) / np.float32(32768)).astype(np.float32)


@contextmanager
def sound_tape(folder: Path) -> Iterator[SoundTape]:
    """Run a PulseAudio server whose only device is recorded.

    Args:
        folder: for its files; must be there.
    """
    socket, asound, recording = folder / "native", folder / "asound.conf", folder / "tape.raw"
    asound.write_text(
        "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n"
    )
    own = {
        "PULSE_SERVER": f"unix:{socket}",
        "PULSE_RUNTIME_PATH": str(folder / "pulse"),
        "ALSA_CONFIG_PATH": str(asound),
    }
    environment = {**os.environ, **own, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    server = subprocess.Popen(
        [
            "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
            f"--load=module-native-protocol-unix socket={socket} auth-anonymous=1",
            f"--load=module-null-sink sink_name={_SINK} rate={RATE} channels=2",
        ],
        env=environment,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_until(lambda: _answers(environment))
        with recording.open("wb") as stream:
            recorder = subprocess.Popen(
                [
                    "parec", f"--device={_SINK}.monitor", "--format=s16le", f"--rate={RATE}",
                    "--channels=2", "--latency-msec=50",
                ],
                env=environment,
                stdout=stream,
            )  # fmt: skip
            try:
                wait_until(lambda: recording.stat().st_size > 0)
                yield SoundTape(own, recording)
            finally:
                recorder.terminate()
                recorder.wait(LAST_RESORT_S)
    finally:
        server.terminate()
        server.wait(LAST_RESORT_S)


def _answers(environment: Mapping[str, str]) -> bool:
    asked = subprocess.run(
        ["pactl", "info"], env=dict(environment), capture_output=True, check=False
    )
    return asked.returncode == 0
