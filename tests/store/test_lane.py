"""A connection and its thread."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from syncline_server.store.journal import Journal
from syncline_server.store.lane import Lane

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def lane(tmp_path: Path) -> AsyncIterator[Lane]:
    with closing(sqlite3.connect(tmp_path / "file")) as connection:
        connection.execute("CREATE TABLE done (number)")
    lane = Lane("a lane")
    await lane.connect(tmp_path / "file", "PRAGMA cache_size = 10")
    yield lane
    await lane.close()


def add(connection: sqlite3.Connection, number: int) -> int:
    connection.execute("INSERT INTO done VALUES (?)", (number,))
    return number


def done(connection: sqlite3.Connection) -> list[int]:
    return [number for (number,) in connection.execute("SELECT number FROM done ORDER BY rowid")]


async def test_work_is_done_in_order(lane: Lane) -> None:
    found = await asyncio.gather(*(lane.run(add, number) for number in range(40)))

    assert found == await lane.run(done) == list(range(40))


async def test_results_do_not_wait_for_long(lane: Lane) -> None:
    """Work that is slow holds up only what is behind it."""
    go_on = threading.Event()

    def slow(connection: sqlite3.Connection) -> None:
        assert go_on.wait(10)

    first = [lane.run(add, number) for number in range(16)]
    last = lane.run(slow)
    await asyncio.wait_for(asyncio.gather(*first), 10)
    assert not last.done()
    go_on.set()
    await last


async def test_a_fault_goes_to_whoever_asked(lane: Lane) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        raise LookupError("here")

    failing, fine = lane.run(fail), lane.run(add, 1)
    with pytest.raises(LookupError, match="here"):
        await failing

    assert await fine == 1


async def test_work_is_done_for_those_who_left(lane: Lane) -> None:
    lane.run(add, 1).cancel()

    assert await lane.run(done) == [1]


async def test_a_closed_lane_takes_no_work(lane: Lane) -> None:
    working = lane.run(add, 1)
    await lane.close()
    await lane.close()

    assert await working == 1
    assert "a lane" not in [thread.name for thread in threading.enumerate()]
    with pytest.raises(sqlite3.ProgrammingError):
        lane.run(add, 2)


async def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    lane = Lane("a lane")
    with pytest.raises(sqlite3.OperationalError):
        await lane.connect(tmp_path / "missing", "")
    await lane.close()

    assert not (tmp_path / "missing").exists()


async def test_copying_that_is_refused_is_tried_again(lane: Lane) -> None:
    """Whether it is tried again shows in what the query does the second time."""
    failures: list[sqlite3.Error] = []
    copy = "INSERT INTO later VALUES (1) RETURNING 1"
    journal = Journal(copier=lane, writer=lane, copy=copy, pages=10, on_failure=failures.append)
    journal.grew(10)
    await journal.settle()
    await lane.run(lambda connection: connection.execute("CREATE TABLE later (number)").rowcount)
    journal.grew(9)
    await journal.settle()
    assert await lane.run(lambda connection: connection.execute("SELECT * FROM later").fetchall()) == []
    journal.grew(1)
    await journal.settle()

    assert await lane.run(lambda connection: connection.execute("SELECT * FROM later").fetchall()) == [(1,), (1,)]
    assert failures == []


async def test_copying_that_fails_for_good_is_told(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "file")) as connection:
        connection.execute("CREATE TABLE done (number)")
    with (tmp_path / "file").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)
    lane = Lane("a lane")
    await lane.connect(tmp_path / "file", "")
    failures: list[sqlite3.Error] = []
    journal = Journal(copier=lane, writer=lane, copy="SELECT * FROM done", pages=1, on_failure=failures.append)
    journal.grew(1)
    await journal.settle()
    await lane.close()

    assert [fault.sqlite_errorcode for fault in failures] == [sqlite3.SQLITE_CORRUPT]
