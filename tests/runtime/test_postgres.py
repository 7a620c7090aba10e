"""Statements in PostgreSQL, against a real server."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fakes import postgres
from fakes.runtime import PATIENCE
from syncline_server.engine import values
from syncline_server.engine.effects import QueryCall, QueryFailure, QueryFault, QueryReply
from syncline_server.engine.task import Task
from syncline_server.runtime.databases import postgres_wire as wire
from syncline_server.runtime.databases.performer import Databases
from syncline_server.store.port import Database, Instance, Tls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from fakes.postgres import Postgres

TASK = Task(task_id="1", process_id=7, process_version=1)
LOOPBACK = ipaddress.ip_network("127.0.0.0/8")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres.running() as server:
        yield server


class Known:
    """One instance, and statements for it."""

    def __init__(self, instance: Instance, *, call_seconds: float = PATIENCE, allowed: bool = True) -> None:
        self.instance = instance
        self.addresses: Sequence[str] = ("127.0.0.1",)
        self.databases = Databases(
            lambda _task, _number: self.instance,
            allow=(LOOPBACK,) if allowed else (),
            call_seconds=call_seconds,
            lookup=self.look_up,
        )

    async def look_up(self, host: str) -> Sequence[str]:
        if host == "unknown.test":
            raise OSError("no such host")
        return self.addresses

    async def ask(self, query: str, *parameters: object) -> QueryReply | QueryFailure:
        call = QueryCall(step=1, node_id="n", instance_id=1, query=query, parameters=parameters)
        async with asyncio.timeout(2 * PATIENCE):
            return await self.databases.query(TASK, call)

    async def text(self, query: str, *parameters: object) -> str:
        """Return the rows of a statement that goes well, as their text."""
        reply = await self.ask(query, *parameters)
        assert isinstance(reply, QueryReply), reply
        return reply.rows

    async def rows(self, query: str, *parameters: object) -> object:
        return json.loads(await self.text(query, *parameters))

    async def failure(self, query: str, *parameters: object) -> QueryFailure:
        reply = await self.ask(query, *parameters)
        assert isinstance(reply, QueryFailure), reply
        return reply


def instance(server: Postgres, **fields: object) -> Instance:
    first = Instance(
        instance_id=1,
        company_id="c",
        title="t",
        kind=Database.POSTGRESQL,
        host="localhost",
        port=server.port,
        database="postgres",
        user=postgres.USER,
        password=postgres.PASSWORD,
        # An encrypted connection that the driver drops says goodbye first, which may outlast a test's loop.
        tls=Tls.DISABLE,
    )
    return replace(first, **fields)  # type: ignore[arg-type]


@pytest.fixture
async def known(server: Postgres) -> AsyncIterator[Known]:
    known = Known(instance(server))
    yield known
    await known.databases.close()


@pytest.fixture
async def hurried(server: Postgres) -> AsyncIterator[Known]:
    """The same with little time and one connection."""
    known = Known(instance(server, max_connections=1), call_seconds=1.0)
    yield known
    await known.databases.close()


@pytest.fixture
async def table(known: Known) -> str:
    """An empty table `t(a int, b text)`."""
    await known.rows("DROP TABLE IF EXISTS t")
    await known.rows("CREATE TABLE t (a integer, b text)")
    return "t"


async def test_rows_come_as_objects(known: Known, table: str) -> None:
    assert await known.rows("INSERT INTO t VALUES ($1, $2), ($3, $4)", 1, "ü", None, "'; DROP TABLE t --") == []
    assert await known.rows("SELECT b, a FROM t ORDER BY a") == [
        {"b": "ü", "a": 1},
        {"b": "'; DROP TABLE t --", "a": None},
    ]


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("int4", 17, "17"),
        ("int4", "17", "17"),
        ("int8", values.Number("1.70e1"), "17"),
        ("int8", 2**62, str(2**62)),
        ("numeric", values.Number("12345678901234567890.10"), "12345678901234567890.10"),
        ("numeric", "1.10", "1.10"),
        ("numeric", 10**40, str(10**40)),
        ("numeric(20, 5)", 0.1, "0.10000"),
        ("float8", values.Number("1.50"), "1.5"),
        ("float8", "NaN", '"NaN"'),
        ("float8", "-Infinity", '"-Infinity"'),
        ("bool", True, "true"),
        ("bool", "false", "false"),
        ("bool", 1, "true"),
        ("text", "ü", '"ü"'),
        ("text", values.Number("1.10"), '"1.10"'),
        ("varchar", True, '"true"'),
        ("text", {"a": [1]}, '"{\\"a\\":[1]}"'),
        ("json", {"a": values.Number("1.10")}, '{"a":1.10}'),
        ("jsonb", [1, "ü", None], '[1,"ü",null]'),
        ("jsonb", "text", '"text"'),
        ("date", "2026-11-25", '"2026-11-25"'),
        ("date", "2026-11-25T10:00:00Z", '"2026-11-25"'),
        ("timestamptz", "2026-11-25T10:00:00+02:00", '"2026-11-25T08:00:00+00:00"'),
        ("timestamptz", "2026-11-25 10:00:00", '"2026-11-25T10:00:00+00:00"'),
        ("timestamptz", 1_700_000_000, '"2023-11-14T22:13:20+00:00"'),
        ("timestamptz", "1700000000", None),
        ("timestamp", "2026-11-25T10:00:00.5+02:00", '"2026-11-25T08:00:00.500000"'),
        ("time", "10:30", '"10:30:00"'),
        ("interval", "1 year 2 mons 3 days 04:05:06", '"1 year 2 mons 3 days 04:05:06"'),
        ("uuid", "0197f3a1-c2de-41b7-8000-000000000000", '"0197f3a1-c2de-41b7-8000-000000000000"'),
        ("bytea", "AP8=", '"AP8="'),
        ("inet", "10.0.0.1/8", '"10.0.0.1/8"'),
        ("int4[]", [1, "2", None], "[1,2,null]"),
        ("text[]", ["a", 1], '["a","1"]'),
        ("text", None, "null"),
        ("int4", 1.5, None),
        ("int4", "seventeen", None),
        ("int4", True, None),
        ("int4", 2**40, None),
        ("numeric", "1e99999", None),
        ("float8", values.Number("1e400"), None),
        ("bool", "maybe", None),
        ("bool", 2, None),
        ("date", "soon", None),
        ("uuid", "x", None),
        ("uuid", 77, None),
        ("bytea", "ü", None),
        ("bytea", 77, None),
        ("time", 77, None),
        ("int4[]", 77, None),
        ("int4[]", [[1]], None),
        ("point", "(1,2)", None),
        ("int4range", "[1,5)", None),
    ],
)
async def test_values_are_taken_as_the_parameter_says(
    known: Known, kind: str, value: object, shown: str | None
) -> None:
    outcome = await known.ask(f"SELECT $1::{kind} AS v", value)

    if shown is not None:
        assert outcome == QueryReply(rows=f'[{{"v":{shown}}}]')
    else:
        assert isinstance(outcome, QueryFailure)
        assert outcome.fault is QueryFault.EXECUTING
        assert outcome.description.startswith(("Parameter $1 is of type ", "A parameter's value cannot be taken"))
        assert repr(value) not in outcome.description


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("'(1,2)'::point", "[1.0,2.0]"),
        ("$1::text::int4range", '"[1,5)"'),
        ("ROW(1, 'b')", '[1,"b"]'),
        ("B'101'", '"101"'),
        ("'infinity'::numeric", '"Infinity"'),
        ("'12.50'::money", '"$12.50"'),
        ("'{\"big\": 123456789012345678901234567890.10}'::jsonb", '{"big":123456789012345678901234567890.10}'),
        ("ARRAY[ARRAY[1,2],ARRAY[3,4]]", "[[1,2],[3,4]]"),
        ("'\\x00ff'::bytea", '"AP8="'),
        ("NULL", "null"),
    ],
)
async def test_what_else_there_is_comes_as_something(known: Known, expression: str, shown: str) -> None:
    parameters = ("[1,5)",) if "$1" in expression else ()

    assert await known.text(f"SELECT {expression} AS v", *parameters) == f'[{{"v":{shown}}}]'


async def test_a_composite_value_is_an_object(known: Known, table: str) -> None:
    await known.rows("INSERT INTO t VALUES (1, 'b')")

    assert await known.rows("SELECT t AS v, ARRAY[t] AS l FROM t") == [
        {"v": {"a": 1, "b": "b"}, "l": [{"a": 1, "b": "b"}]}
    ]


async def test_of_columns_with_one_name_the_last_counts(known: Known) -> None:
    assert await known.rows("SELECT 1 AS a, 2 AS a") == [{"a": 2}]


async def test_a_parameter_without_a_value_is_said(known: Known) -> None:
    failure = await known.failure("SELECT $1::text, $2::text", "x")

    assert failure == QueryFailure(QueryFault.EXECUTING, "The statement's parameter $2 has no value.")
    assert await known.rows("SELECT $1::text AS a", "x", "y") == [{"a": "x"}]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELEKT 1", 'syntax error at or near "SELEKT" (42601)'),
        ("SELECT * FROM missing", 'relation "missing" does not exist (42P01)'),
        ("SELECT 1/0", "division by zero (22012)"),
        ("SELECT 1; SELECT 2", "cannot insert multiple commands into a prepared statement (42601)"),
        ("VACUUM", "VACUUM cannot run inside a transaction block (25001)"),
        ("SELECT 'x'::text::int", 'invalid input syntax for type integer: "x" (22P02)'),
    ],
)
async def test_what_the_database_says_is_told(known: Known, query: str, said: str) -> None:
    assert await known.failure(query) == QueryFailure(QueryFault.EXECUTING, said)


@pytest.mark.parametrize("query", ["COPY (SELECT 1) TO STDOUT", " -- copy\n/* * */ copy t FROM STDIN"])
async def test_what_would_stream_is_refused(known: Known, query: str) -> None:
    failure = await known.failure(query)

    assert failure == QueryFailure(QueryFault.EXECUTING, "COPY streams, which a statement of a process cannot.")


async def test_a_comment_may_come_before_a_statement(known: Known) -> None:
    assert await known.rows("/* a copy */ -- copy\n SELECT 1 AS copy") == [{"copy": 1}]


async def test_an_empty_statement_returns_nothing(known: Known) -> None:
    assert await known.rows("") == []


async def test_a_statement_that_fails_leaves_nothing(known: Known, table: str) -> None:
    many = await known.failure("INSERT INTO t SELECT i, '' FROM generate_series(1, 10001) i RETURNING a")
    await known.failure("INSERT INTO t SELECT i, (1 / (3 - i))::text FROM generate_series(1, 5) i")

    assert many.fault is QueryFault.SIZE
    assert await known.rows("SELECT count(*) AS n FROM t") == [{"n": 0}]


async def test_nothing_of_a_statement_stays_in_the_connection(server: Postgres) -> None:
    known = Known(instance(server, max_connections=1))
    for query in ("BEGIN", "SET work_mem = '1MB'", "COMMIT", "CREATE TEMP TABLE x (a int)", "LISTEN news"):
        await known.ask(query)
    shown = await known.rows(
        "SELECT current_setting('work_mem') AS m, (SELECT count(*) FROM pg_listening_channels()) AS n"
    )
    await known.databases.close()

    assert shown == [{"m": "4MB", "n": 0}]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM generate_series(1, 10001)",
        "SELECT repeat('x', 1048577)",
        "SELECT repeat('x', 500) FROM generate_series(1, 2200)",
        "SELECT repeat('x', 20000000)",
        "SELECT repeat('x', 1000) FROM generate_series(1, 1000000)",
    ],
)
async def test_a_result_has_a_size(known: Known, query: str) -> None:
    assert (await known.failure(query)).fault is QueryFault.SIZE
    assert await known.rows("SELECT 1 AS a") == [{"a": 1}]


async def test_as_many_rows_as_may_be_are_returned(known: Known) -> None:
    rows = await known.rows("SELECT * FROM generate_series(1, 10000) AS i")

    assert isinstance(rows, list)
    assert (rows[0], rows[-1], len(rows)) == ({"i": 1}, {"i": 10_000}, 10_000)


async def test_a_statement_has_a_time_and_is_cancelled(known: Known, hurried: Known) -> None:
    failure = await hurried.failure("SELECT pg_sleep(60) AS slept_too_long")
    after = await hurried.rows("SELECT 1 AS a")
    running = "SELECT count(*) AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%slept' || '_too_long'"

    assert failure == QueryFailure(QueryFault.TIMEOUT, "The statement took too long.")
    assert after == [{"a": 1}]
    assert await known.rows(running) == [{"n": 0}]


async def test_connections_are_as_many_as_may_be(known: Known, hurried: Known) -> None:
    seen = await asyncio.gather(*(one.text("SELECT pg_backend_pid()") for one in (hurried, known) for _ in range(5)))

    assert len(set(seen[:5])) == 1
    assert len(set(seen[5:])) > 1


async def test_a_connection_that_was_cut_is_made_anew(known: Known) -> None:
    cut = await known.failure("SELECT pg_terminate_backend(pg_backend_pid())")

    assert cut == QueryFailure(
        QueryFault.CONNECT, "The connection to the database broke while the statement was executed."
    )
    assert await known.rows("SELECT 1 AS a") == [{"a": 1}]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"password": "wrong"}, "The database refuses the instance's user or password."),
        ({"user": "stranger"}, "The database refuses the instance's user or password."),
        ({"database": "missing"}, "The database server has no such database."),
        ({"port": 1}, "The database cannot be reached."),
        ({"host": "unknown.test"}, "The database's host is not known."),
    ],
)
async def test_why_there_is_no_connection_is_told(server: Postgres, fields: dict[str, object], said: str) -> None:
    known = Known(instance(server, **fields))
    failure = await known.failure("SELECT 1")
    await known.databases.close()

    assert failure == QueryFailure(QueryFault.CONNECT, said)


async def test_an_address_that_is_not_permitted_is_not_connected_to(server: Postgres) -> None:
    known = Known(instance(server), allowed=False)
    failure = await known.failure("SELECT 1")
    await known.databases.close()

    assert failure == QueryFailure(QueryFault.CONNECT, "The database's address is not one that may be connected to.")


async def test_addresses_are_tried_in_turn(server: Postgres) -> None:
    known = Known(instance(server))
    known.addresses = ("10.255.255.1", "127.0.0.2", "127.0.0.1")
    rows = await known.rows("SELECT 1 AS a")
    await known.databases.close()

    assert rows == [{"a": 1}]


async def test_no_variable_of_the_system_counts(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("PGUSER", "x"), ("PGPASSWORD", "x"), ("PGDATABASE", "x"), ("PGHOST", "x"), ("PGPORT", "1")):
        monkeypatch.setenv(name, value)
    for name in ("PGSSLMODE", "PGSSLCERT", "PGSSLKEY", "PGSERVICE", "PGTARGETSESSIONATTRS", "PGGSSLIB"):
        monkeypatch.setenv(name, "no such thing")
    known = Known(instance(server))
    rows = await known.rows("SELECT current_user AS u")
    await known.databases.close()

    assert rows == [{"u": postgres.USER}]


@pytest.mark.parametrize(("tls", "protected"), [(Tls.PREFER, True), (Tls.DISABLE, False), (Tls.REQUIRE, True)])
async def test_a_connection_is_protected_as_the_instance_says(server: Postgres, tls: Tls, protected: bool) -> None:
    known = Known(instance(server, tls=tls))
    rows = await known.rows("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    await known.databases.close()

    assert rows == [{"ssl": protected}]


@pytest.mark.parametrize(
    ("host", "trusted", "answers"),
    [
        ("localhost", True, True),
        ("localhost", False, False),
        ("other.test", True, False),
    ],
)
async def test_a_certificate_is_checked_for_the_host(
    server: Postgres, monkeypatch: pytest.MonkeyPatch, host: str, trusted: bool, answers: bool
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(postgres.TLS / "loopback.crt"))
    known = Known(instance(server, tls=Tls.VERIFY, host=host))
    outcome = await known.ask("SELECT 1 AS a")
    await known.databases.close()

    assert isinstance(outcome, QueryReply) == answers


async def test_a_changed_instance_is_connected_to_anew(server: Postgres, known: Known) -> None:
    under_way = asyncio.create_task(known.rows("SELECT pg_sleep(0.2), current_setting('application_name') AS a"))
    await known.rows("SELECT 1")
    known.instance = instance(server, password="wrong")
    failure = await known.failure("SELECT 1")

    assert failure.fault is QueryFault.CONNECT
    assert await under_way == [{"pg_sleep": None, "a": "syncline"}]


async def test_what_closing_does_to_a_statement_is_not_its_outcome(server: Postgres) -> None:
    known = Known(instance(server))
    await known.rows("SELECT 1")
    work = asyncio.create_task(known.ask("SELECT pg_sleep(60)"))
    await known.rows("SELECT 2")
    await known.databases.close()

    with pytest.raises(asyncio.CancelledError):
        await work


async def test_a_server_that_stands_still_costs_no_more_than_the_time(server: Postgres, hurried: Known) -> None:
    [row] = json.loads(await hurried.text("SELECT pg_backend_pid() AS pid"))
    os.kill(row["pid"], signal.SIGSTOP)
    try:
        failure = await hurried.failure("SELECT 1")
    finally:
        os.kill(row["pid"], signal.SIGCONT)

    assert failure.fault is QueryFault.TIMEOUT


def test_no_secret_is_in_what_a_connection_shows(server: Postgres) -> None:
    assert postgres.PASSWORD not in repr(instance(server))
    assert wire.contexts(instance(server, tls=Tls.DISABLE)) == (False,)
