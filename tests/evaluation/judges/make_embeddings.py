"""Makes ``golden/embeddings.json``: ``python -m tests.evaluation.judges.make_embeddings``.

What each judge that ships says about the sound of :mod:`.make_golden`, with its version and hash,
so that no change moves figures without one of these.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evaluation.judges.base import TimbreJudge
from evaluation.judges.registry import JUDGES, load_judge
from tests.evaluation.judges import make_golden

GOLDEN = Path(__file__).parent / "golden" / "embeddings.json"
NAMES = (*JUDGES, "embedded")


def said_by(judge: TimbreJudge) -> dict[str, Any]:
    """A judge's version, hash and embedding."""
    embedding = judge.embed(make_golden.sound(), make_golden.RATE)
    return {
        "version": judge.version,
        "sha256": judge.sha256,
        "embedding": [round(float(value), 5) for value in embedding],
    }


if __name__ == "__main__":
    lines = [f' "{name}": {json.dumps(said_by(load_judge(name, "cpu")))}' for name in NAMES]
    GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n")
