"""The one façade: a clip and a timbre in, a take out.

>>> synth = Synthesizer.load("embedded")
>>> take = synth.render("clip.mid", TextTimbre("warm smooth electronic bass"), seed=7)
>>> take.write("out.wav")

Everything an application needs of the core is here or in the values it returns; engines,
encoders and model files are behind it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from core import paths
from core.audio.loudness import amplified, fit_full_scale
from core.clip import Clip
from core.coercion.type_errors import check_type, whole_number, wrong_type
from core.encoders.base import TimbreEncoder
from core.encoders.embed import EmbeddingLookup, nothing_kept
from core.encoders.morphing import embedding_in_clip, embedding_of, takes_listening
from core.engines.base import Engine, Limit, LiveStream, RenderRequest
from core.engines.declaration import Ability, EngineDeclaration
from core.engines.registry import check_settings, engine_named
from core.errors import ModelMissing, SettingsError
from core.leveling.gains import GainCache, LevelGain, gain_key, gain_of
from core.leveling.phrase import LOUDNESS_PHRASE, loudness_request
from core.leveling.stream import LeveledStream
from core.loading import choose_device, load_encoder, load_engine
from core.midi import ClipLike, as_clip
from core.models import DEFAULT_BUNDLE
from core.models.registry import Bundle, Registry
from core.progress import (
    LOADING,
    ProgressCallback,
    RemarkCallback,
    StageCallback,
    always_continue,
    ignore_remark,
    ignore_stage,
    part_of,
)
from core.provenance import (
    PresetVersion,
    Provenance,
)
from core.settings import GAIN, RenderSettings
from core.takes.take import Take
from core.threads import computing
from core.timbre import Timbre, TimbreLike, as_timbre
from core.types import EMBEDDING_DIM, Embedding, EmbeddingPath, FloatArray
from core.version import program_version

RENDERING = "rendering"
"""The stage in which a clip is rendered, and before it the phrase that a gain is measured on."""

LISTENING_SHARE = 0.5
"""Of the progress of a render by recordings: both parts may be the longer one."""

RenderItem = tuple[ClipLike, TimbreLike, int]
"""A clip, a timbre, and a seed."""


class Synthesizer:
    """An engine, its encoder, and where they came from. Make one with :meth:`load`."""

    def __init__(self, engine: Engine, bundle: Bundle, device: str) -> None:
        self.engine = engine
        self.bundle = bundle
        self.device = device
        self.look_up: EmbeddingLookup = nothing_kept
        """Finds embeddings that were computed before, such as a library's."""
        self._gains = GainCache(paths.cache_dir() / "gains.json")

    @classmethod
    def load(
        cls,
        bundle: str = DEFAULT_BUNDLE,
        device: str | None = None,
        registry: Registry | None = None,
    ) -> Synthesizer:
        """Load a model bundle.

        Args:
            bundle: its id; see ``timbre models list``.
            device: ``cpu``, ``cuda``, ``mps``; None chooses what suits the engine.
            registry: where bundles are looked up; None is the user's own.

        Raises:
            ModelMissing, ModelDamaged: if the bundle cannot be used.
            SettingsError: if this machine has no such device.
        """
        check_type("registry", registry, (Registry, type(None)), "a Registry or nothing")
        check_type("the model", bundle, str, "its id, such as 'embedded' (see Registry.list)")
        check_type("the device", device, (str, type(None)), "'cpu', 'cuda', 'mps' or None")
        resolved = (registry or Registry()).resolve(bundle)
        chosen = choose_device(engine_named(resolved.manifest.engine), device)
        return cls(load_engine(resolved, chosen), resolved, chosen)

    @cached_property
    def encoder(self) -> TimbreEncoder:
        """The timbre encoder that belongs to the bundle; loaded when first needed."""
        return load_encoder(self.bundle, self.device)

    @property
    def sample_rate(self) -> int:
        """Of every take, Hz."""
        return self.engine.sample_rate

    def embed(
        self,
        timbre: TimbreLike,
        on_remark: RemarkCallback = ignore_remark,
        on_progress: ProgressCallback = always_continue,
        on_stage: StageCallback = ignore_stage,
    ) -> FloatArray:
        """The point a recipe stands for: float32 [512], unit norm; of a morph its mean over time.

        Args:
            timbre: the recipe, in any form that :func:`core.as_timbre` takes.
            on_remark: called with what is to be said about its recordings.
            on_progress: called with the fraction done; answering False cancels.
            on_stage: called with what is being done, in a user's words.

        Raises:
            TypeError: if it is no timbre.
            Cancelled: if ``on_progress`` said so.
        """
        timbre = as_timbre(timbre)
        self._load_encoder(on_stage)
        encoder = self.encoder
        with computing(self.engine.declaration.has_small_steps):
            return embedding_of(timbre, encoder, on_remark, self.look_up, on_progress, on_stage)

    def embed_in_clip(
        self,
        timbre: TimbreLike,
        length_s: float,
        on_remark: RemarkCallback = ignore_remark,
        on_progress: ProgressCallback = always_continue,
        on_stage: StageCallback = ignore_stage,
    ) -> Embedding:
        """What a recipe plays in a clip: of a morph its path, else as :meth:`embed`.

        Args:
            timbre: the recipe, in any form that :func:`core.as_timbre` takes.
            length_s: of the clip, seconds.
            on_remark, on_progress, on_stage: as in :meth:`embed`.

        Raises:
            As :meth:`embed`.
        """
        timbre = as_timbre(timbre)
        if not timbre.moves:
            return self.embed(timbre, on_remark, on_progress, on_stage)
        self._load_encoder(on_stage)
        with computing(self.engine.declaration.has_small_steps):
            return embedding_in_clip(
                timbre, length_s, self.encoder, on_remark, self.look_up, on_progress, on_stage
            )

    def takes_listening(self, timbre: Timbre) -> bool:
        """Whether :meth:`embed` would listen to a recording, which takes seconds."""
        return takes_listening(timbre, self.encoder, self.look_up)

    def _load_encoder(self, on_stage: StageCallback) -> None:
        if "encoder" not in self.__dict__:
            on_stage(LOADING)
        _ = self.encoder

    def gain_db(
        self,
        embedding: Embedding,
        settings: RenderSettings | None = None,
        on_remark: RemarkCallback = ignore_remark,
        on_progress: ProgressCallback = always_continue,
    ) -> float:
        """What makes a timbre as loud as others, dB: −24 … 24.

        A timbre that is new plays the loudness phrase (:mod:`core.leveling.phrase`), which
        takes as long as any render of two seconds; others are looked up.

        Args:
            embedding: of the timbre, or a path of them, which has one gain as a whole.
            settings: of the render; a gain in them is the answer.
            on_remark: called with what is odd about the gain, if anything is.
            on_progress: called with the fraction done, if it is not known; False cancels.

        Raises:
            Cancelled: if ``on_progress`` said so.
        """
        settings = settings or RenderSettings()
        asked = GAIN.of(settings)
        if asked is not None:
            return float(asked)

        def measure() -> LevelGain:
            with computing(self.engine.declaration.has_small_steps):
                request = loudness_request(embedding, settings)
                (phrase,) = self.engine.render([request], on_progress)
            return gain_of(phrase, self.sample_rate)

        gain = self._gains.get(gain_key(embedding, self.bundle.sha256, settings), measure)
        if gain.remark:
            on_remark(gain.remark)
        return gain.db

    def leveling_share(self, requests: Sequence[RenderRequest]) -> float:
        """How much of a render's progress goes to gains that are not known yet, 0…1.

        Args:
            requests: that are to be rendered.
        """
        unknown = {
            gain_key(request.embedding, self.bundle.sha256, request.settings)
            for request in requests
            if GAIN.of(request.settings) is None
        }
        phrases_s = LOUDNESS_PHRASE.length_s * sum(key not in self._gains for key in unknown)
        clips_s = sum(request.clip.length_s for request in requests)
        return phrases_s / (phrases_s + clips_s) if phrases_s else 0.0

    def stream(
        self,
        timbre: TimbreLike,
        *,
        seed: int = 0,
        max_voices: int = 64,
        settings: RenderSettings | None = None,
        length_s: float | None = None,
    ) -> LiveStream:
        """Play live: notes in as they happen, audio out block by block.

        It is as loud as a render of the same timbre.

        Args:
            timbre: to begin with; its ``set_timbre`` takes what :meth:`embed` gives.
            length_s: of what a morph moves through, from the stream's beginning; a morph without
                it plays as its mean.
            seed: with the same one, the same notes sound the same.
            max_voices: most notes sounding at once.
            settings: with a gain, if it is not to be the timbre's own.

        Raises:
            SettingsError: if the model's engine renders whole clips only.
        """
        if Ability.LIVE not in self.engine.declaration.abilities:
            raise SettingsError(
                f"{self.bundle.id} renders whole clips only; play live with {DEFAULT_BUNDLE}"
            )
        checked = _check_settings(settings)
        seed, max_voices = _check_seed(seed), whole_number("max_voices", max_voices)
        embedding: Embedding = (
            self.embed(timbre) if length_s is None else self.embed_in_clip(timbre, length_s)
        )
        return LeveledStream(
            self.engine.stream(embedding, seed=seed, max_voices=max_voices),
            self.gain_db(embedding, checked),
            lambda next_embedding: self.gain_db(next_embedding, checked),
        )

    def limits(
        self,
        clip: ClipLike,
        settings: RenderSettings | None = None,
        timbre: TimbreLike | None = None,
    ) -> list[Limit]:
        """What this engine cannot play of a clip, or plays differently.

        Args:
            clip: to be rendered.
            settings: to render it with.
            timbre: to render it in; None is one that does not move.

        Raises:
            SettingsError: if a setting is unknown or out of range.
        """
        # Limits depend on no more of a timbre; recordings and words need not be embedded for them.
        embedding: Embedding = np.eye(1, EMBEDDING_DIM, dtype=np.float32)[0]
        if timbre is not None and as_timbre(timbre).moves:
            embedding = EmbeddingPath(
                np.array([0.0, 1.0]), np.eye(2, EMBEDDING_DIM, dtype=np.float32)
            )
        request = RenderRequest(as_clip(clip), embedding, _check_settings(settings))
        return self.engine.limits(request)

    def render(
        self,
        clip: ClipLike,
        timbre: TimbreLike,
        *,
        seed: int = 0,
        settings: RenderSettings | None = None,
        on_progress: ProgressCallback = always_continue,
        on_remark: RemarkCallback = ignore_remark,
        on_stage: StageCallback = ignore_stage,
        preset: PresetVersion | None = None,
    ) -> Take:
        """Render one clip. See :meth:`render_batch`.

        Args:
            clip: what to play, in any form that :func:`core.as_clip` takes: a clip, the path of
                a MIDI file, another library's score, an array, or notes.
            timbre: the recipe, in any form that :func:`core.as_timbre` takes: a timbre, words,
                a recording as a path or samples, or a mapping of timbres to weights.
            seed: 0 … 4294967295; the same seed, model and device give the same samples.
            settings: how to decode.
            on_progress: called with the fraction done; answering False cancels.
            on_remark: called with what is to be said about files and recordings, a line each.
            on_stage: called with what is being done, in a user's words.
            preset: what the timbre is called, for the file's provenance.

        Raises:
            TypeError: if an argument is of a type that is not taken.
            MidiError, AudioError, SettingsError: if an input cannot be used.
            Cancelled: if ``on_progress`` said so.
        """
        (take,) = self.render_batch(
            [(clip, timbre, seed)],
            settings=settings,
            on_progress=on_progress,
            on_remark=on_remark,
            on_stage=on_stage,
            preset=preset,
        )
        return take

    def render_batch(
        self,
        items: Sequence[RenderItem],
        *,
        settings: RenderSettings | None = None,
        on_progress: ProgressCallback = always_continue,
        on_remark: RemarkCallback = ignore_remark,
        on_stage: StageCallback = ignore_stage,
        preset: PresetVersion | None = None,
    ) -> list[Take]:
        """Render clips together, in one decode.

        Args:
            items: clips, timbres and seeds, each as in :meth:`render`.
            settings: how to decode, for all of them.
            on_progress: called with the fraction done; answering False cancels.
            on_remark: called with what is to be said about files and recordings, a line each.
            on_stage: called with what is being done, in a user's words.
            preset: what the timbre is called, for the files' provenance.

        Raises:
            TypeError: if an argument is of a type that is not taken.
            MidiError, AudioError, SettingsError: if an input cannot be used.
            Cancelled: if ``on_progress`` said so.
        """
        settings = _check_settings(settings)
        on_progress = _check_progress(on_progress)
        check_type("the preset", preset, (PresetVersion, type(None)), "a PresetVersion or nothing")
        check_type("items", items, Iterable, "a list of clips with their timbres and seeds")
        check_type("on_remark", on_remark, Callable, "a function of a line, such as print")  # type: ignore[arg-type]
        checked = [_check_item(number, item, on_remark) for number, item in enumerate(items)]
        self._load_encoder(on_stage)
        # What moves is another path in a clip of another length.
        keys = [(timbre, clip.length_s if timbre.moves else 0.0) for clip, timbre, _ in checked]
        count = len(set(keys))
        heard = LISTENING_SHARE if any(self.takes_listening(timbre) for timbre, _ in keys) else 0.0
        embeddings: dict[tuple[Timbre, float], Embedding] = {}
        requests = []
        for (clip, timbre, seed), key in zip(checked, keys, strict=True):
            if key not in embeddings:
                done = len(embeddings)
                part = part_of(on_progress, heard * done / count, heard * (done + 1) / count)
                embeddings[key] = self.embed_in_clip(
                    timbre, clip.length_s, on_remark, part, on_stage
                )
            requests.append(RenderRequest(clip, embeddings[key], settings, seed))
        on_stage(RENDERING)
        takes = self.render_requests(requests, part_of(on_progress, heard, 1.0), on_remark)
        return [
            _with_recipe(take, timbre, preset)
            for take, (_, timbre, _) in zip(takes, checked, strict=True)
        ]

    def render_requests(
        self,
        requests: Sequence[RenderRequest],
        on_progress: ProgressCallback = always_continue,
        on_remark: RemarkCallback = ignore_remark,
    ) -> list[Take]:
        """Render requests whose embeddings (or paths of them) are there already.

        Args:
            requests: for the engine; their seeds and settings are taken as checked. Those
                without a gain in their settings get their timbre's own.
            on_progress: called with the fraction done; answering False cancels.
            on_remark: called with what is odd about a gain.

        Returns:
            A take for each request; its provenance names no recipe and no preset.

        Raises:
            Cancelled: if ``on_progress`` said so.
        """
        began = time.perf_counter()
        limits = [tuple(self.engine.limits(request)) for request in requests]
        leveled = self.leveling_share(requests)
        gains_db = []
        for number, request in enumerate(requests):
            part = part_of(
                on_progress,
                leveled * number / len(requests),
                leveled * (number + 1) / len(requests),
            )
            gains_db.append(self.gain_db(request.embedding, request.settings, on_remark, part))
        with computing(self.engine.declaration.has_small_steps):
            rendered = self.engine.render(requests, part_of(on_progress, leveled, 1.0))
        render_s = time.perf_counter() - began
        return [
            Take(
                # Without a gain as it was before there were any: within full scale.
                amplified(audio, gain_db) if gain_db else fit_full_scale(audio),
                self.sample_rate,
                self._provenance(request, gain_db),
                unplayable,
                render_s,
            )
            for request, audio, unplayable, gain_db in zip(
                requests, rendered, limits, gains_db, strict=True
            )
        ]

    def repeat(
        self,
        provenance: Provenance,
        on_progress: ProgressCallback = always_continue,
        on_remark: RemarkCallback = ignore_remark,
    ) -> Take:
        """Render again what a file says it is.

        Args:
            provenance: from :func:`core.provenance.read_provenance`.
            on_progress: called with the fraction done; answering False cancels.
            on_remark: called with how it will differ, if the engine's sound was changed since.

        Raises:
            ModelMissing: if the file was rendered by other weights than these.
        """
        check_type(
            "the provenance", provenance, Provenance, "what core.provenance.read_provenance reads"
        )
        if provenance.model_sha256 != self.bundle.sha256:
            raise ModelMissing(
                f"the file was rendered by {provenance.model_id} {provenance.model_sha256[:12]}, "
                f"this machine has {self.bundle.id} {self.bundle.sha256[:12]}; "
                "`timbre models import` the bundle it was made with"
            )
        for change in _changes(self.engine.declaration, provenance):
            on_remark(change)
        settings = RenderSettings({**provenance.settings, GAIN.name: provenance.gain_db})
        request = RenderRequest(provenance.clip, provenance.embedding, settings, provenance.seed)
        (take,) = self.render_requests([request], on_progress)
        return _with_recipe(take, provenance.timbre, provenance.preset)

    def _provenance(self, request: RenderRequest, gain_db: float) -> Provenance:
        embedding: Embedding = request.embedding
        return Provenance(
            clip=request.clip,
            embedding=embedding,
            seed=request.seed,
            model_id=self.bundle.id,
            model_sha256=self.bundle.sha256,
            sample_rate=self.sample_rate,
            settings=RenderSettings(
                {name: value for name, value in request.settings.items() if name != GAIN.name}
            ),
            gain_db=gain_db,
            revision=self.engine.declaration.revision,
            program_version=program_version(),
            device=self.device,
        )


def _changes(engine: EngineDeclaration, provenance: Provenance) -> list[str]:
    """How an engine's sound differs from that of a file's: nothing, if it does not."""
    made_by = f"the file was made by version {provenance.program_version or 'unknown'}"
    if provenance.revision > engine.revision:
        return [f"{made_by}, whose sound differs from this one's; update to repeat it"]
    return [
        f"{made_by}; since then {change}" for change in engine.revisions[provenance.revision - 1 :]
    ]


def _check_item(
    number: int, item: RenderItem, on_remark: RemarkCallback
) -> tuple[Clip, Timbre, int]:
    if not isinstance(item, tuple | list) or len(item) != 3:
        raise wrong_type(f"item {number} to render", item, "a clip, a timbre and a seed")
    clip, timbre, seed = item
    return as_clip(clip, on_remark=on_remark), as_timbre(timbre), _check_seed(seed)


def _check_settings(settings: RenderSettings | None) -> RenderSettings:
    taken = "RenderSettings, or a mapping of names to numbers"
    check_type("settings", settings, (Mapping, type(None)), taken)
    return check_settings({} if settings is None else settings)


def _check_progress(on_progress: ProgressCallback) -> ProgressCallback:
    """A callback that is one; one that answers nothing, such as ``print``, cancels nothing."""
    taken = "a function of the fraction done, such as core.tqdm_progress()"
    if not callable(on_progress):
        raise wrong_type("on_progress", on_progress, taken)

    def answered(fraction: float) -> bool:
        answer: bool | None = on_progress(fraction)
        return answer is None or answer

    return answered


def _check_seed(seed: int) -> int:
    seed = whole_number("the seed", seed)
    if not 0 <= seed < 2**32:
        raise SettingsError(f"seed {seed} is outside 0–4294967295")
    return seed


def _with_recipe(take: Take, timbre: Timbre | None, preset: PresetVersion | None) -> Take:
    return replace(take, provenance=replace(take.provenance, timbre=timbre, preset=preset))
