"""Brings a database's schema up to date: forward only, each migration in a transaction of its own.

A migration is a file `0001_name.sql`; its last statement sets `user_version` to its number.
"""

from __future__ import annotations

import re
import sqlite3
from importlib import resources
from typing import TYPE_CHECKING

from syncline_server.errors import StoreUnusable
from syncline_server.store import queries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

APPLICATION_ID = 0x53594E43
"""What the first migration writes into the file's head."""
_NAME = re.compile(r"(\d{4})_\w+\.sql")


def migrations() -> dict[int, str]:
    """Return the text of every migration by its number."""
    folder = resources.files("syncline_server.store") / "sql" / "sqlite"
    names = sorted(entry.name for entry in folder.iterdir())
    return {int(match[1]): queries.read("sqlite", match[0]) for name in names if (match := _NAME.fullmatch(name))}


def migrate(connection: sqlite3.Connection, named: Mapping[str, str], texts: Mapping[int, str]) -> None:
    """Apply what is missing; raise `StoreUnusable` for a database that is newer than the code, or not ours."""
    version = _number(connection, named["schema_version"])
    is_ours = _number(connection, named["application"]) == APPLICATION_ID
    if not is_ours and _number(connection, named["count_of_tables"]) > 0:
        raise StoreUnusable("The database belongs to another program.")
    if version > max(texts):
        raise StoreUnusable(f"The database has schema {version}; this version of the program knows {max(texts)}.")
    for number in sorted(texts):
        if number > version:
            _apply(connection, named, texts[number])


def _apply(connection: sqlite3.Connection, named: Mapping[str, str], text: str) -> None:
    connection.execute(named["begin"])
    try:
        for statement in statements(text):
            connection.execute(statement)
        connection.execute(named["commit"])
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute(named["rollback"])
        raise


def statements(text: str) -> Iterator[str]:
    """Yield the statements of an SQL text, triggers in one piece."""
    piece = ""
    for line in text.splitlines(keepends=True):
        piece += line
        if sqlite3.complete_statement(piece):
            yield piece
            piece = ""
    if piece.strip():
        raise ValueError(f"an SQL text ends within a statement: {piece.strip()[:60]}")


def _number(connection: sqlite3.Connection, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])
