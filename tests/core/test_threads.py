"""How many threads torch computes with."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core import Clip, Note, Synthesizer, TextTimbre
from core.encoders.embedded import encoder as embedded
from core.engines.embedded.engine import EmbeddedEngine
from core.errors import SettingsError
from core.threads import VARIABLE, computing, thread_count

CLIP = Clip.of("one", [Note(0.0, 60, 90, 0.2)])


@pytest.fixture(autouse=True)
def no_choice_of_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def test_small_steps_take_one_thread_and_others_are_left_to_torch() -> None:
    assert thread_count(has_small_steps=True) == 1
    assert thread_count(has_small_steps=False) is None


def test_the_variable_decides_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, " 3 ")
    assert thread_count(has_small_steps=True) == thread_count(has_small_steps=False) == 3
    for nonsense in ("0", "-1", "two", "1.5", "²"):
        monkeypatch.setenv(VARIABLE, nonsense)
        with pytest.raises(SettingsError, match=VARIABLE):
            thread_count(has_small_steps=True)


def test_a_callers_own_choice_is_back_afterwards() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with computing(has_small_steps=True):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
        with pytest.raises(KeyError), computing(has_small_steps=True):
            raise KeyError
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_renders_and_timbres_are_computed_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))  # where no gain is known yet
    seen: list[int] = []
    render, encode = EmbeddedEngine.render, embedded.EmbeddedEncoder.encode_text

    def watched_render(self: EmbeddedEngine, *args: object) -> object:
        seen.append(torch.get_num_threads())
        return render(self, *args)  # type: ignore[arg-type]

    def watched_encode(self: embedded.EmbeddedEncoder, text: str) -> object:
        seen.append(torch.get_num_threads())
        return encode(self, text)

    monkeypatch.setattr(EmbeddedEngine, "render", watched_render)
    monkeypatch.setattr(embedded.EmbeddedEncoder, "encode_text", watched_encode)
    Synthesizer.load("embedded").render(CLIP, TextTimbre("flute"))
    assert seen == [1, 1, 1]  # the words, the phrase that its gain is found on, the clip
