"""What may be asked of a library about the map."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from core.descriptors.adjectives import ADJECTIVE_WORDS, MeasuredRange
from core.library import rows, search
from core.library.presets import Preset, PresetOrder
from core.library.reading import LibraryReader

if TYPE_CHECKING:
    from core.encoders.base import TimbreEncoder
    from core.library.timbre_map.placing import PlacedVectors
    from core.library.timbre_map.points import MapPoints


class LibraryMapper(LibraryReader):
    """See :class:`core.library.library.Library`, which opens it."""

    def map_points(
        self,
        encoder: TimbreEncoder,
        query: str = "",
        *,
        order: PresetOrder = "name",
        kind: str | None = None,
        tag: str | None = None,
        family: str | None = None,
        favourites: bool = False,
        mine: bool | None = None,
        ranges: Sequence[MeasuredRange] = (),
    ) -> MapPoints | None:
        """Where the presets of a list stand on the map, in its order; nothing is listened to.

        Args:
            encoder: whose embeddings count.
            query: words, as in :meth:`search`; none for every preset.
            order, kind, tag, family, favourites, mine, ranges: as in :meth:`list`.

        Returns:
            The points; None if no projection is known for the encoder's weights.

        Raises:
            SettingsError: if a value is out of range.
        """
        placed = self._placed(encoder)
        if placed is None:
            return None
        from core.library.timbre_map.placing import map_points

        narrowing = self._narrowing(ranges, is_ordered=order in ADJECTIVE_WORDS)
        wanted = search.PresetFilter(kind, tag, family, favourites, mine)
        sounding = self._sounding(query)
        with self._database.read() as connection:
            keys = search.keys(connection, query, order, wanted, narrowing, sounding)
            return map_points(connection, keys, self._listener.kept.of_encoder(encoder), placed)

    def map_points_of(self, encoder: TimbreEncoder, presets: Sequence[Preset]) -> MapPoints | None:
        """The same of some presets.

        Args:
            encoder: whose embeddings count.
            presets: in the order wanted.
        """
        placed = self._placed(encoder)
        if placed is None:
            return None
        from core.library.timbre_map.placing import map_points

        with self._database.read() as connection:
            keys = [rows.find_row(connection, preset.id).pk for preset in presets]
            return map_points(connection, keys, self._listener.kept.of_encoder(encoder), placed)

    def _placed(self, encoder: TimbreEncoder) -> PlacedVectors | None:
        from core.library.timbre_map.placing import PlacedVectors
        from core.library.timbre_map.projection import shipped_for

        if encoder.fingerprint not in self._places:
            projection = shipped_for(encoder.sha256)
            if projection is None:
                return None
            self._places[encoder.fingerprint] = PlacedVectors(projection)
        return self._places[encoder.fingerprint]

    @cached_property
    def _places(self) -> dict[str, PlacedVectors]:
        return {}
