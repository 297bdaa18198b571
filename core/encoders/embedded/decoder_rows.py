"""What a decoder is asked in one pass: rows of notes and times, put together and taken apart.

A pass over many rows costs little more than one over few, as long as the weights are what must
be read; so whatever a step of a fit needs of the decoder is asked for at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from core.engines.embedded.decoder import DecodedControls, Decoder, TimeConditioning


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
        self, decoder: Decoder, embedding: Tensor, time: TimeConditioning | None = None
    ) -> DecodedControls:
        """Controls at every row.

        Args:
            decoder: renders embeddings.
            embedding: [1, 512] of all notes, unit norm.
            time: of these rows, if it was made before: what steps of a fit have in common.
        """
        state = decoder.note_state(embedding, self.pitch, self.velocity)
        time = time or decoder.time_conditioning(self.on_s, self.off_s)
        return decoder.knots_at(decoder.conditioning(state), self.note, time)

    def decode_each(self, decoder: Decoder, embeddings: Tensor) -> DecodedControls:
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
        return decoder(state, note.reshape(-1), self.on_s.repeat(count), self.off_s.repeat(count))


def rows_of(controls: DecodedControls, first: int, last: int) -> DecodedControls:
    """Some rows of controls: ``first`` up to, not including, ``last``."""
    return DecodedControls(
        **{entry.name: getattr(controls, entry.name)[first:last] for entry in fields(controls)}
    )


def between_rows(
    controls: DecodedControls, left: Tensor, right: Tensor, fraction: Tensor
) -> DecodedControls:
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

    return DecodedControls(
        **{entry.name: between(getattr(controls, entry.name)) for entry in fields(controls)}
    )
