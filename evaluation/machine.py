"""What a run was timed on, without which its times say nothing.

A short workload of fixed size is timed beside the run: times of two machines, or of a quiet and a
busy hour, are compared by it.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

_REPEATS = 5
_FRAMES, _SIZE = 400, 2048


def describe(workers: int) -> dict[str, Any]:
    """The machine, how busy it is, and what the reference workload takes.

    Args:
        workers: processes of the run, of one thread each.
    """
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "workers": workers,
        "threads_each": 1,
        "load_before": load,
        "reference_s": reference_workload_s(),
    }


def reference_workload_s() -> float:
    """Seconds for 400 spectra of 2048 samples, their logarithms and a sort; one thread, median."""
    sound = np.random.default_rng(0).standard_normal((_FRAMES, _SIZE))
    window = np.hanning(_SIZE)
    times = []
    for _ in range(_REPEATS):
        began = time.perf_counter()
        spectra = np.abs(np.fft.rfft(sound * window, axis=1))
        np.log(spectra + 1e-9).sort(axis=0)
        times.append(time.perf_counter() - began)
    return float(np.median(times))


def one_line(machine: Mapping[str, Any]) -> str:
    """The machine for a caption.

    Args:
        machine: as :func:`describe` gives it.
    """
    load = machine["load_before"]
    busy = "" if load is None else f", load {load:.1f} before"
    return (
        f"Timed on {machine['processor']}, {machine['cores']} cores, {machine['workers']} workers "
        f"of one thread{busy}; reference workload {1000 * machine['reference_s']:.1f} ms"
    )


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except (OSError, UnicodeDecodeError):
        pass  # not Linux: what Python knows then
    return platform.processor() or platform.machine()
