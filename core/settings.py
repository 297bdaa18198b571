"""How to decode: what a render may be asked for beside its clip, timbre and seed."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """How to decode. ``None`` means the engine's own default.

    Attributes:
        temperature: > 0; below 1 is safer, above 1 wilder. Sampling engines only.
        top_k: keep the k likeliest tokens of each codebook, ≥ 1. Sampling engines only.
        top_p: keep the smallest set of tokens with this probability, (0, 1].
            Sampling engines only.
        guidance: strength of first-note guidance, ≥ 1 (1 is off). Sampling engines only.

    Raises:
        SettingsError: if a value is outside its range.
    """

    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    guidance: float | None = None

    def __post_init__(self) -> None:
        if self.temperature is not None and not 0.0 < self.temperature <= 100.0:
            raise SettingsError(f"temperature {self.temperature} is outside (0, 100]")
        if self.top_k is not None and self.top_k < 1:
            raise SettingsError(f"top-k {self.top_k} is below 1")
        if self.top_p is not None and not 0.0 < self.top_p <= 1.0:
            raise SettingsError(f"top-p {self.top_p} is outside (0, 1]")
        if self.guidance is not None and not 1.0 <= self.guidance <= 20.0:
            raise SettingsError(f"guidance {self.guidance} is outside 1–20")
