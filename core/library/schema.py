"""The tables, and the ordered steps that make them.

A step that has been released is never edited; a change is a new step at the end. How steps
are run and recorded is in :mod:`core.sqlite`.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Connection,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

from core.descriptors.adjectives import MEASURES
from core.library.errors import LibraryBug, LibraryNewer, LibraryUnusable
from core.sqlite import Migration, Schema

METADATA = MetaData()

META = Table(
    "meta",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

PRESET = Table(
    "preset",
    METADATA,
    Column("pk", Integer, primary_key=True),
    Column("id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("version_pk", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("rating", Integer, nullable=False),
    Column("favourite", Integer, nullable=False),
    Column("factory_key", Text),
    Column("created_at", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
)

VERSION = Table(
    "version",
    METADATA,
    Column("pk", Integer, primary_key=True),
    Column("preset_pk", Integer, ForeignKey("preset.pk"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("summary", Text, nullable=False),
    Column("recipe", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("created_at", Text, nullable=False),
)

PART = Table(
    "part",
    METADATA,
    Column("version_pk", Integer, ForeignKey("version.pk"), primary_key=True),
    Column("preset_pk", Integer, ForeignKey("preset.pk"), primary_key=True),
)

RECORDING = Table(
    "recording",
    METADATA,
    Column("version_pk", Integer, ForeignKey("version.pk"), primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("extension", Text, nullable=False),
)

TAG = Table(
    "tag",
    METADATA,
    Column("preset_pk", Integer, ForeignKey("preset.pk"), primary_key=True),
    Column("tag", Text, primary_key=True),
)

PRESET_COUNT = Table(
    "preset_count",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("favourite", Integer, primary_key=True),
    Column("presets", Integer, nullable=False),
)

EMBEDDED = Table(
    "embedded",
    METADATA,
    Column("encoder_sha256", Text, primary_key=True),
    Column("store_id", Text, nullable=False),
    Column("complete_to", Integer, nullable=False),
)

GAIN_TABLE = Table(
    "gain",
    METADATA,
    Column("version_pk", Integer, ForeignKey("version.pk"), primary_key=True),
    Column("model_sha256", Text, primary_key=True),
    Column("phrase", Text, primary_key=True),
    Column("gain_db", Float, nullable=False),
)

MEASURE = Table(
    "measure",
    METADATA,
    Column("version_pk", Integer, ForeignKey("version.pk"), primary_key=True),
    Column("model_sha256", Text, primary_key=True),
    Column("phrase", Text, primary_key=True),
    *(Column(name, Float, nullable=False) for name in MEASURES),
)

PLACE_EDIT = Table(
    "place_edit",
    METADATA,
    Column("preset_pk", Integer, ForeignKey("preset.pk"), primary_key=True),
    Column("adjective", Text, primary_key=True),
    Column("place", Integer, nullable=False),
)

PLACE_PARTS = 1000
"""Places are kept in thousandths: whole numbers take a third of the room of floats."""

PLACE = Table(
    "place",
    METADATA,
    Column("basis", Integer, primary_key=True),
    Column("preset_pk", Integer, ForeignKey("preset.pk"), primary_key=True),
    *(Column(name, Integer) for name in MEASURES),
)

HEARD = Table(
    "heard",
    METADATA,
    Column("preset_pk", Integer, ForeignKey("preset.pk"), primary_key=True),
    Column("heard_at", Text, nullable=False),
)

TRASH = Table(
    "trash",
    METADATA,
    Column("preset_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("removed_at", Text, nullable=False),
    Column("rows", Text, nullable=False),
)

TRASHED_RECORDING = Table(
    "trashed_recording",
    METADATA,
    Column("preset_id", Text, ForeignKey("trash.preset_id"), primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("extension", Text, primary_key=True),
)


def _create_presets(connection: Connection) -> None:
    for statement in (
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
        """CREATE TABLE preset (
            pk INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            name_key TEXT NOT NULL UNIQUE,
            version_pk INTEGER NOT NULL,
            kind TEXT NOT NULL,
            rating INTEGER NOT NULL CHECK (rating BETWEEN 0 AND 5),
            favourite INTEGER NOT NULL CHECK (favourite IN (0, 1)),
            factory_key TEXT UNIQUE,
            created_at TEXT NOT NULL,
            changed_at TEXT NOT NULL)""",
        "CREATE INDEX preset_newest ON preset (changed_at, pk)",
        "CREATE INDEX preset_rating ON preset (rating, name_key)",
        "CREATE INDEX preset_favourite ON preset (name_key) WHERE favourite = 1",
        "CREATE INDEX preset_kind ON preset (kind, name_key)",
        "CREATE INDEX preset_version ON preset (version_pk)",
        """CREATE TABLE version (
            pk INTEGER PRIMARY KEY AUTOINCREMENT,
            preset_pk INTEGER NOT NULL REFERENCES preset (pk) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            summary TEXT NOT NULL,
            recipe TEXT NOT NULL,
            settings TEXT NOT NULL,
            digest BLOB NOT NULL,
            created_at TEXT NOT NULL,
            UNIQUE (preset_pk, number))""",
        "CREATE INDEX version_digest ON version (digest)",
        # Which presets a version's blend names, and which recordings it holds.
        """CREATE TABLE part (
            version_pk INTEGER NOT NULL REFERENCES version (pk) ON DELETE CASCADE,
            preset_pk INTEGER NOT NULL REFERENCES preset (pk),
            PRIMARY KEY (version_pk, preset_pk)) WITHOUT ROWID""",
        "CREATE INDEX part_preset ON part (preset_pk)",
        """CREATE TABLE recording (
            version_pk INTEGER NOT NULL REFERENCES version (pk) ON DELETE CASCADE,
            sha256 TEXT NOT NULL,
            extension TEXT NOT NULL,
            PRIMARY KEY (version_pk, sha256)) WITHOUT ROWID""",
        "CREATE INDEX recording_sha256 ON recording (sha256)",
        """CREATE TABLE tag (
            preset_pk INTEGER NOT NULL REFERENCES preset (pk) ON DELETE CASCADE,
            tag TEXT NOT NULL,
            PRIMARY KEY (preset_pk, tag)) WITHOUT ROWID""",
        "CREATE INDEX tag_tag ON tag (tag, preset_pk)",
    ):
        connection.exec_driver_sql(statement)


def _create_search(connection: Connection) -> None:
    connection.exec_driver_sql(
        "CREATE VIRTUAL TABLE preset_text USING fts5 (name, tags, words, "
        "tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3')"
    )


def _create_embedded(connection: Connection) -> None:
    # Versions up to complete_to are in the vector store of that id; see similar.py.
    connection.exec_driver_sql(
        """CREATE TABLE embedded (
            encoder_sha256 TEXT PRIMARY KEY,
            store_id TEXT NOT NULL,
            complete_to INTEGER NOT NULL)"""
    )


def _create_preset_count(connection: Connection) -> None:
    # A list says how many presets there are; counting 100,000 each time takes longer than a page.
    add_one, take_one = (
        "INSERT INTO preset_count VALUES (NEW.kind, NEW.favourite, 1) "
        "ON CONFLICT DO UPDATE SET presets = presets + 1;",
        "UPDATE preset_count SET presets = presets - 1 "
        "WHERE kind = OLD.kind AND favourite = OLD.favourite;",
    )
    for statement in (
        """CREATE TABLE preset_count (
            kind TEXT NOT NULL,
            favourite INTEGER NOT NULL,
            presets INTEGER NOT NULL,
            PRIMARY KEY (kind, favourite)) WITHOUT ROWID""",
        "INSERT INTO preset_count SELECT kind, favourite, count(*) FROM preset GROUP BY 1, 2",
        f"CREATE TRIGGER preset_added AFTER INSERT ON preset BEGIN {add_one} END",
        f"CREATE TRIGGER preset_removed AFTER DELETE ON preset BEGIN {take_one} END",
        "CREATE TRIGGER preset_changed AFTER UPDATE OF kind, favourite ON preset "
        f"BEGIN {take_one} {add_one} END",
    ):
        connection.exec_driver_sql(statement)


def _create_gains(connection: Connection) -> None:
    # Of a version by a model, found on a phrase; see gains.py.
    connection.exec_driver_sql(
        """CREATE TABLE gain (
            version_pk INTEGER NOT NULL REFERENCES version (pk) ON DELETE CASCADE,
            model_sha256 TEXT NOT NULL,
            phrase TEXT NOT NULL,
            gain_db REAL NOT NULL,
            PRIMARY KEY (version_pk, model_sha256, phrase)) WITHOUT ROWID"""
    )


def _create_heard(connection: Connection) -> None:
    # A row for every preset, so that a list walks the index; empty: never.
    for statement in (
        """CREATE TABLE heard (
            preset_pk INTEGER PRIMARY KEY REFERENCES preset (pk) ON DELETE CASCADE,
            heard_at TEXT NOT NULL)""",
        "INSERT INTO heard SELECT pk, '' FROM preset",
        "CREATE INDEX heard_at ON heard (heard_at, preset_pk)",
        "CREATE TRIGGER preset_not_heard AFTER INSERT ON preset "
        "BEGIN INSERT INTO heard VALUES (NEW.pk, ''); END",
    ):
        connection.exec_driver_sql(statement)


def _create_trash(connection: Connection) -> None:
    # What was removed, to be put back as it was; see trash.py.
    connection.exec_driver_sql(
        """CREATE TABLE trash (
            preset_id TEXT PRIMARY KEY NOT NULL,
            name TEXT NOT NULL,
            removed_at TEXT NOT NULL,
            rows TEXT NOT NULL) WITHOUT ROWID"""
    )
    connection.exec_driver_sql(
        """CREATE TABLE trashed_recording (
            preset_id TEXT NOT NULL REFERENCES trash (preset_id) ON DELETE CASCADE,
            sha256 TEXT NOT NULL,
            extension TEXT NOT NULL,
            PRIMARY KEY (preset_id, sha256, extension)) WITHOUT ROWID"""
    )
    connection.exec_driver_sql(
        "CREATE INDEX trashed_recording_sha256 ON trashed_recording (sha256)"
    )


def _create_measures(connection: Connection) -> None:
    # What presets measure, by version and model; what their user says instead, in thousandths;
    # and both together as places to search by, again in thousandths: a third of the size of
    # floats, so that a search over 100,000 reads little. See measures/kept.py.
    names = ("brightness", "attack", "length", "noise", "fullness", "vibrato")
    places = ", ".join(f"{name} INTEGER CHECK ({name} BETWEEN 0 AND 1000)" for name in names)
    for statement in (
        f"""CREATE TABLE measure (
            version_pk INTEGER NOT NULL REFERENCES version (pk) ON DELETE CASCADE,
            model_sha256 TEXT NOT NULL,
            phrase TEXT NOT NULL,
            {", ".join(f"{name} REAL NOT NULL" for name in names)},
            PRIMARY KEY (version_pk, model_sha256, phrase)) WITHOUT ROWID""",
        """CREATE TABLE place_edit (
            preset_pk INTEGER NOT NULL REFERENCES preset (pk) ON DELETE CASCADE,
            adjective TEXT NOT NULL,
            place INTEGER NOT NULL CHECK (place BETWEEN 0 AND 1000),
            PRIMARY KEY (preset_pk, adjective)) WITHOUT ROWID""",
        f"""CREATE TABLE place (
            basis INTEGER NOT NULL,
            preset_pk INTEGER NOT NULL REFERENCES preset (pk) ON DELETE CASCADE,
            {places},
            PRIMARY KEY (basis, preset_pk)) WITHOUT ROWID""",
        "CREATE INDEX place_preset ON place (preset_pk)",
        *(f"CREATE INDEX place_{name} ON place (basis, {name})" for name in names),
        # Of another sound nothing is known yet.
        "CREATE TRIGGER preset_sounds_otherwise AFTER UPDATE OF version_pk ON preset "
        "WHEN OLD.version_pk != NEW.version_pk "
        "BEGIN DELETE FROM place WHERE preset_pk = NEW.pk; END",
    ):
        connection.exec_driver_sql(statement)


MIGRATIONS: tuple[Migration, ...] = (
    Migration("create presets", _create_presets),
    Migration("create full-text search", _create_search),
    Migration("create the record of embeddings", _create_embedded),
    Migration("create counts of presets", _create_preset_count),
    Migration("keep the gains of presets", _create_gains),
    Migration("note when presets were heard", _create_heard),
    Migration("keep removed presets for a while", _create_trash),
    Migration("keep what presets measure", _create_measures),
)

SCHEMA = Schema(
    "the preset library",
    MIGRATIONS,
    application_id=0x54494D42,  # ``TIMB``
    if_damaged="restore a copy, or move it away and import your presets again. Your recordings "
    "are intact in the folder beside it",
    unusable=LibraryUnusable,
    newer=LibraryNewer,
    bug=LibraryBug,
)
"""The library's file, for :class:`core.sqlite.Database`."""
