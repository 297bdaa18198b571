"""What models can be computed on here. ``python -m core.bundles.devices`` prints it as JSON.

A window asks in a process of its own: finding a graphics card loads PyTorch.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class ComputeDevice:
    """Something that computes.

    Attributes:
        name: as ``--device`` takes it: ``cpu``, ``cuda:0``, ``mps``.
        title: for people.
    """

    name: str
    title: str


def compute_devices() -> list[ComputeDevice]:
    """All that PyTorch can use, the processor first; loads PyTorch."""
    import torch

    cores = os.cpu_count() or 1
    found = [ComputeDevice("cpu", f"processor, {cores} core{'s' * (cores != 1)}")]
    if torch.cuda.is_available():
        found += [
            ComputeDevice(f"cuda:{number}", torch.cuda.get_device_name(number))
            for number in range(torch.cuda.device_count())
        ]
    if torch.backends.mps.is_available():
        found.append(ComputeDevice("mps", "Apple's graphics processor"))
    return found


if __name__ == "__main__":
    print(json.dumps([asdict(device) for device in compute_devices()]))
