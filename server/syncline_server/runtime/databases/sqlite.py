"""SQLite: one file of the company's for each instance, in threads of its own.

A statement is one transaction and gets a connection of its own, so that nothing of it stays but what it wrote. It
cannot leave its file: ATTACH, PRAGMA, VACUUM, virtual tables and extensions are refused, as is whatever would end the
transaction. What one instruction may cost is bounded (`sqlite_bounds`). `$1` is a parameter to SQLite itself: nothing
is put into the text.
"""

from __future__ import annotations

import asyncio
import math
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.effects import QueryFault
from syncline_server.runtime.databases.results import QueryFailed, Rows, to_json, too_large
from syncline_server.runtime.databases.sqlite_bounds import REFUSED, bound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    Value = str | int | float | None

STEPS = 10_000
"""Instructions of SQLite's machine between two looks at the clock: some tenths of a millisecond."""
LOCK_SECONDS = 5.0
"""How long a statement waits for another one's lock on the file."""
MAX_PAGES = 262_144
"""Of a file: 1 GiB, at the usual size of a page."""
_SETTINGS = (f"PRAGMA max_page_count = {MAX_PAGES}", "PRAGMA trusted_schema = OFF", "PRAGMA foreign_keys = ON")
_REFUSED = frozenset(
    {
        sqlite3.SQLITE_ATTACH,
        sqlite3.SQLITE_DETACH,
        sqlite3.SQLITE_PRAGMA,
        sqlite3.SQLITE_TRANSACTION,
        sqlite3.SQLITE_SAVEPOINT,
        sqlite3.SQLITE_CREATE_VTABLE,
        sqlite3.SQLITE_DROP_VTABLE,
    }
)
_INTEGERS = range(-(2**63), 2**63)


class SqliteDatabase:
    """One file."""

    def __init__(self, path: Path, *, threads: int) -> None:
        self._path = path
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="sqlite")
        self._limits: set[Limit] = set()
        """Of the statements under way."""

    async def query(self, query: str, parameters: Sequence[object], *, seconds: float) -> str:
        """Execute a statement and return its rows as JSON text; raise `QueryFailed`."""
        limit = Limit(time.monotonic() + seconds)
        loop = asyncio.get_running_loop()
        self._limits.add(limit)
        try:
            return await loop.run_in_executor(self._threads, self._execute, query, _Parameters(parameters), limit)
        finally:
            limit.until = 0.0  # nobody waits for it any more
            self._limits.discard(limit)

    async def retire(self) -> None:
        """Take no more statements; those that were taken are executed."""
        self._threads.shutdown(wait=False)

    async def close(self) -> None:
        """Interrupt what is under way."""
        for limit in self._limits:
            limit.until = 0.0
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _execute(self, query: str, parameters: _Parameters, limit: Limit) -> str:
        if limit.is_over():
            raise QueryFailed(QueryFault.TIMEOUT, "The statement's time was over before it began.")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with closing(self._connection(limit)) as connection:
                return _transact(connection, query, parameters)
        except sqlite3.Error as error:
            raise _failure(error, is_over=limit.is_over()) from None
        except OSError:
            raise QueryFailed(QueryFault.CONNECT, "The database's file cannot be opened.") from None
        except ValueError:
            raise QueryFailed(
                QueryFault.EXECUTING, "The statement holds a character that SQLite does not take."
            ) from None

    def _connection(self, limit: Limit) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=rwc", uri=True, isolation_level=None, timeout=LOCK_SECONDS
            )
        except sqlite3.Error:
            raise QueryFailed(QueryFault.CONNECT, "The database's file cannot be opened.") from None
        try:
            connection.text_factory = _text
            bound(connection)
            connection.set_progress_handler(limit.is_over, STEPS)
            for setting in _SETTINGS:
                connection.execute(setting)
        except BaseException:
            connection.close()
            raise
        return connection


class Limit:
    """Until when a statement may go on, by the monotonic clock."""

    def __init__(self, until: float) -> None:
        self.until = until

    def is_over(self) -> bool:
        return time.monotonic() > self.until


class _Parameters(dict[str, "Value"]):
    """The values of `$1`, `$2`, … by their numbers."""

    def __init__(self, parameters: Sequence[object]) -> None:
        super().__init__({str(number): _value(value) for number, value in enumerate(parameters, start=1)})

    def __missing__(self, name: str) -> Value:
        raise QueryFailed(QueryFault.EXECUTING, f"The statement's parameter ${name} has no value.")


def _transact(connection: sqlite3.Connection, query: str, parameters: Mapping[str, Value]) -> str:
    connection.execute("BEGIN")
    connection.set_authorizer(_authorize)
    rows = Rows()
    with closing(connection.execute(query, parameters)) as cursor:
        names = [str(column[0]) for column in cursor.description or ()]
        for row in cursor:
            rows.add(names, [to_json(value) for value in row])
    connection.set_authorizer(None)
    connection.execute("COMMIT")
    return rows.text()


def _authorize(action: int, _one: str | None, other: str | None, _database: str | None, _inner: str | None) -> int:
    if action in _REFUSED or (action == sqlite3.SQLITE_FUNCTION and other in REFUSED):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _value(value: object) -> Value:
    """Return a JSON value as SQLite takes it. Numbers beyond what it calculates with are texts, digit for digit."""
    if value is None or isinstance(value, (str, float)):
        return value
    if isinstance(value, int):
        return int(value) if value in _INTEGERS else str(value)
    if isinstance(value, values.Number):
        near = float(value.decimal())
        return near if math.isfinite(near) and values.equal(near, value) else value.text
    return values.dumps(value)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _failure(error: sqlite3.Error, *, is_over: bool) -> QueryFailed:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_INTERRUPT and is_over:
        return QueryFailed(QueryFault.TIMEOUT, "The statement took too long.")
    if code == sqlite3.SQLITE_TOOBIG:
        return too_large()
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB):
        return QueryFailed(QueryFault.CONNECT, "The database's file cannot be opened.")
    return QueryFailed(QueryFault.EXECUTING, str(error))
