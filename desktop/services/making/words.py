"""Presets by what words sound like: words become an embedding elsewhere, the search is here."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from core.library.presets import Neighbour
from core.models import DEFAULT_BUNDLE
from desktop.services.making.encoders import EncodersElsewhere
from desktop.services.making.listener import ListeningProcess

if TYPE_CHECKING:
    from core.library import Library
    from core.types import FloatArray
    from desktop.tasks import TaskControl

_MOST_WORDS = 200


class LibraryByWords:
    """A :class:`~desktop.services.making.interface.WordService`.

    Args:
        library: gives the library, opened.
        listener: knows where words lie.
        model: the bundle whose embeddings are compared.
    """

    def __init__(
        self,
        library: Callable[[], Library],
        listener: ListeningProcess,
        model: str = DEFAULT_BUNDLE,
    ) -> None:
        self._library, self._listener, self._model = library, listener, model
        self._encoders = EncodersElsewhere(listener)
        self._known: OrderedDict[str, FloatArray] = OrderedDict()

    def nearest(self, words: str, limit: int, control: TaskControl) -> Sequence[Neighbour]:
        """As the interface says."""
        from core.models.registry import Registry

        embedding = self._embedding(" ".join(words.split()), control)
        encoder = self._encoders.encoder_of(Registry().resolve(self._model))
        return self._library().similar(
            embedding, encoder, limit, on_progress=control.progress, on_stage=control.stage
        )

    def _embedding(self, words: str, control: TaskControl) -> FloatArray:
        import numpy as np

        if words not in self._known:
            answer = self._listener.ask(control, "words", words=words, model=self._model)
            self._known[words] = np.asarray(answer, np.float32)
        self._known.move_to_end(words)
        while len(self._known) > _MOST_WORDS:
            self._known.popitem(last=False)
        return self._known[words]
