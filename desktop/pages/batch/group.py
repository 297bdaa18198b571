"""The renders of a batch, and how they stand together. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from desktop.pages.batch.plan import time_words
from desktop.services.jobs_interface import TakeItem
from desktop.translations.words import translate


@dataclass
class RenderGroup:
    """A batch under way, or over.

    Attributes:
        title: for people.
        clips: names and lengths in seconds, by the clip's id.
        takes: its renders in the order they were asked for, as they are now.
    """

    title: str
    clips: dict[str, tuple[str, float]]
    takes: list[TakeItem] = field(default_factory=list)

    def row_of(self, take_id: int) -> int:
        """Where a take is; −1 if it is not."""
        return next((row for row, take in enumerate(self.takes) if take.id == take_id), -1)

    def clip_name(self, take: TakeItem) -> str:
        """What a take plays."""
        return self.clips.get(take.clip_id, ("Untitled", 0.0))[0] or "Untitled"

    def name_of(self, take: TakeItem) -> str:
        """``clip - preset``, which its exported file is called."""
        which = f", take {take.seed + 1}" if take.seed else ""
        return f"{self.clip_name(take)} - {take.preset}{which}"

    @property
    def fraction(self) -> float:
        """How far all of it is, by the lengths of the clips; 0…1."""
        weights = [max(self._length_s(take), 1e-3) for take in self.takes]
        done = (
            weight * (1.0 if take.is_over else take.fraction)
            for take, weight in zip(self.takes, weights, strict=True)
        )
        return sum(done) / sum(weights) if weights else 0.0

    @property
    def left(self) -> list[TakeItem]:
        """Those that wait or run."""
        return [take for take in self.takes if not take.is_over]

    @property
    def failed(self) -> list[TakeItem]:
        """Those that failed, were cancelled, or whose files are gone."""
        return [t for t in self.takes if t.state in ("failed", "cancelled") or t.error]

    @property
    def files(self) -> list[tuple[Path, str]]:
        """Finished files, each with the name that it is exported by."""
        return [(file, self.name_of(take)) for take in self.takes for file in take.files]

    def words(self, seconds_per_s: float | None) -> str:
        """How it stands, such as ``7 of 12 done, 1 failed, about 40 s left``.

        Args:
            seconds_per_s: time that a second of sound takes; None if that is not known.
        """
        done = sum(take.state == "done" and not take.error for take in self.takes)
        parts = [
            translate("Batch", "{done} of {total} done").format(done=done, total=len(self.takes))
        ]
        cancelled = sum(take.state == "cancelled" for take in self.takes)
        failed = len(self.failed) - cancelled
        parts += [translate("Batch", "{failed} failed").format(failed=failed)] if failed else []
        parts += (
            [translate("Batch", "{cancelled} cancelled").format(cancelled=cancelled)]
            if cancelled
            else []
        )
        left_s = self._left_s(self.left)
        if left_s > 0 and seconds_per_s is not None:
            parts.append(
                translate("Batch", "about {time} left").format(
                    time=time_words(left_s * seconds_per_s)
                )
            )
        return ", ".join(parts)

    def _left_s(self, takes: Iterable[TakeItem]) -> float:
        return sum((1.0 - take.fraction) * self._length_s(take) for take in takes)

    def _length_s(self, take: TakeItem) -> float:
        return self.clips.get(take.clip_id, ("", 0.0))[1]
