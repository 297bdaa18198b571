"""What a decoder is asked in one pass: rows of notes and times, put together and taken apart.

A pass over many rows costs little more than one over few, as long as the weights are what must
be read; so whatever a step of a fit needs of the decoder is asked for at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.engines.embedded.decoder import DecodedLevels, Decoder, MomentConditioning


@dataclass(frozen=True)
class DecoderRows:
    """J rows of M notes.

    Attributes:
        pitch, velocity: float32 [M], MIDI.
        note: int64 [J], which note each row is of.
        on_s, off_s: float32 [J], seconds since its onset and since its release.
    """

    pitch: Tensor
    velocity: Tensor
    note: Tensor
    on_s: Tensor
    off_s: Tensor

    @classmethod
    def joined(cls, parts: Sequence[DecoderRows]) -> DecoderRows:
        """The rows of all parts, one after the other."""
        first, notes = 0, []
        for part in parts:
            notes.append(part.note + first)
            first += len(part.pitch)
        return cls(
            torch.cat([part.pitch for part in parts]),
            torch.cat([part.velocity for part in parts]),
            torch.cat(notes),
            torch.cat([part.on_s for part in parts]),
            torch.cat([part.off_s for part in parts]),
        )

    def decode(
        self, decoder: Decoder, embedding: Tensor, moments: MomentConditioning | None = None
    ) -> DecodedLevels:
        """Controls at every row.

        Args:
            decoder: renders embeddings.
            embedding: [1, 512] of all notes, unit norm.
            moments: of these rows, if it was made before: what steps of a fit have in common.
        """
        state = decoder.note_state(embedding, self.pitch, self.velocity)
        moments = moments or decoder.moments(self.on_s, self.off_s)
        return decoder.levels(decoder.conditioning(state), self.note, moments)

    def decode_each(self, decoder: Decoder, embeddings: Tensor) -> DecodedLevels:
        """Controls at every row for each of several embeddings.

        Args:
            decoder: renders embeddings.
            embeddings: [I, 512], unit norm.

        Returns:
            I · J rows, those of the first embedding first.
        """
        count, notes = len(embeddings), len(self.pitch)
        state = decoder.note_state(
            embeddings.repeat_interleave(notes, dim=0),
            self.pitch.repeat(count),
            self.velocity.repeat(count),
        )
        # [I, J]: row j of embedding i is of note i · M + note[j].
        note = torch.arange(count)[:, None] * notes + self.note
        moments = decoder.moments(self.on_s, self.off_s)
        again = torch.arange(len(self.note)).repeat(count)
        return decoder.levels(decoder.conditioning(state), note.reshape(-1), moments.of(again))


def rows_of(controls: DecodedLevels, first: int, last: int) -> DecodedLevels:
    """Some rows of controls: ``first`` up to, not including, ``last``."""
    return DecodedLevels(**{name: levels[first:last] for name, levels in vars(controls).items()})


def between_rows(
    controls: DecodedLevels, left: Tensor, right: Tensor, fraction: Tensor
) -> DecodedLevels:
    """Controls between rows, on straight lines in what the decoder states (mostly dB).

    Args:
        controls: of J rows.
        left, right: int64 [N], the rows to either side.
        fraction: float32 [N], 0 at the left one, 1 at the right one.
    """

    def between(values: Tensor) -> Tensor:
        share = fraction if values.ndim == 1 else fraction[:, None]
        # index_select: the gradient of indexing adds up in an order that differs by the run.
        return torch.lerp(values.index_select(0, left), values.index_select(0, right), share)

    return DecodedLevels(**{name: between(levels) for name, levels in vars(controls).items()})
