"""One task scored: sound in, a record of every figure out.

The record is plain JSON and holds nothing that a second run would not give again; what a clock
said stands apart under ``timings``. Conventions that join the metrics:

- Every sound is cut to the part that is judged and brought to one level before anything listens to
  it: :mod:`evaluation.metrics.levels`.
- One encoder judges every system of a run.
- A recording compared with itself says nothing: ``clap_reference`` of the reference is None.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.audio import read_audio, write_wav
from core.clip import Clip, Note
from core.encoders.base import TimbreEncoder
from core.midi import read_midi
from core.transcription import basic_pitch
from core.types import FloatArray
from evaluation.cache import Cache, sound_sha256
from evaluation.datasets import file_sha256
from evaluation.metrics import Figures, clap, consistency, levels, mss, pitch, transcription
from evaluation.metrics.catalog import metric_versions
from evaluation.metrics.mss import AUDIBLE, PUBLISHED, MssConfig
from evaluation.systems import Loader, Player, Task, load_bundle

CONSISTENCY_NOTES = 6
"""Notes embedded for ``clap_consistency``: embeddings cost more than the rest."""


@dataclass(frozen=True)
class ScoringSettings:
    """What figures depend on besides the sound; part of a run's configuration.

    Attributes:
        judge: bundle whose encoder gives every CLAP figure of the run; None: no such figures.
        followers: pitch trackers, under the name ``config.json`` has for them; see
            :mod:`evaluation.metrics.pitch`.
        mss: configuration of the published spectral loss.
        mss_audible: of the one that leads the tables.
        transcription: thresholds of the transcriber.
    """

    judge: str | None = None
    followers: tuple[str, ...] = ("yin", "crepe")
    mss: MssConfig = PUBLISHED
    mss_audible: MssConfig = AUDIBLE
    transcription: transcription.TranscriptionSettings = field(
        default_factory=transcription.TranscriptionSettings
    )


class Scorer:
    """Plays and scores tasks; one per worker process.

    Args:
        settings: what to compute.
        output: where renders are written, or None.
        cache: folder of cached embeddings and transcriptions, or None.
        device: for the models.
        load: how bundles are loaded.
    """

    def __init__(
        self,
        settings: ScoringSettings,
        output: Path | None = None,
        cache: Path | None = None,
        device: str | None = None,
        load: Loader = load_bundle,
    ) -> None:
        self._settings = settings
        self._output = output
        self._cache = Cache(cache)
        self._player = Player(device, load)

    def __call__(self, task: Task) -> dict[str, Any]:
        """Play, score, and write the sound of a task.

        Returns:
            A record: ``figures``, ``notes`` transcribed, ``audio`` (path, hashes), ``embedding``
            (base64 of little-endian float32, or None), ``limits``, ``unjudged_s`` (seconds
            that sound after the judged part), ``timings``.

        Raises:
            TimbreError: if the sound cannot be made or scored.
        """
        item = task.item
        clip = read_midi(item.midi).clip
        sound = self._player.play(task, clip)
        audio, rate = np.atleast_2d(np.asarray(sound.audio, np.float32)), sound.sample_rate
        began = time.perf_counter()
        target = None if item.target is None else read_audio(item.target)
        seconds = clip.length_s + levels.RELEASE_S
        if target is not None:
            seconds = target[0].shape[-1] / target[1]
            target = levels.judged(*target), target[1]
        own = levels.judged(audio, rate, seconds)
        estimated = self._transcribe(levels.for_transcriber(own), rate)
        figures = transcription.evaluate(clip, estimated)
        figures |= pitch.evaluate(own, rate, clip.notes, self._settings.followers)
        figures |= self._target_figures(own, rate, clip, target)
        embedding, similarities = self._clap_figures(task, own, rate, clip.notes, target)
        figures |= similarities
        timings = {"score_s": time.perf_counter() - began}
        if sound.render_s is not None:
            timings["render_s"] = sound.render_s
            timings["synthesis_s"] = sound.synthesis_s or 0.0
            timings["rtf"] = sound.render_s / (audio.shape[1] / rate)
        return {
            "figures": figures,
            "notes": [note_to_json(note) for note in estimated],
            "audio": {
                **self._write(task, audio, rate),
                "sha256": sound_sha256(audio, rate),
                "sample_rate": rate,
                "frames": audio.shape[1],
            },
            "embedding": embedding,
            "limits": list(sound.limits),
            "unjudged_s": levels.unjudged_s(audio, rate, seconds),
            "timings": timings,
        }

    def _transcribe(self, audio: FloatArray, rate: int) -> list[Note]:
        settings = self._settings.transcription
        key = (
            "transcription",
            str(metric_versions()["onset_f"]),
            basic_pitch.model_sha256(),
            str(sorted(asdict(settings).items())),
            sound_sha256(audio, rate),
        )
        notes = self._cache.get(
            key,
            lambda: [
                note_to_json(note) for note in transcription.transcribe(audio, rate, settings)
            ],
        )
        return [note_from_json(note) for note in notes]

    def _target_figures(
        self, own: FloatArray, rate: int, clip: Clip, target: tuple[FloatArray, int] | None
    ) -> Figures:
        if target is None:
            return consistency.evaluate(own, rate, clip.notes)
        figures = consistency.evaluate(own, rate, clip.notes, target)
        return figures | mss.evaluate_both(
            own, rate, *target, self._settings.mss, self._settings.mss_audible
        )

    def _clap_figures(
        self,
        task: Task,
        sound: FloatArray,
        rate: int,
        notes: Sequence[Note],
        target: tuple[FloatArray, int] | None,
    ) -> tuple[str | None, Figures]:
        if self._settings.judge is None:
            return None, {}
        encoder = self._player.synthesizer(self._settings.judge).encoder
        item, kind = task.item, task.system.kind
        own = self._embed(encoder, sound, rate)
        figures: Figures = {
            "clap_target": None,
            "clap_reference": None,
            "clap_text": None,
            "clap_consistency": self._clap_consistency(encoder, sound, rate, notes),
        }
        if target is not None:
            figures["clap_target"] = clap.similarity(own, self._embed(encoder, *target))
        if item.reference is not None and kind != "other-performance":
            reference_audio, hz = read_audio(item.reference)
            reference = self._embed(encoder, levels.judged(reference_audio, hz), hz)
            figures["clap_reference"] = clap.similarity(own, reference)
        if item.text is not None:
            words = self._cached_embedding(
                ("text", encoder.id, encoder.sha256, item.text),
                lambda: encoder.encode_text(item.text or ""),
            )
            figures["clap_text"] = clap.similarity(own, words)
        return _to_base64(own), figures

    def _embed(self, encoder: TimbreEncoder, audio: FloatArray, rate: int) -> FloatArray:
        version = str(metric_versions()["clap_target"])
        key = ("embedding", version, encoder.id, encoder.sha256, sound_sha256(audio, rate))
        return self._cached_embedding(key, lambda: clap.embed(encoder, audio, rate))

    def _cached_embedding(
        self, key: tuple[str, ...], compute: Callable[[], FloatArray]
    ) -> FloatArray:
        return from_base64(self._cache.get(key, lambda: _to_base64(compute())))

    def _clap_consistency(
        self, encoder: TimbreEncoder, audio: FloatArray, rate: int, notes: Sequence[Note]
    ) -> float | None:
        segments = consistency.note_segments(audio, rate, notes, CONSISTENCY_NOTES).numpy()
        hz = consistency.SAMPLE_RATE
        vectors = [self._embed(encoder, segment[None], hz) for segment in segments]
        return consistency.pairwise_cosine(np.array(vectors)) if len(vectors) > 1 else None

    def _write(self, task: Task, audio: FloatArray, rate: int) -> dict[str, str | None]:
        if self._output is None:
            return {"path": None, "file_sha256": None}
        relative = f"audio/{task.stem}.wav"
        path = self._output / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        write_wav(path, audio, rate, subtype="PCM_16")
        return {"path": relative, "file_sha256": file_sha256(path)}


def note_from_json(data: Sequence[float]) -> Note:
    """Read [start_s, pitch, velocity, duration_s]."""
    start_s, pitch_, velocity, duration_s = data
    return Note(start_s, int(pitch_), int(velocity), duration_s)


def note_to_json(note: Note) -> list[float]:
    """[start_s, pitch, velocity, duration_s], which :func:`note_from_json` reads back."""
    return [note.start_s, note.pitch, note.velocity, note.duration_s]


def _to_base64(vector: FloatArray) -> str:
    return base64.b64encode(np.ascontiguousarray(vector, "<f4").tobytes()).decode("ascii")


def from_base64(text: str) -> FloatArray:
    """Read an embedding of a record: float32 [512]."""
    return np.frombuffer(base64.b64decode(text), "<f4").astype(np.float32)


def judge_hashes(
    settings: ScoringSettings, player: Player, models: Sequence[str] = ()
) -> Mapping[str, Any]:
    """Ids and hashes of every model that figures depend on, for ``results.json``.

    Args:
        settings: name the encoder's bundle.
        player: loads it.
        models: bundles under test; those that the judge belongs to are ``trained_with`` it.
    """
    hashes: dict[str, Any] = {
        "transcriber": {"id": basic_pitch.MODEL_ID, "sha256": basic_pitch.model_sha256()},
        "mss": f"Audible: {settings.mss_audible.label}. DDSP: {settings.mss.label}",
        "encoder": None,
    }
    if settings.judge is not None:
        encoder = player.synthesizer(settings.judge).encoder
        hashes["encoder"] = {
            "id": encoder.id,
            "sha256": encoder.sha256,
            "trained_with": [
                model
                for model in models
                if player.synthesizer(model).encoder.sha256 == encoder.sha256
            ],
        }
    return hashes
