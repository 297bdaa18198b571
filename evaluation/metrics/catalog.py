"""Every figure a run reports: its name, direction and meaning, in one place.

Tables, the report and the comparison take their columns from here; what a figure means in full is
in the module of :mod:`evaluation.metrics` that computes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.statistics.intervals import Bounds


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
        bounds: least and greatest value; None where there is no such.
    """

    name: str
    label: str
    higher_is_better: bool | None
    digits: int
    about: str
    headline: bool = False
    by_encoder: bool = False
    version: int = 1
    bounds: Bounds = (None, None)


DAGGER = "†"
_NOTES = "of notes found by basic-pitch against the score"
_SHARE: Bounds = (0.0, 1.0)
_COSINE: Bounds = (-1.0, 1.0)
_ERROR: Bounds = (0.0, None)


def _notes(name: str, label: str, about: str, headline: bool = False) -> Metric:
    return Metric(name, label, True, 3, about, headline, version=2, bounds=_SHARE)


def _loss(name: str, label: str, about: str, headline: bool = False, version: int = 2) -> Metric:
    return Metric(name, label, False, 3, about, headline, version=version, bounds=_ERROR)


def _judged(name: str, label: str, about: str, headline: bool = False) -> Metric:
    return Metric(name, label, True, 3, about, headline, True, version=2, bounds=_COSINE)


def _pitch(tracker: str, shown: str, headline: bool) -> tuple[Metric, ...]:
    name, label = f"pitch_{tracker}", f"Pitch {shown}"
    return (
        Metric(
            f"{name}_semitones",
            label,
            False,
            3,
            "Distance of a note's median pitch from its key, semitones; vibrato costs nothing",
            headline,
            version=2,
            bounds=_ERROR,
        ),
        Metric(
            f"{name}_bias_cents", f"{label} bias", None, 1, "Median of notes, cents; + is sharp"
        ),
        Metric(
            f"{name}_spread_cents",
            f"{label} spread",
            None,
            1,
            "Half the interquartile range inside a note, cents: vibrato, drift and misreadings",
            bounds=_ERROR,
        ),
        Metric(
            f"{name}_within_50",
            f"{label} ≤ 50 c",
            True,
            3,
            "Share of notes whose median pitch is within 50 cents of the key",
            bounds=_SHARE,
        ),
    )


METRICS: tuple[Metric, ...] = (
    _notes("onset_f", "Onset F", f"F {_NOTES}: onset 50 ms, pitch 50 cents", True),
    _notes("onset_precision", "Onset P", f"Precision {_NOTES}"),
    _notes("onset_recall", "Onset R", f"Recall {_NOTES}"),
    _notes("offset_f", "+offset F", f"F {_NOTES}; offsets have to agree too", True),
    _notes(
        "velocity_f",
        "+velocity F",
        f"F {_NOTES}; offsets and velocities too. Ranks nothing: the transcriber's velocities are "
        "activations, loudness only roughly",
    ),
    _notes("frame_f", "Frame F", "F of sounding keys, every 10 ms"),
    _loss(
        "mss_audible",
        "MSS audible",
        "Log spectra against the target's, several sizes, down to 60 dB below its loudest",
        True,
        1,
    ),
    _loss("mss", "MSS (DDSP)", "The published definition: 16 kHz, target's peak 1, floor 1e-5"),
    _loss("mss_linear", "MSS linear", "Its linear term"),
    _loss("mss_log", "MSS log", "Its logarithmic term; ruled by what is nearly silent"),
    _judged("clap_target", "Timbre target", "Cosine to the target recording", True),
    _judged("clap_reference", "Timbre ref.", "Cosine to the reference recording"),
    _judged("clap_text", "Timbre text", "Cosine to the words"),
    _loss(
        "tc_target",
        "TC to target",
        "Envelope distance of notes to the target's; its zero is the truth's own, beside it",
        True,
    ),
    Metric(
        "tc_zero",
        "TC zero",
        None,
        3,
        "What the target's notes are from themselves: TC to target of a perfect render",
        bounds=_ERROR,
    ),
    Metric(
        "tc",
        "TC within",
        None,
        3,
        "Envelope distance of a render's notes to each other; lower only says more alike: noise "
        "and sines are",
        version=2,
        bounds=_ERROR,
    ),
    _judged("clap_consistency", "Timbre consist.", "Mean cosine between a render's notes (ours)"),
    *_pitch("yin", "YIN", True),
    *_pitch("crepe", "CREPE", False),
    Metric("notes_estimated", "Notes heard", None, 0, "Notes the transcriber found", version=2),
)

SET_METRICS: tuple[Metric, ...] = (
    Metric("fad", "FAD", False, 4, "Fréchet distance between sets of embeddings", False, True, 2),
    Metric("kad", "KAD", False, 3, "Kernel distance between sets of embeddings", False, True, 2),
)
"""Figures of a whole system, not of an item."""

BY_NAME = {metric.name: metric for metric in METRICS}


def metric_versions() -> dict[str, int]:
    """The version of every figure, by name."""
    return {metric.name: metric.version for metric in (*METRICS, *SET_METRICS)}


def heading(metric: Metric, judged_by: Mapping[str, Any]) -> str:
    """A figure's heading in the tables of one run: a similarity names its judge.

    Args:
        metric: which.
        judged_by: of the run's configuration. A judge that a system of the run was trained with is
            marked with a dagger; :func:`judge_note` says what that means.
    """
    encoder = judged_by.get("encoder")
    if not metric.by_encoder or not encoder:
        return metric.label
    return f"{metric.label} by {encoder['id']}{DAGGER if encoder.get('trained_with') else ''}"


def judge_note(judged_by: Mapping[str, Any]) -> str:
    """Who judges a run's similarities, in a sentence; empty without a judge.

    Args:
        judged_by: of the run's configuration.
    """
    encoder = judged_by.get("encoder")
    if not encoder:
        return ""
    said = (
        f"Timbre figures: cosines of the encoder {encoder['id']}, sha256 {encoder['sha256'][:12]}"
    )
    known = encoder.get("trained_with")
    if known:
        said += (
            f". {DAGGER} {', '.join(known)} was trained with this judge, which is lenient with it; "
            "read them beside the baselines"
        )
    return said + "."


def is_improvement(metric: Metric, difference: float) -> bool | None:
    """Whether a change in this direction is an improvement; None if neither.

    Args:
        metric: whose direction counts.
        difference: new minus old, in the figure's unit.
    """
    if metric.higher_is_better is None or difference == 0:
        return None
    return (difference > 0) == metric.higher_is_better
