"""What a rendered file says about itself, so that the render can be repeated from it.

A WAV written by this program holds two chunks after its samples: a readable comment
(LIST/INFO) and a chunk ``tmbr`` with JSON, which this module defines, writes and
reads. In FLAC, Ogg and MP3 files the same stand in tags. It renders nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from core import timbre
from core.audio import riff, tags
from core.clip import Bend, Clip, Note
from core.coercion.type_errors import as_path
from core.engines.registry import check_settings, settings_to_json
from core.errors import AudioError, TimbreError
from core.settings import GAIN, RenderSettings
from core.timbre import Timbre
from core.types import EMBEDDING_DIM, Embedding, EmbeddingPath

CHUNK_ID = b"tmbr"
"""Lower case: the RIFF specification leaves such ids to applications."""

TAG = "TIMBRE_PROVENANCE"
"""The tag with the same JSON in a FLAC, Ogg or MP3 file."""

SCHEMA = 5
"""Version of the JSON. Readers refuse newer ones and must read all older ones. What needs
nothing of a newer one is written as the older: version 2 brought bends, 3 gains, 4 revisions
of engines, 5 morphs."""

MAX_CHUNK_BYTES = 256 * 2**20
_MAX_NOTES = 5_000_000
_MAX_BEND_POINTS = 20_000_000
_NOTE = struct.Struct("<dBBd")
_BEND_LENGTH, _BEND_POINT = struct.Struct("<I"), struct.Struct("<dd")


@dataclass(frozen=True)
class PresetVersion:
    """The preset a render was asked for by, if it was."""

    name: str
    version: int


@dataclass(frozen=True, eq=False)
class Provenance:
    """Everything a render depends on.

    Attributes:
        clip: what was played, notes exact to the bit.
        embedding: what was really used: float32 [512], unit norm, or a path of them. A
            repeat needs no recording, no words and no encoder.
        seed: of the render.
        model_id, model_sha256: the bundle and the digest of its manifest.
        settings: how it was decoded; the gain, asked for or not, is in ``gain_db``.
        gain_db: by how much it is louder than the model played it, dB; 0 in files older than
            gains.
        revision: of the engine: how often its sound was changed until then, from 1.
        sample_rate: of the file, Hz.
        subtype: ``PCM_16``, ``PCM_24``, ``FLOAT``, ``VORBIS`` or ``MPEG_LAYER_III``.
        timbre: the recipe the embedding was made from, if there was one.
        preset: the preset and its version, if there was one.
        program_version: of Timbre Bridge.
        device: what it was computed on, such as ``cpu``; the same device repeats bit for bit.
    """

    clip: Clip
    embedding: Embedding
    seed: int
    model_id: str
    model_sha256: str
    sample_rate: int
    settings: RenderSettings = field(default_factory=RenderSettings)
    gain_db: float = 0.0
    revision: int = 1
    subtype: str = "PCM_24"
    timbre: Timbre | None = None
    preset: PresetVersion | None = None
    program_version: str = ""
    device: str = ""

    @property
    def summary(self) -> str:
        """One line for people; stored as the file's comment."""
        sound = "" if self.timbre is None else f" in {self.timbre.describe()}"
        if self.preset is not None:
            sound = f" in preset {self.preset.name} (version {self.preset.version})"
        return (
            f"{self.clip.name or 'Untitled'}{sound}, model {self.model_id}, seed {self.seed}. "
            "Rendered by Timbre Bridge; timbre render --from FILE repeats it."
        )

    def to_json(self) -> dict[str, Any]:
        """JSON-ready data that :meth:`from_json` reads back without loss."""
        data: dict[str, Any] = {
            "schema": self._schema(),
            "summary": self.summary,
            "program_version": self.program_version,
            "clip": _clip_to_json(self.clip),
            "timbre": None if self.timbre is None else self.timbre.to_dict(),
            "preset": None if self.preset is None else asdict(self.preset),
            "embedding": embedding_to_json(self.embedding),
            "seed": self.seed,
            "model": {"id": self.model_id, "sha256": self.model_sha256},
            "settings": settings_to_json(self.settings),
            "sample_rate": self.sample_rate,
            "subtype": self.subtype,
            "device": self.device,
        }
        if self.gain_db:
            data["gain_db"] = self.gain_db
        if self.revision > 1:
            data["revision"] = self.revision
        data["sha256"] = _digest(data)
        return data

    def _schema(self) -> int:
        if self.timbre is not None and self.timbre.moves:
            return SCHEMA
        if self.revision > 1:
            return 4
        if self.gain_db:
            return 3
        return 2 if any(note.bend for note in self.clip.notes) else 1

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Provenance:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: if it is damaged, or of a newer schema; one line that says which.
        """
        schema = data.get("schema")
        if not isinstance(schema, int) or schema < 1:
            raise ValueError("it has no schema version")
        if schema > SCHEMA:
            raise ValueError("it was written by a newer version of this program; update")
        if data.get("sha256") != _digest(data):
            raise ValueError("its checksum does not fit its content")
        try:
            preset = data["preset"]
            return cls(
                clip=_clip_from_json(data["clip"]),
                embedding=embedding_from_json(data["embedding"]),
                seed=int(data["seed"]),
                model_id=str(data["model"]["id"]),
                model_sha256=str(data["model"]["sha256"]),
                sample_rate=int(data["sample_rate"]),
                settings=check_settings(data["settings"]),
                gain_db=_gain_from_json(data.get("gain_db", 0.0)),
                revision=int(data.get("revision", 1)),
                subtype=str(data["subtype"]),
                timbre=None if data["timbre"] is None else timbre.from_dict(data["timbre"]),
                preset=None if preset is None else PresetVersion(**preset),
                program_version=str(data["program_version"]),
                device=str(data["device"]),
            )
        except (KeyError, TypeError, zlib.error, struct.error) as error:
            raise ValueError(f"{type(error).__name__} in its content") from error
        except TimbreError as error:
            raise ValueError(str(error)) from error


def provenance_chunks(data: Mapping[str, Any]) -> list[riff.Chunk]:
    """The chunks that carry :meth:`Provenance.to_json`'s data in a WAV.

    :func:`core.audio.write_wav` puts them into the file.
    """
    comment = riff.info_chunk([(b"ICMT", _summary(data)), (b"ISFT", _software(data))])
    return [comment, (CHUNK_ID, _payload(data).encode("ascii"))]


def provenance_tags(data: Mapping[str, Any]) -> dict[str, str]:
    """The tags that carry :meth:`Provenance.to_json`'s data in other formats than WAV.

    :func:`core.audio.write_audio` puts them into the file.
    """
    summary = _summary(data).encode("utf-8", "replace").decode()
    return {"COMMENT": summary, "ENCODER": _software(data), TAG: _payload(data)}


def _payload(data: Mapping[str, Any]) -> str:
    # ASCII throughout: a path may hold bytes that are no valid text.
    return json.dumps(data, allow_nan=False, separators=(",", ":"))


def _summary(data: Mapping[str, Any]) -> str:
    return str(data.get("summary", ""))


def _software(data: Mapping[str, Any]) -> str:
    return f"Timbre Bridge {data.get('program_version', '')}".strip()


def read_provenance(path: str | os.PathLike[str]) -> Provenance:
    """Read the provenance of a rendered file.

    Raises:
        AudioError: if the file is missing, was not rendered by this program, or its
            provenance is damaged.
    """
    file = as_path("the file", path)
    try:
        with file.open("rb") as stream:
            payload: bytes | str | None = riff.find_chunk(stream, CHUNK_ID, MAX_CHUNK_BYTES)
            if payload is None:
                payload = tags.find_tag(stream, TAG)
    except FileNotFoundError:
        raise AudioError(f"{file}: no such file") from None
    except OSError as error:
        raise AudioError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise AudioError(f"{file}: the provenance in it is damaged: {error}") from error
    if payload is None:
        raise AudioError(
            f"{file} holds no provenance; only a file rendered by Timbre Bridge, and not "
            "edited since, can be repeated"
        )
    try:
        data = json.loads(payload)
        if not isinstance(data, dict):
            raise ValueError("it is not a JSON object")
        return Provenance.from_json(data)
    except (ValueError, RecursionError) as error:
        raise AudioError(f"{file}: the provenance in it is damaged: {error}") from error


def _digest(data: Mapping[str, Any]) -> str:
    """SHA-256 of the data in a canonical form, its own ``sha256`` left out."""
    rest = {key: value for key, value in data.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode("ascii")).hexdigest()


def _gain_from_json(value: Any) -> float:
    # The bounds of what may be asked for hold for what was applied, too.
    return float(GAIN.validate(value))


def _clip_to_json(clip: Clip) -> dict[str, Any]:
    packed = b"".join(
        _NOTE.pack(note.start_s, note.pitch, note.velocity, note.duration_s) for note in clip.notes
    )
    data = {
        "name": clip.name,
        "length_s": clip.length_s,
        "hash": clip.content_hash,
        "note_count": len(clip.notes),
        "notes": _deflate(packed),
    }
    points = sum(len(note.bend) for note in clip.notes)
    if points:
        lengths = b"".join(_BEND_LENGTH.pack(len(note.bend)) for note in clip.notes)
        packed = b"".join(_BEND_POINT.pack(*point) for note in clip.notes for point in note.bend)
        data |= {"bend_point_count": points, "bends": _deflate(lengths + packed)}
    return data


def _clip_from_json(data: Mapping[str, Any]) -> Clip:
    count = int(data["note_count"])
    if not 0 <= count <= _MAX_NOTES:
        raise ValueError(f"it claims {count} notes")
    packed = _inflate(data["notes"], _NOTE.size * count, "notes")
    notes = tuple(
        Note(start_s, pitch, velocity, duration_s, bend)
        for (start_s, pitch, velocity, duration_s), bend in zip(
            _NOTE.iter_unpack(packed), _bends(data, count), strict=True
        )
    )
    clip = Clip(str(data["name"]), notes, float(data["length_s"]))
    if clip.content_hash != data["hash"]:
        raise ValueError("its notes do not fit their hash")
    return clip


def _bends(data: Mapping[str, Any], count: int) -> list[Bend]:
    """The bend of each of a clip's notes, in their order."""
    points = int(data.get("bend_point_count", 0))
    if not points:
        return [()] * count
    if not 0 <= points <= _MAX_BEND_POINTS:
        raise ValueError(f"it claims {points} points of bends")
    size = _BEND_LENGTH.size * count
    packed = _inflate(data["bends"], size + _BEND_POINT.size * points, "bends")
    lengths = [length for (length,) in _BEND_LENGTH.iter_unpack(packed[:size])]
    if sum(lengths) != points:
        raise ValueError("its bends are damaged")
    curve = _BEND_POINT.iter_unpack(packed[size:])
    return [tuple(islice(curve, length)) for length in lengths]


def _deflate(packed: bytes) -> str:
    return base64.b64encode(zlib.compress(packed, 9)).decode("ascii")


def _inflate(text: str, size: int, what: str) -> bytes:
    # Never inflates beyond what the count allows, whatever the data says.
    packed = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), size + 1)
    if len(packed) != size:
        raise ValueError(f"its {what} are damaged")
    return packed


def embedding_to_json(embedding: Embedding) -> dict[str, Any]:
    """JSON-ready data that :func:`embedding_from_json` reads back without loss."""
    if isinstance(embedding, EmbeddingPath):
        values, times_s = embedding.embeddings, [float(time) for time in embedding.times_s]
    else:
        values, times_s = embedding, None
    packed = np.ascontiguousarray(values, "<f4").tobytes()
    return {"times_s": times_s, "float32": base64.b64encode(packed).decode("ascii")}


def embedding_from_json(data: Mapping[str, Any]) -> Embedding:
    """Read what :func:`embedding_to_json` wrote.

    Raises:
        ValueError: if it is no embedding.
    """
    raw = base64.b64decode(data["float32"], validate=True)
    values = np.frombuffer(raw, "<f4").astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError("its embedding is not finite")
    if data["times_s"] is None:
        if values.shape != (EMBEDDING_DIM,):
            raise ValueError(f"its embedding has {len(values)} values, not {EMBEDDING_DIM}")
        return values
    times_s = np.asarray(data["times_s"], np.float64)
    return EmbeddingPath(times_s, values.reshape(-1, EMBEDDING_DIM))
