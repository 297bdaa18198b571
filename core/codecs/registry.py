"""The table of codecs.

To add one, write its module, and add its line here. An entry names the function that takes
the path of a weights file and a device and gives the :class:`~core.codecs.base.Codec`; it is
imported when an engine asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from core.errors import ModelDamaged

if TYPE_CHECKING:
    from core.codecs.base import Codec

CODECS: Mapping[str, str] = {
    "dac": "core.codecs.dac:load",
}


def load_codec(name: str, path: Path, device: str = "cpu") -> Codec:
    """A codec with the weights of a file.

    Args:
        name: in :data:`CODECS`.
        path: of the weights.
        device: where it runs.

    Raises:
        ModelDamaged: if there is no such codec, or the file is not what it should be.
    """
    if name not in CODECS:
        raise ModelDamaged(f"there is no codec {name!r} here; this version has {', '.join(CODECS)}")
    codec: Codec = resolve_name(CODECS[name])(path, device)
    return codec
