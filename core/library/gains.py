"""What makes presets equally loud: the gain of each version by each model, kept with it.

Factory presets bring theirs (``factory/gains.json``, made by :mod:`core.training.factory_gains`),
for the weights that the file names; others get theirs when they are first rendered.
"""

from __future__ import annotations

import json
from functools import cache

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from core.engines.registry import check_settings
from core.leveling.phrase import MAX_GAIN_DB, gain_basis
from core.library import factory
from core.library.presets import Preset
from core.library.schema import GAIN_TABLE, PRESET, VERSION
from core.settings import GAIN, RenderSettings

_VERSION_OF = select(VERSION.c.pk, VERSION.c.digest, VERSION.c.settings).join(
    PRESET, PRESET.c.pk == VERSION.c.preset_pk
)


def find(
    connection: Connection, preset: Preset, model_sha256: str, settings: RenderSettings
) -> float | None:
    """The gain of a preset, dB; None if it is not known.

    Args:
        connection: to the library.
        preset: its version counts.
        model_sha256: of the bundle that renders.
        settings: of the render. A gain belongs to the preset's own: with others it is unknown.
    """
    row = connection.execute(
        _VERSION_OF.where(PRESET.c.id == preset.id, VERSION.c.number == preset.version)
    ).first()
    if row is None or _decoding(settings) != _decoding(check_settings(json.loads(row.settings))):
        return None
    stored = connection.execute(
        select(GAIN_TABLE.c.gain_db).where(
            GAIN_TABLE.c.version_pk == row.pk,
            GAIN_TABLE.c.model_sha256 == model_sha256,
            GAIN_TABLE.c.phrase == gain_basis(),
        )
    ).scalar_one_or_none()
    if stored is None and not _decoding(settings):
        stored = factory_gains(model_sha256).get(row.digest.hex())
    return stored if stored is None or abs(stored) <= MAX_GAIN_DB else None


def keep(connection: Connection, preset: Preset, model_sha256: str, gain_db: float) -> None:
    """Keep the gain that a preset was rendered with.

    Args:
        connection: inside a write transaction.
        preset: its version counts.
        model_sha256: of the bundle that rendered.
        gain_db: what was measured. That of a timbre which is silent or out of bounds is left
            out, so that it is remarked on again; so is one that the preset asks for itself.
    """
    if GAIN.name in preset.settings or not 0.0 < abs(gain_db) < MAX_GAIN_DB:
        return
    version_pk = connection.execute(
        _VERSION_OF.where(PRESET.c.id == preset.id, VERSION.c.number == preset.version)
    ).scalar_one_or_none()
    if version_pk is None:  # removed in between
        return
    values = {"gain_db": gain_db}
    key = {"version_pk": version_pk, "model_sha256": model_sha256, "phrase": gain_basis()}
    connection.execute(
        insert(GAIN_TABLE)
        .values(**key, **values)
        .on_conflict_do_update(index_elements=list(key), set_=values)
    )


@cache
def factory_gains(model_sha256: str) -> dict[str, float]:
    """Gains of factory presets, dB, by the digest (hex) of their recipes; empty for other weights.

    Args:
        model_sha256: of the bundle.
    """
    data = json.loads(factory.GAINS.read_text("utf-8"))
    if (data["model_sha256"], data["phrase"]) != (model_sha256, gain_basis()):
        return {}
    return {entry["recipe"]: float(entry["gain_db"]) for entry in data["gains"].values()}


def _decoding(settings: RenderSettings) -> RenderSettings:
    return RenderSettings({name: v for name, v in settings.items() if name != GAIN.name})
