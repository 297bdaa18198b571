"""What playing louder does to a timbre, as a decoder has it.

Velocities of transcribed notes are guesses. A fit that believed every one of them would mistake a
high note taken for too loud for an instrument that gets duller when it is played harder; what is
known of such instruments is the better guide, and that hardly any instrument does.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from core.clip import pitch_hz
from core.encoders.embedded.band_levels import bands_hz, noise_to_bands, partials_to_bands
from core.encoders.embedded.decoder_rows import DecoderRows
from core.engines.embedded.controls import partial_hz
from core.engines.embedded.decoder import (
    DecodedLevels,
    Decoder,
    envelope_weights,
    tone_levels,
)
from core.engines.embedded.leakage import without_leakage

_SOFT, _LOUD = 40.0, 110.0
_AT_S = (0.08, 0.5)
_INAUDIBLE = 1e-8
_LEAST_RISE = 0.02  # octaves
_DB = float(np.log2(10.0) / 10.0)


class VelocityResponse:
    """The difference between loud and soft notes on some keys.

    Args:
        decoder: renders embeddings.
        keys: MIDI keys, n of them.

    Attributes:
        rows: what the decoder must be asked for it.
    """

    def __init__(self, decoder: Decoder, keys: list[int]) -> None:
        # Rows: soft then loud, in each the keys, of each early then late: 4 n of them.
        both = np.array([*keys, *keys], np.int64).repeat(len(_AT_S))
        places = [envelope_weights(partial_hz(pitch_hz(float(key)), 0.0)) for key in both]
        self._decoder, self._keys = decoder, both
        self._index = torch.from_numpy(np.stack([index for index, _ in places]))
        self._fraction = torch.from_numpy(np.stack([fraction for _, fraction in places]))
        self._spread = torch.from_numpy(np.stack([partials_to_bands(float(key)) for key in both]))
        self._hz = torch.from_numpy(bands_hz()).float()
        self.rows = DecoderRows(
            torch.from_numpy(both.astype(np.float32)),
            torch.tensor([_SOFT, _LOUD]).repeat_interleave(len(both) // 2),
            torch.arange(len(both)),
            torch.tensor(_AT_S).repeat(2 * len(keys)),
            torch.zeros(len(both)),
        )

    def of(self, embedding: Tensor) -> tuple[Tensor, Tensor]:
        """What changes from soft to loud, early and late, of an embedding [1, 512]."""
        return self.at(self.rows.decode(self._decoder, embedding))

    def at(self, controls: DecodedLevels) -> tuple[Tensor, Tensor]:
        """What changes from soft to loud, early and late.

        Args:
            controls: at :attr:`rows`.

        Returns:
            How much louder bands get, dB [2 n, B], and how far short of rising the spectral
            centroid falls, octaves [2 n], 0 where it rises.
        """
        count = len(self._keys)
        partial_db = tone_levels(controls, self._index, self._fraction)  # [4 n, K]
        noise_db = without_leakage(partial_db, controls.noise_db, self._keys)
        # [4 n, 1, K] @ [4 n, K, B]: each row's key has partials in bands of its own.
        tones = torch.bmm(0.5 * torch.exp2(partial_db * _DB)[:, None], self._spread)[:, 0]
        power = tones + torch.exp2(noise_db * _DB) @ noise_to_bands()  # + [4 n, 32] @ [32, B]
        level_db = 10.0 * torch.log10(power + _INAUDIBLE)
        # [4 n, B] @ [B].
        centroid = torch.log2((power @ self._hz) / (power.sum(dim=1) + _INAUDIBLE) + 1.0)
        soft, loud = slice(count // 2), slice(count // 2, None)
        fallen = torch.relu(centroid[soft] - centroid[loud] + _LEAST_RISE)
        return level_db[loud] - level_db[soft], fallen
