"""The gain of a timbre: what it is, and where it is kept."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from core.audio.loudness import amplified, integrated_loudness
from core.engines.declaration import EngineDeclaration
from core.engines.embedded.declaration import DECLARATION
from core.engines.registry import ENGINES
from core.leveling import gains
from core.leveling.gains import GainCache, LevelGain, gain_key, gain_of
from core.leveling.phrase import LOUDNESS_PHRASE, TARGET_LUFS, loudness_request
from core.library.gains import factory_gains
from core.models.registry import Registry
from core.settings import RenderSettings
from core.types import EMBEDDING_DIM, EmbeddingPath, FloatArray

RATE = 44_100


def point(seed: int) -> FloatArray:
    drawn = np.random.default_rng(seed).standard_normal(EMBEDDING_DIM)
    return (drawn / np.linalg.norm(drawn)).astype(np.float32)


def noise(level: float) -> FloatArray:
    return (level * np.random.default_rng(1).standard_normal((1, 2 * RATE))).astype(np.float32)


def test_the_gain_brings_the_phrase_to_the_target() -> None:
    sound = noise(0.02)
    gain = gain_of(sound, RATE)
    assert gain.remark == ""
    assert integrated_loudness(amplified(sound, gain.db), RATE) == pytest.approx(
        TARGET_LUFS, abs=0.01
    )


@pytest.mark.parametrize(
    ("sound", "db", "said"),
    [
        (np.zeros((1, RATE), np.float32), 0.0, "silent"),
        (noise(1e-6), 0.0, "silent"),
        (np.full((1, RATE), np.nan, np.float32), 0.0, "no finite sound"),
        (noise(1e-3), 24.0, "+24 dB"),
        (noise(50.0), -24.0, "-24 dB"),
    ],
)
def test_a_timbre_that_cannot_be_levelled_is_remarked_on(
    sound: FloatArray, db: float, said: str
) -> None:
    gain = gain_of(sound, RATE)
    assert gain.db == db
    assert said in gain.remark


def test_a_key_holds_everything_a_gain_depends_on() -> None:
    plain = RenderSettings()
    path = EmbeddingPath(np.array([0.0, 1.0]), np.stack([point(1), point(2)]))
    slower = EmbeddingPath(np.array([0.0, 2.0]), np.stack([point(1), point(2)]))
    thrice = np.stack([point(1), point(2), point(2)])
    uneven = EmbeddingPath(np.array([0.0, 0.5, 1.0]), thrice)
    keys = [
        gain_key(point(1), "a", plain),
        gain_key(point(2), "a", plain),
        gain_key(point(1), "b", plain),
        gain_key(point(1), "a", RenderSettings(temperature=0.5)),
        gain_key(path, "a", plain),
        gain_key(uneven, "a", plain),
    ]
    assert len(set(keys)) == len(keys)
    assert gain_key(slower, "a", plain) == gain_key(path, "a", plain)  # the phrase has one length
    assert gain_key(point(1), "a", RenderSettings(gain=3.0)) == keys[0]


def test_a_sound_that_was_changed_is_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = RenderSettings()
    sha256 = Registry().resolve("embedded").sha256
    before = gain_key(point(1), sha256, plain)
    factory_gains.cache_clear()
    assert factory_gains(sha256)
    changed = replace(DECLARATION, revisions=(*DECLARATION.revisions, "another sound"))
    monkeypatch.setitem(cast(dict[str, EngineDeclaration], ENGINES), "embedded", changed)
    assert gain_key(point(1), sha256, plain) != before
    factory_gains.cache_clear()
    assert factory_gains(sha256) == {}
    factory_gains.cache_clear()


def test_a_path_is_heard_as_a_whole() -> None:
    path = EmbeddingPath(np.array([0.0, 30.0]), np.stack([point(1), point(2)]))
    request = loudness_request(path, RenderSettings())
    assert isinstance(request.embedding, EmbeddingPath)
    assert request.embedding.times_s.tolist() == [0.0, LOUDNESS_PHRASE.length_s]


class Meter:
    """Counts how often it is asked."""

    def __init__(self, db: float = 1.5) -> None:
        self.gain, self.asked = LevelGain(db), 0

    def __call__(self) -> LevelGain:
        self.asked += 1
        return self.gain


def test_a_gain_is_measured_once_for_every_process(tmp_path: Path) -> None:
    file, meter = tmp_path / "cache" / "gains.json", Meter()
    cache = GainCache(file)
    assert [cache.get("k", meter).db for _ in range(3)] == [1.5] * 3
    assert GainCache(file).get("k", meter) == LevelGain(1.5)
    assert meter.asked == 1


def test_what_two_processes_find_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "gains.json"
    first, second = GainCache(file), GainCache(file)
    first.get("a", Meter(1.0))
    second.get("b", Meter(2.0))
    again = Meter()
    third = GainCache(file)
    assert (third.get("a", again).db, third.get("b", again).db, again.asked) == (1.0, 2.0, 0)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"k": 3}', '{"k": [99, ""]}', '{"k": [null, 1]}'])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "gains.json"
    file.write_text(text)
    meter = Meter()
    assert GainCache(file).get("k", meter).db == 1.5
    assert GainCache(file).get("k", meter).db == 1.5
    assert meter.asked == 1


def test_it_works_without_a_place_to_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for file in (tmp_path / "file" / "gains.json", None):
        meter = Meter()
        cache = GainCache(file)
        assert [cache.get("k", meter).db for _ in range(2)] == [1.5, 1.5]
        assert meter.asked == 1


def test_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gains, "MOST_KEPT", 3)
    cache = GainCache(tmp_path / "gains.json")
    for key in "abcde":
        cache.get(key, Meter())
    meter = Meter()
    reopened = GainCache(tmp_path / "gains.json")
    for key in "cde":
        reopened.get(key, meter)
    assert meter.asked == 0
    reopened.get("a", meter)
    assert meter.asked == 1
