"""Executes the statements of `db_call` nodes: finds the instance, keeps its connections, and says what became of it.

Whatever goes wrong is data for the process, so nothing is raised; what a database says may be among it, its address and
credentials never. A statement may be executed more than once: after a crash it is not known whether it was. One whose
time is over may have been executed, too. An instance that was changed is connected to anew; what is under way ends as
it began.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

from syncline_server.engine.effects import CALL_SECONDS, QueryFailure, QueryFault, QueryReply
from syncline_server.runtime.addresses import SystemLookup, TargetRule
from syncline_server.runtime.databases.postgres import PostgresDatabase
from syncline_server.runtime.databases.results import QueryFailed
from syncline_server.runtime.databases.sqlite import SqliteDatabase
from syncline_server.store.port import Database

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from syncline_server.engine.effects import QueryCall
    from syncline_server.engine.task import Task
    from syncline_server.runtime.addresses import Network
    from syncline_server.store.port import Instance

    Lookup = Callable[[str], Awaitable[Sequence[str]]]

log = logging.getLogger(__name__)


class _Database(Protocol):
    """A database that is in use."""

    async def query(self, query: str, parameters: Sequence[object], *, seconds: float) -> str:
        """Execute a statement and return its rows as JSON text; raise `QueryFailed`."""
        ...

    async def retire(self) -> None:
        """Let statements under way end, then let go of it."""
        ...

    async def close(self) -> None:
        """Let go of it at once."""
        ...


class Databases:
    """The databases in use. Make it inside the running loop.

    PostgreSQL is connected to at permitted addresses only; a file of SQLite's is one below *folder*, in its company's
    own, and without a folder there are none. A statement has `call_seconds` in all, its wait for a connection included.
    """

    def __init__(
        self,
        instance_of: Callable[[Task, int], Instance | None],
        *,
        folder: Path | None = None,
        allow: Sequence[Network] = (),
        call_seconds: float = CALL_SECONDS,
        lookup: Lookup | None = None,
    ) -> None:
        self._instance_of = instance_of
        self._folder = folder
        self._rule = TargetRule(allow)
        self._lookup = lookup or SystemLookup()
        self._call_seconds = call_seconds
        self._open: dict[int, tuple[Instance, _Database]] = {}
        self._retiring: set[asyncio.Task[None]] = set()
        self._closed = False

    async def query(self, task: Task, call: QueryCall) -> QueryReply | QueryFailure:
        """Return what became of the statement; raises nothing but `CancelledError`, also when it is closed."""
        instance = self._instance_of(task, call.instance_id)
        if instance is None:
            return QueryFailure(QueryFault.INSTANCE, f"The company has no instance {call.instance_id}.")
        if self._closed:
            raise asyncio.CancelledError
        try:
            database = self._database(instance)
            return QueryReply(rows=await database.query(call.query, call.parameters, seconds=self._call_seconds))
        except QueryFailed as failed:
            failure = failed.failure
        except Exception as error:
            failure = QueryFailure(QueryFault.EXECUTING, "The server failed to execute the statement.")
            if not self._closed:
                log.error("query.unexpected", exc_info=error, extra={"facts": {"instance": instance.instance_id}})
        if self._closed:
            # What closing did to a statement is not its outcome: the next start executes it again.
            raise asyncio.CancelledError from None
        return failure

    async def close(self) -> None:
        """Let go of everything; a second call does nothing."""
        self._closed = True
        for _, database in self._open.values():
            await database.close()
        self._open.clear()
        for retiring in tuple(self._retiring):
            retiring.cancel()
        await asyncio.gather(*self._retiring, return_exceptions=True)

    def _database(self, instance: Instance) -> _Database:
        known = self._open.get(instance.instance_id)
        if known is not None and known[0] == instance:
            return known[1]
        if known is not None:
            retiring = asyncio.create_task(known[1].retire())
            self._retiring.add(retiring)
            retiring.add_done_callback(self._retiring.discard)
        made = self._made(instance)
        self._open[instance.instance_id] = instance, made
        return made

    def _made(self, instance: Instance) -> _Database:
        if instance.kind is Database.POSTGRESQL:
            return PostgresDatabase(instance, rule=self._rule, lookup=self._lookup)
        if self._folder is None:
            raise QueryFailed(QueryFault.CONNECT, "This server has no folder for SQLite files.")
        return SqliteDatabase(self._folder / instance.company_id / instance.file, threads=instance.max_connections)
