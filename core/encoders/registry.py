"""The table of timbre encoders.

To add one, write its folder, and add its line here. An entry names the function that takes a
:class:`~core.models.registry.Bundle` and a device and gives the
:class:`~core.encoders.base.TimbreEncoder`; it is imported when a bundle asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping

ENCODERS: Mapping[str, str] = {
    "embedded": "core.encoders.embedded.encoder:load",
    "laion": "core.encoders.laion.encoder:load",
}
