"""Embeddings of presets, computed when the presets are made: nobody waits for them later."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from core.encoders.base import AudioEncoding, TimbreEncoder
from core.encoders.morphing import embedding_of
from core.errors import ModelError, OutputError
from core.library.embeddings.kept import KeptEmbeddings
from core.loading import deferred_encoder
from core.models.registry import Bundle, Registry
from core.progress import ProgressCallback, RemarkCallback, StageCallback, report
from core.timbre import Timbre


@dataclass
class PresetListener:
    """Listens with one model's encoder and keeps what it said.

    A model that is not on this machine, or damaged, keeps nobody from making presets: their
    embeddings are computed when they are first needed, and then it is said.

    Attributes:
        model: a bundle's id; None hears nothing.
        kept: what was said before.
        encoder_of: the encoder of a bundle; None loads it in this process.
    """

    model: str | None
    kept: KeptEmbeddings
    encoder_of: Callable[[Bundle], TimbreEncoder] | None = None

    @cached_property
    def encoder(self) -> TimbreEncoder | None:
        """The model's, loaded when it first has to listen; None if there is none."""
        if self.model is None:
            return None
        try:
            return (self.encoder_of or deferred_encoder)(Registry().resolve(self.model))
        except ModelError:
            return None

    def hear(
        self,
        timbre: Timbre,
        on_progress: ProgressCallback,
        on_remark: RemarkCallback,
        on_stage: StageCallback,
    ) -> AudioEncoding | None:
        """What the encoder says of a timbre; None if it cannot be asked here.

        Args:
            timbre: to be kept as a preset.
            on_progress: called with the fraction done; answering False cancels.
            on_remark: called with what is to be said about recordings, a line each.
            on_stage: called with what is loaded or listened to.

        Raises:
            AudioError: if a recording cannot be used.
            SettingsError: if the parts of a linear blend cancel out.
            Cancelled: if ``on_progress`` said so.
        """
        if self.encoder is None:
            return None
        remarks: list[str] = []
        report(on_progress, 0.0)
        known = self.kept.look_up(timbre, self.encoder)
        if known is not None:  # heard before it was to be kept: torch need not be loaded
            for remark in known.remarks:
                on_remark(remark)
            report(on_progress, 1.0)
            return known
        try:
            with self.encoder.computing():
                embedding = embedding_of(
                    timbre,
                    self.encoder,
                    remarks.append,
                    self.kept.look_up,
                    on_progress,
                    on_stage,
                )
        except ModelError:
            return None
        report(on_progress, 1.0)
        for remark in remarks:
            on_remark(remark)
        return AudioEncoding(embedding, tuple(remarks))

    def keep(self, digest: bytes, heard: AudioEncoding | None) -> None:
        """Keep what :meth:`hear` gave, unless it is kept already.

        Args:
            digest: of the recipe as the library stores it.
            heard: None is passed over.
        """
        if heard is None or self.encoder is None or self.is_kept(digest):
            return
        # The preset is safe by then; without the cache it is listened to again.
        with contextlib.suppress(OutputError):
            self.kept.keep({digest: heard}, self.encoder)

    def is_kept(self, digest: bytes) -> bool:
        """Whether there is nothing to listen for."""
        return self.encoder is None or self.kept.find(digest, self.encoder) is not None
