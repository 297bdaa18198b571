"""Qt as a sound device: how far ahead it asks for sound."""

from __future__ import annotations

import pytest

from desktop.services.qt_sound import QtOutputStream


@pytest.mark.parametrize(("latency", "blocks"), [("low", 2), ("high", 4), (0.1, 18), (0.0, 2)])
def test_it_asks_for_as_much_ahead_as_it_is_told(latency: str | float, blocks: int) -> None:
    stream = QtOutputStream(
        samplerate=44_100, device=0, channels=2, callback=lambda *_: None, latency=latency
    )
    assert stream.latency == pytest.approx(blocks * 256 / 44_100)
