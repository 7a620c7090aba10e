"""What the SQLite store does when the disk, the file or another program is against it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from store.records import TOKEN, ended, keep, name, step, task
from syncline_server.errors import CommitFailed, StoreUnusable
from syncline_server.store.port import Batch
from syncline_server.store.sqlite import FILE, SqliteStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PAGE = 4096


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path)
    await store.open()
    yield store
    await store.close()


async def give_pages(store: SqliteStore, more: int) -> None:
    """Let the database grow by so many pages, as if the disk ended there."""

    def limit(connection: sqlite3.Connection) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + more}").fetchall()

    await store._writer.run(limit)


def damage(file: Path) -> None:
    """Overwrite the page where the table of tasks begins."""
    with closing(sqlite3.connect(file)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'tasks'").fetchone()[0]
    with file.open("r+b") as opened:
        opened.seek(PAGE * (page - 1))
        opened.write(os.urandom(PAGE))


# The folder.


async def test_a_folder_is_for_one_server_at_a_time(tmp_path: Path, store: SqliteStore) -> None:
    second = SqliteStore(tmp_path)
    with pytest.raises(StoreUnusable, match=r"in use by another server\.$"):
        await second.open()
    await second.close()
    await keep(store, task(1))
    await store.close()
    await second.open()

    assert await second.task(name(1)) == task(1)
    await second.close()


async def test_the_folder_is_closed_to_others(tmp_path: Path) -> None:
    data = tmp_path / "deep" / "data"
    store = SqliteStore(data)
    await store.open()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (data.parent, data, *data.iterdir())}
    await store.close()

    assert modes == {"deep": 0o700, "data": 0o700, "lock": 0o600} | dict.fromkeys(
        (FILE, f"{FILE}-wal", f"{FILE}-shm"), 0o600
    )


async def test_a_database_that_others_can_read_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    (tmp_path / FILE).chmod(0o644)
    store = SqliteStore(tmp_path)
    await store.open()
    await store.close()

    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


async def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(StoreUnusable, match=r"^The data folder .*/data cannot be used: .*\.$"):
        await SqliteStore(tmp_path / "data").open()


async def test_a_folder_is_no_database(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    store = SqliteStore(tmp_path)
    for _ in range(2):  # nor is the folder still locked by the first try
        with pytest.raises(StoreUnusable, match=rf"^The file .*/{FILE} cannot be used: .*\.$"):
            await store.open()


async def test_a_file_system_without_shared_memory_is_refused(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store._named["settings_of_writer"] = "PRAGMA journal_mode = DELETE"  # what SQLite falls back to there
    with pytest.raises(StoreUnusable, match="lacks shared memory"):
        await store.open()


# The file.


async def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 1000)
    store = SqliteStore(tmp_path)
    for _ in range(2):
        with pytest.raises(StoreUnusable, match=r"^The database .* cannot be opened\.$") as caught:
            await store.open()

    assert isinstance(caught.value.__cause__, sqlite3.DatabaseError)
    with pytest.raises(StoreUnusable):
        await store.task(name(1))


async def test_the_database_of_a_newer_program_is_refused(tmp_path: Path, store: SqliteStore) -> None:
    await store.close()
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("PRAGMA user_version = 9999")
    with pytest.raises(StoreUnusable, match="has schema 9999; this version of the program knows"):
        await store.open()


async def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    with pytest.raises(StoreUnusable, match="belongs to another program"):
        await SqliteStore(tmp_path).open()


async def test_a_damaged_file_is_not_trusted_again(tmp_path: Path, store: SqliteStore) -> None:
    await keep(store, *(task(number, data={"text": "x" * 900}) for number in range(200)))
    await store.close()
    damage(tmp_path / FILE)
    await store.open()
    with pytest.raises(StoreUnusable) as caught:
        await store.live_tasks(after="", limit=1000)

    assert caught.value.message == "The store can no longer be trusted, so the program has to end."
    assert isinstance(caught.value.__cause__, sqlite3.DatabaseError)
    with pytest.raises(StoreUnusable):
        await store.commit(Batch(tasks={name(1): task(1)}))
    with pytest.raises(StoreUnusable):
        await store.value("seal")


async def test_a_commit_into_a_damaged_file_is_not_trusted(tmp_path: Path, store: SqliteStore) -> None:
    await keep(store, *(task(number) for number in range(200)))
    await store.close()
    damage(tmp_path / FILE)
    await store.open()
    with pytest.raises(StoreUnusable):
        await keep(store, task(500))
    with pytest.raises(StoreUnusable):
        await store.companies()


async def test_a_row_that_is_no_record_is_not_trusted(store: SqliteStore) -> None:
    await keep(store, task(1))
    await store._writer.run(lambda connection: connection.execute("UPDATE tasks SET data = 'no JSON'").rowcount)
    with pytest.raises(StoreUnusable):
        await store.task(name(1))


# The disk.


async def test_a_full_disk_refuses_whole_batches_and_recovers(store: SqliteStore) -> None:
    kept = [task(number) for number in range(5)]
    await keep(store, *kept)
    await give_pages(store, 10)
    large = {name(number): task(number, data={"text": "x" * 60_000}) for number in range(10, 20)}
    for batch in (
        Batch(tasks=large),  # one statement
        Batch(tasks=large, steps=[(name(99), (step(1),))], deleted_tasks={name(1): 9}),  # a transaction of several
    ):
        with pytest.raises(CommitFailed) as caught:
            await store.commit(batch)

        assert caught.value.message == "The disk refused the change; nothing of it was kept."
        assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
    assert list(await store.live_tasks(after="", limit=100)) == kept
    assert await store.is_remembered(name(1)) is False

    await keep(store, task(5))  # what is small still fits
    await give_pages(store, 1000)
    await store.commit(Batch(tasks=large))
    assert len(await store.live_tasks(after="", limit=100)) == 16


async def test_room_that_deleted_tasks_leave_is_used_again(tmp_path: Path, store: SqliteStore) -> None:
    def batch(first: int) -> dict[str, int]:
        return {name(number): 0 for number in range(first, first + 50)}

    sizes = []
    for first in range(0, 500, 50):
        await keep(store, *(ended(number, 5, data={"text": "x" * 2000}) for number in range(first, first + 50)))
        await store.commit(Batch(deleted_tasks=batch(first)))
        await store.forget_before(1)
        pages = await store._reader.run(lambda connection: connection.execute("PRAGMA page_count").fetchone()[0])
        sizes.append(pages)

    assert sizes[-1] <= sizes[1]


# Commits, reads and the journal.


async def test_a_read_does_not_wait_for_a_commit(tmp_path: Path, store: SqliteStore) -> None:
    await keep(store, task(1))
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # holds the commit up
    commit = asyncio.create_task(store.commit(Batch(tasks={name(2): task(2, tokens=(TOKEN,))})))
    for _ in range(5):
        assert await store.task(name(1)) == task(1)
        assert await store.task(name(2)) is None
    assert not commit.done()
    other.execute("ROLLBACK")
    other.close()
    await asyncio.wait_for(commit, 10)

    assert await store.task(name(2)) == task(2, tokens=(TOKEN,))


async def test_a_commit_goes_on_when_nobody_waits_for_it(store: SqliteStore) -> None:
    commit = asyncio.create_task(store.commit(Batch(tasks={name(1): task(1)})))
    await asyncio.sleep(0)  # it is asked for
    commit.cancel()
    with pytest.raises(asyncio.CancelledError):
        await commit
    await keep(store, task(2))

    assert await store.task(name(1)) == task(1)


async def test_closing_waits_for_what_was_asked_for(store: SqliteStore) -> None:
    commits = [asyncio.create_task(store.commit(Batch(tasks={name(n): task(n)}))) for n in range(20)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*commits)
    await store.open()

    assert len(await store.live_tasks(after="", limit=100)) == 20


async def test_the_journal_stays_short(tmp_path: Path) -> None:
    """It is copied back and starts over."""
    store = SqliteStore(tmp_path, journal_pages=100)
    await store.open()
    for number in range(200):
        await keep(store, task(number, data={"text": "x" * 20_000}))
        await store._journal.settle()
    journal = (tmp_path / f"{FILE}-wal").stat().st_size
    await store.close()

    assert journal < 200 * PAGE
    assert not (tmp_path / f"{FILE}-wal").exists()
