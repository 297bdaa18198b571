"""What a rendered file says about itself."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import warnings
import wave
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.io.wavfile
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from core import AudioTimbre, Blend, Morph, TextTimbre
from core.audio import read_audio, write_wav
from core.clip import Clip, Note
from core.encoders.base import unit
from core.errors import AudioError
from core.provenance import (
    CHUNK_ID,
    SCHEMA,
    PresetVersion,
    Provenance,
    provenance_chunks,
    read_provenance,
)
from core.settings import RenderSettings
from core.types import EmbeddingPath

EMBEDDING = unit(np.random.default_rng(0).standard_normal(512).astype(np.float32))
CLIP = Clip.of("Étude", [Note(0.1, 60, 100, 1 / 3), Note(0.1 + 0.2, 127, 1, 1e-9)], 2.5)
FULL = Provenance(
    clip=CLIP,
    embedding=EMBEDDING,
    seed=2**63 - 1,
    model_id="embedded",
    model_sha256="ab" * 32,
    sample_rate=44100,
    settings=RenderSettings(temperature=0.1 + 0.2, top_k=10),
    timbre=Blend(((TextTimbre("warm"), 0.6), (AudioTimbre("a\udcff.wav"), 0.4))),
    preset=PresetVersion("Warm, “soft”", 3),
    program_version="0.1.0",
    device="cpu",
)
SOUND = np.sin(np.arange(999, dtype=np.float32))[None] / 2


def written(folder: Path, provenance: Provenance = FULL, subtype: str = "PCM_24") -> Path:
    path = folder / "take.wav"
    write_wav(path, SOUND, 44100, subtype=subtype, chunks=provenance_chunks(provenance.to_json()))
    return path


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_a_render_can_be_repeated_from_its_file(tmp_path: Path, subtype: str) -> None:
    read = read_provenance(written(tmp_path, replace(FULL, subtype=subtype), subtype))
    assert read.clip == CLIP
    assert read.clip.notes == CLIP.notes
    assert isinstance(read.embedding, np.ndarray)
    assert np.array_equal(read.embedding, EMBEDDING)
    assert read.to_json() == replace(FULL, subtype=subtype).to_json()
    assert (read.seed, read.settings, read.timbre) == (FULL.seed, FULL.settings, FULL.timbre)


def test_the_same_render_gives_the_same_bytes(tmp_path: Path) -> None:
    first = written(tmp_path).read_bytes()
    again = tmp_path / "again.wav"
    write_wav(
        again,
        SOUND,
        44100,
        chunks=provenance_chunks(read_provenance(tmp_path / "take.wav").to_json()),
    )
    assert again.read_bytes() == first


def test_a_moving_timbre_is_kept(tmp_path: Path) -> None:
    path = EmbeddingPath(np.array([0.0, 1 / 3]), np.stack([EMBEDDING, -EMBEDDING]))
    bare = replace(FULL, embedding=path, timbre=None, preset=None)
    read = read_provenance(written(tmp_path, bare)).embedding
    assert isinstance(read, EmbeddingPath)
    assert read.times_s.tolist() == [0.0, 1 / 3]
    assert np.array_equal(read.embeddings, path.embeddings)


def test_twenty_thousand_notes_are_kept(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    clip = Clip.of(
        "many",
        [Note(float(t), int(60 + 30 * t % 40), 80, float(t + 1e-3)) for t in rng.random(20_000)],
    )
    path = written(tmp_path, replace(FULL, clip=clip))
    assert read_provenance(path).clip == clip
    assert path.stat().st_size < 600_000


BENT = Clip.of(
    "bent",
    [
        Note(0.0, 60, 100, 1.0, ((0.0, 0.0), (1 / 3, 2.0), (0.1 + 0.3, -1 / 7))),
        Note(0.5, 62, 90, 1.0),
        Note(1.0, 64, 80, 1.0, ((0.0, -12.0),)),
    ],
)


def test_bends_are_kept_to_the_bit(tmp_path: Path) -> None:
    bent = replace(FULL, clip=BENT)
    read = read_provenance(written(tmp_path, bent))
    assert read.clip == BENT
    assert read.to_json() == bent.to_json()
    # A program that knows no bends must not play the file as if it had none.
    assert (bent.to_json()["schema"], FULL.to_json()["schema"]) == (2, 1)
    assert not any("bend" in key for key in FULL.to_json()["clip"])


def test_a_gain_is_kept_and_older_files_have_none(tmp_path: Path) -> None:
    louder = replace(FULL, gain_db=-3.21)
    assert read_provenance(written(tmp_path, louder)).gain_db == -3.21
    # A program that knows no gains must not repeat the file at another level.
    assert (louder.to_json()["schema"], FULL.to_json()["schema"]) == (3, 1)
    assert "gain_db" not in FULL.to_json()
    assert "gain" not in FULL.to_json()["settings"]
    assert read_provenance(written(tmp_path, FULL)).gain_db == 0.0


@pytest.mark.parametrize("gain_db", [99.0, float("nan"), "loud", None])
def test_a_gain_that_is_none_is_refused(gain_db: object) -> None:
    data = {**FULL.to_json(), "gain_db": gain_db}
    del data["sha256"]
    data["sha256"] = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
    with pytest.raises(ValueError, match="gain"):
        Provenance.from_json(data)


@pytest.mark.parametrize(
    "change",
    [
        {"bend_point_count": 5},
        {"bend_point_count": 2**40},
        {"bends": base64.b64encode(zlib.compress(bytes(10**8))).decode()},
        {"bend_point_count": 0},
    ],
)
def test_damaged_bends_are_refused(change: dict[str, object]) -> None:
    data = replace(FULL, clip=BENT).to_json()
    data["clip"] |= change
    rest = {key: value for key, value in data.items() if key != "sha256"}
    data["sha256"] = hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
    with pytest.raises(ValueError, match=r"bends|notes"):
        Provenance.from_json(data)


def test_ordinary_readers_still_read_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, subtype="PCM_16")
    with warnings.catch_warnings():
        # SciPy says that it skips a chunk it does not know, which is what it should do.
        warnings.simplefilter("ignore", scipy.io.wavfile.WavFileWarning)
        _, samples = scipy.io.wavfile.read(path)
    with wave.open(str(path)) as stdlib:
        assert stdlib.readframes(stdlib.getnframes()) == samples.tobytes()
    assert np.array_equal(soundfile.read(path, dtype="int16")[0], samples)
    with soundfile.SoundFile(path) as source:
        assert source.comment == FULL.summary
        assert source.software.startswith("Timbre Bridge 0.1.0")
    assert read_audio(path)[0].shape == SOUND.shape


@pytest.mark.skipif(shutil.which("sox") is None, reason="sox is not installed")
def test_sox_reads_the_file_without_a_warning(tmp_path: Path) -> None:
    path = written(tmp_path)
    done = subprocess.run(
        ["sox", path, "-t", "f32", "-c", "1", "-"], capture_output=True, check=True
    )
    assert done.stderr == b""
    assert np.array_equal(np.frombuffer(done.stdout, "<f4")[None], read_audio(path)[0])


def test_files_without_provenance_say_so(tmp_path: Path) -> None:
    plain = tmp_path / "plain.wav"
    write_wav(plain, SOUND, 44100)
    for path, words in [
        (plain, "holds no provenance"),
        (tmp_path / "none.wav", "no such file"),
        (tmp_path, "cannot be read"),
    ]:
        with pytest.raises(AudioError, match=words):
            read_provenance(path)
    plain.write_bytes(b"")
    with pytest.raises(AudioError, match="holds no provenance"):
        read_provenance(plain)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_any_damage_to_the_chunk_is_noticed(tmp_path_factory: object, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("damage")  # type: ignore[attr-defined]
    path = written(folder)
    content = bytearray(path.read_bytes())
    start = content.index(CHUNK_ID) + 8
    position = data.draw(st.integers(start, len(content) - 2))
    if data.draw(st.booleans()):
        content[position] ^= data.draw(st.integers(1, 255))
    else:
        del content[position:]
    path.write_bytes(bytes(content))
    with pytest.raises(AudioError, match="damaged") as caught:
        read_provenance(path)
    assert "\n" not in str(caught.value)


def resealed(change: dict[str, object]) -> dict[str, object]:
    """Provenance whose checksum fits, but whose content does not make sense."""
    made = {**FULL.to_json(), **change}
    del made["sha256"]
    made["sha256"] = hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()
    return made


BOMB = {**FULL.to_json()["clip"], "notes": "", "note_count": 10**9}
SMALL_BOMB = {
    **FULL.to_json()["clip"],
    "notes": base64.b64encode(zlib.compress(bytes(10**7))).decode(),
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": SCHEMA + 1}, "newer version"),
        ({"schema": "1"}, "no schema"),
        ({"clip": None}, "TypeError"),
        ({"clip": BOMB}, "claims 1000000000 notes"),
        ({"clip": SMALL_BOMB}, "notes are damaged"),
        ({"settings": {"temperature": -1}}, "temperature -1"),
        ({"settings": {"colour": 1}}, "'colour' is unknown"),
        ({"timbre": {"kind": "smell"}}, "not a timbre"),
        ({"embedding": {"times_s": None, "float32": "AAAA"}}, "damaged"),
        ({"model": {}}, "KeyError"),
    ],
)
def test_content_that_makes_no_sense_is_one_clear_line(
    tmp_path: Path, change: dict[str, object], words: str
) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, SOUND, 44100, chunks=provenance_chunks(resealed(change)))
    with pytest.raises(AudioError, match=words) as caught:
        read_provenance(path)
    assert "\n" not in str(caught.value)


def test_json_nested_beyond_reason_is_damage(tmp_path: Path) -> None:
    path = written(tmp_path)
    content = path.read_bytes()
    start = content.index(CHUNK_ID)
    deep = b"[" * 200_000
    path.write_bytes(content[:start] + CHUNK_ID + len(deep).to_bytes(4, "little") + deep)
    with pytest.raises(AudioError, match="damaged"):
        read_provenance(path)


def test_a_morph_needs_a_newer_program_and_nothing_else_does() -> None:
    words = TextTimbre("warm")
    moving = replace(FULL, timbre=Morph({0: words, 1: TextTimbre("cold")}))
    data = json.loads(json.dumps(moving.to_json()))
    assert data["schema"] == SCHEMA == 5
    assert Provenance.from_json(data).timbre == moving.timbre
    assert replace(moving, timbre=words, revision=2).to_json()["schema"] == 4
    assert replace(moving, timbre=words).to_json()["schema"] < 4
