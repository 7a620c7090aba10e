"""A store that a test slows down and lets fail: its commits and its reads stop at a gate, and refusals are lined up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from syncline_server.errors import CommitFailed, StoreUnusable
from syncline_server.store.memory import MemoryStore

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from syncline_server.engine import Task
    from syncline_server.store.port import Batch, StoredProcess

PATIENCE = 10.0


class Gate:
    """Open at first. While it is shut, whoever comes waits in front of it."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self._news = asyncio.Event()
        self.waiting = 0

    def shut(self) -> None:
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    async def passed(self) -> None:
        self.waiting += 1
        self._news.set()
        try:
            await self._open.wait()
        finally:
            self.waiting -= 1

    async def reached(self, by: int = 1) -> None:
        """Return when so many wait in front of it."""
        async with asyncio.timeout(PATIENCE):
            while self.waiting < by:
                self._news.clear()
                await self._news.wait()


class Disk(MemoryStore):
    """A memory store with gates; `refuse` holds the errors of the next commits that hold anything."""

    def __init__(self) -> None:
        super().__init__()
        self.refuse: list[Exception] = []
        self.chance: random.Random | None = None
        """Set, every third commit or so is refused, and everything takes a while."""
        self.broken = False
        """Reads by ref fail."""
        self.commits = Gate()
        self.reads = Gate()
        """Reads of single tasks."""
        self.lists = Gate()
        """Reads of all processes."""

    async def commit(self, batch: Batch) -> None:
        await self.commits.passed()
        if self.refuse:
            raise self.refuse.pop(0)
        if self.chance is not None:
            await self._dawdle(self.chance)
            if self.chance.random() < 0.3:
                raise CommitFailed
        await super().commit(batch)

    async def _turn(self) -> None:
        await super()._turn()
        if self.chance is not None:
            await self._dawdle(self.chance)

    async def _dawdle(self, chance: random.Random) -> None:
        for _ in range(chance.randrange(6)):
            await asyncio.sleep(0)

    # A gate comes after the look: what a slow read returns is what there was when it began.

    async def task(self, task_id: str) -> Task | None:
        found = await super().task(task_id)
        await self.reads.passed()
        return found

    async def task_by_ref(self, process_id: int, ref: str) -> Task | None:
        found = await super().task_by_ref(process_id, ref)
        await self.reads.passed()
        if self.broken:
            raise StoreUnusable
        return found

    async def task_by_request(self, login: str, request_id: str) -> Task | None:
        found = await super().task_by_request(login, request_id)
        await self.reads.passed()
        return found

    async def processes(self) -> Sequence[StoredProcess]:
        found = await super().processes()
        await self.lists.passed()
        return found
