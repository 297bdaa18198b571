"""Batches of augmented instruments, made online on one device.

A pool of made-up instruments, each with two references, is renewed by a thread of its own while
batches are drawn. What is drawn gets a fresh random filter, the same on references, descriptor and
notes. A batch may catch an instrument half renewed, which is rare and does no harm.

A pool is far too big for a checkpoint, but it is made from random numbers: the states of their
generator before each group of its instruments are kept instead, and the pool is made again.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.encoders.embedded.features import HOP, N_FEATURES, spectral_features
from core.engines.embedded.controls import MAX_PARTIAL_HZ, N_PARTIALS, SAMPLE_RATE
from core.training.embedded.bands import random_filter
from core.training.embedded.batch import TrainingBatch
from core.training.embedded.gpu.augmentation import Augmenter
from core.training.embedded.gpu.batch import assemble, filter_features
from core.training.embedded.gpu.descriptor import descriptors
from core.training.embedded.gpu.note_levels import (
    NoteLevels,
    gain_at,
    partials_hz,
    select_instruments,
)
from core.training.embedded.gpu.packed_dataset import PackedDataset
from core.training.embedded.gpu.random_scores import SECONDS, RandomScores
from core.training.embedded.gpu.rooms import background, room
from core.training.embedded.gpu.synthesis import SAMPLES, PerformanceRenderer

FRAMES = round(SECONDS * SAMPLE_RATE / HOP)
_ROOM_SHARE, _BACKGROUND_SHARE = 0.35, 0.5
N_FILTERS = 20_000
_FADE = 441  # samples
_AT_ONCE = 128


@dataclass(frozen=True)
class _Pool:
    """P instruments: their notes, references [P, 2, 200, 290] in half precision, frames [P, 2]."""

    instruments: NoteLevels
    features: Tensor
    frames: Tensor


@dataclass(frozen=True)
class _Renewal:
    """A group of instruments: how many there had been, how many it is, and what made it."""

    first: int
    count: int
    generator_state: Tensor


class AugmentedStream:
    """See the module's first lines; draws as :class:`core.training.embedded.dataset.TrainingSet`
    does.

    Args:
        dataset: the instruments that are augmented.
        scores: what they play, on the data set's device.
        seed: of everything random.
        size: instruments in the pool.
        augmented: whether instruments are changed; else they are the data set's, in turn.
    """

    def __init__(
        self,
        dataset: PackedDataset,
        scores: RandomScores,
        seed: int,
        size: int,
        augmented: bool = True,
    ) -> None:
        self._dataset, self._scores = dataset, scores
        self.device = dataset.levels.device
        rng = np.random.default_rng([89, seed])
        table = np.stack([random_filter(rng) for _ in range(N_FILTERS)]).astype(np.float32)
        self._table = torch.from_numpy(table).to(self.device)
        self._generator = torch.Generator(self.device).manual_seed(seed)
        self._pool_generator = torch.Generator(self.device).manual_seed(seed + 1)
        self._augmenter = Augmenter(dataset, self._pool_generator) if augmented else None
        self._renderer = PerformanceRenderer(self._pool_generator)
        self._size, self._made = size, 0
        self._renewals = deque[_Renewal]()
        self._next_state = self._pool_generator.get_state()
        self._lock = threading.Lock()
        self._stop, self._errors = threading.Event(), list[BaseException]()
        first = min(size, _AT_ONCE)
        self._pool = _allocate(self._make_instruments(first), size)
        self._record(first)
        while not augmented and self._made < size:
            self.renew(min(_AT_ONCE, size - self._made))

    @property
    def made(self) -> int:
        """How many instruments were made so far."""
        return self._made

    @contextmanager
    def renewing(self) -> Iterator[None]:
        """Within this, a thread puts new instruments in the place of the oldest all the time."""
        self._stop.clear()
        thread = threading.Thread(target=self._renew_on, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _renew_on(self) -> None:
        try:
            cuda = self.device.type == "cuda"
            stream = torch.cuda.Stream() if cuda else None  # type: ignore[no-untyped-call]
            with torch.cuda.stream(stream) if stream else nullcontext():
                while not self._stop.is_set():
                    self.renew(min(_AT_ONCE, self._size))
        except BaseException as error:
            self._errors.append(error)

    def __len__(self) -> int:
        return self._size

    def renew(self, count: int) -> None:
        """Put new instruments in the place of the oldest."""
        made = self._make_instruments(count)
        with self._lock:
            self._replace_oldest(made, count)
            self._record(count)

    def _replace_oldest(self, made: _Pool, count: int) -> None:
        place = (self._made + torch.arange(count, device=self.device)) % self._size
        for name in (field.name for field in fields(NoteLevels)):
            own = getattr(self._pool.instruments, name)
            own[place] = getattr(made.instruments, name).to(own.dtype)
        self._pool.features[place], self._pool.frames[place] = made.features, made.frames

    def _record(self, count: int) -> None:
        """Remember what made the instruments just put into the pool."""
        self._renewals.append(_Renewal(self._made, count, self._next_state))
        self._next_state = self._pool_generator.get_state()
        self._made += count
        while self._renewals[0].first + self._renewals[0].count <= self._made - self._size:
            self._renewals.popleft()  # none of them is left

    def state_dict(self) -> dict[str, Any]:
        """Where the stream is: states of its generators, now and when its pool was made."""
        with self._lock:
            return {
                "generator": self._generator.get_state(),
                "renewals": [vars(renewal) for renewal in self._renewals],
                "next": self._next_state,
            }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there; the pool is made again, as it was.

        Args:
            state: what :meth:`state_dict` said.
        """
        self._renewals.clear()
        for renewal in state["renewals"]:
            self._made = int(renewal["first"])
            self._next_state = renewal["generator_state"].cpu()
            self._pool_generator.set_state(self._next_state)
            self.renew(int(renewal["count"]))
        self._next_state = state["next"].cpu()
        self._pool_generator.set_state(self._next_state)
        self._generator.set_state(state["generator"].cpu())

    def draw_descriptors(self, count: int, filtered_share: float) -> Tensor:
        """Descriptors of the data set's own instruments in turn [n, P].

        Args:
            count: n.
            filtered_share: of them, goes through a random filter.
        """
        parts = []
        for turn in torch.split(torch.arange(count, device=self.device), _AT_ONCE):
            instruments = select_instruments(self._dataset, turn % len(self._dataset))
            parts.append(
                descriptors(instruments, self._random_filters(instruments, filtered_share))
            )
        return torch.cat(parts)

    def draw(
        self, count: int, frames: int, filtered_share: float, notes_each: int
    ) -> TrainingBatch:
        """A random batch, without captions.

        Args:
            count: B, instruments; fewer if the pool has no more yet.
            frames: T; longer references are cut at a random place.
            filtered_share: of the instruments, goes through a random filter.
            notes_each: notes of each instrument.
        """
        if self._errors:
            raise self._errors[0]
        ready = min(self._made, self._size)
        order = torch.rand(ready, generator=self._generator, device=self.device).argsort()
        chosen = order[:count]
        whole = self._pool.instruments
        instruments = NoteLevels(
            *(getattr(whole, field.name)[chosen] for field in fields(NoteLevels))
        )
        instruments = _as_float(instruments)
        filters_db = self._random_filters(instruments, filtered_share)
        features, lengths = self._crop_references(chosen, frames)
        for side in range(2):
            features[side] = filter_features(features[side], filters_db)
        return assemble(instruments, features, lengths, filters_db, notes_each, self._generator)

    def _make_instruments(self, count: int) -> _Pool:
        with torch.no_grad():
            if self._augmenter is None:
                turn = (self._made + torch.arange(count, device=self.device)) % len(self._dataset)
                instruments = select_instruments(self._dataset, turn)
            else:
                instruments = self._augmenter.draw(count)
            instrument = torch.arange(count, device=self.device).repeat(2)
            chosen = torch.randint(
                len(self._scores), (2 * count,), generator=self._pool_generator, device=self.device
            )
            scores = self._scores.of(chosen)
            sound = self._renderer.render(instruments, instrument, scores)
            features, frames = self._reference_features(sound, scores)
            features = features.view(2, count, *features.shape[1:]).transpose(0, 1)
            frames = frames.view(2, count).T
            return _Pool(_as_half(instruments), features.contiguous(), frames.contiguous())

    def _reference_features(self, sound: Tensor, scores: RandomScores) -> tuple[Tensor, Tensor]:
        """References' features [R, 200, 290] and how many frames of them are sound [R]."""
        sound = room(sound, _ROOM_SHARE, self._pool_generator)
        sound = background(sound, _BACKGROUND_SHARE, self._pool_generator)
        sample = torch.arange(SAMPLES, device=self.device)
        left = (scores.seconds[:, None] * SAMPLE_RATE - sample) / _FADE
        sound = sound * left.clamp(0.0, 1.0)
        sound = sound / (sound.abs().amax(dim=1, keepdim=True) + 1e-9)
        features = torch.cat([spectral_features(part) for part in torch.split(sound, 48)])[
            :, :FRAMES
        ]
        frames = (scores.seconds * (SAMPLE_RATE / HOP)).long().clamp(1, FRAMES)
        beyond = torch.arange(FRAMES, device=self.device) >= frames[:, None]
        return features.masked_fill(beyond[..., None], -4.0).half(), frames

    def _random_filters(self, instruments: NoteLevels, share: float) -> Tensor:
        """Gains [B, G] that leave each instrument about as loud as it was; zeros: no filter."""
        count = len(instruments.source)
        drawn = torch.rand(2, count, generator=self._generator, device=self.device)
        gain = self._table[(drawn[0] * len(self._table)).long()] * (drawn[1] < share)[:, None]
        hz = partials_hz(
            instruments.pitch, instruments.detune_cents, instruments.inharmonicity
        ).float()
        power = 0.5 * torch.pow(10.0, instruments.level_db[..., :N_PARTIALS] / 10.0).mean(dim=2)
        power = power * (hz < MAX_PARTIAL_HZ)
        changed = torch.pow(10.0, gain_at(gain, hz) / 10.0)
        louder = (power * changed).sum(dim=(1, 2)) / power.sum(dim=(1, 2)).clamp_min(1e-12)
        louder_db = 10.0 * torch.log10(louder.clamp_min(1e-6))
        return gain - (louder_db * (gain != 0).any(dim=1))[:, None]

    def _crop_references(self, chosen: Tensor, frames: int) -> tuple[Tensor, Tensor]:
        """References [2, B, T, 290] cut at a random place, and their lengths [2, B]."""
        stored, used = self._pool.features[chosen], self._pool.frames[chosen]
        lengths = used.clamp_max(frames)
        drawn = torch.rand(used.shape, generator=self._generator, device=self.device)
        first = ((used - lengths + 1) * drawn).long()
        place = first[..., None] + torch.arange(frames, device=self.device)
        place = place.clamp_max(FRAMES - 1)[..., None].expand(-1, -1, -1, N_FEATURES)
        features = stored.gather(2, place).float()
        beyond = torch.arange(frames, device=self.device) >= lengths[..., None]
        features = features.masked_fill(beyond[..., None], -4.0)
        return features.transpose(0, 1).contiguous(), lengths.T.contiguous()


def _as_half(instruments: NoteLevels) -> NoteLevels:
    return NoteLevels(**{**vars(instruments), "level_db": instruments.level_db.half()})


def _as_float(instruments: NoteLevels) -> NoteLevels:
    return NoteLevels(**{**vars(instruments), "level_db": instruments.level_db.float()})


def _allocate(first: _Pool, size: int) -> _Pool:
    """A pool with room for so many instruments, of which the first ones are there."""

    def extend(value: Tensor) -> Tensor:
        out = value.new_zeros(size, *value.shape[1:])
        out[: len(value)] = value
        return out

    instruments = NoteLevels(
        *(extend(getattr(first.instruments, field.name)) for field in fields(NoteLevels))
    )
    return _Pool(instruments, extend(first.features), extend(first.frames))
