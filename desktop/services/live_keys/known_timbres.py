"""From presets to embeddings and gains, for a player that must not wait for them twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from core.errors import UserInputError
from core.models import DEFAULT_BUNDLE
from core.types import FloatArray


class PresetDeleted(UserInputError):
    """A preset is gone that was to be played.

    Args:
        preset_id: of it.
    """

    def __init__(self, preset_id: str) -> None:
        super().__init__("a preset was deleted; undo that in Browse, or choose another")
        self.preset_id = preset_id


class KnownTimbres:
    """Keeps what was asked for; loads the model when something is first asked for.

    Args:
        tell: told what is being done, in words.
    """

    def __init__(self, tell: Callable[[str], object]) -> None:
        self._tell = tell
        self._synth: Any = None
        self._known: dict[tuple[str, int], tuple[FloatArray, float]] = {}

    @property
    def synth(self) -> Any:
        """The :class:`core.synthesizer.Synthesizer`, on one thread."""
        from core.library.embeddings.kept import KeptEmbeddings
        from core.progress import LOADING
        from core.synthesizer import Synthesizer

        if self._synth is None:
            self._tell(LOADING)
            import torch

            torch.set_num_threads(1)  # blocks are small: other threads would only be waited for
            self._synth = Synthesizer.load(DEFAULT_BUNDLE)
            self._synth.look_up = KeptEmbeddings().look_up
        return self._synth

    def of(self, preset_ids: Sequence[str]) -> list[tuple[FloatArray, float]]:
        """Embeddings of presets, float32 [512] of unit norm, and their gains, dB.

        Raises:
            PresetDeleted: if one of them is gone.
            TimbreError: if one of them cannot be listened to.
        """
        from core.library.errors import UnknownPreset
        from core.library.library import Library

        synth, found = self.synth, []
        with Library.open(model=None) as library:
            for preset_id in preset_ids:
                try:
                    preset = library.get(preset_id)
                except UnknownPreset as error:
                    raise PresetDeleted(preset_id) from error
                key = preset.id, preset.version
                if key not in self._known:
                    timbre = library.recipe(preset)
                    settings = library.with_gain(preset, synth.bundle.sha256, preset.settings)
                    embedding = synth.embed(timbre, on_stage=self._tell)
                    self._tell("making it as loud as others")
                    self._known[key] = embedding, synth.gain_db(embedding, settings)
                found.append(self._known[key])
        return found
