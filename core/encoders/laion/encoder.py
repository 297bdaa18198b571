"""The CLAP encoder of the published TokenSynth weights: laion-clap's HTSAT-base.

Recordings go the way the weights were trained: mixed to mono, resampled to 16 kHz and on to
48 kHz, 10 s of them. laion-clap takes 10 s at random from longer audio; here it is the
loudest 10 s, always the same. Words go through RoBERTa's tokenizer and network.

``import laion_clap`` asks the Hugging Face hub for three tokenizers and then for RoBERTa's
weights. None of that is needed: the checkpoint holds the weights of both branches. So only
its audio network is imported here, and the text branch is built from RoBERTa's published
sizes. Source: Wu et al. 2023, arXiv:2211.06687; checkpoint
``music_audioset_epoch_15_esc_90.14``.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.audio.conform import mono, resample
from core.encoders.base import TimbreEncoder, unit
from core.encoders.laion.roberta import Roberta, RobertaConfig
from core.errors import AudioError, ModelDamaged, ModelMissing, UserInputError
from core.models.registry import Bundle
from core.types import EMBEDDING_DIM, FloatArray

TRAINED_RATE = 16_000
"""The recordings of the training data had nothing above 8 kHz."""

NETWORK_RATE = 48_000
WINDOW_FRAMES = 10 * NETWORK_RATE
TEXT_TOKENS = 77
PULL = "run `timbre models pull tokensynth`"

AUDIO_SIZES: dict[str, Any] = {  # laion_clap's model_configs/HTSAT-base.json
    "model_type": "HTSAT",
    "model_name": "base",
    "sample_rate": NETWORK_RATE,
    "audio_length": 1024,
    "window_size": 1024,
    "hop_size": 480,
    "fmin": 50,
    "fmax": 14000,
    "class_num": 527,
    "mel_bins": 64,
    "clip_samples": WINDOW_FRAMES,
}
AUDIO_WIDTH = 1024

TEXT_SIZES = RobertaConfig()

_NUMPY_SCALARS: list[Any] = [
    np.core.multiarray.scalar,  # type: ignore[attr-defined]
    np.dtype,
    np.dtypes.Float64DType,
    np.dtypes.Int64DType,
]
"""What the checkpoint holds besides tensors: figures of its training run. Data, not code."""


class ClapNetwork(nn.Module):
    """Both branches, with laion-clap's names so that its checkpoints load as they are."""

    def __init__(self, text_sizes: RobertaConfig = TEXT_SIZES) -> None:
        super().__init__()
        htsat = _import_htsat()
        self.audio_branch = htsat.create_htsat_model(SimpleNamespace(**AUDIO_SIZES))
        self.audio_projection = _projection(AUDIO_WIDTH)
        self.text_branch = Roberta(text_sizes)
        self.text_projection = _projection(text_sizes.width)
        # Of the training objective; unused here, but a part of every checkpoint.
        self.audio_transform = _Transform()
        self.text_transform = _Transform()
        self.logit_scale_a = nn.Parameter(torch.zeros(()))
        self.logit_scale_t = nn.Parameter(torch.zeros(()))

    def embed_audio(self, waveform: Tensor) -> Tensor:
        """Waveforms [B, 480000] at 48 kHz → [B, 512], not normalised."""
        inner = self.audio_branch({"waveform": waveform}, device=waveform.device)["embedding"]
        out: Tensor = self.audio_projection(inner)
        return out

    def embed_text(self, tokens: Tensor, attended: Tensor) -> Tensor:
        """Embed words.

        Args:
            tokens: int64 [B, 77], ids of RoBERTa's tokenizer.
            attended: int64 [B, 77], 1 where a token is, 0 where padding is.

        Returns:
            [B, 512], not normalised.
        """
        out: Tensor = self.text_projection(self.text_branch(tokens, attended))
        return out


class _Transform(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        first, second = (nn.Linear(EMBEDDING_DIM, EMBEDDING_DIM) for _ in range(2))
        self.sequential = nn.Sequential(first, nn.ReLU(), nn.Dropout(0.1), second)


def _projection(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(width, EMBEDDING_DIM), nn.ReLU(), nn.Linear(EMBEDDING_DIM, EMBEDDING_DIM)
    )


class LaionEncoder(TimbreEncoder):
    """CLAP embeddings of recordings and words.

    Args:
        network: with its weights; put into evaluation mode on ``device``.
        sha256: of the weights' file.
        tokenizer_path: RoBERTa's ``tokenizer.json``; None: recordings only.
        device: where it runs.
    """

    has_small_steps = False

    def __init__(
        self,
        network: ClapNetwork,
        sha256: str,
        tokenizer_path: Path | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        self.id = "laion-clap-htsat-base"
        self.sha256 = sha256
        self._network = network.requires_grad_(False).eval().to(device)
        self._tokenizer_path = tokenizer_path
        self._device = device

    @classmethod
    def from_files(
        cls,
        checkpoint_path: Path,
        tokenizer_path: Path | None = None,
        device: torch.device | str = "cpu",
        sha256: str | None = None,
    ) -> LaionEncoder:
        """Load a laion-clap checkpoint, strictly.

        Args:
            checkpoint_path: ``clap_music_audioset_epoch_15_esc_90.14.pt``.
            tokenizer_path: ``tokenizer.json`` of roberta-base, for words.
            device: where it runs.
            sha256: of the checkpoint, if the caller has just taken it.

        Raises:
            ModelMissing: if the checkpoint is not there.
            ModelDamaged: if it is not such a checkpoint, to the last tensor.
        """
        if not checkpoint_path.is_file():
            raise ModelMissing(f"the CLAP weights {checkpoint_path} are not here; {PULL}")
        network = ClapNetwork(TEXT_SIZES)
        try:
            with torch.serialization.safe_globals(_NUMPY_SCALARS):
                content = torch.load(checkpoint_path, map_location="cpu", weights_only=True)
            network.load_state_dict(clap_state(content), strict=True)
        except Exception as error:  # torch raises half a dozen types for a damaged file
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise ModelDamaged(
                f"{checkpoint_path} cannot be read as CLAP weights ({reason}); {PULL} again"
            ) from error
        return cls(network, sha256 or _sha256(checkpoint_path), tokenizer_path, device)

    @torch.inference_mode()
    def encode_audio(self, audio: FloatArray, sample_rate: int) -> FloatArray:
        """See the base class; of longer recordings the loudest 10 s count."""
        waveform = torch.from_numpy(clap_window(audio, sample_rate)).to(self._device)
        return unit(self._network.embed_audio(waveform[None])[0].float().cpu().numpy())

    @torch.inference_mode()
    def encode_text(self, text: str) -> FloatArray:
        """Embed words; only the first 75 tokens, some 55 words, count.

        Raises:
            UserInputError: if there are no words.
            ModelMissing: if the tokenizer's file is not there.
        """
        if not text.strip():
            raise UserInputError("a description of a sound needs at least one word")
        tokens, attended = self._tokenize(text)
        embedding = self._network.embed_text(tokens.to(self._device), attended.to(self._device))
        return unit(embedding[0].float().cpu().numpy())

    def _tokenize(self, text: str) -> tuple[Tensor, Tensor]:
        """Token ids and attention mask, int64 [1, 77]."""
        if self._tokenizer_path is None or not self._tokenizer_path.is_file():
            raise ModelMissing(f"words need the tokenizer of roberta-base, not here; {PULL}")
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._tokenizer_path))
        tokenizer.enable_truncation(TEXT_TOKENS)
        tokenizer.enable_padding(length=TEXT_TOKENS, pad_id=1, pad_token="<pad>")
        encoded = tokenizer.encode(text)
        return torch.tensor([encoded.ids]), torch.tensor([encoded.attention_mask])


def clap_window(audio: FloatArray, sample_rate: int) -> FloatArray:
    """What the network is given of a recording.

    Longer than 10 s: its loudest 10 s, to the second. Shorter: as many whole repeats as
    fit, then zeros, as in training.

    Args:
        audio: float32 [channels, frames].
        sample_rate: Hz.

    Returns:
        float32 [480000], 48 kHz.

    Raises:
        AudioError: if nothing is left after resampling, or the sound is not finite.
    """
    # Two steps, as published: the network is to get nothing above 8 kHz.
    narrow = mono(audio, sample_rate, TRAINED_RATE, quality="HQ")
    wide = resample(narrow[None], TRAINED_RATE, NETWORK_RATE, quality="HQ")[0]
    if not len(wide):
        raise AudioError(
            f"a recording of {audio.shape[-1]} samples is too short; give at least 0.05 s"
        )
    if len(wide) > WINDOW_FRAMES:
        energy = np.concatenate([[0.0], np.cumsum(wide.astype(np.float64) ** 2)])
        starts = np.arange(0, len(wide) - WINDOW_FRAMES + 1, NETWORK_RATE)
        start = int(starts[np.argmax(energy[starts + WINDOW_FRAMES] - energy[starts])])
        return wide[start : start + WINDOW_FRAMES]
    repeated = np.tile(wide, WINDOW_FRAMES // len(wide))
    window: FloatArray = np.pad(repeated, (0, WINDOW_FRAMES - len(repeated)))
    return window


def clap_state(content: Any) -> dict[str, Tensor]:
    """The state dict in a laion-clap training checkpoint, with its wrappers taken off.

    The one tensor left out, ``position_ids``, counts 0, 1, 2…; nothing reads it.
    """
    state = content.get("state_dict", content)
    return {
        name.removeprefix("module."): tensor
        for name, tensor in state.items()
        if not name.endswith("text_branch.embeddings.position_ids")
    }


def _import_htsat() -> ModuleType:
    """laion_clap's audio network, without the package's own imports.

    Raises:
        ModelMissing: if laion-clap is not installed.
    """
    name = "core._laion_clap_module"
    if name not in sys.modules:
        spec = importlib.util.find_spec("laion_clap")  # finds it, runs nothing of it
        if spec is None or not spec.submodule_search_locations:
            raise ModelMissing("the package laion-clap is not installed; run `uv sync`")
        package = ModuleType(name)
        package.__path__ = [str(Path(spec.submodule_search_locations[0]) / "clap_module")]
        sys.modules[name] = package
    return importlib.import_module(f"{name}.htsat")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load(bundle: Bundle, device: str) -> LaionEncoder:
    """Entry of :mod:`core.encoders.registry`; see :meth:`LaionEncoder.from_files`."""
    return LaionEncoder.from_files(
        bundle.file("clap"),
        bundle.file("tokenizer") if bundle.has("tokenizer") else None,
        device,
        bundle.sha256_of("clap"),
    )
