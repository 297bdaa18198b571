"""The projection that ships: embeddings to places in a plane, and to families.

Linear, learned once (:mod:`core.training.map_projection`) and fixed, so that a preset's place
never changes when others come. It holds for the weights of one encoder.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.files import replacing
from core.library.timbre_map.families import FAMILIES
from core.types import EMBEDDING_DIM, FloatArray

FILE = Path(__file__).parent / "projection.npz"


@dataclass(frozen=True, eq=False)
class MapProjection:
    """Two affine maps.

    Attributes:
        encoder_sha256: of the weights whose embeddings it is for.
        axes: float32 [512, 2].
        origin: float32 [2], added; the factory bank fills 0…1 on both axes then.
        family_axes: float32 [512, families].
        family_bias: float32 [families], added; the largest is the family that it sounds like.
    """

    encoder_sha256: str
    axes: FloatArray
    origin: FloatArray
    family_axes: FloatArray
    family_bias: FloatArray

    def places(self, embeddings: FloatArray) -> FloatArray:
        """Places in the plane, float32 [n, 2]; NaN for what is no unit vector.

        Args:
            embeddings: float32 [n, 512].
        """
        with np.errstate(all="ignore"):
            places: FloatArray = embeddings @ self.axes + self.origin
            is_unit = np.abs(np.einsum("ij,ij->i", embeddings, embeddings) - 1) < 1e-2
        places[~is_unit] = np.nan
        return places

    def families(self, embeddings: FloatArray) -> npt.NDArray[np.int8]:
        """Numbers in :data:`.families.FAMILIES` of what embeddings sound like, int8 [n]."""
        with np.errstate(all="ignore"):
            scores = embeddings @ self.family_axes + self.family_bias
        return np.nan_to_num(scores, nan=-np.inf).argmax(axis=1).astype(np.int8)


@cache
def load(file: Path = FILE) -> MapProjection | None:
    """The projection of a file; None if there is none, or it is none."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            made = MapProjection(
                str(arrays["encoder_sha256"]),
                arrays["axes"],
                arrays["origin"],
                arrays["family_axes"],
                arrays["family_bias"],
            )
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None
    shapes = (made.axes.shape, made.family_axes.shape, made.family_bias.shape)
    count = len(FAMILIES)
    return made if shapes == ((EMBEDDING_DIM, 2), (EMBEDDING_DIM, count), (count,)) else None


def shipped_for(encoder_sha256: str) -> MapProjection | None:
    """The projection that ships, if it is for these weights.

    Args:
        encoder_sha256: of the weights (:attr:`core.encoders.base.TimbreEncoder.sha256`).
    """
    projection = load()
    is_theirs = projection is not None and projection.encoder_sha256 == encoder_sha256
    return projection if is_theirs else None


def write(file: Path, projection: MapProjection) -> None:
    """Write a file; the same projection gives the same bytes.

    Args:
        file: replaced in one step.
        projection: to be written.

    Raises:
        OutputError: if it cannot be written.
    """
    arrays = {
        "encoder_sha256": np.array(projection.encoder_sha256),
        "axes": projection.axes.astype(np.float32),
        "origin": projection.origin.astype(np.float32),
        "family_axes": projection.family_axes.astype(np.float32),
        "family_bias": projection.family_bias.astype(np.float32),
    }
    with replacing(file) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.save(member, array, allow_pickle=False)
            # A fixed time: numpy's own savez writes the clock's.
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), member.getvalue()
            )
