"""The prepared training set in memory, and the batches drawn from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from torch import Tensor

from core.clip import pitch_hz
from core.encoders.embedded.features import N_FEATURES
from core.encoders.embedded.minilm import SentenceEncoder
from core.engines.embedded.controls import SAMPLE_RATE, partial_hz
from core.errors import UserInputError
from core.training.embedded.bands import (
    FILTER_GRID_HZ,
    NOISE_CENTRES_HZ,
    filter_features,
    level_change_db,
    random_filter,
)
from core.training.embedded.batch import PreparedInstrument, TrainingBatch, assemble
from core.training.embedded.descriptor import InstrumentLevels, stack_descriptors
from core.training.sources.captions import Measured, write_captions
from core.training.sources.instruments import Instrument
from core.types import Float64Array, FloatArray

N_CAPTIONS = 32
NOTES_PER_ITEM = 6


def _load(path: Path) -> PreparedInstrument:
    with np.load(path) as stored:
        meta = json.loads(str(stored["meta"]))
        arrays = {name: stored[name] for name in stored.files if name != "meta"}
    traits = meta.pop("measured")
    meta["traits"] = tuple(meta["traits"])
    knots = arrays["knots"]
    arrays["first_knot"] = np.concatenate([[0], np.cumsum(knots)[:-1]])
    arrays["spectrum"] = _mean_spectrum(arrays)
    max_hz = float(arrays.get("max_hz", SAMPLE_RATE / 2))
    return PreparedInstrument(Instrument(**meta), traits, arrays, InstrumentLevels(arrays), max_hz)


def _mean_spectrum(arrays: dict[str, npt.NDArray[np.generic]]) -> Float64Array:
    """Power of an instrument's notes at the frequencies at which filters are stated [96]."""
    spectrum = np.full(len(FILTER_GRID_HZ), 1e-12)
    note_of_knot = np.repeat(np.arange(len(arrays["knots"])), arrays["knots"].astype(int))
    partials = 10.0 ** (arrays["partial_db"].astype(np.float32) / 10.0)
    noise = 10.0 ** (arrays["noise_db"].astype(np.float32) / 10.0)
    for note, pitch in enumerate(arrays["pitch"]):
        mine = note_of_knot == note
        for hz, power in (
            (partial_hz(pitch_hz(float(pitch)), 0.0), partials[mine].mean(axis=0) / 2),
            (NOISE_CENTRES_HZ, noise[mine].mean(axis=0)),
        ):
            place = np.searchsorted(FILTER_GRID_HZ, hz).clip(0, len(spectrum) - 1)
            np.add.at(spectrum, place, power)
    return spectrum


class TrainingSet:
    """All prepared instruments of one split.

    Args:
        folder: what :mod:`core.training.embedded.prepare` wrote.
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
        self.traits = tuple(loaded.traits for loaded in everything)
        self.sentences = _embed_captions(folder, everything)

    def __len__(self) -> int:
        return len(self._items)

    def descriptors(self, chosen: Sequence[int]) -> Tensor:
        """Unfiltered descriptors of these instruments [n, P]."""
        return stack_descriptors([self._items[index].levels.descriptor(None) for index in chosen])

    def draw_descriptors(self, count: int, filtered_share: float) -> Tensor:
        """Descriptors of instruments in turn [n, P].

        Args:
            count: n.
            filtered_share: of them, goes through a random filter.
        """
        rng = np.random.default_rng(17)
        descriptors = []
        for turn in range(count):
            loaded = self._items[turn % len(self._items)]
            descriptors.append(loaded.levels.descriptor(_level_filter(loaded, rng, filtered_share)))
        return stack_descriptors(descriptors)

    def draw(
        self,
        count: int,
        rng: np.random.Generator,
        frames: int,
        filtered_share: float = 0.0,
        notes_each: int = NOTES_PER_ITEM,
    ) -> TrainingBatch:
        """A random batch.

        Args:
            count: B, instruments.
            rng: where the randomness comes from.
            frames: T; longer references are cut at a random place.
            filtered_share: of the instruments, gets a random filter.
            notes_each: notes of each instrument.
        """
        chosen = rng.choice(len(self._items), count, replace=count > len(self._items))
        return self.batch_of(chosen, rng, frames, filtered_share, notes_each)

    def batch_of(
        self,
        chosen: npt.NDArray[np.int64],
        rng: np.random.Generator,
        frames: int,
        filtered_share: float = 0.0,
        notes_each: int = NOTES_PER_ITEM,
    ) -> TrainingBatch:
        """A batch of these instruments; arguments as of :meth:`draw`."""
        filters_db: list[Float64Array | None] = []
        descriptors = []
        features = np.full((2, len(chosen), frames, N_FEATURES), -4.0, np.float32)
        lengths = np.zeros((2, len(chosen)), np.int64)
        notes: list[tuple[int, PreparedInstrument, int]] = []
        for item, which in enumerate(chosen):
            loaded = self._items[which]
            filter_db = _level_filter(loaded, rng, filtered_share)
            filters_db.append(filter_db)
            descriptors.append(loaded.levels.descriptor(filter_db))
            stored, used = loaded.arrays["references"], loaded.arrays["reference_frames"]
            for side, reference in enumerate(rng.choice(len(stored), 2, replace=False)):
                length = min(frames, int(used[reference]))
                first = int(rng.integers(0, int(used[reference]) - length + 1))
                piece = stored[reference, first : first + length].astype(np.float32)
                if filter_db is not None:
                    piece = filter_features(piece, filter_db)
                features[side, item, :length] = piece
                lengths[side, item] = length
            picks = rng.choice(len(loaded.arrays["pitch"]), notes_each)
            notes += [(item, loaded, int(pick)) for pick in picks]
        sentence = np.stack(
            [self.sentences[which, rng.integers(0, N_CAPTIONS)] for which in chosen]
        )
        return assemble(features, lengths, sentence, descriptors, notes, filters_db, rng)


def _level_filter(
    loaded: PreparedInstrument, rng: np.random.Generator, share: float
) -> Float64Array | None:
    """A random filter that leaves the instrument as loud as it was; None for the others."""
    if rng.random() >= share:
        return None
    filter_db = random_filter(rng)
    return filter_db - level_change_db(loaded.arrays["spectrum"].astype(np.float64), filter_db)


def _embed_captions(folder: Path, items: list[PreparedInstrument]) -> FloatArray:
    """Sentence embeddings of every instrument's captions [I, 32, 384], kept in the folder."""
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
        stored: FloatArray = np.load(kept)
        return stored
    texts = sorted({text for row in captions for text in row})
    embeddings = dict(zip(texts, SentenceEncoder().encode_all(texts), strict=True))
    table = np.array([[embeddings[text] for text in row] for row in captions], np.float32)
    np.save(kept, table)
    return table
