"""The presets of the user's library, for the window. Opened when they are first asked for."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core import paths
from core.errors import AudioError, SettingsError
from core.library.presets import (
    ImportedPresets,
    Neighbour,
    Preset,
    PresetBlend,
    PresetMixture,
    PresetPage,
)
from core.models import DEFAULT_BUNDLE
from core.timbre import AudioTimbre, Timbre
from desktop.services.comparing.library import PICTURE_PHRASE, LibraryComparing, TimbreRender
from desktop.services.interfaces import (
    MOST_LIKE,
    BlendPart,
    BlendRecipe,
    PresetDetails,
    PresetQuery,
)
from desktop.services.making.encoders import EncodersElsewhere
from desktop.services.measures.conditions import conditions_of
from desktop.services.measures.library import PresetRender

if TYPE_CHECKING:
    from core.encoders.base import TimbreEncoder
    from core.library import Library
    from core.library.recipes import StoredRecipe
    from core.library.timbre_map.points import MapPoints
    from core.types import FloatArray
    from desktop.tasks import TaskControl


_SUFFIX = ".timbre"


class LibraryPresets(LibraryComparing):
    """A :class:`desktop.services.interfaces.PresetService` over :class:`core.library.Library`.

    Args:
        path: the library; None is the user's own.
        model: the bundle whose embeddings and gains count; None listens to nothing.
        render: makes the sound that a picture is drawn of and that is measured; without it, only
            presets made of a recording have a picture.
        render_timbre: the same of earlier versions.
    """

    def __init__(
        self,
        path: Path | None = None,
        model: str | None = DEFAULT_BUNDLE,
        render: PresetRender | None = None,
        render_timbre: TimbreRender | None = None,
    ) -> None:
        super().__init__(render, render_timbre)
        self._path, self._model = path, model
        self._pictures = paths.cache_dir() / "pictures"
        self._opening = threading.Lock()
        self._opened: Library | None = None
        self._encoders = EncodersElsewhere()

    @property
    def library(self) -> Library:
        """The library; slow when first asked for.

        Raises:
            LibraryUnusable: if it cannot be opened; the next call tries again.
        """
        with self._opening:
            if self._opened is None:
                from core.library import Library

                self._opened = Library.open(
                    self._path, model=self._model, encoder_of=self._encoders.encoder_of
                )
            return self._opened

    def close(self) -> None:
        """Let go of the file."""
        with self._opening:
            if self._opened is not None:
                self._opened.close()
                self._opened = None
        self._encoders.close()

    def page(self, query: PresetQuery, offset: int, limit: int) -> PresetPage:
        """See :class:`~desktop.services.interfaces.PresetService`, as all that follow."""
        wanted = conditions_of(query)
        if query.text.strip():
            return self.library.search(query.text, offset, limit, **wanted)
        return self.library.list(offset, limit, order=query.order, **wanted)

    def neighbours(self, preset_id: str, limit: int, control: TaskControl) -> Sequence[Neighbour]:
        return self.alike(PresetQuery(like=preset_id), limit, control)

    def alike(self, query: PresetQuery, limit: int, control: TaskControl) -> Sequence[Neighbour]:
        wanted = conditions_of(query)
        if query.aspect:
            known = self.library.measures([query.like]).get(query.like)
            if known is not None and query.aspect not in known.places:
                control.stage("measuring")
                self.measure(query.like, control)
            return self.library.similar_in(query.like, query.aspect, limit, **wanted)
        return self.library.similar(
            self.library.get(query.like),
            self._encoder(),
            limit,
            on_progress=control.progress,
            on_stage=control.stage,
            **wanted,
        )

    def map_points(self, query: PresetQuery, control: TaskControl) -> MapPoints | None:
        if query.like:
            presets = [near.preset for near in self.alike(query, MOST_LIKE, control)]
            return self.library.map_points_of(self._encoder(), presets)
        wanted = conditions_of(query)
        return self.library.map_points(self._encoder(), query.text, order=query.order, **wanted)

    def listen(self, control: TaskControl) -> int:
        update = self.library.update_embeddings(
            self._encoder(), on_progress=control.progress, on_stage=control.stage
        )
        if update.failed and not update.computed:
            name, reason = update.failed[0]
            raise AudioError(f"{name}: {reason}")
        return update.computed

    def tags(self) -> Sequence[tuple[str, int]]:
        return self.library.tags()

    def details(self, preset_id: str) -> PresetDetails:
        preset = self.library.get(preset_id)
        recipe = self.library.stored_recipe(preset)
        return PresetDetails(
            preset,
            tuple(recipe.lines()),
            tuple(self._parts(recipe)),
            tuple(self.versions(preset_id)),
            self._gain_db(preset),
            self.features([preset.id]).get(preset.id, ()),
        )

    def add(self, name: str, timbre: Timbre | PresetMixture, control: TaskControl) -> Preset:
        return self.library.add(name, timbre, on_progress=control.progress, on_stage=control.stage)

    def edit(
        self,
        preset_id: str,
        *,
        name: str | None = None,
        tags: Sequence[str] | None = None,
        rating: int | None = None,
        favourite: bool | None = None,
    ) -> Preset:
        return self.library.edit(
            preset_id, name=name, tags=tags, rating=rating, favourite=favourite
        )

    def blend_recipe(self, preset_id: str) -> BlendRecipe:
        return _blend_recipe(self.library, preset_id)

    def change_timbre(
        self, preset_id: str, timbre: Timbre | PresetBlend, control: TaskControl
    ) -> Preset:
        return self.library.edit(
            preset_id, timbre=timbre, on_progress=control.progress, on_stage=control.stage
        )

    def duplicate(self, preset_id: str) -> Preset:
        return self.library.duplicate(preset_id)

    def restore_version(self, preset_id: str, number: int) -> Preset:
        return self.library.restore_version(preset_id, number)

    def note_heard(self, preset_id: str) -> None:
        self.library.note_heard(preset_id)

    def remove(self, preset_id: str) -> Callable[[], Preset]:
        preset = self.library.discard(preset_id)
        return lambda: self.library.put_back(preset.id)

    def import_file(self, file: Path, control: TaskControl) -> ImportedPresets:
        """Take in an exported preset, or make one of a recording, called as its file."""
        if file.suffix.lower() == _SUFFIX:
            return self.library.import_file(
                file, on_progress=control.progress, on_stage=control.stage
            )
        from core.library.errors import NameTaken

        stem, count = file.stem[:110] or "recording", 1
        while True:
            name = stem if count == 1 else f"{stem} ({count})"
            try:
                made = self.add(name, AudioTimbre(file), control)
                return ImportedPresets(made, (made,))
            except NameTaken:
                count += 1

    def export_file(self, preset_id: str, folder: Path) -> Path:
        return self.library.export(preset_id, folder)

    def picture(self, preset_id: str, control: TaskControl) -> FloatArray | None:
        import numpy as np

        preset = self.library.get(preset_id)
        kept = self._pictures / f"{preset.id}-{preset.version}.npy"
        with contextlib.suppress(OSError, ValueError, EOFError):  # not there, or broken off
            return (np.load(kept, allow_pickle=False) / np.float32(255)).astype(np.float32)
        sound = self._sound(preset, control)
        if sound is None:
            return None
        from core.audio import read_audio
        from desktop.services.spectral_picture import SHOWN_S, spectral_picture

        picture = spectral_picture(*read_audio(sound, max_s=2 * SHOWN_S))
        if picture is not None:
            with contextlib.suppress(OSError):  # a cache: it is drawn again next time
                self._pictures.mkdir(parents=True, exist_ok=True)
                np.save(kept, np.round(picture * 255).astype(np.uint8))
        return picture

    def _encoder(self) -> TimbreEncoder:
        from core.models.registry import Registry

        return self._encoders.encoder_of(Registry().resolve(self._model or DEFAULT_BUNDLE))

    def _sound(self, preset: Preset, control: TaskControl) -> Path | None:
        if preset.kind == AudioTimbre.kind:
            recipe = self.library.recipe(preset)
            return recipe.path if isinstance(recipe, AudioTimbre) else None
        return None if self._render is None else self._render(preset.id, PICTURE_PHRASE, control)

    def _parts(self, recipe: StoredRecipe) -> list[str]:
        from core.library import recipe_tree
        from core.library.errors import UnknownPreset

        parts: list[str] = []
        for part in recipe_tree.presets_in(recipe):
            with contextlib.suppress(UnknownPreset):  # removed since; its recipe stayed
                parts.append(self.library.get(part.preset_id).name)
        return list(dict.fromkeys(parts))

    def _gain_db(self, preset: Preset) -> float | None:
        from core.errors import TimbreError
        from core.models.registry import Registry
        from core.settings import GAIN

        try:
            sha256 = Registry().resolve(self._model or DEFAULT_BUNDLE).sha256
        except TimbreError:  # no model, no gain; the models page says what is wrong with it
            return None
        settings = self.library.with_gain(preset, sha256, preset.settings)
        gain_db = settings.get(GAIN.name)
        return None if gain_db is None else float(gain_db)


def _blend_recipe(library: Library, preset_id: str) -> BlendRecipe:
    from core.library.recipes import PinnedPreset, StoredBlend

    preset = library.get(preset_id)
    recipe = library.stored_recipe(preset)
    if not isinstance(recipe, StoredBlend):
        raise SettingsError(f"{preset.name} is no blend; choose one that is, or begin a new one")
    parts, remarks = [], []
    for part, weight in recipe.parts:
        if not isinstance(part, PinnedPreset):
            raise SettingsError(
                f"{preset.name} cannot be edited here: {part.summary()} in it is no preset, or "
                "none any more; make one of it, and begin a new blend"
            )
        now = library.get(part.preset_id)
        if now.version != part.number:
            remarks.append(
                f"{now.name} has changed since (version {part.number} then, {now.version} now); "
                "kept anew, the blend takes it as it is now"
            )
        parts.append(BlendPart(now.id, now.name, weight))
    return BlendRecipe(preset, tuple(parts), recipe.mode, tuple(remarks))
