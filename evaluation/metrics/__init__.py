"""Metrics, one module each, in the manner of mir_eval.

Every module opens with its task, its conventions and how it differs from other scorers;
then come ``validate``, small functions, and one ``evaluate`` that returns a flat dict of
figures. A figure that is not defined for an input is None (never NaN), and the module
says when that happens; bad input raises an error of :mod:`core.errors`.

    transcription  note precision, recall and F through a transcriber (basic-pitch)
    mss            multi-scale spectral loss
    clap           similarity in a timbre encoder's space, to sound and to words
    pitch          pitch error of single notes
    consistency    timbral consistency within a performance and against another
    distance       Fréchet and kernel audio distance between sets
    speed          real-time factor and first-audio latency
"""

from __future__ import annotations

Figures = dict[str, float | None]
"""Figures by name; None where a figure is not defined for the input."""
