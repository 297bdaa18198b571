"""What was measured of a take, in words: what each figure means, and what stands for none."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QT_TRANSLATE_NOOP

from desktop.pages.takes.measured.columns import LIKENESS, NOTES
from desktop.services.checks.interface import TakeCheck
from desktop.translations.words import translate
from desktop.widgets.roll.roll_marks import ADDED_SIGN, MISSED_SIGN

NOT_MEASURED = QT_TRANSLATE_NOOP("Takes", "not measured yet")
LISTENING = QT_TRANSLATE_NOOP("Takes", "listening…")


def figure_words(column: int, check: TakeCheck | None, otherwise: str) -> str:
    """A figure of a take.

    Args:
        column: :data:`NOTES` or :data:`LIKENESS`.
        check: what was measured; None if nothing was.
        otherwise: what stands there, then.
    """
    if check is None:
        return otherwise
    figure = check.note_f if column == NOTES else check.likeness
    return translate("Takes", "none") if figure is None else f"{figure:.2f}"


def check_words(check: TakeCheck) -> str:
    """All that was measured, a line each."""
    lines = [
        counts_words(check),
        translate("Takes", "Note F {note_f:.3f}").format(note_f=check.note_f),
    ]
    if check.likeness is None:
        lines.append(
            translate("Takes", "No likeness: {reference}").format(reference=check.reference)
        )
    else:
        lines.append(
            translate("Takes", "Likeness {likeness:.3f} to {reference}; judge: {judge}").format(
                likeness=check.likeness, reference=check.reference, judge=check.judge
            )
        )
    return "\n".join(lines)


def counts_words(check: TakeCheck) -> str:
    """How many notes were heard, missed and added, with the signs that the roll has for them."""
    return translate(
        "Takes",
        "{heard} of {asked} notes heard · {missed_sign} {missed} missed · {added_sign} "
        "{added} added",
    ).format(
        heard=check.heard,
        asked=check.asked,
        missed_sign=MISSED_SIGN,
        missed=len(check.missed),
        added_sign=ADDED_SIGN,
        added=len(check.added),
    )


def heading_words(column: int, judges: Sequence[str]) -> str | None:
    """What a column means; None if that is plain.

    Args:
        column: of the table.
        judges: whose encoders gave the likenesses.
    """
    if column == NOTES:
        return translate(
            "Takes",
            "Are the right notes heard? A transcriber (basic-pitch) listens to the take; F "
            "is the harmonic mean of precision and recall, 1.00 is every note and no "
            "other. A note counts within 50 ms of its onset. Soft attacks and very short "
            "notes are lost even in flawless sound: compare takes with each other.",
        )
    if column == LIKENESS:
        judge = translate("Takes", " and ").join(judges) or translate(
            "Takes", "the encoder of the take's model"
        )
        return translate(
            "Takes",
            "How near the take is to its preset's reference: the cosine of their embeddings, 1.00 "
            "is the same. Judge: {judge}. * The engine was trained with this judge, which makes "
            "it a lenient one: compare takes with each other, and recordings not with words.",
        ).format(judge=judge)
    return None
