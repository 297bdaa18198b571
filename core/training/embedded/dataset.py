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
    COLOUR_GRID_HZ,
    NOISE_CENTRES_HZ,
    colour_features,
    level_change_db,
    random_colour,
)
from core.training.embedded.batch import Batch, Loaded, assemble
from core.training.embedded.descriptor import InstrumentLevels
from core.training.embedded.descriptor import stack as stack_portraits
from core.training.sources.captions import Measured, write_captions
from core.training.sources.instruments import Instrument

N_CAPTIONS = 32
NOTES_PER_ITEM = 6


def _load(path: Path) -> Loaded:
    with np.load(path) as stored:
        meta = json.loads(str(stored["meta"]))
        arrays = {name: stored[name] for name in stored.files if name != "meta"}
    traits = meta.pop("measured")
    meta["traits"] = tuple(meta["traits"])
    knots = arrays["knots"]
    arrays["first_knot"] = np.concatenate([[0], np.cumsum(knots)[:-1]])
    arrays["spectrum"] = _mean_spectrum(arrays)
    max_hz = float(arrays.get("max_hz", SAMPLE_RATE / 2))
    return Loaded(Instrument(**meta), traits, arrays, InstrumentLevels(arrays), max_hz)


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
        """Uncoloured portraits of these instruments [n, P]."""
        return stack_portraits([self._items[index].sitter.portrait(None) for index in chosen])

    def draw_descriptors(self, count: int, coloured: float) -> Tensor:
        """Portraits of instruments in turn, this share of them randomly coloured [n, P]."""
        rng = np.random.default_rng(17)
        found = []
        for turn in range(count):
            loaded = self._items[turn % len(self._items)]
            found.append(loaded.sitter.portrait(_colour(loaded, rng, coloured)))
        return stack_portraits(found)

    def draw(
        self,
        count: int,
        rng: np.random.Generator,
        frames: int,
        coloured: float = 0.0,
        notes_each: int = NOTES_PER_ITEM,
    ) -> Batch:
        """A random batch.

        Args:
            count: B, instruments.
            rng: where the randomness comes from.
            frames: T; longer references are cut at a random place.
            coloured: share of the instruments that get a random colour.
            notes_each: notes of each instrument.
        """
        chosen = rng.choice(len(self._items), count, replace=count > len(self._items))
        return self.batch_of(chosen, rng, frames, coloured, notes_each)

    def batch_of(
        self,
        chosen: npt.NDArray[np.int64],
        rng: np.random.Generator,
        frames: int,
        coloured: float = 0.0,
        notes_each: int = NOTES_PER_ITEM,
    ) -> Batch:
        """A batch of these instruments; arguments as of :meth:`draw`."""
        colours: list[npt.NDArray[np.float64] | None] = []
        descriptors = []
        features = np.full((2, len(chosen), frames, N_FEATURES), -4.0, np.float32)
        lengths = np.zeros((2, len(chosen)), np.int64)
        notes: list[tuple[int, Loaded, int]] = []
        for item, which in enumerate(chosen):
            loaded = self._items[which]
            colour = _colour(loaded, rng, coloured)
            colours.append(colour)
            descriptors.append(loaded.sitter.portrait(colour))
            stored, used = loaded.arrays["references"], loaded.arrays["reference_frames"]
            for side, reference in enumerate(rng.choice(len(stored), 2, replace=False)):
                length = min(frames, int(used[reference]))
                first = int(rng.integers(0, int(used[reference]) - length + 1))
                piece = stored[reference, first : first + length].astype(np.float32)
                if colour is not None:
                    piece = colour_features(piece, colour)
                features[side, item, :length] = piece
                lengths[side, item] = length
            picks = rng.choice(len(loaded.arrays["pitch"]), notes_each)
            notes += [(item, loaded, int(pick)) for pick in picks]
        sentence = np.stack(
            [self.sentences[which, rng.integers(0, N_CAPTIONS)] for which in chosen]
        )
        return assemble(features, lengths, sentence, descriptors, notes, colours, rng)


def _colour(
    loaded: Loaded, rng: np.random.Generator, share: float
) -> npt.NDArray[np.float64] | None:
    """A random colour that leaves the instrument as loud as it was; None for the others."""
    if rng.random() >= share:
        return None
    colour = random_colour(rng)
    return colour - level_change_db(loaded.arrays["spectrum"].astype(np.float64), colour)


def _embed_captions(folder: Path, items: list[Loaded]) -> npt.NDArray[np.float32]:
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
        stored: npt.NDArray[np.float32] = np.load(kept)
        return stored
    texts = sorted({text for row in captions for text in row})
    known = dict(zip(texts, SentenceEncoder().encode_all(texts), strict=True))
    table = np.array([[known[text] for text in row] for row in captions], np.float32)
    np.save(kept, table)
    return table
