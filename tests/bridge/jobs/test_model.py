"""Keys and digests are those of every version before: files rendered once are found again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.jobs.model import JobRequest, file_stem
from core.clip import Clip, Note
from core.provenance import PresetVersion
from core.settings import RenderSettings
from core.timbre import TextTimbre
from tests.bridge.conftest import RIFF, request

REQUEST = JobRequest(
    client="me",
    job_id="1",
    clip=Clip.of("Lead Ünter", RIFF),
    timbre=TextTimbre("hollow flute"),
    preset=PresetVersion("Flöte", 3),
    model="tiny",
    model_sha256="0" * 64,
    seed=7,
    takes=3,
    settings=RenderSettings(temperature=0.5),
    program_version="0.5.0",
    priority=2,
    asked="x",
)
# Of this request, as the program said them when queues and files of users were first made.
STORED_KEYS = [
    "6dd825a59811d0fe5c21e6e5d6fadc7e4aa3a0533164ed9b66f8cc27de29b7b5",
    "4fc4d8b0a6b53ab4372eb331f5521b0a310210b2198e1a3f416ae64ea4eb1071",
    "c3831c6d4920e6b0ecbfa59c64973f01db32610dc14e501e2e8b7e8c5e7b8ad5",
]
STORED_DIGEST = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
STORED_DIGEST_WITHOUT_ASKED = "4aa37d8732b6fe79a89e3b4c9cb051e2c8dffddd0713812cb460588f80dadd96"


def test_keys_and_digests_are_the_stored_ones() -> None:
    assert REQUEST.take_keys() == STORED_KEYS
    assert REQUEST.digest == STORED_DIGEST
    assert replace(REQUEST, asked="").digest == STORED_DIGEST_WITHOUT_ASKED
    assert file_stem(REQUEST, STORED_KEYS[1]) == "lead-unter-flote-4fc4d8b0a6b5"


def test_a_request_read_back_has_the_same_keys() -> None:
    again = JobRequest.from_json(json.loads(json.dumps(REQUEST.to_json())))
    assert again == REQUEST
    assert again.take_keys() == STORED_KEYS


def test_bends_are_part_of_a_request_and_its_keys() -> None:
    bends = ((), ((0.0, 0.0), (1 / 3, -2.0)), ((0.25, 0.1 + 0.2),))
    notes = [Note(0.5, 60 + i, 80, 0.1, bend) for i, bend in enumerate(bends)]
    bent = replace(REQUEST, clip=Clip.of("bent", notes))
    again = JobRequest.from_json(json.loads(json.dumps(bent.to_json())))
    assert again == bent
    assert again.take_keys() == bent.take_keys()
    straight = replace(bent, clip=Clip.of("bent", [replace(note, bend=()) for note in notes]))
    assert not set(straight.take_keys()) & set(bent.take_keys())


@given(st.text(), st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_a_key_is_the_hash_of_the_whole_request_with_the_takes_seed(
    name: str, seed: int, takes: int
) -> None:
    job = request("1", name, seed=seed, takes=takes)
    data = job.to_json()
    for left_out in ("client", "job_id", "priority", "takes", "asked"):
        del data[left_out]
    expected = []
    for take in range(takes):
        text = json.dumps({**data, "seed": seed + take}, sort_keys=True)
        expected.append(hashlib.sha256(text.encode()).hexdigest())
    assert job.take_keys() == expected


def test_many_takes_serialise_their_clip_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    to_json = JobRequest.to_json

    def counted(self: JobRequest) -> dict[str, object]:
        calls.append(self)
        return to_json(self)

    monkeypatch.setattr(JobRequest, "to_json", counted)
    assert len(set(replace(REQUEST, takes=100).take_keys())) == 100
    assert len(calls) == 1
