"""PostgreSQL: a few connections for each instance, to addresses that calls may reach.

A statement is one transaction: one that fails, or whose result is too large, leaves nothing. Its values travel beside
its text, as what the prepared statement says it takes. How much a database may send for one statement is limited
(`postgres_wire`).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import TYPE_CHECKING, Any

import asyncpg

from syncline_server.engine import values
from syncline_server.engine.effects import QueryFault
from syncline_server.runtime.databases.postgres_values import bind
from syncline_server.runtime.databases.postgres_wire import Connection, contexts
from syncline_server.runtime.databases.results import QueryFailed, Rows, to_json, too_large

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Sequence

    from syncline_server.runtime.addresses import TargetRule
    from syncline_server.runtime.databases.postgres_wire import Meter
    from syncline_server.store.port import Instance

    Lookup = Callable[[str], Awaitable[Sequence[str]]]

CONNECT_SECONDS = 10.0
IDLE_SECONDS = 60.0
"""After which a connection that nobody uses is closed."""
_ROWS_A_TURN = 256
_JSON = ("json", "jsonb")
_SENTENCES = {
    "28": "The database refuses the instance's user or password.",
    "3D": "The database server has no such database.",
    "53": "The database server takes no more connections.",
}
"""Why a connection is refused, by the class of SQLSTATE. PostgreSQL's own words name users and addresses."""
_OF_CONNECTIONS = ("08", "57")
"""Classes of SQLSTATE: the connection broke, or the server's operator intervened."""
_COPY = re.compile(r"(?:\s|--[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)*copy\b", re.IGNORECASE)
_NO_CONNECTION = "The database cannot be reached."
_BROKEN = "The connection to the database broke while the statement was executed."


class PostgresDatabase:
    """One database."""

    def __init__(self, instance: Instance, *, rule: TargetRule, lookup: Lookup) -> None:
        self._instance = instance
        self._rule = rule
        self._lookup = lookup
        self._pool: Any = None
        self._opening = asyncio.Lock()
        self._users = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._returns: set[asyncio.Task[None]] = set()
        """Connections on their way back into the pool."""

    async def query(self, query: str, parameters: Sequence[object], *, seconds: float) -> str:
        """Execute a statement and return its rows as JSON text; raise `QueryFailed`."""
        self._users += 1
        self._idle.clear()
        try:
            async with asyncio.timeout(seconds):
                return await self._execute(query, parameters)
        except TimeoutError:
            raise QueryFailed(QueryFault.TIMEOUT, "The statement took too long.") from None
        finally:
            self._users -= 1
            if not self._users:
                self._idle.set()

    async def retire(self) -> None:
        """Let statements under way end, then close every connection."""
        await self._idle.wait()
        if self._pool is not None:
            await self._pool.close()

    async def close(self) -> None:
        """Close every connection, whatever it does."""
        if self._pool is not None:
            self._pool.terminate()
        for task in self._returns:
            task.cancel()
        await asyncio.gather(*self._returns, return_exceptions=True)
        await asyncio.sleep(0)  # what was aborted is closed in the loop's next turn

    async def _execute(self, query: str, parameters: Sequence[object]) -> str:
        pool = await self._opened()
        try:
            connection = await pool.acquire()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            raise QueryFailed(QueryFault.CONNECT, _NO_CONNECTION) from None
        meter: Meter = connection.meter
        meter.start()
        try:
            return await _transact(connection, query, parameters)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise _failure(error, meter) from None
        finally:
            # Not awaited: what it does, a cancellation or a rollback among it, takes time that is not the statement's.
            giving_back = asyncio.create_task(_give_back(pool, connection))
            self._returns.add(giving_back)
            giving_back.add_done_callback(self._returns.discard)

    async def _opened(self) -> Any:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    min_size=0,
                    max_size=self._instance.max_connections,
                    max_inactive_connection_lifetime=IDLE_SECONDS,
                    connect=self._connect,
                    connection_class=Connection,
                )
            return self._pool

    async def _connect(self, *_: object, **given: Any) -> Any:
        """Connect to the first address that takes it."""
        for address in await self._addresses():
            for tls in contexts(self._instance):
                try:
                    return await self._connect_to(address, tls, given["record_class"])
                except asyncpg.PostgresError as refusal:
                    raise QueryFailed(QueryFault.CONNECT, _sentence(refusal)) from None
                except ConnectionRefusedError:
                    break
                except (OSError, asyncpg.InterfaceError):
                    continue
        raise QueryFailed(QueryFault.CONNECT, _NO_CONNECTION)

    async def _connect_to(self, address: str, tls: ssl.SSLContext | bool, record_class: Any) -> Any:
        # Everything is said, so that no variable or file of the system's user counts.
        instance = self._instance
        connection = await asyncpg.connect(
            host=address,
            port=instance.port,
            user=instance.user,
            password=instance.password,
            database=instance.database,
            ssl=tls,
            direct_tls=False,
            target_session_attrs="any",
            krbsrvname="postgres",
            gsslib="gssapi",
            server_settings={"application_name": "syncline"},
            timeout=CONNECT_SECONDS,
            connection_class=Connection,
            record_class=record_class,
            statement_cache_size=0,
        )
        # The driver makes of months and years so many days.
        await connection.set_type_codec("interval", schema="pg_catalog", encoder=str, decoder=str, format="text")
        return connection

    async def _addresses(self) -> Sequence[str]:
        try:
            found = await self._lookup(self._instance.host)
        except OSError:
            raise QueryFailed(QueryFault.CONNECT, "The database's host is not known.") from None
        permitted = [address for address in found if self._rule.permits(address)]
        if not permitted:
            raise QueryFailed(QueryFault.CONNECT, "The database's address is not one that may be connected to.")
        return permitted


async def _transact(connection: Any, query: str, parameters: Sequence[object]) -> str:
    # Whatever ends this early leaves the transaction open; giving the connection back rolls it back.
    if _COPY.match(query):
        raise QueryFailed(QueryFault.EXECUTING, "COPY streams, which a statement of a process cannot.")
    await connection.execute("BEGIN")
    statement = await connection.prepare(query)
    records = await statement.fetch(*bind(parameters, statement.get_parameters()))
    text = await _rows(statement.get_attributes(), records)
    await connection.execute("COMMIT")
    return text


async def _rows(columns: Sequence[Any], records: Sequence[Sequence[object]]) -> str:
    names = [column.name for column in columns]
    makers = [_from_json if column.type.name in _JSON else _shown for column in columns]
    rows = Rows()
    for number, record in enumerate(records, start=1):
        rows.add(names, [make(value) for make, value in zip(makers, record, strict=True)])
        if not number % _ROWS_A_TURN:
            await asyncio.sleep(0)
    return rows.text()


def _shown(value: object) -> object:
    return to_json(value, _other)


def _other(value: object) -> object:
    """Return a value of a type that the driver has and JSON lacks."""
    match value:
        case asyncpg.Record():
            return {name: _shown(item) for name, item in value.items()}
        case asyncpg.BitString():
            return value.as_string().replace(" ", "")
        case asyncpg.Range(isempty=True):
            return "empty"
        case asyncpg.Range():
            lower, upper = ("" if end is None else str(_shown(end)) for end in (value.lower, value.upper))
            return f"{'[' if value.lower_inc else '('}{lower},{upper}{']' if value.upper_inc else ')'}"
    return str(value)


def _from_json(value: object) -> object:
    """Return the value of a JSON column, whose text may be one that this program would not take from outside."""
    if not isinstance(value, str):
        return value
    try:
        return values.loads(value)
    except values.JsonFault:
        return value


async def _give_back(pool: Any, connection: Any) -> None:
    # Nobody waits for it. What cannot be put in order in time is broken: the pool lets go of it.
    with contextlib.suppress(Exception):
        try:
            if connection.is_in_transaction():
                await connection.execute("ROLLBACK", timeout=CONNECT_SECONDS)
        except Exception:
            connection.terminate()
        await pool.release(connection, timeout=CONNECT_SECONDS)


def _failure(error: Exception, meter: Meter) -> QueryFailed:
    """Say what went wrong with a statement."""
    if meter.is_over:
        return too_large()
    if isinstance(error, asyncpg.QueryCanceledError):
        return QueryFailed(QueryFault.TIMEOUT, "The database cancelled the statement.")
    state = getattr(error, "sqlstate", None) or ""
    if state and state[:2] not in _OF_CONNECTIONS:
        if getattr(error, "severity", None) is None:  # not the server's but the driver's: it repeats the value
            return QueryFailed(QueryFault.EXECUTING, "A parameter's value cannot be taken as the type that it has.")
        return QueryFailed(QueryFault.EXECUTING, f"{error.args[0]} ({state})")
    return QueryFailed(QueryFault.CONNECT, _BROKEN)


def _sentence(refusal: asyncpg.PostgresError) -> str:
    return _SENTENCES.get((refusal.sqlstate or "")[:2], _NO_CONNECTION)
