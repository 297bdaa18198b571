"""Timbre recipes and how they become embeddings."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core import AudioTimbre, Blend, TextTimbre, timbre
from core.errors import SettingsError

A, B = TextTimbre("1"), TextTimbre("2")


def nested(levels: int) -> timbre.Timbre:
    made: timbre.Timbre = A
    for _ in range(levels):
        made = Blend(((made, 1.0),))
    return made


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: TextTimbre("  "), "needs words"),
        (lambda: TextTimbre("x" * 1001), "1001 characters"),
        (lambda: Blend(()), "1–64 parts"),
        (lambda: Blend(((A, -1.0),)), "weight -1.0"),
        (lambda: Blend(((A, float("nan")),)), "weight nan"),
        (lambda: Blend(((A, float("inf")),)), "weight inf"),
        (lambda: Blend(((A, 0.0), (B, 0.0))), "every weight"),
        (lambda: Blend(((A, 1.0),), "cubic"), "cubic"),  # type: ignore[arg-type]
        (lambda: nested(9), "nested"),
        (lambda: timbre.from_dict({"kind": "smell"}), "not a timbre"),
        (lambda: timbre.from_dict([1]), "not a timbre"),
        (
            lambda: timbre.from_dict({"kind": "blend", "mode": "slerp", "parts": [3]}),
            "a part of a blend",
        ),
    ],
)
def test_bad_recipes_are_refused(make: Callable[[], object], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        make()


def test_data_nested_beyond_reason_is_refused() -> None:
    data: dict[str, object] = {"kind": "text", "words": "1"}
    for _ in range(5000):
        data = {"kind": "blend", "mode": "slerp", "parts": [{"weight": 1, "timbre": data}]}
    with pytest.raises(SettingsError, match="nested"):
        timbre.from_dict(data)


@pytest.mark.parametrize(
    "made", [A, AudioTimbre("a b.wav"), Blend(((A, 0.1), (nested(3), 2)), "linear"), nested(8)]
)
def test_recipes_survive_json(made: timbre.Timbre) -> None:
    assert timbre.from_dict(json.loads(json.dumps(made.to_dict()))) == made
    assert "\n" not in made.describe()


def test_parse_blend() -> None:
    assert timbre.parse_blend("Warm Bass=0.6,Pluck=0.4") == [("Warm Bass", 0.6), ("Pluck", 0.4)]
    assert timbre.parse_blend(" A = 1 , B=2e-1 ,") == [("A", 1.0), ("B", 0.2)]
    assert timbre.parse_blend("Warm, soft=0.6,x=y=1") == [("Warm, soft", 0.6), ("x=y", 1.0)]


@pytest.mark.parametrize(
    "text", ["", "A", "A=", "A=x", "=1", "A=1,B", "A=nan", "A=-1", "A=0,B=0", "A=inf"]
)
def test_text_that_is_no_blend(text: str) -> None:
    with pytest.raises(SettingsError):
        timbre.parse_blend(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Pad=2=0.6,A, b=0.4", ["Pad=2", "A, b"]),
        ("A=B, C=0.6,Pluck=0.4", ["A=B, C", "Pluck"]),
        ('"A=B, C"=0.6,"1=2,3=4"=0.4', ["A=B, C", "1=2,3=4"]),
        (' Say "hi"=.6 , x, y=z = 4e-1,', ['Say "hi"', "x, y=z"]),
        ('"Attack=1, slow"=0.6,Pluck=0.4', ["Attack=1, slow", "Pluck"]),
        ('"Quoted" pad=0.6, Pluck =0.4', ['"Quoted" pad', "Pluck"]),
    ],
)
def test_names_in_a_blend_may_hold_its_own_signs(text: str, names: list[str]) -> None:
    assert timbre.parse_blend(text) == [(names[0], 0.6), (names[1], 0.4)]


SOUND = np.sin(np.arange(22_050) / 8).astype(np.float32) * 0.5


def test_a_blend_is_made_of_a_mapping_or_of_pairs() -> None:
    recording = Path("bell.wav")
    assert Blend({"1": 0.6, "2": 0.4}) == Blend([(A, 0.6), (B, 0.4)])
    assert Blend({"1": 0.6, "2": 0.4}) == Blend(((A, 0.6), ("2", 0.4)))
    mixed = Blend({recording: 1, "1": 0.5})
    assert mixed.parts == ((AudioTimbre("bell.wav"), 1.0), (A, 0.5))
    half: float = np.float32(0.5)  # type: ignore[assignment]
    assert Blend({"1": half}).parts == ((A, 0.5),)
    assert Blend({Blend({"1": 1}): 1}, "linear").depth == 2


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (A, A),
        ("1", A),
        (Path("bell.wav"), AudioTimbre("bell.wav")),
        ({"1": 1, "2": 3}, Blend(((A, 1.0), (B, 3.0)))),
        ((SOUND, 22_050), AudioTimbre(SOUND, 22_050)),
        ((22_050, SOUND), AudioTimbre(SOUND, 22_050)),
    ],
)
def test_what_stands_for_a_timbre(given: object, read: timbre.Timbre) -> None:
    assert timbre.as_timbre(given) == read


def test_samples_are_a_recording_of_their_content() -> None:
    one, other = AudioTimbre(SOUND, 22_050), AudioTimbre((SOUND[None], 22_050))
    assert one == other
    assert len({one, other, AudioTimbre(SOUND, 44_100), AudioTimbre(-SOUND, 22_050)}) == 3
    assert one.describe() == "a recording of 1.0 s"
    assert one.samples is not None
    assert not one.samples.flags.writeable
    assert not np.shares_memory(one.samples, SOUND)
    assert pickle.loads(pickle.dumps(one)) == one
    told = timbre.from_dict(json.loads(json.dumps(one.to_dict())))
    assert told == AudioTimbre(one.path)


@pytest.mark.parametrize(
    ("text", "words"),
    [("bell.wav", "AudioTimbre"), ("a.MID", "clip comes first"), ("x.flac", "words")],
)
def test_a_file_name_is_not_taken_for_words(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        timbre.as_timbre(text)
    assert TextTimbre(text).words == text


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: timbre.as_timbre(None), "the timbre is None; give words"),
        (lambda: timbre.as_timbre(["1", "2"]), "a list of 2"),
        (lambda: timbre.as_timbre(SOUND), "samples need their rate"),
        (lambda: timbre.as_timbre((SOUND, "22050")), "samples need their rate"),
        (lambda: timbre.as_timbre(TextTimbre), "the class TextTimbre"),
        (lambda: timbre.as_timbre(b"bell"), "bytes"),
        (lambda: TextTimbre(None), "the description is None"),  # type: ignore[arg-type]
        (lambda: TextTimbre(Path("x")), "the description is 'x'"),  # type: ignore[arg-type]
        (lambda: AudioTimbre(None), "the recording is None"),  # type: ignore[arg-type]
        (lambda: AudioTimbre(SOUND), "without a sample rate"),
        (lambda: AudioTimbre("x.wav", 44_100), "leave out sample_rate"),
        (lambda: AudioTimbre(TextTimbre("x")), "an object of TextTimbre"),  # type: ignore[arg-type]
        (lambda: Blend(None), "parts of a blend is None"),  # type: ignore[arg-type]
        (lambda: Blend("A=1"), "parts of a blend is 'A=1'"),  # type: ignore[arg-type]
        (lambda: Blend(["1", "2"]), "part 1 of the blend is '1'"),  # type: ignore[list-item]
        (lambda: Blend([(1, "1")]), "the timbre is 1"),  # type: ignore[list-item]
        (lambda: Blend({"1": "x"}), "weight of part 1 of the blend is 'x'"),  # type: ignore[arg-type]
        (lambda: Blend({"1": True}), "weight of part 1 of the blend is True"),
    ],
)
def test_what_is_no_timbre_is_one_type_error(make: Callable[[], object], words: str) -> None:
    with pytest.raises(TypeError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)
