"""What is dragged onto the blend: presets from lists, and corners of the pad."""

from __future__ import annotations

from PyQt6.QtCore import QMimeData

from desktop.pages.browse.files import PRESETS_MIME

CORNER_MIME = "application/x-timbre-pad-corner"
"""The number of a corner, 0–3."""


def presets_in(mime: QMimeData | None) -> list[str]:
    """Ids of presets that were dropped; empty if there are none."""
    if mime is None or not mime.hasFormat(PRESETS_MIME):
        return []
    return [line for line in mime.data(PRESETS_MIME).data().decode().splitlines() if line]


def corner_in(mime: QMimeData | None) -> int | None:
    """The corner that was dropped, if it was one."""
    if mime is None or not mime.hasFormat(CORNER_MIME):
        return None
    text = mime.data(CORNER_MIME).data().decode()
    return int(text) if text in ("0", "1", "2", "3") else None


def corner_mime(corner: int) -> QMimeData:
    """What is dragged from a corner."""
    mime = QMimeData()
    mime.setData(CORNER_MIME, str(corner).encode())
    return mime
