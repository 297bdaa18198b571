"""What a library does about measures: it keeps them, takes the user's word, and answers."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core.coercion.type_errors import real_number
from core.descriptors.adjectives import MeasuredRange, adjective_named
from core.errors import ModelError, SettingsError
from core.library import rows
from core.library.errors import LibraryUnusable
from core.library.measures import kept
from core.library.measures.lists import nearest_places
from core.library.presets import Neighbour, Preset, PresetMeasures
from core.library.reading import LibraryReader
from core.library.schema import PRESET
from core.library.search import PresetFilter, check_page

if TYPE_CHECKING:
    from sqlalchemy import Connection


class MeasuredLibrary(LibraryReader):
    """See :class:`core.library.library.Library`, which opens it."""

    def measures(self, preset_ids: Sequence[str]) -> Mapping[str, PresetMeasures]:
        """What presets measure as the library's model plays them; nothing is rendered for it.

        Args:
            preset_ids: of presets as they are now; those that are gone are left out.
        """
        with self._database.read() as connection:
            return kept.find(connection, preset_ids, self._model_sha256)

    def keep_measures(self, preset: Preset, measured: Mapping[str, float]) -> PresetMeasures:
        """Keep what a preset measures; a library that cannot be written does without.

        Args:
            preset: its version counts.
            measured: of the library's model, from :func:`core.descriptors.notes.describe`.
        """
        from core.library.measures.yardstick import places_of

        if not self._database.is_read_only:
            # It would only be measured again.
            with contextlib.suppress(LibraryUnusable), self._database.write() as connection:
                kept.keep(connection, preset, self._model_sha256, measured)
        found = self.measures([preset.id]).get(preset.id, PresetMeasures())
        if found.is_measured:
            return found
        return PresetMeasures(places_of(measured), found.edited, measured)

    def edit_place(self, name_or_id: str, adjective: str, place: float | None) -> PresetMeasures:
        """Say yourself where a preset stands between two adjectives; that wins over its measure.

        Args:
            name_or_id: the preset.
            adjective: the pair's name, such as ``brightness``.
            place: 0 (low) … 1 (high); None goes back to what was measured.

        Raises:
            SettingsError: if there is no such pair, or the place is out of range.
        """
        adjective_named(adjective)
        if place is not None:
            place = real_number("the place", place)
            if not (math.isfinite(place) and 0.0 <= place <= 1.0):
                raise SettingsError(f"a place between two adjectives is 0…1, not {place:g}")
        with self._database.write() as connection:
            row = rows.find_row(connection, name_or_id)
            kept.edit(connection, row.pk, adjective, place, self._model_sha256)
            return kept.find(connection, [row.id], self._model_sha256)[row.id]

    def similar_in(
        self,
        name_or_id: str,
        adjective: str,
        limit: int = 20,
        ranges: Sequence[MeasuredRange] = (),
        *,
        kind: str | None = None,
        tag: str | None = None,
        family: str | None = None,
        favourites: bool = False,
        mine: bool | None = None,
    ) -> tuple[Neighbour, ...]:
        """Presets that are nearest to one between two adjectives, whatever else they sound like.

        Args:
            name_or_id: the preset, which is left out of the answer.
            adjective: the pair's name, such as ``brightness``.
            limit: at most so many.
            ranges, kind, tag, family, favourites, mine: as in :meth:`list`.

        Returns:
            The nearest first; the similarity is 1 at the same place, 0 at the other end.

        Raises:
            SettingsError: if there is no such pair, or the preset was not measured yet.
        """
        adjective_named(adjective)
        preset = self.get(name_or_id)
        place = self.measures([preset.id])[preset.id].places.get(adjective)
        if place is None:
            raise SettingsError(f"{preset.name} was not measured yet, so nothing is near it")
        check_page(0, limit)
        narrowing = self._narrowing(ranges, is_ordered=True)
        conditions = PresetFilter(kind, tag, family, favourites, mine).walked()
        with self._database.read() as connection:
            found = nearest_places(
                connection,
                adjective,
                place,
                narrowing,
                [*conditions, PRESET.c.id != preset.id],
                limit,
            )
            presets = rows.fetch(connection, [pk for pk, _ in found])
        near = zip(presets, found, strict=True)
        return tuple(Neighbour(one, 1.0 - distance) for one, (_, distance) in near)

    def not_measured(self) -> int:
        """How many presets have no place between adjectives, so that no range finds them."""
        self._narrowing((), is_ordered=True)
        with self._database.read() as connection:
            return kept.count_without(connection, self._model_sha256)

    def _place_anew(self, connection: Connection, pks: Sequence[int]) -> None:
        """Let presets be found by what is known of their sounds, which are new or others now.

        Args:
            connection: inside a write transaction.
            pks: the presets' keys.
        """
        if kept.are_made(connection):
            with contextlib.suppress(ModelError):  # nothing is found by a model that is not here
                kept.refresh(connection, pks, self._model_sha256)
