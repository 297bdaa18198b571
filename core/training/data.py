"""The prepared training set in memory, and the batches drawn from it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.encoders.features import N_FEATURES
from core.encoders.sentence import SentenceEncoder
from core.engines.embedded.controls import FLOOR_DB, MAX_PARTIAL_HZ, partial_hz
from core.engines.embedded.decoder import envelope_weights
from core.errors import UserInputError
from core.score import pitch_hz
from core.training.bands import (
    COLOUR_GRID_HZ,
    NOISE_CENTRES_HZ,
    band_position,
    colour_at,
    colour_features,
    level_change_db,
    random_colour,
)
from core.training.captions import Measured, write_captions
from core.training.instruments import Instrument
from core.training.portrait import Sitter
from core.training.portrait import stack as stack_portraits

N_CAPTIONS = 24
NOTES_PER_ITEM = 6
KNOTS_PER_NOTE = 16


@dataclass(frozen=True)
class Batch:
    """B instruments, two references and one caption each, M = 6 B notes, J = 16 M knots.

    Attributes:
        features: [2, B, T, 290], two references of each instrument; frames: [2, B].
        sentence: [B, 384]; portrait: [B, P], see :mod:`core.training.portrait`.
        item_of_note: [M]; pitch, velocity, inharmonicity, detune_cents: [M].
        note_of_knot: [J]; on_s, off_s: [J].
        index, fraction: [J, K] for :func:`core.engines.embedded.decoder.partial_levels`.
        audible: [J, K], 1 where a partial lies under the highest frequency.
        band, band_fraction: [J, K], each partial's place among :mod:`core.training.bands`.
        partial_db: [J, K]; noise_db: [J, N]; modulation: [M, 7], NaN if unknown. Targets.
        plain: bool [B]; the others were given a random colour, reference and target alike.
    """

    features: Tensor
    frames: Tensor
    sentence: Tensor
    portrait: Tensor
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
    band: Tensor
    band_fraction: Tensor
    partial_db: Tensor
    noise_db: Tensor
    modulation: Tensor
    plain: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch on another device."""
        return Batch(**{name: value.to(device) for name, value in vars(self).items()})


@dataclass(frozen=True)
class _Loaded:
    """One instrument's arrays, as written by :mod:`core.training.prepare`."""

    instrument: Instrument
    traits: dict[str, float]
    arrays: dict[str, npt.NDArray[np.generic]]
    sitter: Sitter


def _load(path: Path) -> _Loaded:
    with np.load(path) as stored:
        meta = json.loads(str(stored["meta"]))
        arrays = {name: stored[name] for name in stored.files if name != "meta"}
    traits = meta.pop("measured")
    meta["traits"] = tuple(meta["traits"])
    knots = arrays["knots"]
    arrays["first_knot"] = np.concatenate([[0], np.cumsum(knots)[:-1]])
    arrays["spectrum"] = _mean_spectrum(arrays)
    return _Loaded(Instrument(**meta), traits, arrays, Sitter(arrays))


def _mean_spectrum(arrays: dict[str, npt.NDArray[np.generic]]) -> npt.NDArray[np.float64]:
    """Power of an instrument's notes at the frequencies where colours are stated [96]."""
    spectrum = np.full(len(COLOUR_GRID_HZ), 1e-12)
    note_of_knot = np.repeat(np.arange(len(arrays["knots"])), arrays["knots"].astype(int))
    partials = 10.0 ** (arrays["partial_db"].astype(np.float32) / 10.0)
    noise = 10.0 ** (arrays["noise_db"].astype(np.float32) / 10.0)
    for note, pitch in enumerate(arrays["pitch"]):
        mine = note_of_knot == note
        for hz, power in (
            (partial_hz(pitch_hz(float(pitch)), 0.0), partials[mine].mean(axis=0) / 2),
            (NOISE_CENTRES_HZ, noise[mine].mean(axis=0)),
        ):
            place = np.searchsorted(COLOUR_GRID_HZ, hz).clip(0, len(spectrum) - 1)
            np.add.at(spectrum, place, power)
    return spectrum


class TrainingSet:
    """All prepared instruments of one split.

    Args:
        folder: what :mod:`core.training.prepare` wrote.
        split: ``train`` or ``valid``.

    Raises:
        UserInputError: if there are no instruments of that split.
    """

    def __init__(self, folder: Path, split: str) -> None:
        everything = [
            loaded
            for path in sorted(folder.glob("*.npz"))
            if not path.name.endswith(".partial.npz")
            and (loaded := _load(path)).instrument.split == split
        ]
        if not everything:
            raise UserInputError(f"no prepared instruments of split {split!r} in {folder}")
        self._items = everything
        self.instruments = tuple(loaded.instrument for loaded in everything)
        self.sentences = _embed_captions(folder, everything)

    def __len__(self) -> int:
        return len(self._items)

    def draw(
        self, count: int, rng: np.random.Generator, frames: int, coloured: float = 0.0
    ) -> Batch:
        """A random batch.

        Args:
            count: B, instruments.
            rng: where the randomness comes from.
            frames: T; longer references are cut at a random place.
            coloured: share of the instruments that get a random colour.
        """
        chosen = rng.choice(len(self._items), count, replace=count > len(self._items))
        return self.batch_of(chosen, rng, frames, coloured)

    def batch_of(
        self,
        chosen: npt.NDArray[np.int64],
        rng: np.random.Generator,
        frames: int,
        coloured: float = 0.0,
    ) -> Batch:
        """A batch of these instruments."""
        colours: list[npt.NDArray[np.float64] | None] = []
        portraits = []
        features = np.full((2, len(chosen), frames, N_FEATURES), -4.0, np.float32)
        lengths = np.zeros((2, len(chosen)), np.int64)
        notes: list[tuple[int, _Loaded, int]] = []
        for item, which in enumerate(chosen):
            loaded = self._items[which]
            colour = None
            if rng.random() < coloured:
                colour = random_colour(rng)
                colour -= level_change_db(loaded.arrays["spectrum"], colour)
            colours.append(colour)
            portraits.append(loaded.sitter.portrait(colour))
            stored, used = loaded.arrays["references"], loaded.arrays["reference_frames"]
            for side, reference in enumerate(rng.choice(len(stored), 2, replace=False)):
                length = min(frames, int(used[reference]))
                first = int(rng.integers(0, int(used[reference]) - length + 1))
                piece = stored[reference, first : first + length].astype(np.float32)
                if colour is not None:
                    piece = colour_features(piece, colour)
                features[side, item, :length] = piece
                lengths[side, item] = length
            picks = rng.choice(len(loaded.arrays["pitch"]), NOTES_PER_ITEM)
            notes += [(item, loaded, int(pick)) for pick in picks]
        sentence = np.stack(
            [self.sentences[which, rng.integers(0, N_CAPTIONS)] for which in chosen]
        )
        return _assemble(features, lengths, sentence, portraits, notes, colours, rng)


def _assemble(
    features: npt.NDArray[np.float32],
    lengths: npt.NDArray[np.int64],
    sentence: npt.NDArray[np.float32],
    portraits: list[npt.NDArray[np.float32]],
    notes: list[tuple[int, _Loaded, int]],
    colours: list[npt.NDArray[np.float64] | None],
    rng: np.random.Generator,
) -> Batch:
    per_note: dict[str, list[npt.NDArray[np.generic]]] = {
        name: [] for name in ("on_s", "off_s", "partial_db", "noise_db")
    }
    Rows = list[npt.NDArray[np.generic]]
    index, fraction, audible, band, band_fraction = Rows(), Rows(), Rows(), Rows(), Rows()
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
        colour = colours[item]
        if colour is not None:
            partial_db = np.maximum(partial_db + colour_at(colour, hz), FLOOR_DB)
            noise_db = np.maximum(noise_db + colour_at(colour, NOISE_CENTRES_HZ), FLOOR_DB)
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

    def stack(name: str) -> Tensor:
        return torch.from_numpy(np.concatenate(per_note[name]).astype(np.float32))

    def of_notes(name: str) -> Tensor:
        values = [float(loaded.arrays[name][note]) for _, loaded, note in notes]
        return torch.tensor(values, dtype=torch.float32)

    return Batch(
        features=torch.from_numpy(features),
        frames=torch.from_numpy(lengths),
        sentence=torch.from_numpy(sentence),
        portrait=stack_portraits(portraits),
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
        band=torch.from_numpy(np.concatenate(band)),
        band_fraction=torch.from_numpy(np.concatenate(band_fraction)),
        partial_db=stack("partial_db"),
        noise_db=stack("noise_db"),
        modulation=torch.from_numpy(
            np.stack([loaded.arrays["modulation"][note] for _, loaded, note in notes])
        ),
        plain=torch.tensor([colour is None for colour in colours]),
    )


def _embed_captions(folder: Path, items: list[_Loaded]) -> npt.NDArray[np.float32]:
    """Sentence embeddings of every instrument's captions [I, 24, 384], kept in the folder."""
    ranks = {}
    for trait in ("brightness", "attack", "sustain", "noisiness"):
        values = np.array([item.traits[trait] for item in items])
        ranks[trait] = np.argsort(np.argsort(values)) / max(len(values) - 1, 1)
    captions = [
        write_captions(
            item.instrument,
            Measured(**{trait: float(rank[index]) for trait, rank in ranks.items()}),
            N_CAPTIONS,
            seed=3,
        )
        for index, item in enumerate(items)
    ]
    digest = hashlib.sha256(json.dumps(captions).encode()).hexdigest()[:16]
    kept = folder / f"captions-{digest}.npy"
    if kept.exists():
        stored: npt.NDArray[np.float32] = np.load(kept)
        return stored
    encoder = SentenceEncoder()
    known = {text: encoder.encode(text) for text in sorted({t for row in captions for t in row})}
    table = np.array([[known[text] for text in row] for row in captions], np.float32)
    np.save(kept, table)
    return table
