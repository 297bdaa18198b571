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

from core.encoders.sentence import SentenceEncoder
from core.engines.embedded.controls import MAX_PARTIAL_HZ, partial_hz
from core.engines.embedded.decoder import envelope_weights
from core.errors import UserInputError
from core.score import pitch_hz
from core.training.captions import Measured, write_captions
from core.training.instruments import Instrument

N_CAPTIONS = 14
NOTES_PER_ITEM = 4
KNOTS_PER_NOTE = 24


@dataclass(frozen=True)
class Batch:
    """B instruments, two references and one caption each, M = 4 B notes, J = 24 M knots.

    Attributes:
        features: [2, B, T, 224], two references of each instrument; frames: [2, B].
        sentence: [B, 384].
        item_of_note: [M]; pitch, velocity, inharmonicity, detune_cents: [M].
        note_of_knot: [J]; on_s, off_s: [J].
        index, fraction: [J, K] for :func:`core.engines.embedded.decoder.partial_levels`.
        audible: [J, K], 1 where a partial lies under the highest frequency.
        partial_db: [J, K]; noise_db: [J, N]. Targets.
    """

    features: Tensor
    frames: Tensor
    sentence: Tensor
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
    partial_db: Tensor
    noise_db: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch on another device."""
        return Batch(**{name: value.to(device) for name, value in vars(self).items()})


@dataclass(frozen=True)
class _Loaded:
    """One instrument's arrays, as written by :mod:`core.training.prepare`."""

    instrument: Instrument
    traits: dict[str, float]
    arrays: dict[str, npt.NDArray[np.generic]]


def _load(path: Path) -> _Loaded:
    with np.load(path) as stored:
        meta = json.loads(str(stored["meta"]))
        arrays = {name: stored[name] for name in stored.files if name != "meta"}
    traits = meta.pop("measured")
    meta["traits"] = tuple(meta["traits"])
    knots = arrays["knots"]
    arrays["first_knot"] = np.concatenate([[0], np.cumsum(knots)[:-1]])
    return _Loaded(Instrument(**meta), traits, arrays)


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

    def draw(self, count: int, rng: np.random.Generator, frames: int) -> Batch:
        """A random batch.

        Args:
            count: B, instruments.
            rng: where the randomness comes from.
            frames: T; longer references are cut at a random place.
        """
        chosen = rng.choice(len(self._items), count, replace=count > len(self._items))
        return self.batch_of(chosen, rng, frames)

    def batch_of(
        self, chosen: npt.NDArray[np.int64], rng: np.random.Generator, frames: int
    ) -> Batch:
        """A batch of these instruments."""
        features = np.full((2, len(chosen), frames, 224), -4.0, np.float32)
        lengths = np.zeros((2, len(chosen)), np.int64)
        notes: list[tuple[int, _Loaded, int]] = []
        for item, which in enumerate(chosen):
            loaded = self._items[which]
            stored, used = loaded.arrays["references"], loaded.arrays["reference_frames"]
            for side, reference in enumerate(rng.choice(len(stored), 2, replace=False)):
                length = min(frames, int(used[reference]))
                first = int(rng.integers(0, int(used[reference]) - length + 1))
                features[side, item, :length] = stored[reference, first : first + length]
                lengths[side, item] = length
            picks = rng.choice(len(loaded.arrays["pitch"]), NOTES_PER_ITEM)
            notes += [(item, loaded, int(pick)) for pick in picks]
        sentence = np.stack(
            [self.sentences[which, rng.integers(0, N_CAPTIONS)] for which in chosen]
        )
        return _assemble(features, lengths, sentence, notes, rng)


def _assemble(
    features: npt.NDArray[np.float32],
    lengths: npt.NDArray[np.int64],
    sentence: npt.NDArray[np.float32],
    notes: list[tuple[int, _Loaded, int]],
    rng: np.random.Generator,
) -> Batch:
    per_note: dict[str, list[npt.NDArray[np.generic]]] = {
        name: [] for name in ("on_s", "off_s", "partial_db", "noise_db")
    }
    index, fraction, audible = [], [], []
    for _, loaded, note in notes:
        arrays = loaded.arrays
        first, count = int(arrays["first_knot"][note]), int(arrays["knots"][note])
        rows = first + np.sort(rng.choice(count, KNOTS_PER_NOTE, replace=count < KNOTS_PER_NOTE))
        held_s = float(arrays["held_s"][note])
        times = arrays["times_s"][rows].astype(np.float32)
        per_note["on_s"].append(times)
        per_note["off_s"].append(np.maximum(times - held_s, 0.0))
        per_note["partial_db"].append(arrays["partial_db"][rows].astype(np.float32))
        per_note["noise_db"].append(arrays["noise_db"][rows].astype(np.float32))
        f0_hz = pitch_hz(float(arrays["pitch"][note])) * 2 ** (
            float(arrays["detune_cents"][note]) / 1200
        )
        hz = partial_hz(f0_hz, float(arrays["inharmonicity"][note]))
        where, part = envelope_weights(hz)
        index.append(np.broadcast_to(where, (KNOTS_PER_NOTE, len(hz))))
        fraction.append(np.broadcast_to(part, (KNOTS_PER_NOTE, len(hz))))
        audible.append(np.broadcast_to(hz < MAX_PARTIAL_HZ, (KNOTS_PER_NOTE, len(hz))))

    def stack(name: str) -> Tensor:
        return torch.from_numpy(np.concatenate(per_note[name]).astype(np.float32))

    def of_notes(name: str) -> Tensor:
        values = [float(loaded.arrays[name][note]) for _, loaded, note in notes]
        return torch.tensor(values, dtype=torch.float32)

    return Batch(
        features=torch.from_numpy(features),
        frames=torch.from_numpy(lengths),
        sentence=torch.from_numpy(sentence),
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
        partial_db=stack("partial_db"),
        noise_db=stack("noise_db"),
    )


def _embed_captions(folder: Path, items: list[_Loaded]) -> npt.NDArray[np.float32]:
    """Sentence embeddings of every instrument's captions [I, 14, 384], kept in the folder."""
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
