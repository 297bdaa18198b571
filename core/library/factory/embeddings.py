"""Embeddings of the factory bank that ship with the program, so that nobody waits for them.

``embeddings.npz`` holds, for each recipe of the bank, its digest and what the shipped bundle's
encoder says of it, made by :mod:`core.training.factory_embeddings`. float32, as the encoder
gives them: the file is 130 kB then, and what is rendered from it is what is rendered after
listening; float16 would save half of that and change the sound. They hold for the weights and
the code that made them, and are not used with others.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from core.files import replacing
from core.library.embeddings.vectors import DIGEST_BYTES, Vectors
from core.types import EMBEDDING_DIM, FloatArray

FILE = Path(__file__).parent / "embeddings.npz"


@cache
def load(file: Path = FILE) -> tuple[str, Vectors]:
    """The file's fingerprint and its embeddings; none and ``""`` if there is no such file."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            digests, embeddings = arrays["digests"], arrays["embeddings"]
            fingerprint = str(arrays["fingerprint"])
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        # Then presets are listened to on this machine: slower, not wrong.
        return "", Vectors.of({})
    if digests.shape != (len(digests), DIGEST_BYTES) or embeddings.shape != (
        len(digests),
        EMBEDDING_DIM,
    ):
        return "", Vectors.of({})
    rows = {digest.tobytes(): row for digest, row in zip(digests, embeddings, strict=True)}
    return fingerprint, Vectors.of(rows)


def shipped_for(fingerprint: str) -> Vectors:
    """The shipped embeddings, if they are those of this encoder; else none.

    Args:
        fingerprint: of an encoder (:attr:`core.encoders.base.TimbreEncoder.fingerprint`).
    """
    made_by, vectors = load()
    return vectors if made_by == fingerprint else Vectors.of({})


def write(file: Path, fingerprint: str, embeddings: Mapping[bytes, FloatArray]) -> None:
    """Write a file of embeddings; the same ones give the same bytes.

    Args:
        file: replaced in one step.
        fingerprint: of the encoder.
        embeddings: float32 [512], unit norm, by the digest of their recipe.

    Raises:
        OutputError: if it cannot be written.
    """
    order = sorted(embeddings)
    digests = np.frombuffer(b"".join(order), np.uint8).reshape(-1, DIGEST_BYTES)
    rows = np.array([embeddings[digest] for digest in order], np.float32)
    arrays = {
        "fingerprint": np.array(fingerprint),
        "digests": digests,
        "embeddings": rows.reshape(-1, EMBEDDING_DIM),
    }
    with replacing(file) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.save(member, array, allow_pickle=False)
            # A fixed time: numpy's own savez writes the clock's.
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), member.getvalue()
            )
