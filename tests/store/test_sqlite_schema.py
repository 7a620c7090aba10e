"""The schema, its migrations, and the queries on it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import syncline_server.store
from store.records import TOKEN, task
from store.schema import NAMED, dump, migrated
from syncline_server.engine.effects import HttpCall
from syncline_server.engine.task import LIVE, TaskState
from syncline_server.errors import StoreUnusable
from syncline_server.store import queries, rows
from syncline_server.store.migrate import APPLICATION_ID, migrate, migrations, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

CALL = HttpCall(step=1, node_id="a", method="GET", url="http://a", headers=(("b", "c"),))
SOURCES = Path(syncline_server.store.__file__).parent
READS_OF_TASKS = (
    "task",
    "task_by_ref",
    "task_by_request",
    "tasks_with_ref",
    "tasks_in_node",
    "tasks_in_state",
    "tasks_of_process",
    "live_tasks",
    "finished_before",
    "steps",
    "delete_tasks",
    "delete_steps",
    "is_remembered",
    "forget_tasks",
)


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(migrated()) as connection:
        yield connection


@pytest.fixture
def empty() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        yield connection


def plan(connection: sqlite3.Connection, query: str) -> str:
    parameters = dict.fromkeys(re.findall(r":(\w+)", query), 1) or [1] * query.count("?")
    return "\n".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", parameters))


# The schema.


def test_the_schema_is_what_the_migrations_make(database: sqlite3.Connection, empty: sqlite3.Connection) -> None:
    written = queries.read("sqlite", "schema.sql")
    empty.executescript(written)

    assert dump(database) == written, "write it anew with `python -m store.schema`"
    assert dump(empty) == written


def test_a_row_of_tasks_is_the_record(database: sqlite3.Connection) -> None:
    columns = [row[1] for row in database.execute("PRAGMA table_info(tasks)")]

    assert tuple(columns) == rows.TASK_COLUMNS


def test_live_tasks_are_those_of_the_engine(database: sqlite3.Connection) -> None:
    index = database.execute("SELECT sql FROM sqlite_master WHERE name = 'tasks_live'").fetchone()[0]

    assert set(re.findall(r"'(\w+)'", index)) == set(LIVE)


# Migrations.


def test_each_migration_sets_its_number() -> None:
    texts = migrations()

    assert list(texts) == list(range(1, len(texts) + 1))
    for number, text in texts.items():
        assert text.rstrip().endswith(f"PRAGMA user_version = {number};")


def test_the_file_says_whose_it_is(database: sqlite3.Connection) -> None:
    assert database.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID


def test_only_what_is_missing_is_applied(database: sqlite3.Connection) -> None:
    last = max(migrations())
    more = {**migrations(), last + 1: f"CREATE TABLE more (a);\nPRAGMA user_version = {last + 1};"}
    for _ in range(2):
        migrate(database, NAMED, more)

    assert database.execute("SELECT count(*) FROM more").fetchone() == (0,)


def test_a_migration_that_fails_leaves_nothing(database: sqlite3.Connection) -> None:
    before = dump(database)
    last = max(migrations())
    bad = f"CREATE TABLE more (a);\nPRAGMA user_version = {last + 1};\nINSERT INTO missing VALUES (1);\n"
    with pytest.raises(sqlite3.OperationalError):
        migrate(database, NAMED, {**migrations(), last + 1: bad})

    assert not database.in_transaction
    assert dump(database) == before


def test_what_was_there_before_a_migration_stays(empty: sqlite3.Connection) -> None:
    migrate(empty, NAMED, {1: migrations()[1]})
    row = ("1", "s", "t", "c1", 0, 0, 0, 5)
    empty.execute(NAMED["keep_key"], row)
    migrate(empty, NAMED, migrations())

    assert empty.execute(NAMED["keys"]).fetchall() == [row]
    assert empty.execute(NAMED["access_tokens"]).fetchall() == []


def test_a_task_from_before_calls_between_tasks_is_read(empty: sqlite3.Connection) -> None:
    """Its row had no caller, and its call no kind."""
    old = task(1, tokens=(replace(TOKEN, call=CALL),))
    migrate(empty, NAMED, {number: text for number, text in migrations().items() if number < 3})
    row = rows.task_row(old)[:-1]
    empty.execute(f"INSERT INTO tasks VALUES ({', '.join('?' * len(row))})", row)
    migrate(empty, NAMED, migrations())

    assert [rows.task_of(one) for one in empty.execute(NAMED["task"], (old.task_id,))] == [old]


def test_a_newer_database_is_refused(database: sqlite3.Connection) -> None:
    newer = max(migrations()) + 1
    database.execute(f"PRAGMA user_version = {newer}")
    with pytest.raises(StoreUnusable, match=f"has schema {newer}"):
        migrate(database, NAMED, migrations())


def test_statements_are_cut_at_their_ends() -> None:
    trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM b;\n  DELETE FROM c;\nEND;\n"

    assert list(statements(f"-- a; b\nSELECT ';'\n;\n{trigger}")) == ["-- a; b\nSELECT ';'\n;\n", trigger]
    with pytest.raises(ValueError, match="within a statement: SELECT 1"):
        list(statements("SELECT 1"))


# Queries.


@pytest.mark.parametrize("name", READS_OF_TASKS)
def test_a_query_never_looks_at_all_tasks(database: sqlite3.Connection, name: str) -> None:
    found = plan(database, NAMED[name])

    assert "USING" in found
    assert not re.search(r"SCAN (tasks|steps|deleted_tasks)|USE TEMP B-TREE", found)


def test_a_listing_runs_through_every_state() -> None:
    assert re.findall(r"state = '(\w+)'", NAMED["tasks_of_process"]) == list(TaskState)


def test_every_query_is_used_and_every_name_is_known() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in SOURCES.glob("*.py"))

    assert [name for name in NAMED if f'"{name}"' not in sources] == []
    assert set(re.findall(r'named\["(\w+)"\]', sources)) <= set(NAMED)


def test_sql_is_in_sql_files_only() -> None:
    sql = re.compile(r'["\'](SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|BEGIN|COMMIT|ROLLBACK)\b')

    assert [path.name for path in SOURCES.glob("*.py") if sql.search(path.read_text(encoding="utf-8"))] == []


def test_queries_are_loaded_by_name() -> None:
    text = "-- a file\n\n-- first --\n-- Why.\nSELECT 1\n-- and\nFROM a;\n\n-- second --\nSELECT '-- x --';\n"

    assert queries.load(text) == {"first": "SELECT 1\nFROM a", "second": "SELECT '-- x --'"}
    with pytest.raises(ValueError, match="two queries"):
        queries.load("-- a --\nSELECT 1;\n-- a --\nSELECT 2;\n")


def test_a_query_is_widened() -> None:
    assert queries.widened("VALUES (?) x", rows=2, columns=3) == "VALUES (?, ?, ?), (?, ?, ?) x"
