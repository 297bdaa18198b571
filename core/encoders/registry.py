"""The table of timbre encoders.

To add one, write its folder, and add its line here. Modules are imported when a bundle asks for
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class EncoderEntry:
    """An encoder in the table.

    Attributes:
        loader: ``package.module:function`` that takes a :class:`~core.models.registry.Bundle` and
            a device and gives the :class:`~core.encoders.base.TimbreEncoder`.
        weights_role: of the bundle's file whose hash is the encoder's.
        fingerprint: function from that hash to the encoder's fingerprint, in a module that is
            quick to import; None if the hash itself is it.
    """

    loader: str
    weights_role: str
    fingerprint: str | None = None


ENCODERS: Mapping[str, EncoderEntry] = {
    "embedded": EncoderEntry(
        "core.encoders.embedded.encoder:load",
        "weights",
        "core.encoders.embedded.source_hash:fingerprint",
    ),
    "laion": EncoderEntry("core.encoders.laion.encoder:load", "clap"),
}
