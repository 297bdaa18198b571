"""The library as the rest of the program sees it: one object, presets in and out.

The work is done by the modules beside this one; here files and rows come together, and
each public method is one transaction. A library may be used by several threads and
processes at once.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from core import paths
from core.encoders.base import TimbreEncoder
from core.encoders.embed import resolve
from core.files import refuse_existing, refuse_inputs
from core.library import (
    archive,
    factory,
    gains,
    manifest,
    recipe_tree,
    rows,
    schema,
    search,
    similar,
    store,
    transfer,
)
from core.library.presets import (
    Neighbour,
    Preset,
    PresetBlend,
    PresetOrder,
    PresetPage,
    check_rating,
    clean_name,
    clean_tags,
)
from core.library.recipes import PinnedPreset
from core.library.recordings import RecordingFolder, StagedRecording
from core.library.similar import EmbeddingUpdate
from core.library.vectors import VectorFile
from core.progress import ProgressCallback, always_continue
from core.settings import GAIN, RenderSettings
from core.sqlite import BUSY_TIMEOUT_S, Database
from core.timbre import Blend, BlendMode, Timbre
from core.types import FloatArray


class Library:
    """Named, versioned timbres.

    Make one with :meth:`open`. Where a preset is asked for, its name (in upper or lower
    case) or its id will do.

    Every method may raise :class:`~core.library.errors.LibraryUnusable` when the disk or
    the file keeps it from working, and then nothing was changed; methods that are given a
    name or id raise :class:`~core.library.errors.UnknownPreset` when there is no such preset.

    Attributes:
        path: the database; the folder ``NAME.recordings`` beside it holds the sounds.
    """

    def __init__(self, database: Database, cache: Path) -> None:
        self.path = database.path
        self._database = database
        self._recordings = RecordingFolder(database.path.with_suffix(".recordings"))
        self._cache = cache
        self._vector_files: dict[Path, VectorFile] = {}

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str] | None = None,
        *,
        with_factory_bank: bool = True,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
    ) -> Library:
        """Open a library, making it if it is not there.

        Args:
            path: the database; None is the user's own (:func:`core.paths.library_path`).
            with_factory_bank: put the factory presets into a library that is new.
            busy_timeout_s: how long to wait for another process that is writing, seconds.

        Raises:
            LibraryUnusable: if it is damaged, cannot be opened, or is not a library.
            LibraryNewer: if a newer program wrote it.
        """
        file = Path(path).absolute() if path is not None else paths.library_path()
        cache = paths.cache_dir() if path is None else file.with_suffix(".cache")
        library = cls(Database(file, schema.SCHEMA, busy_timeout_s), cache)
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

    # Presets

    def add(
        self,
        name: str,
        timbre: Timbre | PresetBlend,
        settings: RenderSettings | None = None,
        tags: Iterable[str] = (),
        *,
        rating: int = 0,
        favourite: bool = False,
    ) -> Preset:
        """Save a timbre under a name. Recordings are copied in.

        Args:
            name: 1–120 characters, unique in the library.
            timbre: the recipe.
            settings: how to decode.
            tags: up to 32, of 1–40 characters each.
            rating: 0 (none) – 5.
            favourite: the user's mark.

        Raises:
            NameTaken: if another preset has the name.
            AudioError: if a recording cannot be used.
            OutputError: if a recording cannot be copied.
            SettingsError: if a name, tag, rating, weight or blend is out of range.
        """
        name, cleaned, rating = clean_name(name), clean_tags(tags), check_rating(rating)
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
            for recording in staged:
                recording.publish()
            return rows.fetch_one(connection, pk)

    def get(self, name_or_id: str) -> Preset:
        """The preset of a name or id."""
        with self._database.read() as connection:
            return rows.fetch_one(connection, rows.find_row(connection, name_or_id).pk)

    def edit(
        self,
        name_or_id: str,
        *,
        name: str | None = None,
        timbre: Timbre | PresetBlend | None = None,
        settings: RenderSettings | None = None,
        tags: Iterable[str] | None = None,
        rating: int | None = None,
        favourite: bool | None = None,
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

        Raises:
            BlendCycle: if the preset would contain itself.
            The errors of :meth:`add` besides.
        """
        changes = store.Changes(
            None if name is None else clean_name(name),
            settings=settings,
            tags=None if tags is None else clean_tags(tags),
            rating=None if rating is None else check_rating(rating),
            favourite=favourite,
        )
        with contextlib.ExitStack() as stack:
            staged: Iterable[StagedRecording] = ()
            if timbre is not None:
                recipe, staged = stack.enter_context(self._recordings.stage_timbre(timbre))
                changes = replace(changes, recipe=recipe)
            connection = stack.enter_context(self._database.write())
            pk = store.edit(connection, name_or_id, changes)
            for recording in staged:
                recording.publish()
            return rows.fetch_one(connection, pk)

    def remove(self, name_or_id: str) -> Preset:
        """Remove a preset and its versions. Blends that hold it sound as before.

        Returns:
            What it was.
        """
        with self._database.write() as connection:
            pk = rows.find_row(connection, name_or_id).pk
            removed = rows.fetch_one(connection, pk)
            freed = store.remove(connection, pk)
        # Files go last and under the lock: a preset that failed to go keeps its sound, and
        # one that came in between with the same recording does too.
        with self._database.write() as connection:
            for recording in freed:
                if not rows.in_use(connection, recording):
                    self._recordings.remove(recording)
        return removed

    # Finding

    def list(
        self,
        offset: int = 0,
        limit: int = 50,
        *,
        order: PresetOrder = "name",
        kind: str | None = None,
        tag: str | None = None,
        favourites: bool = False,
    ) -> PresetPage:
        """A page of the presets that meet every given condition.

        Args:
            offset: presets before the page.
            limit: presets in the page, 1–1000.
            order: ``name``, ``newest`` (last changed first) or ``rating`` (best first).
            kind: only recordings, words or blends.
            tag: only presets with this tag.
            favourites: only favourites.

        Raises:
            SettingsError: if a value is out of range.
        """
        with self._database.read() as connection:
            return search.page(connection, offset, limit, order, kind, tag, favourites)

    def search(self, query: str, offset: int = 0, limit: int = 50) -> PresetPage:
        """Presets with every word of the query, or one that begins so, the best first.

        Name, tags and recipe are searched; case and accents do not matter. An empty query
        finds everything, by name. Of more than 1000 matches, 1000 are found: names that
        match first, the last saved on top.

        Args:
            query: words.
            offset: presets before the page.
            limit: presets in the page, 1–1000.

        Raises:
            SettingsError: if a number is out of range.
        """
        with self._database.read() as connection:
            return search.search(connection, query, offset, limit)

    def similar(
        self,
        near: Preset | Timbre | FloatArray,
        encoder: TimbreEncoder,
        limit: int = 20,
        on_progress: ProgressCallback = always_continue,
    ) -> tuple[Neighbour, ...]:
        """Presets that sound most like something, the nearest first.

        Embeddings that are missing for this encoder are computed first. Presets that have
        none (their recording is gone, say) are left out.

        Args:
            near: a preset (which is left out of the answer), a recording, words or a
                blend, or an embedding of this encoder, float32 [512], unit norm.
            encoder: which embeddings to compare.
            limit: at most so many.
            on_progress: of the computing.

        Raises:
            Cancelled: if ``on_progress`` said so.
            AudioError: if the recording to compare with cannot be used.
        """
        search.check_page(0, limit)
        self.update_embeddings(encoder, on_progress)
        vectors = self._vectors(encoder).open()
        if isinstance(near, Preset):
            with self._database.read() as connection:
                digest = rows.find_row(connection, near.id).digest
            vector = vectors.find(digest)
            if vector is None:
                vector = resolve(self.recipe(near), encoder)
        elif isinstance(near, Timbre):
            vector = resolve(near, encoder)
        else:
            vector = near
        except_id = near.id if isinstance(near, Preset) else None
        with self._database.read() as connection:
            return similar.nearest(connection, vectors, vector, limit, except_id)

    def update_embeddings(
        self, encoder: TimbreEncoder, on_progress: ProgressCallback = always_continue
    ) -> EmbeddingUpdate:
        """Compute the embeddings that are missing for an encoder; quick when none is.

        Args:
            encoder: turns recipes into embeddings.
            on_progress: called for each embedding; answering False cancels.

        Raises:
            Cancelled: if ``on_progress`` said so; what was computed is kept.
        """
        return similar.update_embeddings(
            self._database, self._vectors(encoder), encoder, self._timbre, on_progress
        )

    # Timbres

    def recipe(self, preset: Preset | str, version: int | None = None) -> Timbre:
        """What to render: recordings are files in the library, blends of presets are blends.

        Args:
            preset: a preset (then its version counts), or a name or id (the current one).
            version: an earlier one.

        Raises:
            AudioError: if a recording is missing from the library.
        """
        if isinstance(preset, str):
            preset = self.get(preset)
        number = preset.version if version is None else version
        return self._timbre(PinnedPreset(preset.id, number, preset.name))

    def resolve_blend(self, pairs: Sequence[tuple[str, float]], mode: BlendMode = "slerp") -> Blend:
        """A blend of presets to render at once, without saving it.

        Args:
            pairs: names or ids with weights, as :func:`core.timbre.parse_blend` gives them.
            mode: as in :class:`core.timbre.Blend`.

        Raises:
            SettingsError: if a weight or the number of parts is out of range.
        """
        return Blend(tuple((self.recipe(name), weight) for name, weight in pairs), mode)

    def with_gain(
        self, preset: Preset, model_sha256: str, settings: RenderSettings
    ) -> RenderSettings:
        """Settings of a render with the gain that is kept for a preset, if there is one.

        Args:
            preset: its version counts.
            model_sha256: of the bundle that renders.
            settings: of the render; a gain in them stays.
        """
        if GAIN.name in settings:
            return settings
        with self._database.read() as connection:
            gain_db = gains.find(connection, preset, model_sha256, settings)
        return settings if gain_db is None else RenderSettings(settings, gain=gain_db)

    def keep_gain(self, preset: Preset, model_sha256: str, gain_db: float) -> None:
        """Keep what :meth:`with_gain` gives; a library that can be read only does without.

        Args:
            preset: its version counts.
            model_sha256: of the bundle that rendered.
            gain_db: as it was measured with the preset's own settings.
        """
        if not self._database.is_read_only:
            with self._database.write() as connection:
                gains.keep(connection, preset, model_sha256, gain_db)

    # In and out

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
        with self._database.read() as connection:
            row = rows.find_row(connection, name_or_id)
            entries = transfer.export_entries(
                connection, PinnedPreset(row.id, row.number, row.name)
            )
        file = Path(target)
        if file.is_dir():
            file = file / archive.default_name(row.name)
        files = {
            sha256: self._recordings.require(recording)
            for sha256, recording in manifest.recordings_of(entries).items()
        }
        recordings = {f"the recording {sha256}": path for sha256, path in files.items()}
        refuse_inputs(file, {"the library": self.path, **recordings})
        refuse_existing(file, force=force)
        archive.write(file, entries, files)
        return file

    def import_(self, source: str | os.PathLike[str]) -> Preset:
        """Take in what :meth:`export` wrote, all of it or nothing.

        A preset that is here already, with the same name, sound and settings, is used as it
        is; another with the same name gets a number after its name.

        Returns:
            The preset that was exported.

        Raises:
            PresetFileError: if the file is damaged, not an export, or not a safe one.
            OutputError: if the library's disk is full.
        """
        with tempfile.TemporaryDirectory(prefix="timbre-import-") as folder:
            entries, files = archive.unpack(Path(source), Path(folder))
            presets = transfer.import_entries(
                self._database, self._recordings, entries, files, str(source)
            )
            return presets[-1]

    def restore_factory(self) -> tuple[Preset, ...]:
        """Put the factory presets back: those removed, and those changed to what they were.

        Your own versions of them stay, as earlier versions; names, tags and ratings too.

        Returns:
            The factory presets.
        """
        entries, files = factory.load()
        return tuple(
            transfer.import_entries(
                self._database, self._recordings, entries, files, "the factory bank"
            )
        )

    # Inside

    def _timbre(self, version: PinnedPreset) -> Timbre:
        with self._database.read() as connection:
            recipe = rows.recipe_of(connection, version)
            expanded = recipe_tree.expand(recipe, lambda part: rows.recipe_of(connection, part))
        return expanded.to_timbre(self._recordings.require)

    def _vectors(self, encoder: TimbreEncoder) -> VectorFile:
        path = self._cache / "embeddings" / f"{encoder.sha256}.f32"
        return self._vector_files.setdefault(path, VectorFile(path))
