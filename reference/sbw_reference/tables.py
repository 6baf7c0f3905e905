"""The tables of the provider, and the engines they live in."""

import sqlite3
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
)

BUSY_MILLISECONDS = 30_000
LARGEST_POOL = 32
READING = "reading"
Position = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData()

tenant = Table(
    "tenant",
    metadata,
    Column("id", Text, primary_key=True),
    Column("label", Text, nullable=False, unique=True),
    Column("seq", BigInteger, nullable=False),
    # What the controls of a sandbox set: milliseconds ahead of the true time, the instant at which
    # the clock stands still, and how often all cursors were let expire.
    Column("clock", BigInteger, nullable=False, default=0),
    Column("stands", BigInteger),
    Column("epoch", BigInteger, nullable=False, default=0),
)
record = Table(
    "record",
    metadata,
    Column("position", Position, primary_key=True, autoincrement=True),
    Column("tenant", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("readable", Boolean, nullable=False),
    Column("listed", Boolean, nullable=False),
    UniqueConstraint("type", "id", "tenant"),
    Index("record_walk", "tenant", "type", "position"),
    Index("record_updated", "tenant", "type", "updated_at", "position"),
    sqlite_autoincrement=True,
)
external_id = Table(
    "external_id",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("app", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("position", Position, nullable=False),
    # That only one record holds a triple is decided in the writer's turn, which comes alone.
    PrimaryKeyConstraint("tenant", "type", "app", "id", "account", "position"),
    Index("external_id_walk", "tenant", "type", "app", "position"),
    Index("external_id_record", "position"),
)
entry = Table(
    "entry",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("pointer", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("position", Position, nullable=False),
    PrimaryKeyConstraint("tenant", "type", "pointer", "text", "position"),
    Index("entry_record", "position"),
)
memory = Table(
    "memory",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("app", Text, nullable=False),
    # A digest: method and address are longer than an index takes.
    Column("address", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", Text, nullable=False),
    Column("document", Text),
    Column("record", Text),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "app", "address", "key"),
    Index("memory_record", "record"),
)
change = Table(
    "change",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("version", Text),
    Column("at", BigInteger, nullable=False),
    Column("origin", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "seq"),
    Index("change_record", "record"),
)
client = Table(
    "client",
    metadata,
    Column("id", Text, primary_key=True),
    Column("secret", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("app", Text, nullable=False),
    Column("scopes", Text, nullable=False),
)
app_grant = Table(
    "app_grant",
    metadata,
    Column("token", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("app", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("expires_at", BigInteger),
    # How many of its next requests are refused.
    Column("refusals", BigInteger, nullable=False, default=0),
)


def connect(url: str, *, throw_away: bool) -> Engine:
    """Return the engine of a database; a throw-away SQLite file is not synced to the disk.

    sqlalchemy.exc.ArgumentError for text that is no URL, ModuleNotFoundError for a driver that
    is not installed.
    """
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=LARGEST_POOL, max_overflow=0)
    engine = create_engine(
        url,
        pool_size=LARGEST_POOL,
        max_overflow=0,
        connect_args={"timeout": BUSY_MILLISECONDS / 1000, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # Transactions begin where the engine says so.
        cursor = connection.cursor()
        synchronous = "OFF" if throw_away else "NORMAL"
        for setting in ("journal_mode = WAL", "secure_delete = ON", f"synchronous = {synchronous}"):
            cursor.execute(f"PRAGMA {setting}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get(READING):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def reader(engine: Engine) -> Engine:
    """Return an engine on the same pool whose statements stand alone, outside transactions."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{READING: True})
    return engine.execution_options(isolation_level="AUTOCOMMIT")
