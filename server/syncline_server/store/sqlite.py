"""The embedded store: one SQLite database in the data folder.

One thread writes and another reads, each with a connection of its own: with a write-ahead journal a read never waits
for a commit. A third copies the journal back into the database beside the commits.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from operator import attrgetter
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeAlias, TypeVar

from syncline_server.errors import CommitFailed, StoreUnusable
from syncline_server.store import queries, rows
from syncline_server.store.changes import Changes, pages
from syncline_server.store.folder import DataFolder
from syncline_server.store.journal import Journal
from syncline_server.store.lane import Lane
from syncline_server.store.migrate import migrate, migrations
from syncline_server.store.transaction import is_refusal, transact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from syncline_server.engine.task import Step, Task
    from syncline_server.store.changes import Statement
    from syncline_server.store.port import (
        AccessToken,
        ApiKey,
        Batch,
        Company,
        CounterKey,
        Deployment,
        Grant,
        Instance,
        StoredEnvVar,
        StoredProcess,
        TaskFilter,
    )

    Parameters: TypeAlias = Sequence[str | int | None] | Mapping[str, str | int | None]

P = ParamSpec("P")
T = TypeVar("T")

FILE = "syncline.db"
OLDEST_SQLITE = (3, 37, 0)
"""The first with STRICT tables."""
JOURNAL_PAGES = 4096
"""After so many pages, 16 MiB, the journal is copied back. More would be copied less often, since pages that change all
the time are copied once for many commits; but the rest, which holds commits up, would take longer."""
_NEWEST = "\U0010ffff"
"""Above every task id."""


class SqliteStore:
    """A store in a folder of its own, which no second server may use meanwhile."""

    def __init__(self, data: Path, *, journal_pages: int = JOURNAL_PAGES) -> None:
        self._data = data
        self._folder = DataFolder(data)
        self._named = queries.load(queries.read("sqlite", "queries.sql"))
        self._changes = Changes(self._named)
        self._writer = Lane("store-writer")
        self._reader = Lane("store-reader")
        self._copier = Lane("store-copier")
        self._journal = Journal(
            copier=self._copier,
            writer=self._writer,
            copy=self._named["copy_journal"],
            pages=journal_pages,
            on_failure=self._fail,
        )
        self._is_open = False
        self._failure: Exception | None = None

    async def open(self) -> None:
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            needed = ".".join(map(str, OLDEST_SQLITE))
            raise StoreUnusable(f"The SQLite library is version {sqlite3.sqlite_version}; {needed} is needed.")
        self._folder.take()
        try:
            await self._connect()
        except sqlite3.Error as fault:
            await self.close()
            raise StoreUnusable(f"The database in {self._data} cannot be opened.") from fault
        except BaseException:
            await self.close()
            raise
        self._failure = None
        self._is_open = True

    async def close(self) -> None:
        self._is_open = False
        await self._journal.settle()
        for lane in (self._reader, self._copier, self._writer):
            await lane.close()
        self._folder.release()

    async def _connect(self) -> None:
        path = self._folder.file(FILE)
        await self._writer.connect(path, self._named["settings_of_writer"])
        if await self._writer.run(_fetch, self._named["journal_mode"], (), _first) != ["wal"]:
            raise StoreUnusable(f"The file system of {self._data} cannot hold a database: it lacks shared memory.")
        await self._writer.run(migrate, self._named, migrations())
        await self._reader.connect(path, self._named["settings_of_reader"])
        await self._copier.connect(path, self._named["settings_of_copier"])

    # Writing.

    async def commit(self, batch: Batch) -> None:
        self._check()
        # Rows are made here and not in the writer's thread: there they would hold up the event loop just as long, and
        # the commit longer, for that thread gets the interpreter only when the loop lets go of it.
        try:
            statements = self._changes.statements(batch)
        except (ValueError, TypeError, RecursionError) as fault:
            raise CommitFailed from fault
        if statements:
            await self._transact(statements)

    async def forget_before(self, instant: int) -> None:
        forgetting = (self._named["forget_tasks"], self._named["forget_access_tokens"])
        await self._transact([(query, (instant,)) for query in forgetting])

    async def set_value(self, name: str, text: str) -> None:
        await self._transact([(self._named["set_value"], (name, text))])

    async def _transact(self, statements: Sequence[Statement]) -> None:
        self._check()
        try:
            await self._writer.run(transact, self._named, statements)
        except (sqlite3.Error, ValueError, OverflowError, TypeError) as fault:
            if is_refusal(fault):
                raise CommitFailed from fault
            self._fail(fault)
            raise StoreUnusable from fault
        self._journal.grew(pages(statements))

    # Reading.

    async def task(self, task_id: str) -> Task | None:
        return await self._one(rows.task_of, "task", (task_id,))

    async def task_by_ref(self, process_id: int, ref: str) -> Task | None:
        return await self._one(rows.task_of, "task_by_ref", (process_id, ref))

    async def task_by_request(self, login: str, request_id: str) -> Task | None:
        return await self._one(rows.task_of, "task_by_request", (login, request_id))

    async def is_remembered(self, task_id: str) -> bool:
        return await self._one(_first, "is_remembered", (task_id,)) is not None

    async def tasks(self, which: TaskFilter, *, before: str, limit: int) -> Sequence[Task]:
        parameters = {
            "process_id": which.process_id,
            "state": None if which.state is None else which.state.value,
            "ref": which.ref,
            "node_id": which.node_id,
            "before": before or _NEWEST,
            "limit": limit,
        }
        return await self._all(rows.task_of, _listing(which), parameters)

    async def steps(self, task_id: str, *, after: int, limit: int) -> Sequence[Step]:
        return await self._read(_steps, self._named["steps"], task_id, after, limit)

    async def live_tasks(self, *, after: str, limit: int) -> Sequence[Task]:
        return await self._all(rows.task_of, "live_tasks", (after, limit))

    async def finished_before(self, instant: int, *, limit: int) -> Sequence[str]:
        return await self._all(_first, "finished_before", (instant, limit))

    async def processes(self) -> Sequence[StoredProcess]:
        return await self._all(rows.process_of, "processes")

    async def deployment(self, process_id: int, version: int) -> Deployment | None:
        return await self._one(rows.deployment_of, "deployment", (process_id, version))

    async def companies(self) -> Sequence[Company]:
        return await self._all(rows.company_of, "companies")

    async def keys(self) -> Sequence[ApiKey]:
        return await self._all(rows.key_of, "keys")

    async def grants(self) -> Sequence[Grant]:
        return await self._all(rows.grant_of, "grants")

    async def access_tokens(self) -> Sequence[AccessToken]:
        return await self._all(rows.access_token_of, "access_tokens")

    async def env_vars(self) -> Sequence[StoredEnvVar]:
        return await self._all(rows.env_var_of, "env_vars")

    async def instances(self) -> Sequence[Instance]:
        return await self._all(rows.instance_of, "instances")

    async def counters(self) -> dict[CounterKey, str]:
        return dict(await self._all(_counter, "counters"))

    async def value(self, name: str) -> str | None:
        return await self._one(_first, "value", (name,))

    async def _one(self, make: Callable[[rows.AnyRow], T], name: str, parameters: Parameters) -> T | None:
        found = await self._all(make, name, parameters)
        return found[0] if found else None

    async def _all(self, make: Callable[[rows.AnyRow], T], name: str, parameters: Parameters = ()) -> list[T]:
        return await self._read(_fetch, self._named[name], parameters, make)

    async def _read(self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kw: P.kwargs) -> T:
        self._check()
        try:
            return await self._reader.run(work, *args, **kw)
        except (sqlite3.Error, ValueError, TypeError, KeyError) as fault:
            self._fail(fault)
            raise StoreUnusable from fault

    # Trust.

    def _check(self) -> None:
        if self._failure is not None:
            raise StoreUnusable from self._failure
        if not self._is_open:
            raise StoreUnusable("The store is not open.")

    def _fail(self, fault: Exception) -> None:
        self._failure = self._failure or fault


def _listing(which: TaskFilter) -> str:
    """Return the query whose index leaves the fewest tasks to look at."""
    if which.ref:
        return "tasks_with_ref"
    if which.node_id is not None:
        return "tasks_in_node"
    return "tasks_of_process" if which.state is None else "tasks_in_state"


def _fetch(
    connection: sqlite3.Connection, query: str, parameters: Parameters, make: Callable[[rows.AnyRow], T]
) -> list[T]:
    try:
        found = connection.execute(query, parameters).fetchall()
    except (UnicodeEncodeError, OverflowError):
        return []  # what no row can hold is in none
    return [make(row) for row in found]


def _steps(connection: sqlite3.Connection, query: str, task_id: str, after: int, limit: int) -> list[Step]:
    """Read chunks until no later one can begin within the page: branches let them overlap."""
    found: list[Step] = []
    with closing(connection.execute(query, (task_id, after))) as chunks:
        for first, text in chunks:
            if len(found) >= limit and first > found[limit - 1].sequence:
                break
            found.extend(step for step in rows.steps_of(text) if step.sequence > after)
            found.sort(key=attrgetter("sequence"))
    return found[:limit]


def _counter(row: rows.AnyRow) -> tuple[CounterKey, str]:
    process_id, node_id, name, number = row
    return (process_id, node_id, name), number


def _first(row: rows.AnyRow) -> str:
    return str(row[0])
