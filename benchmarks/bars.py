"""How recognisable is the embedded engine's timbre? The table of its quality bars.

::

    uv run python -m benchmarks.bars OUT [--weights FILE] [--run FOLDER] [--only NAME …]

Instruments are the 24 of FluidR3_GM that training never met; FluidSynth plays their targets,
``embedded-v1`` holds their references. Definitions stand with the functions of
:mod:`benchmarks.likeness`. Writes ``OUT/bars.json`` and prints one line a bar. Onset F and MSS
come from an evaluation run (``timbre evaluate run embedded-v1``) named by ``--run``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.likeness import (
    WEIGHTS,
    MeasuredSystem,
    blend,
    consistency,
    load,
    nearest,
    octaves,
    references,
    speed,
    velocity,
    words,
)


def from_run(run: Path) -> dict[str, float]:
    """Onset F to ground truth's, and audible MSS between a wrong timbre (0) and the truth (1).

    The same player's other melody is no end of that scale: its notes are wrong, and a loss that
    hears notes puts it further away than a wrong timbre.
    """
    summary = json.loads((run / "results.json").read_text())["summary"]

    def mean(name: str, figure: str) -> float:
        return float(summary[name]["figures"][figure]["mean"])

    wrong = mean("embedded/wrong-timbre", "mss_audible")
    return {
        "onset_ratio": mean("embedded", "onset_f") / mean("ground-truth", "onset_f"),
        "mss_share": (wrong - mean("embedded", "mss_audible")) / wrong,
    }


MEASURES: dict[str, Callable[[MeasuredSystem], dict[str, float]]] = {
    "nearest": nearest,
    "octaves": octaves,
    "words": words,
    "blend": blend,
    "velocity": velocity,
    "references": references,
    "consistency": consistency,
    "speed": speed,
}

BARS = (
    ("run", "onset_ratio", ">=", 0.95, "cloning: onset F, ratio to ground truth"),
    ("nearest", "top1", ">=", 0.50, "cloning: own target nearest of 24"),
    ("nearest", "top5", ">=", 0.85, "cloning: own target among the nearest 5"),
    ("nearest", "own_distance", "<=", 5.05, "cloning: mean distance to the own target"),
    ("octaves", "largest", "<=", 2.0, "cloning: largest mean error of an octave, dB"),
    ("run", "mss_share", ">=", 0.4, "cloning: audible MSS, wrong timbre 0, the truth 1"),
    ("words", "top1", ">=", 0.60, "words: own family nearest of 12"),
    ("blend", "spearman", ">=", 0.95, "blend: weight against place"),
    ("velocity", "loudness", ">=", 0.9, "velocity: loudness"),
    ("velocity", "centroid", ">=", 0.9, "velocity: spectral centroid"),
    ("references", "second", ">=", 0.8, "reference of one second"),
    ("references", "chords", ">=", 0.8, "reference in chords"),
    ("references", "room", ">=", 0.8, "reference in a room"),
    ("references", "quiet", ">=", 0.8, "reference 20 dB down"),
    ("consistency", "ratio", "<=", 1.2, "TC over all keys, ratio to target"),
    ("speed", "share", "<=", 0.1, "rendering, share of real time"),
)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--only", nargs="*", choices=MEASURES, default=list(MEASURES))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    system = load(arguments.weights)
    figures: dict[str, Any] = {}
    if arguments.run:
        figures["run"] = from_run(arguments.run)
    for name in arguments.only:
        started = time.perf_counter()
        figures[name] = MEASURES[name](system)
        print(f"{name}: {figures[name]} ({time.perf_counter() - started:.0f} s)", flush=True)
    (arguments.out / "bars.json").write_text(json.dumps(figures, indent=1))
    print(f"\n{'bar':<46}{'measured':>10}{'wanted':>10}")
    for group, figure, sign, bar, label in BARS:
        if group in figures:
            value = figures[group][figure]
            held = value >= bar if sign == ">=" else value <= bar
            print(f"{label:<46}{value:>10.3f}{sign:>6}{bar:>5}  {'' if held else 'missed'}")


if __name__ == "__main__":
    main()
