"""What a fault of SQLite means: the change was refused, or the store can no longer be trusted."""

from __future__ import annotations

import sqlite3

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
"""After these a transaction can be rolled back for certain. Not so after a failed write or sync (the journal may hold
the commit already), nor in a file that is damaged or gone."""


def is_refusal(fault: Exception) -> bool:
    """Tell whether nothing of the change was kept, once it is rolled back."""
    code = getattr(fault, "sqlite_errorcode", None)
    # without a code the driver refused a value before SQLite saw it
    return code is None or code & 0xFF in _REFUSALS
