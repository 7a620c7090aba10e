"""Statements in databases: what holds for both kinds, and SQLite."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fakes.runtime import PATIENCE
from syncline_server.engine import values
from syncline_server.engine.effects import QueryCall, QueryFailure, QueryFault, QueryReply
from syncline_server.engine.task import Task
from syncline_server.runtime.databases import performer as performer_module
from syncline_server.runtime.databases import sqlite as sqlite_module
from syncline_server.runtime.databases.performer import Databases
from syncline_server.store.port import Database, Instance

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

TASK = Task(task_id="1", process_id=7, process_version=1)
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
FILE = Instance(instance_id=1, company_id="i000000001", title="t", kind=Database.SQLITE, file="a.db")


class Known:
    """Instances by id, and statements for them."""

    def __init__(self, folder: Path, *, call_seconds: float = PATIENCE) -> None:
        self.instances = {1: FILE}
        self.databases = Databases(
            lambda _, number: self.instances.get(number), folder=folder, call_seconds=call_seconds
        )

    async def ask(self, query: str, *parameters: object, instance_id: int = 1) -> QueryReply | QueryFailure:
        call = QueryCall(step=1, node_id="n", instance_id=instance_id, query=query, parameters=parameters)
        async with asyncio.timeout(PATIENCE):
            return await self.databases.query(TASK, call)

    async def rows(self, query: str, *parameters: object) -> object:
        """Return the rows of a statement that goes well."""
        reply = await self.ask(query, *parameters)
        assert isinstance(reply, QueryReply), reply
        return json.loads(reply.rows)

    async def failure(self, query: str, *parameters: object) -> QueryFailure:
        reply = await self.ask(query, *parameters)
        assert isinstance(reply, QueryFailure), reply
        return reply


def files(folder: Path) -> set[str]:
    """Return every file below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def numbers(last: int) -> str:
    """Return a table `n(i)` of the numbers from 1 on."""
    return f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {last})"


@pytest.fixture
async def executing(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """What is set once a statement is being executed."""
    event, loop = asyncio.Event(), asyncio.get_running_loop()

    class Telling(sqlite_module.Limit):
        def is_over(self) -> bool:
            loop.call_soon_threadsafe(event.set)
            return super().is_over()

    monkeypatch.setattr(sqlite_module, "Limit", Telling)
    return event


@pytest.fixture
async def known(tmp_path: Path) -> AsyncIterator[Known]:
    known = Known(tmp_path / "databases")
    yield known
    await known.databases.close()


@pytest.fixture
async def hurried(tmp_path: Path) -> AsyncIterator[Known]:
    """The same with little time."""
    known = Known(tmp_path / "databases", call_seconds=0.2)
    yield known
    await known.databases.close()


async def test_rows_come_as_objects(known: Known) -> None:
    await known.rows("CREATE TABLE t (a INTEGER, b TEXT)")
    await known.rows("INSERT INTO t VALUES ($1, $2), ($3, $4)", 1, "ü", None, "'; DROP TABLE t --")

    assert await known.rows("SELECT b, a FROM t ORDER BY a") == [
        {"b": "'; DROP TABLE t --", "a": None},
        {"b": "ü", "a": 1},
    ]


async def test_a_file_is_in_the_folder_of_its_company(known: Known, tmp_path: Path) -> None:
    await known.rows("CREATE TABLE t (a)")

    assert files(tmp_path) == {"databases/i000000001/a.db"}


async def test_a_parameter_is_never_text(known: Known) -> None:
    """What looks like a parameter in a literal or a comment is none, and one may be used twice."""
    assert await known.rows("SELECT '$2' AS a, $1 AS b, $1 || '!' AS c -- $3", "x") == [
        {"a": "$2", "b": "x", "c": "x!"}
    ]


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (None, "null", "null"),
        (True, "integer", "1"),
        (2**62, "integer", str(2**62)),
        (2**64, "text", f'"{2**64}"'),
        (0.1, "real", "0.1"),
        (values.Number("1.10"), "real", "1.1"),
        (values.Number("0.12345678901234567890"), "text", '"0.12345678901234567890"'),
        (values.Number("1e400"), "text", '"1e400"'),
        ("ü\x00", "text", '"ü\\u0000"'),
        ([1, {"a": values.Number("1.10")}], "text", '"[1,{\\"a\\":1.10}]"'),
    ],
    ids=str,
)
async def test_values_go_in_and_come_out(known: Known, value: object, kind: str, shown: str) -> None:
    reply = await known.ask("SELECT typeof($1) AS kind, $1 AS value", value)

    assert reply == QueryReply(rows=f'[{{"kind":"{kind}","value":{shown}}}]')


async def test_what_is_no_json_comes_as_text(known: Known) -> None:
    assert await known.rows("SELECT x'00ff' AS b, 9e999 AS i, -9e999 AS n, CAST(x'ff41' AS TEXT) AS t") == [
        {"b": "AP8=", "i": "Infinity", "n": "-Infinity", "t": "�A"}
    ]


async def test_what_a_statement_returns_counts_and_not_what_it_is(known: Known) -> None:
    assert await known.rows("CREATE TABLE t (a)") == []
    assert await known.rows("INSERT INTO t VALUES (1) RETURNING a + 1 AS a") == [{"a": 2}]
    assert await known.rows("DELETE FROM t WHERE a = 3") == []


@pytest.mark.parametrize(
    "query",
    [
        "ATTACH 'other.db' AS other",
        "ATTACH ':memory:' AS other",
        "DETACH main",
        "PRAGMA journal_mode = OFF",
        "PRAGMA table_info(t)",
        "SELECT * FROM pragma_database_list",
        "VACUUM INTO 'copy.db'",
        "VACUUM",
        "SELECT load_extension('x')",
        "CREATE VIRTUAL TABLE v USING fts5(a)",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT s",
    ],
)
async def test_a_statement_cannot_leave_its_file(known: Known, query: str, tmp_path: Path) -> None:
    failure = await known.failure(query)

    assert failure.fault is QueryFault.EXECUTING
    assert files(tmp_path) <= {"databases/i000000001/a.db", "databases/i000000001/a.db-journal"}


@pytest.mark.parametrize(
    ("query", "parameters", "said"),
    [
        ("SELECT hex(fts3_tokenizer($1))", ["simple"], "not authorized to use function: fts3_tokenizer"),
        ("SELECT fts3_tokenizer($1, $2)", ["mine", "AAAAAAAA"], "not authorized to use function: fts3_tokenizer"),
        ("SELECT json_patch($1, $1)", ['{"a":1}'], "not authorized to use function: json_patch"),
        ("SELECT $1 LIKE $2", ["a", "%" + "a" * 500], "LIKE or GLOB pattern too complex"),
        (f"SELECT {','.join(['hex(randomblob(500000))'] * 251)}", [], "too many columns in result set"),
    ],
)
async def test_what_would_take_memory_or_addresses_is_refused(
    known: Known, query: str, parameters: list[object], said: str
) -> None:
    """SQLite's tokenizers are addresses: one query showed where the library is, another had it call any address."""
    assert await known.failure(query, *parameters) == QueryFailure(QueryFault.EXECUTING, said)


@pytest.mark.parametrize(
    ("query", "parameters", "found"),
    [
        ("SELECT instr($1, $2) AS a", ["a" * 1_000_000, "a" * 500_000 + "b"], 0),
        ("SELECT length(replace($1, $2, '')) AS a", ["a" * 1_000_000, "a" * 500_000 + "b"], 1_000_000),
        ("SELECT length(rtrim($1, $2)) AS a", ["a" * 1_000_000, "bcdefg" * 160_000 + "a"], 0),
    ],
)
async def test_no_function_takes_the_product_of_two_texts(
    known: Known, query: str, parameters: list[object], found: int
) -> None:
    """Nobody can stop SQLite within a function: two minutes were not rare."""
    async with asyncio.timeout(2):
        assert await known.rows(query, *parameters) == [{"a": found}]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("instr('banana', 'nan')", 3),
        ("instr(x'0102', x'02')", 2),
        ("instr(NULL, 'a')", None),
        ("replace(1.5, '.', ',')", "1,5"),
        ("replace(1e100, '+', '')", "1.0e100"),
        ("replace('abc', '', 'x')", "abc"),
        ("replace('abc', 'b', NULL)", None),
        ("trim('  a ')", "a"),
        ("trim('xyaxx', 'yx')", "a"),
        ("ltrim(110, 1)", "0"),
        ("rtrim('a', '')", "a"),
    ],
)
async def test_functions_do_as_the_library_has_it(known: Known, expression: str, found: object) -> None:
    assert await known.rows(f"SELECT {expression} AS a") == [{"a": found}]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELEKT 1", 'near "SELEKT": syntax error'),
        ("SELECT 1; SELECT 2", "one statement at a time"),
        ("SELECT $2", "parameter $2 has no value"),
        ("SELECT $1::text", "parameter $1::text has no value"),
        ("SELECT * FROM missing", "no such table: missing"),
        ("SELECT '\x00'", "character"),
        ("", ""),
    ],
)
async def test_what_sqlite_says_is_told(known: Known, query: str, said: str) -> None:
    outcome = await known.ask(query, "v")

    if not said:
        assert outcome == QueryReply(rows="[]")
    else:
        assert isinstance(outcome, QueryFailure)
        assert outcome.fault is QueryFault.EXECUTING
        assert said in outcome.description


async def test_a_statement_that_fails_leaves_nothing(known: Known) -> None:
    await known.rows("CREATE TABLE t (a INTEGER CHECK (a < 3))")
    failure = await known.failure("INSERT INTO t VALUES (1), (2), (3)")
    large = await known.failure(f"INSERT INTO t {numbers(10_001)} SELECT 0 FROM n RETURNING a")

    assert failure == QueryFailure(QueryFault.EXECUTING, "CHECK constraint failed: a < 3")
    assert large.fault is QueryFault.SIZE
    assert await known.rows("SELECT count(*) AS n FROM t") == [{"n": 0}]


@pytest.mark.parametrize(
    "query",
    [
        f"{numbers(10_001)} SELECT i FROM n",
        f"{numbers(2_000)} SELECT hex(zeroblob(300)) FROM n",
        "SELECT hex(zeroblob(600000))",
        "SELECT zeroblob(1000000000)",
    ],
)
async def test_a_result_has_a_size(known: Known, query: str) -> None:
    assert (await known.failure(query)).fault is QueryFault.SIZE


async def test_as_many_rows_as_may_be_are_returned(known: Known) -> None:
    rows = await known.rows(f"{numbers(10_000)} SELECT i FROM n")

    assert isinstance(rows, list)
    assert len(rows) == 10_000


async def test_a_statement_has_a_time(hurried: Known) -> None:
    assert (await hurried.failure(ENDLESS)).fault is QueryFault.TIMEOUT


async def test_a_statement_that_gets_no_turn_has_a_time(hurried: Known) -> None:
    hurried.instances[1] = replace(FILE, max_connections=1)
    first, second = await asyncio.gather(hurried.ask(ENDLESS), hurried.ask(ENDLESS))

    assert isinstance(first, QueryFailure)
    assert isinstance(second, QueryFailure)
    assert first.fault is second.fault is QueryFault.TIMEOUT


async def test_a_statement_that_nobody_waits_for_ends(known: Known, executing: asyncio.Event) -> None:
    known.instances[1] = replace(FILE, max_connections=1)
    work = asyncio.create_task(known.ask(ENDLESS))
    await asyncio.wait_for(executing.wait(), PATIENCE)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work

    assert await known.rows("SELECT 1 AS a") == [{"a": 1}]


async def test_what_closing_does_to_a_statement_is_not_its_outcome(tmp_path: Path, executing: asyncio.Event) -> None:
    known = Known(tmp_path)
    work = asyncio.create_task(known.ask(ENDLESS))
    await asyncio.wait_for(executing.wait(), PATIENCE)
    await known.databases.close()
    await known.databases.close()

    with pytest.raises(asyncio.CancelledError):
        await work
    with pytest.raises(asyncio.CancelledError):
        await known.ask("SELECT 1")


async def test_statements_of_one_file_wait_for_one_another(known: Known) -> None:
    await known.rows("CREATE TABLE t (a)")
    await asyncio.gather(*(known.rows("INSERT INTO t SELECT count(*) FROM t") for _ in range(20)))

    assert await known.rows("SELECT count(DISTINCT a) AS n FROM t") == [{"n": 20}]


async def test_an_instance_that_is_not_there_is_said(known: Known) -> None:
    failure = await known.ask("SELECT 1", instance_id=2)

    assert failure == QueryFailure(QueryFault.INSTANCE, "The company has no instance 2.")


async def test_a_changed_instance_is_used_as_it_now_is(known: Known) -> None:
    await known.rows("CREATE TABLE t (a)")
    known.instances[1] = replace(FILE, file="b.db")

    assert (await known.failure("SELECT * FROM t")).description == "no such table: t"


async def test_a_file_that_is_no_database_is_said(known: Known, tmp_path: Path) -> None:
    folder = tmp_path / "databases" / "i000000001"
    folder.mkdir(parents=True)
    (folder / "a.db").write_text("x" * 5000)
    (folder / "c.db").mkdir()
    no_database = await known.failure("SELECT * FROM t")
    known.instances[1] = replace(FILE, file="c.db")
    no_file = await known.failure("SELECT 1")

    assert no_database == no_file == QueryFailure(QueryFault.CONNECT, "The database's file cannot be opened.")


async def test_without_a_folder_there_are_no_files() -> None:
    databases = Databases(lambda _task, _number: FILE)
    call = QueryCall(step=1, node_id="n", instance_id=1, query="SELECT 1", parameters=())
    failure = await databases.query(TASK, call)
    await databases.close()

    assert failure == QueryFailure(QueryFault.CONNECT, "This server has no folder for SQLite files.")


async def test_a_file_grows_to_its_limit(known: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncline_server.runtime.databases.sqlite._SETTINGS", ("PRAGMA max_page_count = 8",))
    await known.rows("CREATE TABLE t (a)")
    failure = await known.failure("INSERT INTO t VALUES (hex(zeroblob(100000)))")

    assert failure == QueryFailure(QueryFault.EXECUTING, "database or disk is full")


async def test_a_locked_file_is_said(known: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncline_server.runtime.databases.sqlite.LOCK_SECONDS", 0.01)
    await known.rows("CREATE TABLE t (a)")
    path = tmp_path / "databases" / "i000000001" / "a.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        failure = await known.failure("INSERT INTO t VALUES (1)")

    assert failure == QueryFailure(QueryFault.EXECUTING, "database is locked")


async def test_what_nobody_foresaw_is_logged_and_not_told(
    known: Known, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("inner words")

    monkeypatch.setattr(performer_module, "SqliteDatabase", broken)
    failure = await known.failure("SELECT 1")

    assert failure.fault is QueryFault.EXECUTING
    assert "inner words" not in failure.description
    assert [record.message for record in caplog.records] == ["query.unexpected"]
