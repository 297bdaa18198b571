"""Measured values, edits and places as rows, inside a caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, select
from sqlalchemy.dialects.sqlite import insert

from core.descriptors.adjectives import MEASURES
from core.descriptors.phrase import measure_basis
from core.library.measures.yardstick import MeasuredValues, factory_measures, place_basis, places_of
from core.library.presets import Preset, PresetMeasures
from core.library.schema import (
    MEASURE,
    META,
    PLACE,
    PLACE_EDIT,
    PLACE_PARTS,
    PRESET,
    PRESET_COUNT,
    VERSION,
)
from core.settings import GAIN

_CHUNK = 500

_UP_TO_DATE = "places"
"""The key in ``meta`` of the basis whose places are all there."""

_CURRENT = select(
    PRESET.c.pk, PRESET.c.id, PRESET.c.version_pk, VERSION.c.digest, VERSION.c.settings
).join(VERSION, VERSION.c.pk == PRESET.c.version_pk)


def find(
    connection: Connection, preset_ids: Sequence[str], model_sha256: str
) -> dict[str, PresetMeasures]:
    """What presets measure, by their ids; those that were not measured have no places.

    Args:
        connection: to the library.
        preset_ids: of presets as they are now; those that are gone are left out.
        model_sha256: of the bundle that plays.
    """
    found: dict[str, PresetMeasures] = {}
    for start in range(0, len(preset_ids), _CHUNK):
        chunk = list(preset_ids[start : start + _CHUNK])
        rows = connection.execute(
            _CURRENT.where(PRESET.c.id.in_(bindparam("ids", expanding=True))), {"ids": chunk}
        ).all()
        values = _values(connection, rows, model_sha256)
        edits = _edits(connection, [row.pk for row in rows])
        for row in rows:
            measured = values.get(row.pk)
            found[row.id] = PresetMeasures(
                {} if measured is None else places_of(measured), edits.get(row.pk, {}), measured
            )
    return found


def keep(
    connection: Connection, preset: Preset, model_sha256: str, measured: MeasuredValues
) -> None:
    """Keep what a preset measures.

    Args:
        connection: inside a write transaction.
        preset: its version counts.
        model_sha256: of the bundle that played it.
        measured: from :func:`core.descriptors.notes.describe`.
    """
    row = connection.execute(
        select(VERSION.c.pk, VERSION.c.preset_pk)
        .join(PRESET, PRESET.c.pk == VERSION.c.preset_pk)
        .where(PRESET.c.id == preset.id, VERSION.c.number == preset.version)
    ).first()
    if row is None:  # removed in between
        return
    key = {"version_pk": row.pk, "model_sha256": model_sha256, "phrase": measure_basis()}
    values = {name: measured[name] for name in MEASURES}
    connection.execute(
        insert(MEASURE)
        .values(**key, **values)
        .on_conflict_do_update(index_elements=list(key), set_=values)
    )
    refresh(connection, [row.preset_pk], model_sha256)


def edit(
    connection: Connection, pk: int, adjective: str, place: float | None, model_sha256: str
) -> None:
    """Take what the user says of a preset in place of what was measured.

    Args:
        connection: inside a write transaction.
        pk: the preset's key.
        adjective: its name.
        place: 0…1; None takes back what was said.
        model_sha256: of the bundle that plays.
    """
    key = {"preset_pk": pk, "adjective": adjective}
    if place is None:
        connection.execute(
            delete(PLACE_EDIT).where(
                PLACE_EDIT.c.preset_pk == pk, PLACE_EDIT.c.adjective == adjective
            )
        )
    else:
        values = {"place": round(place * PLACE_PARTS)}
        connection.execute(
            insert(PLACE_EDIT)
            .values(**key, **values)
            .on_conflict_do_update(index_elements=list(key), set_=values)
        )
    refresh(connection, [pk], model_sha256)


def refresh(connection: Connection, pks: Sequence[int], model_sha256: str) -> None:
    """Bring the places to search by up to date with what is known of presets.

    Args:
        connection: inside a write transaction.
        pks: the presets' keys.
        model_sha256: of the bundle that plays.
    """
    basis = place_basis(model_sha256)
    for start in range(0, len(pks), _CHUNK):
        chunk = list(pks[start : start + _CHUNK])
        rows = connection.execute(
            _CURRENT.where(PRESET.c.pk.in_(bindparam("pks", expanding=True))), {"pks": chunk}
        ).all()
        values = _values(connection, rows, model_sha256)
        edits = _edits(connection, chunk)
        connection.execute(
            delete(PLACE).where(
                PLACE.c.basis == basis, PLACE.c.preset_pk.in_(bindparam("pks", expanding=True))
            ),
            {"pks": chunk},
        )
        written: list[dict[str, int | None]] = []
        for row in rows:
            places = places_of(values[row.pk]) if row.pk in values else {}
            places |= edits.get(row.pk, {})
            if places:
                columns = {
                    name: round(places[name] * PLACE_PARTS) if name in places else None
                    for name in MEASURES
                }
                written.append({"basis": basis, "preset_pk": row.pk, **columns})
        if written:
            connection.execute(insert(PLACE), written)


def count_without(connection: Connection, model_sha256: str) -> int:
    """How many presets have no places.

    Args:
        connection: to the library.
        model_sha256: of the bundle that plays.
    """
    presets = select(func.coalesce(func.sum(PRESET_COUNT.c.presets), 0))
    places = (
        select(func.count()).select_from(PLACE).where(PLACE.c.basis == place_basis(model_sha256))
    )
    return int(connection.execute(presets).scalar_one() - connection.execute(places).scalar_one())


def is_up_to_date(connection: Connection, model_sha256: str) -> bool:
    """Whether places are there for all that was measured.

    Args:
        connection: to the library.
        model_sha256: of the bundle that plays.
    """
    kept = select(META.c.value).where(META.c.key == _UP_TO_DATE)
    return connection.execute(kept).scalar() == str(place_basis(model_sha256))


def bring_up_to_date(connection: Connection, model_sha256: str) -> None:
    """Make the places of everything that was measured, shipped or edited.

    Args:
        connection: inside a write transaction.
        model_sha256: of the bundle that plays.
    """
    basis = place_basis(model_sha256)
    connection.execute(delete(PLACE).where(PLACE.c.basis != basis))
    measured = exists().where(
        MEASURE.c.version_pk == PRESET.c.version_pk,
        MEASURE.c.model_sha256 == model_sha256,
        MEASURE.c.phrase == measure_basis(),
    )
    edited = exists().where(PLACE_EDIT.c.preset_pk == PRESET.c.pk)
    # By the sound, not by whose it is: a copy of a factory preset measures what that does.
    shipped = VERSION.c.digest.in_(bytes.fromhex(one) for one in factory_measures(model_sha256))
    known = (
        select(PRESET.c.pk)
        .join(VERSION, VERSION.c.pk == PRESET.c.version_pk)
        .where(measured | edited | shipped)
    )
    refresh(connection, list(connection.execute(known).scalars()), model_sha256)
    values = {"value": str(basis)}
    connection.execute(
        insert(META)
        .values(key=_UP_TO_DATE, **values)
        .on_conflict_do_update(index_elements=["key"], set_=values)
    )


def are_made(connection: Connection) -> bool:
    """Whether places were made at all; those of every preset are when they are first needed."""
    kept = select(META.c.value).where(META.c.key == _UP_TO_DATE)
    return connection.execute(kept).first() is not None


def _values(
    connection: Connection, rows: Sequence[Any], model_sha256: str
) -> dict[int, MeasuredValues]:
    """Measured values by presets' keys: those kept, else those that ship."""
    current = {row.version_pk: row for row in rows}
    found: dict[int, MeasuredValues] = {}
    kept = select(MEASURE).where(
        MEASURE.c.version_pk.in_(bindparam("pks", expanding=True)),
        MEASURE.c.model_sha256 == model_sha256,
        MEASURE.c.phrase == measure_basis(),
    )
    for values in connection.execute(kept, {"pks": list(current)}).mappings():
        pk = current[values["version_pk"]].pk
        found[pk] = {name: float(values[name]) for name in MEASURES}
    shipped = factory_measures(model_sha256)
    for row in rows:
        if row.pk not in found and not _decoding(row.settings):
            ships = shipped.get(row.digest.hex())
            if ships is not None:
                found[row.pk] = ships
    return found


def _edits(connection: Connection, pks: Sequence[int]) -> dict[int, dict[str, float]]:
    found: dict[int, dict[str, float]] = {}
    edits = select(PLACE_EDIT).where(PLACE_EDIT.c.preset_pk.in_(bindparam("pks", expanding=True)))
    for row in connection.execute(edits, {"pks": list(pks)}):
        found.setdefault(row.preset_pk, {})[row.adjective] = row.place / PLACE_PARTS
    return found


def _decoding(settings: str) -> Mapping[str, Any]:
    """Settings that change the sound; loudness does not change what is measured."""
    given = json.loads(settings)
    return {name: v for name, v in given.items() if name != GAIN.name and v is not None}
