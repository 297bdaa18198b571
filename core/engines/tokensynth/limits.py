"""What the TokenSynth engine cannot play of a request, listed before rendering."""

from __future__ import annotations

from collections.abc import Sequence

from core.clip import Note
from core.engines.base import Limit, RenderRequest, ignored_settings, unplayed_bends, unplayed_path
from core.engines.tokensynth.declaration import DECLARATION, GUIDANCE
from core.engines.tokensynth.tokens import STEPS_PER_S, VELOCITIES, nearest_velocity

STEP_S = 1 / STEPS_PER_S


def limits_of(request: RenderRequest, left_out: Sequence[Note], *, can_guide: bool) -> list[Limit]:
    """All limits a request meets.

    Onsets and offsets move by less than 10 ms and are not listed: that is below what the
    model, and a listener, tells apart. A note shorter than that is.

    Args:
        request: as it would be rendered.
        left_out: notes that its window plan has no room for.
        can_guide: whether the unconditional network is there.
    """
    notes = request.clip.notes
    limits: list[Limit] = []

    def add(code: str, message: str, touched: Sequence[Note]) -> None:
        if touched:
            limits.append(Limit(code, message.format(n=len(touched)), tuple(touched)))

    levels = ", ".join(map(str, VELOCITIES))
    add(
        "velocity_steps",
        f"{{n}} notes are played at the nearest of the velocities {levels}",
        [note for note in notes if nearest_velocity(note.velocity) != note.velocity],
    )
    add(
        "short_notes",
        f"{{n}} notes are shorter than the model's time step of {STEP_S * 1000:.0f} ms",
        [note for note in notes if note.duration_s < STEP_S],
    )
    add(
        "note_count",
        "{n} notes are left out or cut short: more sound at once than a window can hold; "
        "thin out the clip there",
        left_out,
    )
    limits += unplayed_path(DECLARATION, request)
    if not can_guide and (GUIDANCE.of(request.settings) or 1.0) > 1.0:
        limits.append(
            Limit("setting_ignored", "guidance needs the unconditional weights, not loaded here")
        )
    limits += unplayed_bends(DECLARATION, request.clip)
    return limits + ignored_settings(DECLARATION, request.settings)
