"""What commands say of their progress in a pipe, told from what else they say."""

from __future__ import annotations

STAGES = ("loading the model", "listening to ", "rendering", "writing ", "encoding ", "importing ")


def without_stages(stderr: str) -> str:
    """What a command said on stderr, without the line that each of its stages has."""
    lines = stderr.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(STAGES))
