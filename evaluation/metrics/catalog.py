"""Every figure a run reports: its name, direction and meaning, in one place.

Tables, the report and the comparison take their columns from here; what a figure means in full is
in the module of :mod:`evaluation.metrics` that computes it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure.

    Attributes:
        name: key in ``results.json``.
        label: column heading.
        higher_is_better: direction; None where neither is.
        digits: decimals shown.
        about: one line for a reader who has not seen it before.
        headline: whether it stands in the short table.
        by_encoder: whether the figure belongs to one timbre encoder.
        version: of what it computes, from 1. Raised by hand with every change that moves a
            figure; a test compares golden values by it, and records of another version are
            computed again.
    """

    name: str
    label: str
    higher_is_better: bool | None
    digits: int
    about: str
    headline: bool = False
    by_encoder: bool = False
    version: int = 1


_NOTES = "of notes found by basic-pitch against the score"

METRICS: tuple[Metric, ...] = (
    Metric("onset_f", "Onset F", True, 3, f"F {_NOTES}: onset 50 ms, pitch 50 cents", True),
    Metric("onset_precision", "Onset P", True, 3, f"Precision {_NOTES}"),
    Metric("onset_recall", "Onset R", True, 3, f"Recall {_NOTES}"),
    Metric("offset_f", "+offset F", True, 3, f"F {_NOTES}; offsets have to agree too", True),
    Metric("velocity_f", "+velocity F", True, 3, f"F {_NOTES}; offsets and velocities too"),
    Metric("frame_f", "Frame F", True, 3, "F of sounding keys, every 10 ms"),
    Metric("mss", "MSS", False, 3, "Multi-scale spectral loss to the target, gain-matched", True),
    Metric("mss_linear", "MSS linear", False, 3, "Its linear term"),
    Metric("mss_log", "MSS log", False, 3, "Its logarithmic term"),
    Metric("clap_target", "CLAP target", True, 3, "Cosine to the target recording", True, True),
    Metric(
        "clap_reference", "CLAP ref.", True, 3, "Cosine to the reference recording", False, True
    ),
    Metric("clap_text", "CLAP text", True, 3, "Cosine to the words", False, True),
    Metric(
        "tc_target", "TC to target", False, 3, "Envelope distance of notes to the target's", True
    ),
    Metric("tc", "TC within", False, 3, "Envelope distance of a render's notes to each other"),
    Metric(
        "clap_consistency",
        "CLAP consist.",
        True,
        3,
        "Mean cosine between a render's notes (our definition)",
        False,
        True,
    ),
    Metric("pitch_yin_semitones", "Pitch YIN", False, 3, "Median pitch error, semitones", True),
    Metric("pitch_crepe_semitones", "Pitch CREPE", False, 3, "Median pitch error, semitones"),
    Metric("notes_estimated", "Notes heard", None, 0, "Notes the transcriber found"),
)

SET_METRICS: tuple[Metric, ...] = (
    Metric("fad", "FAD", False, 4, "Fréchet distance between sets of embeddings", False, True),
    Metric("kad", "KAD", False, 3, "Kernel distance between sets of embeddings", False, True),
)
"""Figures of a whole system, not of an item."""

BY_NAME = {metric.name: metric for metric in METRICS}


def metric_versions() -> dict[str, int]:
    """The version of every figure, by name."""
    return {metric.name: metric.version for metric in (*METRICS, *SET_METRICS)}


def is_improvement(metric: Metric, difference: float) -> bool | None:
    """Whether a change in this direction is an improvement; None if neither.

    Args:
        metric: whose direction counts.
        difference: new minus old, in the figure's unit.
    """
    if metric.higher_is_better is None or difference == 0:
        return None
    return (difference > 0) == metric.higher_is_better
