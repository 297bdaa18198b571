"""The embedded encoder: recordings and words, by networks that ship with the program.

A recording is looked at twice: a network's first guess, then a fit of what the engine would
play (:mod:`core.encoders.embedded.fitting`).
"""

from __future__ import annotations

import numpy as np
import torch

from core.audio.conform import is_silent, mono
from core.encoders.base import AudioEncoding, TimbreEncoder, unit
from core.encoders.embedded.adjectives import asked_of
from core.encoders.embedded.features import SAMPLE_RATE, loudest_stretch, spectral_features
from core.encoders.embedded.fitting import fit
from core.encoders.embedded.instrument_names import N_PROGRAMS, InstrumentNames
from core.encoders.embedded.minilm import SentenceEncoder
from core.encoders.embedded.networks import RecordingNet, SentenceNet
from core.encoders.embedded.note_offsets import NoteOffsets, with_offsets
from core.encoders.embedded.reference_remarks import remarks_on
from core.encoders.embedded.source_hash import fingerprint
from core.encoders.embedded.transcription import transcribe_notes
from core.encoders.embedded.weights import load_encoder_parts
from core.engines.embedded.decoder import Decoder
from core.errors import AudioError
from core.models.registry import Bundle
from core.progress import ProgressCallback, always_continue, part_of, report
from core.types import FloatArray

_GUESSED, _TRANSCRIBED, _FITTING = 0.03, 0.2, 0.45
"""How far a recording is heard when these begin or end, as shares of the time."""


class EmbeddedEncoder(TimbreEncoder):
    """See :class:`core.encoders.base.TimbreEncoder`.

    Runs on the CPU: one recording takes a second or two, and the same samples must give the
    same vector, but for rounding, on every machine a preset travels to.

    Args:
        recording: trained network for recordings.
        sentence: trained network for sentence embeddings.
        decoder: what embeddings of recordings are fitted with; None leaves the first guess.
        note_offsets: corrects how long transcribed notes are held; None leaves that as it is.
        instrument_names: looked up in words besides; None leaves words to the sentence encoder.
        encoder_id: name of architecture and weights.
        sha256: of the weights file.
    """

    def __init__(
        self,
        recording: RecordingNet,
        sentence: SentenceNet,
        decoder: Decoder | None,
        note_offsets: NoteOffsets | None,
        instrument_names: InstrumentNames | None,
        encoder_id: str,
        sha256: str,
    ) -> None:
        self._decoder = decoder.eval() if decoder else None
        self._note_offsets, self._instrument_names = note_offsets, instrument_names
        self.id, self.sha256 = encoder_id, sha256
        self._recording = recording.eval()
        self._sentence = sentence.eval()
        self._words: SentenceEncoder | None = None  # 90 MB, loaded when words are first used

    @property
    def fingerprint(self) -> str:
        """See the base class."""
        return fingerprint(self.sha256)

    def encode_audio(self, audio: FloatArray, sample_rate: int) -> FloatArray:
        """See the base class. Of longer recordings the loudest eight seconds count."""
        return self.encode_audio_with_remarks(audio, sample_rate).embedding

    def encode_audio_with_remarks(
        self,
        audio: FloatArray,
        sample_rate: int,
        on_progress: ProgressCallback = always_continue,
    ) -> AudioEncoding:
        """See the base class."""
        report(on_progress, 0.0)
        sound = _prepare(audio, sample_rate)
        features = _features(sound)
        first_guess = self._network_embedding(features)
        error_std, prototypes = self._recording.doubt, self._sentence.prototype_timbres
        if self._decoder is None or not error_std.any():
            return AudioEncoding(first_guess)
        report(on_progress, _GUESSED)
        notes = transcribe_notes(sound)
        report(on_progress, _TRANSCRIBED)
        remarks = remarks_on(features[0].numpy(), notes)
        if not notes:  # a drum, a noise: nothing to render beside it
            return AudioEncoding(first_guess, remarks)
        if self._note_offsets is not None:
            notes = with_offsets(self._note_offsets, sound, notes)
        rest = part_of(on_progress, _FITTING, 1.0)
        fitted = fit(
            self._decoder, first_guess, sound, notes, error_std, prototypes, on_progress=rest
        )
        return AudioEncoding(unit(fitted), remarks)

    def encode_audio_fast(self, audio: FloatArray, sample_rate: int) -> FloatArray:
        """See the base class: what the network says, in milliseconds."""
        return self._network_embedding(_features(_prepare(audio, sample_rate)))

    @torch.no_grad()
    def _network_embedding(self, features: torch.Tensor) -> FloatArray:
        embedding = self._recording(features, torch.tensor([features.shape[1]]))
        return unit(embedding[0].numpy())

    @torch.inference_mode()
    def encode_text(self, text: str) -> FloatArray:
        """See the base class.

        Raises:
            UserInputError: if there are no words.
            ModelMissing, ModelDamaged: if the sentence encoder is not installed as it should be.
        """
        if self._words is None:
            self._words = SentenceEncoder()
        sentence = torch.from_numpy(self._words.encode(text))[None]  # [1, 384]
        asked = torch.from_numpy(asked_of(text))[None]  # [1, 4]
        named = (
            self._instrument_names.evidence(text)
            if self._instrument_names
            else np.zeros(N_PROGRAMS, np.float32)
        )
        answer = self._sentence.answer(sentence, asked, torch.from_numpy(named)[None])
        return unit(answer[0].numpy())


def listen(audio: FloatArray, sample_rate: int) -> tuple[str, ...]:
    """What the encoder would say about a recording, without embedding it.

    Args:
        audio: float32 [channels, frames], finite, not silent.
        sample_rate: Hz.
    """
    sound = _prepare(audio, sample_rate)
    return remarks_on(_features(sound)[0].numpy(), transcribe_notes(sound))


@torch.no_grad()
def _features(sound: FloatArray) -> torch.Tensor:
    """Of a prepared sound [frames]: [1, T, 290]."""
    return spectral_features(torch.from_numpy(sound)[None])


def _prepare(audio: FloatArray, sample_rate: int) -> FloatArray:
    """One channel at the features' rate, its loudest stretch, peak 1, [frames]."""
    # The quality of the recordings that the networks were trained on.
    sound = mono(audio, sample_rate, SAMPLE_RATE, quality="HQ")
    if is_silent(sound):
        raise AudioError("the recording is silent, a constant offset (DC) aside; choose another")
    sound = loudest_stretch(without_silence(sound))
    return (sound / np.abs(sound).max()).astype(np.float32)


def without_silence(sound: FloatArray) -> FloatArray:
    """Cut what lies 60 dB under the peak off both ends, [frames]."""
    loud = np.flatnonzero(np.abs(sound) > 1e-3 * np.abs(sound).max())
    return sound[loud[0] : loud[-1] + 1]


def load(bundle: Bundle, _device: str) -> EmbeddedEncoder:
    """Entry of :mod:`core.encoders.registry`: the encoder with a bundle's weights.

    Raises:
        ModelMissing, ModelDamaged: if the file is absent, or is not what it should be.
    """
    parts = load_encoder_parts(bundle.file("weights"))
    return EmbeddedEncoder(*parts, bundle.id, bundle.sha256_of("weights"))
