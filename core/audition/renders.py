"""Renders of presets to be heard, made once and kept in the cache folder.

A file's name is a hash of all that it depends on, so none goes stale; the oldest are removed.
Nothing is loaded for one that is there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core import paths
from core.clip import Clip
from core.engines.registry import settings_to_json
from core.errors import OutputError
from core.leveling.phrase import gain_basis
from core.progress import (
    LOADING,
    ProgressCallback,
    RemarkCallback,
    StageCallback,
    always_continue,
    ignore_remark,
    ignore_stage,
)
from core.provenance import PresetVersion
from core.settings import RenderSettings
from core.timbre import Timbre
from core.version import program_version

if TYPE_CHECKING:
    from core.encoders.embed import EmbeddingLookup

MOST_KEPT = 200
"""Files in the folder."""


@dataclass(frozen=True)
class Audition:
    """A preset, or a timbre that is none yet, and what it is to play.

    Attributes:
        preset_id: its own, never used again; with the version it stands for one sound. Of a
            timbre, what stands for its sound alone.
        preset: its name and version; None of a timbre.
        timbre: its recipe.
        settings: its own.
        clip: to play.
        model: the bundle's id.
        model_sha256: the bundle's digest.
    """

    preset_id: str
    preset: PresetVersion | None
    timbre: Timbre
    settings: RenderSettings
    clip: Clip
    model: str
    model_sha256: str

    @property
    def key(self) -> str:
        """SHA-256 (hex) of all that the sound depends on."""
        parts = [
            self.preset_id, self.preset.version if self.preset else 0,
            settings_to_json(self.settings),
            self.clip.content_hash, self.model_sha256, gain_basis(), program_version(),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    @property
    def path(self) -> Path:
        """Where its file is kept."""
        return _folder() / f"{self.key}.wav"


def audition_file(
    audition: Audition,
    settings: RenderSettings,
    device: str | None = None,
    on_progress: ProgressCallback = always_continue,
    on_remark: RemarkCallback = ignore_remark,
    on_stage: StageCallback = ignore_stage,
    look_up: EmbeddingLookup | None = None,
) -> Path:
    """The file of an audition, rendered if it is not there.

    Args:
        audition: what is to be heard.
        settings: the preset's, with its gain if that is known.
        device: to compute on; None chooses.
        on_progress: called with the fraction done; answering False cancels.
        on_remark: called with what is to be said about it.
        on_stage: called with what is being done, if it is not there.
        look_up: finds embeddings that were computed before.

    Returns:
        In the cache folder; in a temporary one where that cannot be written.

    Raises:
        TimbreError: if it cannot be rendered.
    """
    known = kept_file(audition)
    if known is not None:
        return known
    on_stage(LOADING)
    from core.synthesizer import Synthesizer

    synth = Synthesizer.load(audition.model, device)
    synth.look_up = look_up or synth.look_up
    for limit in synth.limits(audition.clip, settings, audition.timbre):
        on_remark(limit.message)
    take = synth.render(
        audition.clip,
        audition.timbre,
        settings=settings,
        on_progress=on_progress,
        on_remark=on_remark,
        on_stage=on_stage,
        preset=audition.preset,
    )
    return keep_file(audition, take.write)


def kept_file(audition: Audition) -> Path | None:
    """The file of an audition that was rendered before; None if there is none."""
    path = audition.path
    with contextlib.suppress(OSError):
        if path.is_file():
            path.touch()  # heard lately: goes last
            return path
    return None


def keep_file(audition: Audition, write: Callable[[Path], object]) -> Path:
    """Have the file of an audition written where it is kept.

    Args:
        audition: what is to be heard.
        write: renders it, or has done so, and writes it into the file that it is given.

    Returns:
        In the cache folder; in a temporary one where that cannot be written.

    Raises:
        TimbreError: what ``write`` raises.
    """
    path = audition.path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path)
    except (OSError, OutputError):
        path = Path(tempfile.mkdtemp(prefix="timbre-audition-")) / "audition.wav"
        write(path)
    else:
        _remove_oldest()
    return path


def _folder() -> Path:
    return paths.cache_dir() / "auditions"


def _remove_oldest() -> None:
    with contextlib.suppress(OSError):
        newest_first = sorted(_folder().glob("*.wav"), key=lambda path: -path.stat().st_mtime)
        for path in newest_first[MOST_KEPT:]:
            path.unlink(missing_ok=True)
