"""The audio codec: waveform ↔ codes, with descript-audio-codec's DAC.

Published weights: 44.1 kHz, 8 kbps, 9 codebooks of 1024, a frame of 512 samples. Long
audio is decoded in chunks without audible seams: each chunk is decoded with as many
frames around it as the decoder's receptive field reaches, which are then cut away.
Source: Kumar et al. 2023, arXiv:2306.06546.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.codecs.base import Codec
from core.errors import ModelDamaged
from core.progress import ProgressCallback, always_continue, report
from core.types import FloatArray

CHUNK_FRAMES = 430
"""Frames decoded at once by default: 5 s, about 1.5 GB at the published size."""


class Dac(Codec):
    """A DAC model for inference.

    Args:
        model: a ``dac.DAC`` with an even stride in every block.
        device: where it runs.

    Attributes:
        reach_frames: frames to either side that a decoded frame depends on.
    """

    def __init__(self, model: Any, device: torch.device | str = "cpu") -> None:
        if any(stride % 2 for stride in (*model.encoder_rates, *model.decoder_rates)):
            raise ModelDamaged("a codec with odd strides does not keep time; pull it again")
        self._model = model.requires_grad_(False).eval().to(device)
        self._device = device
        self.sample_rate = int(model.sample_rate)
        self.hop = int(np.prod(model.encoder_rates))
        self.codebooks = int(model.n_codebooks)
        self.codebook_size = int(model.codebook_size)
        self.reach_frames = receptive_reach(model.decoder)
        self._silence: Tensor | None = None

    @classmethod
    def from_file(cls, path: Path, device: torch.device | str = "cpu") -> Dac:
        """Load a weights file as descript publishes them (state dict and settings).

        Args:
            path: of the file; nothing in it is run.
            device: where the codec runs.

        Raises:
            ModelDamaged: if it is no such file, or any tensor is missing or unexpected.
        """
        import dac

        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
            model = dac.DAC(**_network_settings(content["metadata"]["kwargs"]))
            model.load_state_dict(content["state_dict"], strict=True)
        except Exception as error:  # torch raises half a dozen types for a damaged file
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise ModelDamaged(
                f"{path} cannot be read as a DAC codec ({reason}); pull it again"
            ) from error
        return cls(model, device)

    @torch.inference_mode()
    def encode(self, audio: FloatArray) -> Tensor:
        """Waveform float32 [frames · hop or fewer samples] → codes int64 [T, codebooks].

        The last frame is filled up with zeros.
        """
        samples = torch.from_numpy(audio).to(self._device)[None, None]  # [1, 1, samples]
        padded = self._model.preprocess(samples, self.sample_rate)  # [1, 1, T · hop]
        codes: Tensor = self._model.encode(padded)[1][0]  # [codebooks, T]
        return codes.T.cpu()

    @torch.inference_mode()
    def decode(
        self,
        codes: Tensor,
        on_progress: ProgressCallback = always_continue,
        chunk_frames: int = CHUNK_FRAMES,
    ) -> FloatArray:
        """Codes → waveform; the samples are those of decoding all at once, to within rounding.

        Args:
            codes: int64 [T, codebooks], 0 … ``codebook_size`` − 1.
            on_progress: called after each chunk; answering False cancels.
            chunk_frames: frames decoded at once, ≥ 1; this bounds memory on the device.

        Returns:
            float32 [T · hop], |x| ≤ 1.

        Raises:
            Cancelled: if ``on_progress`` answered False.
        """
        total, reach = len(codes), self.reach_frames
        audio = np.zeros(total * self.hop, dtype=np.float32)
        for start in range(0, total, chunk_frames):
            end = min(start + chunk_frames, total)
            first, last = max(0, start - reach), min(total, end + reach)
            batch = codes[first:last].T[None].to(self._device)  # [1, codebooks, last − first]
            latent = self._model.quantizer.from_codes(batch)[0]  # [1, latent width, last − first]
            chunk = self._model.decode(latent)[0, 0]  # [(last − first) · hop]
            inner = chunk[(start - first) * self.hop : (end - first) * self.hop]
            audio[start * self.hop : end * self.hop] = inner.float().cpu().numpy()
            report(on_progress, end / total)
        return audio

    def silence(self, frames: int) -> Tensor:
        """Codes of silence, int64 [frames, codebooks]."""
        if self._silence is None:
            encoded = self.encode(np.zeros(33 * self.hop, dtype=np.float32))  # [33, codebooks]
            self._silence = encoded[16]  # the middle: padding at either end does not reach it
        return self._silence.expand(frames, -1).clone()


def load(path: Path, device: str) -> Dac:
    """Entry of :data:`core.codecs.registry.CODECS`; see :meth:`Dac.from_file`."""
    return Dac.from_file(path, device)


def receptive_reach(decoder: nn.Module) -> int:
    """Frames to either side that an output of a convolutional decoder depends on.

    Each convolution adds its own half width, counted in frames by the upsampling so far.
    """
    reach, upsampling = 0.0, 1
    for layer in decoder.modules():
        if isinstance(layer, nn.ConvTranspose1d):
            # An output depends on kernel / stride inputs; at worst all are on one side.
            stride = int(layer.stride[0])
            reach += layer.kernel_size[0] / (stride * upsampling)
            upsampling *= stride
        elif isinstance(layer, nn.Conv1d):
            reach += layer.dilation[0] * (layer.kernel_size[0] - 1) / 2 / upsampling
    return math.ceil(reach)


def _network_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """The part of a file's settings that make the network; it also holds those of training."""
    names = (
        "encoder_dim encoder_rates latent_dim decoder_dim decoder_rates n_codebooks "
        "codebook_size codebook_dim sample_rate"
    )
    return {name: settings[name] for name in names.split() if name in settings}
