"""What is done to presets that are there and needs nobody to listen: copies, the trash, marks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from core.library import copies, rows, store, trash
from core.library.errors import LibraryUnusable
from core.library.measures.measured import MeasuredLibrary
from core.library.presets import Preset
from core.library.recipes import Recording
from core.library.timbre_map.library_mapper import LibraryMapper


class LibraryKeeper(MeasuredLibrary, LibraryMapper):
    """See :class:`core.library.library.Library`, which opens it."""

    def remove(self, name_or_id: str) -> Preset:
        """Remove a preset and its versions for good. Blends that hold it sound as before.

        Returns:
            What it was.
        """
        with self._database.write() as connection:
            pk = rows.find_row(connection, name_or_id).pk
            removed = rows.fetch_one(connection, pk)
            freed = store.remove(connection, pk)
        self._remove_unused(freed)
        return removed

    def discard(self, name_or_id: str) -> Preset:
        """Remove a preset so that :meth:`put_back` can bring it back for 30 days.

        Returns:
            What it was.
        """
        with self._database.write() as connection:
            pk = rows.find_row(connection, name_or_id).pk
            discarded = rows.fetch_one(connection, pk)
            freed = trash.discard(connection, pk)
        self._remove_unused(freed)
        return discarded

    def put_back(self, preset_id: str) -> Preset:
        """Make a discarded preset what it was: its id, versions, marks, and blends that name it.

        If another preset has its name by now it gets a number after it.

        Raises:
            UnknownPreset: if it was not discarded, or too long ago.
        """
        with self._database.write() as connection:
            pk = trash.put_back(connection, preset_id)
            self._place_anew(connection, [pk])  # the yardstick may be another by now
            return rows.fetch_one(connection, pk)

    def duplicate(self, name_or_id: str) -> Preset:
        """Save a preset once more, as it is now, with a number after its name.

        Returns:
            The copy.
        """
        with self._database.write() as connection:
            pk = copies.duplicate(connection, rows.find_row(connection, name_or_id).pk)
            self._place_anew(connection, [pk])
            return rows.fetch_one(connection, pk)

    def restore_version(self, name_or_id: str, number: int) -> Preset:
        """Make what a preset was at an earlier version its newest one.

        Args:
            name_or_id: the preset.
            number: of the version.

        Raises:
            UnknownPreset: if there is no such version.
        """
        with self._database.write() as connection:
            pk = rows.find_row(connection, name_or_id).pk
            copies.restore_version(connection, pk, number)
            self._place_anew(connection, [pk])
            return rows.fetch_one(connection, pk)

    def note_heard(self, name_or_id: str) -> None:
        """Note that a preset was heard just now; a library that can be read only does without."""
        if not self._database.is_read_only:
            with self._database.write() as connection:
                copies.note_heard(connection, rows.find_row(connection, name_or_id).pk)

    def keep_gain(self, preset: Preset, model_sha256: str, gain_db: float) -> None:
        """Keep what :meth:`with_gain` gives; a library that cannot be written does without.

        Args:
            preset: its version counts.
            model_sha256: of the bundle that rendered.
            gain_db: as it was measured with the preset's own settings.
        """
        from core.library import gains

        if self._database.is_read_only:
            return
        # It would only be measured again: no render is given up for it.
        with contextlib.suppress(LibraryUnusable), self._database.write() as connection:
            gains.keep(connection, preset, model_sha256, gain_db)

    def _remove_unused(self, recordings: Iterable[Recording]) -> None:
        # Files go last and under the lock: a preset that failed to go keeps its sound, and
        # one that came in between with the same recording does too.
        with self._database.write() as connection:
            for recording in recordings:
                if not rows.in_use(connection, recording):
                    self._recordings.remove(recording)
