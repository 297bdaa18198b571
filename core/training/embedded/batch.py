"""A batch of the training set: instruments, their references, and notes at some of their knots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.clip import pitch_hz
from core.engines.embedded.controls import FLOOR_DB, MAX_PARTIAL_HZ, NOISE_EDGES_HZ, partial_hz
from core.engines.embedded.decoder import envelope_weights
from core.training.embedded.bands import NOISE_CENTRES_HZ, band_position, filter_gain_db
from core.training.embedded.descriptor import InstrumentLevels, stack_descriptors
from core.training.sources.instruments import Instrument
from core.types import Float64Array, FloatArray

KNOTS_PER_NOTE = 16


@dataclass(frozen=True)
class TrainingBatch:
    """B instruments, two references and one caption each, M notes, J = 16 M knots.

    Attributes:
        features: [2, B, T, 290], two references of each instrument; frames: [2, B].
        sentence: [B, 384]; descriptor: [B, P], see :mod:`core.training.embedded.descriptor`.
        item_of_note: [M]; pitch, velocity, inharmonicity, detune_cents: [M].
        note_of_knot: [J]; on_s, off_s: [J].
        index, fraction: [J, K] for :func:`core.engines.embedded.decoder.partial_levels`.
        audible: [J, K], 1 where a partial lies under the highest frequency.
        recorded: [J, K] and noise_recorded: [J, N], bool: what the recording holds.
        band, band_fraction: [J, K], each partial's place among :mod:`core.training.embedded.bands`.
        partial_db: [J, K]; noise_db: [J, N]; modulation: [M, 7], NaN if not measured. Targets.
        unfiltered: bool [B]; the others were given a random filter, reference and target alike.
    """

    features: Tensor
    frames: Tensor
    sentence: Tensor
    descriptor: Tensor
    item_of_note: Tensor
    pitch: Tensor
    velocity: Tensor
    inharmonicity: Tensor
    detune_cents: Tensor
    note_of_knot: Tensor
    on_s: Tensor
    off_s: Tensor
    index: Tensor
    fraction: Tensor
    audible: Tensor
    recorded: Tensor
    noise_recorded: Tensor
    band: Tensor
    band_fraction: Tensor
    partial_db: Tensor
    noise_db: Tensor
    modulation: Tensor
    unfiltered: Tensor

    def to(self, device: torch.device) -> TrainingBatch:
        """The same batch on another device."""
        return TrainingBatch(**{name: value.to(device) for name, value in vars(self).items()})


@dataclass(frozen=True)
class PreparedInstrument:
    """One instrument, as written by :mod:`core.training.embedded.prepare`.

    Attributes:
        instrument: what it is.
        traits: measured brightness, attack, sustain and noisiness.
        arrays: everything of its notes and references, by name.
        levels: its notes' levels, from which its descriptor is computed.
        max_hz: above this nothing was recorded.
    """

    instrument: Instrument
    traits: dict[str, float]
    arrays: dict[str, npt.NDArray[np.generic]]
    levels: InstrumentLevels
    max_hz: float


def assemble(
    features: FloatArray,
    lengths: npt.NDArray[np.int64],
    sentence: FloatArray,
    descriptors: list[FloatArray],
    notes: list[tuple[int, PreparedInstrument, int]],
    filters_db: list[Float64Array | None],
    rng: np.random.Generator,
) -> TrainingBatch:
    """Put a batch of B instruments and M notes together.

    Args:
        features: [2, B, T, 290], two references of each instrument.
        lengths: [2, B], how many of the T frames are sound.
        sentence: [B, 384], of one caption each.
        descriptors: B of [P].
        notes: M of (which of the B instruments, its arrays, number of the note).
        filters_db: B gains at ``FILTER_GRID_HZ``, dB [96]; None: unfiltered.
        rng: draws 16 of each note's knots.
    """
    per_note: dict[str, list[npt.NDArray[np.generic]]] = {
        name: [] for name in ("on_s", "off_s", "partial_db", "noise_db")
    }
    Rows = list[npt.NDArray[np.generic]]
    index, fraction, audible, band, band_fraction = Rows(), Rows(), Rows(), Rows(), Rows()
    recorded, noise_recorded = Rows(), Rows()
    for item, loaded, note in notes:
        arrays = loaded.arrays
        first, count = int(arrays["first_knot"][note]), int(arrays["knots"][note])
        rows = first + np.sort(rng.choice(count, KNOTS_PER_NOTE, replace=count < KNOTS_PER_NOTE))
        held_s = float(arrays["held_s"][note])
        times = arrays["times_s"][rows].astype(np.float32)
        per_note["on_s"].append(times)
        per_note["off_s"].append(np.maximum(times - held_s, 0.0))
        f0_hz = pitch_hz(float(arrays["pitch"][note])) * 2 ** (
            float(arrays["detune_cents"][note]) / 1200
        )
        hz = partial_hz(f0_hz, float(arrays["inharmonicity"][note]))
        partial_db = arrays["partial_db"][rows].astype(np.float32)
        noise_db = arrays["noise_db"][rows].astype(np.float32)
        filter_db = filters_db[item]
        if filter_db is not None:
            partial_db = np.maximum(partial_db + filter_gain_db(filter_db, hz), FLOOR_DB)
            noise_db = np.maximum(noise_db + filter_gain_db(filter_db, NOISE_CENTRES_HZ), FLOOR_DB)
        per_note["partial_db"].append(partial_db)
        per_note["noise_db"].append(noise_db)
        shape = (KNOTS_PER_NOTE, len(hz))
        for values, (where, part) in (
            ((index, fraction), envelope_weights(hz)),
            ((band, band_fraction), band_position(hz)),
        ):
            values[0].append(np.broadcast_to(where, shape))
            values[1].append(np.broadcast_to(part, shape))
        audible.append(np.broadcast_to(hz < MAX_PARTIAL_HZ, shape))
        recorded.append(np.broadcast_to(hz < loaded.max_hz, shape))
        inside = NOISE_EDGES_HZ[1:] <= loaded.max_hz
        noise_recorded.append(np.broadcast_to(inside, (KNOTS_PER_NOTE, len(inside))))

    def stack(name: str) -> Tensor:
        return torch.from_numpy(np.concatenate(per_note[name]).astype(np.float32))

    def of_notes(name: str) -> Tensor:
        values = [float(loaded.arrays[name][note]) for _, loaded, note in notes]
        return torch.tensor(values, dtype=torch.float32)

    return TrainingBatch(
        features=torch.from_numpy(features),
        frames=torch.from_numpy(lengths),
        sentence=torch.from_numpy(sentence),
        descriptor=stack_descriptors(descriptors),
        item_of_note=torch.tensor([item for item, _, _ in notes]),
        pitch=of_notes("pitch"),
        velocity=of_notes("velocity"),
        inharmonicity=of_notes("inharmonicity"),
        detune_cents=of_notes("detune_cents"),
        note_of_knot=torch.arange(len(notes)).repeat_interleave(KNOTS_PER_NOTE),
        on_s=stack("on_s"),
        off_s=stack("off_s"),
        index=torch.from_numpy(np.concatenate(index)),
        fraction=torch.from_numpy(np.concatenate(fraction)),
        audible=torch.from_numpy(np.concatenate(audible)).float(),
        recorded=torch.from_numpy(np.concatenate(recorded)),
        noise_recorded=torch.from_numpy(np.concatenate(noise_recorded)),
        band=torch.from_numpy(np.concatenate(band)),
        band_fraction=torch.from_numpy(np.concatenate(band_fraction)),
        partial_db=stack("partial_db"),
        noise_db=stack("noise_db"),
        modulation=torch.from_numpy(
            np.stack([loaded.arrays["modulation"][note] for _, loaded, note in notes])
        ),
        unfiltered=torch.tensor([filter_db is None for filter_db in filters_db]),
    )
