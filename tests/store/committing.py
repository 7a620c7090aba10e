"""Commits numbered batches until it is killed or can't, and prints each number once its commit has returned.

Run as `python -m store.committing DATA [FILE_BYTES]`: with a second argument no file may grow beyond so many bytes.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from syncline_server.engine.task import Step, Task, TaskState
from syncline_server.errors import CommitFailed, StoreUnusable
from syncline_server.store.port import Batch, TaskFilter
from syncline_server.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline_server.store.port import Store

BATCH = 5
JOURNAL_PAGES = 64
"""Few, so that the journal is copied back and starts over all the time."""


def start(data: Path, *arguments: str, before: Sequence[str] = ()) -> subprocess.Popen[str]:
    """Start this program."""
    command = [*before, sys.executable, "-m", "store.committing", str(data), *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def batch(number: int) -> Batch:
    """Return the batch with a number: so many tasks that say it, each with a step."""
    tasks = {}
    for place in range(BATCH):
        task_id = f"{number:020x}{place:04x}"
        tasks[task_id] = Task(task_id=task_id, process_id=number, process_version=1, data={"text": "x" * 500})
    ended = Step(sequence=1, node_id="n", previous_node_id="", started_at=1, ended_at=1, result="moved")
    return Batch(tasks=tasks, steps=[(task_id, (ended,)) for task_id in tasks])


async def kept(store: Store, number: int) -> bool:
    """Tell whether the batch with a number is there; it has to be whole."""
    found = await store.tasks(TaskFilter(process_id=number, state=TaskState.RUNNING), before="", limit=100)
    steps = [await store.steps(one.task_id, after=0, limit=9) for one in found]
    assert {one.task_id: one for one in found} in ({}, batch(number).tasks)
    assert [len(one) for one in steps] == [1] * len(found)
    return bool(found)


async def count(store: Store) -> int:
    """Return how many batches are there, without a gap from 1 on."""
    for number in itertools.count(1):
        if not await kept(store, number):
            assert not await kept(store, number + 1)
            return number - 1
    raise AssertionError


async def _commit(data: Path) -> str:
    store = SqliteStore(data, journal_pages=JOURNAL_PAGES)
    await store.open()
    for number in itertools.count(await count(store) + 1):
        try:
            await store.commit(batch(number))
        except CommitFailed:
            return "refused"
        except StoreUnusable:
            return "unusable"
        print(number, flush=True)
    raise AssertionError


if __name__ == "__main__":
    if len(sys.argv) > 2:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    print(asyncio.run(_commit(Path(sys.argv[1]))), flush=True)
