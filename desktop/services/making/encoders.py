"""Encoders that listen in another process: torch there holds nothing up here.

PyTorch takes a second to import, and a recording seconds to be heard; in a thread of the window
both hold it again and again.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.encoders.base import AudioEncoding, TimbreEncoder
from core.errors import ModelError
from core.progress import ProgressCallback, StageCallback, always_continue, ignore_stage
from core.types import FloatArray
from desktop.services.making.listener import ListenerDied, ListeningProcess

if TYPE_CHECKING:
    from core.models.registry import Bundle


class EncodersElsewhere:
    """Encoders of bundles, all in one process, which starts when one has to listen.

    Args:
        process: None starts one of its own.
    """

    def __init__(self, process: ListeningProcess | None = None) -> None:
        self._process = process or ListeningProcess()

    def encoder_of(self, bundle: Bundle) -> TimbreEncoder:
        """The encoder of a bundle.

        Raises:
            ModelDamaged: if the manifest names no encoder of ours, or not its weights.
        """
        from core.loading import deferred_encoder

        return EncoderElsewhere(deferred_encoder(bundle), bundle.id, self._process)

    def close(self) -> None:
        """End the process."""
        self._process.close()


class EncoderElsewhere(TimbreEncoder):
    """See :class:`core.encoders.base.TimbreEncoder`.

    Args:
        known: what it is told apart by; never asked to encode.
        model: its bundle.
        process: listens.
    """

    def __init__(self, known: TimbreEncoder, model: str, process: ListeningProcess) -> None:
        self.id, self.sha256, self.has_small_steps = known.id, known.sha256, known.has_small_steps
        self._fingerprint, self._model, self._process = known.fingerprint, model, process

    @property
    def fingerprint(self) -> str:
        """See the base class, as all that follow."""
        return self._fingerprint

    def computing(self) -> AbstractContextManager[None]:
        return contextlib.nullcontext()  # the process sees to it

    def loaded(self, on_stage: StageCallback = ignore_stage) -> TimbreEncoder:
        self._ask(_Wish(on_stage=on_stage), "load")
        return self

    def encode_text(self, text: str) -> FloatArray:
        return _vector(self._ask(_Wish(), "words", words=text))

    def encode_audio(self, audio: FloatArray, sample_rate: int) -> FloatArray:
        return self.encode_audio_with_remarks(audio, sample_rate).embedding

    def encode_audio_with_remarks(
        self,
        audio: FloatArray,
        sample_rate: int,
        on_progress: ProgressCallback = always_continue,
    ) -> AudioEncoding:
        answer = self._ask_about(audio, sample_rate, "audio", _Wish(on_progress))
        return AudioEncoding(_vector(answer["embedding"]), tuple(answer["remarks"]))

    def encode_audio_fast(self, audio: FloatArray, sample_rate: int) -> FloatArray:
        return _vector(self._ask_about(audio, sample_rate, "compare", _Wish()))

    def _ask_about(self, audio: FloatArray, sample_rate: int, question: str, wish: _Wish) -> Any:
        import numpy as np

        with tempfile.TemporaryDirectory(prefix="timbre-listen-") as folder:
            file = Path(folder) / "audio.npy"
            np.save(file, audio)
            return self._ask(wish, question, file=str(file), rate=int(sample_rate))

    def _ask(self, wish: _Wish, question: str, **arguments: Any) -> Any:
        """Ask the process.

        Raises:
            ModelError: if it ended: what does without an encoder goes on without this one.
        """
        try:
            return self._process.ask(wish, question, model=self._model, **arguments)
        except ListenerDied as error:
            raise ModelError(str(error)) from error


class _Wish:
    """An :class:`~desktop.services.making.listener.Asking` by callbacks."""

    def __init__(
        self,
        on_progress: Callable[[float], bool] = always_continue,
        on_stage: StageCallback = ignore_stage,
    ) -> None:
        self._on_progress, self._on_stage, self._reached = on_progress, on_stage, 0.0

    @property
    def is_cancelled(self) -> bool:
        return not self._on_progress(self._reached)

    def stage(self, words: str) -> None:
        self._on_stage(words)

    def progress(self, fraction: float) -> bool:
        self._reached = fraction
        return self._on_progress(fraction)


def _vector(numbers: Any) -> FloatArray:
    import numpy as np

    return np.asarray(numbers, np.float32)
