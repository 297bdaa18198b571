"""What the decoder is told of notes whose timbre moves while they sound.

Most of the decoder's work on a note does not depend on time, and along a path it would be done
anew at every breakpoint. It is done at stations half a degree apart on the path instead, which
notes share, and mixed in straight lines between them: that differs from asking everywhere by
under 0.0001 of the peak, and takes a third of the time. Onsets are asked about exactly: from
there comes what stays as it is through a note, such as its tuning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.engines.embedded.decoder import Decoder, NoteConditioning
from core.types import EmbeddingPath, Float64Array

STATION_RAD = 0.01


@dataclass(frozen=True)
class MixedConditioning:
    """Conditioning of J breakpoints, each between two of D that are known.

    Attributes:
        known: of D notes.
        left, right: int64 [J], which of them.
        share: [J, 1], how far from left to right, 0…1.
    """

    known: NoteConditioning
    left: Tensor
    right: Tensor
    share: Tensor

    def of(self, rows: Tensor) -> NoteConditioning:
        """That of some breakpoints, int64 [j]."""
        left, right = self.left.index_select(0, rows), self.right.index_select(0, rows)
        share = self.share.index_select(0, rows)
        return NoteConditioning(
            *(
                torch.lerp(each.index_select(0, left), each.index_select(0, right), share)
                for each in vars(self.known).values()
            )
        )


Conditioning = NoteConditioning | MixedConditioning


def conditioning_of(conditioning: Conditioning, rows: Tensor) -> tuple[NoteConditioning, Tensor]:
    """What the decoder takes for some breakpoints.

    Args:
        conditioning: of notes, or of breakpoints.
        rows: int64 [j], which of them each breakpoint uses.

    Returns:
        Conditioning of notes, and which of them each breakpoint uses.
    """
    if isinstance(conditioning, MixedConditioning):
        return conditioning.of(rows), torch.arange(len(rows), device=rows.device)
    return conditioning, rows


class MovingConditioning:
    """See the module's first lines.

    Args:
        decoder: trained network.
        path: of the timbre.
        device: where to compute.
    """

    def __init__(self, decoder: Decoder, path: EmbeddingPath, device: torch.device) -> None:
        self._decoder, self._path, self._device = decoder, path, device
        self._stations_s = path.stations(STATION_RAD)

    def conditioning(
        self, at_s: Float64Array, exact: npt.NDArray[np.bool_], pitches: Float64Array,
        velocities: Float64Array,
    ) -> MixedConditioning:  # fmt: skip
        """The conditioning at breakpoints of notes.

        Args:
            at_s: [J], seconds on the path's clock.
            exact: bool [J], where it is asked for exactly.
            pitches: [J], what sounds, in keys.
            velocities: [J].

        Returns:
            Of J breakpoints.
        """
        stations_s = self._stations_s
        last = len(stations_s) - 1
        right = np.clip(np.searchsorted(stations_s, at_s), min(1, last), last)
        left_s, right_s = stations_s[np.maximum(right - 1, 0)], stations_s[right]
        within_s = np.clip(at_s, left_s, right_s)
        fraction = (within_s - left_s) / np.where(right_s > left_s, right_s - left_s, 1.0)
        left_s, right_s = (np.where(exact, at_s, side_s) for side_s in (left_s, right_s))
        fraction = np.where(exact, 0.0, fraction)
        kinds = np.stack(
            [np.concatenate(pair) for pair in (
                (left_s, right_s), (pitches, pitches), (velocities, velocities)
            )], axis=1,
        )  # fmt: skip
        distinct, of_side = np.unique(kinds, axis=0, return_inverse=True)
        times_s, pitches, velocities = distinct.T
        moments_s, of_kind = np.unique(times_s, return_inverse=True)
        decoder = self._decoder
        timbres = decoder.timbre_state(self._to_device(self._path.at(moments_s)))
        state = decoder.note_state_in(
            timbres.index_select(0, self._to_device(of_kind)),
            self._to_device(pitches.astype(np.float32)),
            self._to_device(velocities.astype(np.float32)),
        )
        left, right_of = (self._to_device(half) for half in np.split(of_side.reshape(-1), 2))
        share = self._to_device(fraction.astype(np.float32))[:, None]
        return MixedConditioning(decoder.conditioning(state), left, right_of, share)

    def _to_device(self, array: npt.NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)
