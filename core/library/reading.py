"""What may be asked of a library that is left as it is: the half of it that reads."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.coercion.type_errors import check_type
from core.descriptors.adjectives import ADJECTIVE_WORDS, MeasuredRange
from core.descriptors.features import features_in
from core.library import recipe_tree, rows, search, transfer
from core.library.errors import LibraryUnusable, UnknownPreset
from core.library.measures.lists import Narrowing
from core.library.presets import (
    Neighbour,
    Preset,
    PresetMorph,
    PresetOrder,
    PresetPage,
    PresetPoint,
    named_weights,
)
from core.library.recipes import PinnedPreset, StoredRecipe
from core.library.recordings import RecordingFolder
from core.library.search import PresetFilter
from core.models import DEFAULT_BUNDLE
from core.progress import (
    ProgressCallback,
    RemarkCallback,
    StageCallback,
    always_continue,
    ignore_remark,
    ignore_stage,
    part_of,
)
from core.settings import GAIN, RenderSettings
from core.sqlite import Database
from core.timbre import Blend, BlendMode, Timbre, TimbreLike, as_timbre

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from core.encoders.base import TimbreEncoder
    from core.library.embeddings.listener import PresetListener
    from core.library.embeddings.similar import EmbeddingUpdate
    from core.models.registry import Bundle
    from core.types import FloatArray

_UPDATED = 0.5
"""How far a search is when new presets have been listened to; then what it compares with is."""


class LibraryReader:
    """See :class:`core.library.library.Library`, which opens it.

    Args:
        database: the presets.
        cache: the folder of embeddings.
        model: the bundle whose encoder listens to new presets, or None.
        encoder_of: gives that encoder; None loads it in this process.
    """

    def __init__(
        self,
        database: Database,
        cache: Path,
        model: str | None,
        encoder_of: Callable[[Bundle], TimbreEncoder] | None = None,
    ) -> None:
        self.path = database.path
        self._database = database
        self._recordings = RecordingFolder(database.path.with_suffix(".recordings"))
        self._cache, self._model, self._encoder_of = cache, model, encoder_of

    def get(self, name_or_id: str) -> Preset:
        """The preset of a name or id."""
        with self._database.read() as connection:
            return rows.fetch_one(connection, rows.find_row(connection, name_or_id).pk)

    def list(
        self,
        offset: int = 0,
        limit: int = 50,
        *,
        order: PresetOrder = "name",
        kind: str | None = None,
        tag: str | None = None,
        family: str | None = None,
        favourites: bool = False,
        mine: bool | None = None,
        ranges: Sequence[MeasuredRange] = (),
    ) -> PresetPage:
        """A page of the presets that meet every given condition.

        Args:
            offset: presets before the page.
            limit: presets in the page, 1–1000.
            order: ``name``, ``mine`` (the user's own before the factory's, each by name),
                ``newest`` (last changed first), ``rating`` (best first), ``recent``
                (last heard first, see :meth:`.library.Library.note_heard`) or an adjective, such
                as ``dark``: what is most so first, what was not measured last.
            kind: only recordings, words, blends or morphs.
            tag: only presets with this tag.
            family: only presets with a tag that names it, of
                :data:`core.library.timbre_map.families.FAMILIES`.
            favourites: only favourites.
            mine: True leaves the factory's out, False all but these.
            ranges: only presets that were measured and are in all of these.

        Raises:
            SettingsError: if a value is out of range.
        """
        narrowing = self._narrowing(ranges, is_ordered=order in ADJECTIVE_WORDS)
        wanted = PresetFilter(kind, tag, family, favourites, mine)
        with self._database.read() as connection:
            return search.page(connection, offset, limit, order, wanted, narrowing)

    def search(
        self,
        query: str,
        offset: int = 0,
        limit: int = 50,
        *,
        kind: str | None = None,
        tag: str | None = None,
        family: str | None = None,
        favourites: bool = False,
        mine: bool | None = None,
        ranges: Sequence[MeasuredRange] = (),
    ) -> PresetPage:
        """Presets with every word of the query, or one that begins so, the best first.

        Name, tags and recipe are searched, and how presets sound: ``percussive`` also finds those
        that were measured to be, see :data:`core.descriptors.features.FEATURES`. Case and accents
        do not matter. An empty query finds everything, by name. Of more than 1000 matches, 1000
        are found: names that match first, the last saved on top.

        Args:
            query: words.
            offset: presets before the page.
            limit: presets in the page, 1–1000.
            kind, tag, family, favourites, mine, ranges: as in :meth:`list`.

        Raises:
            SettingsError: if a value is out of range.
        """
        narrowing, sounding = self._narrowing(ranges), self._sounding(query)
        wanted = PresetFilter(kind, tag, family, favourites, mine)
        with self._database.read() as connection:
            return search.search(connection, query, offset, limit, wanted, narrowing, sounding)

    def tags(self) -> Sequence[tuple[str, int]]:
        """Every tag with how many presets have it, the commonest first."""
        with self._database.read() as connection:
            return search.tags(connection)

    def stored_recipe(self, preset: Preset, version: int | None = None) -> StoredRecipe:
        """A recipe as it is kept: presets in a blend by name, id and version.

        Args:
            preset: its version counts.
            version: an earlier one.
        """
        number = preset.version if version is None else version
        with self._database.read() as connection:
            return rows.recipe_of(connection, PinnedPreset(preset.id, number, preset.name))

    def versions(self, name_or_id: str) -> Sequence[int]:
        """The numbers of a preset's versions, oldest first."""
        with self._database.read() as connection:
            return rows.versions_of(connection, rows.find_row(connection, name_or_id).pk)

    def version_facts(self, name_or_id: str) -> Sequence[tuple[int, datetime, str]]:
        """A preset's versions, oldest first: number, when made (UTC), and the recipe's line."""
        with self._database.read() as connection:
            return rows.version_facts(connection, rows.find_row(connection, name_or_id).pk)

    def likeness(
        self,
        first: Timbre,
        second: Timbre,
        encoder: TimbreEncoder,
        on_progress: ProgressCallback = always_continue,
        on_stage: StageCallback = ignore_stage,
    ) -> float:
        """How like each other two timbres are: the cosine between their embeddings, −1 … 1.

        Args:
            first, second: timbres.
            encoder: hears them.
            on_progress, on_stage: as in :meth:`similar`.

        Raises:
            Cancelled: if ``on_progress`` said so.
            AudioError: if a recording cannot be used.
        """
        from core.encoders.morphing import embedding_of
        from core.threads import computing

        look_up = self._listener.kept.look_up
        with computing(encoder.has_small_steps):
            one, other = (
                embedding_of(timbre, encoder, ignore_remark, look_up, part, on_stage)
                for timbre, part in (
                    (first, part_of(on_progress, 0.0, 0.5)),
                    (second, part_of(on_progress, 0.5, 1.0)),
                )
            )
        return min(1.0, max(-1.0, float(one @ other)))

    def similar(
        self,
        near: Preset | TimbreLike | FloatArray,
        encoder: TimbreEncoder,
        limit: int = 20,
        on_progress: ProgressCallback = always_continue,
        on_remark: RemarkCallback = ignore_remark,
        on_stage: StageCallback = ignore_stage,
        ranges: Sequence[MeasuredRange] = (),
        *,
        kind: str | None = None,
        tag: str | None = None,
        family: str | None = None,
        favourites: bool = False,
        mine: bool | None = None,
    ) -> tuple[Neighbour, ...]:
        """Presets that sound most like something, the nearest first.

        Embeddings that are missing for this encoder are computed first. Presets that have
        none (their recording is gone, say) are left out.

        Args:
            near: a preset (which is left out of the answer), or its name or id; a recording,
                words or a blend, in any form that :func:`core.as_timbre` takes; or an embedding
                of this encoder, float32 [512], unit norm. A string that is no preset is words.
            encoder: which embeddings to compare.
            limit: at most so many.
            on_progress: of the computing; answering False cancels.
            on_remark: called with what is to be said about a recording to compare with.
            on_stage: called with what is loaded or listened to.
            ranges, kind, tag, family, favourites, mine: as in :meth:`list`.

        Raises:
            Cancelled: if ``on_progress`` said so.
            AudioError: if the recording to compare with cannot be used.
        """
        from core.library.embeddings import similar

        near = self._near(near, encoder)
        search.check_page(0, limit)
        self.update_embeddings(encoder, part_of(on_progress, 0.0, _UPDATED), on_stage)
        return similar.similar(
            self._database,
            self._listener.kept,
            near,
            encoder,
            limit,
            self._timbre,
            on_remark,
            part_of(on_progress, _UPDATED, 1.0),
            on_stage,
            self._allowing(PresetFilter(kind, tag, family, favourites, mine), ranges),
        )

    def update_embeddings(
        self,
        encoder: TimbreEncoder,
        on_progress: ProgressCallback = always_continue,
        on_stage: StageCallback = ignore_stage,
    ) -> EmbeddingUpdate:
        """Compute the embeddings that are missing for an encoder; quick when none is.

        Args:
            encoder: turns recipes into embeddings.
            on_progress: called with the fraction done; answering False cancels.
            on_stage: called with what is being done, if anything is missing.

        Raises:
            Cancelled: if ``on_progress`` said so; what was computed is kept.
        """
        from core.library.embeddings import similar

        return similar.update_embeddings(
            self._database, self._listener.kept, encoder, self._timbre, on_progress, on_stage
        )

    def recipe(self, preset: Preset | str, version: int | None = None) -> Timbre:
        """What to render: recordings are files in the library, blends of presets are blends.

        Args:
            preset: a preset (then its version counts), or a name or id (the current one).
            version: an earlier one.

        Raises:
            AudioError: if a recording is missing from the library.
        """
        if not isinstance(preset, Preset):
            preset = self.get(preset)
        number = preset.version if version is None else version
        return self._timbre(PinnedPreset(preset.id, number, preset.name))

    def resolve_blend(
        self,
        pairs: Mapping[str, float] | Sequence[tuple[str, float]],
        mode: BlendMode = "slerp",
    ) -> Blend:
        """A blend of presets to render at once, without saving it.

        Args:
            pairs: weights by name or id, or pairs of them as :func:`core.timbre.parse_blend`
                gives them.
            mode: as in :class:`core.timbre.Blend`.

        Raises:
            SettingsError: if a weight or the number of parts is out of range.
        """
        named = named_weights(pairs)
        return Blend(tuple((self.recipe(name), weight) for name, weight in named), mode)

    def resolve_morph(
        self, points: Mapping[Any, Any] | Iterable[tuple[float, PresetPoint]]
    ) -> Timbre:
        """A morph of presets to render at once, without saving it.

        Args:
            points: of presets and blends of them, as :func:`core.timbre.parse_morph` gives them.

        Raises:
            SettingsError: if a position, a weight or a number of parts is out of range, or a
                preset is a morph itself.
        """
        with self._database.read() as connection:
            recipe = rows.pin_presets(connection, PresetMorph(points))
            return self._expanded(connection, recipe)

    def with_gain(
        self, preset: Preset, model_sha256: str, settings: RenderSettings
    ) -> RenderSettings:
        """Settings of a render with the gain that is kept for a preset, if there is one.

        Args:
            preset: its version counts.
            model_sha256: of the bundle that renders.
            settings: of the render; a gain in them stays.
        """
        from core.library import gains

        if GAIN.name in settings:
            return settings
        with self._database.read() as connection:
            gain_db = gains.find(connection, preset, model_sha256, settings)
        return settings if gain_db is None else RenderSettings(settings, gain=gain_db)

    def export(
        self, name_or_id: str, target: str | os.PathLike[str], *, force: bool = False
    ) -> Path:
        """Write a preset into one file, with its recordings and the presets it is made of.

        Args:
            name_or_id: the preset.
            target: the file, or a folder to put ``NAME.timbre`` into.
            force: replace a file that is there.

        Returns:
            The file.

        Raises:
            OutputError: if it cannot be written, or is there already.
            AudioError: if a recording is missing from the library.
        """
        return transfer.export_to(
            self._database, self._recordings, name_or_id, Path(target), force=force
        )

    @cached_property
    def _model_sha256(self) -> str:
        """Of the bundle by whose sound presets are measured."""
        from core.models.registry import Registry

        return Registry().resolve(self._model or DEFAULT_BUNDLE).sha256

    def _narrowing(self, ranges: Sequence[MeasuredRange], *, is_ordered: bool = False) -> Narrowing:
        """What a search by ranges or an order by an adjective needs, its places made if missing."""
        if not ranges and not is_ordered:
            return Narrowing()
        from core.library.measures import kept
        from core.library.measures.yardstick import place_basis

        with self._database.read() as connection:
            is_ready = kept.is_up_to_date(connection, self._model_sha256)
        if not is_ready and not self._database.is_read_only:
            # Another program may be writing for long: then what is there is found.
            with contextlib.suppress(LibraryUnusable), self._database.write() as connection:
                kept.bring_up_to_date(connection, self._model_sha256)
        # A range that holds everything asks nothing: presets without a place stay in.
        narrowed = tuple(one for one in ranges if not one.is_whole)
        return Narrowing(narrowed, place_basis(self._model_sha256))

    def _sounding(self, query: str) -> Narrowing:
        """The ranges of the features that a query names."""
        named, _ = features_in(query) if isinstance(query, str) else ((), "")
        if not named:
            return Narrowing()
        from core.library.measures.yardstick import ranges_of

        return self._narrowing([one for feature in named for one in ranges_of(feature)])

    def _allowing(
        self, wanted: PresetFilter, ranges: Sequence[MeasuredRange]
    ) -> Callable[[Connection], frozenset[int]] | None:
        """What gives the keys of presets that meet conditions; None if there is no condition."""
        narrowing = self._narrowing(ranges)
        if wanted == PresetFilter() and not narrowing.ranges:
            return None
        return lambda connection: frozenset(search.keys(connection, "", "name", wanted, narrowing))

    def _near(
        self, near: Preset | TimbreLike | FloatArray, encoder: TimbreEncoder
    ) -> Preset | Timbre | FloatArray:
        import numpy as np

        from core.encoders.base import TimbreEncoder
        from core.types import EMBEDDING_DIM

        check_type("the encoder", encoder, TimbreEncoder, "one, such as Synthesizer.encoder")
        if isinstance(near, str):
            try:
                return self.get(near)
            except UnknownPreset:
                return as_timbre(near)
        if isinstance(near, np.ndarray) and near.shape == (EMBEDDING_DIM,):
            return near.astype(np.float32, copy=False)
        return near if isinstance(near, Preset) else as_timbre(near)

    def _timbre(self, version: PinnedPreset) -> Timbre:
        with self._database.read() as connection:
            return self._expanded(connection, rows.recipe_of(connection, version))

    def _expanded(self, connection: Connection, recipe: StoredRecipe) -> Timbre:
        expanded = recipe_tree.expand(recipe, lambda part: rows.recipe_of(connection, part))
        return expanded.to_timbre(self._recordings.require)

    @cached_property
    def _listener(self) -> PresetListener:
        from core.library.embeddings.kept import KeptEmbeddings
        from core.library.embeddings.listener import PresetListener

        return PresetListener(self._model, KeptEmbeddings(self._cache), self._encoder_of)
