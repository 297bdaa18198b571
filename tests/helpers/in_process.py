"""``timbre`` run in this process, as a user in a folder with a score and a recording."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core import cli
from core.clip import Clip
from core.midi import write_midi
from tests.helpers.stages import without_stages

Run = Callable[..., tuple[int, str, str]]

TONE = (0.4 * np.sin(2 * np.pi * 220 * np.arange(30_000) / 44_100)).astype(np.float32)


def runner(
    clip: Clip,
    home: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """What runs ``timbre`` with some arguments.

    Args:
        clip: in ``riff.mid``, beside ``tone.wav``.
        home: of presets and models.
        folder: to be in.
        monkeypatch, capsys: the test's.

    Returns:
        Gives exit code, stdout, and stderr without the lines of stages.
    """
    monkeypatch.setenv("TIMBRE_HOME", str(home))
    monkeypatch.chdir(folder)
    write_midi(clip, folder / "riff.mid")
    soundfile.write(folder / "tone.wav", TONE, 44_100)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["timbre", *arguments])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, without_stages(err)

    return call
