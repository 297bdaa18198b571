"""Auditions without a model: a tone a preset, at once, or held until a test lets go."""

from __future__ import annotations

import hashlib
import math
import shutil
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.audition.phrases import PHRASES, phrase_named
from core.clip import Clip
from core.errors import Cancelled, TimbreError
from core.timbre import Timbre
from desktop.services.file_names import free_path
from desktop.tasks import TaskControl

RATE = 44_100


class FakeAuditions:
    """Renders a decaying tone for each note.

    Attributes:
        rendered: what was asked for.
        failure: raised by the next render, if there is one.
        let_go: renders wait until it is set.
        stage: what a render that waits says it is doing.
        fraction: how far it says that it is.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.mkdtemp(prefix="timbre-fake-"))
        self.rendered: list[tuple[str, str]] = []
        self.failure: TimbreError | None = None
        self.let_go = threading.Event()
        self.let_go.set()
        self.stage, self.fraction = "rendering", 0.42

    def phrases(self) -> Sequence[str]:
        """As the interface says."""
        return tuple(PHRASES)

    def warm_up(self, control: TaskControl) -> None:
        """Nothing is to be loaded."""

    def render(self, preset_id: str, clip: Clip | str, control: TaskControl) -> Path:
        """As the interface says."""
        from core.audio import write_audio

        played = phrase_named(clip) if isinstance(clip, str) else clip
        self.rendered.append((preset_id, played.name))
        if not self.let_go.is_set():
            control.stage(self.stage)
            control.progress(self.fraction)
        while not self.let_go.wait(0.005):
            if control.is_cancelled:
                raise Cancelled("cancelled")
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure
        path = (
            self._folder
            / f"{hashlib.sha256(preset_id.encode()).hexdigest()}-{played.content_hash[:8]}.wav"
        )
        audio = np.zeros((1, round((played.length_s + 0.5) * RATE)), np.float32)
        for note in played.notes:
            begin = round(note.start_s * RATE)
            t = np.arange(min(round(1.2 * RATE), audio.shape[1] - begin)) / RATE
            hz = 440.0 * 2.0 ** ((note.pitch - 69) / 12)
            tone = np.sin(2 * math.pi * hz * t) * np.exp(-4.0 * t) * note.velocity / 400
            audio[0, begin : begin + len(t)] += tone.astype(np.float32)
        write_audio(path, audio, RATE)
        return path

    def render_timbre(self, timbre: Timbre, clip: Clip | str, control: TaskControl) -> Path:
        """As the interface says; asked for by what the timbre says of itself."""
        return self.render(f"timbre {timbre.describe()}", clip, control)

    def keep(self, file: Path, name: str) -> Path:
        """As the interface says."""
        folder = self._folder / "kept"
        folder.mkdir(exist_ok=True)
        kept = free_path(folder, name, file.suffix)
        shutil.copyfile(file, kept)
        return kept
