"""Timbre Bridge's core: clips, timbres, engines, and the one façade over them.

Names are resolved on first use, so that ``import core`` costs nothing:
the command line must answer ``--help`` without loading a neural network.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.clip import Clip as Clip
    from core.clip import Note as Note
    from core.coercion.arrays import AudioLike as AudioLike
    from core.library.library import Library as Library
    from core.midi.scores import ClipLike as ClipLike
    from core.midi.scores import as_clip as as_clip
    from core.notebooks.progress_bar import tqdm_progress as tqdm_progress
    from core.settings import RenderSettings as RenderSettings
    from core.synthesizer import Synthesizer as Synthesizer
    from core.takes.take import Take as Take
    from core.timbre import AudioTimbre as AudioTimbre
    from core.timbre import Blend as Blend
    from core.timbre import Morph as Morph
    from core.timbre import TextTimbre as TextTimbre
    from core.timbre import TimbreLike as TimbreLike
    from core.timbre import as_timbre as as_timbre

_HOME_OF = {
    "AudioLike": "core.coercion.arrays",
    "AudioTimbre": "core.timbre",
    "Blend": "core.timbre",
    "Clip": "core.clip",
    "ClipLike": "core.midi.scores",
    "Library": "core.library.library",
    "Morph": "core.timbre",
    "Note": "core.clip",
    "RenderSettings": "core.settings",
    "Synthesizer": "core.synthesizer",
    "Take": "core.takes.take",
    "TextTimbre": "core.timbre",
    "TimbreLike": "core.timbre",
    "as_clip": "core.midi.scores",
    "as_timbre": "core.timbre",
    "tqdm_progress": "core.notebooks.progress_bar",
}
__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'core' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted({*(name for name in globals() if name.startswith("__")), *__all__})
