"""Where presets stand on the map: plain values. No SQL here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.types import FloatArray


@dataclass(frozen=True, eq=False)
class MapPoints:
    """Where presets stand, in the order of the list.

    Attributes:
        ids: of the presets.
        names: of the presets.
        x, y: float32 [n], about 0…1, y upwards; NaN for presets that were not heard yet.
        families: int8 [n], numbers in :data:`.families.FAMILIES`: what its tags name, else what
            it sounds like; −1 where ``x`` is NaN.
    """

    ids: Sequence[str]
    names: Sequence[str]
    x: FloatArray
    y: FloatArray
    families: npt.NDArray[np.int8]

    @property
    def unplaced(self) -> int:
        """How many were not heard yet."""
        return int(np.isnan(self.x).sum())


NO_POINTS = MapPoints(
    (), (), np.zeros(0, np.float32), np.zeros(0, np.float32), np.zeros(0, np.int8)
)
