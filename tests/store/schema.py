"""Prints the schema that all migrations make: `python -m store.schema > …/sql/sqlite/schema.sql` after a new one."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from syncline_server.store import queries
from syncline_server.store.migrate import migrate, migrations

HEAD = """-- The schema after all migrations, to read and to compare with; a test proves that it is what they make.
-- Not written by hand: `python -m store.schema` in tests/ prints it.
"""
NAMED = queries.load(queries.read("sqlite", "queries.sql"))


def migrated() -> sqlite3.Connection:
    """Return a new database with every migration applied."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, NAMED, migrations())
    return connection


def dump(connection: sqlite3.Connection) -> str:
    """Return a database's schema as SQL text: tables first, then what refers to them."""
    rows = connection.execute(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY instr('table index view trigger', type), name"
    )
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    return "\n".join([HEAD, *(f"{sql};\n" for (sql,) in rows), f"PRAGMA user_version = {version};\n"])


if __name__ == "__main__":
    with closing(migrated()) as migrated_database:
        print(dump(migrated_database), end="")
