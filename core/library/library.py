"""The library as the rest of the program sees it: one object, presets in and out.

What only reads is inherited from :mod:`core.library.reading`, what hears nothing new from
:mod:`core.library.keeping`. The work is done by the modules
beside this one; here files and rows come together, and each public method is one transaction.
A library may be used by several threads and processes at once.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from core import paths
from core.errors import AudioError, SettingsError
from core.library import rows, schema, store, transfer
from core.library.keeping import LibraryKeeper
from core.library.presets import (
    ImportedPresets,
    Preset,
    PresetBlend,
    PresetMixture,
    PresetMorph,
    check_rating,
    clean_name,
    clean_tags,
)
from core.library.recordings import StagedRecording
from core.models import DEFAULT_BUNDLE
from core.progress import (
    ProgressCallback,
    RemarkCallback,
    StageCallback,
    always_continue,
    ignore_remark,
    ignore_stage,
    part_of,
    report,
)
from core.settings import RenderSettings
from core.sqlite import BUSY_TIMEOUT_S, Database
from core.timbre import Timbre, TimbreLike, as_timbre

if TYPE_CHECKING:
    from core.encoders.base import AudioEncoding, TimbreEncoder
    from core.models.registry import Bundle


class Library(LibraryKeeper):
    """Named, versioned timbres.

    Make one with :meth:`open`. Where a preset is asked for, its name (in upper or lower
    case) or its id will do.

    Every method may raise :class:`~core.library.errors.LibraryUnusable` when the disk or
    the file keeps it from working, and then nothing was changed; methods that are given a
    name or id raise :class:`~core.library.errors.UnknownPreset` when there is no such preset.

    Attributes:
        path: the database; the folder ``NAME.recordings`` beside it holds the sounds.
    """

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str] | None = None,
        *,
        with_factory_bank: bool = True,
        model: str | None = DEFAULT_BUNDLE,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        encoder_of: Callable[[Bundle], TimbreEncoder] | None = None,
    ) -> Library:
        """Open a library, making it if it is not there.

        Args:
            path: the database; None is the user's own (:func:`core.paths.library_path`).
            with_factory_bank: put the factory presets into a library that is new.
            model: the bundle whose encoder listens to presets as they are made, so that nobody
                waits for it later; None leaves that until it is needed. So does a bundle that
                is not on this machine.
            busy_timeout_s: how long to wait for another process that is writing, seconds.
            encoder_of: gives the bundle's encoder; None loads it in this process.

        Raises:
            LibraryUnusable: if it is damaged, cannot be opened, or is not a library.
            LibraryNewer: if a newer program wrote it.
        """
        file = Path(path).absolute() if path is not None else paths.library_path()
        cache = paths.cache_dir() if path is None else file.with_suffix(".cache")
        library = cls(Database(file, schema.SCHEMA, busy_timeout_s), cache, model, encoder_of)
        is_new = not transfer.has_factory_bank(library._database)
        if with_factory_bank and is_new and not library._database.is_read_only:
            library.restore_factory()
        return library

    def close(self) -> None:
        """Let go of the file. Nothing is lost if this is never called."""
        self._database.close()

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def add(
        self,
        name: str,
        timbre: TimbreLike | PresetMixture,
        settings: RenderSettings | None = None,
        tags: Iterable[str] = (),
        *,
        rating: int = 0,
        favourite: bool = False,
        on_progress: ProgressCallback = always_continue,
        on_remark: RemarkCallback = ignore_remark,
        on_stage: StageCallback = ignore_stage,
    ) -> Preset:
        """Save a timbre under a name. Recordings are copied in, and listened to: seconds each.

        Args:
            name: 1–120 characters, unique in the library.
            timbre: the recipe.
            settings: how to decode.
            tags: up to 32, of 1–40 characters each.
            rating: 0 (none) – 5.
            favourite: the user's mark.
            on_progress: of the listening; answering False cancels.
            on_remark: called with what is to be said about recordings, a line each.
            on_stage: called with what is loaded or listened to.

        Raises:
            NameTaken: if another preset has the name.
            AudioError: if a recording cannot be used.
            OutputError: if a recording cannot be copied.
            SettingsError: if a name, tag, rating, weight, blend or morph is out of range.
            Cancelled: if ``on_progress`` said so; nothing was saved.
        """
        timbre = timbre if isinstance(timbre, PresetBlend | PresetMorph) else as_timbre(timbre)
        name, cleaned, rating = clean_name(name), clean_tags(tags), check_rating(rating)
        with self._database.write() as connection:  # before the listening, which takes long
            store.require_free(connection, name)
        heard = self._hear(timbre, on_progress, on_remark, on_stage)
        with (
            self._recordings.stage_timbre(timbre) as (recipe, staged),
            self._database.write() as connection,
        ):
            draft = store.Draft(
                name,
                rows.pin_presets(connection, recipe),
                settings or RenderSettings(),
                cleaned,
                rating,
                favourite,
            )
            pk = store.add(connection, draft)
            self._place_anew(connection, [pk])
            for recording in staged:
                recording.publish()
            preset, digest = rows.fetch_one(connection, pk), rows.row_of(connection, pk).digest
        self._keep(preset, digest, heard, on_remark, on_stage)
        return preset

    def edit(
        self,
        name_or_id: str,
        *,
        name: str | None = None,
        timbre: TimbreLike | PresetMixture | None = None,
        settings: RenderSettings | None = None,
        tags: Iterable[str] | None = None,
        rating: int | None = None,
        favourite: bool | None = None,
        on_progress: ProgressCallback = always_continue,
        on_remark: RemarkCallback = ignore_remark,
        on_stage: StageCallback = ignore_stage,
    ) -> Preset:
        """Change what is given; None leaves it as it is.

        Another timbre or other settings make a new version. Blends that hold the preset
        keep the version they were saved with.

        Args:
            name_or_id: the preset.
            name: another name.
            timbre: another recipe.
            settings: all of the new ones.
            tags: all of the new ones.
            rating: 0 (none) – 5.
            favourite: the user's mark.
            on_progress, on_remark, on_stage: as in :meth:`add`, of another timbre.

        Raises:
            BlendCycle: if the preset would contain itself.
            The errors of :meth:`add` besides.
        """
        if timbre is not None and not isinstance(timbre, PresetBlend | PresetMorph):
            timbre = as_timbre(timbre)
        changes = store.Changes(
            None if name is None else clean_name(name),
            settings=settings,
            tags=None if tags is None else clean_tags(tags),
            rating=None if rating is None else check_rating(rating),
            favourite=favourite,
        )
        with self._database.write() as connection:
            rows.find_row(connection, name_or_id)
        heard = None if timbre is None else self._hear(timbre, on_progress, on_remark, on_stage)
        with contextlib.ExitStack() as stack:
            staged: Iterable[StagedRecording] = ()
            if timbre is not None:
                recipe, staged = stack.enter_context(self._recordings.stage_timbre(timbre))
                changes = replace(changes, recipe=recipe)
            connection = stack.enter_context(self._database.write())
            pk = store.edit(connection, name_or_id, changes)
            if timbre is not None or settings is not None:
                self._place_anew(connection, [pk])
            for recording in staged:
                recording.publish()
            preset, digest = rows.fetch_one(connection, pk), rows.row_of(connection, pk).digest
        if timbre is not None:
            self._keep(preset, digest, heard, on_remark, on_stage)
        return preset

    def import_file(
        self,
        source: str | os.PathLike[str],
        on_progress: ProgressCallback = always_continue,
        on_remark: RemarkCallback = ignore_remark,
        on_stage: StageCallback = ignore_stage,
    ) -> ImportedPresets:
        """Take in what :meth:`export` wrote, all of it or nothing.

        A preset that is here already, with the same name, sound and settings, is used as it
        is; another with the same name gets a number after its name. New ones are listened to
        once they are there: breaking that off leaves it for later.

        Args:
            source: the file.
            on_progress: of the listening; answering False ends it.
            on_remark: called with what is to be said about recordings, a line each.
            on_stage: called with what is loaded or listened to.

        Returns:
            The preset that was exported, and those that were added with it.

        Raises:
            PresetFileError: if the file is damaged, not an export, or not a safe one.
            OutputError: if the library's disk is full.
        """
        presets, new = transfer.import_from(
            self._database, self._recordings, Path(source), self._place_anew
        )
        self._listen(presets, on_progress, on_remark, on_stage)
        return ImportedPresets(presets[-1], tuple(one for one in presets if one.id in new))

    def import_(
        self,
        source: str | os.PathLike[str],
        on_progress: ProgressCallback = always_continue,
        on_remark: RemarkCallback = ignore_remark,
        on_stage: StageCallback = ignore_stage,
    ) -> Preset:
        """As :meth:`import_file`; the preset that was exported."""
        return self.import_file(source, on_progress, on_remark, on_stage).preset

    def restore_factory(self) -> tuple[Preset, ...]:
        """Put the factory presets back: those removed, and those changed to what they were.

        Your own versions of them stay, as earlier versions; names, tags and ratings too.

        Returns:
            The factory presets.
        """
        return tuple(
            transfer.import_factory_bank(self._database, self._recordings, self._place_anew)
        )

    def _hear(
        self,
        timbre: Timbre | PresetMixture,
        on_progress: ProgressCallback,
        on_remark: RemarkCallback,
        on_stage: StageCallback,
    ) -> AudioEncoding | None:
        """Listen to what is to become a preset; presets in a blend were listened to already."""
        if self._model is None or isinstance(timbre, PresetBlend | PresetMorph):
            return None
        return self._listener.hear(timbre, on_progress, on_remark, on_stage)

    def _keep(
        self,
        preset: Preset,
        digest: bytes,
        heard: AudioEncoding | None,
        on_remark: RemarkCallback,
        on_stage: StageCallback,
    ) -> None:
        if heard is None:
            self._listen([preset], always_continue, on_remark, on_stage)
        else:
            self._listener.keep(digest, heard)

    def _listen(
        self,
        presets: Sequence[Preset],
        on_progress: ProgressCallback,
        on_remark: RemarkCallback,
        on_stage: StageCallback,
    ) -> None:
        """Listen to presets that are there, but for those whose embeddings are kept."""
        if self._model is None:
            return
        said: set[str] = set()

        def remark_once(line: str) -> None:  # a blend's recording may be a preset of its own
            if line not in said:
                said.add(line)
                on_remark(line)

        for index, preset in enumerate(presets):
            part = part_of(on_progress, index / len(presets), (index + 1) / len(presets))
            report(part, 0.0)
            with self._database.read() as connection:
                digest = rows.find_row(connection, preset.id).digest
            if self._listener.is_kept(digest):
                continue
            try:
                heard = self._listener.hear(self.recipe(preset), part, remark_once, on_stage)
                self._listener.keep(digest, heard)
            except (AudioError, SettingsError) as error:  # it is there, but cannot be played
                on_remark(f"{preset.name}: {error}")
        report(on_progress, 1.0)
