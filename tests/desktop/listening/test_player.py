"""The player of blind tests beside others that use the same device."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from desktop.listening.player import BlindPlayer
from desktop.listening.sounds import ComparedSound, VotedSound
from desktop.services.fakes.audio import FakeAudio


def test_a_preset_that_begins_late_is_not_taken_for_a_sound_of_the_test(
    qtbot: QtBot, audio: FakeAudio
) -> None:
    player = BlindPlayer(audio)
    sound = ComparedSound(np.zeros((1, 44_100), np.float32), 44_100, 0.0, VotedSound("A"))
    told: list[bool] = []
    player.playing_changed.connect(told.append)
    player.hear(sound)
    audio.play(np.zeros((1, 88_200), np.float32), 44_100, 1.5)  # was being rendered before
    player.look()
    assert told == [True, False]
    player.hear(sound)  # from its beginning, not where the other one was
    assert (player.is_playing, audio.played, audio.position_s) == (True, [1.0, 2.0, 1.0], 0.0)
    player.stop()
    assert not audio.is_playing
    assert told == [True, False, True, False]
