"""Timbre Bridge's core: clips, timbres, engines, and the one façade over them.

Names are resolved on first use, so that ``import core`` costs nothing:
the command line must answer ``--help`` without loading a neural network.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.clip import Clip as Clip
    from core.clip import Note as Note
    from core.synthesizer import Synthesizer as Synthesizer
    from core.synthesizer import Take as Take
    from core.timbre import AudioTimbre as AudioTimbre
    from core.timbre import Blend as Blend
    from core.timbre import TextTimbre as TextTimbre

_HOME_OF = {
    "AudioTimbre": "core.timbre",
    "Blend": "core.timbre",
    "Clip": "core.clip",
    "Note": "core.clip",
    "Synthesizer": "core.synthesizer",
    "Take": "core.synthesizer",
    "TextTimbre": "core.timbre",
}
__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'core' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)
