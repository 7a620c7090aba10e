"""One transaction of SQLite, and what a fault of it means: refused, or the store can no longer be trusted."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from syncline_server.errors import StoreUnusable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncline_server.store.changes import Statement

_REFUSALS = frozenset(
    {
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_TOOBIG,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_RANGE,
    }
)
"""After these nothing was kept, for certain. Not so after a failed write or sync, when the journal may hold the commit
already, nor in a file that is damaged or gone."""


def transact(connection: sqlite3.Connection, named: Mapping[str, str], statements: Sequence[Statement]) -> None:
    """Execute the statements, all or none of them, durable on return."""
    if len(statements) == 1:
        connection.execute(*statements[0])  # a transaction of its own
        return
    connection.execute(named["begin"])
    try:
        for query, parameters in statements:
            connection.execute(query, parameters)
        connection.execute(named["commit"])
    except BaseException:
        _roll_back(connection, named)
        raise


def is_refusal(fault: Exception) -> bool:
    """Tell whether a fault of a transaction means that nothing of it was kept."""
    code = getattr(fault, "sqlite_errorcode", None)
    # without a code the driver refused a value before SQLite saw it
    return code is None or code & 0xFF in _REFUSALS


def _roll_back(connection: sqlite3.Connection, named: Mapping[str, str]) -> None:
    if not connection.in_transaction:
        return  # SQLite has done it, as it does when the disk is full
    try:
        connection.execute(named["rollback"])
    except sqlite3.Error as fault:
        raise StoreUnusable from fault
